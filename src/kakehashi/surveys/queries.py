"""What the pages of surveys need, each in a fixed number of SQL queries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Q, Sum
from django.utils.crypto import salted_hmac

from kakehashi.readers.models import Reader
from kakehashi.surveys import rules
from kakehashi.surveys.models import Answer, Box, Participation, Response, Stage, Survey, SurveyKind
from kakehashi.surveys.rules import LEAST
from kakehashi.surveys.sheet import Sheet, sheet_of

BATCH = 500
FREE_TEXTS = 200
# Counting anew costs time, so of many answers a hundredth more must have come.
PART = 100


class Found(NamedTuple):
    """A survey with its ballot box and its questions."""

    survey: Survey
    box: Box
    sheet: Sheet
    stage: Stage


def find(pk: int, now: datetime) -> Found | None:
    """The survey of that number, if readers may know of it; 2 queries."""
    survey = Survey.objects.select_related("box").filter(pk=pk, is_published=True, box__isnull=False).first()
    if survey is None:
        return None
    found = with_questions(survey, now)
    return None if found.stage == Stage.WAITING else found


def with_questions(survey: Survey, now: datetime) -> Found:
    return Found(survey, survey.box, sheet_of(survey.questions.order_by("sort_order", "pk")), rules.stage(survey, now))


def key_of(survey: Survey, box: Box, who: str) -> str:
    """The keyed hash under which somebody's having answered is kept. Without both the site's secret key and the survey's
    own, nobody can tell whose it is."""
    secret = f"{survey.pk}:{box.secret}:{who}"
    return salted_hmac("kakehashi.surveys.participation", secret, algorithm="sha256").hexdigest()


def who(reader: Reader | None, browser: str, survey: Survey) -> str:
    """What stands for somebody in `key_of`; "" for nobody who could be told again."""
    if survey.audience == "members":
        return f"member {reader.pk}" if reader is not None else ""
    return f"browser {browser}" if browser else ""


def has_answered(survey: Survey, box: Box, reader: Reader | None, browser: str) -> bool:
    """One query, or none. After an anonymous survey has closed nobody knows any more."""
    name = who(reader, browser, survey)
    if not name or not box.secret:
        return False
    return Participation.objects.filter(survey=survey, key=key_of(survey, box, name)).exists()


def open_banner(now: datetime) -> Survey | None:
    """The survey whose banner stands above every page: of the open ones the one that opened last."""
    is_open = Q(opens_at__isnull=True) | Q(opens_at__lte=now)
    is_not_closed = Q(closes_at__isnull=True) | Q(closes_at__gt=now)
    wanted = Survey.objects.filter(is_open, is_not_closed, is_published=True, has_banner=True, kind=SurveyKind.SURVEY)
    return max(wanted.filter(box__isnull=False), key=lambda one: (one.opens_at or one.created_at, one.pk), default=None)


def count(survey: Survey) -> dict[str, Any]:
    """How often each answer was given: {"answers", "questions": {number of the row: {"answered", "cells", "ranks"}}}; 3
    queries, whatever the number of answers."""
    answers = Answer.objects.filter(question__survey=survey).order_by()
    questions: dict[str, Any] = {}
    for pk, answered in answers.values_list("question").annotate(Count("response", distinct=True)):
        questions[str(pk)] = {"answered": answered, "cells": {}, "ranks": {}}
    for pk, option, times, ranks in answers.values_list("question", "option").annotate(Count("pk"), Sum("rank")):
        questions[str(pk)]["cells"][str(option)] = times
        if ranks:
            questions[str(pk)]["ranks"][str(option)] = ranks
    return {"answers": Response.objects.filter(survey=survey).count(), "questions": questions}


def is_behind(box: Box, *, is_closed: bool) -> bool:
    """Whether what readers were last shown must be counted anew. While a survey is open at least `LEAST` answers must have
    come since, so that nobody reads one answer out of two looks."""
    shown = int(box.tally.get("answers", 0))
    if is_closed:
        return shown != box.answers
    return box.answers - shown >= max(LEAST, box.answers // PART)


def free_texts(survey: Survey, sheet: Sheet, number: int = FREE_TEXTS) -> dict[int, list[str]]:
    """By question, the first of what was written, in no order of time; one query for each question that has any."""
    asked = [item for item in sheet.items if item.kind == "text" or item.has_other]
    return {
        item.pk: list(
            Answer.objects.filter(question_id=item.pk, option=0).order_by("pk").values_list("text", flat=True)[:number]
        )
        for item in asked
    }


def responses(survey: Survey) -> Iterator[tuple[Response, list[Answer]]]:
    """Every filled-in survey with its answers, ordered by numbers that were drawn by chance; two queries for each few
    hundred."""
    last = 0
    while True:
        batch = list(
            Response.objects.filter(survey=survey, pk__gt=last).select_related("reader").order_by("pk")[:BATCH]
        )
        if not batch:
            return
        last = batch[-1].pk
        given: dict[int, list[Answer]] = {response.pk: [] for response in batch}
        for answer in Answer.objects.filter(response__in=batch).order_by("question", "rank", "option"):
            given[answer.response_id].append(answer)
        for response in batch:
            yield response, given[response.pk]
