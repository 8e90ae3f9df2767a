"""The staff see the runs and why one was not applied; nobody else does."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from kakehashi.ranking.models import RankingRun, RunKind, RunState
from kakehashi.readers.models import Role
from tests.factories import a_reader

pytestmark = pytest.mark.django_db
PLACE = "/admin/reports/ranking/"


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.KAKEHASHI_STAFF_MFA = "optional"


def member(role: str) -> Client:
    client = Client()
    client.force_login(a_reader(role=role))
    return client


def runs(count: int) -> None:
    for n in range(count):
        RankingRun.objects.create(
            kind=RunKind.COLD,
            state=RunState.KEPT,
            why=f"Run {n} is <worse> than the last.",
            code_version="1",
            votes=12_345,
            figures={"log_loss": 0.6543, "log_loss_before": 0.5432, "spearman": 0.4},
        )


def test_a_run_is_told_with_its_figures_and_why() -> None:
    runs(1)
    client = member(Role.ADMINISTRATOR)
    page = client.get(PLACE).text
    for words in ("Run 0 is &lt;worse&gt; than the last.", "Kept, not applied", "0.654 (0.543)", "0.400", "12345"):
        assert words in page.replace("12,345", "12345")
    assert PLACE in client.get("/admin/").text


def test_the_latest_come_first_and_there_may_be_many() -> None:
    runs(51)
    first = member(Role.ADMINISTRATOR).get(PLACE).text
    assert first.index("Run 50 is") < first.index("Run 49 is")
    assert "Run 0 is" not in first
    assert "Run 0 is" in member(Role.ADMINISTRATOR).get(PLACE + "?p=2").text


@pytest.mark.parametrize("place", [PLACE, PLACE + "results/", PLACE + "?export=csv"])
def test_readers_do_not_see_them(place: str) -> None:
    runs(1)
    assert member(Role.READER).get(place).status_code == 404
    assert "/login/" in Client().get(place)["Location"]
    assert "Run 0" not in member(Role.READER).get(place).text
