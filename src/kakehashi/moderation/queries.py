"""What pages and other rooms need to know, each in a fixed number of SQL queries."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from kakehashi.moderation import rules
from kakehashi.moderation.models import ON_COMMENTS, Action, Decision, PolicyVersion, Rule
from kakehashi.readers.models import Reader


def last_decision(comment_id: int) -> Decision | None:
    """The latest decision on the comment itself (not on its author), with who made it; 1 query."""
    found = Decision.objects.filter(comment=comment_id, action__in=ON_COMMENTS)
    return found.select_related("actor").order_by("-pk").first()


def policy_in_force() -> PolicyVersion | None:
    """1 query; None where a site has no rules yet."""
    found: PolicyVersion | None = PolicyVersion.objects.order_by("-number").first()
    return found


def rules_in_force() -> QuerySet[Rule]:
    """The rules that a decision may cite now, in their order; 1 query."""
    latest = PolicyVersion.objects.order_by("-number").values("pk")[:1]
    return Rule.objects.filter(version__in=latest, is_in_force=True).order_by("number")


def number_to_tell(rule: Rule | None) -> int:
    """The rule's number where readers are told it in the place of a comment; 0 where they are not."""
    return rule.number if rule is not None and rule.version.shows_rule else 0


def decisions_since(at: datetime) -> QuerySet[Decision]:
    """What was decided about readers since then, with all that a statement of reasons needs; 1 query.

    For rooms that tell readers: they look with an overlap and remember by the decision's id whom they have told.
    """
    return (
        Decision.objects.filter(decided_at__gte=at, reader__isnull=False)
        .select_related("reader", "rule__version", "comment__thread__story", "undoes")
        .order_by("decided_at", "pk")
    )


def suspensions_of(reader: Reader, now: datetime) -> int:
    """How often the reader was suspended lately, without what was taken back; 1 query."""
    since = now - rules.RECORD_LASTS
    return Decision.objects.standing().filter(reader=reader, action=Action.SUSPENDED, decided_at__gt=since).count()
