"""Who is to be told of what is new: comments, decisions and corrections since the last look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from kakehashi.alerts.actions.counting import recount
from kakehashi.alerts.kinds import place, places_of
from kakehashi.alerts.models import Look, Notice, NoticeKind, Told
from kakehashi.comments.models import Comment, CommentState, Mention, Quote
from kakehashi.readers.models import Mute, Reader
from kakehashi.stories.models import Correction

# A comment's time is given before it is committed: look so far back each time, and among so many ids.
OVERLAP = timedelta(minutes=2)
OVERLAP_IDS = 1000
BATCH = 500
# A look that finds nothing is written down this seldom: an idle site should not write all the time.
IDLE = timedelta(seconds=20)
# A correction that is older when it appears is history brought in, and nobody is told.
CORRECTION_AGE = timedelta(days=7)
# What the mail waits for: that the reader sees it on the site first, and that there is more to tell.
MAIL_WAIT = timedelta(minutes=5)


@dataclass(frozen=True)
class Event:
    """Something to tell one reader; `writer` is whose words it shows, if anybody's."""

    reader: int
    kind: NoticeKind
    cause: str
    # What lies on one heap of a day is about the same.
    subject: str
    story: int
    comment: int | None
    writer: int | None = None
    outcome: str = ""


@dataclass
class _Seen:
    """Comments of the overlap that this process has told of as they are; without it they are looked at again."""

    comments: set[tuple[object, ...]] = field(default_factory=set)


_seen = _Seen()


def forget() -> None:
    """Look at the overlap again, as a process does that has just begun."""
    _seen.comments = set()


def tell_of_comments(*, now: datetime) -> int:
    """Tell readers of comments that were written, edited, or shown, held or removed since the last look; how many notices.

    Who has been told of a cause is not told again, so repeats are harmless.
    """
    look, is_first = Look.objects.get_or_create(name="comments noticed")
    if is_first:
        # What was there before this site told anybody of anything is no news.
        look.last_id = Comment.objects.aggregate(last=Max("pk"))["last"] or 0
    comments = _fresh(look, now)
    states = {_state(comment): comment for comment in comments}
    new = [comment for state, comment in states.items() if state not in _seen.comments]
    told = 0
    for start in range(0, len(new), BATCH):
        told += tell(events=_events(new[start : start + BATCH]), now=now)
    _take_back(new)
    _seen.comments = set(states)
    if new or look.looked_at is None or now - look.looked_at >= IDLE:
        last = max([look.last_id, *(comment.pk for comment in comments)])
        Look.objects.filter(pk=look.pk).update(looked_at=now, last_id=last)
    return told


def _state(comment: Comment) -> tuple[object, ...]:
    """All of a comment that decides who is told what."""
    return comment.pk, comment.state, comment.edited_at, comment.state_changed_at


def _fresh(look: Look, now: datetime) -> list[Comment]:
    """What is new or looks new, oldest first; three queries, each by an index of its own."""
    since = (look.looked_at or now) - OVERLAP
    comments = Comment.objects.select_related("parent", "thread__story").only(
        *("state", "author_id", "created_at", "edited_at", "state_changed_at", "parent__author_id"),
        *("thread__story_id", "thread__story__live"),
    )
    found = [
        comments.filter(pk__gt=max(0, look.last_id - OVERLAP_IDS), created_at__gte=since),
        comments.filter(edited_at__gte=since),
        comments.filter(state_changed_at__gte=since),
    ]
    by_id = {comment.pk: comment for some in found for comment in some if comment.thread.story.live}
    return [by_id[pk] for pk in sorted(by_id)]


def _events(comments: Sequence[Comment]) -> list[Event]:
    """What these comments are to whom, the strongest first (as in NoticeKind); three queries."""
    shown = {comment.pk: comment for comment in comments if comment.state == CommentState.VISIBLE}
    events = [
        _of_comment(comment, comment.parent.author_id, NoticeKind.ANSWER, comment.parent_id)
        for comment in shown.values()
        if comment.parent is not None and comment.parent.author_id is not None
    ]
    quotes = Quote.objects.filter(comment__in=shown, quoted__author__isnull=False)
    for pk, quoted, author in quotes.values_list("comment_id", "quoted_id", "quoted__author_id"):
        events.append(_of_comment(shown[pk], author, NoticeKind.QUOTE, quoted))
    for pk, reader in Mention.objects.filter(comment__in=shown).values_list("comment_id", "reader_id"):
        events.append(_of_comment(shown[pk], reader, NoticeKind.MENTION, shown[pk].thread.story_id))
    return events + [event for comment in comments if (event := _decision(comment)) is not None]


def _of_comment(comment: Comment, reader: int, kind: NoticeKind, subject: int | None) -> Event:
    return Event(
        reader=reader,
        kind=kind,
        cause=f"comment:{comment.pk}",
        subject=str(subject),
        story=comment.thread.story_id,
        comment=comment.pk,
        writer=comment.author_id,
    )


def _decision(comment: Comment) -> Event | None:
    """What a moderator made of the comment, for its author; None where that is not what happened last."""
    at = comment.state_changed_at
    is_own_doing = comment.state == CommentState.WITHDRAWN or (
        comment.edited_at is not None and at is not None and comment.edited_at > at
    )
    if comment.author_id is None or at is None or is_own_doing:
        return None
    cause = f"state:{comment.pk}:{comment.state}:{at.timestamp():.6f}"
    return Event(
        reader=comment.author_id,
        kind=NoticeKind.DECISION,
        cause=cause,
        subject=cause,
        story=comment.thread.story_id,
        comment=comment.pk,
        outcome=comment.state,
    )


def _take_back(comments: Iterable[Comment]) -> None:
    """Count anew for whoever has not read of a comment that was taken off, or is there again."""
    moved = [
        comment.pk for comment in comments if comment.state_changed_at is not None or comment.edited_at is not None
    ]
    concerned = Notice.objects.unread().filter(comment__in=moved).values_list("reader_id", flat=True)
    recount(readers=set(concerned))


def tell_of_corrections(*, now: datetime) -> int:
    """Tell of each correction that is new those who wrote under its story before we saw it; how many notices.

    An editor's later work on the words of a correction is the same correction: its story and its time say which it is.
    """
    look, is_first = Look.objects.get_or_create(name="corrections noticed")
    last = Correction.objects.aggregate(last=Max("pk"))["last"] or 0
    told = 0
    is_quiet = look.looked_at is not None and last == look.last_id and now - look.looked_at > OVERLAP
    if not is_first and not is_quiet:
        found = Correction.objects.filter(
            pk__gt=max(0, look.last_id - OVERLAP_IDS), corrected_at__gte=now - CORRECTION_AGE, story__live=True
        )
        causes = {correction_cause(one): one for one in found.order_by("pk")}
        known = set(Told.objects.filter(cause__in=causes).values_list("cause", flat=True))
        for cause, correction in causes.items():
            if cause not in known:
                told += _tell_of_correction(correction, cause, now)
    if last != look.last_id:
        Look.objects.filter(pk=look.pk).update(looked_at=now, last_id=max(last, look.last_id))
    return told


def correction_cause(correction: Correction) -> str:
    return f"correction:{correction.story_id}:{correction.corrected_at.timestamp():.0f}"


def _tell_of_correction(correction: Correction, cause: str, now: datetime) -> int:
    story = correction.story_id
    written = Comment.objects.visible().filter(thread__story=story, author__isnull=False, created_at__lte=now)
    writers = list(written.order_by().values_list("author_id", flat=True).distinct())
    events = [
        Event(reader=reader, kind=NoticeKind.CORRECTION, cause=cause, subject=str(story), story=story, comment=None)
        for reader in writers
    ]
    told = tell(events=events, now=now)
    Told.objects.bulk_create([Told(cause=cause, at=now)], ignore_conflicts=True)
    return told


def tell(*, events: Sequence[Event], now: datetime) -> int:
    """Write a notice for each reader and cause that has none and is wanted, by the first kind that is; how many.

    Nobody is told of what they did themselves, nor of what members say whom they muted.
    """
    events = [event for event in events if event.writer != event.reader]
    done = 0
    for start in range(0, len(events), BATCH):
        done += _tell(events[start : start + BATCH], now)
    return done


def _tell(events: Sequence[Event], now: datetime) -> int:
    """Five queries and the counting."""
    told = _already_told(events)
    here = _present({event.reader for event in events if (event.reader, event.cause) not in told})
    muted = set(Mute.objects.filter(reader__in=here).values_list("reader_id", "muted_id"))
    wanted = _wanted(
        [
            event
            for event in events
            if event.reader in here
            and (event.reader, event.cause) not in told
            and (event.reader, event.writer) not in muted
        ],
        now,
    )
    if not wanted:
        return 0
    with transaction.atomic():
        Notice.objects.bulk_create(wanted, ignore_conflicts=True)
        recount(readers={notice.reader_id for notice in wanted})
    return len(wanted)


def _already_told(events: Sequence[Event]) -> set[tuple[int, str]]:
    known = Notice.objects.filter(
        reader__in={event.reader for event in events}, cause__in={event.cause for event in events}
    )
    return set(known.values_list("reader_id", "cause"))


def _present(readers: set[int]) -> set[int]:
    """Those who have not left."""
    if not readers:
        return set()
    return set(Reader.objects.filter(pk__in=readers, is_active=True, erased_at=None).values_list("pk", flat=True))


def _wanted(events: Sequence[Event], now: datetime) -> list[Notice]:
    """One notice for a reader and a cause: the first kind wanted on the site, by mail if any kind is wanted so."""
    places = places_of({event.reader for event in events})
    notices: dict[tuple[int, str], Notice] = {}
    for event in events:
        wish = place(places, event.reader, event.kind)
        if not any(wish):
            continue
        notice = notices.get((event.reader, event.cause))
        if notice is None or (wish.on_site and not notice.is_on_site):
            mail_at = notice.mail_at if notice is not None else None
            notice = notices[event.reader, event.cause] = _notice(event, now)
            notice.is_on_site, notice.mail_at = wish.on_site, mail_at
        if wish.by_mail:
            notice.mail_at = now + MAIL_WAIT
    return list(notices.values())


def _notice(event: Event, now: datetime) -> Notice:
    day = timezone.localtime(now).strftime("%Y%m%d")
    return Notice(
        reader_id=event.reader,
        kind=event.kind,
        cause=event.cause,
        heap=f"{day}:{event.kind}:{event.subject}",
        story_id=event.story,
        comment_id=event.comment,
        outcome=event.outcome,
        at=now,
    )
