"""Votes through their addresses, without and with htmx."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from kakehashi.comments.models import CommentState, Thread, Vote
from kakehashi.readers.models import Reader
from tests.factories import a_comment

HTMX = {"HX-Request": "true"}


class TestVoting:
    def test_without_htmx_it_leads_back_to_the_comment(self, client: Client, thread: Thread, ana: Reader) -> None:
        comment = a_comment(thread)
        client.force_login(ana)
        response = client.post(f"/comment/{comment.pk}/vote/", {"value": "1"})
        assert response["Location"] == f"/comment/{comment.pk}/"
        assert client.get(response["Location"])["Location"] == f"{thread.story.url}#c-{comment.pk}"
        assert Vote.objects.get().value == 1

    def test_with_htmx_the_score_comes_back(self, client: Client, thread: Thread, ana: Reader) -> None:
        comment = a_comment(thread)
        client.force_login(ana)
        response = client.post(f"/comment/{comment.pk}/vote/", {"value": "-1"}, headers=HTMX)
        html = response.content.decode()
        assert response["HX-Retarget"] == f"#v-{comment.pk}"
        assert html.strip().startswith(f'<span id="v-{comment.pk}"')
        assert '<span class="score">-1 ( +0 / -1 )</span>' in html
        assert 'value="0" class="down" aria-pressed="true"' in html
        assert json.loads(response["HX-Trigger"]) == {"say": "You rated this comment down. -1 ( +0 / -1 )"}
        client.post(f"/comment/{comment.pk}/vote/", {"value": "0"}, headers=HTMX)
        assert Vote.objects.get().value == 0

    @pytest.mark.parametrize("value", ["7", "", "up", "1.0", "--1", "+1", "９"])
    def test_a_vote_of_seven(self, client: Client, thread: Thread, ana: Reader, value: str) -> None:
        comment = a_comment(thread)
        client.force_login(ana)
        response = client.post(f"/comment/{comment.pk}/vote/", {"value": value})
        assert response.status_code == 422
        assert "A vote is +1, −1 or 0." in response.content.decode()
        assert not Vote.objects.exists()

    def test_on_ones_own_comment(self, client: Client, thread: Thread, ana: Reader) -> None:
        comment = a_comment(thread, author=ana)
        client.force_login(ana)
        response = client.post(f"/comment/{comment.pk}/vote/", {"value": "1"})
        assert response.status_code == 403
        assert "your own comment" in response.content.decode()

    def test_anonymous_is_sent_to_log_in(self, client: Client, thread: Thread) -> None:
        comment = a_comment(thread)
        response = client.post(f"/comment/{comment.pk}/vote/", {"value": "1"})
        assert response["Location"] == f"/account/login/?next=/comment/{comment.pk}/"

    def test_only_by_post_and_with_token(self, thread: Thread, ana: Reader) -> None:
        comment = a_comment(thread)
        client = Client(enforce_csrf_checks=True)
        client.force_login(ana)
        assert client.get(f"/comment/{comment.pk}/vote/").status_code == 405
        assert client.post(f"/comment/{comment.pk}/vote/", {"value": "1"}).status_code == 403
        assert not Vote.objects.exists()

    def test_on_a_held_comment_of_somebody_else(self, client: Client, thread: Thread, ana: Reader) -> None:
        comment = a_comment(thread, state=CommentState.HELD)
        client.force_login(ana)
        assert client.post(f"/comment/{comment.pk}/vote/", {"value": "1"}).status_code == 404
