"""The bar that long commands show on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

# (step, done, total); total 0 where nobody knows.
Progress = Callable[[str, int, int], None]


@contextlib.contextmanager
def progress_bar(*, is_shown: bool) -> Iterator[Progress | None]:
    """A bar on standard error where that is a terminal; else None."""
    if not (is_shown and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Beginning", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total or None)
