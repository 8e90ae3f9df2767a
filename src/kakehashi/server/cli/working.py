"""`kakehashi worker`: do the work behind the page until told to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kakehashi.lib.worker import Task
    from kakehashi.server.jobs import DatabaseBook

LAST_BEAT_SECONDS = 5.0


@click.command(epilog="Example: kakehashi worker")
@click.option("--once", is_flag=True, help="Run every task a single time and end.")
@click.option("--with-parent", "parent", type=int, hidden=True, help="End when this process is gone.")
def worker(once: bool, parent: int | None) -> None:
    """Publish what is due, index for search and do whatever else waits. Any number of workers may run: each task is
    one worker's at a time, and another's when that one is gone.

    SIGTERM or Ctrl-C stops it after the tasks that are running.
    """
    from kakehashi.server.cli.django_ready import require_site

    stop = stopped_by_signals()
    require_site()
    from kakehashi.lib.worker import configured_tasks

    if parent is not None:
        threading.Thread(target=_stop_with, args=(parent, stop), daemon=True).start()
    work(configured_tasks(), stop=stop, once=once)


def stopped_by_signals() -> threading.Event:
    """Set when the process is asked to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # From a thread: the one that runs the tasks may just hold the event's own lock, and would wait for itself.
        signal.signal(number, lambda *_: threading.Thread(target=stop.set).start())
    return stop


def work(tasks: Sequence[Task], *, stop: threading.Event, once: bool) -> None:
    """Take turns at the tasks, beside all other workers, until `stop` is set; with `once`, a single turn at each."""
    from kakehashi.lib.worker import keep_beating, run, run_beside
    from kakehashi.server.jobs import DatabaseBook

    book, ended = DatabaseBook(), threading.Event()
    heart = keep_beating(book, ended)
    try:
        if once:
            run(tasks, book=book, stop=stop, once=True)
        else:
            run_beside(tasks, book=book, stop=stop)
    finally:
        ended.set()
        heart.join(LAST_BEAT_SECONDS)
        _leave(book)


def _leave(book: DatabaseBook) -> None:
    """Without a word, where the database is away: others will see that the beats have stopped."""
    from django.db import InterfaceError, OperationalError

    with contextlib.suppress(OperationalError, InterfaceError):
        book.leave()


def _stop_with(parent: int, stop: threading.Event) -> None:
    while os.getppid() == parent and not stop.is_set():
        stop.wait(1)
    stop.set()
