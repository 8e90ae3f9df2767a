"""What the discussion does when a reader takes the data along or leaves; readers.actions calls it by its setting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from kakehashi.comments.actions import counting, naming
from kakehashi.comments.models import Comment, CommentState, Mention, Revision, Vote
from kakehashi.readers.models import Reader

BATCH = 500


def export_discussion(*, reader: Reader) -> dict[str, Any]:
    """All that the reader wrote and voted, as plain values for JSON, batch by batch: 2 queries for each 500 comments, 1
    for each 500 votes."""
    return {"comments": _comments(reader), "votes": _votes(reader)}


def _comments(reader: Reader) -> Iterator[dict[str, Any]]:
    written = Comment.objects.filter(author=reader).select_related("thread__story").order_by("pk")
    last = 0
    while batch := list(written.filter(pk__gt=last)[:BATCH]):
        earlier: dict[int, list[str]] = {}
        for revision in Revision.objects.filter(comment__in=batch).order_by("replaced_at", "pk"):
            earlier.setdefault(revision.comment_id, []).append(revision.source)
        for comment in batch:
            yield {
                "id": comment.pk,
                "story": comment.thread.story.title,
                "written_at": comment.created_at.isoformat(),
                "edited_at": comment.edited_at.isoformat() if comment.edited_at else None,
                "state": comment.state,
                "text": comment.source,
                "earlier_texts": earlier.get(comment.pk, []),
                "votes": {"net": comment.net, "up": comment.total_up, "down": comment.total_down},
            }
        if len(batch) < BATCH:
            return
        last = batch[-1].pk


def _votes(reader: Reader) -> Iterator[dict[str, Any]]:
    columns = ("pk", "comment_id", "value", "changed_at", "is_discounted")
    cast = Vote.objects.filter(reader=reader).order_by("pk").values_list(*columns)
    last = 0
    while batch := list(cast.filter(pk__gt=last)[:BATCH]):
        for _pk, comment, value, at, is_discounted in batch:
            yield {"comment": comment, "value": value, "at": at.isoformat(), "is_discounted": is_discounted}
        if len(batch) < BATCH:
            return
        last = batch[-1][0]


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
