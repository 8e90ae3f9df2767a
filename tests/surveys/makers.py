"""Surveys in one line each. They write rows directly: what the actions do is tested through the actions."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from django.utils import timezone

from kakehashi.readers.models import Reader
from kakehashi.surveys import actions, queries
from kakehashi.surveys.models import Question, Survey, SurveyKind
from kakehashi.surveys.queries import Found
from kakehashi.surveys.sheet import Given

FERRY = {"kind": "single", "text": "Ferry or bridge?", "options": "Ferry\nBridge\nNeither"}
ALL_KINDS: list[dict[str, Any]] = [
    FERRY | {"is_required": True, "has_other": True},
    {"kind": "multiple", "text": "What do you carry?", "options": "Bread\nNets\nBooks", "least": 1, "most": 2},
    {"kind": "scale", "text": "How rough is it?", "steps": 5, "low_label": "calm", "high_label": "storm"},
    {"kind": "ranking", "text": "Which first?", "options": "Red\nGreen\nBlue"},
    {"kind": "text", "text": "What else?", "max_length": 50},
    {"kind": "text", "text": "Why the ferry?", "if_number": 1, "if_answers": "Ferry"},
]


def a_survey(questions: list[dict[str, Any]] | None = None, **fields: Any) -> Survey:
    """Open to everybody, unless said otherwise."""
    fields = {"title": "The crossing", "is_published": True} | fields
    survey = Survey(**fields)
    survey.questions = [Question(sort_order=n, **one) for n, one in enumerate(questions or [FERRY])]
    survey.save()
    actions.ensure_box(survey=survey)
    return survey


def a_poll(question: dict[str, Any] | None = None, **fields: Any) -> Survey:
    return a_survey([(question or FERRY) | {"is_required": True}], kind=SurveyKind.POLL, **fields)


def found(survey: Survey, now: datetime | None = None) -> Found:
    return queries.with_questions(Survey.objects.select_related("box").get(pk=survey.pk), now or timezone.now())


def answered(
    survey: Survey, *chosen: int, times: int = 1, who: str = "", reader: Reader | None = None, **given: Any
) -> None:
    """The first question answered so, by so many browsers."""
    sheet = found(survey).sheet
    for n in range(times):
        actions.submit_answers(
            survey=survey,
            answers={sheet.items[0].pk: Given(chosen)} | given.get("more", {}),
            digest=sheet.digest,
            reader=reader,
            browser=who or f"b{chosen}{n}{timezone.now().timestamp()}",
            address=f"a{n}",
            now=given.get("now") or timezone.now(),
        )


def form_of(page: str, **typed: Any) -> dict[str, Any]:
    """What a browser would send of the form on the page, with `typed` for what is filled in."""
    form = page[page.index('<form id="survey"') :]
    form = form[: form.index("</form>")]
    hidden = re.findall(r'<input type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', form)
    data: dict[str, Any] = {}
    for name, value in hidden:
        data.setdefault(name, []).append(unescape(value))
    return data | {"go": "on"} | typed


def in_days(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)
