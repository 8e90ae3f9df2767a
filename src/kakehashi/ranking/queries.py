"""What is known: the model in use, and the runs behind it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from kakehashi.comments.models import Vote
from kakehashi.ranking.models import Look, RankingRun, RunState, StoredModel

if TYPE_CHECKING:
    from kakehashi.bridging import BridgingModel

# The name under which the worker's looks at the votes are written down.
VOTES = "votes"

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_kept: tuple[int, BridgingModel] | None = None


def last_run() -> RankingRun | None:
    """The latest run, whatever became of it."""
    return RankingRun.objects.order_by("-pk").first()


def last_applied() -> RankingRun | None:
    """The latest run by which comments are ranked."""
    return RankingRun.objects.filter(state=RunState.APPLIED).order_by("-pk").first()


def unread_votes() -> int:
    """Votes that came since the worker last looked, or all before it ever has. Two queries."""
    looked_at = Look.objects.filter(name=VOTES).values_list("looked_at", flat=True).first()
    return (Vote.objects.filter(changed_at__gt=looked_at) if looked_at else Vote.objects.all()).count()


def current_run_id() -> int | None:
    """The run by whose model comments are ranked; None before the first. One query."""
    found = StoredModel.objects.filter(run__state=RunState.APPLIED).order_by("-run_id").values_list("run_id")
    row = found.first()
    return row[0] if row else None


def current_model() -> BridgingModel | None:
    """The model of the last run that was applied; None before the first. To be read, not to be changed.

    Kept in memory, so that only a new one is read from the database; else one query.
    """
    run_id = current_run_id()
    return None if run_id is None else model_of(run_id)


def model_of(run_id: int) -> BridgingModel | None:
    """What this run learned; None where it is not kept any more, or was written by a later version."""
    # Only who ranks pays for NumPy: a server process that shows pages starts without.
    from kakehashi.bridging import BridgingModel, StateError

    global _kept  # noqa: PLW0603 - one model a process
    with _lock:
        if _kept is not None and _kept[0] == run_id:
            return _kept[1]
        content = StoredModel.objects.filter(pk=run_id).values_list("content", flat=True).first()
        if content is None:
            return None
        try:
            model = BridgingModel.from_bytes(bytes(content))
        except StateError as error:
            logger.warning("the model of ranking run %d cannot be read: %s", run_id, error)
            return None
        _kept = (run_id, model)
        return model


def find_unreadable() -> list[int]:
    """Runs whose kept model is damaged or of a later version; reads all that are kept."""
    from kakehashi.bridging import BridgingModel, StateError

    found = []
    for run_id in StoredModel.objects.order_by("pk").values_list("pk", flat=True):
        content = StoredModel.objects.filter(pk=run_id).values_list("content", flat=True).first()
        try:
            BridgingModel.from_bytes(bytes(content or b""))
        except StateError:
            found.append(run_id)
    return found


def forget() -> None:
    """Keep no model in memory."""
    global _kept  # noqa: PLW0603
    with _lock:
        _kept = None
