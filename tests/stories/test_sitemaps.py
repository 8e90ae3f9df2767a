"""What crawlers are told."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.robotparser import RobotFileParser

import pytest
from defusedxml import ElementTree
from django.test import Client

from kakehashi.stories import actions, sitemaps
from tests.factories import a_front, a_section, a_story

pytestmark = pytest.mark.django_db

HERE = "http://127.0.0.1:8000"
NS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def addresses(client: Client, url: str) -> list[str | None]:
    answer = client.get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml")
    return [node.text for node in ElementTree.fromstring(answer.content).iter(f"{NS}loc")]


def test_every_published_address_is_on_the_map(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps.StorySitemap, "limit", 2)
    harbour = a_section("Harbour")
    running = actions.ensure_running_story(title="The bridge")
    actions.ensure_running_story(title="Unborn")
    for n in range(3):
        a_story(slug=f"s{n}", section=harbour, running_story=running)
    a_story(slug="draft", live=False)
    parts = addresses(client, "/sitemap.xml")
    assert parts == [
        f"{HERE}/sitemap-places.xml",
        f"{HERE}/sitemap-running.xml",
        f"{HERE}/sitemap-stories.xml",
        f"{HERE}/sitemap-stories.xml?p=2",
    ]
    found = [address for part in parts if part for address in addresses(client, part.removeprefix(HERE))]
    assert found == [
        f"{HERE}/",
        f"{HERE}/harbour/",
        f"{HERE}/politics/",
        f"{HERE}/running/the-bridge/",
        *(f"{HERE}/harbour/s{n}/" for n in range(3)),
    ]


def test_map_says_when_a_story_changed(client: Client) -> None:
    a_story(published_at=datetime(2014, 5, 14, tzinfo=UTC), updated_at=datetime(2021, 1, 2, tzinfo=UTC))
    assert b"<lastmod>2021-01-02</lastmod>" in client.get("/sitemap-stories.xml").content


@pytest.mark.parametrize("address", ["/sitemap-x.xml", "/sitemap-stories.xml?p=9", "/sitemap-stories.xml?p=abc"])
def test_no_such_map(client: Client, address: str) -> None:
    a_front()
    assert client.get(address).status_code == 404


def test_robots_may_read_stories_and_leave_the_rest(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    robots = RobotFileParser()
    robots.parse(answer.content.decode().splitlines())
    assert robots.site_maps() == [f"{HERE}/sitemap.xml"]
    assert robots.can_fetch("any", "/harbour/bridge/")
    for place in ("/admin/", "/account/login/", "/search/?q=x"):
        assert not robots.can_fetch("any", place)
