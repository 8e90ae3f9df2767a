"""One step through a survey of several pages. All that was filled in travels with the form, nothing is stored before the
end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from kakehashi.surveys.fields import Field, hidden
from kakehashi.surveys.forms import Filled, read
from kakehashi.surveys.sheet import Item, Sheet


@dataclass(frozen=True)
class Step:
    """What the reader sees next: the page of that index, or, if `is_done`, nothing more to fill in."""

    sheet: Sheet
    page: int
    data: QueryDict
    filled: Filled = field(default_factory=Filled)
    is_done: bool = False
    problem: str = ""

    @property
    def items(self) -> Sequence[Item]:
        return self.sheet.shown(self.sheet.pages[self.page], self.filled.given)

    @property
    def fields(self) -> list[Field]:
        return [Field(item, self.data, self.filled.errors.get(item.pk, "")) for item in self.items]

    @property
    def wrong(self) -> list[Field]:
        return [one for one in self.fields if one.error]

    @property
    def carried(self) -> list[tuple[str, str]]:
        here = {item.pk for item in self.items}
        return list(hidden((item for item in self.sheet.items if item.pk not in here), self.data))

    @property
    def number(self) -> int:
        return self.page + 1

    @property
    def pages(self) -> int:
        return len(self.sheet.pages)

    @property
    def is_first(self) -> bool:
        return self.page == 0

    @property
    def may_be_last(self) -> bool:
        return self.page == len(self.sheet.pages) - 1


def first_step(sheet: Sheet, data: QueryDict | None = None, problem: str = "") -> Step:
    return Step(sheet, 0, data if data is not None else QueryDict(), problem=problem)


def next_step(sheet: Sheet, data: QueryDict) -> Step:
    """Where this form leads: a page back, the same page with what is wrong, the next one that has a question, the end."""
    if data.get("digest") != sheet.digest:
        return first_step(sheet, data, changed())
    page = _page(sheet, data)
    filled = Filled()
    for earlier in range(page):
        read(sheet, sheet.pages[earlier], data, filled)
    if data.get("go") == "back":
        return Step(sheet, _before(sheet, page, filled), data, Filled(filled.given))
    read(sheet, sheet.pages[page], data, filled)
    if filled.errors:
        first = next(n for n, items in enumerate(sheet.pages) if any(item.pk in filled.errors for item in items))
        return Step(sheet, first, data, filled)
    for later in range(page + 1, len(sheet.pages)):
        if sheet.shown(sheet.pages[later], filled.given):
            return Step(sheet, later, data, filled)
    return Step(sheet, page, data, filled, is_done=True)


def changed() -> str:
    return _(
        "The questions changed while you were answering. What you have filled in is still here where it fits: please look "
        "at it again."
    )


def _page(sheet: Sheet, data: QueryDict) -> int:
    asked = data.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else 1
    return min(max(number, 1), len(sheet.pages)) - 1


def _before(sheet: Sheet, page: int, filled: Filled) -> int:
    return next((n for n in range(page - 1, -1, -1) if sheet.shown(sheet.pages[n], filled.given)), 0)
