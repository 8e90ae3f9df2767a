"""Display names: which are acceptable, and the key under which one is unique and found."""

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from kakehashi.lib.text import characters as ch
from kakehashi.lib.text.cleaning import clean
from kakehashi.lib.text.lookalikes import LOOKALIKES

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

NAME_MIN: Final = 2
NAME_MAX: Final = 40
KEY_MAX: Final = 80  # a few signs fold into several letters

_READ_AT_MOST = 400
_UNSEEN = re.compile(rf"[{ch.UNSEEN}\u200c-\u200f\u061c\ufe00-\ufe0f\u180b-\u180f\U000e0000-\U000e0fff]+")
# What may stand between the words of a name without making it another name: spaces, dashes, dots, apostrophes.
NEUTRAL: Final = r"\s_.\-\u2010-\u2015\u2212\u00b7\u2022\u30fb'\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032\u00b4`\u0384"
_NEUTRAL = re.compile(f"[{NEUTRAL}]+")
_ACCENT_SIGNS = re.compile("[\u00b4\u0384\u1fbd\u1fbf\u1ffd\u1fef]")

_URL_BREAKING = re.compile(r'[/\\<>@#?%"`\[\]{}|^*]')
_ODD_SPACE = re.compile(r"[^\S \u3000]|[ \u3000]{2}")
_PRIVATE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010ffff]")


def fold(name: str) -> str:
    """Return the key under which a display name is unique and found; at most `KEY_MAX` characters.

    Case, width, spaces and the signs between words do not count (`P. Smith` is `p smith`), letters that look alike in
    Latin, Greek, Cyrillic and Japanese script are one letter, accents and digits do count. A name of nothing but such
    signs keeps them. Folding a key changes nothing.
    """
    seen = _ACCENT_SIGNS.sub("'", _UNSEEN.sub("", name[:_READ_AT_MOST]))
    if seen.isascii():
        lowered = seen.lower()
    else:
        wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", seen).casefold())
        lowered = wide.translate(LOOKALIKES).replace("i\u0307", "i")
    key = _NEUTRAL.sub("", lowered) or lowered.strip()
    return unicodedata.normalize("NFC", key)[:KEY_MAX]


def name_problem(name: str) -> str | None:
    """Say in the reader's language why a display name is not acceptable, or return None.

    Expects a cleaned name (`clean`), and says nothing about who else bears it.
    """
    return next((str(sentence) for is_wrong, sentence in _PROBLEMS if is_wrong(name)), None)


def _has_unseen(name: str) -> bool:
    """True for controls, joiners, heaped marks and private characters; a selector after an emoji is no fault."""
    without_selectors = re.sub("[\ufe0e\ufe0f]", "", name)
    if _UNSEEN.search(without_selectors) or _PRIVATE.search(name):
        return True
    return clean(name) != unicodedata.normalize("NFC", name)


_PROBLEMS: tuple[tuple[Callable[[str], object], "_StrPromise"], ...] = (
    (lambda name: not NAME_MIN <= len(name) <= NAME_MAX, _("A name has between 2 and 40 characters.")),
    (lambda name: name != name.strip(), _("A name neither begins nor ends with a space.")),
    (_ODD_SPACE.search, _("Please part the words of the name with one ordinary space.")),
    (_URL_BREAKING.search, _('These signs cannot be part of a name: / \\ < > @ # ? % " ` [ ] { } | ^ *')),
    (_has_unseen, _("The name holds invisible or heaped characters. Please type it anew.")),
    (lambda name: not any(map(str.isalnum, name)), _("A name needs at least one letter or digit.")),
    (lambda name: len(fold(name)) >= KEY_MAX, _("The name is too long when written out. Please choose a shorter one.")),
)
