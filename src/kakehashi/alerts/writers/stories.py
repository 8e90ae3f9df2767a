"""Mails about one story: as it happens, and breaking news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from kakehashi.alerts import news, subjects
from kakehashi.alerts.letters import Letter
from kakehashi.alerts.models import Mail, Rhythm
from kakehashi.alerts.writers import telling
from kakehashi.stories.models import StoryPage
from kakehashi.stories.queries import live_stories

# What could not go out for so long is no news.
NEWS_FOR = timedelta(hours=24)


def write(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """For whoever still follows something that the story belongs to."""
    fresh = [mail for mail in mails if mail.due_at > now - NEWS_FOR]
    stories, follows = _stories(fresh), telling.follows_of(fresh, rhythm=Rhythm.AT_ONCE)
    reasons = {
        mail.pk: _reason(stories.get(mail.about["story"]), follows.get(mail.receiver_id, set())) for mail in fresh
    }
    named = subjects.found(word for word in reasons.values() if word)
    made: dict[tuple[int, str], Letter] = {}
    letters = {}
    for mail in fresh:
        word = reasons[mail.pk]
        if word not in named:
            continue
        story = stories[mail.about["story"]]
        if (story.pk, word) not in made:
            why = telling.because([named[word]])
            made[story.pk, word] = letter(story, story.title, why, f"follow:{word}")
        letters[mail.pk] = made[story.pk, word]
    return letters


def _reason(story: StoryPage | None, follows: set[str]) -> str:
    """The most particular of what the receiver follows; "" where that is nothing any more."""
    words = news.subjects_of(story) if story is not None else []
    return next((word for word in words if word in follows), "")


def write_breaking(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """For whoever still wants breaking news."""
    fresh = [mail for mail in mails if mail.due_at > now - NEWS_FOR]
    stories, follows = _stories(fresh), telling.follows_of(fresh, subject=subjects.BREAKING)
    made = {pk: breaking_letter(story) for pk, story in stories.items()}
    return {
        mail.pk: made[mail.about["story"]]
        for mail in fresh
        if mail.about["story"] in made and mail.receiver_id in follows
    }


def breaking_letter(story: StoryPage) -> Letter:
    """In the language that is active; also for the editor's preview."""
    subject = _("Breaking: %(headline)s") % {"headline": story.title}
    why = _("You get this because you asked for breaking news.")
    return letter(story, subject, why, f"follow:{subjects.BREAKING}", is_breaking=True)


def letter(story: StoryPage, subject: str, why: str, scope: str, *, is_breaking: bool = False) -> Letter:
    context = {"item": telling.story_told(story), "is_breaking": is_breaking}
    return Letter(subject=subject, template="alerts/mail/story", why=why, scope=scope, context=context)


def _stories(mails: Sequence[Mail]) -> dict[int, StoryPage]:
    ids = {mail.about["story"] for mail in mails}
    return telling.with_sections(live_stories().filter(pk__in=ids).defer("body"))
