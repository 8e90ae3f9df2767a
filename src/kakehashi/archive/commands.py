"""What the command line calls: many files, one answer for each, a refusal of one stops none of the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from kakehashi.archive.actions import ImportResult, import_capture
from kakehashi.archive.capture.file import read_capture_file
from kakehashi.lib.errors import DomainError, Invalid

FIRST_NEWSPAPER = 1605

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file. `url` is the absolute address of its story; `notes` say what was concluded or not understood
    (`{"line": int | None, "kind": str, "text": str}`); `error` is a sentence, only where `status` is "failed"."""

    file: str
    status: Literal["imported", "extended", "unchanged", "failed"]
    url: str = ""
    headline: str = ""
    section: str = ""
    agency: str = ""
    comments: int = 0
    comments_added: int = 0
    notes: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""


@dataclass(frozen=True)
class ImportSummary:
    """The outcomes in the order of the files given."""

    files: tuple[FileOutcome, ...]

    @property
    def is_ok(self) -> bool:
        """Every file was imported or had been before: exit status 0."""
        return all(outcome.status != "failed" for outcome in self.files)

    def as_json(self) -> dict[str, Any]:
        """Plain lists and dictionaries for `--json`."""
        return {
            "format": "capture",
            "ok": self.is_ok,
            "urls": [outcome.url for outcome in self.files if outcome.url],
            "comments": sum(outcome.comments for outcome in self.files),
            "comments_added": sum(outcome.comments_added for outcome in self.files),
            "files": [asdict(outcome) for outcome in self.files],
        }


def import_capture_files(
    paths: Sequence[str | os.PathLike[str]],
    *,
    url: str = "",
    headline: str = "",
    published: str | date | datetime | None = None,
    section: str = "",
    now: datetime | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import text captures of story pages; run again, it changes nothing.

    `url` (where the page was) and `headline` fit one file only; `published` is a time or a day ("2014-05-14",
    "2014-05-14T18:30", the site's time zone) and `section` a title: both hold for every file. What is not given is read
    from the page or concluded, and then said in the notes. `progress(name, done, total)` is called before each file with
    its number from 0, and once at the end with `done == total` and an empty name.

    Raises `Invalid` where the options themselves cannot be used; a file that cannot be read is an outcome with
    `status="failed"` and its `error`.
    """
    if not paths:
        raise Invalid(_("Name at least one capture file."), code="no-file")
    if len(paths) > 1 and (url or headline):
        raise Invalid(_("An address and a headline belong to one story: import that file alone."), code="one-file")
    published_at = parse_published(published)
    outcomes: list[FileOutcome] = []
    for done, path in enumerate(map(Path, paths)):
        if progress:
            progress(path.name, done, len(paths))
        try:
            result = import_capture(
                file=read_capture_file(path),
                url=url.strip(),
                headline=headline.strip(),
                published_at=published_at,
                section_title=section.strip(),
                now=now,
            )
        except DomainError as error:
            outcomes.append(FileOutcome(file=str(path), status="failed", error=error.message))
        else:
            outcomes.append(_outcome(path, result, has_options=bool(url or headline or published or section)))
    if progress:
        progress("", len(paths), len(paths))
    return ImportSummary(tuple(outcomes))


def parse_published(value: str | date | datetime | None) -> datetime | None:
    """A day means its midnight in the site's time zone. Raises `Invalid` for what is neither a day nor a time."""
    if value is None or value == "":
        return None
    found: date | datetime | None = value if isinstance(value, date) else None
    if isinstance(value, str):
        try:
            found = parse_date(value.strip()) or parse_datetime(value.strip())
        except ValueError:
            found = None
    if found is None:
        raise Invalid(
            _("“%(value)s” is not a day or a time: write 2014-05-14 or 2014-05-14T18:30.") % {"value": str(value)[:40]},
            code="bad-date",
        )
    if not isinstance(found, datetime):
        found = datetime.combine(found, time.min)
    if found.year < FIRST_NEWSPAPER:
        raise Invalid(_("There were no newspapers in the year %(year)d.") % {"year": found.year}, code="bad-date")
    try:
        return found if timezone.is_aware(found) else timezone.make_aware(found)
    except (OverflowError, ValueError) as error:
        raise Invalid(_("That day is too far away to be a day of publication."), code="bad-date") from error


def _outcome(path: Path, result: ImportResult, *, has_options: bool) -> FileOutcome:
    story = result.record.story
    notes = list(result.record.notes)
    if result.status == "unchanged" and has_options:
        remark = _("This file had been imported before: the options given now change nothing. Edit the story instead.")
        notes.insert(0, {"line": None, "kind": "concluded", "text": remark})
    return FileOutcome(
        file=str(path),
        status=result.status,
        url=settings.BASE_URL + (story.url or ""),
        headline=story.title,
        section=str(story.get_parent().title),
        agency=story.agency.name if story.agency else "",
        comments=result.record.comments_found,
        comments_added=result.comments_added,
        notes=notes,
    )
