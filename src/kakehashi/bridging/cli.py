"""`kakehashi bridge`: votes in a file to scores in a file. Needs neither a site nor Django."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kakehashi.bridging.kept import Kept
    from kakehashi.bridging.model import BridgingModel
    from kakehashi.bridging.votes import Votes

BRIDGING = "bridging"
# The names in RANKERS, which a call for help shall not have to load.
METHODS = (BRIDGING, "net", "wilson", "reddit-best", "shrunk-mean", "polis", "community-notes")


@click.command(epilog="Example: kakehashi bridge votes.csv.gz --out scores.csv --explain")
@click.argument("votes", required=False)
@click.option("--out", help="Where scores go: .csv, .csv.gz or .parquet; “-” for standard output, the default.")
@click.option("--method", type=click.Choice(METHODS), default=BRIDGING, show_default=True, help="Way of ranking.")
@click.option("--explain", "is_explained", is_flag=True, help="Also how many of each camp voted and rated up.")
@click.option("--update", "state", metavar="FILE", help="Keep votes and model in FILE; new votes are added to them.")
@click.option("--map", "map_file", metavar="SVG", help="Draw the map of opinions into this file.")
@click.option("--ignore-passes", "is_passing", is_flag=True, help="Leave out values of 0 among values of 1 and -1.")
def bridge(
    votes: str | None,
    out: str | None,
    method: str,
    is_explained: bool,
    state: str | None,
    map_file: str | None,
    is_passing: bool,
) -> None:
    """Rank items by what voters of every camp rate well, from VOTES alone.

    VOTES is CSV, packed with gzip or not, or Parquet, with the columns voter_id, item_id, value and, if there is one,
    timestamp, found by their names; “-” is standard input. A value is 1 or -1, or 1, 0.5 or 0. Of several votes of a voter
    on an item the last counts. A vote without a voter_id is from somebody of whom nothing is known.

    With --update and without VOTES, the scores are those of the votes kept so far.
    """
    if method != BRIDGING and (state or map_file or is_explained):
        raise click.UsageError("--update, --map and --explain go with the method bridging only.")
    if votes is None and not (state and os.path.exists(state)):
        raise click.UsageError("Name a file of votes, or with --update one that is there already.")
    with _said_in_a_sentence(), _shown() as show:
        if method == BRIDGING:
            _bridge(votes, out, state, map_file, show, is_explained=is_explained, is_passing=is_passing)
        else:
            _rank(str(votes), out or "-", method, show, is_passing=is_passing)


class _Show:
    """Says what is being done; here to nobody."""

    def step(self, name: str) -> None: ...

    def progress(self, done: int, total: int) -> None: ...


def _bridge(
    votes: str | None,
    out: str | None,
    state: str | None,
    map_file: str | None,
    show: _Show,
    *,
    is_explained: bool,
    is_passing: bool,
) -> None:
    from kakehashi.bridging import kept, table
    from kakehashi.bridging.files import write_table

    read = _read(votes, show, is_passing=is_passing) if votes else None
    show.step("Ranking")
    found = _found(read, state)
    if state and read is not None:
        kept.save(state, found)
    if map_file:
        _draw(found.model, map_file)
    if out or not map_file:
        show.step("Writing")
        write_table(out or "-", table.camp_table(found.scores, found.votes, is_explained=is_explained))


def _found(read: Votes | None, state: str | None) -> Kept:
    """What is kept in the file `state`, if any, with the votes just read, if any."""
    from kakehashi.bridging import kept
    from kakehashi.bridging.errors import StateError

    before = kept.load(state) if state else None
    if read is None:
        if before is None:
            raise StateError(f"{state} is gone.")
        return before
    return before.with_later(read) if before else kept.Kept.fitted_to(read)


def _rank(votes: str, out: str, method: str, show: _Show, *, is_passing: bool) -> None:
    from kakehashi.bridging import RANKERS
    from kakehashi.bridging.files import write_table
    from kakehashi.bridging.table import plain_table

    read = _read(votes, show, is_passing=is_passing)
    show.step("Ranking")
    ranker: Any = RANKERS[method]().fit(read)
    show.step("Writing")
    write_table(out, plain_table(ranker.item_ids_, ranker.score_, read))


def _read(path: str, show: _Show, *, is_passing: bool) -> Votes:
    from kakehashi.bridging.files import read_votes

    show.step("Reading")
    return read_votes(path, is_passing=is_passing, progress=show.progress)


def _draw(model: BridgingModel, path: str) -> None:
    from kakehashi.bridging.files import replaced
    from kakehashi.bridging.map import Words, map_groups, map_svg

    words = Words()
    if model.n_camps_ == 1:
        words = Words(nothing="The votes show no camps, so there is nothing to map.")
        opinions = map_groups([], [])
    else:
        opinions = map_groups(model.position_, model.membership_)
    with replaced(path) as beside:
        beside.write_text(map_svg(opinions, words=words, is_standalone=True), encoding="utf-8")


@contextlib.contextmanager
def _said_in_a_sentence() -> Iterator[None]:
    """A person's mistake ends the command with one sentence and exit status 1."""
    from kakehashi.bridging.errors import BridgingError

    try:
        yield
    except BridgingError as error:
        raise click.ClickException(str(error)) from error
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not flush to them once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(0) from None
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise click.ClickException(f"{error.strerror or error}{where}.") from error
    except MemoryError as error:
        raise click.ClickException("There is not enough memory for so many votes.") from error


@contextlib.contextmanager
def _shown() -> Iterator[_Show]:
    """A bar on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield _Show()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Beginning", total=None)

        class Bar(_Show):
            def step(self, name: str) -> None:
                bar.update(task, description=name, completed=0, total=None)

            def progress(self, done: int, total: int) -> None:
                bar.update(task, completed=done, total=total or None)

        yield Bar()


def main() -> None:
    """`python -m kakehashi.bridging`: exit status 0 done, 1 not done (and why, on standard error), 2 wrong usage."""
    bridge(prog_name="python -m kakehashi.bridging")
