"""Answers go in once for each member or browser, only while the survey is open, and anonymous ones without a trace."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import models
from django.utils import timezone
from pytest_django import Settings

from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from kakehashi.readers.actions import erase_reader, export_reader
from kakehashi.stories.models import Edition, NewsroomSettings
from kakehashi.surveys import actions
from kakehashi.surveys.models import AddressCount, Answer, Box, Participation, Response, Stage, Survey
from kakehashi.surveys.sheet import Given
from tests.factories import a_front, a_reader
from tests.surveys.makers import ALL_KINDS, a_survey, answered, found, in_days

pytestmark = pytest.mark.django_db


def submit(survey: Survey, now: datetime | None = None, digest: str = "", **who: object) -> bool:
    sheet = found(survey).sheet
    return actions.submit_answers(
        survey=survey,
        answers={sheet.items[0].pk: Given((1,))},
        digest=digest or sheet.digest,
        now=now or timezone.now(),
        **who,  # type: ignore[arg-type]
    )


def test_all_kinds_are_stored_as_they_were_given() -> None:
    survey = a_survey(ALL_KINDS)
    items = found(survey).sheet.items
    given = [
        Given((0,), "A raft"),
        Given((1, 3)),
        Given((4,)),
        Given((3, 1, 2)),
        Given((), "Fog."),
        Given((), "Not asked"),
    ]
    actions.submit_answers(
        survey=survey,
        answers={item.pk: one for item, one in zip(items, given, strict=True)},
        digest=found(survey).sheet.digest,
        browser="one",
        address="a",
        now=timezone.now(),
    )
    rows = Answer.objects.order_by("question", "rank", "option").values_list("option", "rank", "text")
    assert list(rows) == [
        (0, 0, "A raft"),
        (1, 0, ""),
        (3, 0, ""),
        (4, 0, ""),
        (3, 1, ""),
        (1, 2, ""),
        (2, 3, ""),
        (0, 0, "Fog."),
    ]
    assert Box.objects.get().answers == 1


def test_a_browser_answers_once() -> None:
    survey = a_survey()
    assert submit(survey, browser="one", address="a")
    assert not submit(survey, browser="one", address="b")
    assert submit(survey, browser="two", address="a")
    assert Response.objects.count() == Box.objects.get().answers == 2


def test_a_member_answers_once_whatever_the_browser() -> None:
    survey, ana = a_survey(audience="members"), a_reader()
    assert submit(survey, reader=ana, browser="one")
    assert not submit(survey, reader=ana, browser="two")
    assert submit(survey, reader=a_reader(), browser="one")


def test_without_a_cookie_or_an_account_nothing_is_taken() -> None:
    with pytest.raises(Invalid, match="cookie"):
        submit(a_survey(), address="a")
    with pytest.raises(NotAllowed, match="log in"):
        submit(a_survey(audience="members"), browser="one")


def test_only_an_open_survey_takes_answers() -> None:
    with pytest.raises(Conflict, match="closed"):
        submit(a_survey(closes_at=in_days(-1)), browser="one")
    for survey in (a_survey(opens_at=in_days(1)), a_survey(is_published=False)):
        with pytest.raises(NotFound):
            submit(survey, browser="one")


def test_questions_that_changed_meanwhile_are_told() -> None:
    with pytest.raises(Conflict, match="changed"):
        submit(a_survey(), digest="old", browser="one")
    assert not Participation.objects.exists()


def test_an_address_has_so_many_answers_a_day(settings: Settings) -> None:
    settings.KAKEHASHI_SURVEY_ANSWERS_PER_ADDRESS = 3
    survey, now = a_survey(), timezone.now()
    for n in range(3):
        submit(survey, browser=f"b{n}", address="same", now=now)
    with pytest.raises(TooMany, match="network"):
        submit(survey, browser="b3", address="same", now=now)
    assert submit(survey, browser="b3", address="other", now=now)
    assert actions.forget_addresses(now=now + timedelta(days=1)) == 2
    assert not AddressCount.objects.exists()


def test_nothing_of_an_anonymous_answer_points_at_its_reader() -> None:
    """No column, no time, and numbers that say nothing of the order."""
    survey = a_survey(audience="members")
    members = [a_reader() for _ in range(40)]
    order = []
    for member in members:
        before = set(Response.objects.values_list("pk", flat=True))
        submit(survey, reader=member)
        order += set(Response.objects.values_list("pk", flat=True)) - before
    assert not Response.objects.exclude(reader=None, answered_at=None).exists()
    relations = {
        model: {f.related_model for f in model._meta.get_fields() if isinstance(f, models.ForeignKey)}
        for model in (Participation, Answer)
    }
    assert relations == {Participation: {Survey}, Answer: {Response, type(survey.questions.first())}}
    times = {f.name for f in Participation._meta.fields} | {f.name for f in Answer._meta.fields}
    assert times == {"id", "survey", "key", "response", "question", "option", "rank", "text"}
    assert order != sorted(order)
    keys = list(Participation.objects.order_by("pk").values_list("pk", flat=True))
    assert keys != sorted(order)
    assert len(set(Participation.objects.values_list("key", flat=True))) == 40


def test_when_an_anonymous_survey_closes_who_has_answered_is_forgotten() -> None:
    a_front()
    survey, ana = a_survey(audience="members", closes_at=in_days(1)), a_reader()
    submit(survey, reader=ana)
    assert export_reader(reader=ana)["anonymous_surveys_answered"] == ["The crossing"]
    actions.turn_pages(now=in_days(2))
    box = Box.objects.get()
    assert (box.secret, box.is_sealed, box.stage, box.answers) == ("", True, Stage.CLOSED, 1)
    assert not Participation.objects.exists()
    assert Response.objects.count() == 1
    assert export_reader(reader=ana)["anonymous_surveys_answered"] == []
    with pytest.raises(Conflict):
        submit(survey, reader=a_reader())


def test_answers_with_a_name_are_given_along_and_let_go_of() -> None:
    survey = a_survey(ALL_KINDS, audience="members", is_anonymous=False)
    ana, bo = a_reader("Ana"), a_reader("Bo")
    for member in (ana, bo):
        sheet = found(survey).sheet
        more = {sheet.items[3].pk: Given((2, 1, 3)), sheet.items[2].pk: Given((4,))}
        answered(survey, 1, reader=member, more=more)
    (data,) = export_reader(reader=ana)["surveys"]
    assert data["survey"] == "The crossing"
    assert data["answers"][0] == {"question": "Ferry or bridge?", "answer": "Ferry"}
    assert [one["answer"] for one in data["answers"][1:]] == ["4", "1. Green", "2. Red", "3. Blue"]
    erase_reader(reader=ana)
    assert Response.objects.filter(reader=None, answered_at=None).count() == 1
    erase_reader(reader=bo, withdraw=True)
    assert Response.objects.count() == Box.objects.get().answers == 1


def test_the_banner_is_that_of_the_survey_that_opened_last() -> None:
    a_front()
    now = timezone.now()
    first = a_survey(title="First", has_banner=True, opens_at=in_days(-2), closes_at=in_days(2))
    second = a_survey(
        title="Second", has_banner=True, banner_text="Have your say", opens_at=in_days(-1), closes_at=in_days(1)
    )
    a_survey(title="Without", opens_at=in_days(-0.5))
    actions.turn_pages(now=now)
    settings = NewsroomSettings.objects.get()
    assert (settings.banner_text, settings.banner_url) == ("Have your say", second.get_absolute_url())
    assert settings.banner_survey == second.pk
    edition = Edition.objects.get().version
    assert actions.turn_pages(now=now) == 0
    assert Edition.objects.get().version == edition
    assert actions.turn_pages(now=in_days(1.5)) == 1
    assert NewsroomSettings.objects.get().banner_survey == first.pk
    assert Edition.objects.get().version > edition
    actions.turn_pages(now=in_days(3))
    assert NewsroomSettings.objects.get().banner_survey == 0


def test_a_copy_has_the_questions_and_no_answers() -> None:
    survey, editor = a_survey(ALL_KINDS), a_reader(role="editor")
    answered(survey, 1)
    copy = actions.copy_survey(actor=editor, survey=survey)
    assert (copy.is_published, copy.box.answers, copy.title) == (False, 0, "Copy of The crossing")
    assert [item.text for item in found(copy).sheet.items] == [one["text"] for one in ALL_KINDS]
    with pytest.raises(NotAllowed):
        actions.copy_survey(actor=a_reader(), survey=survey)


def test_an_editor_ends_it_once() -> None:
    a_front()
    survey, editor, now = a_survey(), a_reader(role="editor"), timezone.now()
    assert actions.close_survey(actor=editor, survey=survey, now=now).closes_at == now
    with pytest.raises(Conflict):
        actions.close_survey(actor=editor, survey=survey, now=now)
