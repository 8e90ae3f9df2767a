"""What surveys keep of a member: given along on request, and let go of when they leave."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from kakehashi.readers.models import Reader
from kakehashi.surveys import queries
from kakehashi.surveys.models import Answer, Audience, Box, Participation, Response, Survey
from kakehashi.surveys.sheet import lines_of


def export_surveys(*, reader: Reader) -> dict[str, Any]:
    """The answers that are stored with this member, and to which open anonymous surveys they have answered; what they
    answered there nobody can find."""
    rows = Response.objects.filter(reader=reader).select_related("survey").order_by("answered_at", "pk")
    given: dict[int, list[dict[str, str]]] = {}
    answers = Answer.objects.filter(response__reader=reader).select_related("question")
    for answer in answers.order_by("question__sort_order", "question", "rank", "option"):
        said = {"question": answer.question.text, "answer": _words(answer)}
        given.setdefault(answer.response_id, []).append(said)
    return {
        "surveys": [
            {
                "survey": row.survey.title,
                "answered_at": row.answered_at.isoformat() if row.answered_at else None,
                "answers": given.get(row.pk, []),
            }
            for row in rows
        ],
        "anonymous_surveys_answered": [survey.title for survey, _row in _taken_part(reader)],
    }


def _words(answer: Answer) -> str:
    if answer.text:
        return answer.text
    options = lines_of(answer.question.options)
    is_named = answer.question.kind != "scale" and 0 < answer.option <= len(options)
    name = options[answer.option - 1] if is_named else str(answer.option)
    return f"{answer.rank}. {name}" if answer.rank else name


def _taken_part(reader: Reader) -> list[tuple[Survey, Participation]]:
    """The open anonymous surveys for members that this one has answered: two queries."""
    open_ones = Survey.objects.filter(audience=Audience.MEMBERS, is_anonymous=True, box__is_sealed=False)
    keys = {
        queries.key_of(survey, survey.box, queries.who(reader, "", survey)): survey
        for survey in open_ones.select_related("box")
    }
    rows = Participation.objects.filter(key__in=keys)
    return [(keys[row.key], row) for row in rows]


@transaction.atomic
def part_from(*, reader: Reader, withdraw: bool, now: datetime) -> None:
    """Take the leaving member's name off their answers; with `withdraw`, take the answers back too. That they answered an
    anonymous survey is forgotten; which answers were theirs nobody knows."""
    Participation.objects.filter(pk__in=[row.pk for _survey, row in _taken_part(reader)]).delete()
    own = Response.objects.filter(Q(reader=reader))
    if withdraw:
        for survey_id, number in Counter(own.values_list("survey_id", flat=True)).items():
            Box.objects.select_for_update().filter(survey=survey_id).first()
            Box.objects.filter(survey=survey_id).update(answers=F("answers") - number, tally={})
        own.delete()
    else:
        own.update(reader=None, answered_at=None)
