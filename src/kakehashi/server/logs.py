"""Log lines for people or for programs, each with the number of its request, and nothing about the person who made it.

Our own lines carry their figures in `extra={"fields": {...}}`. Of others' lines the address is replaced by the route's
name; e-mail and network addresses are masked in all; what an exception says about a request's contents is withheld.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.http import HttpRequest

EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:)[0-9A-Fa-f:]{6,39}(?![\w:.])")
CLOCK = re.compile(r"\d{1,2}:\d{2}:\d{2}\Z")
# What these say is about our source and not about what somebody sent.
TALKATIVE = ("TypeError", "AttributeError", "NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError")
TEMPLATES = ("TemplateDoesNotExist", "TemplateSyntaxError")


@dataclass
class Facts:
    """What the logs may say of the request that this thread answers; `spent` is seconds in the database."""

    id: str
    request: HttpRequest
    queries: int = 0
    spent: float = 0.0

    @property
    def route(self) -> str:
        return route_of(self.request)


current: ContextVar[Facts | None] = ContextVar("kakehashi_request", default=None)


def request_id() -> str:
    """Of the request that this thread answers; empty outside of one."""
    facts = current.get()
    return facts.id if facts else ""


def route_of(request: HttpRequest) -> str:
    """The name of the view, never the path; `none` where no address matched."""
    match = request.resolver_match
    return (match.view_name or "unnamed") if match else "none"


def masked(text: str) -> str:
    """`text` without e-mail and network addresses."""
    if "@" in text:
        text = EMAIL.sub("[e-mail]", text)
    if "." in text:
        text = IPV4.sub("[address]", text)
    if ":" in text:
        text = IPV6.sub(lambda found: found[0] if CLOCK.match(found[0]) else "[address]", text)
    return text


class Formatter(logging.Formatter):
    """What both forms have in common: which facts a line has, and how much of an error it tells."""

    def facts(self, record: logging.LogRecord) -> dict[str, Any]:
        found: dict[str, Any] = {}
        asked = current.get()
        request = getattr(record, "request", None)
        if asked is not None:
            found["request_id"] = asked.id
            found["route"] = asked.route
        elif isinstance(request, HttpRequest):
            found["route"] = route_of(request)
        found.update(getattr(record, "fields", {}))
        return found

    def message(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        args = record.args
        if isinstance(request, HttpRequest) and isinstance(args, tuple):
            paths = {request.path, request.path_info, request.get_full_path()}
            args = tuple(route_of(request) if isinstance(arg, str) and arg in paths else arg for arg in args)
        message = str(record.msg) % args if args else str(record.msg)
        return masked(message)

    def formatException(  # noqa: N802
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        chain: list[BaseException] = []
        error = ei[1]
        while error is not None and error not in chain and len(chain) < 8:
            chain.append(error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        lines: list[str] = []
        for link in reversed(chain):
            lines += [*traceback.format_tb(link.__traceback__), f"{_kind(link)}: {_said(link)}\n"]
        return masked("".join(lines).rstrip())


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")


def _said(error: BaseException) -> str:
    """Its first line; while a request is answered, only of errors that cannot quote what was sent."""
    text = str(error).splitlines()
    first = text[0] if text else ""
    if current.get() is None:
        return first
    # A database's first line names the constraint or the column; data errors quote the value.
    is_database = _kind(error).startswith(("django.db.", "psycopg.", "sqlite3."))
    if is_database and type(error).__name__ not in {"DataError"} and "Invalid" not in type(error).__name__:
        return first
    return first if type(error).__name__ in {*TALKATIVE, *TEMPLATES} else "(what it says is withheld)"


class TextFormatter(Formatter):
    """2026-01-02T03:04:05.678Z INFO kakehashi.request: answered request_id=… route=story status=200 ms=12"""

    def format(self, record: logging.LogRecord) -> str:
        parts = [f"{_time(record)} {record.levelname} {record.name}: {self.message(record)}"]
        parts += [f"{name}={value}" for name, value in self.facts(record).items()]
        line = " ".join(parts)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self.message(record),
            **self.facts(record),
        }
        if record.exc_info:
            line["error"] = _kind(record.exc_info[1]) if record.exc_info[1] else ""
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
