"""How far a few accounts move one item's rank, and how often a single vote moves it the wrong way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation.conversations import Ballots, of_discussion
from benchmarks.evaluation.rankers import Rank
from kakehashi.bridging.metrics import percentile
from kakehashi.bridging.synthetic import Discussion, generate

ACCOUNTS = (5, 20)
TARGETS = 6
TRIALS = 60
# Voters, items and values of the votes that are added.
Added = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]


def run(kind: str, seed: int, rankers: dict[str, Rank]) -> Iterator[dict[str, Any]]:
    """Each ranker before and after, on the most divisive items for attacks upwards, on the best for those downwards."""
    made = generate(6000, 500, 200, shares=(0.6, 0.4), seed=seed + 31)
    votes = of_discussion(made)
    targets = _targets(made, votes, is_down=kind.endswith("down"))
    for ranker, rank in rankers.items():
        before = rank(votes)
        for accounts in ACCOUNTS:
            moves = []
            for target in targets:
                added = ATTACKS[kind](made, votes, target, accounts, np.random.default_rng([seed, accounts, target]))
                places = (percentile(scores, target) for scores in (before, rank(votes.with_others(*added))))
                moves.append((*places, percentile(made.truth, target)))
            was, now, true = np.mean(moves, axis=0)
            most = float(np.abs(np.diff(np.array(moves)[:, :2])).max())
            yield {
                **{"kind": kind, "accounts": accounts, "seed": seed, "ranker": ranker, "true": true},
                **{"before": was, "after": now, "move": now - was, "most": most},
            }


def _targets(made: Discussion, votes: Ballots, *, is_down: bool) -> list[int]:
    count = np.bincount(votes.item, minlength=votes.items)
    usual = np.flatnonzero((count >= 12) & (count <= 60))
    wanted = made.truth if is_down else np.ptp(made.approval, axis=1)
    chosen: list[int] = usual[np.argsort(-wanted[usual])][:TARGETS].tolist()
    return chosen


def _one_item(voters: NDArray[np.int64], target: int, value: int) -> Added:
    return voters, np.full(len(voters), target), np.full(len(voters), value, np.int8)


def _members(value: int) -> Callable[..., Added]:
    """Established members of the camp that likes the item most (upwards) or least (downwards)."""

    def attack(made: Discussion, votes: Ballots, target: int, accounts: int, rng: np.random.Generator) -> Added:
        camp = int(np.argmax(value * made.approval[target]))
        active = np.bincount(votes.voter, minlength=votes.voters) >= 5
        active[votes.voter[votes.item == target]] = False
        pool = np.flatnonzero((made.camp == camp) & active)
        return _one_item(rng.choice(pool, size=min(accounts, len(pool)), replace=False), target, value)

    return attack


def _fresh(value: int) -> Callable[..., Added]:
    """Accounts that never voted before."""

    def attack(made: Discussion, votes: Ballots, target: int, accounts: int, rng: np.random.Generator) -> Added:
        return _one_item(votes.voters + np.arange(accounts), target, value)

    return attack


def _mimics(made: Discussion, votes: Ballots, target: int, accounts: int, rng: np.random.Generator) -> Added:
    """Accounts that copy ten votes of a member of the camp that dislikes the item, then vote it up."""
    camp = int(np.argmin(made.approval[target]))
    models = np.flatnonzero((made.camp == camp) & (np.bincount(votes.voter, minlength=votes.voters) >= 10))
    parts = []
    for account in range(accounts):
        own = np.flatnonzero((votes.voter == rng.choice(models)) & (votes.item != target))
        copied = rng.choice(own, size=min(10, len(own)), replace=False)
        items, values = np.append(votes.item[copied], target), np.append(votes.value[copied], np.int8(1))
        parts.append((np.full(len(items), votes.voters + account), items, values.astype(np.int8)))
    voter, item, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    return voter, item, value


ATTACKS: dict[str, Callable[..., Added]] = {
    "members-up": _members(1),
    "members-down": _members(-1),
    "fresh-up": _fresh(1),
    "fresh-down": _fresh(-1),
    "mimics-up": _mimics,
}


def monotone(seed: int, rankers: dict[str, Rank]) -> Iterator[dict[str, Any]]:
    """A vote more of somebody who is there, everything fitted anew: does its item move the wrong way?"""
    made = generate(2500, 250, 120, seed=seed + 51)
    votes = of_discussion(made)
    pairs = set(zip(votes.voter.tolist(), votes.item.tolist(), strict=True))
    for ranker, rank in rankers.items():
        rng, before = np.random.default_rng(seed), rank(votes)
        wrong, trials, worst = 0, 0, 0.0
        for _ in range(TRIALS):
            voter, item = int(rng.choice(votes.voter)), int(rng.integers(votes.items))
            if (voter, item) in pairs:
                continue
            value = 1 if rng.random() < 0.5 else -1
            after = rank(votes.with_others(*_one_item(np.array([voter]), item, value)))
            moved = float(after[item] - before[item]) * value
            if not np.isfinite(moved):
                continue
            trials += 1
            wrong += moved < -1e-9
            worst = max(worst, -moved / (float(np.nanstd(before)) + 1e-12))
        yield {"seed": seed, "ranker": ranker, "wrong": wrong, "trials": trials, "worst": worst}
