"""Mails about new comments in threads and by members that are followed as it happens, gathered over a quarter of an hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import ngettext

from kakehashi.alerts import news, subjects
from kakehashi.alerts.letters import Letter
from kakehashi.alerts.models import Mail, Rhythm
from kakehashi.alerts.writers import telling
from kakehashi.comments.models import Comment

# Of one quarter of an hour; of more, the mail says how many.
MOST = 20
MOST_READ = 2000


def write(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """What of the window the receiver still follows, did not write, does not mute and has not been told of."""
    follows, muted = telling.follows_of(mails, rhythm=Rhythm.AT_ONCE), telling.muted_by(mails)
    comments = _comments(mails, set().union(*follows.values()) if follows else set())
    told = telling.told_already(mails, [comment.pk for comment in comments])
    named = subjects.found(
        set().union(*follows.values()) & {w for c in comments for w in words_of(c)} if follows else []
    )
    made: dict[tuple[tuple[int, ...], tuple[str, ...]], Letter] = {}
    letters = {}
    for mail in mails:
        mine, own = follows.get(mail.receiver_id, set()), mail.receiver.reader_id
        since, until = telling.moment(mail.about["since"]), telling.moment(mail.about["until"])
        chosen = [
            comment
            for comment in comments
            if since <= comment.seen_at < until
            and mine.intersection(words_of(comment))
            and (own is None or comment.author_id != own)
            and comment.author_id not in muted.get(own or 0, ())
            and (mail.receiver_id, comment.pk) not in told
        ]
        reasons = sorted({word for comment in chosen for word in words_of(comment) if word in mine and word in named})
        if not reasons:
            continue
        key = tuple(comment.pk for comment in chosen), tuple(reasons)
        if key not in made:
            made[key] = _letter(chosen, [named[word] for word in reasons])
        letters[mail.pk] = made[key]
    return letters


def words_of(comment: Comment) -> list[str]:
    """What somebody may follow to whom this comment is new."""
    words = [subjects.word(subjects.THREAD, comment.thread.story_id)]
    return words if comment.author_id is None else [*words, subjects.word(subjects.MEMBER, comment.author_id)]


def _comments(mails: Sequence[Mail], followed: set[str]) -> list[Any]:
    """The comments of all the windows in anything followed, the oldest first: one query."""
    since = min(telling.moment(mail.about["since"]) for mail in mails)
    until = max(telling.moment(mail.about["until"]) for mail in mails)
    return list(in_followed(followed, since, until).order_by("created_at", "pk")[:MOST_READ])


def in_followed(followed: set[str], since: datetime, until: datetime) -> Any:
    """Comments new within that time in threads or by members followed, with all that a mail tells of them."""
    ids: dict[str, list[int]] = {subjects.THREAD: [], subjects.MEMBER: []}
    for word in followed:
        kind, _sep, key = word.partition(":")
        if kind in ids:
            ids[kind].append(int(key))
    where = Q(thread__story_id__in=ids[subjects.THREAD]) | Q(author_id__in=ids[subjects.MEMBER])
    return (
        news.comments_since(since, until)
        .filter(where, thread__story__live=True)
        .select_related("author", "thread__story")
        .defer("source", "html", "thread__story__body")
    )


def _letter(comments: Sequence[Comment], reasons: Sequence[subjects.Subject]) -> Letter:
    more = max(0, len(comments) - MOST)
    title = comments[0].thread.story.title
    subject = ngettext("New comment: %(title)s", "%(count)d new comments: %(title)s", len(comments))
    return Letter(
        subject=subject % {"count": len(comments), "title": title},
        template="alerts/mail/comments",
        why=telling.because(reasons),
        scope="discussions",
        context={"items": [telling.comment_told(comment) for comment in comments[:MOST]], "more": more},
    )
