"""Which log lines are written, and in which form: a part of the settings."""

from __future__ import annotations

from typing import Any


def log_lines(form: str, level: str) -> dict[str, Any]:
    """`settings.LOGGING`, for one console: `form` is `text` or `json` (server.logs), `level` the least that is written."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": "kakehashi.server.logs.TextFormatter"},
            "json": {"()": "kakehashi.server.logs.JsonFormatter"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own, which would write to the console a second time while KAKEHASHI_DEBUG is on.
            "django": {"handlers": [], "propagate": True},
            "kakehashi.mail": {"level": "INFO"},
            # Asked for by a setting of their own.
            "kakehashi.request": {"level": "INFO"},
            "kakehashi.query": {"level": "WARNING"},
            # Each page that an editor saves makes a dozen of these lines.
            "django_tasks": {"level": "WARNING"},
            "wagtail": {"level": "WARNING"},
            # Robots knock with every host name there is; the 400 is answer enough.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "django.request": {"level": "ERROR"},
        },
    }
