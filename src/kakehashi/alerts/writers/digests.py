"""Daily and weekly mails: stories of what is followed, the best comments, answers to the reader. Each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kakehashi.alerts import news, subjects
from kakehashi.alerts.letters import Letter
from kakehashi.alerts.models import Mail, MailState, Rhythm
from kakehashi.alerts.writers import best, telling
from kakehashi.alerts.writers.comments import words_of
from kakehashi.comments.models import Comment
from kakehashi.stories.models import StoryPage

# After a long pause, no more than this.
LONGEST = {Rhythm.DAILY: timedelta(days=4), Rhythm.WEEKLY: timedelta(days=15)}
STORIES, COMMENTS, ANSWERS = 20, 8, 10
# A digest that could not go out for so long is left out; the next one is due.
DIGEST_FOR = timedelta(days=2)


@dataclass(frozen=True)
class Span:
    """What one mail tells of."""

    mail: Mail
    rhythm: str
    since: datetime
    until: datetime

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment < self.until


def write(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    spans = [_span(mail) for mail in mails if mail.due_at > now - DIGEST_FOR]
    letters: dict[int, Letter] = {}
    for rhythm in (Rhythm.DAILY, Rhythm.WEEKLY):
        letters |= _write([span for span in spans if span.rhythm == rhythm], rhythm)
    return letters


def _span(mail: Mail) -> Span:
    until = telling.moment(mail.about["until"])
    rhythm = mail.about["rhythm"]
    since = max(telling.moment(mail.about["since"]), until - LONGEST[Rhythm(rhythm)])
    return Span(mail, rhythm, since, until)


def _write(spans: Sequence[Span], rhythm: str) -> dict[int, Letter]:
    """The same number of queries for one as for a hundred."""
    if not spans:
        return {}
    mails = [span.mail for span in spans]
    since, until = min(span.since for span in spans), max(span.until for span in spans)
    follows, muted = telling.follows_of(mails, rhythm=rhythm), telling.muted_by(mails)
    stories = list(telling.with_sections(news.stories_since(since, until)).values())
    mailed = _mailed(mails, since)
    words = {story.pk: set(news.subjects_of(story)) for story in stories}
    chosen = {
        span.mail.pk: [
            story
            for story in stories
            if span.holds(story.live_at)
            and (span.mail.receiver_id, story.pk) not in mailed
            and follows.get(span.mail.receiver_id, set()) & words[story.pk]
        ][:STORIES]
        for span in spans
    }
    answers = best.answers([span.mail.receiver.reader_id for span in spans], since, until)
    comments = best.comments(_threads(follows, chosen), _members(follows), since, until)
    told = telling.told_already(mails, [comment.pk for comment in [*answers, *comments]])
    named = subjects.found(set().union(*follows.values())) if follows else {}
    letters = {}
    for span in spans:
        reader, receiver = span.mail.receiver.reader_id, span.mail.receiver_id
        hidden = muted.get(reader or 0, set())
        to_reader = [
            answer
            for answer in answers
            if reader is not None
            and answer.parent.author_id == reader
            and answer.author_id not in hidden
            and span.holds(answer.seen_at)
            and (receiver, answer.pk) not in told
        ][:ANSWERS]
        left_out = {answer.pk for answer in to_reader} | {pk for who, pk in told if who == receiver}
        others = [
            comment
            for comment in comments
            if span.holds(comment.seen_at)
            and comment.pk not in left_out
            and comment.author_id not in hidden
            and (reader is None or comment.author_id != reader)
        ]
        mine = follows.get(receiver, set())
        picked = _picked(others, mine, {story.pk for story in chosen[span.mail.pk]})
        if chosen[span.mail.pk] or picked or to_reader:
            reasons = [named[word] for word in sorted(mine) if word in named]
            letters[span.mail.pk] = _letter(rhythm, chosen[span.mail.pk], picked, to_reader, reasons)
    return letters


def _mailed(mails: Sequence[Mail], since: datetime) -> set[tuple[int, int]]:
    """(receiver, story) where a story since then has had a mail of its own, which is never due before the story is."""
    rows = Mail.objects.filter(receiver_id__in={m.receiver_id for m in mails}, kind__in=["story", "breaking"])
    rows = rows.filter(due_at__gte=since).exclude(state__in=[MailState.DROPPED, MailState.FAILED])
    return {(receiver, about["story"]) for receiver, about in rows.values_list("receiver_id", "about")}


def _threads(follows: dict[int, set[str]], chosen: dict[int, list[StoryPage]]) -> set[int]:
    """The stories whose discussions may be told of: those followed, and those of the stories themselves."""
    followed = {word for words in follows.values() for word in words if subjects.kind_of(word) == subjects.THREAD}
    return {int(word.partition(":")[2]) for word in followed} | {s.pk for stories in chosen.values() for s in stories}


def _members(follows: dict[int, set[str]]) -> set[int]:
    words = {word for words in follows.values() for word in words if subjects.kind_of(word) == subjects.MEMBER}
    return {int(word.partition(":")[2]) for word in words}


def _picked(comments: Iterable[Any], follows: set[str], stories: set[int]) -> list[Comment]:
    """Of each followed thread or member the three that come first, of each story in the mail the first."""
    counts: dict[int, int] = {}
    picked = []
    for comment in comments:
        story = comment.thread.story_id
        most = 3 if follows.intersection(words_of(comment)) else 1 if story in stories else 0
        if counts.get(story, 0) < most:
            counts[story] = counts.get(story, 0) + 1
            picked.append(comment)
    return picked[:COMMENTS]


def _letter(
    rhythm: str,
    stories: Sequence[StoryPage],
    comments: Sequence[Comment],
    answers: Sequence[Comment],
    reasons: Sequence[subjects.Subject],
) -> Letter:
    context = {
        "stories": [telling.story_told(story) for story in stories],
        "comments": [telling.comment_told(comment) for comment in comments],
        "answers": [telling.comment_told(answer) for answer in answers],
        "is_weekly": rhythm == Rhythm.WEEKLY,
    }
    return Letter(
        subject=_subject(rhythm, stories, comments, answers),
        template="alerts/mail/digest",
        why=telling.because(reasons) if reasons else _("You get this because you follow things here."),
        scope=f"digest:{rhythm}",
        context=context,
    )


def _subject(rhythm: str, stories: Sequence[StoryPage], comments: Sequence[Comment], answers: Sequence[Comment]) -> str:
    """The first headline, which says more than the day."""
    usual = _("Your week") if rhythm == Rhythm.WEEKLY else _("Your day")
    if stories:
        return _("%(usual)s: %(headline)s") % {"usual": usual, "headline": stories[0].title}
    if answers:
        count = ngettext("%(count)d answer to you", "%(count)d answers to you", len(answers)) % {"count": len(answers)}
        return _("%(usual)s: %(headline)s") % {"usual": usual, "headline": count}
    return _("%(usual)s: %(headline)s") % {"usual": usual, "headline": comments[0].thread.story.title}
