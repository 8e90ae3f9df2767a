"""Very many receivers in one run: what is held in memory does not grow with them."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from django.core.mail.backends.base import BaseEmailBackend

from kakehashi.alerts import actions
from kakehashi.alerts.models import Follow, Mail, MailState, Receiver
from tests.alerts.making import NOW, a_new_story

pytestmark = pytest.mark.django_db


class Counting(BaseEmailBackend):
    """Takes mails and keeps none."""

    taken = 0

    def send_messages(self, email_messages: Any) -> int:
        for message in email_messages:
            assert message.message().as_bytes()
            Counting.taken += 1
        return len(email_messages)


def queue(first: int, count: int, story_id: int) -> None:
    receivers = Receiver.objects.bulk_create(
        [Receiver(email=f"r{first + number}@example.org", confirmed_at=NOW) for number in range(count)]
    )
    Follow.objects.bulk_create([Follow(receiver=row, subject="site", rhythm="at_once") for row in receivers])
    about = {"story": story_id, "subject": "site"}
    actions.queue_mails(
        mails=[Mail(receiver=row, cause="story:1", kind="story", about=about, due_at=NOW) for row in receivers]
    )


def peak() -> float:
    """Megabytes that a run took at most."""
    tracemalloc.start()
    actions.send_due(now=NOW, seconds=600)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def test_a_run_holds_a_batch_at_a_time(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Counting"
    story = a_new_story()
    queue(0, 110, story.pk)
    few = peak()
    queue(110, 450, story.pk)
    many = peak()
    assert Counting.taken == 560
    assert Mail.objects.filter(state=MailState.HANDED_OVER).count() == 560
    assert many < few + 1.0
