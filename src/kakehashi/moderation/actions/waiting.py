"""Which comments wait for a moderator, worked out anew from facts. A row is never the only place of anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from kakehashi.comments.models import Comment, CommentState
from kakehashi.moderation import rules
from kakehashi.moderation.checks.names import OF_THE_HOUSE
from kakehashi.moderation.models import ON_COMMENTS, CheckResult, Decision, Flag, LegalNotice, Outcome, Verdict, Waiting

SLICE = 200
# Readers come and go: what waits is reckoned anew this often, whatever else happens.
RECKONED_FOR = timedelta(minutes=10)
# So far back the worker looks for comments whose state or words changed without a word to the queue.
LOOK_BACK = timedelta(minutes=5)
# In one run of the worker, of each kind of thing that it looks for.
MOST_AT_ONCE = 1000
# A notice that is to be looked at again is answered on its own page, by somebody else than before: here nothing could be
# decided that ends its waiting.
NOT_AGAIN = Q(complained_at=None)
READABLE = (CommentState.VISIBLE, CommentState.HELD)

# story ids -> how many read each of them now.
Readers = Callable[[Iterable[int], datetime], dict[int, float]]
# The gravest first.
FOUND = (Verdict.HELD, Verdict.BROKEN, Verdict.SUSPECT)


@dataclass
class _Case:
    """What is known against one comment, as it is gathered."""

    flags: int = 0
    flag_weights: list[float] = field(default_factory=list)
    notices: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    check_name: str = ""
    score: float = 0.0
    since: list[datetime] = field(default_factory=list)


def settle_waiting(*, comments: Iterable[int], now: datetime) -> None:
    """Let these comments wait, or no longer, as the facts say; to be called after whatever changes the facts.

    Facts are: held; flags and legal notices that wait for a first answer; what checks found since a person last decided or
    the author last changed the words; the model's score. Eleven statements at most, however many comments.
    """
    asked = sorted(set(comments))
    for start in range(0, len(asked), SLICE):
        _settle(asked[start : start + SLICE], now)


@transaction.atomic
def _settle(asked: Sequence[int], now: datetime) -> None:
    if connection.features.has_select_for_update:
        # In the order of their numbers, before the facts are read: so two who settle the same rows never wait for each other,
        # and who comes second knows what the first one did.
        list(Waiting.objects.select_for_update().filter(pk__in=asked).order_by("pk").values_list("pk"))
    rows = reckon(asked, now)
    waits = {row.comment_id for row in rows}
    gone = [pk for pk in asked if pk not in waits]
    if gone:
        Waiting.objects.filter(pk__in=gone).delete()
    names = [column.attname for column in Waiting._meta.concrete_fields if not column.primary_key]
    Waiting.objects.bulk_create(rows, update_conflicts=True, unique_fields=["comment_id"], update_fields=names)


def reckon(asked: Sequence[int], now: datetime) -> list[Waiting]:
    """The rows as the facts would have them, of those comments that wait."""
    comments = list(_comments(asked))
    if not comments:
        return []
    cases: dict[int, _Case] = defaultdict(_Case)
    _gather_flags(asked, cases)
    _gather_notices(asked, cases)
    _gather_checks(comments, cases)
    found = [comment for comment in comments if _waits(comment, cases[comment.pk])]
    readers = _readers(found, now)
    return [_row(comment, cases[comment.pk], readers, now) for comment in found]


def _comments(asked: Sequence[int]) -> QuerySet[Comment]:
    """Without their words; with when a person last decided on each."""
    return (
        Comment.objects.filter(pk__in=asked)
        .order_by("pk")
        .select_related("thread__story")
        .only(
            "author_id", "state", "created_at", "edited_at", "state_changed_at", "up", "down",
            "thread__comment_count", "thread__story__section_pk", "thread__story__published_at",
        )
    )  # fmt: skip


def _gather_flags(asked: Sequence[int], cases: dict[int, _Case]) -> None:
    waiting = Flag.objects.filter(comment__in=asked, outcome=Outcome.WAITING).order_by()
    for comment, weight, action, at in waiting.values_list("comment", "weight", "rule__default_action", "created_at"):
        case = cases[comment]
        case.flags += 1
        case.flag_weights.append(min(rules.SUREST, weight * rules.GRAVITY.get(action, 1.0)))
        case.since.append(at)


def _gather_notices(asked: Sequence[int], cases: dict[int, _Case]) -> None:
    waiting = LegalNotice.objects.filter(NOT_AGAIN, comment__in=asked, outcome=Outcome.WAITING).order_by()
    for comment, n, first in waiting.values_list("comment").annotate(Count("pk"), Min("created_at")):
        assert comment is not None
        cases[comment].notices = n
        cases[comment].since.append(first)


def _gather_checks(comments: Sequence[Comment], cases: dict[int, _Case]) -> None:
    """What was found in the words as they are, and nobody has decided on since."""
    ids = [comment.pk for comment in comments]
    results = CheckResult.objects.filter(comment__in=ids).order_by("pk")
    read = list(results.values_list("comment", "check_name", "verdict", "score", "checked_at"))
    if not read:
        return
    decisions = Decision.objects.filter(comment__in=ids, action__in=ON_COMMENTS, is_automated=False).order_by()
    decided = dict(decisions.meant().values_list("comment").annotate(Max("decided_at")))
    edited = {comment.pk: comment.edited_at for comment in comments}
    latest = {(pk, name): at for pk, name, _verdict, _score, at in read}
    for pk, name, verdict, score, at in read:
        case, changed = cases[pk], edited[pk]
        if score is not None:
            case.score = score
        is_old = (changed is not None and at < changed) or (pk in decided and at <= decided[pk])
        # One that was broken then, and has answered since, counts by its answer.
        if verdict == Verdict.PASSED or is_old or (verdict == Verdict.BROKEN and at < latest[pk, name]):
            continue
        case.verdicts[verdict] += 1
        case.since.append(at)
        gravest = next(one for one in FOUND if case.verdicts[one])
        # What is known of the words says more than that everything waits here.
        says_more = case.check_name in OF_THE_HOUSE and name not in OF_THE_HOUSE
        if verdict == gravest and (case.verdicts[verdict] == 1 or not case.check_name or says_more):
            case.check_name = name


def _waits(comment: Comment, case: _Case) -> bool:
    """Of what is removed, only a notice still wants its answer; of what is withdrawn, nobody wants anything."""
    if comment.state == CommentState.WITHDRAWN:
        return False
    if comment.state == CommentState.REMOVED:
        return case.notices > 0
    return comment.state == CommentState.HELD or case.flags > 0 or case.notices > 0 or bool(case.check_name)


def _readers(comments: Sequence[Comment], now: datetime) -> dict[int, float]:
    """By story: as a room above counts them, or else guessed."""
    stories = {comment.thread.story_id: comment.thread for comment in comments}
    count: Readers | None = (
        import_string(settings.KAKEHASHI_STORY_READERS) if settings.KAKEHASHI_STORY_READERS else None
    )
    if count is not None:
        return count(stories, now)
    return {
        story: rules.readers_guessed(comments=thread.comment_count, published=now - thread.story.published_at)
        for story, thread in stories.items()
    }


def _row(comment: Comment, case: _Case, readers: dict[int, float], now: datetime) -> Waiting:
    is_held, thread = comment.state == CommentState.HELD, comment.thread
    if is_held:
        # Its author waits since it was held, by whomever.
        case.since.append(max(filter(None, (comment.created_at, comment.state_changed_at))))
    signs = rules.Signs(
        flags=rules.harm_of_flags(case.flag_weights),
        notices=case.notices,
        suspect=case.verdicts[Verdict.SUSPECT],
        held=case.verdicts[Verdict.HELD],
        broken=case.verdicts[Verdict.BROKEN],
        score=case.score,
    )
    harm = rules.harm(signs)
    reach = rules.reach(is_held=is_held, readers=readers.get(thread.story_id, 0.0), votes=comment.up + comment.down)
    return Waiting(
        comment_id=comment.pk,
        thread_id=thread.pk,
        author_id=comment.author_id,
        section=thread.story.section_pk or 0,
        since=min(case.since),
        is_held=is_held,
        flags=case.flags,
        notices=case.notices,
        check_name=case.check_name,
        harm=harm,
        reach=reach,
        weight=harm * reach,
        reckoned_at=now,
    )


def find_waiting(*, now: datetime) -> int:
    """Put into the queue what came without a word to it, take out what left so, and reckon anew what was not for a while;
    how many comments were looked at."""
    found = {pk for kind in _unsettled(now) for pk in kind[:MOST_AT_ONCE]}
    settle_waiting(comments=found, now=now)
    return len(found)


def _unsettled(now: datetime) -> list[QuerySet[Any, Any]]:
    """Comments to look at, each found by an index."""
    unknown = ~Exists(Waiting.objects.filter(comment=OuterRef("pk")))
    known = ~Exists(Waiting.objects.filter(comment=OuterRef("comment")))
    flags = Flag.objects.filter(known, outcome=Outcome.WAITING, comment__state__in=READABLE)
    notices = LegalNotice.objects.filter(known, NOT_AGAIN, outcome=Outcome.WAITING, comment__isnull=False)
    since = now - LOOK_BACK
    moved = Q(comment__state_changed_at__gte=since) | Q(comment__edited_at__gte=since)
    old = Waiting.objects.filter(reckoned_at__lt=now - RECKONED_FOR).order_by("reckoned_at")
    return [
        Comment.objects.filter(unknown, state=CommentState.HELD).values_list("pk", flat=True),
        flags.values_list("comment", flat=True),
        notices.exclude(comment__state=CommentState.WITHDRAWN).values_list("comment", flat=True),
        Waiting.objects.filter(moved).values_list("pk", flat=True),
        old.values_list("pk", flat=True),
    ]


def find_unsettled(*, first: int, last: int, now: datetime) -> list[int]:
    """Comments of this range of ids whose row is missing, wrong, or there for nothing, as of one moment."""
    inside = {"comment__gte": first, "comment__lte": last}
    kinds: list[QuerySet[Any, Any]] = [
        Comment.objects.filter(pk__range=(first, last), state=CommentState.HELD).values_list("pk", flat=True),
        Flag.objects.filter(**inside, outcome=Outcome.WAITING).values_list("comment", flat=True),
        LegalNotice.objects.filter(NOT_AGAIN, **inside, outcome=Outcome.WAITING).values_list("comment", flat=True),
        CheckResult.objects.filter(**inside).exclude(verdict=Verdict.PASSED).values_list("comment", flat=True),
        Waiting.objects.filter(**inside).values_list("pk", flat=True),
    ]
    with transaction.atomic():
        asked = sorted({pk for kind in kinds for pk in kind})
        there = {row.comment_id: _facts(row) for row in Waiting.objects.filter(**inside)}
        wanted: dict[int, tuple[object, ...]] = {}
        for start in range(0, len(asked), SLICE):
            wanted |= {row.comment_id: _facts(row) for row in reckon(asked[start : start + SLICE], now)}
    return sorted(pk for pk in there.keys() | wanted.keys() if there.get(pk) != wanted.get(pk))


def _facts(row: Waiting) -> tuple[object, ...]:
    """Without what moves by itself."""
    return row.thread_id, row.author_id, row.section, row.since, row.is_held, row.flags, row.notices, row.check_name
