"""What a form says, question by question: cleaned, or refused with a sentence; hostile values among them."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.surveys.forms import Filled, read
from kakehashi.surveys.models import Question
from kakehashi.surveys.sheet import Given, Sheet, sheet_of
from kakehashi.surveys.steps import next_step
from tests.surveys.makers import ALL_KINDS, FERRY

pytestmark = pytest.mark.once


def a_sheet(*questions: dict[str, object]) -> Sheet:
    return sheet_of(Question(pk=n, **one) for n, one in enumerate(questions, start=1))


def reading(sheet: Sheet, query: str) -> Filled:
    return read(sheet, sheet.items, QueryDict(query))


@pytest.mark.parametrize(
    ("question", "query", "expected"),
    [
        (FERRY, "q1=2", Given((2,))),
        (FERRY, "", Given()),
        (FERRY | {"has_other": True}, "q1=other&q1-other=A+raft", Given((0,), "A raft")),
        (FERRY | {"has_other": True}, "q1-other=A+raft", Given((0,), "A raft")),
        (FERRY | {"has_other": True}, "q1=1&q1-other=A+raft", Given((1,))),
        (FERRY | {"kind": "multiple"}, "q1=3&q1=1", Given((1, 3))),
        (FERRY | {"kind": "multiple", "has_other": True}, "q1=3&q1-other=x", Given((0, 3), "x")),
        ({"kind": "scale", "text": "?", "steps": 10}, "q1=10", Given((10,))),
        (FERRY | {"kind": "ranking"}, "q1-1=2&q1-2=3&q1-3=1", Given((3, 1, 2))),
        ({"kind": "text", "text": "?"}, "q1=++good%0D%0Aday+", Given((), "good\nday")),
    ],
)
def test_answers(question: dict[str, object], query: str, expected: Given) -> None:
    filled = reading(a_sheet(question), query)
    assert filled.errors == {}
    assert filled.given[1] == expected


@pytest.mark.parametrize(
    ("question", "query", "words"),
    [
        (FERRY | {"is_required": True}, "", "choose an answer"),
        (FERRY, "q1=4", "not one of the answers"),
        (FERRY, "q1=0", "not one of the answers"),
        (FERRY, "q1=other", "not one of the answers"),
        (FERRY, "q1=%D9%A1", "not one of the answers"),
        (FERRY, "q1=1&q1=2", "one answer only"),
        (FERRY | {"has_other": True}, "q1=other", "write what"),
        (FERRY | {"has_other": True}, "q1=other&q1-other=" + "x" * 201, "201 characters"),
        (FERRY | {"kind": "multiple", "least": 2}, "q1=1", "at least 2"),
        (FERRY | {"kind": "multiple", "most": 1}, "q1=1&q1=2", "at most 1 answer"),
        ({"kind": "scale", "text": "?", "steps": 5}, "q1=6", "not one of the answers"),
        (FERRY | {"kind": "ranking"}, "q1-1=1&q1-2=1&q1-3=2", "both have place 1"),
        (FERRY | {"kind": "ranking"}, "q1-1=1", "every answer a place"),
        (FERRY | {"kind": "ranking"}, "q1-1=1&q1-2=9&q1-3=2", "not one of the places"),
        ({"kind": "text", "text": "?", "max_length": 3}, "q1=four", "at most 3"),
    ],
)
def test_refusals_say_what_to_do(question: dict[str, object], query: str, words: str) -> None:
    filled = reading(a_sheet(question), query)
    assert words in filled.errors[1]
    assert 1 not in filled.given


@given(st.lists(st.tuples(st.sampled_from(["q1", "q2", "q1-other", "q4-1", "page", "go"]), st.text()), max_size=8))
def test_no_form_breaks_it(pairs: list[tuple[str, str]]) -> None:
    sheet = a_sheet(*ALL_KINDS)
    data = QueryDict(mutable=True)
    for name, value in pairs:
        data.appendlist(name, value)
    data["digest"] = sheet.digest
    step = next_step(sheet, data)
    assert 0 <= step.page < len(sheet.pages)
    assert step.fields is not None


def test_a_question_that_hangs_on_another_one_stands_on_a_later_page() -> None:
    sheet = a_sheet(*ALL_KINDS)
    assert [[item.number for item in page] for page in sheet.pages] == [[1, 2, 3, 4, 5], [6]]


def test_only_those_whose_answer_leads_there_are_asked() -> None:
    sheet = a_sheet(*ALL_KINDS)
    last = sheet.items[5]
    assert sheet.is_asked(last, {1: Given((1,))})
    assert not sheet.is_asked(last, {1: Given((2,))})
    assert not sheet.is_asked(last, {})


def test_whoever_is_not_asked_goes_on_and_their_answer_does_not_count() -> None:
    sheet = a_sheet(*ALL_KINDS)
    step = next_step(sheet, QueryDict(f"digest={sheet.digest}&page=1&q1=2&q6=sneaked+in"))
    assert step.is_done
    assert 6 not in step.filled.given


def test_steps_lead_on_and_back_with_everything_carried() -> None:
    sheet = a_sheet(*ALL_KINDS)
    step = next_step(sheet, QueryDict(f"digest={sheet.digest}&page=1&go=on&q1=1&q5=kept&q2=1&q2=3"))
    assert (step.page, step.is_done) == (1, False)
    assert set(step.carried) == {("q1", "1"), ("q2", "1"), ("q2", "3"), ("q5", "kept")}
    back = next_step(sheet, QueryDict(f"digest={sheet.digest}&page=2&go=back&q1=1&q5=kept&q6=half+written"))
    assert back.page == 0
    assert ("q6", "half written") in back.carried
    assert back.fields[4].value == "kept"


def test_what_is_wrong_on_an_earlier_page_leads_back_there() -> None:
    sheet = a_sheet(*ALL_KINDS)
    step = next_step(sheet, QueryDict(f"digest={sheet.digest}&page=2&go=on&q1=77"))
    assert step.page == 0
    assert [field.item.number for field in step.wrong] == [1]


def test_questions_that_changed_meanwhile_are_said_and_nothing_is_lost() -> None:
    sheet = a_sheet(*ALL_KINDS)
    step = next_step(sheet, QueryDict("digest=old&page=2&q1=1&q5=kept"))
    assert "changed" in step.problem
    assert step.fields[4].value == "kept"


def test_whatever_decides_what_an_answer_means_moves_the_digest() -> None:
    digests = {
        a_sheet(*questions).digest
        for questions in (
            [FERRY],
            [FERRY | {"options": "Bridge\nFerry\nNeither"}],
            [FERRY | {"text": "Bridge or ferry?"}],
            [FERRY | {"has_other": True}],
            [FERRY, {"kind": "text", "text": "?"}],
        )
    }
    assert len(digests) == 5
    assert a_sheet(FERRY | {"help": "One word."}).digest == a_sheet(FERRY).digest
