"""The discussion on the story page, and the addresses that lead into it."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from kakehashi.comments import actions
from kakehashi.comments.models import Comment, CommentState, Thread
from kakehashi.readers.models import Mute, Reader
from kakehashi.stories.models import StoryPage
from tests.factories import a_comment, a_reader, a_section, a_story, a_thread, a_vote


def articles(html: str) -> dict[int, str]:
    """The HTML of each comment by its id."""
    return {
        int(pk): f'<article id="c-{pk}"{rest}</article>'
        for pk, rest in re.findall(r'<article id="c-(\d+)"(.*?)</article>', html, re.DOTALL)
    }


def get(client: Client, address: str) -> str:
    """The page, each run of spaces and line ends between two attributes as one space."""
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r'(?<=")\s+(?=[\w-]+=")', " ", response.content.decode())


class TestAnonymousPage:
    def test_comment_is_an_h_entry(self, client: Client, story: StoryPage, thread: Thread, ana: Reader) -> None:
        first = a_comment(thread, author=ana, up=3, down=1)
        answer = a_comment(parent=first, author=a_reader("Bo <b>"))
        html = articles(get(client, story.url))
        for part in (
            'class="comment h-entry"',
            '<a class="p-author h-card" href="/member/Ana%20Lindqvist/">Ana Lindqvist</a>',
            f'<a class="u-url" href="/comment/{first.pk}/"><time class="dt-published" datetime="',
            '<div class="e-content"><p>A fair point, plainly made.</p></div>',
            '<span class="score">2 ( +3 / -1 )</span>',
        ):
            assert part in html[first.pk]
        assert f'<a class="u-in-reply-to" href="#c-{first.pk}">in answer to Ana Lindqvist</a>' in html[answer.pk]
        assert "Bo &lt;b&gt;" in html[answer.pk]

    def test_it_leads_to_log_in_and_back_and_offers_no_buttons(
        self, client: Client, story: StoryPage, thread: Thread
    ) -> None:
        a_comment(thread)
        html = get(client, story.url)
        assert f'href="/account/login/?next={story.url}%23reply">Log in to comment</a>' in html
        assert "<form" not in html[html.index('id="comments"') : html.index('class="site-footer"')]
        assert "formaction" not in html

    def test_around_each_text_stand_at_most_500_bytes(self, client: Client, story: StoryPage, thread: Thread) -> None:
        first = a_comment(thread, author=a_reader("P. Smith"), up=12, down=10)
        for n in range(10):
            a_comment(parent=first, author=a_reader(f"Englisc Aspyrgend {n}"), up=1234, down=567)
        html = get(client, story.url)
        start, end = html.index('<article id="c-'), html.rindex("</article>")
        around = len(html[start:end].encode()) - sum(len(c.html.encode()) for c in Comment.objects.all())
        assert around / 11 <= 500

    def test_counts_are_linked(self, client: Client, story: StoryPage, thread: Thread, ana: Reader) -> None:
        assert "0 Comments" in get(client, story.url)
        actions.post_comment(author=ana, story=story, source="One")
        html = get(client, story.url)
        assert f'<a class="comment-count" href="{story.url}#comments">1 Comment</a>' in html
        assert '<h2 id="comments-title">1 Comment</h2>' in html

    def test_a_fixed_number_of_queries(self, client: Client, story: StoryPage, thread: Thread) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as captured:
                get(client, story.url)
            return len(captured)

        first = a_comment(thread)
        get(client, story.url)
        with_one = count()
        for _ in range(29):
            a_comment(parent=first)
        assert count() == with_one

    def test_a_closed_discussion_says_so(self, client: Client, story: StoryPage, thread: Thread) -> None:
        Thread.objects.update(state="closed")
        html = get(client, story.url)
        assert "This discussion is closed" in html
        assert "Log in to comment" not in html

    def test_a_closed_discussion_offers_nothing_that_it_refuses(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader
    ) -> None:
        comment = a_comment(thread, author=ana)
        client.force_login(ana)
        edit, withdraw = f"/comment/{comment.pk}/edit/", f"/comment/{comment.pk}/withdraw/"
        html = get(client, story.url)
        assert (edit in html, withdraw in html) == (True, True)
        Thread.objects.update(state="closed")
        html = get(client, story.url)
        assert (edit in html, withdraw in html, "#reply" in html) == (False, True, False)

    def test_removed_and_withdrawn_words_are_nowhere(self, client: Client, story: StoryPage, thread: Thread) -> None:
        for n, state in enumerate([CommentState.REMOVED, CommentState.WITHDRAWN, CommentState.HELD]):
            a_comment(thread, state=state, source=f"unspeakable{n}", author=a_reader(f"Shy {n}"))
        html = get(client, story.url)
        assert "unspeakable" not in html
        assert "Shy" not in html
        assert "A moderator has removed this comment." in html
        assert "Its author has withdrawn this comment." in html
        assert len(articles(html)) == 2

    def test_nested_comments_are_indented(self, client: Client, story: StoryPage, thread: Thread) -> None:
        first = a_comment(thread)
        answer = a_comment(parent=first)
        assert 'class="comment h-entry depth-1"' in articles(get(client, f"{story.url}?layout=nested"))[answer.pk]
        assert "depth-" not in get(client, story.url)


class TestMembersPage:
    def test_own_votes_are_pressed_and_a_second_press_takes_them_back(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader
    ) -> None:
        comment = a_comment(thread)
        a_vote(comment, 1, reader=ana)
        client.force_login(ana)
        html = articles(get(client, story.url))[comment.pk]
        assert re.search(r'value="0" class="up" aria-pressed="true"', html)
        assert re.search(r'value="-1" class="down" aria-pressed="false"', html)
        assert f'formaction="/comment/{comment.pk}/vote/"' in html

    def test_muted_members_are_folded_away(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader, bo: Reader
    ) -> None:
        comment = a_comment(thread, author=bo)
        Mute.objects.create(reader=ana, muted=bo)
        client.force_login(ana)
        assert '<details class="muted">' in articles(get(client, story.url))[comment.pk]

    def test_the_waiting_comment_is_shown_to_its_author(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader
    ) -> None:
        comment = a_comment(thread, author=ana, state=CommentState.HELD, source="Patience")
        client.force_login(ana)
        html = articles(get(client, story.url))[comment.pk]
        assert "Waits for a moderator" in html
        assert "Patience" in html

    def test_quote_and_answer_prefill_the_form(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader
    ) -> None:
        comment = a_comment(thread, source="Ferries <sink>\n\nsometimes", author=a_reader("Bo"))
        client.force_login(ana)
        html = get(client, f"{story.url}?quote={comment.pk}")
        assert "&gt; Ferries &lt;sink&gt;\n&gt;\n&gt; sometimes\n\n</textarea>" in html
        assert f'name="parent" id="comment-parent" value="{comment.pk}"' in html
        assert f'name="quote" id="comment-quote" value="{comment.pk}"' in html
        html = get(client, f"{story.url}?answer={comment.pk}")
        assert "In answer to Bo" in html
        assert 'id="comment-quote" value=""' in html

    @pytest.mark.parametrize("value", ["abc", "-1", "9" * 400, "999", "1e3", "٣"])
    def test_quoting_what_is_not_there(self, client: Client, story: StoryPage, ana: Reader, value: str) -> None:
        client.force_login(ana)
        assert 'id="comment-quote" value=""' in get(client, f"{story.url}?quote={value}")

    def test_a_held_comment_cannot_be_quoted_out(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader
    ) -> None:
        comment = a_comment(thread, state=CommentState.HELD, source="Secret for now")
        client.force_login(ana)
        assert "Secret for now" not in get(client, f"{story.url}?quote={comment.pk}")

    def test_a_moderator_gets_the_small_door(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader, moderator: Reader
    ) -> None:
        comment = a_comment(thread, state=CommentState.REMOVED, source="Why it went")
        client.force_login(ana)
        assert "/moderation/" not in get(client, story.url)
        client.force_login(moderator)
        html = get(client, story.url)
        assert "Why it went" in articles(html)[comment.pk]
        assert f'formaction="/moderation/comment/{comment.pk}/?was=removed" name="action" value="visible"' in html
        assert f'href="/moderation/story/{story.pk}/?state=closed"' in html
        assert f'href="/moderation/story/{story.pk}/?state=open"' not in html


class TestChoices:
    def test_order_and_layout_are_remembered_for_members(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader, now: datetime
    ) -> None:
        old, new = a_comment(thread, created_at=now - timedelta(hours=1)), a_comment(thread, created_at=now)
        client.force_login(ana)
        assert list(articles(get(client, story.url))) == [old.pk, new.pk]
        assert list(articles(get(client, f"{story.url}?order=newest&layout=nested"))) == [new.pk, old.pk]
        assert list(articles(get(client, story.url))) == [new.pk, old.pk]
        ana.refresh_from_db()
        assert (ana.comment_order, ana.comment_layout) == ("newest", "nested")
        client.logout()
        assert list(articles(get(client, story.url))) == [old.pk, new.pk]

    def test_an_unknown_order_is_the_usual_one(self, client: Client, story: StoryPage, thread: Thread) -> None:
        first, second = a_comment(thread), a_comment(thread)
        html = get(client, f"{story.url}?order=sideways&layout=%3Cscript%3E")
        assert list(articles(html)) == [first.pk, second.pk]
        assert f'<link rel="canonical" href="{story.full_url}">' in html

    @pytest.mark.parametrize(("word", "order"), [("latest", "newest"), ("popular", "popular"), ("oldest", "oldest")])
    def test_the_older_name_of_order_leads_to_the_new_one(
        self, client: Client, story: StoryPage, word: str, order: str
    ) -> None:
        response = client.get(f"{story.url}?comment-order={word}")
        expected = f"{story.url}#comments" if order == "oldest" else f"{story.url}?order={order}#comments"
        assert (response.status_code, response["Location"]) == (302, expected)

    @pytest.mark.usefixtures("pages_of_three")
    @pytest.mark.parametrize(
        ("page", "nearest"),
        [("-1", ""), ("0", ""), ("abc", ""), ("", ""), ("01", ""), ("9", "?page=2"), (str(10**9), "?page=2"),
         ("9" * 5000, "?page=2"), ("1.5", ""), ("٢", "")],
    )  # fmt: skip
    def test_a_page_that_is_not_there_leads_to_the_nearest(
        self, client: Client, story: StoryPage, thread: Thread, page: str, nearest: str
    ) -> None:
        author = a_reader()
        for _ in range(5):
            a_comment(thread, author=author)
        response = client.get(story.url, {"page": page})
        assert (response.status_code, response["Location"]) == (302, f"{story.url}{nearest}#comments")

    @pytest.mark.usefixtures("pages_of_three")
    def test_pages(self, client: Client, story: StoryPage, thread: Thread) -> None:
        author = a_reader()
        comments = [a_comment(thread, author=author) for _ in range(7)]
        html = get(client, f"{story.url}?page=2")
        assert list(articles(html)) == [comment.pk for comment in comments[3:6]]
        assert f'<a rel="prev" href="{story.url}#comments">' in html
        assert f'<a rel="next" href="{story.url}?page=3#comments">' in html

    def test_a_post_to_the_story_page_is_not_looked_at(self, client: Client, story: StoryPage) -> None:
        assert client.post(f"{story.url}?page=abc").status_code != 302


@pytest.mark.usefixtures("pages_of_three")
class TestAddresses:
    def test_a_comment_leads_to_its_place_in_the_viewers_order(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader, now: datetime
    ) -> None:
        comments = [a_comment(thread, author=ana, created_at=now - timedelta(hours=9 - n)) for n in range(7)]
        last = comments[-1]
        response = client.get(f"/comment/{last.pk}/")
        assert (response.status_code, response["Location"]) == (302, f"{story.url}?page=3#c-{last.pk}")
        response = client.get(f"/comment/{last.pk}/?order=newest")
        assert response["Location"] == f"{story.url}?order=newest#c-{last.pk}"
        Reader.objects.filter(pk=ana.pk).update(comment_order="newest")
        client.force_login(ana)
        response = client.get(f"/comment/{comments[0].pk}/")
        assert response["Location"] == f"{story.url}?page=3#c-{comments[0].pk}"
        assert f'id="c-{comments[0].pk}"' in get(client, response["Location"])

    def test_it_takes_three_queries_where_the_story_is_known(
        self, client: Client, story: StoryPage, thread: Thread
    ) -> None:
        comment = a_comment(thread)
        client.get(story.url)
        for _ in range(10):
            a_comment(parent=comment)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/comment/{comment.pk}/?layout=nested")
        assert len(captured) == 3

    def test_absent_and_forbidden_are_the_same(self, client: Client, thread: Thread, ana: Reader) -> None:
        held = a_comment(thread, author=ana, state=CommentState.HELD)
        unpublished = a_comment(a_thread(a_story(live=False)))
        addresses = [f"/comment/{pk}/" for pk in (held.pk, unpublished.pk, 987_654)]
        pages = [client.get(address) for address in addresses]
        assert [page.status_code for page in pages] == [404] * 3
        assert client.get(f"/comment/{10**30}/").status_code == 404
        # The way to log in and back names the address itself.
        contents = zip(pages, addresses, strict=True)
        assert len({page.content.replace(address.encode(), b"") for page, address in contents}) == 1
        client.force_login(ana)
        assert client.get(f"/comment/{held.pk}/").status_code == 302


class TestStructuredData:
    def data(self, client: Client, story: StoryPage) -> dict[str, object]:
        html = get(client, story.url)
        [script] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
        found: dict[str, object] = json.loads(script)
        return found

    def test_story_and_comments(self, client: Client, story: StoryPage, thread: Thread, settings: Settings) -> None:
        ana = a_reader("Ana")
        comment = actions.import_comment(
            thread=thread,
            source="Well & <good>",
            created_at=story.published_at,
            author=ana,
            archived=actions.Totals(0, 2, 2),
        )
        a_comment(thread, state=CommentState.REMOVED)
        data = self.data(client, story)
        assert data["@type"] == "NewsArticle"
        assert data["headline"] == story.title
        assert data["commentCount"] == 1
        address = f"{settings.BASE_URL}/comment/{comment.pk}/"
        assert data["comment"] == [
            {
                "@type": "Comment",
                "@id": address,
                "url": address,
                "author": {"@type": "Person", "name": "Ana", "url": f"{settings.BASE_URL}/member/Ana/"},
                "dateCreated": comment.created_at.isoformat(),
                "text": "Well & <good>",
                "upvoteCount": 2,
                "downvoteCount": 2,
            }
        ]

    @pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028 & ]]>"])
    def test_no_text_breaks_out(self, client: Client, story: StoryPage, thread: Thread, text: str) -> None:
        comment = a_comment(thread, source=text)
        [entry] = self.data(client, story)["comment"]  # type: ignore[misc]
        assert entry["text"] == comment.plain
        parser = Scripts()
        parser.feed(get(client, story.url))
        assert all(script.strip() == "" or script.startswith("{") for script in parser.found)

    def test_hidden_scores_are_hidden_from_machines(self, client: Client, db: None) -> None:
        story = a_story(section=a_section("Quiet", vote_display="hidden", votes_hidden_hours=6))
        a_comment(a_thread(story), up=3)
        [entry] = self.data(client, story)["comment"]  # type: ignore[misc]
        assert "upvoteCount" not in entry


class Scripts(HTMLParser):
    """Collects what a browser would take for the contents of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.inside = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found.append(data)


def test_a_list_of_stories_counts_once(rf: RequestFactory, db: None) -> None:
    stories = [a_thread(comment_count=n).story for n in range(5)]
    template = Template(
        "{% load comments %}{% comment_counts stories %}"
        "{% for story in stories %}{% comment_count story %} {% comment_link story %} {% endfor %}"
    )
    with CaptureQueriesContext(connection) as captured:
        html = template.render(Context({"request": rf.get("/"), "stories": stories}))
    assert len(captured) == 1
    assert '3 <a class="comment-count"' in html


def test_a_members_page_lists_where_they_posted(client: Client, ana: Reader, story: StoryPage) -> None:
    comment = a_comment(actions.thread_for(story), author=ana, source="Seen **here**")
    html = get(client, ana.get_absolute_url())
    assert f'Posted in: <a href="{story.url}">{story.title}</a>' in html
    assert f'href="/comment/{comment.pk}/" aria-label="See in context: {story.title}">See in context</a>' in html
    assert "Seen <strong>here</strong>" in html
    assert "Bo has not commented yet." in get(client, a_reader("Bo").get_absolute_url())
