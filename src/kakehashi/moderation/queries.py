"""What pages and other rooms need to know, each in a fixed number of SQL queries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, When

from kakehashi.comments.models import Comment, CommentState, Revision, Vote
from kakehashi.moderation import rules
from kakehashi.moderation.models import (
    IN_LOG,
    ON_COMMENTS,
    ON_READERS_RESTRICTED,
    RESTRICTIONS,
    Action,
    Alarm,
    AlarmAccount,
    AlarmKind,
    AlarmState,
    Appeal,
    AppealState,
    Breakdown,
    CheckResult,
    Claim,
    Decision,
    DecisionQuerySet,
    DiscountedVote,
    Flag,
    LegalNotice,
    NoticeBar,
    Origin,
    Outcome,
    PolicyVersion,
    Rule,
    Verdict,
)
from kakehashi.readers.models import Reader, Role


def last_decision(comment_id: int) -> Decision | None:
    """The latest decision on the comment itself (not on its author), with who made it; 1 query."""
    found = Decision.objects.filter(comment=comment_id, action__in=ON_COMMENTS)
    return found.select_related("actor").order_by("-pk").first()


def last_about(reader: Reader) -> Decision | None:
    """The latest decision about the member, not only on a comment of theirs, with who made it; 1 query."""
    about = (*ON_READERS_RESTRICTED, Action.REINSTATED)
    return Decision.objects.filter(reader=reader, action__in=about).select_related("actor").order_by("-pk").first()


def in_effect(comment_id: int) -> list[int]:
    """The numbers of the decisions on a comment that hold: neither undone nor undoing another one. 1 query.

    Undoing what undid a decision makes that hold again, under the number of the last of them.
    """
    found = Decision.objects.filter(comment=comment_id, action__in=ON_COMMENTS).values_list("pk", "undoes")
    return _effective(dict(found))


def all_in_effect(comments: Iterable[int]) -> dict[int, list[int]]:
    """As `in_effect`, by comment; 1 query."""
    by_comment: dict[int, dict[int, int | None]] = {}
    found = Decision.objects.filter(comment__in=list(comments), action__in=ON_COMMENTS)
    for comment, pk, undoes in found.values_list("comment", "pk", "undoes"):
        by_comment.setdefault(comment, {})[pk] = undoes
    return {comment: _effective(undoes) for comment, undoes in by_comment.items()}


def last_decisions(comments: Iterable[int]) -> dict[int, Decision]:
    """As `last_decision`, by comment, without who made it; 1 query, none for no comment."""
    wanted = list(comments)
    found = Decision.objects.filter(comment__in=wanted, action__in=ON_COMMENTS).order_by("pk") if wanted else ()
    return {decision.comment_id: decision for decision in found if decision.comment_id is not None}


def _effective(undoes: dict[int, int | None]) -> list[int]:
    undone = set(undoes.values())
    return [pk for pk in undoes if pk not in undone and _chain(pk, undoes) % 2 == 0]


def _chain(pk: int, undoes: dict[int, int | None]) -> int:
    """How many decisions stand behind this one, each undone by the next."""
    length, behind = 0, undoes.get(pk)
    while behind is not None:
        length, behind = length + 1, undoes.get(behind)
    return length


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


def decisions_since(at: datetime, now: datetime) -> QuerySet[Decision]:
    """What was decided about readers since then, with all that a statement of reasons needs; 1 query.

    For rooms that tell readers: they look with an overlap and remember by the decision's id whom they have told. The last
    seconds are left out, in which a slip is still taken back (rules.TELL_AFTER), and so is what left a comment as it stood: its
    author would only learn that somebody had reported it.
    """
    return (
        Decision.objects.meant()
        .exclude(action=Action.VISIBLE, state_before=CommentState.VISIBLE, undoes=None)
        .filter(decided_at__gte=at, decided_at__lte=now - rules.TELL_AFTER, reader__isnull=False)
        .select_related("reader", "rule__version", "comment__thread__story", "undoes")
        .order_by("decided_at", "pk")
    )


def suspensions_of(reader: Reader, now: datetime) -> int:
    """How often the reader was suspended lately, without what was taken back; 1 query."""
    since = now - rules.RECORD_LASTS
    return Decision.objects.standing().filter(reader=reader, action=Action.SUSPENDED, decided_at__gt=since).count()


def moderators() -> QuerySet[Reader]:
    """All of them, of whatever sections; 1 query."""
    return Reader.objects.filter(role__in=(Role.MODERATOR, Role.ADMINISTRATOR), is_active=True, erased_at=None)


def other_moderators(decision: Decision) -> int:
    """How many could hear an appeal besides who decided and whom it concerns; 1 query. The decision comes with its story."""
    parties = rules.deciders(decision) | {decision.reader_id or 0}
    others = moderators().exclude(pk__in=parties).only("role", "is_active", "sections")
    return sum(rules.can_hear(other, decision) for other in others)


def falls_with(decision: Decision, actor: Reader) -> list[Decision]:
    """What the same click decided about the author for the same comment: where the actor finds this decision wrong, that falls
    with it. 1 query, none for a decision that is not on a comment."""
    if decision.action not in ON_COMMENTS or decision.batch is None or decision.comment_id is None:
        return []
    found = Decision.objects.standing().filter(batch=decision.batch, comment=decision.comment_id, undoes=None)
    found = found.filter(action__in=ON_READERS_RESTRICTED).select_related("reader", "comment__thread__story")
    return [one for one in found.order_by("pk") if not actor.is_moderator or rules.can_hear(actor, one)]


def has_hearer(appeal: Appeal) -> bool:
    """Whether anybody on the staff may hear it; 1 query, or 2."""
    if other_moderators(appeal.decision):
        return True
    parties = rules.deciders(appeal.decision) | {appeal.reader_id}
    editors = Reader.objects.filter(role__in=(Role.EDITOR, Role.ADMINISTRATOR), is_active=True, erased_at=None)
    return editors.exclude(pk__in=parties).exists()


def in_part_of(actor: Reader, *ways: str) -> Q:
    """A filter of rows that lie within the actor's part of the site, by the present section of their story: all of them for
    whoever moderates everywhere. `ways`: from a row to its story, "comment__thread__story"; any of them is enough."""
    if not actor.is_moderator or actor.moderates_everywhere:
        return Q()
    found = Q(pk__in=[])
    for way in ways:
        found |= Q(**{f"{way}__section_pk__in": sorted(actor.section_ids)})
    return found


# From a decision to its story.
OF_DECISION = ("comment__thread__story", "thread__story")


def waiting_appeals(actor: Reader) -> QuerySet[Appeal]:
    """Those in the actor's part of the site, the oldest first, with all that the list shows; 1 query. Nobody waits who has
    left."""
    waiting = _appeals(actor).filter(state=AppealState.WAITING, reader__erased_at=None)
    return waiting.order_by("created_at", "pk")


def settled_appeals(actor: Reader) -> QuerySet[Appeal]:
    """The latest first; 1 query."""
    return _appeals(actor).filter(settled_at__isnull=False).select_related("judge").order_by("-settled_at", "-pk")


def _appeals(actor: Reader) -> QuerySet[Appeal]:
    theirs = in_part_of(actor, *(f"decision__{way}" for way in OF_DECISION))
    return (
        Appeal.objects.filter(theirs)
        .select_related("reader", "decision__actor", "decision__rule__version", "decision__comment__thread__story")
        .defer("decision__comment__thread__story__body")
    )


def told() -> DecisionQuerySet:
    """Decisions with all that a page says of them."""
    return Decision.objects.select_related(
        "actor", "reader", "rule__version", "comment__thread__story", "thread__story", "undoes", "undone_by", "appeal",
        "acknowledgement",
    ).defer("comment__thread__story__body", "thread__story__body")  # fmt: skip


def last_on_thread(thread_id: int) -> int:
    """The number of the last decision on a discussion, 0 where there is none; 1 query."""
    return Decision.objects.filter(thread=thread_id).order_by("-pk").values_list("pk", flat=True).first() or 0


def decisions_of(reader: Reader) -> QuerySet[Decision]:
    """What was decided about a reader and took or gave back something; the latest first."""
    is_told = Q(action__in=RESTRICTIONS) | Q(undoes__isnull=False)
    return told().meant().filter(is_told, reader=reader).order_by("-pk")


def public_log() -> QuerySet[Decision]:
    """What everybody may know, the latest first: without what only lets a comment through."""
    return in_lines(Decision.objects.meant().filter(IN_LOG).select_related("rule__version", "appeal", "undone_by"))


def in_lines(found: QuerySet[Decision]) -> QuerySet[Decision]:
    """Decisions as a list has them, the latest first: votes that were discounted at once, or count again at once, are one
    line, with how many `accounts` they are of."""
    alike = Decision.objects.filter(batch=OuterRef("batch"), action=OuterRef("action"))
    discounts = alike.filter(undoes=None)
    again = alike.filter(undoes__isnull=False, decided_at=OuterRef("decided_at"))
    is_discount = Q(action=Action.DISCOUNTED, undoes=None, batch__isnull=False)
    is_again = Q(action=Action.REINSTATED, undoes__action=Action.DISCOUNTED, batch__isnull=False)
    repeats = Q(is_discount, Exists(discounts.filter(pk__lt=OuterRef("pk"))))
    repeats |= Q(is_again, Exists(again.filter(pk__lt=OuterRef("pk"))))
    accounts = Case(When(is_discount, then=_count(discounts)), When(is_again, then=_count(again)), default=1)
    return found.exclude(repeats).annotate(accounts=accounts).order_by("-pk")


def _count(rows: QuerySet[Decision]) -> Subquery:
    return Subquery(rows.order_by().values("batch").annotate(n=Count("pk")).values("n"))


def unread_warnings(reader: Reader) -> QuerySet[Decision]:
    return Decision.objects.standing().filter(reader=reader, action=Action.WARNED, acknowledgement=None).order_by("pk")


def lessons() -> QuerySet[Decision]:
    """What a model may learn from: decisions of people on comments that were neither undone nor overturned."""
    sound = Decision.objects.standing().meant().exclude(appeal__state=AppealState.GRANTED)
    return sound.filter(action__in=(Action.VISIBLE, Action.REMOVED), is_automated=False, comment__isnull=False)


class Record(NamedTuple):
    """A member in figures, for whoever has to decide."""

    comments: int
    removed: int
    held: int
    warnings: int
    suspensions: int
    proposed_hours: int


def record_of(reader: Reader, now: datetime) -> Record:
    """2 queries."""
    written = Comment.objects.filter(author=reader).aggregate(
        comments=Count("pk"),
        removed=Count("pk", filter=Q(state=CommentState.REMOVED)),
        held=Count("pk", filter=Q(state=CommentState.HELD)),
    )
    since = now - rules.RECORD_LASTS
    standing = Decision.objects.standing().filter(reader=reader, decided_at__gt=since)
    told = standing.aggregate(
        warnings=Count("pk", filter=Q(action=Action.WARNED)), suspensions=Count("pk", filter=Q(action=Action.SUSPENDED))
    )
    return Record(**written, **told, proposed_hours=rules.proposed_hours(told["suspensions"]))


def text_since_changed(decision: Decision) -> str:
    """The words that were judged, where the comment says something else now; else empty. 1 query."""
    judged = text_judged(decision)
    return judged if decision.comment is not None and judged != decision.comment.source else ""


def text_judged(decision: Decision) -> str:
    """The words that were judged, whatever became of them since; empty where the comment is gone. 1 query."""
    return texts_judged([decision])[decision.pk]


def texts_judged(decisions: Iterable[Decision]) -> dict[int, str]:
    """As `text_judged`, by the number of the decision; 1 query."""
    found = list(decisions)
    said: dict[int, list[str]] = {}
    earlier = Revision.objects.filter(comment__in={one.comment_id for one in found} - {None}).order_by("pk")
    for comment, source in earlier.values_list("comment_id", "source"):
        said.setdefault(comment, []).append(source)
    return {one.pk: _judged(one, said.get(one.comment_id or 0, [])) for one in found}


def _judged(decision: Decision, earlier: list[str]) -> str:
    if decision.comment is None:
        return ""
    return earlier[decision.revision] if decision.revision < len(earlier) else decision.comment.source


def discounted_votes(decisions: Iterable[Decision]) -> dict[int, list[Vote]]:
    """By the number of each decision the votes that it discounts, or lets count again, on comments that everybody can read; a
    hundred at most. 1 query, none for other decisions."""
    about: dict[int, list[int]] = {}
    for one in decisions:
        discount = one.undoes if one.undoes is not None else one
        if discount.action == Action.DISCOUNTED:
            about.setdefault(discount.pk, []).append(one.pk)
    found: dict[int, list[Vote]] = {}
    rows = DiscountedVote.objects.filter(decision__in=about, vote__comment__state=CommentState.VISIBLE)
    for row in rows.select_related("vote__comment__author").order_by("vote") if about else ():
        for pk in about[row.decision_id]:
            found.setdefault(pk, []).append(row.vote)
    return {pk: votes[:100] for pk, votes in found.items()}


# Flags and legal notices ----------------------------------------------------------------------------------------------


# Of these so many are shown: nobody reads more before deciding.
MOST_REPORTS = 50
MOST_BARS = 100


def flags_of(comment_id: int) -> QuerySet[Flag]:
    """All flags on a comment, those that wait first, with what is shown of them; 1 query."""
    found = Flag.objects.filter(comment=comment_id).select_related("reader", "rule", "decision__actor")
    return found.order_by(Case(When(outcome=Outcome.WAITING, then=0), default=1), "created_at", "pk")


def notices_of(comment_id: int) -> QuerySet[LegalNotice]:
    """All legal notices on a comment, those that wait first; 1 query."""
    found = LegalNotice.objects.filter(comment=comment_id).select_related("reader", "judge", "decision__actor")
    return found.order_by(Case(When(outcome=Outcome.WAITING, then=0), default=1), "created_at", "pk")


def likely_origin(comment_id: int) -> str:
    """How the staff come to look at a comment now, by what waits on it; 2 queries at most."""
    if LegalNotice.objects.filter(comment=comment_id, outcome=Outcome.WAITING).exists():
        return Origin.NOTICE
    is_flagged = Flag.objects.filter(comment=comment_id, outcome=Outcome.WAITING).exists()
    return Origin.FLAG if is_flagged else Origin.OWN


def claim_of_others(reader: Reader, comment_id: int, now: datetime) -> Claim | None:
    """Who else is at the comment in the queue; 1 query."""
    found = Claim.objects.filter(comment=comment_id, until__gt=now).exclude(moderator=reader)
    return found.select_related("moderator").first()


def approval_of(comment_id: int) -> Decision | None:
    """The last decision on a comment, where it is a person's and lets it stand; 1 query."""
    last = last_decision(comment_id)
    return last if last is not None and last.action == Action.VISIBLE and not last.is_automated else None


def own_flag(reader: Reader, comment_id: int) -> Flag | None:
    return Flag.objects.select_related("rule").filter(reader=reader, comment=comment_id).first()


def moderators_besides(actor: Reader) -> int:
    """How many others could answer a legal notice, which those of some sections only do not; 1 query."""
    staff = Reader.objects.filter(role__in=(Role.MODERATOR, Role.ADMINISTRATOR), is_active=True, sections="")
    return staff.exclude(pk=actor.pk).count()


def bar_of(email: str, now: datetime) -> NoticeBar | None:
    """What says that no notices are taken under this address, if anything does; 1 query."""
    found = NoticeBar.objects.filter(email=email, until__gt=now, lifted_at=None)
    return found.order_by("-until").first()


def bars_of(email: str) -> list[NoticeBar]:
    """All that was told the sender of notices under this address, the latest first; 1 query."""
    return list(NoticeBar.objects.filter(email=email).select_related("actor").order_by("-pk")[:20])


def bars_in_force(now: datetime) -> list[NoticeBar]:
    """What holds for senders of notices now, the latest for each address: a bar, or a warning. `last_notice` is the number of
    the last notice under the address, None once nobody knows it. 1 query."""
    under = LegalNotice.objects.filter(email=OuterRef("email")).exclude(email="").order_by("-pk").values("pk")[:1]
    holds = Q(until=None) | Q(until__gt=now)
    found = NoticeBar.objects.filter(holds, lifted_at=None).exclude(email="").select_related("actor")
    rows = list(found.annotate(last_notice=Subquery(under)).order_by("-pk")[:MOST_BARS])
    latest = {bar.email: bar for bar in reversed(rows)}
    return sorted(latest.values(), key=lambda bar: -bar.pk)


class Sender(NamedTuple):
    """How the notices under one address fared."""

    sent: int
    followed: int
    declined: int


def notices_under(email: str) -> Sender:
    """1 query."""
    fared = LegalNotice.objects.filter(email=email).aggregate(
        sent=Count("pk"),
        followed=Count("pk", filter=Q(outcome=Outcome.UPHELD)),
        declined=Count("pk", filter=Q(outcome=Outcome.DECLINED)),
    )
    return Sender(**fared)


def waiting_notices() -> QuerySet[LegalNotice]:
    """Those of trusted flaggers first, then the oldest; 1 query."""
    return told_notices().filter(outcome=Outcome.WAITING).order_by("-is_trusted", "created_at", "pk")


def settled_notices() -> QuerySet[LegalNotice]:
    """The latest first; 1 query."""
    return told_notices().filter(settled_at__isnull=False).order_by("-settled_at", "-pk")


def told_notices() -> QuerySet[LegalNotice]:
    """Notices with all that a page or a mail says of them."""
    return LegalNotice.objects.select_related(
        "reader", "judge", "comment__thread__story", "comment__author", "decision__actor", "decision__rule__version"
    ).defer("comment__thread__story__body")


def reports_of(reader: Reader) -> QuerySet[Flag]:
    """A member's flags, the latest first, with what the member may know of them; 1 query."""
    found = Flag.objects.filter(reader=reader).select_related("rule__version", "comment__thread__story", "decision")
    return found.defer("comment__thread__story__body").order_by("-pk")


# Alarms -------------------------------------------------------------------------------------------------------------


def open_alarms() -> QuerySet[Alarm]:
    """The strongest first, with what the list shows; 1 query."""
    return _alarms().filter(state=AlarmState.OPEN).order_by("-strength", "-pk")


def settled_alarms() -> QuerySet[Alarm]:
    """The latest first; 1 query."""
    return _alarms().exclude(state=AlarmState.OPEN).select_related("settled_by").order_by("-settled_at", "-pk")


def alarm(pk: int) -> Alarm | None:
    """1 query."""
    return _alarms().select_related("settled_by").filter(pk=pk).first()


def _alarms() -> QuerySet[Alarm]:
    return Alarm.objects.select_related("comment__author", "comment__thread__story", "member")


def left_to_take_back(decision: Decision) -> int:
    """How many decisions on votes, of the same click, the worker is about to take back; 2 queries, or none."""
    if decision.action != Action.DISCOUNTED or decision.batch is None:
        return 0
    if not Alarm.objects.filter(batch=decision.batch, state=AlarmState.RESTORING).exists():
        return 0
    return Decision.objects.standing().filter(batch=decision.batch, undoes=None).count()


def linked_to(reader: Reader) -> list[Reader]:
    """Members whose accounts the staff hold to be this one's; 1 query."""
    alarms = Alarm.objects.filter(state=AlarmState.LINKED)
    mine = alarms.filter(Q(members__reader=reader) | Q(member=reader)).values("pk")
    others = Q(pk__in=AlarmAccount.objects.filter(alarm__in=mine).values("reader"))
    others |= Q(pk__in=alarms.filter(pk__in=mine, member__isnull=False).values("member"))
    return list(Reader.objects.filter(others, erased_at=None).exclude(pk=reader.pk).order_by("pk")[:50])


def votes_around(alarm: Alarm, *, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
    """When votes of the alarm's sign were cast on its target, and their numbers; the latest 3,000. 1 query."""
    votes = Vote.objects.filter(value=alarm.value, changed_at__gte=since, changed_at__lte=until)
    if alarm.kind == AlarmKind.COMMENT:
        votes = votes.filter(comment=alarm.comment_id)
    else:
        votes = votes.filter(comment__author=alarm.member_id)
    return list(votes.order_by("-changed_at").values_list("changed_at", "pk")[:3000])


def broken_checks() -> QuerySet[Breakdown]:
    """What does not work now, the longest first; 1 query."""
    return Breakdown.objects.filter(ended_at=None).order_by("since")


def check_results(comment_id: int) -> list[CheckResult]:
    """All that checks have said of a comment, the latest first; 1 query."""
    return list(CheckResult.objects.filter(comment=comment_id).order_by("-pk")[:50])


def found_by_machine(comments: Iterable[int]) -> set[int]:
    """Those of the comments in which a check found something; 1 query."""
    found = CheckResult.objects.filter(comment__in=list(comments)).exclude(verdict=Verdict.PASSED)
    return set(found.values_list("comment", flat=True))
