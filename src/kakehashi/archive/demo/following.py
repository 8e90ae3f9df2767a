"""Who follows what in the demo newsroom, one digest to look at, and a few mails that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from kakehashi.alerts import actions, subjects
from kakehashi.alerts.models import Digest, Rhythm
from kakehashi.alerts.receivers import receiver_of
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage

FOLLOWERS = 60
WAITING = 5
# So many days of the newspaper are in the digest.
DAYS = timedelta(days=14)


def follow_news(
    *, me: Reader, members: Sequence[Reader], stories: Mapping[str, StoryPage], rng: Random, now: datetime
) -> None:
    """Members follow sections, running stories, discussions and each other; the demo's reader has a digest in the mail."""
    printed = sorted(stories.values(), key=lambda story: (story.published_at, story.pk), reverse=True)
    for member in members[:FOLLOWERS]:
        around = subjects.around_story(rng.choice(printed[:30]))
        words = [subjects.SITE] if rng.random() < 0.2 else rng.sample(around, min(len(around), 2))
        rhythm = rng.choice([Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.WEEKLY])
        actions.follow(receiver=receiver_of(member), words=words, rhythm=rhythm, now=now)
    _digest_for(me, printed, now)
    for member in members[:WAITING]:
        about = {"story": printed[0].pk, "subject": subjects.SITE}
        cause, due_at = f"story:{printed[0].pk}", now + timedelta(hours=6)
        actions.queue_mail(receiver=receiver_of(member), cause=cause, kind="story", about=about, due_at=due_at)
    # From here on the worker looks for what is new.
    actions.queue_story_alerts(now=now)
    actions.queue_comment_alerts(now=now)


def _digest_for(me: Reader, printed: Sequence[StoryPage], now: datetime) -> None:
    """Once a week everything, and what she has written in most of all; sent at once, so that it can be looked at."""
    receiver = receiver_of(me)
    words = [subjects.SITE, *(subjects.word(subjects.THREAD, story.pk) for story in printed[:4])]
    actions.follow(receiver=receiver, words=words, rhythm=Rhythm.WEEKLY, now=now)
    actions.follow(receiver=receiver, words=[subjects.BREAKING], rhythm=Rhythm.AT_ONCE, now=now)
    Digest.objects.filter(receiver=receiver).update(since=now - DAYS, due_at=now)
    actions.queue_digests(now=now)
    actions.send_due(now=now)
