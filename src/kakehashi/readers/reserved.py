"""Names that are not for everybody: of roles, of the site, of agencies, and names too much like those of the staff. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from django.conf import settings
from django.utils.module_loading import import_string

from kakehashi.lib import text

# Whole words of a name.
WORDS = (
    "admin", "admins", "administrator", "administration", "moderator", "moderators", "moderation", "mod", "editor",
    "editors", "editorial", "newsroom", "newsdesk", "staff", "support", "helpdesk", "official", "system", "root",
    "webmaster", "postmaster", "abuse", "security",
)  # fmt: skip
# Anywhere in a name: these scripts part no words.
ANYWHERE = (
    "管理者", "管理人", "運営者", "運営局", "運営チーム", "編集部", "編集者", "編集長", "編集局", "モデレーター", "モデレータ",
    "公式", "事務局", "スタッフ", "관리자", "운영자", "운영진", "운영팀", "편집자", "편집부", "편집장", "편집국", "모더레이터",
    "공식", "사무국",
)  # fmt: skip
# Digits and signs that stand for a letter; l and I look the same in many fonts.
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "$": "s", "!": "i", "l": "i"}
)
_MARKS = re.compile("[\u0300-\u036f]")
_BREAKS = re.compile(rf"[{text.NEUTRAL}()&+,:;~=]+")
# Shorter names of houses and of staff stand for too much else.
LONG_ENOUGH = 5


def fold(name: str) -> str:
    """As a name is found (lib.text.fold), and without accents, look-alike digits and signs: `M0dérat0r` is `moderator`."""
    bare = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text.fold(name))))
    return "".join(letter for letter in bare.translate(_LEET) if letter.isalnum())


_WORDS = frozenset(map(fold, WORDS))
_ANYWHERE = tuple(map(fold, ANYWHERE))


def is_reserved(name: str, *, barred: Collection[str], houses: Iterable[str]) -> bool:
    """Whether a name, or a word of it, is one of a role or of those `barred` (folded), or begins with that of a house."""
    whole = fold(name)
    words = {whole, *map(fold, _BREAKS.split(name))}
    if words & _WORDS or words & set(barred) or any(part in whole for part in _ANYWHERE):
        return True
    # A role written together with something: `ModeratorTom`, `the_admin7`.
    if any(whole.startswith(word) or whole.endswith(word) for word in _WORDS if len(word) > LONG_ENOUGH):
        return True
    found = {fold(house) for house in houses}
    return whole in found or any(whole.startswith(house) for house in found if len(house) >= LONG_ENOUGH)


def is_like_one_of(name: str, staff: Iterable[str]) -> bool:
    """Whether it differs from one of these by no more than one letter, that stands elsewhere, is another, more or less."""
    whole = fold(name)
    return any(_is_close(whole, fold(other)) for other in staff)


def _is_close(a: str, b: str) -> bool:
    if a == b:
        return True
    if min(len(a), len(b)) < LONG_ENOUGH or abs(len(a) - len(b)) > 1:
        return False
    start = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    swapped = rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:]
    return swapped or rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:]


def houses() -> list[str]:
    """Names of the site and of those whose words it prints, from the rooms above (settings.KAKEHASHI_HOUSE_NAMES)."""
    return [name for path in settings.KAKEHASHI_HOUSE_NAMES for name in import_string(path)()]
