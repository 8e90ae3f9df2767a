"""`kakehashi serve`: granian in front of Django, and one worker beside it."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from kakehashi.server.cli.beside import WorkerBeside

PARENT_LOOK_SECONDS = 1.0
STOP_SECONDS = 20
# Connections of one process beside those of listeners: open requests, and browsers that may ask again soon.
CONNECTIONS = 2048
# Open files that are no connections: the database, pages from disk, this and that.
OTHER_FILES = 500


def default_processes() -> int:
    """One process for each core, four at most: more is a decision about memory that a person takes."""
    return min(4, os.cpu_count() or 1)


def default_threads() -> int:
    """Threads of one process: Python runs one at a time, the others wait for the database or for a slow reader."""
    return 2 * (os.cpu_count() or 1) + 1


@click.command(epilog="Example: kakehashi serve --host 127.0.0.1 --port 8000 --workers 2")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all of IPv4.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", "processes", type=click.IntRange(1, 64), help="Server processes.  [default: cores, at most 4]"
)
@click.option("--threads", type=click.IntRange(1, 256), help="Threads in each of them.  [default: 2 × cores + 1]")
@click.option("--no-worker", is_flag=True, help="Run no worker beside: `kakehashi worker` runs elsewhere.")
@click.option("--access-log", is_flag=True, help="One line on standard output for each request.")
def serve(host: str, port: int, processes: int | None, threads: int | None, no_worker: bool, access_log: bool) -> None:
    """Serve the site over HTTP until SIGTERM or Ctrl-C, with one worker beside it."""
    from kakehashi.server.cli.django_ready import require_site

    require_free(host, port)
    require_site()
    from django.conf import settings

    from kakehashi.server.metrics_home import shared_metrics

    with shared_metrics(settings.KAKEHASHI_METRICS_TOKEN):
        run_server(
            host=host,
            port=port,
            processes=processes or default_processes(),
            threads=threads or default_threads(),
            has_worker=not no_worker,
            has_access_log=access_log,
        )


def require_free(host: str, port: int) -> None:
    """End with a sentence when the address cannot be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or str(error)
        hint = " Another server runs there: stop it, or choose another --port." if "in use" in reason else ""
        raise click.ClickException(f"Cannot listen on {host} port {port}: {reason}.{hint}") from error


def run_server(
    *,
    host: str,
    port: int,
    processes: int,
    threads: int,
    has_worker: bool,
    has_access_log: bool = False,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Serve until a signal. Needs Django loaded and no database connection open, for the processes are forked.

    `on_ready()` is called once the address answers.
    """
    from django.conf import settings
    from django.urls import get_resolver
    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels

    from kakehashi.server.sockets import allow_many

    # Loaded once here and inherited by every process, instead of by each at its first request.
    _ = get_resolver().url_patterns

    address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
    server = Granian(
        "kakehashi.server.rsgi:Site",
        address=str(address),
        port=port,
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,
        websockets=False,
        workers=processes,
        # What comes beyond waits until a connection is closed.
        backpressure=max(CONNECTIONS, min(CONNECTIONS + settings.KAKEHASHI_LIVE_LISTENERS, allow_many() - OTHER_FILES)),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
        log_access=has_access_log,
        # Without the address, which says who it was.
        log_access_format='[%(time)s] "%(method)s %(path)s" %(status)d %(dt_ms).3f',
    )
    beside = WorkerBeside() if has_worker else None

    def stop(*_: Any) -> None:
        if beside:
            beside.ask_to_end()
        server.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def start() -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, stop)
        if beside:
            beside.start()
        threading.Thread(target=_say_when_ready, args=(host, port, on_ready), daemon=True).start()

    server.on_startup(start)
    # What is loaded by now stays for good: never looked through again, its memory stays shared between the processes.
    gc.collect()
    gc.freeze()
    try:
        server.serve(target_loader=partial(load_application, os.getpid(), threads), wrap_loader=False)
    finally:
        if beside:
            beside.stop()
    click.echo("Stopped.")


def load_application(parent: int, threads: int) -> Any:
    """Called in each server process: the application; the process ends when `parent` is gone."""
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    from kakehashi.server.nameplate import nameplate
    from kakehashi.server.patience import lose_patience
    from kakehashi.server.rsgi import Site

    lose_patience()
    nameplate.keep_learning()
    return Site(threads)


def _leave_with(parent: int) -> None:
    never = threading.Event()
    while os.getppid() == parent:
        # Not `time.sleep`, which libfaketime breaks: with it the tests set the clock of a running site.
        never.wait(PARENT_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _say_when_ready(host: str, port: int, on_ready: Callable[[], None] | None) -> None:
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    never = threading.Event()
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection((target, port), timeout=1):
            break
        never.wait(0.05)
    else:
        return
    if on_ready:
        on_ready()
        return
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Listening on http://{shown}:{port} (Ctrl-C stops it)")
    sys.stdout.flush()
