"""One measurement, in a process of its own: `python -m benchmarks.ranking.measuring NAME FOLDER [ENGINE]` prints JSON.

Memory is the peak of the process beyond what it held with the votes loaded, in bytes.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ranking import adam
from benchmarks.ranking.stored import Stored, load
from kakehashi.bridging import BridgingModel, CommunityNotesRanker, Votes
from kakehashi.bridging.metrics import spearman
from kakehashi.bridging.synthetic import generate

Facts = dict[str, Any]
# So few that one reading of the clock says little.
_REPEATED = 2_000_000
_TURNS = 3


def scores(stored: Stored, engine: str) -> Facts:
    """From arrays to scores, cold."""
    warm_up(engine)
    resident = _resident()
    grouping, votes = _timed(lambda: grouped(stored), stored)
    fitting, model = _timed(lambda: BridgingModel(engine=engine).fit(votes), stored)
    return {
        **{"seconds": grouping.wall + fitting.wall, "cpu": grouping.cpu + fitting.cpu, "grouping": grouping.wall},
        **{"memory": _peak() - resident, "sweeps": model.n_sweeps_, "camps": model.n_camps_},
        **{"scores": len(model.score_), "voters": len(model.voter_ids_), "state": len(model.to_bytes())},
    }


def refit(stored: Stored, engine: str) -> Facts:
    """Warm, after the last hundredth of the votes."""
    warm_up(engine)
    before = BridgingModel(engine=engine).fit(grouped(stored[: int(len(stored) / 1.01)]))
    votes = grouped(stored)
    cold_time, cold = _timed(lambda: BridgingModel(engine=engine).fit(votes), stored)
    time_taken, warm = _timed(lambda: BridgingModel(engine=engine).fit(votes, start=before), stored)
    moved = np.abs(warm.score_ - cold.score_)
    return {
        **{"seconds": time_taken.wall, "cpu": time_taken.cpu, "cold_cpu": cold_time.cpu, "sweeps": warm.n_sweeps_},
        **{"agreement": spearman(warm.score_, cold.score_), "moved": float(moved.max())},
    }


def community_notes(stored: Stored, engine: str) -> Facts:
    """The objective of Community Notes: its way, and ours to the same loss."""
    warm_up(engine)
    votes = grouped(stored)
    ours, solved = _timed(lambda: CommunityNotesRanker(engine=engine).fit(votes), stored)
    dense = Stored(*(_places(column) for column in (stored.voter, stored.item)), stored.value)
    theirs, (intercepts, loss, epochs) = _timed(lambda: adam.solve(dense), stored, turns=1)
    ranking = scores(stored, engine)
    return {
        **{"adam": theirs.wall, "adam_cpu": theirs.cpu, "epochs": epochs, "adam_loss": loss},
        **{"ours": ours.wall, "ours_cpu": ours.cpu, "our_loss": solved.loss_},
        **{"agreement": spearman(intercepts, solved.score_)},
        **{"scores": ranking["seconds"], "scores_cpu": ranking["cpu"]},
    }


def one_vote(stored: Stored, engine: str) -> Facts:
    """One vote more, and the new score of its item, voters frozen: followed, among all votes, and from the item's alone."""
    warm_up(engine)
    model = BridgingModel(engine=engine).fit(grouped(stored))
    rng = np.random.default_rng(0)
    again = [int(place) for place in rng.integers(len(stored), size=200)]
    alone, added, followed = [], [], []
    running = model.running()
    for place in [again[0], *again]:
        voter, item, value = (int(column[place]) for column in (stored.voter, stored.item, stored.value))
        begin = time.perf_counter()
        running.vote(voter, item, -value)
        followed.append(time.perf_counter() - begin)
    for place in again:
        mine = stored.item == stored.item[place]
        some = Stored(stored.voter[mine], stored.item[mine], stored.value[mine])
        begin = time.perf_counter()
        model.score_items(grouped(some))
        alone.append(time.perf_counter() - begin)
    for place in again[:5]:
        vote = Stored(stored.voter[place : place + 1], stored.item[place : place + 1], -stored.value[place : place + 1])
        begin = time.perf_counter()
        model.partial_fit(grouped(vote))
        added.append(time.perf_counter() - begin)
    return {
        **{"followed": float(np.median(followed)), "added": float(np.median(added))},
        **{"alone": float(np.median(alone)), "alone_most": float(np.max(alone))},
    }


def grouped(stored: Stored) -> Votes:
    return Votes.of(stored.voter, stored.item, stored.value)


def warm_up(engine: str) -> None:
    """Load and compile whatever the engine needs, with few votes."""
    made = generate(20_000, 1000, 500, seed=2)
    votes = made.votes()
    model = BridgingModel(engine=engine).fit(votes)
    BridgingModel(engine=engine).fit(votes, start=model)
    CommunityNotesRanker(engine=engine).fit(votes)


@dataclass(frozen=True)
class Taken:
    """Seconds by the clock, and of all processors together: on a busy machine only the latter say much."""

    wall: float
    cpu: float


def _timed(make: Callable[[], Any], stored: Stored, turns: int = _TURNS) -> tuple[Taken, Any]:
    """The medians of some turns where one is short, and what was made."""
    taken = []
    for _ in range(turns if len(stored) < _REPEATED else 1):
        begin = time.perf_counter(), time.process_time()
        made = make()
        taken.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    return Taken(*(float(median) for median in np.median(taken, axis=0))), made


def _places(ids: np.ndarray) -> np.ndarray:
    return np.unique(ids, return_inverse=True)[1].astype(np.int32)


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


MEASUREMENTS: dict[str, Callable[[Stored, str], Facts]] = {
    "scores": scores,
    "refit": refit,
    "community-notes": community_notes,
    "one-vote": one_vote,
}


if __name__ == "__main__":
    name, folder, engine = sys.argv[1:4]
    print(json.dumps(MEASUREMENTS[name](load(Path(folder)), engine)))
