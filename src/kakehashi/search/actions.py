"""Every write of search. Nothing here is ever lost for good: all of it can be made anew from stories and comments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from kakehashi.comments.models import Comment
from kakehashi.lib import text
from kakehashi.search import likeness
from kakehashi.search.models import Entry, Likeness, Look
from kakehashi.stories.models import Agency, StoryPage

BATCH = 500
# Ids are given before they are committed: read this many again, so that a slow transaction is not missed.
OVERLAP_IDS = 1000
OVERLAP = timedelta(minutes=2)


def index_stories(*, now: datetime | None = None) -> int:
    """Index stories published or revised since the last look, and anew those whose licence ended or changed; how many."""
    now = now or timezone.now()
    look, _ = Look.objects.get_or_create(name="stories")
    since = (look.looked_at or now) - OVERLAP
    ended = Entry.objects.filter(body_until__lte=now).values("story_id")
    terms = {str(pk): days for pk, days in Agency.objects.values_list("pk", "body_days")}
    renegotiated = [int(pk) for pk, days in terms.items() if look.terms.get(pk, days) != days]
    waiting = (
        StoryPage.objects.live()
        .filter(
            Q(pk__gt=look.last_id)
            | Q(last_published_at__gte=since)
            | Q(latest_revision_created_at__gte=since)
            | Q(pk__in=ended)
            | Q(agency__in=renegotiated)
        )
        .select_related("agency")
        .order_by("pk")
    )
    done = last_id = 0
    while stories := list(waiting.filter(pk__gt=last_id)[:BATCH]):
        changed = [story for story in stories if _index_story(story, now=now)]
        for story in changed:
            _relate(story, now=now)
        done += len(changed)
        last_id = stories[-1].pk
    Look.objects.filter(pk=look.pk).update(looked_at=now, last_id=max(look.last_id, last_id), terms=terms)
    return done


def _index_story(story: StoryPage, *, now: datetime) -> bool:
    """Write the story's entry; False if it says the same already."""
    until = story.body_expires_at
    values = {
        "title": text.searchable(f"{story.title} {story.standfirst}"),
        "body": text.searchable(f"{story.byline} {story.dateline} {story.body_text(now)}"),
        "body_until": until if until is not None and until > now else None,
    }
    old = Entry.objects.filter(story=story, comment=None).first()
    if old is not None and all(getattr(old, name) == value for name, value in values.items()):
        return False
    Entry.objects.update_or_create(story=story, comment=None, defaults=values | {"indexed_at": now})
    return True


@transaction.atomic
def _relate(story: StoryPage, *, now: datetime) -> None:
    """Find the stories like this one, and enter this one with each of them too."""
    alike = likeness.alike(story, now=now)
    Likeness.objects.filter(story=story).delete()
    pairs = [Likeness(story=story, other_id=other, score=score) for other, score in alike]
    pairs += [Likeness(story_id=other, other=story, score=score) for other, score in alike]
    Likeness.objects.bulk_create(
        pairs, update_conflicts=True, unique_fields=["story", "other"], update_fields=["score"]
    )


def index_comments(*, now: datetime | None = None) -> int:
    """Index comments written or edited since the last look; how many."""
    now = now or timezone.now()
    look, _ = Look.objects.get_or_create(name="comments")
    since = (look.looked_at or now) - OVERLAP
    comments = Comment.objects.select_related("thread").only("plain", "thread__story")
    edited = comments.filter(edited_at__gte=since, pk__lte=look.last_id)
    done = _index_comments(list(edited), now=now)
    again = max(0, look.last_id - OVERLAP_IDS)
    while True:
        fresh = list(comments.filter(pk__gt=again).order_by("pk")[:BATCH])
        done += _index_comments(fresh, now=now)
        if fresh:
            again = fresh[-1].pk
            Look.objects.filter(pk=look.pk, last_id__lt=again).update(last_id=again)
        if len(fresh) < BATCH:
            break
    Look.objects.filter(pk=look.pk).update(looked_at=now)
    return done


def _index_comments(comments: Sequence[Comment], *, now: datetime) -> int:
    """Write the entries that are missing or say something else; how many."""
    known = dict(Entry.objects.filter(comment__in=[c.pk for c in comments]).values_list("comment_id", "body"))
    entries = [
        Entry(story_id=comment.thread.story_id, comment=comment, title="", body=body, indexed_at=now)
        for comment in comments
        if known.get(comment.pk) != (body := text.searchable(comment.plain))
    ]
    Entry.objects.bulk_create(
        entries, update_conflicts=True, unique_fields=["comment"], update_fields=["body", "indexed_at"]
    )
    return len(entries)


def find_unindexed(*, first: int, last: int) -> list[int]:
    """Comments from id `first` to `last` that the worker has passed by and that cannot be found."""
    look = Look.objects.filter(name="comments").first()
    last = min(last, (look.last_id if look else 0) - OVERLAP_IDS)
    without = ~Exists(Entry.objects.filter(comment=OuterRef("pk")))
    return list(
        Comment.objects.filter(without, pk__gte=first, pk__lte=last).order_by("pk").values_list("pk", flat=True)
    )


def index_again(*, comments: Sequence[int], now: datetime | None = None) -> int:
    """Index these comments whenever they were written; how many said something new."""
    done = 0
    for start in range(0, len(comments), BATCH):
        part = (
            Comment.objects.select_related("thread")
            .only("plain", "thread__story")
            .filter(pk__in=comments[start : start + BATCH])
        )
        done += _index_comments(list(part), now=now or timezone.now())
    return done
