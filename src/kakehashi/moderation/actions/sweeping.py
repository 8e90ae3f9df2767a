"""One decision on many comments, as one batch, in a fixed number of statements however many they are.

Whoever calls says how many at once: threads are held until the transaction ends, and nobody posts there meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.actions import threads
from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib.errors import Invalid, NotFound
from kakehashi.moderation import queries, rules
from kakehashi.moderation.actions.recording import record_of, require_ground, require_somebody_else
from kakehashi.moderation.actions.settling import settle_many, unsettle_many
from kakehashi.moderation.actions.waiting import settle_waiting
from kakehashi.moderation.grounds import NO_GROUND, By, Ground
from kakehashi.moderation.models import ON_COMMENTS, Action, Decision, Waiting
from kakehashi.readers.models import Reader

SLICE = 100
ON_MANY = (Action.VISIBLE, Action.REMOVED)
# What everybody reads may be looked at and left so, which is a decision too.
LEFT_ALONE = {
    Action.VISIBLE: (CommentState.WITHDRAWN,),
    Action.REMOVED: (CommentState.WITHDRAWN, CommentState.REMOVED),
}


@transaction.atomic
def decide_many(
    *,
    actor: By,
    comments: Iterable[int],
    action: str,
    batch: UUID,
    ground: Ground = NO_GROUND,
    as_seen: datetime | None = None,
    now: datetime | None = None,
) -> list[Decision]:
    """Publish or remove these comments, each with a decision of its own; `undo_batch` takes all of them back.

    What is withdrawn or removed already is left alone; with `as_seen` (when somebody looked at them in the queue) also what
    waits no longer, waits anew, or was changed by its author since. Raises `NotFound` (not a moderator), `NotAllowed`
    (publishing one's own among them, where a colleague could) or `Invalid` (action, ground).
    """
    now, asked = now or timezone.now(), sorted(set(comments))
    _require_part(actor, asked)
    if action not in ON_MANY:
        raise Invalid(_("Many comments at once can be published or removed."), code="no-such-action")
    require_ground(action, ground)
    found = _held(asked)
    waits = _still_as_seen(asked, as_seen) if as_seen is not None else set(asked)
    chosen = [one for one in found if one.state not in LEFT_ALONE[Action(action)] and one.pk in waits]
    if action == Action.VISIBLE and isinstance(actor, Reader) and any(one.author_id == actor.pk for one in chosen):
        require_somebody_else(actor, actor.pk)
    ids = [one.pk for one in chosen]
    number = queries.number_to_tell(ground.rule) if action == Action.REMOVED else 0
    comment_actions.set_comment_states(comments=ids, state=action, rule_number=number, now=now)
    revisions = _revisions(ids)
    removals = queries.last_decisions([one.pk for one in chosen if one.state == CommentState.REMOVED])
    # Of what waited, each author is told whether a machine had found it.
    by_machine = queries.found_by_machine(ids) if as_seen is not None and action == Action.REMOVED else set()
    made = []
    for one in chosen:
        last = removals.get(one.pk)
        undoes = last if last is not None and last.action == Action.REMOVED else None
        why = replace(ground, is_found_by_machine=True) if one.pk in by_machine else ground
        made.append(
            record_of(
                action, actor, why, now=now, reader_id=one.author_id, comment=one, revision=revisions.get(one.pk, 0),
                state_before=one.state, undoes=undoes, batch=batch,
            )
        )  # fmt: skip
    Decision.objects.bulk_create(made)
    settle_many(made)
    # Whose claims on them are left alone: who decides from the queue holds a claim before the thread, so waiting for one here
    # would be waiting for each other. They end as their holders go on.
    settle_waiting(comments=ids, now=now)
    return made


def _require_part(actor: By, asked: Sequence[int]) -> None:
    """Raise `NotFound` where one of the comments is not the actor's to decide on; 1 query."""
    if not isinstance(actor, Reader) or rules.can_decide_everywhere(actor):
        return
    mine = queries.in_part_of(actor, "thread__story")
    if not rules.can_decide(actor) or Comment.objects.filter(mine, pk__in=asked).count() < len(asked):
        raise NotFound(_("There is nothing here."))


def _held(asked: Sequence[int]) -> list[Comment]:
    """The comments as they are, with their threads held."""
    threads.lock_all(Comment.objects.filter(pk__in=asked).values("thread"))
    found = Comment.objects.filter(pk__in=asked).only("thread_id", "author_id", "state")
    return list(found.order_by("thread_id", "pk"))


def _still_as_seen(asked: Sequence[int], at: datetime) -> set[int]:
    """Those of the comments, whose threads are held, that have waited since then with the same words; 1 query."""
    same = Q(comment__edited_at=None) | Q(comment__edited_at__lte=at)
    return set(Waiting.objects.filter(same, comment__in=asked, since__lte=at).values_list("pk", flat=True))


def _revisions(ids: Sequence[int]) -> dict[int, int]:
    found = Comment.objects.filter(pk__in=ids, revisions__isnull=False).order_by()
    return dict(found.values_list("pk").annotate(n=Count("revisions")))


def put_back_many(
    actor: Reader, decisions: Sequence[Decision], ground: Ground, now: datetime, *, is_slip: bool = False
) -> list[Decision]:
    """Take back such decisions on comments as `decide_many` makes, none of which undid another. What was withdrawn, undone or
    decided on since stays."""
    of = {one.comment_id: one for one in decisions if one.comment_id is not None}
    found = _held(list(of))
    effective = queries.all_in_effect(list(of))
    undone = set(Decision.objects.filter(undoes__in=decisions).values_list("undoes", flat=True))
    chosen = [
        one
        for one in found
        if one.state != CommentState.WITHDRAWN
        and of[one.pk].pk not in undone
        and all(pk <= of[one.pk].pk for pk in effective.get(one.pk, ()))
    ]
    revisions = _revisions([one.pk for one in chosen])
    for state in {rules.undoing_action(of[one.pk]) for one in chosen}:
        ids = [one.pk for one in chosen if rules.undoing_action(of[one.pk]) == state]
        comment_actions.set_comment_states(comments=ids, state=state, now=now)
    made = [
        record_of(
            rules.undoing_action(of[one.pk]), actor, ground, now=now, reader_id=of[one.pk].reader_id, comment=one,
            revision=revisions.get(one.pk, 0), state_before=one.state, undoes=of[one.pk], is_slip=is_slip,
            batch=of[one.pk].batch,
        )
        for one in chosen
    ]  # fmt: skip
    Decision.objects.bulk_create(made)
    unsettle_many([of[one.pk] for one in chosen], made)
    settle_waiting(comments=[one.pk for one in chosen], now=now)
    return made


def is_for_many(decision: Decision) -> bool:
    """Whether `put_back_many` can take it back."""
    on_comment = decision.action in ON_MANY and decision.comment_id is not None
    return on_comment and decision.undoes_id is None and decision.state_before in ON_COMMENTS


def slices(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), SLICE):
        yield ids[start : start + SLICE]
