"""Backups that the worker makes by itself, and how many of them are kept. The worker's book sees that one is made."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from kakehashi.lib.errors import DomainError
from kakehashi.server.backup.file import read_about
from kakehashi.server.backup.making import COPY, PARTIAL, make_backup, size_in_words

logger = logging.getLogger(__name__)

NAME = re.compile(r"kakehashi-\d{8}T\d{6}Z\.tar")


def back_up(now: datetime) -> int:
    """Write a backup into KAKEHASHI_BACKUP_DIR, then delete the oldest of ours beyond KAKEHASHI_BACKUP_KEEP; returns 1.

    The directory must be there: were it made, a disk that is not mounted would fill the one below. Raises as
    `make_backup` does; then nothing is deleted, and the worker tries again.
    """
    directory = Path(settings.KAKEHASHI_BACKUP_DIR)
    _clear(directory)
    made = make_backup(file=directory / f"kakehashi-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar", by="schedule", now=now)
    logger.info("backup %s: %s, %d comments", made.file, size_in_words(made.size), made.counts.get("comments", 0))
    _forget_oldest(directory, newest=Path(made.file))
    return 1


def _clear(directory: Path) -> None:
    """Remove what a killed worker left half written; whose turn it is now is alone here."""
    for file in directory.glob("kakehashi-*"):
        for ending in (PARTIAL, COPY):
            if NAME.fullmatch(file.name.removesuffix(ending)) and file.name.endswith(ending):
                file.unlink(missing_ok=True)


def _forget_oldest(directory: Path, *, newest: Path) -> None:
    """The one just made is kept whatever the clock said when it was named."""
    older = sorted(file for file in directory.glob("kakehashi-*.tar") if file != newest and _is_ours(file))
    for file in older[: max(0, len(older) + 1 - settings.KAKEHASHI_BACKUP_KEEP)]:
        file.unlink(missing_ok=True)
        logger.info("backup %s deleted: the %d latest are kept", file, settings.KAKEHASHI_BACKUP_KEEP)


def _is_ours(file: Path) -> bool:
    """Whether the worker made it: by its name and by what it says of itself."""
    with suppress(DomainError, OSError):
        return bool(NAME.fullmatch(file.name)) and read_about(file).get("by") == "schedule"
    return False
