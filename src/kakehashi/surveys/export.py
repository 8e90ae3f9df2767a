"""All answers as CSV, a row for each filled-in survey, sent while it is read. No cell can pass for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.surveys import queries, rules
from kakehashi.surveys.models import Answer, Response
from kakehashi.surveys.queries import Found
from kakehashi.surveys.sheet import OTHER, Item, Sheet

# What spreadsheets take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
BETWEEN = " | "


class _Echo:
    """Hands every line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def export(found: Found) -> StreamingHttpResponse:
    writer = csv.writer(_Echo())
    # The mark by which spreadsheets tell UTF-8.
    lines = (writer.writerow([neutral(cell) for cell in row]) for row in rows(found))
    response = StreamingHttpResponse(_marked(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="survey-{found.survey.pk}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _marked(lines: Iterable[str]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"
    for line in lines:
        yield line.encode()


def neutral(cell: str) -> str:
    """The cell with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.lstrip(" \u3000").startswith(FORMULA) or cell.startswith(FORMULA) else cell


def rows(found: Found) -> Iterator[list[str]]:
    """The heading and the answers, of anonymous surveys without member and time, and all in an order made by chance."""
    is_known = rules.keeps_member(found.survey)
    yield [*([_("Member"), _("Answered")] if is_known else []), *(item.text for item in found.sheet.items)]
    for response, answers in queries.responses(found.survey):
        yield [*(_whose(response) if is_known else []), *_cells(found.sheet, answers)]


def _whose(response: Response) -> list[str]:
    at = timezone.localtime(response.answered_at).isoformat(timespec="seconds") if response.answered_at else ""
    return [response.reader.name if response.reader else "", at]


def _cells(sheet: Sheet, answers: Sequence[Answer]) -> list[str]:
    by_question: dict[int, list[str]] = {}
    items = {item.pk: item for item in sheet.items}
    for answer in answers:
        if answer.question_id in items:
            by_question.setdefault(answer.question_id, []).append(_said(items[answer.question_id], answer))
    return [(" > " if item.kind == "ranking" else BETWEEN).join(by_question.get(item.pk, [])) for item in sheet.items]


def _said(item: Item, answer: Answer) -> str:
    if item.kind == "text":
        return answer.text
    if answer.option == OTHER:
        return _("Other: %(text)s") % {"text": answer.text}
    return item.label(answer.option)
