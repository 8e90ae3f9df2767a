"""How the things that mails are about are told, whatever the mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from django.conf import settings
from django.utils.translation import gettext as _

from kakehashi.alerts.models import Follow, Mail, Notice
from kakehashi.alerts.subjects import Subject
from kakehashi.comments.models import Comment
from kakehashi.comments.viewing import comment_address
from kakehashi.lib import text
from kakehashi.readers.models import Mute
from kakehashi.stories.models import StoryPage
from kakehashi.stories.queries import attach_sections

WORDS = 280


@dataclass(frozen=True)
class Told:
    """A story or a comment as a mail tells it; `by` is the byline, or who wrote the comment."""

    kicker: str
    title: str
    by: str
    words: str
    url: str
    at: datetime


def story_told(story: StoryPage) -> Told:
    """The section must have been fetched."""
    words = text.excerpt(story.standfirst, WORDS)
    url = settings.BASE_URL + story.get_absolute_url()
    return Told(story.section.title, story.title, story.byline, words, url, story.published_at)


def comment_told(comment: Comment, kicker: str = "") -> Told:
    """Author, thread and story must have been fetched."""
    words, url = text.excerpt(comment.plain, WORDS), settings.BASE_URL + comment_address(comment.pk)
    return Told(kicker, comment.thread.story.title, comment.writer, words, url, comment.created_at)


def with_sections(stories: Iterable[StoryPage]) -> dict[int, StoryPage]:
    return {story.pk: story for story in attach_sections(stories)}


def follows_of(mails: Sequence[Mail], **which: str) -> dict[int, set[str]]:
    """What each of the receivers follows: one query."""
    rows = Follow.objects.filter(receiver_id__in={mail.receiver_id for mail in mails}, **which)
    found: dict[int, set[str]] = {}
    for receiver, subject in rows.values_list("receiver_id", "subject"):
        found.setdefault(receiver, set()).add(subject)
    return found


def muted_by(mails: Sequence[Mail]) -> dict[int, set[int]]:
    """Whom each reader among the receivers has muted: one query."""
    readers = {mail.receiver.reader_id for mail in mails} - {None}
    found: dict[int, set[int]] = {}
    for reader, muted in Mute.objects.filter(reader__in=readers).values_list("reader_id", "muted_id"):
        found.setdefault(reader, set()).add(muted)
    return found


def told_already(mails: Sequence[Mail], comments: Iterable[int]) -> set[tuple[int, int]]:
    """(receiver, comment) where the comment had a mail of its own, or one of notices: two queries."""
    receivers, causes = {mail.receiver_id for mail in mails}, {f"comment:{pk}": pk for pk in comments}
    rows = Mail.objects.filter(receiver_id__in=receivers, cause__in=causes)
    told = {(receiver, causes[cause]) for receiver, cause in rows.values_list("receiver_id", "cause")}
    notices = Notice.objects.filter(mail__receiver_id__in=receivers, comment__in=list(causes.values()))
    return told | set(notices.values_list("mail__receiver_id", "comment_id"))


def because(subjects: Sequence[Subject]) -> str:
    """Why one gets a mail about what is followed."""
    names = [subject.title for subject in subjects[:4]]
    listed = reduce(lambda one, other: _("%(one)s, %(other)s") % {"one": one, "other": other}, names)
    if len(subjects) > len(names):
        return _("You get this because you follow %(names)s and more.") % {"names": listed}
    return _("You get this because you follow %(names)s.") % {"names": listed}


def moment(text_: str) -> datetime:
    return datetime.fromisoformat(text_)
