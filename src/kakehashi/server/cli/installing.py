"""Making and upgrading a site: directories, secret key, tables, static files. Each step may be run again."""

from __future__ import annotations

import hashlib
import os
import secrets
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kakehashi import __version__
from kakehashi.server.cli.alone import Say, alone_in, alone_on_database
from kakehashi.server.environment import KEY_FILE, data_directory, secret_key

STATIC_STAMP = ".fingerprint"
STATIC_PACKAGES = ("django", "wagtail", "django-htmx", "django-allauth")


def make_data_directory() -> Path:
    """The data directory with its secret key, readable by its owner only. Raises OSError where it cannot be made."""
    data = data_directory()
    data.mkdir(mode=0o750, parents=True, exist_ok=True)
    with alone_in(data, lambda _: None):
        _ensure_key(data)
    (data / "media").mkdir(mode=0o750, exist_ok=True)
    (data / "mail").mkdir(mode=0o700, exist_ok=True)
    return data


def _ensure_key(data: Path) -> None:
    if secret_key(data):
        return
    file = data / KEY_FILE
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(secrets.token_urlsafe(64) + "\n")


def install(say: Say, *, name: str) -> None:
    """Bring the site up to this version. Needs Django loaded; writes tables, the root pages and static files.

    `name` is the newsroom's, until an editor gives it another.
    """
    from django.conf import settings
    from django.core.management import call_command

    from kakehashi.moderation.actions import ensure_policy
    from kakehashi.server.cli.django_ready import pending_migrations
    from kakehashi.stories.actions import ensure_site

    with alone_in(Path(settings.DATA), say):
        with alone_on_database(say):
            if pending_migrations():
                say("Setting up the tables")
                call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
            close_to_others(settings.DATABASES["default"])
            ensure_site(name=name)
            ensure_policy()
        if not settings.DEBUG:
            collect_static(say)


def close_to_others(database: dict[str, Any]) -> None:
    """The web server may look into the data directory for pictures, but not into the database: SQLite's file is its
    owner's, and those that SQLite puts beside it take their rights from it."""
    if database["ENGINE"].endswith("sqlite3"):
        os.chmod(database["NAME"], 0o600)


def collect_static(say: Say) -> None:
    """Copy and compress the static files, unless they are those of the last time."""
    from django.conf import settings
    from django.core.management import call_command

    stamp = Path(settings.STATIC_ROOT) / STATIC_STAMP
    wanted = static_fingerprint(settings.STATICFILES_DIRS[0])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    say("Collecting and compressing the static files")
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted, encoding="utf-8")


def static_fingerprint(directory: Path) -> str:
    """Changes with our version, with the versions of the packages that bring static files, and with our own files."""
    digest = hashlib.sha256(__version__.encode())
    for package in STATIC_PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    for file in sorted(path for path in directory.rglob("*") if path.is_file()):
        facts = file.stat()
        digest.update(f"{file.relative_to(directory)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
