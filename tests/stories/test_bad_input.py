"""Whatever somebody types as an address gets a clear answer."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import a_section, a_story

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/no-such/",
    "/no-such/story/",
    "/politics/no-such/",
    "/politics/story/deeper/",
    "/%ff/",
    "/politics/%ff%fe/",
    "/%00/",
    "/politics/%00/",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/politics/%F0%9F%8C%89/",
    "/politics/a%20b/",
    "/politics/<script>/",
    "/running/%00/",
    "/running/%F0%9F%8C%89/",
    "/running/" + "x" * 5000 + "/",
    "/" + "x" * 20000 + "/",
    "/" + "a/" * 2000,
    "/sitemap-.xml",
    "/media/../settings.py",
]


def test_address_that_leads_nowhere(client: Client) -> None:
    a_story(slug="story", section=a_section("Politics"))
    for address in ADDRESSES:
        answer = client.get(address)
        assert answer.status_code in {400, 404, 414}, address[:50]
        assert "<html" in answer.content.decode(), address[:50]


def test_pages_are_only_read(client: Client) -> None:
    a_story(slug="story", section=a_section("Politics"))
    for address in (
        "/",
        "/politics/",
        "/politics/story/",
        "/feed/",
        "/sitemap.xml",
        "/sitemap-stories.xml",
        "/robots.txt",
    ):
        answers = [getattr(client, method)(address).status_code for method in ("post", "put", "delete", "patch")]
        assert answers == [405] * 4, address


def test_address_without_its_slash_leads_to_the_page(client: Client) -> None:
    a_story(slug="story")
    answer = client.get("/politics/story")
    assert (answer.status_code, answer["Location"]) == (301, "/politics/story/")
