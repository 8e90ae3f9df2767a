"""What came back in a form, question by question: cleaned answers, or a sentence on what is wrong. Nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kakehashi.lib import text
from kakehashi.surveys.sheet import OTHER, Given, Item, Sheet

OTHER_VALUE = "other"
OTHER_LENGTH = 200


class Wrong(ValueError):
    """An answer that cannot be taken, with the sentence for the reader."""


@dataclass
class Filled:
    """What a form says of some questions."""

    given: dict[int, Given] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)


def read(sheet: Sheet, items: Iterable[Item], data: QueryDict, filled: Filled | None = None) -> Filled:
    """The answers to those of `items` that are asked, going by what `filled` says of earlier ones."""
    filled = filled or Filled()
    for item in items:
        if not sheet.is_asked(item, filled.given):
            continue
        try:
            given = _READERS[item.kind](item, data)
            if item.is_required and not given:
                raise Wrong(_MISSING[item.kind]())
            filled.given[item.pk] = given
        except Wrong as wrong:
            filled.errors[item.pk] = str(wrong)
    return filled


def _number(source: str) -> int | None:
    return int(source) if source.isascii() and source.isdecimal() and len(source) < 4 else None


def _chosen(item: Item, values: Iterable[str]) -> tuple[int, ...]:
    """The answers offered that `values` name. Raises Wrong for any other."""
    found: set[int] = set()
    for value in values:
        if value == "":
            continue
        option = OTHER if item.has_other and value == OTHER_VALUE else _number(value)
        if option is None or (option == OTHER and value != OTHER_VALUE) or (option and option not in item.choices):
            raise Wrong(_("This is not one of the answers offered. Please choose again."))
        found.add(option)
    return tuple(sorted(found))


def _other(item: Item, chosen: tuple[int, ...], data: QueryDict) -> Given:
    written = " ".join(text.clean(data.get(f"{item.name}-other", "")).split()) if item.has_other else ""
    if OTHER not in chosen:
        if written and item.kind == "multiple":
            # Written and not ticked: meant all the same.
            return _other(item, (OTHER, *chosen), data)
        if written and not chosen:
            return _other(item, (OTHER,), data)
        return Given(chosen)
    if not written:
        raise Wrong(_("You chose “other”: please write what."))
    if text.length(written) > OTHER_LENGTH:
        raise Wrong(_too_long(OTHER_LENGTH, text.length(written)))
    return Given(chosen, written)


def _single(item: Item, data: QueryDict) -> Given:
    chosen = _chosen(item, data.getlist(item.name))
    if len(chosen) > 1:
        raise Wrong(_("Please choose one answer only."))
    return _other(item, chosen, data)


def _multiple(item: Item, data: QueryDict) -> Given:
    given = _other(item, _chosen(item, data.getlist(item.name)), data)
    number = len(given.chosen)
    if number and item.least and number < item.least:
        raise Wrong(
            ngettext("Please choose at least %(n)d answer.", "Please choose at least %(n)d answers.", item.least)
            % {"n": item.least}
        )
    if item.most and number > item.most:
        raise Wrong(
            ngettext("Please choose at most %(n)d answer.", "Please choose at most %(n)d answers.", item.most)
            % {"n": item.most}
        )
    return given


def _scale(item: Item, data: QueryDict) -> Given:
    chosen = _chosen(item, data.getlist(item.name))
    if len(chosen) > 1:
        raise Wrong(_("Please choose one answer only."))
    return Given(chosen)


def _ranking(item: Item, data: QueryDict) -> Given:
    """Each answer with its place; all of them, or none."""
    places: dict[int, int] = {}
    for option in item.choices:
        value = data.get(f"{item.name}-{option}", "")
        if value == "":
            continue
        place = _number(value)
        if place is None or place not in item.choices:
            raise Wrong(_("This is not one of the places offered. Please choose again."))
        if place in places:
            raise Wrong(
                _("“%(one)s” and “%(other)s” both have place %(place)d: please give each a place of its own.")
                % {"one": item.label(places[place]), "other": item.label(option), "place": place}
            )
        places[place] = option
    if places and len(places) < len(item.choices):
        raise Wrong(_("Please give every answer a place, from 1 (best) to %(n)d.") % {"n": len(item.choices)})
    return Given(tuple(places[place] for place in sorted(places)))


def _text(item: Item, data: QueryDict) -> Given:
    written = text.clean(data.get(item.name, ""))
    if text.length(written) > item.max_length:
        raise Wrong(_too_long(item.max_length, text.length(written)))
    return Given((), written)


def _too_long(most: int, length: int) -> str:
    return _("This has %(length)d characters; at most %(most)d fit in. Please shorten it.") % {
        "length": length,
        "most": most,
    }


_READERS: dict[str, Any] = {
    "single": _single,
    "multiple": _multiple,
    "scale": _scale,
    "ranking": _ranking,
    "text": _text,
}
_MISSING: dict[str, Any] = {
    "single": lambda: _("Please choose an answer."),
    "multiple": lambda: _("Please choose at least one answer."),
    "scale": lambda: _("Please choose a step."),
    "ranking": lambda: _("Please give every answer a place."),
    "text": lambda: _("Please write an answer."),
}
