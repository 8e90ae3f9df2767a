"""The evaluation: what a ranker sees never judges it, known answers get known figures, and every part runs."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.evaluation import attacks, conversations, judges, reporting
from benchmarks.evaluation.__main__ import Options, run
from benchmarks.evaluation.conversations import Ballots, of_discussion
from benchmarks.evaluation.hashing import chance
from benchmarks.evaluation.rankers import by_command, named
from benchmarks.evaluation.splits import Case, figures

from benchmarks import tables
from kakehashi.bridging.metrics import spearman
from kakehashi.bridging.synthetic import generate

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
MADE = generate(12_000, 300, 150, shares=[0.6, 0.4], seed=1)
VOTES = of_discussion(MADE)


def pairs(votes: Ballots) -> set[tuple[int, int]]:
    return set(zip(votes.voter.tolist(), votes.item.tolist(), strict=True))


def test_all_conversations_are_there_with_the_name_of_who_gave_them() -> None:
    names = conversations.names()
    assert len(names) == 11
    about = (conversations.FOLDER / "README.md").read_text()
    assert all(f"`{name}.csv.gz`" in about for name in names)
    assert "CC BY 4.0 with Attribution to The Computational Democracy Project" in about
    votes = conversations.read("london.youth.policing")
    assert set(votes.value.tolist()) == {1, -1}
    assert len(pairs(votes)) == len(votes.value)


def test_chance_is_even_and_each_purpose_has_its_own() -> None:
    drawn = chance(3, 1, np.arange(20_000) % 200, np.arange(20_000) // 200)
    assert np.abs(np.histogram(drawn, 10, (0, 1))[0] - 2000).max() < 200
    assert abs(np.corrcoef(drawn, chance(3, 2, np.arange(20_000) % 200, np.arange(20_000) // 200))[0, 1]) < 0.03


def test_what_is_seen_is_never_held_out() -> None:
    """Held-out votes turned round change the truth; the votes seen stay the same."""
    case = Case(VOTES, "line2", 0)
    seen, fewer = case.seen(1.0), case.seen(0.2)
    assert 0.45 < len(seen.value) / len(VOTES.value) < 0.55
    assert pairs(fewer) < pairs(seen)
    assert 0.17 < len(fewer.value) / len(seen.value) < 0.23


def test_the_truth_hangs_on_held_out_votes_alone() -> None:
    case = Case(VOTES, "line2", 0)
    truth, known = case.truth, case._judged
    is_seen = np.isin(VOTES.voter * VOTES.items + VOTES.item, case.seen(1.0).voter * VOTES.items + case.seen(1.0).item)
    turned = Ballots(VOTES.voter, VOTES.item, np.where(is_seen, -VOTES.value, VOTES.value), VOTES.time, 300, 150)
    other = Case(turned, "line2", 0)
    other.__dict__["_judged"] = known  # the judge may look at all votes on other items
    assert np.array_equal(truth, other.truth, equal_nan=True)


def test_no_vote_on_an_item_shapes_the_camps_that_judge_it() -> None:
    case = Case(VOTES, "line2", 0)
    items = case._judged[0][0]
    turned = np.where(items[VOTES.item], -VOTES.value, VOTES.value)
    other = Case(Ballots(VOTES.voter, VOTES.item, turned, VOTES.time, 300, 150), "line2", 0)
    assert np.array_equal(case._judged[0][1], other._judged[0][1])
    assert not np.array_equal(case._judged[1][1], other._judged[1][1])


@pytest.mark.parametrize("judge", judges.JUDGES)
def test_judges_find_camps(judge: str) -> None:
    labels = judges.camps(VOTES, judge)
    assert set(labels.tolist()) - {judges.UNKNOWN} == set(range(judges.JUDGES[judge][1]))
    few = np.bincount(VOTES.voter, minlength=300) < judges.FEWEST_VOTES
    assert set(labels[few].tolist()) <= {judges.UNKNOWN}
    if judge == "line2":
        known = labels != judges.UNKNOWN
        agreed = (labels[known] == MADE.camp[known]).mean()
        assert max(agreed, 1 - agreed) > 0.9


def test_the_cut_is_the_best_one() -> None:
    line = np.random.default_rng(0).normal(size=40)
    spread = [sum(part.var() * len(part) for part in (line[line <= at], line[line > at])) for at in np.sort(line)[:-1]]
    at = judges.cut(line)
    assert sum(part.var() * len(part) for part in (line[line <= at], line[line > at])) == pytest.approx(min(spread))


def test_the_measured_truth_is_near_the_real_one_and_nothing_ranks_above_it() -> None:
    case = Case(VOTES, "line2", 0)
    known = np.isfinite(case.truth)
    assert case.is_enough
    assert spearman(case.truth[known], MADE.truth[known]) > 0.7
    best, ceiling, net = (
        figures(case.truth, case.truth),
        case.ceiling(),
        figures(named("net")(case.seen(1)), case.truth),
    )
    assert best is not None
    assert list(best.values()) == pytest.approx([1, 1, 1, 1])
    assert ceiling is not None
    assert net is not None
    assert net["spearman"] < ceiling["spearman"] < 1


def test_fresh_accounts_and_members_attack_as_they_are_named() -> None:
    rng = np.random.default_rng(0)
    target = int(np.argmax(np.ptp(MADE.approval, axis=1)))
    voter, item, value = attacks.ATTACKS["fresh-up"](MADE, VOTES, target, 5, rng)
    assert (voter.min(), set(item.tolist()), set(value.tolist())) == (300, {target}, {1})
    voter, _, value = attacks.ATTACKS["members-down"](MADE, VOTES, target, 5, rng)
    assert set(MADE.camp[voter].tolist()) == {int(np.argmin(MADE.approval[target]))}
    assert set(value.tolist()) == {-1}
    voter, item, value = attacks.ATTACKS["mimics-up"](MADE, VOTES, target, 5, rng)
    assert (item == target).sum() == 5
    assert len(voter) > 30


def test_a_command_ranks_like_the_ranker_it_calls() -> None:
    command = f"{sys.executable} -m kakehashi.bridging {{votes}} --method net --out {{scores}}"
    votes = conversations.read("london.youth.policing")
    seen = np.bincount(votes.item, minlength=votes.items) > 0
    assert np.array_equal(by_command(command)(votes)[seen], named("net")(votes)[seen])


def test_every_part_runs_and_is_reported(tmp_path: Path) -> None:
    some = Options(
        rankers=("bridging", "net"),
        data=("brexit-consensus", "hm-freshwater", "small-no-camps"),
        judges=("line2",),
        seeds=1,
    )
    rows = list(run(some))
    found = {table.title.partition(",")[0]: table for table in reporting.report(rows, before=rows)}
    assert len(found) == 5
    real = found["Real votes"]
    assert real.rows[0][:2] == ("ceiling", "ceiling")
    assert {row[0] for row in real.rows} == {"ceiling", "100%", "20%", "5%"}
    wrong = {row[0]: row[1] for row in found["Votes that move their item the wrong way"].rows}
    assert wrong["net"] == "0"
    text = tables.markdown(found.values())
    assert text.count("\n### ") == 4
    assert "| bridging |" in text


def test_the_command_line_writes_rows_and_tables(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks.evaluation",
        "--only",
        "synthetic",
        "--data",
        "small-sparse",
        "--seeds",
        "2",
    ]
    command += ["--rankers", "wilson", "shrunk-mean", "--rows", tmp_path / "rows", "--markdown", tmp_path / "tables.md"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "rows").read_text().splitlines()]
    assert [(row["seed"], row["ranker"]) for row in rows] == [(s, r) for s in (0, 1) for r in ("wilson", "shrunk-mean")]
    mean = np.mean([row["spearman"] for row in rows if row["ranker"] == "shrunk-mean"])
    (line,) = (line for line in (tmp_path / "tables.md").read_text().splitlines() if "shrunk-mean" in line)
    assert f"{mean:.3f}" in next(csv.reader([line], delimiter="|"))[3]
