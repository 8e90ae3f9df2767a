"""What the discussion does when a reader takes the data along or leaves; readers.actions calls it by its setting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from kakehashi.comments.actions import counting, naming
from kakehashi.comments.models import Comment, CommentState, Mention, Revision, Vote
from kakehashi.readers.models import Reader


def export_discussion(*, reader: Reader) -> dict[str, Any]:
    """All that the reader wrote and voted, as plain values for JSON; 4 queries."""
    comments = Comment.objects.filter(author=reader).select_related("thread__story").order_by("created_at", "pk")
    earlier: dict[int, list[str]] = {}
    for revision in Revision.objects.filter(comment__author=reader).order_by("replaced_at", "pk"):
        earlier.setdefault(revision.comment_id, []).append(revision.source)
    votes = Vote.objects.filter(reader=reader).order_by("changed_at", "pk")
    return {
        "comments": [
            {
                "id": comment.pk,
                "story": comment.thread.story.title,
                "written_at": comment.created_at.isoformat(),
                "edited_at": comment.edited_at.isoformat() if comment.edited_at else None,
                "state": comment.state,
                "text": comment.source,
                "earlier_texts": earlier.get(comment.pk, []),
                "votes": {"net": comment.net, "up": comment.total_up, "down": comment.total_down},
            }
            for comment in comments
        ],
        "votes": [
            {"comment": comment, "value": value, "at": at.isoformat()}
            for comment, value, at in votes.values_list("comment_id", "value", "changed_at")
        ],
    }


@transaction.atomic
def part_from(*, reader: Reader, withdraw: bool, now: datetime) -> None:
    """Take the leaving reader's name off their comments; with `withdraw`, take the comments back too.

    What a moderator removed stays removed. Every thread they wrote in is shown anew. Votes stay: there is no name on
    them.
    """
    naming.hold_threads(reader)
    written = Comment.objects.filter(author=reader)
    if withdraw:
        counting.take_off(reader.pk)
        written.exclude(state=CommentState.REMOVED).update(state=CommentState.WITHDRAWN, state_changed_at=now)
        counting.find_last(reader.pk)
    written.update(author_name="")
    counting.mark_written(reader.pk)
    Mention.objects.filter(reader=reader).delete()
