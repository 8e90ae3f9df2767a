"""What operators are told of the ranking: by `kakehashi status` and by Prometheus."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from kakehashi.ranking import actions, queries
from kakehashi.ranking.actions import folding
from kakehashi.ranking.models import RankingRun, RunKind, RunState
from kakehashi.server import facts, scrape
from kakehashi.server.cli.ranking import told
from tests.factories import a_comment, a_vote
from tests.ranking.camps import two_camps

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _a_new_process() -> None:
    folding.forget()
    queries.forget()


def samples() -> dict[str, float]:
    return {sample.name: sample.value for metric in scrape._ranking(NOW) for sample in metric.samples}


def test_a_site_without_a_run_says_so() -> None:
    assert samples() == {}
    assert facts.ranking() is None


def test_how_old_the_ranking_is_and_what_it_found() -> None:
    two_camps(members=15)
    actions.refit(now=NOW - timedelta(hours=1))
    assert samples() == {
        "kakehashi_ranking_age_seconds": 3600.0,
        "kakehashi_ranking_camps": 2.0,
        "kakehashi_ranking_last_run_applied": 1.0,
    }
    run = facts.ranking()
    assert run is not None
    assert (run["state"], run["camps"], run["voters"]) == ("applied", 2, 30)
    assert "720 votes of 30 voters on 24 comments, 2 camps; 24 comments moved" in told(run)
    RankingRun.objects.create(kind=RunKind.WARM, state=RunState.KEPT, why="Worse.", code_version="1", started_at=NOW)
    assert samples()["kakehashi_ranking_last_run_applied"] == 0.0
    assert samples()["kakehashi_ranking_age_seconds"] == 3600.0


def test_votes_that_wait_are_counted_until_they_are_looked_at() -> None:
    a_vote(a_comment(), 1, changed_at=NOW)
    assert facts.waiting(NOW).unranked_votes == 1
    actions.fold_in_votes(now=NOW)
    assert facts.waiting(NOW).unranked_votes == 0
    a_vote(a_comment(), 1, changed_at=NOW + timedelta(seconds=1))
    assert facts.waiting(NOW).unranked_votes == 1
