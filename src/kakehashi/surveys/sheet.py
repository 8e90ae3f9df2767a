"""A survey as one fills it in: its questions, on which pages they stand, and what a filled-in form says. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kakehashi.lib import text

OTHER = 0
# Kinds of question on whose answer another one may hang.
CHOOSABLE = {"single", "multiple", "scale"}


@dataclass(frozen=True)
class Item:
    """One question. `condition`: (number of an earlier question, answers to it of which one must have been given)."""

    pk: int
    number: int
    kind: str
    text: str
    help: str = ""
    is_required: bool = False
    options: tuple[str, ...] = ()
    has_other: bool = False
    least: int | None = None
    most: int | None = None
    steps: int = 5
    low_label: str = ""
    high_label: str = ""
    max_length: int = 1000
    starts_page: bool = False
    condition: tuple[int, frozenset[int]] | None = None

    @property
    def name(self) -> str:
        """Of its fields in a form."""
        return f"q{self.pk}"

    @property
    def choices(self) -> range:
        """The numbers of the answers offered, without “other”."""
        return range(1, (self.steps if self.kind == "scale" else len(self.options)) + 1)

    def label(self, option: int) -> str:
        """Of an answer offered; of a step, its number. "" for “other”."""
        if self.kind == "scale":
            return str(option)
        return self.options[option - 1] if 0 < option <= len(self.options) else ""


@dataclass(frozen=True)
class Given:
    """What was answered to one question: numbers of answers (of a ranking all of them, best first), and what was written."""

    chosen: tuple[int, ...] = ()
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.chosen or self.text)


Answers = Mapping[int, Given]


@dataclass(frozen=True)
class Sheet:
    """All questions of a survey in their order, divided into pages; `digest` moves when anything of them does."""

    items: tuple[Item, ...]
    pages: tuple[tuple[Item, ...], ...]
    digest: str

    def shown(self, page: Sequence[Item], given: Answers) -> list[Item]:
        """Those of a page that this reader is asked, by what was answered on earlier pages."""
        return [item for item in page if self.is_asked(item, given)]

    def is_asked(self, item: Item, given: Answers) -> bool:
        if item.condition is None:
            return True
        number, wanted = item.condition
        before = self.items[number - 1]
        if not self.is_asked(before, given):
            return False
        return not wanted.isdisjoint(given.get(before.pk, Given()).chosen)


def sheet_of(questions: Iterable[Any]) -> Sheet:
    """From rows of `Question` in their order."""
    items: list[Item] = []
    for number, row in enumerate(questions, start=1):
        items.append(_item(row, number, items))
    digest = hashlib.sha256(json.dumps([_defining(item) for item in items], default=sorted).encode())
    return Sheet(tuple(items), tuple(tuple(page) for page in _pages(items)), digest.hexdigest()[:16])


def _defining(item: Item) -> dict[str, Any]:
    """What of a question decides what an answer to it means."""
    return {name: value for name, value in asdict(item).items() if name not in {"help", "starts_page"}}


def lines_of(source: str) -> tuple[str, ...]:
    lines = (" ".join(line.split()) for line in text.clean(source or "").splitlines())
    return tuple(line for line in lines if line)


def _item(row: Any, number: int, before: Sequence[Item]) -> Item:
    condition = None
    if row.if_number and row.if_number < number:
        condition = row.if_number, options_named(before[row.if_number - 1], row.if_answers)[0]
    return Item(
        pk=row.pk or 0,
        number=number,
        kind=str(row.kind),
        text=row.text,
        help=row.help,
        is_required=row.is_required,
        options=lines_of(row.options) if row.kind in {"single", "multiple", "ranking"} else (),
        has_other=row.has_other and row.kind in {"single", "multiple"},
        least=row.least if row.kind == "multiple" else None,
        most=row.most if row.kind == "multiple" else None,
        steps=row.steps if row.kind == "scale" else 5,
        low_label=row.low_label,
        high_label=row.high_label,
        max_length=row.max_length,
        starts_page=row.starts_page,
        condition=condition,
    )


def options_named(item: Item, source: str) -> tuple[frozenset[int], list[str]]:
    """The answers to `item` that the lines of `source` name, and the lines that name none."""
    by_label = {item.label(option).casefold(): option for option in item.choices}
    found: set[int] = set()
    unknown: list[str] = []
    for line in lines_of(source):
        option = by_label.get(line.casefold())
        if option is None:
            unknown.append(line)
        else:
            found.add(option)
    return frozenset(found), unknown


def _pages(items: Sequence[Item]) -> list[list[Item]]:
    """As few pages as there can be: a new one where an editor wants it, or where the answer to a question on the same
    page decides whether this one is asked."""
    pages: list[list[Item]] = []
    for item in items:
        is_decided_here = (
            bool(pages) and item.condition is not None and item.condition[0] in {i.number for i in pages[-1]}
        )
        if not pages or item.starts_page or is_decided_here:
            pages.append([])
        pages[-1].append(item)
    return pages
