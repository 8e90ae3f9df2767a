"""Reads the demo's content files: stories in Markdown with a TOML head, the newspaper and its people in TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from random import Random
from typing import Any

from django.utils import timezone

FOLDER = resources.files("kakehashi.archive.demo") / "content"

_SPAN = re.compile(r"(\d+) (year|month|day|hour|minute)s?")
_SPANS = {"year": 525_960, "month": 43_830, "day": 1440, "hour": 60, "minute": 1}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Picture:
    """What a lead picture shows and how it is printed."""

    motif: str
    alt: str
    caption: str
    credit: str


@dataclass(frozen=True)
class StoryFile:
    """One story as a file has it; times are still spans ("3 hours ago"), `comments` the size of its thread."""

    slug: str
    section: str
    headline: str
    standfirst: str
    paragraphs: tuple[str, ...]
    published: str
    topic: str
    comments: int = 0
    byline: str = ""
    dateline: str = ""
    updated: str = ""
    agency: str = ""
    running_story: str = ""
    importance: int = 1
    thread: str = "open"
    thread_rule: int = 0
    thread_why: str = ""
    core: bool = False
    archived_votes: bool = False
    picture: Picture | None = None
    corrections: tuple[tuple[str, str], ...] = ()
    talk: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def published_at(self, now: datetime) -> datetime:
        """When it was published if the demo is made at `now`; older stories get an hour of their own day."""
        distance = span(self.published)
        if self.published.startswith("in "):
            return now + distance
        at = now - distance
        if distance > timedelta(days=3):
            at = at.replace(hour=0, minute=0) + timedelta(minutes=Random(self.slug).randint(6 * 60, 20 * 60))
        return at

    def words(self, now: datetime) -> tuple[str, ...]:
        """The paragraphs with the weekday of publication filled in."""
        day = _DAYS[timezone.localtime(self.published_at(now)).weekday()]
        return tuple(paragraph.replace("{day}", day) for paragraph in self.paragraphs)


def span(words: str) -> timedelta:
    """ "8 years 9 months ago" as a duration. Raises `ValueError` where nothing is understood."""
    found = _SPAN.findall(words)
    if not found:
        raise ValueError(f"no span of time in {words!r}")
    return timedelta(minutes=sum(int(number) * _SPANS[unit] for number, unit in found))


def parse_story(slug: str, source: str) -> StoryFile:
    """A story from its file's text. Raises `ValueError` for a file without head or body, and for unknown fields."""
    _, head, text = source.split("+++", 2)
    fields: dict[str, Any] = tomllib.loads(head)
    picture = fields.pop("picture", None)
    talk = {side: tuple(lines) for side, lines in fields.pop("talk", {}).items()}
    corrections = tuple((entry["after"], entry["text"]) for entry in fields.pop("corrections", []))
    paragraphs = tuple(" ".join(block.split()) for block in text.strip().split("\n\n"))
    if not all(paragraphs):
        raise ValueError(f"{slug} has no body")
    try:
        return StoryFile(
            slug=slug,
            paragraphs=paragraphs,
            picture=Picture(**picture) if picture else None,
            talk=talk,
            corrections=corrections,
            **fields,
        )
    except TypeError as error:
        raise ValueError(f"{slug}: {error}") from error


@cache
def stories() -> tuple[StoryFile, ...]:
    """Every story, in the order of the files' names."""
    files = sorted((FOLDER / "stories").iterdir(), key=lambda file: file.name)
    return tuple(
        parse_story(file.name.removesuffix(".md"), file.read_text(encoding="utf-8"))
        for file in files
        if file.name.endswith(".md")
    )


@cache
def table(name: str) -> dict[str, Any]:
    """One of the TOML files, by its name without suffix."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def phrase_tables() -> dict[str, dict[str, Any]]:
    """Topic to its phrases; `smaller.toml` holds several topics."""
    tables: dict[str, dict[str, Any]] = {}
    for file in sorted((FOLDER / "phrases").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        name = file.name.removesuffix(".toml")
        tables.update(content if name == "smaller" else {name: content})
    return tables
