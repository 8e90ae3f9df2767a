"""What changed between two versions of the rules, word by word. Pure, but for reading their rules."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from kakehashi.moderation.models import PolicyVersion, Rule

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(NamedTuple):
    """Some words: `kind` is `same`, `new` or `gone`."""

    kind: str
    words: str


class Change(NamedTuple):
    """One rule that is `new`, `gone` (out of force) or `changed`, or the preamble where `number` is 0. `usual`: what a
    moderator usually does, where that has changed."""

    number: int
    kind: str
    title: list[Piece]
    text: list[Piece]
    examples: list[Piece]
    usual: list[Piece]


def changes(before: PolicyVersion | None, after: PolicyVersion) -> list[Change]:
    """2 queries."""
    old, new = _rules(before), _rules(after)
    found = []
    preamble = pieces(before.preamble if before else "", after.preamble)
    if _is_changed(preamble):
        found.append(Change(0, "changed", [], preamble, [], []))
    for number in sorted(old.keys() | new.keys()):
        change = _change(number, old.get(number), new.get(number))
        if change is not None:
            found.append(change)
    return found


def _rules(version: PolicyVersion | None) -> dict[int, Rule]:
    rules = version.rules.filter(is_in_force=True) if version is not None else []
    return {rule.number: rule for rule in rules}


def _change(number: int, old: Rule | None, new: Rule | None) -> Change | None:
    title, text, examples = (
        pieces(getattr(old, name, ""), getattr(new, name, "")) for name in ("title", "text", "examples")
    )
    usual = _usual(old, new)
    if not usual and not any(_is_changed(part) for part in (title, text, examples)):
        return None
    kind = "new" if old is None else "gone" if new is None else "changed"
    return Change(number, kind, title, text, examples, usual)


def _usual(old: Rule | None, new: Rule | None) -> list[Piece]:
    was, now = (rule.get_default_action_display() if rule is not None else "" for rule in (old, new))
    return [] if was == now else [Piece(kind, words) for kind, words in (("gone", was), ("new", now)) if words]


def _is_changed(found: list[Piece]) -> bool:
    return any(piece.kind != "same" for piece in found)


def pieces(old: str, new: str) -> list[Piece]:
    """The new words among those that went, in the order of reading."""
    a, b = _WORDS.findall(old.replace("\r\n", "\n")), _WORDS.findall(new.replace("\r\n", "\n"))
    found: list[Piece] = []
    for kind, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(b[k:m])))
        if kind in ("delete", "replace"):
            found.append(Piece("gone", "".join(a[i:j])))
        if kind in ("insert", "replace"):
            found.append(Piece("new", "".join(b[k:m])))
    return found
