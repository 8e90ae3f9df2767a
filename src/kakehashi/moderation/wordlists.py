"""The word list as text: one phrase a line, or CSV under a first line that names its columns, as it is exported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from kakehashi.lib.errors import Invalid
from kakehashi.moderation.actions.words import WordText
from kakehashi.moderation.models import Word

COLUMNS = ("phrase", "kind", "language", "rule", "note")


def parse(said: str, usual: WordText) -> list[WordText]:
    """What the text lists; what a line does not say is as in `usual`. Raises `Invalid` where a line of CSV is none."""
    lines = said.replace("\x00", "").splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    names = [name.strip().lower() for name in lines[first].split(",")] if lines else []
    if "phrase" in names and set(names) <= set(COLUMNS):
        sheet = csv.DictReader(lines[first + 1 :], fieldnames=names)
        try:
            return [_row(row, usual) for row in sheet if row.get("phrase")]
        except csv.Error as error:
            number = first + 2 + sheet.line_num
            raise Invalid(_("Line %(number)d is too long to be read.") % {"number": number}, code="sheet") from error
    return [replace(usual, phrase=line.strip()) for line in lines if line.strip() and not line.startswith("#")]


def _row(row: dict[str, str | None], usual: WordText) -> WordText:
    rule = (row.get("rule") or "").strip()
    return WordText(
        phrase=(row["phrase"] or "").strip(),
        kind=(row.get("kind") or usual.kind).strip(),
        language=(row["language"] or "").strip() if "language" in row else usual.language,
        rule_number=int(rule) if rule.isdecimal() and len(rule) <= 4 else usual.rule_number,
        note=(row.get("note") or usual.note).strip(),
    )


def written(words: Iterable[Word]) -> Iterator[str]:
    """As CSV, line by line."""
    line = io.StringIO()
    sheet = csv.writer(line, lineterminator="\n")
    for row in _rows(words):
        sheet.writerow(row)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _rows(words: Iterable[Word]) -> Iterator[tuple[str, ...]]:
    yield COLUMNS
    for word in words:
        rule = str(word.rule_number) if word.rule_number else ""
        yield word.phrase, word.kind, word.language, rule, word.note
