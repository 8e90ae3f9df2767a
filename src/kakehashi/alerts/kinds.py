"""What is usual for each kind of notice, and what a reader has chosen instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.utils.translation import pgettext_lazy

from kakehashi.alerts.models import NoticeChoice, NoticeKind


class Place(NamedTuple):
    """Where somebody wants to be told."""

    on_site: bool
    by_mail: bool


# By mail only what is meant for the reader alone and may need an answer. Mail about discussions that are followed comes as
# often as each is followed (`Follow.rhythm`), and not from here.
USUAL: dict[str, Place] = {
    NoticeKind.ANSWER: Place(on_site=True, by_mail=True),
    NoticeKind.QUOTE: Place(on_site=True, by_mail=False),
    NoticeKind.MENTION: Place(on_site=True, by_mail=False),
    NoticeKind.THREAD: Place(on_site=True, by_mail=False),
    NoticeKind.DECISION: Place(on_site=True, by_mail=True),
    NoticeKind.APPEAL: Place(on_site=True, by_mail=True),
    NoticeKind.FLAG: Place(on_site=True, by_mail=False),
    NoticeKind.CORRECTION: Place(on_site=True, by_mail=False),
}

# Told by mail in another way.
NEVER_BY_MAIL = (NoticeKind.THREAD,)

Places = Mapping[tuple[int, str], Place]


def places_of(readers: Collection[int]) -> Places:
    """What these readers chose, by reader and kind, where it is not what is usual; 1 query."""
    chosen = NoticeChoice.objects.filter(reader__in=readers)
    return {
        (reader, kind): Place(on_site, by_mail)
        for reader, kind, on_site, by_mail in chosen.values_list("reader_id", "kind", "on_site", "by_mail")
    }


def place(places: Places, reader: int, kind: str) -> Place:
    """What one reader wants of one kind."""
    return places.get((reader, kind)) or USUAL[kind]


# Short names, for choosing among what is there.
SHORT: dict[str, Any] = {
    NoticeKind.ANSWER: pgettext_lazy("notices", "Answers"),
    NoticeKind.QUOTE: pgettext_lazy("notices", "Quotes"),
    NoticeKind.MENTION: pgettext_lazy("notices", "Mentions"),
    NoticeKind.THREAD: pgettext_lazy("notices", "Discussions"),
    NoticeKind.DECISION: pgettext_lazy("notices", "Decisions"),
    NoticeKind.APPEAL: pgettext_lazy("notices", "Objections"),
    NoticeKind.FLAG: pgettext_lazy("notices", "Reports"),
    NoticeKind.CORRECTION: pgettext_lazy("notices", "Corrections"),
}


class Row(NamedTuple):
    """One kind on the page of choices."""

    kind: str
    label: str
    place: Place
    may_mail: bool


def rows_of(reader: int) -> list[Row]:
    """What the reader wants of each kind, in the order of the kinds; 1 query."""
    places = places_of([reader])
    return [
        Row(kind.value, str(kind.label), place(places, reader, kind), kind not in NEVER_BY_MAIL) for kind in NoticeKind
    ]
