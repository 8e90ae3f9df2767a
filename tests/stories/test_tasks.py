"""The worker publishes and retires at the hour an editor chose; the clock is given."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from wagtail.models import PageLogEntry

from kakehashi.stories import actions
from kakehashi.stories.actions import scheduling
from kakehashi.stories.models import StoryPage
from kakehashi.stories.tasks import publish_scheduled
from tests.factories import a_section

WRITTEN = timezone.now() - timedelta(days=2)
HOUR = timedelta(hours=1)


def a_scheduled_story(**fields: Any) -> StoryPage:
    defaults = {"section": a_section("Harbour"), "headline": "Morning edition", "paragraphs": ["Good morning."]}
    return actions.publish_story(**defaults | {"now": WRITTEN, "go_live_at": WRITTEN + HOUR} | fields)


@pytest.mark.django_db
def test_story_waits_for_its_hour_and_then_is_live(client: Client) -> None:
    story = a_scheduled_story()
    assert (story.live, story.approved_schedule, story.status_string) == (False, True, "scheduled")
    assert publish_scheduled(WRITTEN + HOUR - timedelta(seconds=1)) == 0
    assert client.get(story.url).status_code == 404
    assert publish_scheduled(WRITTEN + HOUR) == 1
    story.refresh_from_db()
    assert (story.live, story.published_at) == (True, WRITTEN + HOUR)
    assert story.live_revision_id == story.latest_revision_id
    assert client.get(story.url).status_code == 200
    assert publish_scheduled(WRITTEN + 2 * HOUR) == 0
    assert PageLogEntry.objects.filter(action="wagtail.publish.scheduled", page=story.pk).count() == 1


@pytest.mark.django_db
def test_story_goes_at_its_hour(client: Client) -> None:
    story = a_scheduled_story(go_live_at=None, expire_at=WRITTEN + HOUR)
    assert publish_scheduled(WRITTEN) == 0
    assert client.get(story.url).status_code == 200
    assert publish_scheduled(WRITTEN + HOUR) == 1
    story.refresh_from_db()
    assert (story.live, story.expired) == (False, True)
    assert client.get(story.url).status_code == 404
    assert publish_scheduled(WRITTEN + HOUR) == 0


@pytest.mark.django_db
def test_scheduled_change_of_a_live_story_appears_at_its_hour(client: Client) -> None:
    story = a_scheduled_story(go_live_at=None)
    draft = story.get_latest_revision_as_object()
    draft.title = "Evening edition"
    draft.save_revision(approved_go_live_at=WRITTEN + HOUR)
    assert publish_scheduled(WRITTEN + HOUR) == 1
    story.refresh_from_db()
    assert story.title == "Evening edition"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_publish_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have seen the same due rows before either claims one."""
    story = a_scheduled_story()
    gone = a_scheduled_story(headline="Yesterday", go_live_at=None, expire_at=WRITTEN + HOUR)
    both_have_looked = threading.Barrier(2, timeout=20)
    met = threading.local()

    def meet_before(claim: Any) -> Any:
        def claim_together(pk: int, now: datetime) -> bool:
            if not getattr(met, claim.__name__, False):
                setattr(met, claim.__name__, True)
                both_have_looked.wait()
            return bool(claim(pk, now))

        return claim_together

    monkeypatch.setattr(scheduling, "_publish", meet_before(scheduling._publish))
    monkeypatch.setattr(scheduling, "_retire", meet_before(scheduling._retire))
    done: list[int] = []

    def work() -> None:
        try:
            done.append(publish_scheduled(WRITTEN + HOUR))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(done) == 2
    assert PageLogEntry.objects.filter(action="wagtail.publish.scheduled", page=story.pk).count() == 1
    assert PageLogEntry.objects.filter(action="wagtail.unpublish.scheduled", page=gone.pk).count() == 1


@pytest.mark.django_db
def test_worker_that_dies_while_publishing_leaves_the_story_due(monkeypatch: pytest.MonkeyPatch) -> None:
    story = a_scheduled_story()

    class Killed(Exception):
        pass

    def die(*args: object, **kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("wagtail.models.Revision.publish", die)
        with pytest.raises(Killed):
            publish_scheduled(WRITTEN + HOUR)
    assert publish_scheduled(WRITTEN + HOUR) == 1
    story.refresh_from_db()
    assert story.live


def test_worker_is_told_of_it() -> None:
    from kakehashi.lib.worker import configured_tasks

    assert publish_scheduled in [task.function for task in configured_tasks()]
