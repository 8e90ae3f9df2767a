"""The rules of the discussion: each edit makes a new version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kakehashi.lib.errors import Conflict, Invalid, NotAllowed
from kakehashi.moderation import default_policy, queries, rules
from kakehashi.moderation.models import Category, Decision, DefaultAction, PolicyVersion, Rule
from kakehashi.readers.models import Reader
from kakehashi.stories import actions as story_actions


@dataclass(frozen=True)
class RuleText:
    """One rule of a version to be. `number` 0: a new rule, which gets the next number that was never used."""

    title: str
    text: str
    examples: str = ""
    to_author: str = ""
    default_action: str = DefaultAction.REMOVED
    category: str = Category.OTHER_TERMS
    number: int = 0
    is_in_force: bool = True


@transaction.atomic
def publish_policy(
    *,
    actor: Reader | None,
    texts: Sequence[RuleText],
    preamble: str = "",
    changes: str = "",
    shows_rule: bool = True,
    now: datetime | None = None,
) -> PolicyVersion:
    """Put a new version of the rules into force. `actor` None is the operator at the command line.

    Raises `NotAllowed` (not an editor), `Invalid` (no rule in force, a number twice) or `Conflict` (a rule that decisions
    cite is missing).
    """
    if actor is not None and not rules.can_edit_policy(actor):
        raise NotAllowed(_("Only editors can change the rules of the discussion."))
    if not any(text.is_in_force for text in texts):
        raise Invalid(_("There must be at least one rule in force."), code="no-rules")
    # Two editors at once: the second waits here, or its number is taken.
    last = PolicyVersion.objects.select_for_update().order_by("-number").first()
    numbered = _numbered(texts)
    if last is not None:
        _require_cited(last, {text.number for text in numbered})
    version: PolicyVersion = PolicyVersion.objects.create(
        number=last.number + 1 if last else 1,
        preamble=preamble,
        changes=changes,
        shows_rule=shows_rule,
        published_at=now or timezone.now(),
        published_by=actor,
    )
    Rule.objects.bulk_create([Rule(version=version, **vars(text)) for text in numbered])
    # The public page is kept in memory for as long as an edition.
    story_actions.new_edition()
    return version


def _numbered(texts: Sequence[RuleText]) -> list[RuleText]:
    """With a number for each rule that has none."""
    used = [text.number for text in texts if text.number]
    if len(set(used)) < len(used):
        raise Invalid(_("Two rules have the same number."), code="number-twice")
    highest = max([0, *used, *Rule.objects.order_by("-number").values_list("number", flat=True)[:1]])
    numbered = []
    for text in texts:
        if not text.number:
            highest += 1
        numbered.append(RuleText(**{**vars(text), "number": text.number or highest}))
    return sorted(numbered, key=lambda one: one.number)


def _require_cited(last: PolicyVersion, numbers: set[int]) -> None:
    """Every rule of the last version that a decision cites stays, in force or not. One that was gone before it was cited, in
    the very moment of a decision, cannot be asked for: no form has it any more."""
    cited = set(Rule.objects.filter(decisions__isnull=False).values_list("number", flat=True).distinct())
    present = set(last.rules.values_list("number", flat=True))
    for number in sorted((cited & present) - numbers):
        count = Decision.objects.filter(rule__number=number).count()
        raise Conflict(
            ngettext(
                "Rule %(number)s is cited by %(count)s decision, so it cannot be deleted. Take it out of force instead.",
                "Rule %(number)s is cited by %(count)s decisions, so it cannot be deleted. Take it out of force instead.",
                count,
            )
            % {"number": number, "count": count},
            code="cited",
        )


def ensure_policy(*, now: datetime | None = None) -> PolicyVersion:
    """The rules in force; a site that has none gets the ones that it comes with, in its language."""
    found = queries.policy_in_force()
    if found is not None:
        return found
    texts = [RuleText(**rule) for rule in default_policy.rules()]
    return publish_policy(actor=None, texts=texts, preamble=default_policy.preamble(), now=now)
