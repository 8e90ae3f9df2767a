"""The group of all commands, and the one place that turns a person's mistake into a sentence and exit status 1."""

from __future__ import annotations

import atexit
import gc
import importlib
from typing import Any, NoReturn

import click

from kakehashi import __version__
from kakehashi.server.cli.failures import explain

# command -> module, of ours or by its full name, that defines it under the same name ("import" differs in Python)
COMMANDS = {
    "init": "setup:init",
    "demo": "demo:demo",
    "serve": "serving:serve",
    "worker": "working:worker",
    "rank": "ranking:rank",
    "alerts": "alerts:alerts",
    "import": "importing:import_group",
    "bridge": "kakehashi.bridging.cli:bridge",
    "backup": "backing_up:backup",
    "restore": "backing_up:restore",
    "move": "moving:move",
    "check": "checking:check",
    "status": "looking:status",
    "manage": "managing:manage",
}


class Kakehashi(click.Group):
    """Loads a command's module when the command is asked for; says a known failure in one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        path = module if "." in module else f"kakehashi.server.cli.{module}"
        command: click.Command = getattr(importlib.import_module(path), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            sentence = explain(error)
            if sentence is None:
                raise
            raise click.ClickException(sentence) from error


@click.group(
    cls=Kakehashi,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: kakehashi demo. Each command has its own --help with an example.",
)
@click.version_option(__version__, prog_name="kakehashi", message="%(prog)s %(version)s")
def cli() -> None:
    """Kakehashi: a self-hosted news site with reader discussion.

    Settings are environment variables; KAKEHASHI_DATA names the directory where everything is kept.
    """


def main() -> NoReturn:
    """Entry point: exit status 0 done, 1 not done (and why, on standard error), 2 wrong usage."""
    # Python would go through all of Django's objects once more before it ends: half a second for nothing.
    atexit.register(gc.freeze)
    cli(prog_name="kakehashi")
    raise SystemExit(0)
