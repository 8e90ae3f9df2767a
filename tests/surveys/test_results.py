"""What readers are shown of answers: shares, averages, and nothing from which a small group could be read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from kakehashi.surveys import actions, queries
from kakehashi.surveys.charts import chart
from kakehashi.surveys.models import Box, Question, Survey
from kakehashi.surveys.results import Results, results_of
from kakehashi.surveys.sheet import Given, Sheet, sheet_of
from tests.surveys.makers import ALL_KINDS, FERRY, a_survey, answered, found


def a_sheet(*questions: dict[str, Any]) -> Sheet:
    return sheet_of(Question(pk=n, **({"is_required": True} | one)) for n, one in enumerate(questions, start=1))


def tally(answers: int, *cells: dict[int, int], ranks: dict[int, int] | None = None) -> dict[str, Any]:
    questions = {
        str(n): {
            "answered": max(sum(one.values()) if not ranks else max(one.values()), 0),
            "cells": {str(option): count for option, count in one.items()},
            "ranks": {str(option): total for option, total in (ranks or {}).items()},
        }
        for n, one in enumerate(cells, start=1)
    }
    return {"answers": answers, "questions": questions}


def counts(results: Results, question: int = 0) -> list[int | None]:
    return [row.count for row in results.outcomes[question].rows]


@pytest.mark.once
def test_of_fewer_than_five_nothing_is_said() -> None:
    results = results_of(a_sheet(FERRY), tally(4, {1: 4}))
    assert (results.answers, results.outcomes) == (None, ())


@pytest.mark.once
def test_shares_are_of_all_who_were_asked() -> None:
    results = results_of(a_sheet(FERRY | {"is_required": False}), tally(40, {1: 20, 2: 7, 3: 6}))
    assert [(row.label, row.count, row.share) for row in results.outcomes[0].rows] == [
        ("Ferry", 20, 0.5),
        ("Bridge", 7, 7 / 40),
        ("Neither", 6, 6 / 40),
        ("No answer", 7, 7 / 40),
    ]


@pytest.mark.once
def test_a_small_group_takes_the_next_one_with_it_so_that_the_total_does_not_tell() -> None:
    results = results_of(a_sheet(FERRY), tally(40, {1: 25, 2: 12, 3: 3}))
    assert counts(results) == [25, None, None]
    assert results.outcomes[0].hides


@pytest.mark.once
def test_those_who_kept_silent_are_a_group_too() -> None:
    results = results_of(a_sheet(FERRY | {"is_required": False}), tally(40, {1: 20, 2: 11, 3: 7}))
    assert counts(results) == [20, 11, None, None]


@pytest.mark.once
def test_a_question_that_hangs_on_a_hidden_answer_is_hidden_whole() -> None:
    """Else how many were asked it would tell how many gave that answer."""
    second = {"kind": "single", "text": "Why?", "options": "Cheap\nSlow", "if_number": 1, "if_answers": "Bridge"}
    sheet = a_sheet(FERRY, second)
    hidden = results_of(sheet, tally(40, {1: 25, 2: 12, 3: 3}, {1: 6, 2: 6}))
    assert counts(hidden, 1) == []
    assert hidden.outcomes[1].is_empty
    shown = results_of(sheet, tally(40, {1: 20, 2: 12, 3: 8}, {1: 6, 2: 6}))
    assert counts(shown, 1) == [6, 6]
    assert shown.outcomes[1].asked == 12


@pytest.mark.once
def test_an_average_is_shown_only_with_all_its_steps() -> None:
    sheet = a_sheet({"kind": "scale", "text": "?", "steps": 3})
    assert results_of(sheet, tally(15, {1: 5, 2: 5, 3: 5})).outcomes[0].average == 2
    assert results_of(sheet, tally(15, {1: 1, 2: 7, 3: 7})).outcomes[0].average is None


@pytest.mark.once
def test_ranks_are_averages_the_best_first() -> None:
    sheet = a_sheet(FERRY | {"kind": "ranking"})
    results = results_of(sheet, tally(10, {1: 10, 2: 10, 3: 10}, ranks={1: 25, 2: 11, 3: 24}))
    assert [(rank.label, rank.average) for rank in results.outcomes[0].ranks] == [
        ("Bridge", 1.1),
        ("Neither", 2.4),
        ("Ferry", 2.5),
    ]


@pytest.mark.once
def test_the_newsroom_sees_all() -> None:
    assert counts(results_of(a_sheet(FERRY), tally(3, {1: 2, 3: 1}), least=0)) == [2, 0, 1]


@pytest.mark.once
@pytest.mark.parametrize("kind", ["single", "scale", "ranking"])
def test_charts_say_what_they_show_and_escape_it(kind: str) -> None:
    sheet = a_sheet({"kind": kind, "text": 'A <b> & "c"?', "options": "One\nTwo\nThree", "steps": 3})
    results = results_of(
        sheet, tally(18, {1: 6, 2: 6, 3: 6}, ranks={1: 6, 2: 12, 3: 18} if kind == "ranking" else None)
    )
    svg = str(chart(results.outcomes[0]))
    assert 'role="img"' in svg
    assert "A &lt;b&gt; &amp; &quot;c&quot;?" in svg
    assert svg.count('class="bar"') == 3
    assert len(re.findall(r"<text[^>]*>[^<]+</text>", svg)) >= 6
    assert "style=" not in svg


@pytest.mark.django_db
def test_counts_come_from_the_answers_of_this_survey_alone() -> None:
    survey = a_survey(ALL_KINDS)
    answered(a_survey(ALL_KINDS), 2, times=3)
    items = found(survey).sheet.items
    for n in range(6):
        more = {items[1].pk: Given((1, 2)), items[3].pk: Given((2, 1, 3)), items[4].pk: Given((), f"text {n}")}
        answered(survey, 1 if n else 0, more=more, who=f"b{n}")
    counted = queries.count(survey)
    assert counted["answers"] == 6
    assert counted["questions"][str(items[0].pk)] == {"answered": 6, "cells": {"0": 1, "1": 5}, "ranks": {}}
    assert counted["questions"][str(items[1].pk)]["cells"] == {"1": 6, "2": 6}
    assert counted["questions"][str(items[3].pk)]["ranks"] == {"2": 6, "1": 12, "3": 18}
    assert set(queries.free_texts(survey, found(survey).sheet)[items[4].pk]) == {f"text {n}" for n in range(6)}


def shown(survey: Survey, *, is_closed: bool = False) -> int:
    box = Box.objects.get(survey=survey)
    return int(actions.refresh_tally(survey=survey, box=box, is_closed=is_closed).tally.get("answers", 0))


@pytest.mark.django_db
def test_open_results_move_on_by_five_answers_so_that_two_looks_tell_nothing_of_one() -> None:
    survey = a_survey()
    seen = []
    for n in range(12):
        answered(survey, 1, who=f"b{n}", now=timezone.now())
        seen.append(shown(survey))
    assert seen == [0, 0, 0, 0, 5, 5, 5, 5, 5, 10, 10, 10]
    assert shown(survey, is_closed=True) == 12
