"""A question as a form shows it, with what was typed so far. For templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.http import QueryDict

from kakehashi.surveys.forms import OTHER_LENGTH, OTHER_VALUE
from kakehashi.surveys.sheet import Item


class Choice(NamedTuple):
    id: str
    value: str
    label: str
    is_chosen: bool


class Place(NamedTuple):
    """One answer of a ranking with the places it may be given, as (place, whether it has it)."""

    id: str
    name: str
    label: str
    places: list[tuple[int, bool]]


@dataclass(frozen=True)
class Field:
    item: Item
    data: QueryDict
    error: str = ""
    # Put before ids, where a question may stand on a page more than once.
    prefix: str = ""

    @property
    def id(self) -> str:
        return f"{self.prefix}{self.item.name}"

    @property
    def value(self) -> str:
        return self.data.get(self.item.name, "")

    @property
    def first_id(self) -> str:
        """Where the list of errors leads: to the first thing that can be filled in."""
        return f"{self.id}-1" if self.item.kind != "text" else self.id

    @property
    def described_by(self) -> str:
        parts = [f"{self.id}-help"] if self.hint_shown else []
        return " ".join([*parts, *([f"{self.id}-error"] if self.error else [])])

    @property
    def hint_shown(self) -> bool:
        item = self.item
        return bool(item.help or item.kind in {"multiple", "ranking", "text"})

    @property
    def choices(self) -> list[Choice]:
        chosen = self.data.getlist(self.item.name)
        return [
            Choice(f"{self.id}-{option}", str(option), self.item.label(option), str(option) in chosen)
            for option in self.item.choices
        ]

    @property
    def other(self) -> Choice | None:
        if not self.item.has_other:
            return None
        is_chosen = OTHER_VALUE in self.data.getlist(self.item.name)
        return Choice(f"{self.id}-{OTHER_VALUE}", OTHER_VALUE, "", is_chosen)

    @property
    def other_name(self) -> str:
        return f"{self.item.name}-{OTHER_VALUE}"

    @property
    def other_text(self) -> str:
        return self.data.get(self.other_name, "")

    @property
    def other_length(self) -> int:
        return OTHER_LENGTH

    @property
    def places(self) -> list[Place]:
        return [
            Place(
                f"{self.id}-{option}",
                f"{self.item.name}-{option}",
                self.item.label(option),
                [(place, self.data.get(f"{self.item.name}-{option}") == str(place)) for place in self.item.choices],
            )
            for option in self.item.choices
        ]


def hidden(items: Iterable[Item], data: QueryDict) -> Iterator[tuple[str, str]]:
    """What was filled in on other pages, as (name, value), to be carried along."""
    for item in items:
        names = [item.name, f"{item.name}-{OTHER_VALUE}"]
        if item.kind == "ranking":
            names = [f"{item.name}-{option}" for option in item.choices]
        for name in names:
            for value in data.getlist(name):
                if value:
                    yield name, value
