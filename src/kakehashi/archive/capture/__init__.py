"""A text capture of a story page, read into plain values. Pure: no database, no clock, no files.

A page is read in zones: above the story, the story, between story and discussion, the discussion, below it. Each zone's
furniture is known by shape; what is left over is not guessed at but reported with its line number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kakehashi.archive.capture.authors import name_weight, split_by_authors
from kakehashi.archive.capture.credits import Credit, credit_of
from kakehashi.archive.capture.furniture import is_furniture, is_loose_furniture
from kakehashi.archive.capture.links import Draft, link_comments
from kakehashi.archive.capture.page import Capture, Note
from kakehashi.archive.capture.shapes import Line, is_expired_notice, is_like_score, score_at_end, stated_count
from kakehashi.archive.capture.stamps import find_stamp, is_stamp_line
from kakehashi.archive.capture.zones import Zones, find_zones

_LONGEST_BYLINE = 100


@dataclass
class _Story:
    """What the zones of the story add up to."""

    section: str = ""
    byline: str = ""
    published_at: datetime | None = None
    is_expired: bool = False
    body: list[str] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def parse_capture(text: str) -> Capture:
    """Read a capture. Never raises: what is not understood is in `notes`, what is not there is empty."""
    lines = lines_of(text)
    zones = find_zones(lines)
    story = _Story()
    _read_top(zones.top, story)
    _read_body(zones.body, story)
    _read_between(zones.between, story)
    counts = [count for line in lines if (count := stated_count(line.text)) is not None and count >= 0]
    stated = counts[0] if counts else -1
    drafts, notes = _read_discussion(zones, stated)
    _read_below(zones.below, story)
    headline = zones.headline.text.strip() if zones.headline else ""
    comments, link_notes = link_comments(drafts, story=[headline, *story.body])
    if stated >= 0 and stated != len(comments):
        notes.append(Note("mismatch", f"The page states {stated} comments; {len(comments)} were found."))
    agency, site = _credits(story.credits)
    return Capture(
        headline=headline,
        section=story.section,
        byline=story.byline,
        agency=agency.holder if agency else "",
        credit_line=agency.line if agency else "",
        site_copyright=site.line if site else "",
        year=agency.year if agency else 0,
        published_at=story.published_at,
        is_expired=story.is_expired,
        stated_count=stated,
        body=tuple(story.body),
        comments=tuple(comments),
        notes=tuple(sorted([*zones.notes, *story.notes, *notes, *link_notes], key=lambda note: note.line or 0)),
    )


def lines_of(text: str) -> list[Line]:
    """The lines that are not blank, with their numbers."""
    lines: list[Line] = []
    after_blank = True
    for number, raw in enumerate(text.split("\n"), 1):
        stripped = raw.strip("\ufeff\u200b \t\u00a0\u3000\f\v")
        if stripped:
            lines.append(Line(number, stripped, after_blank))
        after_blank = not stripped
    return lines


def _read_top(lines: Sequence[Line], story: _Story) -> None:
    """Banner, section, byline, date; the section is the last short line left before the headline."""
    labels: list[Line] = []
    for line in lines:
        if is_stamp_line(line.text):
            found = find_stamp(line.text)
            story.published_at = story.published_at or (found[2] if found else None)
        elif not is_loose_furniture(line.text) and stated_count(line.text) is None and not _byline(line, story):
            labels.append(line)
    if labels and len(labels[-1].text) <= 40 and len(labels[-1].text.split()) <= 4:
        story.section = labels.pop().text
    story.notes += _not_understood(labels, "above the story")


def _read_body(lines: Sequence[Line], story: _Story) -> None:
    for line in lines:
        credit = credit_of(line.text)
        if credit is not None:
            story.credits.append(credit)
            if credit.before:
                story.body.append(credit.before)
        elif is_expired_notice(line.text):
            story.is_expired = True
        elif is_stamp_line(line.text) and (found := find_stamp(line.text)):
            story.published_at = story.published_at or found[2]
        elif (
            not is_furniture(line.text) and stated_count(line.text) is None and (story.body or not _byline(line, story))
        ):
            story.body.append(line.text)


def _read_between(lines: Sequence[Line], story: _Story) -> None:
    left = []
    for line in lines:
        if credit := credit_of(line.text):
            story.credits.append(credit)
        elif is_expired_notice(line.text):
            story.is_expired = True
        elif not is_loose_furniture(line.text) and stated_count(line.text) is None and not is_stamp_line(line.text):
            left.append(line)
    story.notes += _not_understood(left, "between the story and its discussion")


def _read_below(lines: Sequence[Line], story: _Story) -> None:
    left = []
    for line in lines:
        if (credit := credit_of(line.text)) and not credit.before:
            story.credits.append(credit)
        elif not is_loose_furniture(line.text) and stated_count(line.text) is None:
            left.append(line)
    story.notes += _not_understood(left, "below the discussion")


def _byline(line: Line, story: _Story) -> bool:
    words = line.text.split()
    is_byline = (
        words[0].lower() == "by" and 2 <= len(words) <= 10 and line.text[-1] not in ".!?:," and words[1][0].isupper()
    )
    if is_byline and len(line.text) <= _LONGEST_BYLINE and not story.byline:
        story.byline = line.text[3:].strip()
        return True
    return False


def _credits(found: Sequence[Credit]) -> tuple[Credit | None, Credit | None]:
    """The agency's credit and the site's own: companies' lines and later lines are the site's."""
    agency = next((credit for credit in found if credit.before or not credit.is_company), None)
    if agency is None and len(found) > 1 and found[0].holder != found[1].holder:
        agency = found[0]
    return agency, next((credit for credit in found if credit is not agency), None)


def _read_discussion(zones: Zones, stated: int) -> tuple[list[Draft], list[Note]]:
    if zones.has_scores:
        return _by_scores(zones.discussion)
    return _by_authors(zones.discussion, stated)


def _by_scores(lines: Sequence[Line]) -> tuple[list[Draft], list[Note]]:
    """Every comment ends in its score."""
    drafts: list[Draft] = []
    notes: list[Note] = []
    pending: list[Line] = []
    for line in lines:
        found = score_at_end(line.text)
        if found is None and not is_like_score(line.text):
            pending.append(line)
            continue
        if found is None:
            notes.append(Note("not-understood", f"A score that cannot be read: {_shown(line)}.", line.number))
        elif found[0]:
            pending.append(Line(line.number, found[0], line.after_blank))
        paragraphs = _without_furniture(pending, notes)
        if paragraphs:
            drafts.append(Draft(len(drafts) + 1, paragraphs, score=found[1] if found else None))
        else:
            notes.append(Note("not-understood", f"A score without a comment: {_shown(line)}.", line.number))
        pending = []
    _take_authors_off(drafts)
    return drafts, notes


def _take_authors_off(drafts: Sequence[Draft]) -> None:
    """Where nearly every scored comment opens with a line like a name (and a date), that line is its author."""
    opening = [d for d in drafts if len(d.lines) > 1 and name_weight(d.lines[0].text) > 0]
    if not drafts or len(opening) < max(2, 0.8 * len(drafts)):
        return
    for draft in opening:
        draft.author_name = draft.lines.pop(0).text
        _take_stamp_off(draft)


def _take_stamp_off(draft: Draft) -> None:
    if len(draft.lines) > 1 and is_stamp_line(draft.lines[0].text):
        found = find_stamp(draft.lines.pop(0).text)
        draft.written_at = found[2] if found else None


def _by_authors(lines: Sequence[Line], stated: int) -> tuple[list[Draft], list[Note]]:
    """Every comment begins with its author's name on a line of its own."""
    notes: list[Note] = []
    lines = _without_furniture(list(lines), notes)
    split = split_by_authors(lines, stated=stated)
    if not split.authors and len(lines) == stated:
        notes.append(Note("concluded", "No authors are printed: each paragraph was taken as one comment."))
        return [Draft(index, [line]) for index, line in enumerate(lines, 1)], notes
    ends = [*split.authors[1:], len(lines)]
    drafts = []
    for number, (begin, end) in enumerate(zip(split.authors, ends, strict=False), 1):
        draft = Draft(number, list(lines[begin + 1 : end]), author_name=lines[begin].text)
        _take_stamp_off(draft)
        drafts.append(draft)
    notes += _not_understood(
        lines[: split.authors[0]] if split.authors else lines, "in the discussion, without an author"
    )
    for index in split.unsure:
        taken = "an author's name" if index in split.authors else "a paragraph of the comment above"
        notes.append(Note("unsure", f"{_shown(lines[index])} was taken as {taken}.", lines[index].number))
    return drafts, notes


def _without_furniture(lines: list[Line], notes: list[Note]) -> list[Line]:
    """The lines that are words of readers; all of them where nothing else would be left of a comment."""
    kept = [line for line in lines if not is_furniture(line.text) and (stated_count(line.text) or -1) < 0]
    if not kept:
        return lines
    kept_numbers = {line.number for line in kept}
    for line in lines:
        if line.number not in kept_numbers:
            notes.append(Note("concluded", f"{_shown(line)} was taken as navigation, not as a comment.", line.number))
    return kept


def _not_understood(lines: Iterable[Line], where: str) -> list[Note]:
    return [Note("not-understood", f"Not understood, {where}: {_shown(line)}.", line.number) for line in lines]


def _shown(line: Line) -> str:
    text = line.text if len(line.text) <= 80 else f"{line.text[:79]}…"
    return f"“{text}”"
