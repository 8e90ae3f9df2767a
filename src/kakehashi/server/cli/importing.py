"""`kakehashi import`: bring in what other systems kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kakehashi.archive.commands import FileOutcome


@click.group("import", epilog="Example: kakehashi import capture page.txt")
def import_group() -> None:
    """Bring in stories and discussions; one sub-command for each format."""


@import_group.command(
    epilog='Example: kakehashi import capture page.txt --headline "Bridge opens" --published 2014-05-14'
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option("--url", default="", help="Where the page was; one file only.")
@click.option("--headline", default="", help="Headline of the story; one file only.")
@click.option("--published", default="", help="Day or time of publication, like 2014-05-14 or 2014-05-14T18:30.")
@click.option("--section", default="", help="Title of the section to put the stories into.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, with the addresses made.")
def capture(files: tuple[str, ...], url: str, headline: str, published: str, section: str, as_json: bool) -> None:
    """Import text captures of story pages with their comments. Run again, it changes nothing."""
    from kakehashi.server.cli.django_ready import require_site

    require_site()
    from kakehashi.archive.commands import import_capture_files

    with _progress(is_shown=sys.stderr.isatty() and not as_json) as progress:
        summary = import_capture_files(
            files, url=url, headline=headline, published=published, section=section, progress=progress
        )
    if as_json:
        click.echo(json.dumps(summary.as_json(), ensure_ascii=False, indent=2))
    else:
        for outcome in summary.files:
            _say(outcome)
    if not summary.is_ok:
        raise click.exceptions.Exit(1)


class _progress:  # noqa: N801
    """A bar on standard error while files are read, or nothing."""

    def __init__(self, *, is_shown: bool) -> None:
        self.is_shown = is_shown

    def __enter__(self) -> Callable[[str, int, int], None] | None:
        if not self.is_shown:
            return None
        from rich.console import Console
        from rich.progress import Progress

        self._bar = Progress(console=Console(stderr=True), transient=True)
        self._bar.start()
        task = self._bar.add_task("Importing", total=None)
        return lambda name, done, total: self._bar.update(task, description=name or "Done", completed=done, total=total)

    def __exit__(self, *_: Any) -> None:
        if self.is_shown:
            self._bar.stop()


def _say(outcome: FileOutcome) -> None:
    if outcome.status == "failed":
        click.echo(f"{outcome.file}: {outcome.error}", err=True)
        return
    click.echo(f"{outcome.file}: {outcome.status}, “{outcome.headline}”, {outcome.comments} comments, {outcome.url}")
    for note in outcome.notes:
        line = f"line {note['line']}: " if note.get("line") else ""
        click.echo(f"  {line}{note['text']}")
