"""What is known: the model in use, and the runs behind it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from kakehashi.ranking.models import RankingRun, RunState, StoredModel

if TYPE_CHECKING:
    from kakehashi.bridging import BridgingModel

_lock = threading.Lock()
_kept: tuple[int, BridgingModel] | None = None


def last_run() -> RankingRun | None:
    """The latest run, whatever became of it."""
    return RankingRun.objects.order_by("-pk").first()


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
    """What this run learned; None where it is not kept any more."""
    # Only who ranks pays for NumPy: a server process that shows pages starts without.
    from kakehashi.bridging import BridgingModel

    global _kept  # noqa: PLW0603 - one model a process
    with _lock:
        if _kept is not None and _kept[0] == run_id:
            return _kept[1]
        content = StoredModel.objects.filter(pk=run_id).values_list("content", flat=True).first()
        if content is None:
            return None
        model = BridgingModel.from_bytes(bytes(content))
        _kept = (run_id, model)
        return model


def forget() -> None:
    """Keep no model in memory."""
    global _kept  # noqa: PLW0603
    with _lock:
        _kept = None
