"""What machines read of a discussion: schema.org's Comment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from kakehashi.comments.models import Comment, CommentState
from kakehashi.comments.shown import Discussion, Shown
from kakehashi.stories import schema
from kakehashi.stories.models import VoteDisplay


def article(discussion: Discussion, now: datetime) -> dict[str, Any]:
    """The story as a NewsArticle with the comments shown."""
    return schema.article(discussion.story, now, house=discussion.door.newsroom) | {
        "commentCount": discussion.count,
        "discussionUrl": f"{settings.BASE_URL}{discussion.story.get_absolute_url()}#comments",
        "comment": comment_schema(discussion.comments),
    }


def comment_schema(comments: Iterable[Shown]) -> list[dict[str, Any]]:
    """Those of the comments that everybody may read, as schema.org Comments; scores only where their split is shown."""
    return [_one(item) for item in comments if item.comment.state == CommentState.VISIBLE]


def _one(item: Shown) -> dict[str, Any]:
    comment = item.comment
    address = settings.BASE_URL + reverse("comment", args=[comment.pk])
    data: dict[str, Any] = {
        "@type": "Comment",
        "@id": address,
        "url": address,
        "author": _author(comment),
        "dateCreated": comment.created_at.isoformat(),
        "text": comment.plain,
    }
    if comment.edited_at is not None:
        data["dateModified"] = comment.edited_at.isoformat()
    if item.answers is not None:
        data["parentItem"] = {
            "@type": "Comment",
            "@id": settings.BASE_URL + reverse("comment", args=[comment.parent_id]),
        }
    if item.shows_votes and item.viewer.vote_display != VoteDisplay.NET:
        data |= {"upvoteCount": comment.total_up, "downvoteCount": comment.total_down}
    return data


def _author(comment: Comment) -> dict[str, str]:
    author = {"@type": "Person", "name": comment.writer}
    if comment.writer_url:
        author["url"] = settings.BASE_URL + comment.writer_url
    return author
