"""Who may do what here, and what follows from a record. Pure: no query, no clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from kakehashi.moderation.models import ON_READERS_RESTRICTED, Action, Appeal, AppealState, Decision
from kakehashi.readers import rules as reader_rules
from kakehashi.readers.models import Reader

# Hours of a first suspension, a second one, and so on; the last is repeated.
PENALTY_STEPS = (24, 72, 168, 720)
# Suspensions longer ago count no more.
RECORD_LASTS = timedelta(days=365)
APPEAL_WITHIN = timedelta(days=183)
LONGEST_APPEAL = 2000
LONGEST_SUSPENSION = timedelta(days=366)


def can_decide(actor: Reader | None) -> bool:
    return actor is not None and actor.is_active and actor.is_moderator


def can_edit_policy(actor: Reader | None) -> bool:
    return actor is not None and actor.is_active and actor.is_editor


def can_enter(actor: Reader | None) -> bool:
    """The staff's rooms: moderators, and editors, who hear appeals where there is one moderator only."""
    return actor is not None and actor.is_active and (actor.is_moderator or actor.is_editor)


def can_restrict(actor: Reader, reader: Reader) -> bool:
    """Warn, suspend or ban."""
    return reader_rules.can_suspend(actor, reader)


def proposed_hours(suspensions: int) -> int:
    """The next penalty step of somebody who was suspended so often within RECORD_LASTS."""
    return PENALTY_STEPS[min(suspensions, len(PENALTY_STEPS) - 1)]


def appeal_until(decision: Decision) -> datetime:
    return decision.decided_at + APPEAL_WITHIN


def can_appeal(reader: Reader, decision: Decision, now: datetime) -> bool:
    """Whether the reader may still object; whether they have already, the caller knows."""
    return decision.reader_id == reader.pk and decision.is_restriction and now < appeal_until(decision)


def can_settle(actor: Reader | None, appeal: Appeal, *, other_moderators: int) -> bool:
    """Somebody else than who decided; an editor only where no other moderator is there. Nobody judges their own case."""
    if actor is None or not actor.is_active or appeal.state != AppealState.WAITING:
        return False
    if actor.pk in (appeal.decision.actor_id, appeal.reader_id):
        return False
    return actor.is_moderator or (actor.is_editor and other_moderators == 0)


def is_on_reader(decision: Decision) -> bool:
    """Whether the decision takes something from a person rather than from a comment."""
    return decision.action in ON_READERS_RESTRICTED


def can_undo(actor: Reader, decision: Decision) -> bool:
    """What was decided about a person, only by somebody who might decide it: nobody lifts their own ban."""
    if not is_on_reader(decision) and decision.action != Action.REINSTATED:
        return True
    return decision.reader is not None and can_restrict(actor, decision.reader)


def undoing_action(decision: Decision) -> str:
    """What a decision that takes this one back does."""
    if decision.action in ON_READERS_RESTRICTED:
        return Action.REINSTATED
    if decision.action == Action.REINSTATED:
        assert decision.undoes is not None
        return decision.undoes.action
    return Action.EDITED if decision.action == Action.EDITED else decision.state_before
