"""Setting staffed hours through their page."""

from __future__ import annotations

import pytest
from django.test import Client

from kakehashi.comments.actions.threads import newsroom
from kakehashi.readers.models import Role
from kakehashi.stories.hours import Outside, read_spans
from tests.factories import a_section
from tests.moderation.rows import a_moderator

pytestmark = pytest.mark.django_db

SENT = {
    "day0": "07:00-12:00, 13:00-22:00",
    "day6": "22:00-02:00",
    "minutes": "20",
    "new_hours": "0",
    "outside0": "hold",
}


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.EDITOR])
def test_hours_are_set_and_shown(role: str) -> None:
    section, client = a_section("Sport"), Client()
    client.force_login(a_moderator(role=role))
    assert "counts as staffed at all times" in client.get("/moderation/hours/").content.decode()
    sent = SENT | {"exceptions": "2026-12-25\n2026-12-24 07:00-12:00", f"outside{section.pk}": "nothing"}
    assert client.post("/moderation/hours/", sent).status_code == 302
    hours = newsroom().hours
    assert hours.week[0] == read_spans("07:00-12:00, 13:00-22:00")
    assert hours.outside_in(section.pk) == Outside.NOTHING
    assert hours.outside_in(999) == Outside.HOLD
    text = client.get("/moderation/hours/").content.decode()
    assert "2026-12-24 07:00-12:00" in text
    assert 'value="22:00-02:00"' in text
    assert "taffed now" in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"day1": "seven to nine"}, "is not understood"),
        ({"day1": "07:00-27:00"}, "no hours of a day"),
        ({"day1": "07:00-09:00,08:00-10:00"}, "overlap"),
        ({"exceptions": "Christmas"}, "does not begin with a date"),
        ({"exceptions": "2026-02-30"}, "does not begin with a date"),
        ({"exceptions": "2026-12-25\n2026-12-25"}, "stands there twice"),
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"outside0": "burn"}, "not one of the available choices"),
        ({"day1": "x\x00"}, ""),
    ],
)
def test_odd_input_gets_a_sentence_and_comes_back(changed: dict[str, str], said: str) -> None:
    client = Client()
    client.force_login(a_moderator())
    answer = client.post("/moderation/hours/", SENT | changed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "13:00-22:00" in answer.content.decode()
    assert newsroom().staffed_hours == ""
