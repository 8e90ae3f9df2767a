"""From what is new to mails in the queue: stories and comments as they happen, breaking news, digests when they are due.

Tasks come and read what is new since their last look, minus an overlap; a mail is one for a receiver and cause, so repeats
are harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from kakehashi.alerts import news, rules, subjects
from kakehashi.alerts.actions.following import next_due
from kakehashi.alerts.actions.queueing import queue_mails
from kakehashi.alerts.models import Announced, BreakingNews, Digest, Follow, Look, Mail, MailState, Rhythm, Urgency
from kakehashi.alerts.receivers import reachable
from kakehashi.comments.models import Comment
from kakehashi.lib.errors import Conflict, NotAllowed, NotFound
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage
from kakehashi.stories.queries import attach_sections

BATCH = 1000
OVERLAP = timedelta(minutes=5)
# Comments are found by their ids; what was held for a moderator meanwhile has an older one.
OVERLAP_IDS = 1000
# A worker that was away for longer does not come with old news.
LATEST = timedelta(hours=12)
# New comments of what is followed are gathered for so long.
WINDOW = timedelta(minutes=15)
GRACE = timedelta(seconds=30)


def queue_story_alerts(*, now: datetime) -> int:
    """Mails about stories that went live since the last look; how many stories."""
    look, is_new = Look.objects.get_or_create(name="stories", defaults={"looked_at": now})
    # The first look finds nothing old.
    since = now if is_new or look.looked_at is None else max(look.looked_at - OVERLAP, now - LATEST)
    known = Announced.objects.values("story")
    fresh = attach_sections(news.stories_since(since, now).exclude(pk__in=known))
    for story in fresh:
        _announce(story, now)
    Look.objects.filter(pk=look.pk).update(looked_at=now)
    return len(fresh)


def _announce(story: StoryPage, now: datetime) -> None:
    def mail(receiver: int, word: str) -> Mail:
        about = {"story": story.pk, "subject": word}
        return Mail(receiver_id=receiver, cause=f"story:{story.pk}", kind="story", about=about, due_at=now)

    for word in news.subjects_of(story):
        _fan_out(word, mail, now=now, without=lambda ids: _told_as_breaking(story.pk, ids))
    Announced.objects.get_or_create(story=story, defaults={"queued_at": now})


def _fan_out(
    word: str, mail: Callable[[int, str], Mail], *, now: datetime, without: Callable[[Sequence[int]], set[int]]
) -> int:
    """A mail for everybody who follows the subject as it happens and can be reached, some at a time; how many."""
    done = 0
    for ids in _followers(word):
        those = reachable(now).filter(pk__in=ids).values_list("pk", flat=True)
        wanted = set(those) - without(ids)
        queue_mails(mails=[mail(receiver, word) for receiver in sorted(wanted)])
        done += len(wanted)
    return done


def _followers(word: str) -> Iterator[list[int]]:
    last = 0
    follows = Follow.objects.filter(subject=word, rhythm=Rhythm.AT_ONCE).order_by("receiver_id")
    while ids := list(follows.filter(receiver_id__gt=last).values_list("receiver_id", flat=True)[:BATCH]):
        yield ids
        last = ids[-1]


def _told_as_breaking(story_id: int, ids: Sequence[int]) -> set[int]:
    told = Mail.objects.filter(receiver_id__in=ids, cause__startswith=f"breaking:{story_id}:")
    return set(told.values_list("receiver_id", flat=True))


def send_breaking_news(*, actor: Reader, story: StoryPage, now: datetime) -> BreakingNews:
    """Have the story mailed to all who want breaking news: once for each text that it has had.

    Raises NotAllowed (editors only), NotFound (not published), Conflict (this text has gone out).
    """
    if not rules.can_send_breaking_news(actor):
        raise NotAllowed(_("Only editors send breaking news."))
    if not story.live:
        raise NotFound(_("This story is not published."))
    try:
        with transaction.atomic():
            return BreakingNews.objects.create(
                story=story, text_digest=news.text_digest(story), sent_by=actor, sent_at=now
            )
    except IntegrityError as error:
        raise Conflict(_("This story went out in these words already."), code="sent-already") from error


def queue_breaking_news(*, now: datetime) -> int:
    """Mails of what editors have sent; how many. Broken off, it is begun again."""
    done = 0
    for item in BreakingNews.objects.filter(queued_at=None).order_by("pk"):
        is_first = not BreakingNews.objects.filter(story_id=item.story_id, pk__lt=item.pk).exists()
        cause = f"breaking:{item.story_id}:{item.text_digest[:16]}"

        def mail(receiver: int, word: str, item: BreakingNews = item, cause: str = cause) -> Mail:
            about = {"story": item.story_id, "subject": word}
            return Mail(
                receiver_id=receiver, cause=cause, kind="breaking", about=about, due_at=now, urgency=Urgency.AWAITED
            )

        def told(ids: Sequence[int], item: BreakingNews = item, is_first: bool = is_first) -> set[int]:
            # Who has had the story as it happened needs no second mail about the same.
            had = Mail.objects.filter(receiver_id__in=ids, cause=f"story:{item.story_id}")
            return (
                set(had.exclude(state=MailState.DROPPED).values_list("receiver_id", flat=True)) if is_first else set()
            )

        receivers = _fan_out(subjects.BREAKING, mail, now=now, without=told)
        BreakingNews.objects.filter(pk=item.pk).update(queued_at=now, receivers=receivers)
        done += receivers
    return done


def queue_comment_alerts(*, now: datetime) -> int:
    """Mails about comments that came into sight since the last look: one a receiver for each quarter of an hour."""
    highest = Comment.objects.aggregate(highest=Max("pk"))["highest"] or 0
    look, is_new = Look.objects.get_or_create(name="comments", defaults={"looked_at": now, "last_id": highest})
    since = now if is_new or look.looked_at is None else max(look.looked_at - OVERLAP, now - LATEST)
    rows = news.comments_since(since, now).filter(pk__gt=look.last_id - OVERLAP_IDS)
    windows: dict[datetime, set[str]] = {}
    columns = rows.values_list("seen_at", "thread__story_id", "author_id")
    for seen_at, story_id, author_id in columns.iterator(chunk_size=BATCH):
        words = windows.setdefault(window_of(seen_at), set())
        words.add(subjects.word(subjects.THREAD, story_id))
        if author_id is not None:
            words.add(subjects.word(subjects.MEMBER, author_id))
    done = sum(_queue_window(start, words, now) for start, words in windows.items())
    Look.objects.filter(pk=look.pk).update(looked_at=now, last_id=max(look.last_id, highest))
    return done


def window_of(moment: datetime) -> datetime:
    """The beginning of the quarter of an hour in which it lies."""
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _queue_window(start: datetime, words: set[str], now: datetime) -> int:
    cause = f"comments:{start:%Y-%m-%dT%H:%M}"
    about = {"since": start.isoformat(), "until": (start + WINDOW).isoformat()}
    followed = Follow.objects.filter(subject__in=words, rhythm=Rhythm.AT_ONCE).values_list("subject", flat=True)

    def mail(receiver: int, _word: str) -> Mail:
        due_at = start + WINDOW + GRACE
        return Mail(receiver_id=receiver, cause=cause, kind="comments", about=about, due_at=due_at)

    def waiting(ids: Sequence[int]) -> set[int]:
        return set(Mail.objects.filter(receiver_id__in=ids, cause=cause).values_list("receiver_id", flat=True))

    return sum(_fan_out(word, mail, now=now, without=waiting) for word in sorted(set(followed)))


def queue_digests(*, now: datetime) -> int:
    """Digests that are due; how many receivers. Who cannot be reached now is told the next time."""
    done = 0
    while due := list(Digest.objects.filter(due_at__lte=now).select_related("receiver").order_by("due_at")[:BATCH]):
        there = set(reachable(now).filter(pk__in={d.receiver_id for d in due}).values_list("pk", flat=True))
        mails = [_digest_mail(digest, now) for digest in due if digest.receiver_id in there]
        for digest in due:
            digest.due_at = next_due(receiver=digest.receiver, rhythm=digest.rhythm, after=now)
            if digest.receiver_id in there:
                digest.since = now
        with transaction.atomic():
            queue_mails(mails=mails)
            Digest.objects.bulk_update(due, ["since", "due_at"], batch_size=200)
        done += len(mails)
    return done


def _digest_mail(digest: Digest, now: datetime) -> Mail:
    about = {"rhythm": digest.rhythm, "since": digest.since.isoformat(), "until": now.isoformat()}
    cause = f"{digest.rhythm}:{digest.due_at:%Y-%m-%dT%H:%M}"
    return Mail(
        receiver_id=digest.receiver_id, cause=cause, kind="digest", about=about, due_at=now, urgency=Urgency.DIGEST
    )
