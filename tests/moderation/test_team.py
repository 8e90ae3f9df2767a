"""Figures for the team."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.comments.models import CommentState
from kakehashi.moderation import actions
from kakehashi.moderation.grounds import Machine
from kakehashi.moderation.models import Action, CheckResult, Flag, Verdict
from kakehashi.moderation.reports import charts, team
from kakehashi.readers.models import Role
from tests.factories import a_comment, a_reader
from tests.moderation.rows import a_ground, a_moderator, a_removal

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


def test_what_came_in_by_day_of_the_site() -> None:
    comment = a_comment()
    late = NOW.replace(hour=16)
    for at in (NOW, late - timedelta(days=1), NOW - timedelta(days=40)):
        Flag.objects.create(reader=a_reader(), comment=comment, created_at=at)
    for name in ("links", "words"):
        CheckResult.objects.create(comment=comment, check_name=name, verdict=Verdict.HELD, checked_at=NOW)
    CheckResult.objects.create(comment=comment, check_name="pace", verdict=Verdict.SUSPECT, checked_at=NOW)
    days = team.inflow(NOW, TOKYO)
    assert len(days) == 28
    assert (days[-1].day.isoformat(), days[-1].flags, days[-1].held) == ("2026-03-10", 2, 1)
    assert sum(day.flags for day in days) == 2
    assert "<svg" in charts.inflow(days)
    assert charts.inflow(team.inflow(NOW + timedelta(days=90), TOKYO)) == ""


def test_how_long_it_waited() -> None:
    assert team.waits(NOW, timedelta(hours=24)) == (0, None, None, None)
    for hours in (1, 2, 3, 30):
        comment = a_comment(state=CommentState.HELD, created_at=NOW - timedelta(hours=hours))
        actions.decide_comment(actor=a_moderator(), comment=comment, action=Action.VISIBLE, now=NOW)
    found = team.waits(NOW + timedelta(minutes=1), timedelta(hours=24))
    assert (found.n, found.median, found.p90, found.in_time) == (4, 2.5, 30.0, 0.75)
    # Held by a moderator months after it was written.
    mo, old = a_moderator(), a_comment(created_at=NOW - timedelta(days=200))
    actions.decide_comment(actor=mo, comment=old, action=Action.HELD, now=NOW - timedelta(hours=1))
    actions.decide_comment(actor=mo, comment=old, action=Action.VISIBLE, now=NOW)
    found = team.waits(NOW + timedelta(minutes=1), timedelta(hours=24))
    assert (found.n, found.median, found.p90) == (5, 2.0, 30.0)


def test_rules_kinds_and_who_saw_it_otherwise() -> None:
    mo, ada = a_moderator("Mo"), a_moderator("Ada")
    wrong, mine, right = (a_removal(a_comment(), by=mo, now=NOW) for _ in range(3))
    actions.undo(actor=ada, decision=wrong, now=NOW)
    actions.undo(actor=mo, decision=mine, now=NOW)
    assert right.comment is not None
    actions.decide_comment(actor=Machine("links"), comment=a_comment(), action=Action.HELD, ground=a_ground(2), now=NOW)
    later = NOW + timedelta(minutes=1)
    first, second = team.by_rule(later)
    assert (first.title[:2], first.decisions, first.overturned) == ("1.", 3, 2)
    assert (second.title[:2], second.decisions, second.overturned) == ("2.", 1, 0)
    assert team.by_kind(later) == [("Held back", 0, 1), ("Removed", 3, 0)]
    [only] = team.people(later)
    # Ada's undoing is her judgement of the same comment.
    assert only == ("Mo", 3, 1, 1, 0)
    assert team.together([only, only])[1:] == (6, 2, 2, 0)


def test_two_of_one_mind() -> None:
    mo, ada, comment = a_moderator("Mo"), a_moderator("Ada"), a_comment()
    for actor in (mo, ada, ada):
        actions.decide_comment(actor=actor, comment=comment, action=Action.VISIBLE, now=NOW)
    assert [(one.name, one.judged, one.agreed) for one in team.people(NOW + timedelta(minutes=1))] == [
        ("Ada", 1, 1),
        ("Mo", 1, 1),
    ]


def test_who_declines_an_objection_is_of_the_mind_of_who_decided() -> None:
    mo, ada = a_moderator("Mo"), a_moderator("Ada")
    for is_granted in (False, False, True):
        removal = a_removal(a_comment(), by=mo, now=NOW)
        assert removal.reader is not None
        appeal = actions.file_appeal(reader=removal.reader, decision=removal, words="No.", now=NOW)
        actions.settle_appeal(actor=ada, appeal=appeal, is_granted=is_granted, answer="So be it.", now=NOW)
    [only] = team.people(NOW + timedelta(minutes=1))
    assert only == ("Mo", 3, 1, 3, 2)


def test_the_page_and_whose_figures_it_shows() -> None:
    now = timezone.now()
    for name in ("Mo Moreau", "Ada Arden"):
        a_removal(a_comment(), by=a_moderator(name), now=now - timedelta(hours=1))
    chief = a_moderator("Chief", role=Role.ADMINISTRATOR)
    for reader, seen in ((chief, [True, True]), (a_moderator("Bo Brand"), [False, False])):
        client = Client()
        client.force_login(reader)
        page = client.get("/moderation/team/").content.decode()
        assert [name in page for name in ("Mo Moreau", "Ada Arden")] == seen
        assert "All together" in page
    counts = []
    for number in (1, 8):
        for _ in range(number):
            a_removal(a_comment(), by=a_moderator())
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/moderation/team/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
