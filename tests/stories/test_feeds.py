"""RSS and Atom of the site and of its sections, as a feed reader takes them apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from django.test import Client

from kakehashi.stories import actions
from kakehashi.stories.feeds import LENGTH
from tests.factories import a_section, a_story

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
HERE = "http://127.0.0.1:8000"


def feed(client: Client, url: str) -> Element:
    answer = client.get(url)
    assert answer.status_code == 200
    root: Element = ElementTree.fromstring(answer.content)
    return root


@pytest.fixture
def _stories() -> None:
    actions.ensure_site(name="The Harbour Courier", motto="Tides & times")
    harbour = actions.ensure_section(title="Harbour")
    market = actions.ensure_section(title="Market")
    actions.publish_story(
        section=harbour,
        headline="Bridge <opens>",
        standfirst="At last.",
        paragraphs=["It holds & sways."],
        published_at=NOON,
        updated_at=NOON + timedelta(hours=2),
        byline="Ana Writer",
    )
    actions.publish_story(section=market, headline="Salt is dear", published_at=NOON - timedelta(hours=1))


@pytest.mark.usefixtures("_stories")
def test_rss_of_the_site(client: Client) -> None:
    channel = feed(client, "/feed/").find("channel")
    assert channel is not None
    assert [channel.findtext(tag) for tag in ("title", "link", "description")] == [
        "The Harbour Courier",
        HERE + "/",
        "Tides & times",
    ]
    own = channel.find(f"{ATOM}link")
    assert own is not None
    assert own.attrib == {"rel": "self", "href": HERE + "/feed/"}
    items = channel.findall("item")
    assert [item.findtext("title") for item in items] == ["Bridge <opens>", "Salt is dear"]
    first = {child.tag: child.text for child in items[0]}
    assert first == {
        "title": "Bridge <opens>",
        "link": HERE + "/harbour/bridge-opens/",
        "guid": HERE + "/harbour/bridge-opens/",
        "description": "At last.",
        CREATOR: "Ana Writer",
        "pubDate": "Tue, 14 May 2024 12:00:00 +0000",
        "category": "Harbour",
        ENCODED: "<p>It holds &amp; sways.</p>",
    }


@pytest.mark.usefixtures("_stories")
def test_atom_of_a_section(client: Client) -> None:
    root = feed(client, "/feed/section/harbour/atom/")
    assert root.findtext(f"{ATOM}title") == "The Harbour Courier: Harbour"
    assert [(link.get("rel"), link.get("href")) for link in root.findall(f"{ATOM}link")] == [
        ("alternate", HERE + "/harbour/"),
        ("self", HERE + "/feed/section/harbour/atom/"),
    ]
    entries = root.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Bridge <opens>"]
    assert entries[0].findtext(f"{ATOM}published") == "2024-05-14T12:00:00+00:00"
    assert entries[0].findtext(f"{ATOM}updated") == "2024-05-14T14:00:00+00:00"
    assert entries[0].findtext(f"{ATOM}author/{ATOM}name") == "Ana Writer"
    assert entries[0].findtext(f"{ATOM}content") == "<p>It holds &amp; sways.</p>"


def test_feed_of_an_empty_newspaper(client: Client) -> None:
    a_section("Harbour")
    for url in ("/feed/", "/feed/atom/", "/feed/section/harbour/", "/feed/section/harbour/atom/"):
        assert not feed(client, url).findall(".//item")


def test_feed_of_no_section_is_not_found(client: Client) -> None:
    a_section("Harbour", live=False)
    for slug in ("harbour", "nowhere", "x" * 300, "%00", "%ff"):
        assert client.get(f"/feed/section/{slug}/").status_code in {400, 404}, slug


def test_feed_ends(client: Client) -> None:
    for _ in range(LENGTH + 1):
        a_story()
    assert len(feed(client, "/feed/").findall(".//item")) == LENGTH


def test_characters_that_xml_cannot_hold_are_left_out(client: Client) -> None:
    a_story("Bell\x07 and \ufffe mark", standfirst="Es\x1bcape", body="Null\x0b of it", byline="A\x01na")
    for url in ("/feed/", "/feed/atom/"):
        text = "".join(feed(client, url).itertext())
        assert "Bell and  mark" in text
        assert "Null of it" in text


def test_addresses_in_a_body_are_whole(client: Client) -> None:
    target = a_story(slug="target")
    a_story(body=f'See <a linktype="page" id="{target.pk}">there</a>')
    assert f'<a href="{HERE}/politics/target/">there</a>' in "".join(feed(client, "/feed/").itertext())
