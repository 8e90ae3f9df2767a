"""Finding `@Display Name` in a text, where names hold spaces, signs and scripts without spaces."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kakehashi.lib.text import characters as ch
from kakehashi.lib.text.names import NAME_MAX, NEUTRAL, fold

MENTIONS_MAX = 50
KEYS_MAX = 900

# A name ends before these at the latest: no name holds them.
_NAME = re.compile(rf'[^\n/\\<>@#?%"`\[\]{{}}|^*]{{1,{NAME_MAX}}}')
_NEUTRAL_TAIL = re.compile(rf"[{NEUTRAL}]*\Z")
_is_neutral = re.compile(f"[{NEUTRAL}]").match
# Before a mention may stand no letter (that is an e-mail address) and no part of a web address.
_FORBIDS_MENTION = re.compile(r"[/=&#%~+@]").match


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be mentioned: the name shown, the address of the member page, the row's id."""

    name: str
    url: str
    id: int | None = None


def _is_glued(left: str, right: str) -> bool:
    """True where no name can end between two characters, because they belong to one word or one sign."""
    if ch.is_mark(right) or right in "\u200c\u200d":
        return True
    if not right.isalnum() or not (left.isalnum() or ch.is_mark(left)):
        return False
    return not (ch.is_unspaced(left) or ch.is_unspaced(right))


def begins(source: str, at: int) -> bool:
    """True if the `@` at this place can begin a mention."""
    if at == 0:
        return True
    before = source[at - 1]
    if ch.is_unspaced(before):
        return True
    return not (before.isalnum() or ch.is_mark(before) or _FORBIDS_MENTION(before))


def prefixes(source: str, start: int, stop: int) -> list[str]:
    """Return every beginning of `source[start:stop]` that could be a whole name, shortest first."""
    found = _NAME.match(source, start, stop)
    if found is None or found.group()[0].isspace():
        return []
    name = found.group()
    ahead = source[start : min(stop, found.end() + 2)]
    return [
        name[:end]
        for end, last in enumerate(name, start=1)
        if not _is_neutral(last) and not _is_glued(last, ahead[end:].lstrip("_")[:1] or " ")
    ]


class Collector:
    """Gathers the folded candidates of a text's mentions, in order and once each."""

    def __init__(self) -> None:
        self.keys: dict[str, None] = {}
        self._places: set[tuple[str, int]] = set()

    def at(self, source: str, at: int, stop: int, *, is_lookahead: bool) -> tuple[int, Person] | None:
        """Note the candidates behind the `@` at this place; never a match. Looking ahead, it may yet be in a link."""
        if is_lookahead or (source, at) in self._places or len(self._places) >= MENTIONS_MAX or not begins(source, at):
            return None
        names = prefixes(source, at + 1, stop)
        if names:
            self._places.add((source, at))
        for name in names:
            if len(self.keys) < KEYS_MAX:
                self.keys.setdefault(fold(name))
        return None


class Finder:
    """Finds the people mentioned in a text by the longest name that matches."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        self._people = people
        self._places: dict[tuple[str, int], tuple[int, Person] | None] = {}

    def at(self, source: str, at: int, stop: int, *, is_lookahead: bool) -> tuple[int, Person] | None:
        """Return where the mention that begins at this `@` ends, and who it is; the same when looking ahead."""
        place = (source, at)
        if place in self._places:
            return self._places[place]
        if not self._people or len(self._places) >= MENTIONS_MAX or not begins(source, at):
            return None
        names = prefixes(source, at + 1, stop)
        if not names:
            return None
        self._places[place] = self._longest(names, source, at + 1)
        return self._places[place]

    def _longest(self, names: list[str], source: str, start: int) -> tuple[int, Person] | None:
        for name in reversed(names):
            person = self._people.get(fold(name))
            if person is not None:
                end = start + len(name)
                return end + self._tail(person.name, source, end), person
        return None

    @staticmethod
    def _tail(name: str, source: str, end: int) -> int:
        """Count the signs that end this name (`Mr.`) and stand in the text too."""
        found = _NEUTRAL_TAIL.search(name)
        tail = found.group() if found else ""
        return len(tail) if tail and source.startswith(tail, end) else 0
