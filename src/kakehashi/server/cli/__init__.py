"""The command line `kakehashi`. Django is loaded only by the commands that need it, so `--help` answers at once."""

from kakehashi.server.cli.group import main

__all__ = ["main"]
