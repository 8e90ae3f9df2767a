"""`kakehashi bridge` as a person meets it: files in, files out, and exit status 0, 1 or 2."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result

from kakehashi.bridging import RANKERS, BridgingModel, synthetic
from kakehashi.bridging.cli import bridge
from kakehashi.bridging.files import read_votes
from kakehashi.bridging.synthetic import Discussion

pytestmark = pytest.mark.once

DISCUSSION = synthetic.generate(6000, 300, 100, seed=3)


def written(path: Path, made: Discussion, some: slice = slice(None)) -> str:
    rows = zip(made.voter[some].tolist(), made.item[some].tolist(), made.value[some].tolist(), strict=True)
    path.write_text("voter_id,item_id,value\n" + "".join(f"r{u},c{i},{v}\n" for u, i, v in rows))
    return str(path)


@pytest.fixture(scope="module")
def votes(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("votes") / "votes.csv", DISCUSSION)


def run(*arguments: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(bridge, [str(argument) for argument in arguments], input=stdin)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_scores_come_best_first_with_what_is_known_of_each_camp(votes: str) -> None:
    done = run(votes)
    assert (done.exit_code, done.stderr) == (0, "")
    rows = table(done.stdout)
    columns = ["item_id", "score", "lower", "camp_a_approval", "camp_b_approval", "votes", "ups"]
    assert list(rows[0]) == columns
    model = BridgingModel().fit(read_votes(votes))
    best = model.scores_.order()
    assert [row["item_id"] for row in rows] == model.item_ids_[best].tolist()
    assert np.allclose([float(row["score"]) for row in rows], model.score_[best], atol=1e-6)
    assert all(float(row["lower"]) <= float(row["camp_a_approval"]) <= 1 for row in rows)
    named = {row["item_id"]: row for row in rows}
    counts = np.bincount(DISCUSSION.item, minlength=100)
    ups = np.bincount(DISCUSSION.item[DISCUSSION.value > 0], minlength=100)
    for item in np.flatnonzero(counts):
        assert (named[f"c{item}"]["votes"], named[f"c{item}"]["ups"]) == (str(counts[item]), str(ups[item]))


def test_the_explanation_says_what_the_columns_say(votes: str) -> None:
    for row in table(run(votes, "--explain").stdout):
        parts = [f"{row[f'camp_{camp}_ups']} of {row[f'camp_{camp}_votes']}" for camp in "ab"]
        assert row["explanation"] == " and ".join(parts)
        assert int(row["camp_a_votes"]) + int(row["camp_b_votes"]) <= int(row["votes"])


def test_without_camps_nothing_is_said_of_camps(tmp_path: Path) -> None:
    path = written(tmp_path / "votes.csv", synthetic.generate(2000, 200, 60, camps=1, leaning=0, seed=2))
    done = run(path, "--explain", "--map", tmp_path / "map.svg", "--out", "-")
    assert done.exit_code == 0, done.stderr
    rows = table(done.stdout)
    assert {row["camp_a_approval"] + row["camp_b_approval"] + row["camp_b_votes"] for row in rows} == {""}
    assert all(row["explanation"].count(" of ") == 1 for row in rows)
    assert "show no camps" in (tmp_path / "map.svg").read_text()


@pytest.mark.parametrize("method", RANKERS)
def test_every_method_ranks(votes: str, method: str) -> None:
    done = run(votes, "--method", method)
    assert done.exit_code == 0, done.stderr
    ranker = RANKERS[method]().fit(read_votes(votes))  # type: ignore[attr-defined]
    best = ranker.item_ids_[np.argmax(ranker.score_)]
    assert table(done.stdout)[0]["item_id"] == best


def test_out_is_packed_by_its_name_and_input_by_its_bytes(votes: str, tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(Path(votes).read_bytes()))
    assert run(packed, "--out", tmp_path / "scores.csv.gz").stdout == ""
    assert gzip.decompress((tmp_path / "scores.csv.gz").read_bytes()).decode() == run(votes).stdout


def test_standard_input(votes: str) -> None:
    assert run("-", stdin=Path(votes).read_text()).stdout == run(votes).stdout
    done = run("-", stdin="voter_id,item_id,value\nv,i,up\n")
    assert (done.exit_code, "standard input, line 2: value" in done.stderr) == (1, True)


def test_the_map_is_drawn_alone_or_beside_the_scores(votes: str, tmp_path: Path) -> None:
    assert run(votes, "--map", tmp_path / "map.svg").stdout == ""
    assert run(votes, "--map", tmp_path / "map.svg", "--out", "-").stdout
    assert ElementTree.parse(tmp_path / "map.svg").getroot().get("role") == "img"


class TestUpdate:
    def test_votes_added_bit_by_bit_rank_like_all_at_once(self, votes: str, tmp_path: Path) -> None:
        state = tmp_path / "state"
        for number, (begin, end) in enumerate([(0, 5900), (5900, 5950), (5950, 6000)]):
            part = written(tmp_path / f"{number}.csv", DISCUSSION, slice(begin, end))
            done = run(part, "--update", state)
            assert done.exit_code == 0, done.stderr
        together = {row["item_id"]: row for row in table(run(votes).stdout)}
        bit_by_bit = {row["item_id"]: row for row in table(done.stdout)}
        assert {name: row["votes"] for name, row in bit_by_bit.items()} == {
            n: row["votes"] for n, row in together.items()
        }
        scores = [[float(rows[name]["score"]) for name in sorted(rows)] for rows in (together, bit_by_bit)]
        assert np.corrcoef(scores)[0, 1] > 0.99

    def test_the_same_votes_again_change_nothing(self, votes: str, tmp_path: Path) -> None:
        first = run(votes, "--update", tmp_path / "state")
        again = run(votes, "--update", tmp_path / "state")
        alone = run("--update", tmp_path / "state")
        assert first.stdout == again.stdout == alone.stdout

    def test_a_vote_taken_back_later_counts_no_more(self, tmp_path: Path) -> None:
        head = "voter_id,item_id,value,timestamp\n"
        for votes in ("v,i,1,10\nw,i,1,10\n", "v,i,-1,20\n", "w,i,-1,5\n"):
            (tmp_path / "votes.csv").write_text(head + votes)
            done = run(tmp_path / "votes.csv", "--update", tmp_path / "state")
        (row,) = table(done.stdout)
        assert (row["votes"], row["ups"]) == ("2", "1")

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda data: b"other" + data, "is no state that"),
            (lambda data: data[:-9], "is damaged"),
            (lambda data: data[:200] + b"x" + data[201:], "is damaged"),
            (lambda data: data[:16] + b"\xff\xff" + data[18:], "version 65535"),
            (lambda data: b"", "is no state that"),
        ],
    )
    def test_a_state_that_cannot_be_used_is_said_and_kept(
        self, votes: str, tmp_path: Path, change: object, sentence: str
    ) -> None:
        state = tmp_path / "state"
        run(votes, "--update", state)
        state.write_bytes(change(state.read_bytes()))  # type: ignore[operator]
        before = state.read_bytes()
        done = run(votes, "--update", state)
        assert done.exit_code == 1
        assert f"Error: {state}" in done.stderr
        assert sentence in done.stderr
        assert state.read_bytes() == before

    def test_a_mistake_in_the_votes_leaves_the_state(self, votes: str, tmp_path: Path) -> None:
        state = tmp_path / "state"
        run(votes, "--update", state)
        before = state.read_bytes()
        (tmp_path / "bad.csv").write_text("voter_id,item_id,value\nv,i,1\nv,j,?\n")
        assert run(tmp_path / "bad.csv", "--update", state).exit_code == 1
        assert state.read_bytes() == before

    def test_a_killed_run_leaves_a_state_that_can_be_used(self, votes: str, tmp_path: Path) -> None:
        state = tmp_path / "state"
        run(votes, "--update", state)
        command = [sys.executable, "-m", "kakehashi.bridging", votes, "--update", str(state), "--out", os.devnull]
        for wait in (0.6, 0.9, 1.2):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert run("--update", state).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["missing.csv"], 1, "No such file or directory (missing.csv)"),
        (["."], 1, "Is a directory"),
        ([], 2, "Name a file of votes"),
        (["--update", "missing"], 2, "Name a file of votes"),
        (["votes.csv", "--method", "best"], 2, "Invalid value for '--method'"),
        (["votes.csv", "--method", "net", "--explain"], 2, "go with the method bridging only"),
        (["votes.csv", "--out"], 2, "requires an argument"),
    ],
)
def test_mistakes_end_with_a_sentence(arguments: list[str], status: int, sentence: str) -> None:
    done = run(*arguments)
    assert done.exit_code == status
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_place_that_cannot_be_written_is_said(votes: str, tmp_path: Path) -> None:
    done = run(votes, "--out", tmp_path / "none" / "scores.csv")
    assert (done.exit_code, "No such file or directory" in done.stderr) == (1, True)


def test_a_terminal_is_shown_a_bar(votes: str, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kakehashi.bridging", votes, "--out", str(tmp_path / "scores.csv")]
    process = subprocess.Popen(command, stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    # A terminal that nobody holds any more cannot be read; one that nobody reads stops who writes to it.
    with contextlib.suppress(OSError):
        while some := os.read(ours, 10_000):
            shown += some
    os.close(ours)
    assert process.wait() == 0
    assert any(step in shown for step in (b"Reading", b"Ranking", b"Writing"))
    assert (tmp_path / "scores.csv").read_text() == run(votes).stdout


def test_a_reader_who_has_seen_enough_is_no_failure(votes: str) -> None:
    reading = f"{sys.executable} -m kakehashi.bridging {votes} --explain | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", reading], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("item_id,")
