"""A thread with two camps: comments that both like, that divide them, and that nobody likes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from kakehashi.comments.actions import recount_thread
from kakehashi.comments.models import Comment, Thread, Vote
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_reader, a_thread

# How likely each camp is to rate a comment up, in hundredths.
KINDS = {"liked": (90, 85), "left": (92, 10), "right": (10, 92), "poor": (15, 12)}


@dataclass
class Camps:
    thread: Thread
    left: list[Reader]
    right: list[Reader]
    comments: dict[str, list[Comment]]

    @property
    def readers(self) -> list[Reader]:
        return self.left + self.right

    def every_comment(self) -> list[Comment]:
        return [comment for comments in self.comments.values() for comment in comments]


def two_camps(*, members: int = 20, each: int = 6, at: datetime | None = None) -> Camps:
    """Camps of so many members, and so many comments of each kind; everybody has voted on every comment, at `at`."""
    at = at or timezone.now() - timedelta(hours=2)
    thread, author = a_thread(), a_reader()
    camps = Camps(
        thread,
        [a_reader() for _ in range(members)],
        [a_reader() for _ in range(members)],
        {kind: [a_comment(thread, author=author, created_at=at) for _ in range(each)] for kind in KINDS},
    )
    rows = []
    kinds = [kind for kind, comments in camps.comments.items() for _comment in comments]
    for place, (kind, comment) in enumerate(zip(kinds, camps.every_comment(), strict=True)):
        for number, reader in enumerate(camps.readers):
            value = _value(place, number, KINDS[kind][number >= members])
            rows.append(Vote(comment=comment, reader=reader, value=value, changed_at=at))
    Vote.objects.bulk_create(rows)
    recount_thread(thread_id=thread.pk)
    return camps


def _value(comment: int, reader: int, likely: int) -> int:
    """The same for the same two, by their place in the camps whatever their ids, and without any pattern among them."""
    mixed = ((comment + 1) * 2654435761 ^ (reader + 1) * 40503) * 2246822519 & 0xFFFFFFFF
    return 1 if (mixed >> 8) % 100 < likely else -1


def ranked(thread: Thread) -> list[int]:
    """The comments of the thread by common ground, best first."""
    return list(thread.comments.order_by("-common_ground", "pk").values_list("pk", flat=True))
