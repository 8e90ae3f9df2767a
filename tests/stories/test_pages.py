"""The pages as a reader gets them, with no account and no script."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image as Picture
from wagtail.images.models import Image

from kakehashi.stories import actions
from kakehashi.stories.models import NewsroomSettings, StoryPage
from tests.factories import a_section, a_story

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)
SECRET = "Eleven lanterns were counted on the quay"


def an_image(width: int = 480, height: int = 320) -> Image:
    data = BytesIO()
    Picture.new("RGB", (width, height), "#345").save(data, "JPEG")
    return Image.objects.create(title="A quay", file=ContentFile(data.getvalue(), "quay.jpg"))


def a_full_story(**fields: object) -> StoryPage:
    agency = actions.ensure_agency(name="Tidewire", credit="© (c) {year} Tidewire", body_days=30)
    given = {
        "section": actions.ensure_section(title="Harbour"),
        "headline": "Bridge opens <today>",
        "standfirst": "After nine years of work & weather.",
        "paragraphs": [SECRET, ("heading", "Traffic"), ("quote", "It holds.")],
        "published_at": NOON,
        "updated_at": NOON + timedelta(hours=3),
        "byline": "Ana Writer",
        "dateline": "PORT ELIN",
        "agency": agency,
        "running_story": actions.ensure_running_story(title="The long bridge"),
        "image": an_image(),
        "image_alt": "A bridge in fog",
        "caption": "The span at dawn.",
        "credit": "Picture desk",
        "corrections": [(NOON + timedelta(days=1), "It has 12 piers, not 11.")],
    }
    return actions.publish_story(**given | fields)  # type: ignore[arg-type]


@pytest.fixture
def newsroom() -> None:
    actions.ensure_site(name="The Harbour Courier", copyright_holder="Courier Press")


def html(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.usefixtures("newsroom")
def test_story_page_holds_all_that_belongs_to_a_story(client: Client) -> None:
    story = a_full_story(published_at=timezone.now(), updated_at=None)
    page = html(client, story.url)
    for words in (
        "Bridge opens &lt;today&gt;",
        "After nine years of work &amp; weather.",
        SECRET,
        "<h2>Traffic</h2>",
        "It holds.",
        "Ana Writer",
        "Tidewire",
        f"© (c) {timezone.localtime().year} Tidewire",
        "PORT ELIN",
        'href="/harbour/"',
        "A bridge in fog",
        "The span at dawn.",
        "Picture desk",
        "It has 12 piers, not 11.",
        "srcset=",
        "/running/the-long-bridge/",
        "Courier Press",
        '<link rel="canonical" href="http://127.0.0.1:8000/harbour/bridge-opens-today/">',
        '<meta property="og:title" content="Bridge opens &lt;today&gt;">',
        '<meta property="article:section" content="Harbour">',
        '<meta name="twitter:card" content="summary_large_image">',
    ):
        assert words in page, words
    assert "style=" not in page
    assert "onclick" not in page


@pytest.mark.usefixtures("newsroom")
def test_times_are_those_of_the_sites_time_zone(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.TIME_ZONE = "Asia/Tokyo"
    page = html(client, a_full_story().url)
    assert 'datetime="2024-05-14T21:00:00+09:00"' in page
    assert 'datetime="2024-05-15T00:00:00+09:00"' in page


@pytest.mark.usefixtures("newsroom")
def test_expired_body_is_in_no_output(client: Client) -> None:
    """Each place shows the body of a licensed story, so that the silence about the other proves something."""
    licensed = a_full_story(headline="Licensed", standfirst="", published_at=timezone.now())
    places = ["/", "/harbour/", "/feed/", "/feed/atom/", "/feed/section/harbour/", "/feed/section/harbour/atom/"]
    assert SECRET in html(client, licensed.url)
    for feed in places[2:]:
        assert SECRET in html(client, feed), feed
    licensed.delete()
    expired = a_full_story(standfirst="")
    for place in [*places, expired.url, "/running/the-long-bridge/", "/sitemap-stories.xml"]:
        assert "lanterns" not in html(client, place), place
    page = html(client, expired.url)
    assert "The text of this story is no longer here." in page
    for words in ("Bridge opens &lt;today&gt;", "© (c) 2024 Tidewire", "Ana Writer", "It has 12 piers", "long bridge"):
        assert words in page, words


@pytest.mark.usefixtures("newsroom")
def test_licence_that_ends_for_one_story_needs_no_agency(client: Client) -> None:
    story = a_full_story(agency=None, licence_ends_at=NOON)
    page = html(client, story.url)
    assert "We were allowed to print it for a limited time" in page
    assert SECRET not in page


@pytest.mark.usefixtures("newsroom")
def test_front_page_has_lead_bands_and_running_stories(client: Client) -> None:
    for n in range(3):
        a_full_story(headline=f"Chapter {n}", importance=n + 1, published_at=NOON + timedelta(hours=n))
    page = html(client, "/")
    assert page.index("Chapter 2") < page.index("Chapter 1") < page.index("Chapter 0")
    assert "/running/the-long-bridge/" in page
    for feed in ("/feed/", "/feed/atom/"):
        assert f'href="{feed}"' in page


def test_front_page_and_section_without_stories(client: Client) -> None:
    section = a_section("Harbour")
    assert "The Test Courier" in html(client, "/") or NewsroomSettings().name in html(client, "/")
    assert "No story here yet." in html(client, section.url)


class TestPaging:
    @pytest.fixture(autouse=True)
    def _stories(self) -> None:
        section = a_section("Harbour")
        for n in range(21):
            a_story(f"Story number {n:02}", section=section, published_at=NOON + timedelta(hours=n))

    def test_pages_go_on_where_the_last_ended(self, client: Client) -> None:
        first, second = html(client, "/harbour/"), html(client, "/harbour/?page=2")
        assert ("Story number 20" in first, "Story number 00" in first) == (True, False)
        assert ("Story number 20" in second, "Story number 00" in second) == (False, True)
        assert 'href="http://127.0.0.1:8000/harbour/?page=2"' in second

    def test_what_is_no_page_leads_to_the_section(self, client: Client) -> None:
        for page in ("-1", "0", "abc", "", "1.5", "２", "%ff", "1e9"):
            answer = client.get(f"/harbour/?page={page}")
            assert (answer.status_code, answer["Location"]) == (302, "/harbour/"), page

    def test_page_past_the_last_is_not_found(self, client: Client) -> None:
        for page in ("3", "1000000000", "9" * 5000):
            assert client.get(f"/harbour/?page={page}").status_code == 404, page[:20]


@pytest.mark.usefixtures("newsroom")
def test_timeline_goes_over_the_years(client: Client) -> None:
    for year in (2014, 2021):
        a_full_story(headline=f"The bridge in {year}", published_at=NOON.replace(year=year))
    page = html(client, "/running/the-long-bridge/")
    assert page.index("The bridge in 2021") < page.index("The bridge in 2014")
    assert '<link rel="canonical" href="http://127.0.0.1:8000/running/the-long-bridge/">' in page


def test_running_story_without_a_published_chapter_is_nobodys_to_know_of(client: Client) -> None:
    unborn = actions.ensure_running_story(title="Unborn", summary="What we will uncover.")
    a_story("Uncovered", running_story=unborn, live=False)
    answer = client.get("/running/unborn/")
    assert answer.status_code == 404
    assert answer.content == client.get("/running/nobody/").content.replace(b"nobody", b"unborn")
    for words in (b"Unborn", b"uncover", b"Uncovered"):
        assert words not in answer.content


@pytest.mark.usefixtures("newsroom")
def test_queries_do_not_grow_with_stories(client: Client) -> None:
    """With a picture each: their sizes are made on the first visit and found together on the next."""

    def counts() -> list[int]:
        numbers = []
        for place in ("/", "/harbour/", story.url, "/running/the-long-bridge/", "/feed/", "/sitemap-stories.xml"):
            html(client, place)
            with CaptureQueriesContext(connection) as captured:
                html(client, place)
            numbers.append(len(captured))
        return numbers

    image = an_image()
    story = a_full_story(image=image)
    for n in range(6):
        a_full_story(headline=f"Earlier {n}", image=image, published_at=NOON - timedelta(days=n + 1))
    few = counts()
    for n in range(23):
        a_full_story(headline=f"Much earlier {n}", image=image, published_at=NOON - timedelta(days=n + 9))
    assert counts() == few
