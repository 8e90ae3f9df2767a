"""What is trending, each in a fixed number of SQL queries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Sum

from kakehashi.stories.models import StoryPage
from kakehashi.stories.queries import attach_sections, live_stories
from kakehashi.trending.heat import decayed
from kakehashi.trending.models import KEPT, Readership, Sister, Talk


class Charts(NamedTuple):
    """The hottest first."""

    read: list[StoryPage]
    discussed: list[StoryPage]


class Item(NamedTuple):
    """A story of a sister site."""

    site: str
    title: str
    address: str


def charts(limit: int) -> Charts:
    """The most read and the most discussed stories, with their sections: four queries."""
    read, discussed = _hottest(Readership, limit), _hottest(Talk, limit)
    found = attach_sections(live_stories().for_lists().filter(pk__in={*read, *discussed}))
    by_pk = {story.pk: story for story in found}
    return Charts(
        read=[by_pk[pk] for pk in read if pk in by_pk], discussed=[by_pk[pk] for pk in discussed if pk in by_pk]
    )


def _hottest(model: type[Readership | Talk], limit: int) -> list[int]:
    rows: Any = model.objects.filter(story__live=True, heat__isnull=False)
    return list(rows.order_by("-heat", "-story_id").values_list("story_id", flat=True)[:limit])


def readers_of(stories: Iterable[int], now: datetime) -> dict[int, float]:
    """How many looks of this moment the heat of each story is worth; 1 query."""
    hours: float = settings.KAKEHASHI_MOST_READ_HALF_LIFE_HOURS
    heats = Readership.objects.filter(story__in=list(stories)).values_list("story_id", "heat")
    return {story: decayed(heat, now, hours) for story, heat in heats}


def trending(limit: int) -> list[StoryPage]:
    """What this site tells its sisters, with sections and agencies: the most read and the most discussed in turn, each story
    once. Four queries."""
    pairs = zip_longest(_hottest(Readership, limit), _hottest(Talk, limit))
    wanted = list(dict.fromkeys(pk for pk in chain.from_iterable(pairs) if pk is not None))[:limit]
    found = attach_sections(live_stories().for_lists().select_related("agency").filter(pk__in=wanted))
    by_pk = {story.pk: story for story in found}
    return [by_pk[pk] for pk in wanted if pk in by_pk]


def next_door(now: datetime) -> list[Item]:
    """What is trending on the sister sites: the first of each, then the second of each. One query. Of one that is silent its
    last good copy, for a while."""
    rows = [
        [Item(sister.name, title, address) for title, address in sister.copy[: sister.number]]
        for sister in Sister.objects.filter(is_on=True, good_at__gt=now - KEPT)
        if sister.copied_from == sister.address
    ]
    return _each_once(item for turn in zip_longest(*rows) for item in turn if item is not None)


def _each_once(items: Iterable[Item]) -> list[Item]:
    seen: dict[str, Item] = {}
    for item in items:
        seen.setdefault(item.address, item)
    return list(seen.values())


def views_written() -> int:
    """All views that were ever counted, of stories that are still there. Reads every row."""
    total: int | None = Readership.objects.aggregate(total=Sum("views"))["total"]
    return total or 0


def sisters_by_state(now: datetime) -> dict[str, int]:
    """How many sister sites answer (`good`), do not (`failing`), are shown no more because of it (`silent`), are `off`."""
    states = dict.fromkeys(("good", "failing", "silent", "off"), 0)
    for is_on, failures, good_at in Sister.objects.values_list("is_on", "failures", "good_at"):
        if not is_on:
            states["off"] += 1
        elif not failures:
            states["good"] += 1
        else:
            states["failing" if good_at is not None and good_at > now - KEPT else "silent"] += 1
    return states
