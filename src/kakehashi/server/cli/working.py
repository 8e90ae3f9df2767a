"""`kakehashi worker`: do the work behind the page until told to stop."""

from __future__ import annotations

import os
import signal
import threading
import time

import click


@click.command(epilog="Example: kakehashi worker")
@click.option("--once", is_flag=True, help="Run every task a single time and end.")
@click.option("--with-parent", "parent", type=int, hidden=True, help="End when this process is gone.")
def worker(once: bool, parent: int | None) -> None:
    """Publish what is due, index for search and do whatever else waits; any number of workers may run.

    SIGTERM or Ctrl-C stops it after the task that is running.
    """
    from kakehashi.server.cli.django_ready import require_site

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    require_site()
    from kakehashi.lib.worker import configured_tasks, run

    if parent is not None:
        threading.Thread(target=_stop_with, args=(parent, stop), daemon=True).start()
    run(configured_tasks(), stop=stop, once=once)


def _stop_with(parent: int, stop: threading.Event) -> None:
    while os.getppid() == parent and not stop.is_set():
        time.sleep(1)
    stop.set()
