"""Outside staffed hours: what is refused, what waits, and what readers are told before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from kakehashi.comments import actions, page
from kakehashi.comments.models import CommentState, Waits
from kakehashi.comments.orders import Choice
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, TooMany
from kakehashi.readers.models import Reader, Role, Standing
from kakehashi.stories import actions as story_actions
from kakehashi.stories.hours import Hours, Outside, read_exceptions, read_spans
from kakehashi.stories.models import NewsroomSettings, StoryPage
from tests.factories import a_comment, a_reader, a_section, a_story

pytestmark = pytest.mark.django_db

# A Wednesday. The test site is in UTC.
NIGHT = datetime(2026, 1, 14, 3, tzinfo=UTC)
DAY = datetime(2026, 1, 14, 12, tzinfo=UTC)
WEEK = (read_spans("07:00-22:00"),) * 7


@pytest.fixture
def story() -> StoryPage:
    return a_story(published_at=DAY - timedelta(hours=20))


@pytest.fixture
def ana() -> Reader:
    return a_reader("Ana", standing=Standing.ESTABLISHED)


def keep(kind: str, **fields: Any) -> NewsroomSettings:
    fields.setdefault("outside", {0: kind})
    return story_actions.set_staffed_hours(actor=a_reader(role=Role.EDITOR), hours=Hours(week=WEEK, **fields))


def shown(story: StoryPage, reader: Reader | None, now: datetime) -> str:
    found = page.visit(story.pk, reader, Choice(), now)
    assert found is not None
    return found.page_html("token").decode()


def test_comments_wait_at_night_and_readers_know(story: StoryPage, ana: Reader) -> None:
    keep(Outside.HOLD)
    for reader in (ana, None):
        assert "read by the team from 07:00 (UTC)" in shown(story, reader, NIGHT)
        assert "read by the team" not in shown(story, reader, DAY)
    assert "tomorrow, 07:00 (UTC)" in shown(story, ana, NIGHT - timedelta(hours=4))
    held = actions.post_comment(author=ana, source="Good night.", story=story, now=NIGHT)
    assert (held.state, held.waits_for) == (CommentState.HELD, Waits.HOURS)
    assert "so a moderator reads comments before others see them" in shown(story, ana, NIGHT)
    seen = actions.post_comment(author=ana, source="Good day.", story=story, now=DAY)
    assert seen.state == CommentState.VISIBLE
    # What is changed while nobody is there waits too.
    late = actions.post_comment(author=ana, source="Late.", story=story, now=DAY + timedelta(hours=9, minutes=58))
    late = actions.edit_comment(actor=ana, comment=late, source="Later.", now=DAY + timedelta(hours=10, minutes=1))
    assert late.state == CommentState.HELD


def test_nobody_writes_and_the_text_is_kept(story: StoryPage, ana: Reader) -> None:
    keep(Outside.CLOSE)
    assert "Comments can be written again from 07:00 (UTC)" in shown(story, ana, NIGHT)
    assert 'name="text"' not in shown(story, ana, NIGHT)
    assert 'name="text"' in shown(story, ana, DAY)
    with pytest.raises(Conflict, match=r"again from 07:00.*Your text is kept here"):
        actions.post_comment(author=ana, source="Good night.", story=story, now=NIGHT)
    comment = a_comment(author=ana, created_at=NIGHT - timedelta(minutes=1))
    with pytest.raises(Conflict):
        actions.edit_comment(actor=ana, comment=comment, source="Other words.", now=NIGHT)
    actions.cast_vote(reader=a_reader(), comment=comment, value=1, now=NIGHT)


def test_members_write_less_often(story: StoryPage, ana: Reader) -> None:
    keep(Outside.SLOW, minutes=90)
    assert "each member can write one comment in 90 minutes" in shown(story, ana, NIGHT)
    actions.post_comment(author=ana, source="One.", story=story, now=NIGHT)
    with pytest.raises(TooMany, match="You can try again in 30 minutes"):
        actions.post_comment(author=ana, source="Two.", story=story, now=NIGHT + timedelta(minutes=60))
    actions.post_comment(author=ana, source="Two.", story=story, now=NIGHT + timedelta(minutes=91))
    actions.post_comment(author=ana, source="Three.", story=story, now=DAY)
    actions.post_comment(author=ana, source="Four.", story=story, now=DAY + timedelta(minutes=1))


def test_staff_write_as_always_but_not_where_nobody_does(story: StoryPage) -> None:
    moderator, now = a_reader(role=Role.MODERATOR), NIGHT
    for kind in (Outside.HOLD, Outside.SLOW):
        keep(kind)
        for number in range(2):
            now += timedelta(minutes=1)
            made = actions.post_comment(author=moderator, source=f"{kind} {number}", story=story, now=now)
            assert made.state == CommentState.VISIBLE
        assert "team" not in shown(story, moderator, now)


def test_sections_and_ages_of_stories(ana: Reader) -> None:
    sport = a_section("Sport")
    keep(Outside.CLOSE, outside={0: Outside.CLOSE, sport.pk: Outside.NOTHING}, new_hours=24)
    old = a_story(published_at=NIGHT - timedelta(hours=25))
    new = a_story(published_at=NIGHT - timedelta(hours=23))
    free = a_story(section=sport, published_at=NIGHT - timedelta(hours=2))
    for story, is_open in ((old, True), (new, False), (free, True)):
        assert ('name="text"' in shown(story, ana, NIGHT)) is is_open


def test_kept_pages_end_with_the_shift(story: StoryPage) -> None:
    keep(Outside.HOLD)
    moments = {
        NIGHT: 4 * 3600,
        DAY: 10 * 3600,
        DAY.replace(hour=21, minute=59, second=50): 10,
        DAY.replace(hour=23): 3600,
    }
    for now, seconds in moments.items():
        found = page.visit(story.pk, None, Choice(), now)
        assert found is not None
        assert found.lasts() == timedelta(seconds=seconds)


def test_what_is_set_shows_at_once(client: Client, ana: Reader) -> None:
    story = a_story()
    assert "team" not in client.get(story.url).content.decode()
    today = timezone.now().date()
    away = read_exceptions("\n".join(str(today + timedelta(days=n)) for n in range(-1, 70)))
    hours = Hours(week=WEEK, exceptions=away, outside={0: Outside.CLOSE})
    story_actions.set_staffed_hours(actor=a_reader(role=Role.EDITOR), hours=hours)
    assert "Nobody of our team is here now" in client.get(story.url).content.decode()
    client.force_login(ana)
    answer = client.post(f"/story/{story.pk}/comment/", {"text": "Precious words."})
    assert answer.status_code == 409
    assert "Precious words." in answer.content.decode()
    assert "Your text is kept here" in answer.content.decode()


def test_posting_asks_no_more(story: StoryPage, django_assert_max_num_queries: Any) -> None:
    newsroom = keep(Outside.HOLD)
    authors = [a_reader(standing=Standing.ESTABLISHED) for _ in range(3)]
    actions.post_comment(author=authors[0], source="First.", story=story, newsroom=newsroom, now=NIGHT)
    # Half of them put what is held before the staff, one of these a lock that SQLite needs none of; a comment that is not
    # held needs none of all that.
    with django_assert_max_num_queries(19 if connection.vendor == "postgresql" else 18):
        actions.post_comment(author=authors[1], source="Words.", story=story, newsroom=newsroom, now=NIGHT)
    with django_assert_max_num_queries(9):
        actions.post_comment(author=authors[2], source="Good day.", story=story, newsroom=newsroom, now=DAY)


def test_who_may_set_them() -> None:
    section = a_section()
    with pytest.raises(NotAllowed):
        story_actions.set_staffed_hours(actor=a_reader(), hours=Hours())
    confined = a_reader(role=Role.MODERATOR, sections=f",{section.pk},")
    with pytest.raises(NotAllowed):
        story_actions.set_staffed_hours(actor=confined, hours=Hours())
    moderator = a_reader(role=Role.MODERATOR)
    for hours in (Hours(minutes=0), Hours(new_hours=-1), Hours(outside={0: "burn"})):
        with pytest.raises(Invalid):
            story_actions.set_staffed_hours(actor=moderator, hours=hours)
    assert story_actions.set_staffed_hours(actor=moderator, hours=Hours(week=WEEK)).hours.week == WEEK
