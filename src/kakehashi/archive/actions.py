"""Write what was read from a file, once: a story, its discussion, and the record of both."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.archive.capture import parse_capture
from kakehashi.archive.capture.facts import aware, noted, with_headline, with_section, with_time
from kakehashi.archive.capture.file import CaptureFile
from kakehashi.archive.capture.page import Capture, CapturedComment, Note
from kakehashi.archive.capture.source import markdown_of
from kakehashi.archive.models import ImportedComment, ImportRecord
from kakehashi.comments.actions import Totals, import_comment, thread_for
from kakehashi.comments.models import Comment
from kakehashi.lib import text
from kakehashi.lib.errors import Invalid
from kakehashi.stories.actions import ensure_agency, import_story
from kakehashi.stories.models import StoryPage

CAPTURE = "capture"
# What we may show of an agency that we know from a capture only; editors change it where they know the licence.
IMPORTED_AGENCY_DAYS = 30
MOST_NOTES = 500
MOST_COMMENTS = 10_000
_BETWEEN_COMMENTS = timedelta(minutes=1)


@dataclass(frozen=True)
class ImportResult:
    """The record of the file; "unchanged" where it had been imported before, "extended" where its story had."""

    record: ImportRecord
    status: Literal["imported", "extended", "unchanged"]
    comments_added: int


def import_capture(
    *,
    file: CaptureFile,
    url: str = "",
    headline: str = "",
    published_at: datetime | None = None,
    section_title: str = "",
    now: datetime | None = None,
) -> ImportResult:
    """Import one text capture: its story with section, agency and body, its comments with scores, quotes and parents.

    Everything is written or nothing. The same bytes again change nothing; a later capture of the same page adds the
    comments that are new. What the options leave open is taken from the page or concluded, and noted in the record.
    Raises `Invalid`: no capture, no headline to be had, a web address that is none, a publication in the future.
    """
    now = now or timezone.now()
    _check(url, published_at, now)
    known = ImportRecord.objects.filter(format=CAPTURE, digest=file.digest).first()
    if known is not None:
        return ImportResult(known, "unchanged", 0)
    capture = parse_capture(file.text)
    if len(capture.comments) > MOST_COMMENTS:
        raise Invalid(
            _("%(file)s holds more than %(most)d comments; that is no story page.")
            % {"file": file.name, "most": MOST_COMMENTS},
            code="too-many-comments",
        )
    if file.encoding_note:
        capture = noted(capture, Note("concluded", file.encoding_note))
    capture = with_headline(capture, headline, file.name)
    capture = with_time(capture, published_at, now)
    capture = with_section(capture, section_title)
    try:
        return _write(file, capture, url, now)
    except IntegrityError:
        # Another command was importing the same file: what it wrote is what we would have written.
        known = ImportRecord.objects.filter(format=CAPTURE, digest=file.digest).first()
        if known is None:
            raise
        return ImportResult(known, "unchanged", 0)


@transaction.atomic
def _write(file: CaptureFile, capture: Capture, url: str, now: datetime) -> ImportResult:
    prints = _fingerprints(capture)
    story = _story_of(capture, prints) or _new_story(capture, url, now)
    known = {
        row.fingerprint: row.comment
        for row in ImportedComment.objects.filter(record__story=story).select_related("comment")
    }
    is_known_story = bool(known) or story.imports.exists()
    written = _write_comments(story, capture, prints, known, now)
    added = {position: comment for position, comment in written.items() if prints[position] not in known}
    record = ImportRecord.objects.create(
        format=CAPTURE,
        file_name=file.name[:255],
        digest=file.digest,
        url=url,
        story=story,
        comments_found=len(capture.comments),
        comments_added=len(added),
        notes=_as_json(capture.notes),
        created_at=now,
    )
    lines = {comment.position: comment.line for comment in capture.comments}
    ImportedComment.objects.bulk_create(
        ImportedComment(
            record=record, comment=comment, position=position, line=lines[position], fingerprint=prints[position]
        )
        for position, comment in added.items()
    )
    return ImportResult(record, "extended" if is_known_story else "imported", len(added))


def _story_of(capture: Capture, prints: dict[int, str]) -> StoryPage | None:
    """The story that an earlier capture of the same page made: same headline, a comment in common."""
    some = list(prints.values())[:200]
    records = ImportRecord.objects.filter(comments__fingerprint__in=some, story__title=capture.headline)
    record = records.select_related("story").order_by("pk").first()
    return record.story if record else None


def _new_story(capture: Capture, url: str, now: datetime) -> StoryPage:
    assert capture.published_at is not None
    if capture.agency:
        credit = capture.credit_line.replace(str(capture.year), "{year}") if capture.year else capture.credit_line
        ensure_agency(name=capture.agency, credit=credit, body_days=IMPORTED_AGENCY_DAYS)
    return import_story(
        section_title=capture.section,
        headline=capture.headline,
        body_paragraphs=capture.body,
        published_at=capture.published_at,
        byline=capture.byline,
        agency_name=capture.agency,
        credit_line=capture.credit_line,
        url=url,
        licence_expired=capture.is_expired,
        now=now,
    )


def _write_comments(
    story: StoryPage, capture: Capture, prints: dict[int, str], known: dict[str, Comment], now: datetime
) -> dict[int, Comment]:
    """Write those that are not known yet, in the order of the page. All of them by position, known ones too."""
    thread = thread_for(story)
    assert capture.published_at is not None
    step = min(_BETWEEN_COMMENTS, (now - capture.published_at) / (len(capture.comments) + 1))
    moment = capture.published_at
    written: dict[int, Comment] = {}
    for found in capture.comments:
        moment = max(moment + step, min(aware(found.written_at) or moment, now))
        comment = known.get(prints[found.position])
        if comment is None:
            quoted = next((block.quotes for block in found.blocks if block.quotes in written), None)
            comment = import_comment(
                thread=thread,
                source=markdown_of(found),
                created_at=moment,
                is_time_known=found.written_at is not None,
                author_name=text.clean(found.author_name)[:80],
                parent=written.get(found.parent or 0),
                quoted=written.get(quoted or 0),
                archived=Totals(*found.score) if found.score else None,
                people=_people(found, written),
            )
        written[found.position] = comment
        moment = max(moment, comment.created_at)
    return written


def _people(found: CapturedComment, written: dict[int, Comment]) -> dict[str, text.Person]:
    """Names on an imported page lead to the comments of those who bore them there, not to members of ours."""
    return {
        text.fold(mention.name): text.Person(
            name=mention.name, url=reverse("comment", args=[written[mention.position].pk])
        )
        for mention in found.mentions
        if mention.position in written
    }


def _fingerprints(capture: Capture) -> dict[int, str]:
    """By position. The same words by the same author twice on a page are two comments."""
    seen: Counter[str] = Counter()
    prints = {}
    for comment in capture.comments:
        name = "" if comment.is_name_inferred else text.fold(comment.author_name)
        said = f"{name}\n{' '.join(comment.text.split())}"
        prints[comment.position] = hashlib.sha256(f"{said}\n{seen[said]}".encode()).hexdigest()
        seen[said] += 1
    return prints


def _check(url: str, published_at: datetime | None, now: datetime) -> None:
    if url:
        try:
            URLValidator(schemes=["http", "https"])(url)
        except ValidationError as error:
            raise Invalid(_("“%(url)s” is not a web address.") % {"url": url[:80]}, code="bad-url") from error
        if len(url) > 500:
            raise Invalid(_("The web address has more than 500 characters."), code="bad-url")
    if published_at is not None and published_at > now:
        raise Invalid(_("A page that was captured cannot have been published in the future."), code="bad-date")


def _as_json(notes: tuple[Note, ...]) -> list[dict[str, object]]:
    kept: list[dict[str, object]] = [
        {"line": note.line, "kind": note.kind, "text": note.text} for note in notes[:MOST_NOTES]
    ]
    if len(notes) > MOST_NOTES:
        kept.append(
            {"line": None, "kind": "mismatch", "text": f"{len(notes) - MOST_NOTES} more remarks were left out."}
        )
    return kept
