"""What machines read of a discussion: schema.org's Comment, inside the NewsArticle of the story."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from kakehashi.comments.articles import Look
from kakehashi.comments.models import CommentState
from kakehashi.comments.rows import Row
from kakehashi.lib.memo import Memo
from kakehashi.stories.models import VoteDisplay

# No closing tag, no comment and no line of old scripts can come about inside a JSON script.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}

_entries: Memo[tuple[int, bool], tuple[Row, bytes]] = Memo(10_000)


def written(data: dict[str, Any]) -> bytes:
    """JSON that no text can break out of where it stands in a script."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES).encode()


def script(article: bytes, *, count: int, address: str, comments: bytes) -> bytes:
    """The story as a NewsArticle with the comments shown. `article`: the story alone, as `written`."""
    more = written({"commentCount": count, "discussionUrl": address})
    return b'<script type="application/ld+json">%b,%b,"comment":[%b]}</script>' % (article[:-1], more[1:-1], comments)


def entry(row: Row, look: Look, now: datetime) -> bytes:
    """The comment, if everybody may read it, else nothing; its votes only where their split is shown."""
    if row.state != CommentState.VISIBLE:
        return b""
    since = look.shows_votes_from(row)
    has_votes = look.vote_display != VoteDisplay.NET and (since is None or now >= since)
    found = _entries.get((row.pk, has_votes))
    if found is None or found[0] is not row:
        found = row, written(_comment(row, has_votes=has_votes))
        _entries.put((row.pk, has_votes), found)
    return found[1]


def _comment(row: Row, *, has_votes: bool) -> dict[str, Any]:
    address = settings.BASE_URL + reverse("comment", args=[row.pk])
    # Kept for all languages: machines read the newspaper's own.
    with override(settings.LANGUAGE_CODE):
        author = {"@type": "Person", "name": row.writer or _("A reader")}
    if row.writer_has_page:
        author["url"] = settings.BASE_URL + reverse("member", args=[row.writer])
    data: dict[str, Any] = {
        "@type": "Comment",
        "@id": address,
        "url": address,
        "author": author,
        "dateCreated": row.created_at.isoformat(),
        "text": row.plain,
    }
    if row.edited_at is not None:
        data["dateModified"] = row.edited_at.isoformat()
    if row.parent is not None and row.parent.state != CommentState.HELD:
        data["parentItem"] = {"@type": "Comment", "@id": settings.BASE_URL + reverse("comment", args=[row.parent.pk])}
    if has_votes:
        data |= {"upvoteCount": row.up, "downvoteCount": row.down}
    return data


def forget() -> None:
    _entries.clear()
