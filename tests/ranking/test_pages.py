"""Where readers agree and split: on the story page and on its own, from real votes and a real run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import PageViewRestriction

from kakehashi.comments import actions as comment_actions
from kakehashi.comments import page, places
from kakehashi.comments.models import Comment, CommentState, Vote
from kakehashi.comments.orders import Choice
from kakehashi.lib import pages
from kakehashi.ranking import actions, queries
from kakehashi.ranking.actions.drawing import REST
from kakehashi.ranking.enough import LEAST_GROUP
from kakehashi.ranking.models import OpinionMap
from kakehashi.ranking.templatetags.ranking import box
from kakehashi.readers.models import Mute, Reader, Role
from kakehashi.stories.actions import new_edition
from kakehashi.stories.models import SectionPage
from tests.factories import a_comment, a_reader, a_story, a_thread, changed
from tests.ranking.camps import Camps, two_camps

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_new_process() -> Iterator[None]:
    queries.forget()
    yield
    queries.forget()


@pytest.fixture
def camps() -> Camps:
    """Two camps of twenty on one thread, each comment with words of its own, ranked and drawn."""
    made = two_camps()
    for kind, comments in made.comments.items():
        for number, comment in enumerate(comments):
            Comment.objects.filter(pk=comment.pk).update(plain=f"Words that are {kind} {number}")
    actions.refit(now=timezone.now() - timedelta(hours=1))
    assert actions.draw_maps(now=timezone.now()) == 1
    return made


def page_of(camps: Camps, query: str = "") -> str:
    return f"/story/{camps.thread.story_id}/common-ground/{query}"


def box_of(client: Client, camps: Camps) -> str:
    """The box of the story page; empty where there is none."""
    html = client.get(camps.thread.story.url).content.decode()
    found = re.search(r'<aside class="ground.*?</aside>', html, re.DOTALL)
    return found[0] if found else ""


def shown(html: str) -> list[str]:
    """What the comments say that are listed, in their order."""
    return re.findall(r'voice-words quiet"[^>]*>Words that are (\w+ \d)', unescape(html))


def figures(html: str) -> list[tuple[int, int]]:
    return [(int(ups), int(readers)) for ups, readers in re.findall(r"<span>(\d+) of (\d+)</span>", html)]


class TestBox:
    def test_three_that_both_rate_best_and_two_that_split_most(self, client: Client, camps: Camps) -> None:
        box = box_of(client, camps)
        listed = shown(box)
        assert [words.split()[0] for words in listed[:3]] == ["liked"] * 3
        assert [words.split()[0] in {"left", "right"} for words in listed[3:]] == [True, True]
        best = Comment.objects.filter(thread=camps.thread).order_by("-common_ground", "pk")[:3]
        assert [words.replace("Words that are ", "") for words in best.values_list("plain", flat=True)] == listed[:3]
        for address in re.findall(r'voice-words quiet" href="([^"]+)"', box):
            assert client.get(address)["Location"].startswith(camps.thread.story.url)
        assert box.count("<svg xmlns") >= 1
        assert 'style="' not in box

    def test_the_figures_are_those_of_readers_who_clearly_belong_to_a_camp(self, client: Client, camps: Camps) -> None:
        told = figures(box_of(client, camps))
        assert len(told) == 5 * 2
        assert all(LEAST_GROUP <= readers <= 20 and ups <= readers for ups, readers in told)
        assert all(ups > readers / 2 for ups, readers in told[:6])
        for one, other in zip(told[6::2], told[7::2], strict=True):
            assert (one[0] > one[1] / 2) != (other[0] > other[1] / 2)

    def test_camps_are_known_by_what_they_agree_with(self, client: Client, camps: Camps) -> None:
        html = unescape(box_of(client, camps))
        names = re.findall(r"<b>(\d+)</b> readers who tend to agree with <a [^>]*>Words that are (\w+) \d", html)
        assert sorted(kind for _readers, kind in names) == ["left", "right"]
        assert all(LEAST_GROUP <= int(readers) <= 20 for readers, _kind in names)

    def test_it_stands_before_the_discussion_and_once(self, client: Client, camps: Camps) -> None:
        html = client.get(camps.thread.story.url).content.decode()
        assert html.count('<aside class="ground') == 1
        assert html.index('<aside class="ground') < html.index('id="comments"')

    def test_what_changes_elsewhere_leaves_it_as_it_was(self, camps: Camps) -> None:
        def made() -> bytes:
            visit = page.visit(camps.thread.story_id, None, Choice())
            assert visit is not None
            return box(visit)

        first = made()
        changed(camps.comments["poor"][0])
        assert made() is first
        Comment.objects.filter(pk=camps.comments["poor"][0].pk).update(plain="Other words")
        Comment.objects.filter(thread=camps.thread, plain__contains="liked").update(plain="Other words")
        changed(camps.comments["liked"][0])
        assert made() != first

    def test_there_is_none_without_camps_or_votes(self, client: Client) -> None:
        thread, now = a_thread(), timezone.now()
        for _ in range(8):
            comment = a_comment(thread)
            Vote.objects.bulk_create(
                [Vote(comment=comment, reader=a_reader(), value=1, changed_at=now) for _ in range(3)]
            )
        actions.refit(now=now)
        actions.draw_maps(now=now)
        html = client.get(thread.story.url).content.decode()
        assert 'class="ground' not in html
        assert "side" not in re.sub(r"<head>.*?</head>", "", html, flags=re.DOTALL).split('id="comments"')[1]
        html = client.get(f"/story/{thread.story_id}/common-ground/").content.decode()
        assert "There is nothing to show here yet" in html
        assert "<table" not in html


class TestWhatMayBeSeen:
    @pytest.mark.parametrize("state", [CommentState.REMOVED, CommentState.HELD])
    @pytest.mark.parametrize("address", ["story", "own page"])
    def test_what_a_moderator_takes_away_is_gone_with_the_next_version(
        self, client: Client, camps: Camps, state: str, address: str
    ) -> None:
        def listed() -> list[str]:
            if address == "story":
                return shown(box_of(client, camps))
            return shown(client.get(page_of(camps)).content.decode())

        before = listed()
        moderator = a_reader(role=Role.MODERATOR)
        gone = Comment.objects.get(plain=f"Words that are {before[0]}")
        comment_actions.set_comment_state(actor=moderator, comment=gone, state=state)
        after = listed()
        assert before[0] not in after
        # The next one has moved up.
        assert after[:2] == before[1:3]
        assert len(after) == len(before) if address == "story" else len(after) == len(before) - 1

    def test_what_its_author_withdraws_is_gone(self, client: Client, camps: Camps) -> None:
        first = Comment.objects.get(plain=f"Words that are {shown(box_of(client, camps))[0]}")
        assert first.author is not None
        comment_actions.withdraw_comment(actor=first.author, comment=first)
        assert first.plain not in client.get(camps.thread.story.url).content.decode()
        assert first.plain not in client.get(page_of(camps)).content.decode()

    def test_a_section_that_shows_the_net_tells_no_figures(self, client: Client, camps: Camps) -> None:
        SectionPage.objects.update(vote_display="net")
        new_edition()
        for html in (box_of(client, camps), client.get(page_of(camps)).content.decode()):
            assert len(shown(html)) >= 5
            assert figures(html) == []
            assert 'class="share"' not in html

    def test_a_section_that_hides_votes_at_first_shows_nothing_until_then(self, client: Client, camps: Camps) -> None:
        SectionPage.objects.update(vote_display="hidden", votes_hidden_hours=24)
        new_edition()
        assert box_of(client, camps) == ""
        assert shown(client.get(page_of(camps)).content.decode()) == []
        shared = pages.shared(client.get(page_of(camps)))
        assert shared is not None
        assert shared.lasts <= timedelta(hours=24)
        Comment.objects.filter(thread=camps.thread).update(created_at=timezone.now() - timedelta(hours=25))
        places.forget()
        assert len(shown(box_of(client, camps))) == 5

    def test_whom_a_reader_has_muted_is_not_quoted_to_them(self, client: Client, camps: Camps) -> None:
        muted = Comment.objects.get(plain=f"Words that are {shown(box_of(client, camps))[0]}")
        other = a_reader()
        Comment.objects.filter(pk=muted.pk).update(author=other)
        changed(muted)
        reader = a_reader()
        Mute.objects.create(reader=reader, muted=other)
        own = Client()
        own.force_login(reader)
        assert muted.plain not in box_of(own, camps)
        assert muted.plain not in own.get(page_of(camps)).content.decode()
        assert muted.plain in box_of(client, camps)

    def test_words_are_printed_as_text(self, client: Client, camps: Camps) -> None:
        Comment.objects.filter(thread=camps.thread).update(plain="<script>alert(1)</script> [title] {{ x }}")
        box = box_of(client, camps)
        assert "&lt;script&gt;alert(1)&lt;/script&gt; [title] {{ x }}" in box
        assert "<script" not in box


class TestOwnPage:
    def test_it_is_kept_for_everybody_by_the_version_of_the_thread(self, client: Client, camps: Camps) -> None:
        response = client.get(page_of(camps))
        shared = pages.shared(response)
        assert shared is not None
        camps.thread.refresh_from_db()
        assert shared.tags == {f"thread:{camps.thread.pk}": camps.thread.version}
        html = response.content.decode()
        assert camps.thread.story.title in html
        assert f'href="{camps.thread.story.url}#comments"' in html

    def test_the_table_says_what_the_map_shows_and_no_group_is_small(self, client: Client, camps: Camps) -> None:
        html = client.get(page_of(camps)).content.decode()
        rows = re.findall(r"Side (\d)</span>\s*</th>\s*<td>(-?[\d.]+)</td>\s*<td>(\d+)</td>", html)
        assert len(rows) == len(re.findall(r"<rect x=", html)) > 1
        assert all(int(readers) >= LEAST_GROUP for _side, _x, readers in rows)
        assert sum(int(readers) for _side, _x, readers in rows) == 40
        assert {side for side, _x, _readers in rows} == {"1", "2"}

    def test_a_story_nobody_has_spoken_about(self, client: Client) -> None:
        story = a_story()
        html = client.get(f"/story/{story.pk}/common-ground/").content.decode()
        assert "Nobody has said anything about this story yet" in html

    def test_there_is_none_of_a_story_that_is_not_there(self, client: Client) -> None:
        story = a_story(live=False)
        assert client.get(f"/story/{story.pk}/common-ground/").status_code == 404
        assert client.get("/story/987654/common-ground/").status_code == 404

    def test_a_story_for_members_only_is_theirs_here_too(self, client: Client, camps: Camps) -> None:
        login = PageViewRestriction.LOGIN
        PageViewRestriction.objects.create(page=camps.thread.story, restriction_type=login)
        assert client.get(page_of(camps)).status_code == 404
        client.force_login(a_reader())
        response = client.get(page_of(camps))
        assert response.status_code == 200
        assert pages.shared(response) is None

    @pytest.mark.parametrize("role", ["", Role.READER])
    def test_a_fixed_number_of_queries(self, client: Client, camps: Camps, role: str) -> None:
        if role:
            client.force_login(a_reader(role=role))

        def counted() -> list[int]:
            places.forget()
            numbers = []
            for address in (page_of(camps), camps.thread.story.url):
                with CaptureQueriesContext(connection) as captured:
                    assert client.get(address).status_code == 200
                numbers.append(len(captured))
            return numbers

        # Once before: what is read once a minute is not these pages' own.
        client.get(page_of(camps))
        client.get(camps.thread.story.url)
        content = OpinionMap.objects.get().content
        comments = content["comments"]
        OpinionMap.objects.update(content=content | {"comments": comments[:1]})
        with_one = counted()
        OpinionMap.objects.update(content=content | {"comments": [c.pk for c in camps.every_comment()]})
        assert counted() == with_one


class TestOwnPlace:
    def asked(self, reader: Reader | None, camps: Camps) -> str:
        client = Client()
        if reader is not None:
            client.force_login(reader)
        response = client.get(page_of(camps, "?me=1"))
        assert pages.shared(response) is None
        assert "no-store" in response["Cache-Control"]
        return response.content.decode()

    def test_a_reader_sees_their_own_dot_and_only_when_they_ask(self, camps: Camps) -> None:
        client = Client()
        client.force_login(camps.left[0])
        assert 'class="map-own"' not in client.get(page_of(camps)).content.decode()
        places_of_dots = []
        for reader in (camps.left[0], camps.right[0]):
            html = self.asked(reader, camps)
            assert "The ring with the dot is you" in html
            (dot,) = re.findall(r'<g class="map-own"><circle cx="([\d.]+)"', html)
            places_of_dots.append(float(dot))
        assert abs(places_of_dots[0] - places_of_dots[1]) > 100

    def test_who_has_opted_out_has_none(self, camps: Camps) -> None:
        Reader.objects.filter(pk=camps.left[0].pk).update(is_modelled=False)
        html = self.asked(camps.left[0], camps)
        assert "You have asked us not to work out where you stand" in html
        assert "map-own" not in html

    def test_who_has_hardly_voted_is_told_how_many_more(self, camps: Camps) -> None:
        reader = a_reader()
        html = self.asked(reader, camps)
        assert "with 5 more votes you could see" in html
        assert "map-own" not in html
        comments = camps.every_comment()
        Vote.objects.bulk_create([Vote(comment=comment, reader=reader, value=1) for comment in comments[:4]])
        assert "with 1 more vote you could see" in self.asked(reader, camps)

    def test_who_came_after_the_last_run_has_one_too(self, camps: Camps) -> None:
        reader = a_reader()
        liked = [*camps.comments["liked"], *camps.comments["left"]]
        Vote.objects.bulk_create([Vote(comment=comment, reader=reader, value=1) for comment in liked])
        assert "We cannot say yet where you stand" in self.asked(reader, camps)
        changed(liked[0])
        actions.draw_maps(now=timezone.now() + REST)
        assert "The ring with the dot is you" in self.asked(reader, camps)

    def test_who_serves_pages_loads_no_model(self, camps: Camps, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queries, "model_of", None)
        assert "The ring with the dot is you" in self.asked(camps.left[0], camps)

    def test_somebody_who_is_not_logged_in_is_shown_the_way(self, camps: Camps) -> None:
        html = self.asked(None, camps)
        assert f"/account/login/?next=/story/{camps.thread.story_id}/common-ground/%3Fme%3D1" in html
