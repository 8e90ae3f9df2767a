"""The worker's part of the map: drawn when something moved, the same whoever draws it, and without those who opted out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from kakehashi.comments.actions import cast_vote
from kakehashi.ranking import actions, charts, queries
from kakehashi.ranking.actions.drawing import REST
from kakehashi.ranking.charts import Chart
from kakehashi.ranking.enough import LEAST_GROUP
from kakehashi.ranking.models import OpinionMap, RunKind
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_thread
from tests.ranking.camps import Camps, two_camps

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def _a_new_process() -> Iterator[None]:
    queries.forget()
    yield
    queries.forget()


@pytest.fixture
def camps(now: datetime) -> Camps:
    made = two_camps()
    actions.refit(now=now - timedelta(hours=1))
    return made


def chart() -> Chart:
    found = Chart.read(OpinionMap.objects.get().content)
    assert found is not None
    return found


def test_nothing_is_drawn_before_the_first_run(now: datetime) -> None:
    two_camps()
    assert actions.draw_maps(now=now) == 0


def test_a_map_is_drawn_once_until_something_moves(camps: Camps, now: datetime) -> None:
    assert actions.draw_maps(now=now) == 1
    first = chart()
    assert actions.draw_maps(now=now + REST) == 0
    cast_vote(reader=camps.left[0], comment=camps.comments["poor"][0], value=0, now=now)
    assert actions.draw_maps(now=now) == 0  # It rests.
    assert actions.draw_maps(now=now + REST) == 1
    assert chart().votes == first.votes - 1


def test_another_run_has_another_map(camps: Camps, now: datetime) -> None:
    actions.draw_maps(now=now)
    actions.refit(now=now, kind=RunKind.COLD, even_if_worse=True)
    assert actions.draw_maps(now=now + REST) == 1
    assert OpinionMap.objects.get().run_id == queries.current_run_id()


def test_the_same_votes_give_the_same_map(camps: Camps, now: datetime) -> None:
    actions.draw_maps(now=now)
    first = OpinionMap.objects.get().content
    OpinionMap.objects.all().delete()
    queries.forget()
    actions.draw_maps(now=now)
    assert OpinionMap.objects.get().content == first


def test_everybody_stands_in_a_group_and_nobody_in_a_small_one(camps: Camps, now: datetime) -> None:
    actions.draw_maps(now=now)
    drawn = chart()
    assert (drawn.voters, drawn.votes) == (40, 40 * 24)
    assert sum(group.readers for group in drawn.groups) == 40
    assert min(group.readers for group in drawn.groups) >= LEAST_GROUP
    assert drawn.readers == (20, 20)
    sides: dict[int, list[float]] = {}
    for group in drawn.groups:
        sides.setdefault(group.camp, []).append(group.x)
    low, high = sorted(sides.values())
    assert max(low) < min(high)


def test_everybody_finds_their_own_place_and_nobody_elses(camps: Camps, now: datetime) -> None:
    actions.draw_maps(now=now)
    places = bytes(OpinionMap.objects.get().places)
    model = queries.current_model()
    assert model is not None
    stand = dict(zip(model.voter_ids_.tolist(), model.position_[:, 0].tolist(), strict=True))
    for reader in camps.readers:
        found = charts.place_of(places, reader.pk)
        assert found is not None
        assert found[0] == pytest.approx(stand[reader.pk], abs=1e-5)
    everybody = [reader.pk for reader in camps.readers]
    for stranger in (0, min(everybody) - 1, max(everybody) + 1, 2**62):
        assert charts.place_of(places, stranger) is None
    assert charts.place_of(b"", everybody[0]) is None


def test_who_has_opted_out_is_on_no_map(camps: Camps, now: datetime) -> None:
    Reader.objects.filter(pk__in=[reader.pk for reader in camps.left[:3]]).update(is_modelled=False)
    actions.draw_maps(now=now)
    assert (chart().voters, chart().votes) == (37, 37 * 24)
    assert charts.place_of(bytes(OpinionMap.objects.get().places), camps.left[0].pk) is None


def test_a_thread_without_camps_has_an_empty_one_and_is_left_alone(camps: Camps, now: datetime) -> None:
    quiet = a_thread()
    for _ in range(6):
        a_comment(quiet)
    assert actions.draw_maps(now=now) == 2
    assert OpinionMap.objects.get(pk=quiet.pk).content == {}
    assert actions.draw_maps(now=now + REST) == 0


def test_a_look_draws_no_more_than_it_may(camps: Camps, now: datetime) -> None:
    for _ in range(3):
        thread = a_thread()
        for _ in range(6):
            a_comment(thread)
    assert [actions.draw_maps(now=now, at_once=3), actions.draw_maps(now=now, at_once=3)] == [3, 1]
