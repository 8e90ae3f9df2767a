"""Keeping true what the gate goes by: whether a member is new, known, or to be read first for now (Reader.standing)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Q

from kakehashi.comments.actions.threads import newsroom
from kakehashi.comments.models import Comment, CommentState
from kakehashi.moderation import rules
from kakehashi.readers.actions import set_standing
from kakehashi.readers.models import Reader, Standing

# What was decided since the worker's last look, and again what was decided a little before.
OVERLAP = timedelta(minutes=5)
# Of new members' comments that were published at once, so many are looked at.
LATEST = 200


def settle_standing(*, readers: Iterable[int], now: datetime) -> int:
    """Work the standing of these members out anew from their comments; how many have another one now. 1 query and one for
    each that changes."""
    needed = newsroom().first_comments_held or rules.KNOWN_AFTER
    lately = Q(comments__created_at__gt=now - rules.WATCHED_WITHIN)
    removed = Q(comments__state=CommentState.REMOVED)
    visible = Q(comments__state=CommentState.VISIBLE)
    counted = (
        Reader.objects.filter(pk__in=list(readers), erased_at=None)
        .annotate(
            published=Count("comments", filter=visible),
            written=Count("comments", filter=lately & (visible | removed)),
            removed=Count("comments", filter=lately & removed),
        )
        .values_list("pk", "standing", "published", "written", "removed")
    )
    changed = 0
    for pk, before, published, written, gone in counted:
        standing = rules.standing_of(before, published=published, needed=needed, written=written, removed=gone)
        if standing != before:
            changed += set_standing(reader_id=pk, standing=standing)
    return changed


def look_at_members(*, now: datetime) -> int:
    """Those about whose comments something was decided since the last look, and new ones whose comments were published at
    once. For the worker."""
    decided = Comment.objects.filter(state_changed_at__gte=now - OVERLAP, author__isnull=False)
    lately = Comment.objects.order_by("-pk")[:LATEST].values("pk")
    new = Comment.objects.filter(pk__in=lately, author__standing=Standing.NEW, state=CommentState.VISIBLE)
    found = {pk for rows in (decided, new) for pk in rows.values_list("author", flat=True).distinct()}
    return settle_standing(readers=found, now=now) if found else 0


def look_at_watched(*, now: datetime) -> int:
    """Those who are read first for now: after some days they need not be. For the worker."""
    return settle_standing(
        readers=Reader.objects.filter(standing=Standing.WATCHED).values_list("pk", flat=True), now=now
    )
