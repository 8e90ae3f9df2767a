"""The worker publishes and retires at the hour an editor chose; the clock is given."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone
from wagtail.models import PageLogEntry, Revision

from kakehashi.stories import actions
from kakehashi.stories.actions import scheduling
from kakehashi.stories.models import StoryPage
from kakehashi.stories.tasks import publish_scheduled
from tests.factories import a_section

WRITTEN = (timezone.now() - timedelta(days=2)).replace(microsecond=0)
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


@pytest.mark.django_db
def test_two_workers_at_once_publish_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second worker runs from beginning to end just when the first has seen what is due and not yet claimed any."""
    story = a_scheduled_story()
    gone = a_scheduled_story(headline="Yesterday", go_live_at=None, expire_at=WRITTEN + HOUR)
    done_by_second = []
    publish, retire = scheduling._publish, scheduling._retire

    def retire_second(pk: int, now: datetime) -> bool:
        monkeypatch.setattr(scheduling, "_retire", retire)
        done_by_second.append(actions.retire_due(now=now))
        return retire(pk, now)

    def publish_second(pk: int, now: datetime) -> bool:
        monkeypatch.setattr(scheduling, "_publish", publish)
        done_by_second.append(actions.publish_due(now=now))
        return publish(pk, now)

    monkeypatch.setattr(scheduling, "_retire", retire_second)
    monkeypatch.setattr(scheduling, "_publish", publish_second)
    assert publish_scheduled(WRITTEN + HOUR) == 0
    assert done_by_second == [1, 1]
    assert PageLogEntry.objects.filter(action="wagtail.publish.scheduled", page=story.pk).count() == 1
    assert PageLogEntry.objects.filter(action="wagtail.unpublish.scheduled", page=gone.pk).count() == 1


@pytest.mark.django_db
def test_worker_that_dies_while_publishing_leaves_the_story_due(monkeypatch: pytest.MonkeyPatch) -> None:
    story = a_scheduled_story()

    class Killed(BaseException):
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


@pytest.mark.django_db
def test_a_story_that_cannot_be_published_keeps_no_other_waiting(caplog: pytest.LogCaptureFixture) -> None:
    broken = a_scheduled_story(headline="Broken")
    Revision.objects.for_instance(broken).update(content={"pk": broken.pk, "title": 5, "running_story": "none"})
    stuck = a_scheduled_story(headline="Stuck", go_live_at=None, expire_at=WRITTEN + HOUR)
    StoryPage.objects.filter(pk=stuck.pk).update(content_type=ContentType.objects.get_for_model(Revision))
    sound = a_scheduled_story(headline="Sound", go_live_at=WRITTEN + 2 * HOUR)
    old = a_scheduled_story(headline="Old", go_live_at=None, expire_at=WRITTEN + 2 * HOUR)
    assert publish_scheduled(WRITTEN + 2 * HOUR) == 2
    assert [record.message.split(" of ")[0] for record in caplog.records if record.exc_info] == ["retire", "publish"]
    for story, live in ((broken, False), (stuck, True), (sound, True), (old, False)):
        assert StoryPage.objects.get(pk=story.pk).live is live
    assert Revision.objects.for_instance(broken).get().approved_go_live_at == WRITTEN + HOUR


def test_worker_is_told_of_it() -> None:
    from kakehashi.lib.worker import configured_tasks

    assert publish_scheduled in [task.function for task in configured_tasks()]
