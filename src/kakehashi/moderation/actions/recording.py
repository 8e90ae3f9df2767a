"""What all decisions share: who may, whether a ground is named, and the row itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from kakehashi.comments.actions.threads import section_of
from kakehashi.comments.models import Comment, Thread
from kakehashi.lib.errors import Invalid, NotAllowed, NotFound
from kakehashi.moderation import queries, rules
from kakehashi.moderation.grounds import By, Ground, Machine
from kakehashi.moderation.models import GROUNDED, Decision
from kakehashi.readers.models import Reader

LONGEST_EXPLANATION = 2000
LONGEST_FACTS = 4000
LONGEST_LAW = 200


def require_staff(actor: By, thread_id: int | None = None) -> None:
    """Raise `NotFound` for whoever may not decide in that discussion; None: on what belongs to no discussion.

    1 query for a moderator of some sections, none for others.
    """
    if not isinstance(actor, Reader):
        return
    is_whole = rules.can_decide_everywhere(actor)
    if not is_whole and (thread_id is None or not rules.can_decide_on(actor, section_of(thread_id, actor))):
        raise NotFound(_("There is nothing here."))


def require_somebody_else(actor: By, author_id: int | None) -> None:
    """Raise `NotAllowed` where a moderator would let their own comment stand and a colleague could decide on it.

    1 query for a comment of one's own, none for others.
    """
    if isinstance(actor, Reader) and actor.pk == author_id and queries.moderators_besides(actor):
        raise NotAllowed(_("This is your own comment: somebody else on the staff decides on it."), code="own")


def require_ground(action: str, ground: Ground) -> None:
    """Raise `Invalid` where a restriction names neither rule nor law, says nothing of why a law is broken (DSA Art. 17(3)(d); a
    rule has words of its own), or its words are too long."""
    if action in GROUNDED and not ground.is_named:
        raise Invalid(_("Please choose the rule that is broken, or name the law."), code="no-ground")
    if action in GROUNDED and ground.rule is None and not ground.explanation.strip():
        raise Invalid(_("Please say why this is against the law: whoever wrote it reads that."), code="no-explanation")
    if ground.rule is not None and not ground.rule.is_in_force:
        raise Invalid(_("This rule is no longer in force. Please choose another one."), code="old-rule")
    require_fitting(ground.explanation, LONGEST_EXPLANATION)
    require_fitting(ground.facts, LONGEST_FACTS)
    require_fitting(ground.law, LONGEST_LAW)


def typed(words: str) -> str:
    """What somebody typed into a form, as it is kept."""
    return words.replace("\r\n", "\n").replace("\x00", "").strip()


def require_fitting(words: str, longest: int) -> None:
    """Raise `Invalid` where there are more characters than that."""
    if len(words) > longest:
        raise Invalid(
            _("Your words have %(n)s characters; at most %(max)s fit. Please shorten them.")
            % {"n": f"{len(words):,}", "max": f"{longest:,}"},
            code="too-long",
        )


def record(action: str, by: By, ground: Ground, *, now: datetime, **facts: Any) -> Decision:
    """Write the row (`record_of`); the caller holds the transaction and has asked who may."""
    made = record_of(action, by, ground, now=now, **facts)
    made.save(force_insert=True)
    return made


def record_of(
    action: str,
    by: By,
    ground: Ground,
    *,
    now: datetime,
    reader: Reader | None = None,
    reader_id: int | None = None,
    comment: Comment | None = None,
    thread: Thread | None = None,
    revision: int = 0,
    state_before: str = "",
    until: datetime | None = None,
    undoes: Decision | None = None,
    is_slip: bool = False,
    batch: UUID | None = None,
) -> Decision:
    """The row, yet to be written."""
    machine = by if isinstance(by, Machine) else None
    return Decision(
        action=action,
        decided_at=now,
        actor=by if isinstance(by, Reader) else None,
        is_automated=machine is not None,
        check_name=machine.check_name if machine else "",
        model_version=machine.model_version if machine else "",
        is_found_by_machine=ground.is_found_by_machine or machine is not None,
        reader_id=reader.pk if reader is not None else reader_id,
        comment=comment,
        thread=thread,
        revision=revision,
        state_before=state_before,
        rule=ground.rule,
        law=ground.law.strip(),
        explanation=ground.explanation.strip(),
        facts=ground.facts.strip(),
        origin=ground.origin,
        until=until,
        undoes=undoes,
        is_slip=is_slip,
        batch=batch,
    )
