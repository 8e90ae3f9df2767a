"""Rankers under comparison: ours by name, anybody's by a command that reads and writes files."""

from __future__ import annotations

import csv
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation.conversations import Ballots
from kakehashi.bridging import RANKERS, Votes

# Scores (items,) from votes, NaN for what has none.
Rank = Callable[[Ballots], NDArray[np.float64]]


def named(name: str) -> Rank:
    """One of `RANKERS`; items without votes stand where it puts an item of which nothing is known."""

    def rank(votes: Ballots) -> NDArray[np.float64]:
        ranker = RANKERS[name]().fit(Votes.of(votes.voter, votes.item, votes.value, votes.time))
        scores = np.full(votes.items, ranker.prior_score_)
        scores[ranker.item_ids_] = ranker.score_
        return scores

    return rank


def by_command(template: str) -> Rank:
    """A command with {votes} and {scores}: reads voter_id,item_id,value,timestamp, writes item_id,score."""

    def rank(votes: Ballots) -> NDArray[np.float64]:
        with tempfile.TemporaryDirectory() as folder:
            given, made = Path(folder, "votes.csv"), Path(folder, "scores.csv")
            rows = zip(*(column.tolist() for column in (votes.voter, votes.item, votes.value, votes.time)), strict=True)
            with given.open("w", newline="") as text:
                csv.writer(text).writerows([("voter_id", "item_id", "value", "timestamp"), *rows])
            command = shlex.split(template.format(votes=shlex.quote(str(given)), scores=shlex.quote(str(made))))
            subprocess.run(command, check=True)
            scores = np.full(votes.items, np.nan)
            with made.open(newline="") as text:
                for row in csv.DictReader(text):
                    scores[int(row["item_id"])] = float(row["score"])
        return scores

    return rank
