"""What this site tells its sisters, checked against JSON Feed 1.1 and RFC 4287."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from django.test import Client
from django.utils import timezone

from kakehashi.lib import pages
from kakehashi.stories import actions as stories
from kakehashi.trending.actions import add_views, weigh_discussions
from kakehashi.trending.feeds import LENGTH
from kakehashi.trending.reading import read_feed
from tests.factories import a_comment, a_thread

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
TITLES = ["Bridge <opens> & sways", "Salt is dear", "橋が開通"]


@pytest.fixture
def _paper() -> None:
    stories.ensure_site(name="The Harbour Courier")
    section = stories.ensure_section(title="Harbour")
    now = timezone.now()
    for number, title in enumerate(TITLES):
        story = stories.publish_story(
            section=section,
            headline=title,
            standfirst="At \x0blast." if number else "",
            published_at=now - timedelta(hours=9),
        )
        add_views(counts={story.pk: 10 - number}, now=now)
        a_comment(a_thread(story))
    weigh_discussions()


def is_address(value: Any) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in {"http", "https"} and bool(urlsplit(value).netloc)


def is_time(value: str | None) -> bool:
    return value is not None and datetime.fromisoformat(value).tzinfo is not None and "T" in value


def check_json_feed(feed: dict[str, Any]) -> None:
    """https://www.jsonfeed.org/version/1.1/, its musts and the types of what may be there."""
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(feed["title"], str)
    assert feed["title"]
    for name in {"home_page_url", "feed_url", "icon", "favicon"} & feed.keys():
        assert is_address(feed[name]), name
    known = {"version", "title", "home_page_url", "feed_url", "description", "language", "authors", "items"}
    assert feed.keys() <= known
    ids = [item["id"] for item in feed["items"]]
    assert len(set(ids)) == len(ids)
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert is_address(item["url"])
        assert item.get("content_text") or item.get("content_html")
        assert "<" not in item.get("content_html", "")
        assert all(is_time(item[name]) for name in ("date_published", "date_modified"))
        assert all(isinstance(tag, str) for tag in item["tags"])
        assert all(author.keys() <= {"name", "url", "avatar"} and author for author in item["authors"])
        assert item.keys() <= {
            "id", "url", "title", "content_text", "date_published", "date_modified", "authors", "tags",
        }  # fmt: skip


def check_atom(feed: Element) -> None:
    """RFC 4287, sections 4.1.1 and 4.1.2: what must be there, once, and not empty."""
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            found = element.findall(f"{ATOM}{name}")
            assert len(found) == 1, name
            assert (found[0].text or "").strip()
        assert is_address(element.findtext(f"{ATOM}id"))
        assert is_time(element.findtext(f"{ATOM}updated"))
        alternates = [link for link in element.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
        assert len(alternates) == 1
        assert all(is_address(link.get("href")) for link in element.findall(f"{ATOM}link"))
    assert feed.find(f"{ATOM}author") is not None or all(
        entry.find(f"{ATOM}author") is not None for entry in feed.findall(f"{ATOM}entry")
    )
    own = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert [link.get("href") for link in own] == ["http://127.0.0.1:8000/trending.atom"]
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)


@pytest.mark.usefixtures("_paper")
def test_json_feed(client: Client) -> None:
    answer = client.get("/trending.json")
    assert answer["Content-Type"] == "application/feed+json; charset=utf-8"
    feed = json.loads(answer.content)
    check_json_feed(feed)
    assert (feed["title"], feed["home_page_url"]) == ("The Harbour Courier: trending", "http://127.0.0.1:8000/")
    assert {item["title"] for item in feed["items"]} == set(TITLES)
    assert feed["items"][0]["title"] == TITLES[0]
    assert pages.shared(answer) is not None


@pytest.mark.usefixtures("_paper")
def test_atom(client: Client) -> None:
    answer = client.get("/trending.atom")
    assert answer["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)
    check_atom(feed)
    assert feed.findtext(f"{ATOM}entry/{ATOM}title") == TITLES[0]
    assert feed.find(f"{ATOM}entry/{ATOM}content") is None
    assert pages.shared(answer) is not None


@pytest.mark.usefixtures("_paper")
@pytest.mark.parametrize("path", ["/trending.json", "/trending.atom"])
def test_a_sister_reads_what_we_write(client: Client, path: str) -> None:
    answer = client.get(path)
    kind = answer["Content-Type"].partition(";")[0]
    found = read_feed(answer.content, content_type=kind, charset="utf-8", url=f"http://x.example{path}", number=9)
    # What looks like markup is taken out there, for many feeds hold some.
    assert {entry.title for entry in found} == {"Bridge & sways", *TITLES[1:]}


@pytest.mark.usefixtures("_paper")
def test_pages_tell_of_the_feeds(client: Client) -> None:
    for path in ("/", "/harbour/", "/harbour/salt-is-dear/"):
        html = client.get(path).content.decode()
        for kind in ("application/feed+json", "application/atom+xml"):
            assert f'type="{kind}"' in html
        assert 'href="/trending.json"' in html
        assert 'href="/trending.atom"' in html


def test_a_site_on_which_nothing_has_happened(client: Client) -> None:
    stories.ensure_site(name="The Harbour Courier")
    feed = json.loads(client.get("/trending.json").content)
    check_json_feed(feed)
    assert feed["items"] == []
    check_atom(ElementTree.fromstring(client.get("/trending.atom").content))


@pytest.mark.parametrize(("path", "queries"), [("/trending.json", 5), ("/trending.atom", 6)])
def test_a_fixed_number_of_queries(client: Client, django_assert_num_queries: Any, path: str, queries: int) -> None:
    stories.ensure_site(name="The Harbour Courier")
    section = stories.ensure_section(title="Harbour")
    agency = stories.ensure_agency(name="Tidewire")
    for number in (1, 30):
        for n in range(number):
            story = stories.publish_story(section=section, headline=f"{number}.{n}", agency=agency if n % 2 else None)
            add_views(counts={story.pk: 1})
        with django_assert_num_queries(queries):
            answer = client.get(path)
        assert answer.content.count(b"/harbour/") >= min(number, LENGTH)
