"""The form of a text, without its words. Pure Python, so that the prior reckons without NumPy."""

from __future__ import annotations

import math
import re
import unicodedata

# What `form_of` counts, in its order; the page for the staff names them.
FORMS = (
    "capitals",
    "exclamation",
    "questions",
    "repetition",
    "links",
    "addresses",
    "digits",
    "signs",
    "mentions",
    "length",
)

_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
_ADDRESS = re.compile(r"\w@[\w-]+\.\w|\d(?:[ -]?\d){5,}")
_REPEATED = re.compile(r"(\S)\1{3,}")
_SPACES = re.compile(r"\s+")
# Fewer letters with a case say nothing of shouting: "USA!" is none.
FEWEST_CASED = 8
LONGEST = 5000


def normal(plain: str) -> str:
    """The text as it is compared: one width, one case, one space between words, every digit a 0."""
    folded = unicodedata.normalize("NFKC", plain).casefold()
    return re.sub(r"\d", "0", _SPACES.sub(" ", folded)).strip()


def form_of(plain: str) -> tuple[float, ...]:
    """Each of FORMS, from 0 (none) to 1 (as much as counts)."""
    size = max(len(plain), 1)
    upper = sum(map(str.isupper, plain))
    cased = upper + sum(map(str.islower, plain))
    letters = sum(map(str.isalpha, plain))
    digits = sum(map(str.isdigit, plain))
    spaces = sum(map(str.isspace, plain))
    longest = max((len(match.group()) for match in _REPEATED.finditer(plain)), default=0)
    return (
        upper / cased if cased >= FEWEST_CASED else 0.0,
        min(1.0, (plain.count("!") + plain.count("！")) / 5),
        min(1.0, (plain.count("?") + plain.count("？")) / 5),
        min(1.0, longest / 10),
        min(1.0, len(_LINK.findall(plain)) / 3),
        min(1.0, len(_ADDRESS.findall(plain)) / 2),
        digits / size,
        (len(plain) - letters - digits - spaces) / size,
        min(1.0, plain.count("@") / 5),
        min(1.0, math.log1p(len(plain)) / math.log1p(LONGEST)),
    )
