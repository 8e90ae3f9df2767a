"""From counts to what a page shows of them: shares, averages, and what is held back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kakehashi.surveys.rules import LEAST
from kakehashi.surveys.sheet import OTHER, Item, Sheet
from kakehashi.surveys.suppression import suppress

# Among the groups of a question, those who were asked and did not answer.
SILENT = -1


@dataclass(frozen=True)
class Row:
    """One line of a question's table. `count` None: held back. `letter` ties it to its bar."""

    letter: str
    label: str
    count: int | None
    share: float | None


@dataclass(frozen=True)
class Rank:
    """An answer with its average place; 1 is the best."""

    letter: str
    label: str
    average: float


@dataclass(frozen=True)
class Outcome:
    """What is shown of one question. `asked`: how many were asked it; None where that is held back, and all with it."""

    item: Item
    asked: int | None = None
    rows: tuple[Row, ...] = ()
    ranks: tuple[Rank, ...] = ()
    average: float | None = None
    hides: bool = False

    @property
    def is_empty(self) -> bool:
        return not any(row.count is not None for row in self.rows) and not self.ranks


@dataclass(frozen=True)
class Results:
    """What is shown of a survey. `answers` None: fewer than `LEAST`, and nothing is shown."""

    answers: int | None
    outcomes: tuple[Outcome, ...] = ()


def results_of(sheet: Sheet, tally: Mapping[str, Any], *, least: int = LEAST) -> Results:
    """`tally` as `queries.count` makes it. With `least` 0 all is shown: that is the newsroom's own view."""
    answers = int(tally.get("answers", 0))
    if answers < max(least, 1):
        return Results(None)
    shown: dict[int, Outcome] = {}
    for item in sheet.items:
        shown[item.number] = _outcome(item, tally, _asked(item, answers, shown), least)
    return Results(answers, tuple(shown.values()))


def _asked(item: Item, answers: int, shown: Mapping[int, Outcome]) -> int | None:
    """How many were asked: of a question that hangs on another, those whose answer there leads to it. That number is
    known only where all these answers are shown, and at most one of them may be given at once."""
    if item.condition is None:
        return answers
    number, wanted = item.condition
    before = shown[number]
    counts = [row.count for row, option in zip(before.rows, before.item.choices, strict=False) if option in wanted]
    if before.item.kind == "multiple" and len(wanted) > 1:
        return None
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _outcome(item: Item, tally: Mapping[str, Any], asked: int | None, least: int) -> Outcome:
    counts = tally.get("questions", {}).get(str(item.pk), {})
    answered = int(counts.get("answered", 0))
    if asked is None and least == 0:
        asked = answered
    if asked is None or item.kind == "text" or answered < max(least, 1):
        return Outcome(item, hides=asked is None or item.kind != "text")
    cells = {int(option): int(count) for option, count in counts.get("cells", {}).items()}
    if item.kind == "ranking":
        return Outcome(item, asked, ranks=_ranks(item, cells, counts.get("ranks", {})))
    return _table(item, asked, answered, cells, least)


def _table(item: Item, asked: int, answered: int, cells: Mapping[int, int], least: int) -> Outcome:
    groups = {option: cells.get(option, 0) for option in item.choices}
    if item.has_other:
        groups[OTHER] = cells.get(OTHER, 0)
    if not item.is_required:
        groups[SILENT] = max(asked - answered, 0)
    shown = suppress(groups, least=least)
    rows = tuple(_row(place, item, option, shown.sizes.get(option), asked) for place, option in enumerate(groups))
    average = None
    if item.kind == "scale" and not shown.hidden and answered:
        # With a group held back the average would tell its size.
        average = sum(option * cells.get(option, 0) for option in item.choices) / answered
    return Outcome(item, asked, rows=rows, average=average, hides=bool(shown.hidden))


def _row(place: int, item: Item, option: int, count: int | None, asked: int) -> Row:
    label = _("No answer") if option == SILENT else _("Other") if option == OTHER else item.label(option)
    letter = "" if option == SILENT else str(option) if item.kind == "scale" else letter_of(place)
    return Row(letter, label, count, count / asked if count is not None and asked else None)


def letter_of(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)


def _ranks(item: Item, cells: Mapping[int, int], sums: Mapping[str, int]) -> tuple[Rank, ...]:
    """The best first. Everybody who ranked has ranked all, so each average is of the same many."""
    ranks = [
        Rank(letter_of(option - 1), item.label(option), sums.get(str(option), 0) / cells[option])
        for option in item.choices
        if cells.get(option)
    ]
    return tuple(sorted(ranks, key=lambda rank: rank.average))
