"""A run: learn where readers stand from all votes, try it, and where it is no worse, rank all comments by it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi import __version__
from kakehashi.comments.actions import Place, place_by_common_ground
from kakehashi.comments.models import Comment, Vote
from kakehashi.ranking import queries, rules
from kakehashi.ranking.models import Look, RankingRun, RunKind, RunState, StoredModel

if TYPE_CHECKING:
    from kakehashi.bridging import BridgingModel, Scores
    from kakehashi.ranking.arrays import VoteArrays
    from kakehashi.ranking.trial import Verdict

# Of what is drawn by chance: nothing at present, so the same votes always give the same model.
SEED = 0
# The models of so many runs are kept, beside that in use; of the runs themselves, so many.
MODELS_KEPT = 2
RUNS_KEPT = 2000
COMMENTS_AT_ONCE = 20_000
TRIED = (RunState.APPLIED, RunState.KEPT)


def refit(*, now: datetime, kind: RunKind | None = None, even_if_worse: bool = False) -> int:
    """Make the run that is due, or one of this `kind` at once; how many comments moved.

    Whoever calls this has the task's turn: a run that is still marked as running was broken off. A run that was applied
    but has not placed all comments is brought to its end first. Raises what keeps a run from ending; it is marked failed.
    """
    RankingRun.objects.filter(state=RunState.RUNNING).update(
        state=RunState.ABANDONED,
        finished_at=now,
        why=_("The worker ended before it was done. The ranks stayed as they were."),
    )
    moved = _finish_placing(now)
    kind = kind or _kind_due(now)
    if kind is None:
        return moved
    run = RankingRun.objects.create(kind=kind, seed=SEED, code_version=__version__, started_at=now)
    began = time.perf_counter()
    try:
        return moved + _make(run, began, even_if_worse=even_if_worse)
    except Exception as error:
        why = _("It failed: %(error)s. The ranks stayed as they were.") % {
            "error": f"{type(error).__name__}: {error}"[:500]
        }
        _end(run, began, state=RunState.FAILED, why=why)
        raise


def _kind_due(now: datetime) -> RunKind | None:
    tried = RankingRun.objects.filter(state__in=TRIED)
    last = tried.order_by("-pk").first()
    cold = tried.filter(kind=RunKind.COLD).aggregate(at=Max("started_at"))["at"]
    applied = queries.last_applied()
    if applied is not None and queries.model_of(applied.pk) is None:
        # Written by another version, or damaged.
        cold = None
    votes = Vote.objects.all() if last is None or cold is None else Vote.objects.filter(changed_at__gt=last.started_at)
    return rules.kind_due(
        last,
        cold,
        new_votes=votes.count(),
        now=now,
        at_hour=settings.KAKEHASHI_RANKING_HOUR,
        after=timedelta(minutes=settings.KAKEHASHI_RANKING_MINUTES),
    )


def _make(run: RankingRun, began: float, *, even_if_worse: bool) -> int:
    """Learn, try, keep and apply; how many comments moved."""
    from kakehashi.ranking import arrays

    votes = arrays.all_votes()
    model, verdict, figures = _learn(run, votes)
    is_applied = even_if_worse or not verdict.is_worse
    with transaction.atomic():
        is_ours = _end(
            run,
            began,
            state=RunState.APPLIED if is_applied else RunState.KEPT,
            why="" if is_applied else _why_not(verdict),
            votes=len(votes),
            camps=model.n_camps_,
            parameters=model.get_params(),
            **figures,
        )
        if is_ours:
            StoredModel.objects.create(run=run, content=model.to_bytes())
            _prune()
    return _place_all(run, model, votes, began) if is_ours and is_applied else 0


def _learn(run: RankingRun, votes: VoteArrays) -> tuple[BridgingModel, Verdict, dict[str, Any]]:
    """The model of all votes on what readers see but those held out, and what these say of it and of the last one."""
    import numpy as np

    from kakehashi.bridging import BridgingModel
    from kakehashi.ranking import arrays, scoring, trial

    before = queries.current_model()
    is_held_out = trial.held_out(votes)
    is_seen = ~np.isin(votes.comment, arrays.unseen_comments())
    learned_from = scoring.as_votes(votes.where(is_seen & ~is_held_out))
    model = BridgingModel().fit(learned_from, start=before if run.kind == RunKind.WARM else None)
    if before is not None:
        model.align(before)
    last = (before, before.score_items(learned_from)) if before is not None else None
    verdict = trial.judge(model, model.scores_, last, votes.where(is_seen & is_held_out))
    figures = verdict.figures() | {"alignment": trial.alignment(model, before), "sweeps": model.n_sweeps_}
    return model, verdict, {"figures": figures, "voters": learned_from.n_voters, "items": learned_from.n_items}


def _why_not(verdict: Verdict) -> str:
    return _(
        "Tried on %(votes)s votes that were held out, it predicts worse than the last one: log-loss %(now).3f instead of "
        "%(before).3f, a difference larger than the margin and than chance explains. The ranks stay as they are."
    ) % {"votes": verdict.votes, "now": verdict.log_loss, "before": verdict.log_loss_before}


def _end(run: RankingRun, began: float, **values: Any) -> bool:
    """Write down how the run ended; False if somebody else took it for broken off meanwhile."""
    values |= {"finished_at": timezone.now(), "seconds": time.perf_counter() - began}
    return bool(RankingRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(**values))


def _prune() -> None:
    """Forget the models of old runs, and runs older than those. The model in use stays, however old."""
    kept = [
        queries.current_run_id(),
        *StoredModel.objects.order_by("-run_id").values_list("run_id", flat=True)[:MODELS_KEPT],
    ]
    StoredModel.objects.exclude(run_id__in=kept).delete()
    oldest = RankingRun.objects.order_by("-pk").values_list("pk", flat=True)[RUNS_KEPT - 1 : RUNS_KEPT].first()
    if oldest is not None:
        RankingRun.objects.filter(pk__lt=oldest, stored_model=None).delete()


def forget_models(*, runs: Sequence[int]) -> int:
    """Forget what these runs learned; how many. Without the one in use the next run begins from nothing, at once."""
    return StoredModel.objects.filter(run_id__in=runs).delete()[0]


def _finish_placing(now: datetime) -> int:
    """Place what a run that was applied had not placed when its worker ended."""
    from kakehashi.ranking import arrays

    run = RankingRun.objects.filter(state=RunState.APPLIED).order_by("-pk").first()
    if run is None or run.placed_at is not None or (model := queries.model_of(run.pk)) is None:
        return 0
    return _place_all(run, model, arrays.all_votes(), time.perf_counter() - run.seconds)


def _place_all(run: RankingRun, model: BridgingModel, votes: VoteArrays, began: float) -> int:
    """Put every comment where the run's model wants it, some thousands at a time; how many moved.

    A repeat writes only what is not there yet. Votes cast since the run began are folded in by the next look.
    """
    import numpy as np

    from kakehashi.ranking import scoring

    def votes_by(readers: list[int]) -> VoteArrays:
        return votes.where(np.isin(votes.reader, readers))

    scores = scoring.with_newcomers(model, votes, votes_by).score_items(scoring.as_votes(votes))
    places = chain(scoring.places_of(model, scores), _without_votes(scores))
    moved = 0
    while batch := list(islice(places, COMMENTS_AT_ONCE)):
        moved += place_by_common_ground(places=batch)
    _read_again(run.started_at)
    RankingRun.objects.filter(pk=run.pk).update(
        placed_at=timezone.now(), moved=F("moved") + moved, seconds=time.perf_counter() - began
    )
    return moved


def _without_votes(scores: Scores) -> Iterator[Place]:
    """Comments that had votes once, and none that counts now."""
    rated = set(scores.item_ids.tolist())
    placed = Comment.objects.exclude(common_ground=0.0).order_by().values_list("pk", flat=True)
    return (Place(comment, 0.0) for comment in placed.iterator(chunk_size=COMMENTS_AT_ONCE) if comment not in rated)


def _read_again(since: datetime) -> None:
    """Let the next look read all votes since then."""
    Look.objects.get_or_create(name=queries.VOTES)
    Look.objects.filter(Q(looked_at=None) | Q(looked_at__gt=since), name=queries.VOTES).update(looked_at=since)
