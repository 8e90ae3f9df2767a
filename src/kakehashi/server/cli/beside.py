"""The worker that `kakehashi serve` runs beside the server: a process of its own, started again when it dies."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading

logger = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 60.0
STOP_SECONDS = 20.0


class WorkerBeside:
    """`start()` it once, `stop()` it at the end; between the two it lives again after every death, with growing pauses."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="worker-beside", daemon=True)
        self._command = [sys.executable, "-m", "kakehashi.server.cli", "worker", "--with-parent", str(os.getpid())]

    def start(self) -> None:
        self._spawn()
        self._thread.start()

    def ask_to_end(self) -> None:
        """The worker ends after its running task and is not started again; does not wait."""
        self._stop.set()
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        """Ask the worker to end and wait; after STOP_SECONDS end it."""
        self.ask_to_end()
        process = self._process
        if process is None:
            return
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)  # noqa: S603
        return self._process

    def _watch(self) -> None:
        pause = 1.0
        while self._process is not None:
            status = self._process.wait()
            if self._stop.is_set():
                return
            logger.error("the worker ended with status %d; starting it again in %.0f s", status, pause)
            if self._stop.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            self._spawn()
