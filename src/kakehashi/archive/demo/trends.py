"""What is read in the demo's newsroom, and two sister papers: through the actions of trending, without asking anybody.

The sisters' feeds are written here as they would have come, and taken in as if they had. Nobody answers at their addresses,
so the worker's later tries fail, as the staff page then says, and the copies go after two days as any others would.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from random import Random

from kakehashi.archive.demo import content
from kakehashi.lib.safe_http import Answer
from kakehashi.stories.models import StoryPage
from kakehashi.trending import actions

# Views are invented for each quarter of a day of the last few days.
STEP = timedelta(hours=6)
STEPS = 20
# Readers of a new story in its first quarter of a day, and after how long there are half as many.
READERS, HALF = 400.0, timedelta(days=2)


def invent_trends(*, stories: Mapping[str, StoryPage], now: datetime, rng: Random) -> None:
    """Views of the last days, the weight of every discussion, and what two sister papers said of themselves."""
    draw = {slug: rng.lognormvariate(0.0, 0.8) for slug in sorted(stories)}
    for step in range(STEPS, -1, -1):
        at = now - step * STEP
        out = {slug: story for slug, story in stories.items() if story.published_at <= at}
        counts = {story.pk: _views(at - story.published_at, draw[slug], rng) for slug, story in sorted(out.items())}
        actions.add_views(counts=counts, now=at)
    actions.weigh_discussions()
    for position, entry in enumerate(content.table("sisters")["sisters"]):
        sister = actions.ensure_sister(name=entry["name"], address=entry["address"], position=position)
        actions.take_answer(sister=sister, answer=_as_it_would_have_come(entry["address"], entry["stories"]), now=now)


def _views(age: timedelta, draw: float, rng: Random) -> int:
    views: float = READERS * draw * rng.uniform(0.7, 1.3) * 0.5 ** min(60.0, age / HALF)
    return round(views)


def _as_it_would_have_come(address: str, stories: Iterable[tuple[str, str]]) -> Answer:
    home = address.rpartition("/")[0]
    items = [{"id": slug, "url": f"{home}/{slug}/", "title": title, "content_text": title} for slug, title in stories]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": home, "items": items}
    return Answer(address, 200, "application/feed+json", "utf-8", json.dumps(feed).encode())
