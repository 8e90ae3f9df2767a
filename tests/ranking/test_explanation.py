"""The page that explains the order: for everybody, in both languages, with the formula as mathematics."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from kakehashi.lib import pages
from tests.factories import a_front

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> Client:
    a_front()
    return client


def test_it_is_the_same_for_everybody_and_says_how_to_stay_out(page: Client) -> None:
    response = page.get("/common-ground/")
    assert response.status_code == 200
    assert pages.shared(response) is not None
    html = response.content.decode()
    assert reverse("preferences") in html
    assert html.count("<math ") == 4
    assert html.index("What the order does") < html.index("<math ")


def test_it_is_read_not_written(page: Client) -> None:
    assert page.post("/common-ground/").status_code == 405
