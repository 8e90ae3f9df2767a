"""How mails come into the queue: one for each receiver and cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from kakehashi.alerts import actions
from kakehashi.alerts.models import Mail, Receiver, Trouble
from kakehashi.alerts.receivers import reachable, receiver_of
from tests.factories import a_reader

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_a_cause_has_one_mail_a_receiver() -> None:
    one, other = (receiver_of(a_reader()) for _ in range(2))
    asked = {"cause": "story:1", "kind": "story", "due_at": NOW}
    assert [actions.queue_mail(receiver=receiver, **asked) for receiver in (one, one, other)] == [True, False, True]
    again = [Mail(receiver=receiver, **asked) for receiver in (one, other, receiver_of(a_reader()))]
    actions.queue_mails(mails=again)
    assert Mail.objects.count() == 3


def test_a_receiver_is_a_reader_or_an_address() -> None:
    for wrong in ({}, {"reader": a_reader(), "email": "a@example.org"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Receiver.objects.create(**wrong)


def test_only_who_can_be_written_to_is_reachable() -> None:
    member = a_reader(email="Mia@Example.org")
    receiver = receiver_of(member)
    assert not reachable(NOW).exists()
    EmailAddress.objects.create(user=member, email="mia@example.org", verified=True, primary=True)
    assert reachable(NOW).get().address == "mia@example.org"
    for change in ({"off_at": NOW}, {"paused_until": NOW + timedelta(days=1)}):
        Receiver.objects.filter(pk=receiver.pk).update(**change)
        assert not reachable(NOW).exists()
        Receiver.objects.filter(pk=receiver.pk).update(off_at=None, paused_until=None)
    trouble = Trouble.objects.create(email="mia@example.org", kind="bounce", last_at=NOW)
    assert reachable(NOW).exists()
    Trouble.objects.filter(pk=trouble.pk).update(blocked_at=NOW)
    assert not reachable(NOW).exists()


def test_an_address_must_have_been_confirmed() -> None:
    receiver = Receiver.objects.create(email="somebody@example.org")
    assert not reachable(NOW).exists()
    Receiver.objects.filter(pk=receiver.pk).update(confirmed_at=NOW)
    assert reachable(NOW).get() == receiver
