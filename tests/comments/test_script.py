"""What every reader downloads for the discussion, and what no page may hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

import kakehashi
from kakehashi.comments.models import CommentState, Thread
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage
from tests.factories import a_comment

SCRIPT = Path(kakehashi.__file__).parent / "static" / "kakehashi" / "discussion.js"


def test_the_script_is_small() -> None:
    assert SCRIPT.stat().st_size <= 4096


@pytest.mark.parametrize("role", ["nobody", "reader", "moderator"])
def test_no_page_holds_inline_script_or_style(
    client: Client, story: StoryPage, thread: Thread, ana: Reader, moderator: Reader, role: str
) -> None:
    mine = a_comment(thread, author=ana)
    a_comment(parent=mine, state=CommentState.HELD)
    if role != "nobody":
        client.force_login(moderator if role == "moderator" else ana)
    pages = [story.url, f"/story/{story.pk}/comment/", f"/comment/{mine.pk}/edit/", f"/comment/{mine.pk}/withdraw/"]
    for page in pages:
        html = client.get(page, follow=True).content.decode()
        assert not re.search(r"<[^>]*\s(on\w+|style)\s*=", html)
        assert "<style" not in html
        assert "javascript:" not in html
        inline = re.findall(r"<script(?![^>]*\ssrc=)([^>]*)>", html)
        assert [attributes for attributes in inline if 'json"' not in attributes] == []
