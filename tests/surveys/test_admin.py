"""Editors make, change, copy and end surveys in Wagtail, and see and take along what was answered; nobody else does."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from kakehashi.readers.actions import set_role
from kakehashi.readers.models import Reader, Role
from kakehashi.stories.actions import ensure_site
from kakehashi.stories.models import NewsroomSettings
from kakehashi.surveys import actions
from kakehashi.surveys.export import neutral
from kakehashi.surveys.models import Poll, Survey
from kakehashi.surveys.sheet import Given
from tests.factories import a_reader, a_story
from tests.surveys.makers import ALL_KINDS, FERRY, a_poll, a_survey, answered, found, in_days

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.KAKEHASHI_STAFF_MFA = "optional"
    ensure_site(name="The Test Courier")


@pytest.fixture
def editor() -> Client:
    client, reader = Client(), a_reader()
    set_role(actor=None, reader=reader, role=Role.EDITOR)
    client.force_login(reader)
    return client


def the_form(questions: list[dict[str, Any]], survey: Survey | None = None, **fields: Any) -> dict[str, Any]:
    """What a browser sends of the editor's form."""
    known = list(survey.questions.order_by("sort_order")) if survey else []
    data: dict[str, Any] = {"title": "The crossing", "audience": "browsers", "results": "closed", "is_published": "on"}
    data |= {"questions-TOTAL_FORMS": len(questions), "questions-INITIAL_FORMS": len(known)}
    data |= {"questions-MIN_NUM_FORMS": 1, "questions-MAX_NUM_FORMS": 50}
    for n, question in enumerate(questions):
        row = {"kind": "single", "steps": 5, "max_length": 1000, "ORDER": n + 1} | question
        row["id"] = known[n].pk if n < len(known) else ""
        data |= {f"questions-{n}-{name}": "on" if value is True else value for name, value in row.items()}
    return data | fields


ADD = "wagtailsnippets_surveys_survey:add"
EDIT = "wagtailsnippets_surveys_survey:edit"


def test_an_editor_builds_a_survey_of_all_kinds_and_it_is_open_at_once(editor: Client) -> None:
    form = editor.get(reverse(ADD))
    assert "surveys-admin.js" in form.text
    answer = editor.post(reverse(ADD), the_form(ALL_KINDS, has_banner="on"))
    assert answer.status_code == 302
    survey = Survey.objects.get()
    assert [item.kind for item in found(survey).sheet.items] == [one["kind"] for one in ALL_KINDS]
    assert Client().get(survey.get_absolute_url()).status_code == 200
    assert NewsroomSettings.objects.get().banner_survey == survey.pk
    listed = editor.get(reverse("wagtailsnippets_surveys_survey:list")).text
    assert "The crossing" in listed
    assert "Open" in listed


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (FERRY | {"options": "Only one"}, "at least two possible answers"),
        (FERRY | {"options": "Same\nsame"}, "are the same"),
        (FERRY | {"options": "\n".join(map(str, range(21)))}, "At most 20"),
        (FERRY | {"kind": "multiple", "least": 4}, "not so many answers"),
        (FERRY | {"kind": "multiple", "least": 2, "most": 1}, "must not be less"),
        (FERRY | {"if_number": 2, "if_answers": "x"}, "number of an earlier question"),
        (FERRY | {"if_number": 1, "if_answers": "Raft"}, "is not an answer to question 1"),
        (FERRY | {"if_number": 1}, "which answers lead to this question"),
        (FERRY | {"if_answers": "Ferry"}, "which question these are answers to"),
        ({"kind": "scale", "text": "?", "steps": 11}, "10"),
    ],
)
def test_what_cannot_work_is_said_at_its_place(editor: Client, question: dict[str, Any], words: str) -> None:
    answer = editor.post(reverse(ADD), the_form([FERRY, question]))
    assert answer.status_code == 200
    assert words in answer.text
    assert not Survey.objects.exists()


def test_a_condition_on_a_free_text_and_wrong_times_are_refused(editor: Client) -> None:
    text = {"kind": "text", "text": "Say"}
    answer = editor.post(reverse(ADD), the_form([text, FERRY | {"if_number": 1, "if_answers": "x"}]))
    assert "Only a choice or a scale" in answer.text
    times = {"opens_at": "2026-05-02 10:00", "closes_at": "2026-05-01 10:00"}
    assert "close later" in editor.post(reverse(ADD), the_form([FERRY], **times)).text


def test_once_there_are_answers_their_questions_stand(editor: Client) -> None:
    survey = a_survey([FERRY, {"kind": "text", "text": "Say"}])
    answered(survey, 1)
    address, same = reverse(EDIT, args=[survey.pk]), [FERRY, {"kind": "text", "text": "Say"}]
    for changed in (
        the_form([FERRY | {"options": "Ferry\nBridge\nRaft"}, same[1]], survey),
        the_form([FERRY | {"text": "Other?"}, same[1]], survey),
        the_form([*same, FERRY], survey),
        the_form([FERRY | {"DELETE": "on"}, same[1]], survey),
        the_form([FERRY | {"ORDER": 2}, same[1] | {"ORDER": 1}], survey),
        the_form(same, survey, audience="members", is_anonymous="on"),
    ):
        answer = editor.post(address, changed)
        assert "Readers have answered already" in answer.text
    kept = editor.post(address, the_form(same, survey, title="A better title", thanks="Thanks!", results="always"))
    assert kept.status_code == 302
    survey.refresh_from_db()
    assert (survey.title, survey.box.answers) == ("A better title", 1)


def test_a_closed_anonymous_survey_is_not_opened_again(editor: Client) -> None:
    survey = a_survey(closes_at=in_days(-1))
    actions.turn_pages(now=timezone.now())
    answer = editor.post(reverse(EDIT, args=[survey.pk]), the_form([FERRY], survey))
    assert "cannot be opened again" in answer.text


def test_polls_have_a_list_and_a_form_of_their_own(editor: Client) -> None:
    a_survey(title="A whole survey")
    answer = editor.post(reverse("wagtailsnippets_surveys_poll:add"), the_form([FERRY], title="A poll"))
    assert answer.status_code == 302
    poll = Poll.objects.get()
    assert poll.is_poll
    page = editor.get(reverse("wagtailsnippets_surveys_poll:list")).text
    assert "A poll" in page
    assert "A whole survey" not in page
    assert "A poll" not in editor.get(reverse("wagtailsnippets_surveys_survey:list")).text
    assert editor.get(reverse("wagtailsnippets_surveys_poll:edit", args=[poll.pk])).status_code == 200


def test_a_poll_is_chosen_for_a_story_among_polls_only(editor: Client) -> None:
    poll, story = a_poll(title="Night boat"), a_story()
    a_survey(title="A whole survey")
    chooser = editor.get(reverse("wagtailsnippetchoosers_surveys_poll:choose")).text
    assert "Night boat" in chooser
    assert "A whole survey" not in chooser
    actions.place_poll(actor=Reader.objects.get(role=Role.EDITOR), poll=poll, story=story, after=1)
    assert "Night boat" in editor.get(reverse("wagtailadmin_pages:edit", args=[story.pk])).text
    assert "Ferry or bridge?" in Client().get(story.get_absolute_url()).text


def test_the_newsroom_sees_every_group_and_the_texts(editor: Client) -> None:
    survey = a_survey(ALL_KINDS)
    items = found(survey).sheet.items
    answered(survey, 1, more={items[4].pk: Given((), "<b>Fog</b>"), items[0].pk: Given((0,), "A raft")}, who="a")
    page = editor.get(reverse("survey_results_admin", args=[survey.pk])).text
    for words in ("&lt;b&gt;Fog&lt;/b&gt;", "A raft", "Open. 1 answer.", "Download as CSV", "Close now"):
        assert words in page


def test_copy_and_close_are_buttons(editor: Client) -> None:
    survey = a_survey()
    answer = editor.post(reverse("survey_copy_admin", args=[survey.pk]))
    copy = Survey.objects.get(is_published=False)
    assert answer["Location"] == reverse(EDIT, args=[copy.pk])
    page = editor.post(reverse("survey_close_admin", args=[survey.pk]), follow=True).text
    assert "is closed." in page
    assert "not open" in editor.post(reverse("survey_close_admin", args=[survey.pk]), follow=True).text
    assert editor.get(reverse("survey_copy_admin", args=[survey.pk])).status_code == 405


def read_csv(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_export_is_a_row_for_each_answer_without_order_or_time(editor: Client) -> None:
    survey = a_survey(ALL_KINDS)
    items = found(survey).sheet.items
    for n in range(12):
        more = {items[4].pk: Given((), f"={n}+1"), items[3].pk: Given((2, 1, 3)), items[1].pk: Given((1, 2))}
        answered(survey, 1, more=more, who=f"b{n}")
    answer = editor.get(reverse("survey_export_admin", args=[survey.pk]))
    assert answer.streaming
    assert "attachment" in answer["Content-Disposition"]
    head, *rows = read_csv(answer)
    assert head == [one["text"] for one in ALL_KINDS]
    assert rows[0][:4] == ["Ferry", "Bread | Nets", "", "Green > Red > Blue"]
    texts = [row[4] for row in rows]
    assert sorted(texts) == sorted(f"'={n}+1" for n in range(12))
    assert texts != [f"'={n}+1" for n in range(12)]


def test_the_export_of_named_answers_says_who_and_when(editor: Client) -> None:
    survey = a_survey(audience="members", is_anonymous=False)
    answered(survey, 2, reader=a_reader("=Ana"))
    head, row = read_csv(editor.get(reverse("survey_export_admin", args=[survey.pk])))
    assert head[:2] == ["Member", "Answered"]
    assert row[0] == "'=Ana"
    assert row[1].startswith("20")


@pytest.mark.parametrize("number", [1, 30])
def test_the_export_and_the_results_take_a_fixed_number_of_queries(editor: Client, number: int) -> None:
    survey = a_survey()
    answered(survey, 1, times=number)
    with CaptureQueriesContext(connection) as seen:
        assert len(read_csv(editor.get(reverse("survey_export_admin", args=[survey.pk])))) == number + 1
    export = len(seen)
    assert export <= 12, export


@pytest.mark.once
@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", " =1", "　=1"])
def test_no_cell_passes_for_a_formula(cell: str) -> None:
    assert neutral(cell) == f"'{cell}"
    assert neutral("1=") == "1="


@pytest.mark.parametrize("name", ["results", "export", "copy", "close"])
def test_of_others_there_is_nothing_even_for_editors(editor: Client, name: str) -> None:
    address = reverse(f"survey_{name}_admin", args=[999])
    assert (editor.post(address) if name in {"copy", "close"} else editor.get(address)).status_code == 404


def test_answers_are_deleted_by_administrators_only() -> None:
    from kakehashi.surveys.admin import EditorsPolicy

    policy, survey, poll = EditorsPolicy(Survey), a_survey(), a_poll()
    answered(survey, 1)
    editor, reader = a_reader(role=Role.EDITOR), a_reader()
    assert policy.user_has_permission_for_instance(editor, "delete", poll)
    assert not policy.user_has_permission_for_instance(editor, "delete", survey)
    assert policy.user_has_permission_for_instance(a_reader(role=Role.ADMINISTRATOR), "delete", survey)
    assert not policy.user_has_permission(reader, "add")
    assert editor in policy.users_with_any_permission({"change"})
