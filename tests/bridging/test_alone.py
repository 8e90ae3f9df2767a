"""The package by itself: everything it promises is there, and nothing of Django is needed for it or its command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import kakehashi.bridging
from kakehashi.bridging import RANKERS, synthetic
from kakehashi.bridging.cli import METHODS

pytestmark = pytest.mark.once

# Whatever would load Django or what stands on it fails, as in an environment without them.
WITHOUT_DJANGO = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "wagtail", "allauth", "granian"}:
            raise ImportError(f"{name} is not installed here")
sys.meta_path.insert(0, Blocker())
for name in [name for name in sys.modules if name.partition(".")[0] == "django"]:
    del sys.modules[name]
"""


def run(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_DJANGO + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def some_votes(file: Path) -> Path:
    made = synthetic.generate(3000, 200, 60, seed=8)
    rows = zip(made.voter.tolist(), made.item.tolist(), made.value.tolist(), strict=True)
    file.write_text("voter_id,item_id,value\n" + "".join(f"r{u},c{i},{v}\n" for u, i, v in rows))
    return file


def test_every_public_name_can_be_had() -> None:
    for name in kakehashi.bridging.__all__:
        assert getattr(kakehashi.bridging, name).__name__ == name if name != "RANKERS" else RANKERS
    assert set(kakehashi.bridging.__all__) <= set(dir(kakehashi.bridging))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = kakehashi.bridging.Nothing


def test_the_command_knows_every_ranker() -> None:
    assert set(METHODS) == set(RANKERS)


def test_votes_become_scores_where_there_is_no_django(tmp_path: Path) -> None:
    done = run(
        "import runpy; sys.argv[0] = 'bridge'; runpy.run_module('kakehashi.bridging', run_name='__main__')",
        some_votes(tmp_path / "votes.csv"),
        *("--map", tmp_path / "map.svg", "--update", tmp_path / "state", "--out", "-"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("item_id,score,lower,camp_a_approval,camp_b_approval,votes,ups\n")
    assert done.stdout.count("\n") == 61
    assert (tmp_path / "map.svg").read_text().startswith("<svg")


def test_the_command_of_the_site_bridges_where_there_is_no_django(tmp_path: Path) -> None:
    done = run("from kakehashi.server.cli import main; main()", "bridge", some_votes(tmp_path / "votes.csv"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 61


@pytest.mark.parametrize("arguments", [["--help"], ["bridge", "--help"]])
def test_help_loads_neither_django_nor_numbers(arguments: list[str]) -> None:
    code = (
        "import sys; from kakehashi.server.cli.group import cli\n"
        "cli(sys.argv[1:], standalone_mode=False)\n"
        "sys.exit(sum(name.partition('.')[0] in {'django', 'numpy', 'scipy', 'rich'} for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "bridge" in done.stdout
