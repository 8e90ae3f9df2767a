"""The second wall: the Markdown lets nothing else through, and this would stop it if it did."""

import re
from html import escape
from typing import Final

import nh3

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


def sanitise(html: str) -> str:
    """Return the HTML balanced, with nothing in it but the tags and attributes of a comment."""
    return _SANITISER.clean(html).strip()


def is_good_link(url: str) -> bool:
    """True for a whole address of the web or of mail that a browser can follow."""
    return bool(_GOOD_LINK(url)) and "href=" in _SANITISER.clean(f'<a href="{escape(url)}">')
