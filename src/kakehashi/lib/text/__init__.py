"""The only way from what a person typed to HTML.

`clean` what is stored, `render` it once at write. `fold` gives the key of a display name; `mention_keys` the keys to
look up before rendering. Everything here is pure: no database, no clock.
"""

from kakehashi.lib.text.cleaning import clean, length
from kakehashi.lib.text.markdown import QUOTE_DEPTH
from kakehashi.lib.text.mentions import MENTIONS_MAX, Person
from kakehashi.lib.text.names import KEY_MAX, NAME_MAX, NAME_MIN, NEUTRAL, fold, name_problem
from kakehashi.lib.text.passages import excerpt, normal, quote, searchable
from kakehashi.lib.text.rendering import Rendered, mention_keys, quoted_passages, render
from kakehashi.lib.text.sanitising import plain_line

__all__ = [
    "KEY_MAX",
    "MENTIONS_MAX",
    "NAME_MAX",
    "NAME_MIN",
    "NEUTRAL",
    "QUOTE_DEPTH",
    "Person",
    "Rendered",
    "clean",
    "excerpt",
    "fold",
    "length",
    "mention_keys",
    "name_problem",
    "normal",
    "plain_line",
    "quote",
    "quoted_passages",
    "render",
    "searchable",
]
