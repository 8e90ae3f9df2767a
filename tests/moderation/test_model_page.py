"""The staff's page of what was learned: it says what is in use, how good it is, and lets a moderator choose."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.moderation import actions
from kakehashi.moderation.models import ModelVersion, ModelWeights, ModelWork
from kakehashi.readers.models import Reader
from tests.factories import a_reader
from tests.moderation.decided import decide, texts
from tests.moderation.rows import a_moderator

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def mo() -> Reader:
    return a_moderator("Mo")


@pytest.fixture
def desk(mo: Reader) -> Client:
    client = Client()
    client.force_login(mo)
    return client


def page(desk: Client) -> str:
    answer = desk.get("/moderation/model/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_before_there_are_decisions_it_says_that_it_goes_by_a_word_list(desk: Client) -> None:
    html = page(desk)
    assert "A small list of words" in html
    assert "Nothing has been learned from your decisions yet" in html
    assert "0 decisions are new" in html
    assert "None so far" in html


def test_the_report_tells_all_figures(desk: Client) -> None:
    decide(texts(260))
    actions.retrain(now=NOW)
    page(desk)
    with CaptureQueriesContext(connection) as of_one:
        html = page(desk)
    ModelVersion.objects.bulk_create(ModelVersion(number=n, state="dismissed", why="No.") for n in range(2, 20))
    with CaptureQueriesContext(connection) as of_many:
        page(desk)
    assert len(of_many) == len(of_one) < 20
    version = ModelVersion.objects.get(number=1)
    assert f"It learned from {version.learned} decisions" in html
    assert "All figures are of" in html
    assert "That is few" in html
    assert html.count("<circle") == len(version.figures["bins"])
    for heading in (
        "At the top of the queue",
        "Said and done",
        "What holding would do",
        "By rule",
        "What it has learned",
    ):
        assert heading in html
    assert "1. Argue with what was said" in html
    assert "English" in html
    assert "barnacle" in html
    assert "before" in html
    assert "On average they lie" in html
    assert "One person has made all those decisions" in html
    version.figures["judges"] = {"people": 3, "most": 0.5}
    version.save()
    html = page(desk)
    assert "3 people had made those decisions, one of them 50%." in html
    assert "One person" not in html


def test_what_was_not_kept_says_why(desk: Client) -> None:
    ModelVersion.objects.create(number=3, state="dismissed", why="It orders no better.")
    assert "It orders no better." in page(desk)
    assert "Use version 3" not in page(desk)


def test_a_moderator_asks_for_a_training(desk: Client, mo: Reader) -> None:
    answer = desk.post("/moderation/model/train/", follow=True)
    assert "within a minute" in answer.content.decode()
    assert ModelWork.objects.get().asked_by == mo
    assert "has been asked for" in page(desk)
    ModelVersion.objects.create(number=1, state="training")
    assert "A training is running" in page(desk)
    assert "running already" in desk.post("/moderation/model/train/", follow=True).content.decode()


def test_a_moderator_goes_back(desk: Client, mo: Reader) -> None:
    decide(texts(260))
    actions.retrain(now=NOW - timedelta(days=1))
    first = ModelVersion.objects.get()
    second = ModelVersion.objects.create(number=2, state="kept", digest=first.digest, used_since=NOW)
    ModelWeights.objects.create(version=second, content=first.weights.content)
    assert "Use version 1" in page(desk)
    answer = desk.post("/moderation/model/1/use/", follow=True)
    assert "Version 1 is in use from now on" in answer.content.decode()
    assert "chosen by Mo" in page(desk)
    assert "in use already" in desk.post("/moderation/model/1/use/", follow=True).content.decode()
    assert desk.post("/moderation/model/77/use/").status_code == 404


def test_a_damaged_version_is_told_and_breaks_nothing(desk: Client) -> None:
    decide(texts(260))
    actions.retrain(now=NOW)
    ModelVersion.objects.update(digest="0" * 64)
    html = page(desk)
    assert "cannot be read" in html
    assert "the word list is used" in html


def test_figures_of_an_earlier_release_that_lack_some_are_shown(desk: Client) -> None:
    decide(texts(260))
    actions.retrain(now=NOW)
    version = ModelVersion.objects.get()
    for row in version.figures["thresholds"]:
        del row["alarms"]
    version.save()
    assert "What holding would do" in page(desk)


def test_readers_find_nothing_here() -> None:
    client = Client()
    client.force_login(a_reader())
    assert client.get("/moderation/model/").status_code == 404
    assert client.post("/moderation/model/train/").status_code == 404
    assert client.post("/moderation/model/1/use/").status_code == 404
    assert Client().get("/moderation/model/").status_code == 404
