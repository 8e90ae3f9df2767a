"""The worker reads what waits and what is new, and says how likely it is to be removed. It changes no comment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from kakehashi.comments.actions import threads
from kakehashi.comments.models import Comment, CommentState
from kakehashi.moderation.actions.learning import the_work
from kakehashi.moderation.actions.waiting import settle_waiting
from kakehashi.moderation.checks.names import MODEL
from kakehashi.moderation.model import versions
from kakehashi.moderation.model.check import reason
from kakehashi.moderation.model.scoring import Score
from kakehashi.moderation.model.versions import Reckoner
from kakehashi.moderation.models import ON_COMMENTS, CheckResult, Decision, ModelWork, Verdict, Waiting

AT_ONCE = 200
# Ids are given before they are committed: so many are read again, as far as they are of the last minutes.
OVERLAP_IDS = 1000
OVERLAP = timedelta(minutes=2)


def score_new(*, now: datetime) -> int:
    """Give a score to what waits for a moderator, and look through what is new for what is worth a look; how many comments.

    What waits is scored again when another version comes into use. Of what is new, only what the newsroom's threshold
    finds is written down and put into the queue. Repeats change nothing.
    """
    reckoner, work = versions.in_use(), the_work()
    done = _score_waiting(reckoner, work, now) + _look_through(reckoner, work, now)
    ModelWork.objects.filter(pk=work.pk).update(looked_at=now, scored_by=reckoner.number)
    return done


def _score_waiting(reckoner: Reckoner, work: ModelWork, now: datetime) -> int:
    waiting = Waiting.objects.order_by("pk")
    if reckoner.number == work.scored_by:
        changed = Coalesce(OuterRef("comment__edited_at"), OuterRef("comment__created_at"))
        waiting = waiting.filter(
            ~Exists(CheckResult.objects.filter(comment=OuterRef("pk"), check_name=MODEL, checked_at__gte=changed))
        )
    done = last = 0
    while part := list(waiting.filter(pk__gt=last).values_list("pk", "comment__plain")[:AT_ONCE]):
        last = part[-1][0]
        scores = {pk: _scored(reckoner, plain) for pk, plain in part}
        _write_down(scores, now)
        settle_waiting(comments=scores, now=now)
        done += len(part)
    return done


def _scored(reckoner: Reckoner, plain: str) -> Score:
    value = reckoner.probability(plain, settings.LANGUAGE_CODE)
    return Score(value, reckoner.version, reckoner.is_prior)


def _write_down(scores: dict[int, Score], now: datetime) -> None:
    """One row for each comment and wording: the one that is there gets the new figure, but keeps why it was held."""
    known = _results(scores)
    for pk, row in known.items():
        row.score = scores[pk].value
        if row.verdict != Verdict.HELD:
            row.reason = reason(scores[pk])
    CheckResult.objects.bulk_update(known.values(), ["score", "reason"])
    CheckResult.objects.bulk_create(
        CheckResult(
            comment_id=pk,
            check_name=MODEL,
            verdict=Verdict.PASSED,
            reason=reason(found),
            score=found.value,
            checked_at=now,
        )
        for pk, found in scores.items()
        if pk not in known
    )


def _results(comments: Iterable[int]) -> dict[int, CheckResult]:
    """The latest result of the model on the words as they are, by comment."""
    rows = CheckResult.objects.filter(comment__in=list(comments), check_name=MODEL).order_by("pk")
    since = Coalesce("comment__edited_at", "comment__created_at")
    return {row.comment_id: row for row in rows.filter(checked_at__gte=since)}


def _look_through(reckoner: Reckoner, work: ModelWork, now: datetime) -> int:
    """Put what is likely to be removed before a moderator, once; nothing where the newsroom has set no threshold."""
    shown_from = threads.newsroom().removal_shown_from
    newest = Comment.objects.aggregate(newest=Max("pk"))["newest"] or 0
    done = 0
    if shown_from is not None:
        since = (work.looked_at or now) - OVERLAP
        for part in _slices(_fresh(work, since)):
            done += len(part)
            scores = {pk: _scored(reckoner, plain) for pk, plain in part}
            _put_forward({pk: found for pk, found in scores.items() if 100 * found.value >= shown_from}, now)
    ModelWork.objects.filter(pk=work.pk, last_comment__lt=newest).update(last_comment=newest)
    return done


def _fresh(work: ModelWork, since: datetime) -> QuerySet[Comment]:
    """Written or edited since then, each found by an index; older ones that were imported meanwhile are left alone."""
    written = Q(pk__gt=max(0, work.last_comment - OVERLAP_IDS), created_at__gte=since)
    found = Comment.objects.filter(written | Q(edited_at__gte=since), state=CommentState.VISIBLE)
    return found.filter(waiting=None).order_by("pk")


def _slices(found: QuerySet[Comment]) -> Iterable[Sequence[tuple[int, str]]]:
    last = 0
    while part := list(found.filter(pk__gt=last).values_list("pk", "plain")[:AT_ONCE]):
        last = part[-1][0]
        yield part


def _put_forward(scores: dict[int, Score], now: datetime) -> None:
    """Unless it was before, or a person has decided on these words."""
    if not scores:
        return
    people = Decision.objects.filter(comment__in=list(scores), action__in=ON_COMMENTS, is_automated=False)
    since = Coalesce("comment__edited_at", "comment__created_at")
    settled = set(people.filter(decided_at__gte=since).values_list("comment_id", flat=True))
    known = _results(scores)
    new = [pk for pk in scores if pk not in settled and pk not in known]
    CheckResult.objects.bulk_create(
        CheckResult(
            comment_id=pk,
            check_name=MODEL,
            verdict=Verdict.SUSPECT,
            reason=reason(scores[pk]),
            score=scores[pk].value,
            checked_at=now,
        )
        for pk in new
    )
    settle_waiting(comments=new, now=now)
