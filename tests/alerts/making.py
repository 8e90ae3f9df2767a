"""Receivers and mails in one line each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.account.models import EmailAddress

from kakehashi.alerts.models import Follow, Mail, Receiver, Rhythm
from kakehashi.alerts.receivers import receiver_of
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage
from tests.factories import a_reader, a_story

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


def a_member(name: str = "", **fields: Any) -> Reader:
    """With a verified address."""
    reader = a_reader(name, **fields)
    EmailAddress.objects.create(user=reader, email=reader.email, verified=True, primary=True)
    return reader


def a_receiver(email: str = "", *follows: str, rhythm: str = Rhythm.AT_ONCE, **fields: Any) -> Receiver:
    """A confirmed address, or without one a member's."""
    values = {"confirmed_at": NOW, **fields}
    receiver = Receiver.objects.create(email=email, **values) if email else receiver_of(a_member())
    Follow.objects.bulk_create([Follow(receiver=receiver, subject=word, rhythm=rhythm) for word in follows])
    return receiver


def a_new_story(title: str = "", **fields: Any) -> StoryPage:
    """Went live just before NOW."""
    return a_story(title, **{"published_at": NOW, "first_published_at": NOW, **fields})


def a_mail(receiver: Receiver, story: StoryPage, *, due_at: datetime = NOW, **fields: Any) -> Mail:
    """About a story that the receiver follows with the whole site."""
    Follow.objects.get_or_create(receiver=receiver, subject="site", defaults={"rhythm": Rhythm.AT_ONCE})
    values = {"cause": f"story:{story.pk}", "kind": "story", "about": {"story": story.pk, "subject": "site"}}
    return Mail.objects.create(receiver=receiver, due_at=due_at, **{**values, **fields})


def words_of(receiver: Receiver) -> dict[str, str]:
    return dict(Follow.objects.filter(receiver=receiver).values_list("subject", "rhythm"))
