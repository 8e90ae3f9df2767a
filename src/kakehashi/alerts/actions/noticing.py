"""Who is to be told of what is new: comments and corrections since the last look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from django.db.models import Max

from kakehashi.alerts.actions.counting import recount
from kakehashi.alerts.actions.telling import Event, tell
from kakehashi.alerts.models import Follow, Look, Notice, NoticeKind, Told
from kakehashi.comments.models import Comment, CommentState, Mention, Quote
from kakehashi.stories.models import Correction

# A comment's time is given before it is committed: look so far back each time, and among so many ids.
OVERLAP = timedelta(minutes=2)
OVERLAP_IDS = 1000
BATCH = 500
# A look that finds nothing is written down this seldom: an idle site should not write all the time.
IDLE = timedelta(seconds=20)
# A correction that is older when it appears is history brought in, and nobody is told.
CORRECTION_AGE = timedelta(days=7)


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
        told += tell(events=events_of(new[start : start + BATCH]), now=now)
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


def events_of(comments: Sequence[Comment]) -> Iterable[Event]:
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
    return chain(events, _to_followers(shown))


def _to_followers(shown: Mapping[int, Comment]) -> Iterator[Event]:
    """Members who follow a discussion, however often they get mail of it; one query, and not all of them in memory."""
    by_subject: dict[str, list[Comment]] = {}
    for comment in shown.values():
        by_subject.setdefault(f"thread:{comment.thread.story_id}", []).append(comment)
    follows = Follow.objects.filter(subject__in=by_subject, receiver__reader__isnull=False)
    for subject, reader in follows.values_list("subject", "receiver__reader_id").iterator():
        for comment in by_subject[subject]:
            yield _of_comment(comment, reader, NoticeKind.THREAD, comment.thread.story_id)


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
    is_quiet = look.looked_at is not None and last <= look.last_id and now - look.looked_at > OVERLAP
    if not is_first and not is_quiet:
        found = Correction.objects.filter(
            pk__gt=max(0, look.last_id - OVERLAP_IDS), corrected_at__gte=now - CORRECTION_AGE, story__live=True
        )
        causes = {correction_cause(one): one for one in found.order_by("pk")}
        known = set(Told.objects.filter(cause__in=causes).values_list("cause", flat=True))
        for cause, correction in causes.items():
            if cause not in known:
                told += tell_of_correction(correction=correction, now=now)
    if last > look.last_id:
        Look.objects.filter(pk=look.pk).update(looked_at=now, last_id=last)
    return told


def correction_cause(correction: Correction) -> str:
    return f"correction:{correction.story_id}:{correction.corrected_at.timestamp():.0f}"


def tell_of_correction(*, correction: Correction, now: datetime) -> int:
    """Tell everybody who has written under its story by now; how many notices."""
    story, cause = correction.story_id, correction_cause(correction)
    written = Comment.objects.visible().filter(thread__story=story, author__isnull=False, created_at__lte=now)
    writers = list(written.order_by().values_list("author_id", flat=True).distinct())
    events = [
        Event(reader=reader, kind=NoticeKind.CORRECTION, cause=cause, subject=str(story), story=story, comment=None)
        for reader in writers
    ]
    told = tell(events=events, now=now)
    Told.objects.bulk_create([Told(cause=cause, at=now)], ignore_conflicts=True)
    return told
