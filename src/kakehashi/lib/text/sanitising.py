"""The second wall: the Markdown lets nothing else through, and this would stop it if it did."""

import re
from html import escape, unescape
from typing import Final

import nh3

from kakehashi.lib.text.cleaning import clean
from kakehashi.lib.text.passages import excerpt

LINK_REL: Final = "ugc nofollow noopener"

# No user name before the host: `https://bank.example@evil.example` only serves to deceive.
_GOOD_LINK = re.compile(r"https?://[^\s/@?#]+(?:[/?#]|\Z)|mailto:[^\s@]+@[^\s@]+\Z", re.IGNORECASE).match
_SANITISER = nh3.Cleaner(
    tags={"p", "br", "blockquote", "em", "strong", "ul", "ol", "li", "a", "code", "pre"},
    attributes={"a": {"href"}, "ol": {"start"}, "*": set()},
    allowed_classes={"a": {"mention"}},
    tag_attribute_values={"a": {"rel": {LINK_REL}}},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)
# What is looked at of a foreign line, in multiples of what will be left of it.
_GENEROUS = 20
_NOTHING = nh3.Cleaner(tags=set())


def sanitise(html: str) -> str:
    """Return the HTML balanced, with nothing in it but the tags and attributes of a comment."""
    return _SANITISER.clean(html).strip()


def is_good_link(url: str) -> bool:
    """True for a whole address of the web or of mail that a browser can follow."""
    return bool(_GOOD_LINK(url)) and "href=" in _SANITISER.clean(f'<a href="{escape(url)}">')


def plain_line(source: str, limit: int) -> str:
    """Return somebody else's words, in which there may be HTML, as one line of plain text of at most `limit` characters:
    no markup, no scripts, nothing unseen, no direction but the letters' own."""
    words = clean(source[: limit * _GENEROUS])
    # Twice, for feeds that wrap their markup once more than they should.
    for _turn in range(2):
        words = unescape(_NOTHING.clean(words))
    return excerpt(clean(words), limit)
