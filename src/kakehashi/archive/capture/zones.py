"""Where on a captured page the story begins and ends, and where its discussion does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kakehashi.archive.capture.authors import split_by_authors
from kakehashi.archive.capture.credits import credit_of
from kakehashi.archive.capture.furniture import is_button_of_a_comment, is_furniture, is_loose_furniture, is_order
from kakehashi.archive.capture.page import Note
from kakehashi.archive.capture.shapes import Line, is_expired_notice, is_like_score, score_at_end, stated_count
from kakehashi.archive.capture.stamps import is_stamp_line

_LONGEST_HEADLINE = 200
_TOP = 12  # lines above the story at most


@dataclass
class Zones:
    """The page's lines, each in one zone (the headline stands in none)."""

    headline: Line | None = None
    top: list[Line] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    between: list[Line] = field(default_factory=list)
    discussion: list[Line] = field(default_factory=list)
    below: list[Line] = field(default_factory=list)
    has_scores: bool = False
    notes: list[Note] = field(default_factory=list)


def find_zones(lines: Sequence[Line]) -> Zones:
    """Part the page into its zones."""
    zones = Zones()
    scores = [index for index, line in enumerate(lines) if _is_score(line)]
    zones.has_scores = bool(scores)
    limit = scores[0] if scores else len(lines)
    head = _headline(lines, limit)
    if head is not None:
        zones.headline = lines[head]
    first = _first_of_story(lines, head, limit)
    zones.top = [line for index, line in enumerate(lines[:first]) if index != head]
    end, is_marked = _end_of_story(lines, first, limit, zones.headline)
    # The line above the first score is a comment, whatever it looks like.
    is_bare = bool(scores) and (score_at_end(lines[limit].text) or ("", None))[0] == ""
    start = _start_of_discussion(lines, end, max(end, limit - 1) if is_bare else limit, zones)
    if not is_marked:
        end = start = _unmarked_start(lines, first, limit, zones)
    zones.body = list(lines[first:end])
    zones.between = [line for line in lines[end:start] if not _repeats(line, zones.headline)]
    stop = scores[-1] + 1 if scores else _end_of_discussion(lines, start)
    zones.discussion = list(lines[start:stop])
    zones.below = list(lines[stop:])
    return zones


def _is_score(line: Line) -> bool:
    return score_at_end(line.text) is not None or is_like_score(line.text)


def _is_paragraph(text: str) -> bool:
    """Long, or a whole sentence: a part of the story rather than a label above it."""
    words = len(text.split())
    return words > 28 or len(text) > _LONGEST_HEADLINE or (words >= 8 and text.rstrip("\"”'’)")[-1:] in ".!?。")


def _is_label(line: Line) -> bool:
    """Neither furniture nor paragraph: may be a section or a headline."""
    text = line.text
    return not (
        _is_paragraph(text)
        or is_loose_furniture(text)
        or stated_count(text) is not None
        or is_stamp_line(text)
        or is_expired_notice(text)
        or credit_of(text) is not None
        or text.lower().startswith("by ")
    )


def _headline(lines: Sequence[Line], limit: int) -> int | None:
    """A line of the top that is repeated above the discussion; else the label before the count; else before the story."""
    top: list[int] = []
    counted: int | None = None
    for index, line in enumerate(lines[: min(limit, _TOP)]):
        if stated_count(line.text) is not None and top and counted is None:
            counted = top[-1]
        if (_is_paragraph(line.text) and not is_furniture(line.text)) or credit_of(line.text):
            break
        if _is_label(line):
            top.append(index)
    for index in top:
        text = lines[index].text.casefold()
        if len(text) > 15 and any(line.text.casefold() == text for line in lines[index + 1 : limit]):
            return index
    if counted is not None:
        return counted
    last = max(top, default=None)
    has_story = last is not None and any(_is_paragraph(line.text) for line in lines[last + 1 : last + 6])
    return last if has_story else None


def _first_of_story(lines: Sequence[Line], head: int | None, limit: int) -> int:
    """Below the headline and what is printed around it: counts, byline, date, buttons."""
    index = 0 if head is None else head + 1
    while index < limit and (
        is_loose_furniture(lines[index].text)
        or stated_count(lines[index].text) is not None
        or is_stamp_line(lines[index].text)
    ):
        index += 1
    return index if head is not None or index < limit else 0


def _repeats(line: Line, headline: Line | None) -> bool:
    return headline is not None and line.text.casefold() == headline.text.casefold()


def _end_of_story(lines: Sequence[Line], first: int, limit: int, headline: Line | None) -> tuple[int, bool]:
    """Where the body (with its first credit or expiry notice) ends, and whether the page marks that place."""
    for index in range(first, limit):
        text = lines[index].text
        if credit_of(text) or is_expired_notice(text):
            return index + 1, True
        if is_furniture(text) or stated_count(text) is not None or _repeats(lines[index], headline):
            return index, True
    return limit, False


def _start_of_discussion(lines: Sequence[Line], end: int, limit: int, zones: Zones) -> int:
    """Below the last count or repeated headline in front of the first comment, and the furniture around it."""

    def is_border(line: Line) -> bool:
        return stated_count(line.text) is not None or _repeats(line, zones.headline)

    def is_filling(line: Line) -> bool:
        is_line_of_page = is_furniture(line.text) or is_order(line.text) or is_expired_notice(line.text)
        return is_border(line) or is_line_of_page or bool(credit_of(line.text))

    start = end
    last_words = next((index for index in range(len(lines) - 1, end - 1, -1) if not is_filling(lines[index])), end)
    # A count below the discussion is no border above it.
    for index in range(end, min(limit, last_words)):
        if is_border(lines[index]):
            if start > end and not zones.has_scores:
                break
            start = index + 1
    while start < limit and is_filling(lines[start]):
        start += 1
    return start


def _unmarked_start(lines: Sequence[Line], first: int, limit: int, zones: Zones) -> int:
    """No credit, count or log-in line parts story and discussion: conclude from what the lines look like."""
    if zones.has_scores:
        start = max(first, limit - 1)
        zones.notes.append(
            Note("unsure", "Nothing marks where the story ends: the last paragraph before the first score was taken as "
                 "the first comment.", lines[start].number if start < len(lines) else None)
        )  # fmt: skip
        return start
    split = split_by_authors(lines[first:], starts_here=False)
    if not split.authors or split.authors[0] == 0:
        return len(lines)
    start = first + split.authors[0]
    zones.notes.append(
        Note("unsure", "Nothing marks where the story ends: the first name on a line of its own was taken to begin the "
             "discussion.", lines[start].number)
    )  # fmt: skip
    return start


def _end_of_discussion(lines: Sequence[Line], start: int) -> int:
    """Without scores, a log-in line, a list of other stories or the site's copyright ends the discussion."""
    for index in range(start + 1, len(lines)):
        text = lines[index].text
        closes = is_furniture(text) and not is_button_of_a_comment(text)
        credit = credit_of(text)
        if closes or (credit is not None and not credit.before):
            return index
    return len(lines)
