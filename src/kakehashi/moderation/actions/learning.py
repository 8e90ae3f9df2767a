"""Learning from the site's own decisions: a training when one is due, and what the staff choose by hand."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Conflict, NotFound
from kakehashi.moderation.actions.recording import require_staff
from kakehashi.moderation.model import lessons, versions
from kakehashi.moderation.models import ModelVersion, ModelWeights, ModelWork, VersionState
from kakehashi.readers.models import Reader

if TYPE_CHECKING:
    from kakehashi.moderation.model.lesson import Lesson
    from kakehashi.moderation.model.weights import Weights

# The weights of so many versions that were kept stay, so that the staff can go back; the rows stay all.
WEIGHTS_KEPT = 5
# A training that has not ended by then was broken off.
BROKEN_OFF_AFTER = timedelta(minutes=15)
# So many held-out decisions of each kind are needed to tell a better model from a worse one.
FEWEST_HELD_OUT = 10
# After so many that failed or were broken off in a row, the next one comes a day later.
TRIES = 3
REST = timedelta(days=1)


def retrain(*, now: datetime, actor: Reader | None = None, at_once: bool = False) -> int:
    """Make the training that is due, or one `at_once`; 1 if there was one. Only one runs at a time.

    What was learned is kept, and used from then on, if it orders decisions that were held out better than what is in use.
    Every attempt leaves its row. Raises what keeps a training from ending; it is marked failed.
    """
    ModelVersion.objects.filter(state=VersionState.TRAINING, trained_at__lt=now - BROKEN_OFF_AFTER).update(
        state=VersionState.ABANDONED, why=_("The worker ended before it was done.")
    )
    asked = ModelWork.objects.filter(asked_at__isnull=False).first()
    if asked is None and not at_once and not is_due(now):
        return 0
    version = _begin(now, asked.asked_by if asked is not None else actor)
    if version is None:
        return 0
    began = time.perf_counter()
    try:
        _make(version, began, now)
    except Exception as error:
        why = _("It failed: %(error)s.") % {"error": f"{type(error).__name__}: {error}"[:500]}
        _end(version, began, state=VersionState.FAILED, why=why)
        raise
    finally:
        # Not before: who was killed meanwhile has not done what was asked.
        if asked is not None:
            ModelWork.objects.filter(pk=asked.pk, asked_at=asked.asked_at).update(asked_at=None, asked_by=None)
    return 1


def is_due(now: datetime) -> bool:
    """Whether so many decisions were made since the last attempt that said something as the setting asks for, or the last
    one is damaged. What failed or was broken off is tried again, after TRIES times in a row once a day."""
    ended = ModelVersion.objects.exclude(state=VersionState.TRAINING).order_by("-pk")
    last = versions.last_judged()
    in_vain = list(ended.filter(pk__gt=last.pk if last is not None else 0).values_list("trained_at", flat=True)[:TRIES])
    if len(in_vain) == TRIES and in_vain[0] > now - REST:
        return False
    if last is not None and last == versions.version_in_use() and versions.trouble_with(last):
        return True
    wanted = settings.KAKEHASHI_MODEL_DECISIONS
    fresh = lessons.taught().filter(pk__gt=last.last_decision if last is not None else 0)
    return len(fresh.order_by().values_list("pk", flat=True)[:wanted]) >= wanted


def _begin(now: datetime, actor: Reader | None) -> ModelVersion | None:
    """The row of this attempt; None while another worker is at one."""
    number = (ModelVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    try:
        with transaction.atomic():
            # Before the lessons are read, so that no decision falls between two trainings.
            return ModelVersion.objects.create(
                number=number, trained_at=now, last_decision=lessons.newest(), chosen_by=actor
            )
    except IntegrityError:
        return None


def _make(version: ModelVersion, began: float, now: datetime) -> None:
    import numpy as np

    from kakehashi.moderation.model import apart, report
    from kakehashi.moderation.model.training import TooFew

    gathered = lessons.gather()
    learned = [lesson for lesson in gathered if not lesson.is_held_out]
    held_out = [lesson for lesson in gathered if lesson.is_held_out]
    quiet = lessons.untouched(most=len(gathered), now=now)
    counted = {"learned": len(learned), "held_out": len(held_out)}
    try:
        weights, made_with = apart.learn([*learned, *(lesson for lesson in quiet if not lesson.is_held_out)])
    except TooFew as few:
        why = _("There are too few decisions to learn from: %(few)s.") % {"few": few}
        _end(version, began, state=VersionState.DISMISSED, why=why, **counted)
        return
    content = weights.to_bytes()
    figures, before, why = _tried(weights, learned, held_out)
    still = np.array([weights.probability(lesson.plain) for lesson in quiet if lesson.is_held_out])
    report.add_alarms(figures, still)
    report.add_judges(figures, learned)
    with transaction.atomic():
        is_ours = _end(
            version,
            began,
            state=VersionState.DISMISSED if why else VersionState.KEPT,
            why=why,
            figures=figures,
            figures_before=before,
            made_with=made_with,
            digest=hashlib.sha256(content).hexdigest(),
            used_since=None if why else now,
            **counted,
        )
        if is_ours and not why:
            ModelWeights.objects.create(version=version, content=content)
            _forget_old_weights()


def _tried(
    weights: Weights, learned: Sequence[Lesson], held_out: Sequence[Lesson]
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """What the held-out decisions say of what was learned and of what is in use, and why it is not kept; "" if it is."""
    import numpy as np

    from kakehashi.moderation.model import report

    in_use = versions.in_use()
    is_removed = np.array([lesson.is_removed for lesson in held_out], dtype=bool)
    now = np.array([weights.probability(lesson.plain) for lesson in held_out])
    then = np.array([in_use.probability(lesson.plain, lesson.language) for lesson in held_out])
    figures = report.figures(now, held_out)
    before = report.figures(then, held_out) | {"version": in_use.version, "trouble": in_use.trouble}
    if min(is_removed.sum(), (~is_removed).sum()) < FEWEST_HELD_OUT:
        return figures, before, _("Too few decisions are held out to tell whether it is better.")
    figures["words"] = report.words(learned, weights.logit)
    return figures, before, _why_not(figures, before, *report.is_better(now, then, is_removed))


def _why_not(figures: dict[str, Any], before: dict[str, Any], is_better: bool, is_above_chance: bool) -> str:
    if not is_above_chance:
        return _(
            "On %(n)s held-out decisions it orders hardly better than chance: average precision %(now).3f, and "
            "%(base).3f were removed."
        ) % {"n": figures["decisions"], "now": figures["average_precision"], "base": figures["base_rate"]}
    if not is_better:
        return _(
            "On %(n)s held-out decisions it orders no better than what is in use: average precision %(now).3f instead of "
            "%(before).3f."
        ) % {"n": figures["decisions"], "now": figures["average_precision"], "before": before["average_precision"]}
    return ""


def _end(version: ModelVersion, began: float, **values: Any) -> bool:
    """Write down how it ended; False if another worker took it for broken off meanwhile."""
    values["seconds"] = time.perf_counter() - began
    return bool(ModelVersion.objects.filter(pk=version.pk, state=VersionState.TRAINING).update(**values))


def _forget_old_weights() -> None:
    """Of versions that were kept; the one in use stays, however old."""
    in_use = versions.version_in_use()
    latest = ModelWeights.objects.order_by("-version__number").values_list("pk", flat=True)[:WEIGHTS_KEPT]
    ModelWeights.objects.exclude(pk__in=[*latest, in_use.pk if in_use else 0]).delete()


@transaction.atomic
def ask_for_training(*, actor: Reader, now: datetime | None = None) -> None:
    """Let the worker train at its next look, however few decisions are new; a repeat changes nothing.

    Raises `NotFound` (not a moderator) or `Conflict` (one is running).
    """
    require_staff(actor)
    if ModelVersion.objects.filter(state=VersionState.TRAINING).exists():
        raise Conflict(_("A training is running already. Its result will stand here in a moment."), code="training")
    work = the_work()
    ModelWork.objects.filter(pk=work.pk, asked_at=None).update(asked_at=now or timezone.now(), asked_by=actor)


@transaction.atomic
def use_version(*, actor: Reader, version: ModelVersion, now: datetime | None = None) -> ModelVersion:
    """Score by this version from now on, until a better one is trained.

    Raises `NotFound` (not a moderator) or `Conflict` (in use already, not kept, its weights are gone or damaged).
    """
    require_staff(actor)
    held = ModelVersion.objects.select_for_update(of=("self",)).filter(pk=version.pk).first()
    if held is None:
        raise NotFound(_("There is no such version."))
    in_use = versions.version_in_use()
    if in_use is not None and in_use.pk == held.pk:
        raise Conflict(_("Version %(number)s is in use already.") % {"number": held.number}, code="already")
    if held.state != VersionState.KEPT:
        raise Conflict(_("This version was not kept, so it cannot be used."), code="not-kept")
    if trouble := versions.trouble_with(held):
        raise Conflict(trouble, code="unreadable")
    held.used_since, held.chosen_by = now or timezone.now(), actor
    held.save(update_fields=["used_since", "chosen_by"])
    return held


def forget_weights(*, forgotten: Sequence[ModelVersion]) -> int:
    """Use these versions no more, and forget their weights; how many. What was in use before comes back."""
    numbers = [version.pk for version in forgotten]
    ModelVersion.objects.filter(pk__in=numbers).update(used_since=None)
    return ModelWeights.objects.filter(pk__in=numbers).delete()[0]


def the_work() -> ModelWork:
    """The one row that says what the worker has done."""
    found, _is_new = ModelWork.objects.get_or_create(pk=1)
    return found
