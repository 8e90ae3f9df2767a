"""What the room gives along, and what it forgets."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from kakehashi.comments.models import Comment
from kakehashi.moderation import actions
from kakehashi.moderation.models import Alarm, AlarmAccount, Appeal, Decision, Flag, LegalNotice, Outcome
from kakehashi.readers import actions as reader_actions
from tests.factories import a_comment, a_reader
from tests.moderation.rows import a_moderator, a_removal, a_rule

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_a_reader_takes_along_what_was_decided_and_said() -> None:
    ana = a_reader()
    decision = a_removal(a_comment(author=ana))
    actions.file_appeal(reader=ana, decision=decision, words="It was a quotation.")
    Flag.objects.create(reader=ana, comment=a_comment(), rule=a_rule(), words="Rude.")
    data = json.loads(json.dumps(reader_actions.export_reader(reader=ana)))
    assert data["decisions"][0]["rule"] == "1. Argue with what was said, not with who said it (1)"
    assert data["appeals"][0]["words"] == "It was a quotation."
    assert data["flags"][0]["words"] == "Rude."
    assert data["legal_notices"] == []
    assert data["held_to_be_one_person"] == []


def test_they_take_along_that_accounts_are_held_to_be_theirs_and_not_whose() -> None:
    ana, other, mo = a_reader(), a_reader(), a_moderator()
    for number, state in enumerate(("linked", "dismissed")):
        at = NOW - timedelta(days=number)
        alarm = Alarm.objects.create(
            kind="alike", key=f"alike:{number}", first_at=at, last_at=at, strength=9.0, accounts=2
        )
        AlarmAccount.objects.bulk_create(AlarmAccount(alarm=alarm, reader=reader) for reader in (ana, other))
        actions.settle_alarm(actor=mo, alarm=alarm, state=state, reason="The same words.", now=at)
    found = reader_actions.export_reader(reader=ana)["held_to_be_one_person"]
    assert found == [{"since": NOW.isoformat(), "accounts": 2}]


@pytest.mark.parametrize("withdraw", [True, False])
def test_who_leaves_is_forgotten_and_the_figures_stay(withdraw: bool) -> None:
    ana, other = a_reader("Ana"), a_reader()
    kept = a_comment(author=ana)
    decision = a_removal(a_comment(author=ana), by=a_moderator())
    actions.file_appeal(reader=ana, decision=decision, words="Ana says no.")
    flag = Flag.objects.create(reader=other, comment=kept)
    Flag.objects.create(reader=ana, comment=a_comment(), words="Ana’s words")
    LegalNotice.objects.create(
        reference="N-1",
        place="/",
        explanation="x",
        name="Ana",
        email="a@example.org",
        reader=ana,
        is_in_good_faith=True,
    )
    reader_actions.erase_reader(reader=ana, withdraw=withdraw, now=NOW)
    assert Decision.objects.get().explanation == ""
    assert Appeal.objects.get().words == ""
    assert not Flag.objects.filter(words__contains="Ana").exists()
    assert list(LegalNotice.objects.values_list("name", "email", "reader")) == [("", "", None)]
    flag.refresh_from_db()
    assert flag.outcome == (Outcome.MOOT if withdraw else Outcome.WAITING)
    assert Comment.objects.filter(author=ana, state="removed").count() == 1
