"""Names addressed in comments (`@Storm Petrel`, `@petrel7MAY. 3, 2014 - 9:10AM JST`, `2€Petrel: …`) and whom they mean."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from kakehashi.archive.capture.authors import LONGEST_NAME, is_possible_name, name_weight
from kakehashi.archive.capture.page import CapturedComment, CapturedMention, Note
from kakehashi.archive.capture.quotes import telling_words, tokens
from kakehashi.archive.capture.stamps import find_stamp
from kakehashi.lib import text as texts

if TYPE_CHECKING:
    from kakehashi.archive.capture.links import Draft

_WROTE = re.compile(
    r"^@?(?P<name>[^:\n@]{2,40}?)\s+(?:wrote|writes|said|says|posted)\s*:\s*(?P<rest>.*)$", re.IGNORECASE | re.DOTALL
)
_COLON = re.compile(r"^(?P<name>[^:\n@.!?,]{2,40}?)\s*:(?=\s|$)\s*(?P<rest>.*)$", re.DOTALL)
_AFTER_AT = re.compile(
    r"^(?P<name>[^\s@,:;\"“”>][^@,:;\"“”>\n]{0,39}?)\s*(?:[,:;]\s|[,:;]$|(?=[\"“]))(?P<rest>.*)$", re.DOTALL
)
_WORDS = re.compile(r"\S+")
_AT = re.compile(r"(?<![\w@/.])@(?=\w|[^\s@]\w)")
# A word that is no word: digits, underscores, currency and other signs, or capitals inside.
_ODD = re.compile(r"(?=.*[^\W\d_].*[^\W\d_].*[^\W\d_])(?:.*[\d_€$£¥&+~^*=].*|.*[a-z][A-Z].*)")
_SIGNS = re.compile(r"^[\W\d_]+")
_NEAR = 10  # how many comments back an answer without other evidence may look
_SHARED = 2


@dataclass
class Address:
    """A name that opens a paragraph. `head` is the name as written, with `@`; `written` the paragraph so; `rest` follows.

    `block` is the index of the paragraph in its comment; `is_alone`: nothing but the name stands in it. `answers` is the
    comment quoted right behind, `stamp` when that was written, as pasted with the name. Unless `is_exact`, the name may
    go on for some words.
    """

    name: str
    line: int
    head: str
    rest: str
    written: str
    is_first: bool
    stamp: datetime | None = None
    block: int = 0
    is_alone: bool = False
    answers: int | None = None
    is_exact: bool = True


def addresses_of(text: str, line: int, *, is_first: bool) -> Iterator[Address]:
    """The ways to read the start of this paragraph as an address, the likeliest first."""
    wrote = _WROTE.match(text)
    if wrote and (text.startswith("@") or name_weight(wrote["name"]) > -1.0):
        yield _address(wrote["name"].strip(), line, text, wrote["rest"], is_first)
    if text.startswith("@") and len(text) > 1 and not text[1].isspace():
        yield from _at_addresses(text, line, is_first)
    colon = _COLON.match(text) if is_first else None
    if colon and _ODD.match(colon["name"]) and len(colon["name"].split()) <= 3:
        name = colon["name"].strip()
        if is_possible_name(name) and len(name) >= 5 and name_weight(name) > 0:
            yield _address(name, line, text, colon["rest"], is_first)


def _at_addresses(text: str, line: int, is_first: bool) -> Iterator[Address]:
    after = text[1:]
    stamp = find_stamp(after[:90])
    if stamp is not None and 0 < stamp[0] <= LONGEST_NAME + 1 and is_possible_name(after[: stamp[0]]):
        name = after[: stamp[0]].strip(" -–—,|(")
        rest = after[stamp[1] :].strip(" :)")
        head = f"@{name} {after[stamp[0] : stamp[1]].strip()}"
        yield Address(name, line, head, rest, f"{head} {rest}".strip(), is_first, stamp=stamp[2])
        return
    whole = after.strip(" :,-–—.")
    if is_possible_name(whole) and len(whole.split()) <= 4 and name_weight(whole) > 0:
        yield Address(whole, line, text, "", text, is_first)
        return
    part = _AFTER_AT.match(after)
    if part and len(part["name"].split()) <= 4 and is_possible_name(part["name"]):
        yield _address(part["name"].strip(), line, text, part["rest"], is_first)
        return
    # Nothing tells where the name ends: `Naming` will look for the longest that somebody bears.
    for end in [match.end() for match in _WORDS.finditer(after[: LONGEST_NAME * 2])][:4]:
        name = after[:end].strip(" .,;:")
        if is_possible_name(name):
            yield Address(name, line, f"@{name}", after[end:].strip(), text, is_first, is_exact=False)


def _address(name: str, line: int, text: str, rest: str, is_first: bool) -> Address:
    head = text[: len(text) - len(rest)].rstrip()
    head = head if head.startswith("@") else f"@{head}"
    written = text if text.startswith("@") else f"@{text}"
    return Address(name, line, head, rest.strip(), written, is_first)


class Naming:
    """Who is called what: names printed with comments, and names inferred from an address right before a quote."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.notes: list[Note] = []
        self._drafts = drafts
        self._positions: dict[str, list[int]] = {}
        self._has_printed_authors = any(draft.author_name for draft in drafts)
        self._infer()
        for draft in drafts:
            if draft.author_name:
                self._positions.setdefault(texts.fold(draft.author_name), []).append(draft.position)

    def _infer(self) -> None:
        """ "@Name" right before words of comment k says that the author of comment k is called so."""
        for draft in self._drafts:
            for address in draft.addresses:
                if address.answers is None:
                    continue
                quoted = self._drafts[address.answers - 1]
                if address.stamp is not None and quoted.written_at is None:
                    quoted.written_at = address.stamp
                if quoted.author_name and not quoted.is_name_inferred:
                    continue
                self._name(quoted, address)

    def _name(self, quoted: Draft, address: Address) -> None:
        is_same = texts.fold(quoted.author_name) == texts.fold(address.name)
        if quoted.author_name and not is_same:
            text = (
                f"Comment {quoted.position} is called “{quoted.author_name}” and “{address.name}”; the first was kept."
            )
            self.notes.append(Note("unsure", text, address.line))
            return
        # People leave spaces out of a name; nobody puts them in.
        if not quoted.author_name or len(address.name) > len(quoted.author_name):
            quoted.author_name, quoted.is_name_inferred = address.name, True
            text = (
                f"Comment {quoted.position} prints no author: “{address.name}” is inferred, since it stands before words "
                "of that comment here."
            )
            self.notes.append(Note("concluded", text, address.line))

    def finish(self, draft: Draft) -> CapturedComment:
        """The comment with its mentions resolved and its parent set."""
        mentions: dict[str, CapturedMention] = {}
        leading: int | None = None
        for address in draft.addresses:
            name, target = self._target(draft, address)
            mentions.setdefault(texts.fold(name), CapturedMention(name, target))
            if address.is_first and target is not None:
                leading = leading or target
        for name in self._names_inside(draft):
            mentions.setdefault(texts.fold(name), CapturedMention(name, self._latest(name, draft.position)))
        earlier = [position for position in (*draft.quoted, leading) if position and position < draft.position]
        return CapturedComment(
            position=draft.position,
            line=draft.lines[0].number,
            blocks=tuple(draft.blocks),
            author_name=draft.author_name,
            is_name_inferred=draft.is_name_inferred,
            score=draft.score,
            parent=earlier[0] if earlier else None,
            written_at=draft.written_at,
            mentions=tuple(mentions.values()),
        )

    def _target(self, draft: Draft, address: Address) -> tuple[str, int | None]:
        if address.answers is not None:
            return address.name, address.answers
        name = address.name
        if not address.is_exact or texts.fold(name) not in self._positions:
            name = self._longest(address.written[1:]) or name
        target = self._latest(name, draft.position)
        if target is None:
            # Signs in front of a known name are an "@" from another keyboard.
            target = self._latest(_SIGNS.sub("", name), draft.position)
        if target is None:
            target = self._likely(draft, name, address)
        return name, target

    def _latest(self, name: str, before: int) -> int | None:
        """The last comment by that name above this one; none above, then the first below."""
        positions = self._positions.get(texts.fold(name), [])
        at = bisect_left(positions, before)
        if at:
            return positions[at - 1]
        return next((position for position in positions[:2] if position != before), None)

    def _likely(self, draft: Draft, name: str, address: Address) -> int | None:
        """Where authors are not printed: the nearest comment above that is about the same, said to be a conclusion."""
        if self._has_printed_authors or not address.is_first:
            self.notes.append(
                Note("not-understood", f"Nobody on this page is known to be called “{name}”.", address.line)
            )
            return None
        own = telling_words(tokens(draft.own_text))
        for other in reversed(self._drafts[max(0, draft.position - 1 - _NEAR) : draft.position - 1]):
            shared = own & telling_words(tokens(other.own_text)) - telling_words(tokens(name))
            if len(shared) >= _SHARED and not other.author_name:
                text = (
                    f"“{name}” is named nowhere else on this page; linked to comment {other.position}, the nearest above "
                    f"that shares its words ({', '.join(sorted(shared))})."
                )
                self.notes.append(Note("concluded", text, address.line))
                return other.position
        self.notes.append(Note("not-understood", f"Nobody on this page is known to be called “{name}”.", address.line))
        return None

    def _names_inside(self, draft: Draft) -> Iterator[str]:
        """Known names behind an `@` anywhere in the writer's own words."""
        for block in draft.blocks:
            if block.quotes is None:
                for at in islice(_AT.finditer(block.text), texts.MENTIONS_MAX if self._positions else 0):
                    if name := self._longest(block.text[at.end() :]):
                        yield name

    def _longest(self, text: str) -> str | None:
        """The longest beginning of the text that is a known name."""
        for end in range(min(len(text), LONGEST_NAME), 0, -1):
            if end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
                continue
            if texts.fold(text[:end]) in self._positions:
                return text[:end].strip()
        return None
