"""Two requests at once, on real connections: one answer each, and no question changes under an answer."""

from __future__ import annotations

import pytest
from django.utils import timezone

from kakehashi.lib.errors import Conflict
from kakehashi.surveys import actions
from kakehashi.surveys.models import Box, Participation, Question, Response
from kakehashi.surveys.sheet import Given
from tests.comments.test_races import _a_file, at_once  # noqa: F401
from tests.factories import a_reader
from tests.surveys.makers import a_survey, found

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_sent_by_many_at_once_it_is_one_answer() -> None:
    survey, ana, bo = a_survey(audience="members"), a_reader(), a_reader()
    sheet = found(survey).sheet

    def send(reader: object) -> bool:
        return actions.submit_answers(
            survey=survey,
            answers={sheet.items[0].pk: Given((1,))},
            digest=sheet.digest,
            reader=reader,  # type: ignore[arg-type]
            now=timezone.now(),
        )

    results = at_once(*[lambda: send(ana)] * 4, lambda: send(bo))
    assert sorted(map(str, results)) == ["False", "False", "False", "True", "True"]
    assert Response.objects.count() == Participation.objects.count() == Box.objects.get().answers == 2
    # The questions move between reading and sending: nothing is stored.
    Question.objects.filter(survey=survey).update(text="Another?")
    (refused,) = at_once(lambda: send(a_reader()))
    assert isinstance(refused, Conflict)
