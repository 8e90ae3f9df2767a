"""Finding words in texts, however they are disguised: `read` a text, look for many phrases at once with a `Matcher`.
`language_of` says in which language a text is, as far as its script tells.

Pure: no database, no clock. moderation.checks goes by it.
"""

from kakehashi.lib.words.folding import Reading, fold, read
from kakehashi.lib.words.languages import language_of
from kakehashi.lib.words.matching import LONGEST_PHRASE, Found, Match, Matcher, is_findable, words_of

__all__ = [
    "LONGEST_PHRASE",
    "Found",
    "Match",
    "Matcher",
    "Reading",
    "fold",
    "is_findable",
    "language_of",
    "read",
    "words_of",
]
