"""What is new: stories that went live, comments that came into sight, within a span of time."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, QuerySet
from django.db.models.functions import Coalesce, Greatest

from kakehashi.alerts import subjects
from kakehashi.comments.models import Comment
from kakehashi.stories.models import StoryPage, StoryQuerySet
from kakehashi.stories.queries import live_stories

# What is printed with an older date is from an archive, and news to nobody.
NEWS_FOR = timedelta(days=2)


def stories_since(since: datetime, until: datetime) -> StoryQuerySet:
    """Published stories that went live within that time, with `live_at`; the latest first, without their bodies."""
    recent = live_stories().filter(published_at__gte=since - NEWS_FOR, published_at__lte=until)
    moment = DateTimeField()
    went_live = Coalesce("first_published_at", "published_at", output_field=moment)
    found: StoryQuerySet = (
        recent.annotate(live_at=Greatest(went_live, "published_at", output_field=moment))
        .filter(live_at__gte=since, live_at__lt=until)
        .defer("body")
        .order_by("-live_at", "-pk")
    )
    return found


def comments_since(since: datetime, until: datetime) -> QuerySet[Any]:
    """Comments that everybody may read and could first read within that time, with `seen_at`.

    To be narrowed by thread, author or id: there is no index by time alone.
    """
    seen = Coalesce(Greatest("created_at", "state_changed_at"), "created_at")
    return (
        Comment.objects.visible()
        .filter(created_at__gte=since - NEWS_FOR, created_at__lt=until)
        .annotate(seen_at=seen)
        .filter(seen_at__gte=since, seen_at__lt=until)
    )


def text_digest(story: StoryPage) -> str:
    """What readers are told of the story, as a number: the same until a word of it changes."""
    words = "\x00".join([story.title, story.standfirst, str(story.body.get_prep_value())])
    return hashlib.sha256(words.encode()).hexdigest()


def subjects_of(story: StoryPage) -> list[str]:
    """What somebody may follow to whom this story is news; its section must have been fetched or is."""
    return subjects.of_story(story, story.section.pk)
