"""What the demo's moderators had to decide on in all those years: comments of every kind, and what became of each. A plan;
nothing here touches the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from kakehashi.archive.demo.content import StoryFile, table
from kakehashi.archive.demo.phrases import PhraseBook, expand
from kakehashi.archive.demo.talk import Remark, Town, times

CASES = 420
FEWEST = 24
# Of the cases, what two people with much to do decide otherwise than on another day.
SLIPS = 0.04
# So many of each at full scale.
EDITED, UNDONE, GRANTED, DECLINED = 14, 9, 5, 6
# Somebody who loses their temper does so again: so many members write most of what is removed.
TEMPERS = 45
REMOVED, PUBLISHED, CHANGED = "removed", "published", "changed"
# The fate of all remarks in here.
JUDGED = "judged"


@dataclass(frozen=True)
class Case:
    """What the moderators do with a remark. `after` it was written, and under which `rule` (0: none); `found`: how they came
    to look. `text`: its words once a moderator has changed them. `sequel`: "undone", "granted", "declined" or nothing."""

    verdict: str
    after: timedelta
    found: str
    rule: int = 0
    why: str = ""
    text: str = ""
    sequel: str = ""


def invent_cases(
    files: Sequence[StoryFile],
    *,
    before: Sequence[Remark],
    town: Town,
    book: PhraseBook,
    now: datetime,
    rng: Random,
    scale: float,
) -> list[Remark]:
    """Remarks that were decided on, under stories with some talk that are open to all; none says what stands in `before`."""
    written = {remark.body for remark in before}
    stories = [file for file in files if file.thread == "open" and not file.archived_votes and file.comments > 4]
    clerk = _Clerk(town, book, rng, written, [remark for remark in before if not remark.fate])
    wanted = max(FEWEST, round(CASES * scale))
    kinds = _kinds(rng, wanted)
    places = rng.choices(stories, [file.comments**0.5 for file in stories], k=len(kinds))
    by_story: dict[str, list[tuple[str, str]]] = {}
    for file, kind in zip(places, kinds, strict=True):
        by_story.setdefault(file.slug, []).append(kind)
    remarks = []
    for file in stories:
        here = by_story.get(file.slug, [])
        for at, kind in zip(times(file, len(here), now=now, rng=rng), here, strict=True):
            remark = clerk.write(file, at, kind, now)
            if remark is not None:
                remarks.append(remark)
    _add_sequels(remarks, rng, scale)
    return remarks


def _kinds(rng: Random, wanted: int) -> list[tuple[str, str]]:
    """(language, kind) so many times, in the shares that the content file gives them, shuffled."""
    tables = table("judged")
    all_kinds = [(language, kind) for language, kinds in tables.items() for kind in kinds if kind != "slots"]
    shares = [tables[language][kind]["share"] for language, kind in all_kinds]
    edited = max(1, round(EDITED * wanted / CASES))
    return [*rng.choices(all_kinds, shares, k=wanted - edited), *[("en", "edited")] * edited]


class _Clerk:
    """Writes the remarks one by one, each by somebody who is free to speak."""

    def __init__(
        self, town: Town, book: PhraseBook, rng: Random, written: set[str], standing: Sequence[Remark]
    ) -> None:
        self.town, self.book, self.rng, self.written, self.standing = town, book, rng, written, standing
        self.tempers = rng.sample(town.people, min(TEMPERS, len(town.people) // 3))

    def write(self, file: StoryFile, at: datetime, kind: tuple[str, str], now: datetime) -> Remark | None:
        """None where nobody is free at that time."""
        language, name = kind
        entry = table("judged")[language][name]
        is_bad = entry["rule"] > 0
        author = self._author(at, is_bad)
        if author is None:
            return None
        remark = Remark(file, author, at, parent=self._parent(file, at, author), quality=-1.0 if is_bad else 0.2)
        remark.source = remark.body = self._words(file, language, name, entry)
        remark.fate, remark.case = JUDGED, self._case(name, entry, remark, now)
        return remark

    def _author(self, at: datetime, is_bad: bool) -> Any:
        crowd = self.tempers if is_bad and self.rng.random() < 0.7 else self.town.people
        for person in self.rng.sample(crowd, min(20, len(crowd))):
            if self.town.claim(person, at):
                return person
        return None

    def _parent(self, file: StoryFile, at: datetime, author: Any) -> Remark | None:
        """About every other one answers somebody."""
        if self.rng.random() < 0.5:
            return None
        earlier = [one for one in self.standing if one.story is file and one.at < at and one.author is not author]
        return self.rng.choice(earlier) if earlier else None

    def _words(self, file: StoryFile, language: str, name: str, entry: dict[str, Any]) -> str:
        """A line of the kind, often with an ordinary sentence of the story's own before or after."""
        slots = table("judged")[language]["slots"]
        while True:
            parts = [expand(self.rng.choice(entry["lines"]), slots, self.rng)]
            if language == "en" and name != "edited" and self.rng.random() < 0.55:
                ordinary = self.book.turn(file.slug, self.rng.choice(("tell", "disagree", "middle", "close")))
                parts.insert(self.rng.randint(0, 1), ordinary)
            elif language != "en" and self.rng.random() < 0.4:
                plain = table("judged")[language]["plain"]
                parts.insert(self.rng.randint(0, 1), expand(self.rng.choice(plain["lines"]), slots, self.rng))
            words = " ".join(parts)
            if words not in self.written:
                self.written.add(words)
                return words

    def _case(self, name: str, entry: dict[str, Any], remark: Remark, now: datetime) -> Case:
        rule, found = entry["rule"], self.rng.choice(entry["found"])
        after = min(timedelta(minutes=self.rng.lognormvariate(4.2, 1.1)), now - remark.at)
        after = timedelta(seconds=int(after.total_seconds()))
        why = self.rng.choice(entry["why"]) if rule else ""
        if name == "edited":
            kept = remark.source.rsplit(". ", 1)[0] + "."
            return Case(CHANGED, after, found, rule, why, text=kept)
        if self.rng.random() < SLIPS:
            # Let through on a busy day, or removed for its tone by somebody tired.
            if rule:
                return Case(PUBLISHED, after, found)
            return Case(REMOVED, after, found, 1, "It sounds as if it were about a person.")
        return Case(REMOVED if rule else PUBLISHED, after, found, rule, why)


def _add_sequels(remarks: Sequence[Remark], rng: Random, scale: float) -> None:
    """Some removals are undone by the other moderator, some objected to; the older ones, so that it is all over by now."""
    removed = [one for one in remarks if one.case is not None and one.case.verdict == REMOVED]
    older = sorted(removed, key=lambda one: one.at)[: len(removed) * 4 // 5]
    wanted = [
        sequel
        for sequel, count in (("undone", UNDONE), ("granted", GRANTED), ("declined", DECLINED))
        for _ in range(max(1, round(count * scale)))
    ]
    for remark, sequel in zip(rng.sample(older, min(len(older), len(wanted))), wanted, strict=False):
        assert remark.case is not None
        remark.case = Case(**{**vars(remark.case), "sequel": sequel})
