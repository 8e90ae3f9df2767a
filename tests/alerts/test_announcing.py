"""From what is new to mails in the queue, each thing once for each receiver."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kakehashi.alerts import actions, queries, subjects
from kakehashi.alerts.models import Announced, BreakingNews, Follow, Mail, MailState, Receiver
from kakehashi.alerts.receivers import receiver_of
from kakehashi.comments.models import Comment
from kakehashi.lib.errors import Conflict, NotAllowed
from kakehashi.readers.models import Role
from kakehashi.stories.models import RunningStory
from tests.alerts.making import NOW, a_member, a_new_story, a_receiver
from tests.factories import a_comment, a_reader, a_section, a_story, a_thread

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _first_look(db: None) -> None:
    """The first look finds nothing old; the tests are about what comes after."""
    actions.queue_story_alerts(now=NOW - timedelta(hours=1))
    actions.queue_comment_alerts(now=NOW - timedelta(hours=1))


def queued() -> list[tuple[str, str]]:
    rows = Mail.objects.select_related("receiver").order_by("pk")
    return [(mail.receiver.email or "member", mail.cause) for mail in rows]


class TestStories:
    def test_followers_of_anything_it_belongs_to_get_one_mail(self) -> None:
        running = RunningStory.objects.create(title="The bridge", slug="bridge")
        section = a_section()
        story = a_new_story(section=section, running_story=running, byline="Ana Writer and Bo Writer")
        words = ["site", f"section:{section.pk}", f"running:{running.pk}", "author:Bo Writer"]
        for number, word in enumerate(words):
            a_receiver(f"r{number}@example.org", word)
        a_receiver("all@example.org", *words)
        a_receiver("daily@example.org", "site", rhythm="daily")
        a_receiver("other@example.org", "section:999999", "author:Cy Writer", f"thread:{story.pk}")
        a_receiver("off@example.org", "site", off_at=NOW)
        assert actions.queue_story_alerts(now=LATER) == 1
        assert sorted(queued()) == sorted(
            (f"{name}@example.org", f"story:{story.pk}") for name in ("all", "r0", "r1", "r2", "r3")
        )
        assert actions.queue_story_alerts(now=LATER) == 0
        assert len(queued()) == 5

    def test_a_broken_fan_out_is_finished_by_the_next(self) -> None:
        story = a_new_story()
        first = a_receiver("first@example.org", "site")
        a_receiver("second@example.org", "site")
        Mail.objects.create(receiver=first, cause=f"story:{story.pk}", kind="story", due_at=NOW)
        actions.queue_story_alerts(now=LATER)
        assert [to for to, _cause in queued()] == ["first@example.org", "second@example.org"]

    def test_old_stories_and_drafts_are_no_news(self) -> None:
        a_receiver("mia@example.org", "site")
        a_story(published_at=NOW - timedelta(days=9), first_published_at=NOW)
        a_new_story(live=False)
        a_new_story(published_at=NOW - timedelta(hours=3), first_published_at=NOW - timedelta(hours=3))
        assert actions.queue_story_alerts(now=LATER) == 0
        assert queued() == []

    def test_a_story_that_goes_live_late_is_found(self) -> None:
        a_receiver("mia@example.org", "site")
        a_new_story(published_at=NOW - timedelta(hours=20), first_published_at=NOW)
        assert actions.queue_story_alerts(now=LATER) == 1

    def test_many_receivers_take_few_queries(self, django_assert_max_num_queries: Any) -> None:
        receivers = Receiver.objects.bulk_create(
            [Receiver(email=f"r{number}@example.org", confirmed_at=NOW) for number in range(2500)]
        )
        Follow.objects.bulk_create([Follow(receiver=row, subject="site", rhythm="at_once") for row in receivers])
        a_new_story()
        with django_assert_max_num_queries(60):
            actions.queue_story_alerts(now=LATER)
        assert Mail.objects.count() == 2500


class TestBreakingNews:
    def test_it_goes_once_for_each_text_to_whoever_wants_it(self) -> None:
        story, editor = a_new_story("Fog"), a_reader(role=Role.EDITOR)
        a_receiver("mia@example.org", subjects.BREAKING)
        a_receiver("site@example.org", "site")
        assert queries.breaking_receivers(NOW) == 1
        actions.send_breaking_news(actor=editor, story=story, now=NOW)
        with pytest.raises(Conflict):
            actions.send_breaking_news(actor=editor, story=story, now=NOW)
        assert actions.queue_breaking_news(now=NOW) == 1
        assert actions.queue_breaking_news(now=NOW) == 0
        assert [to for to, _cause in queued()] == ["mia@example.org"]
        assert BreakingNews.objects.get().receivers == 1
        story.title = "Fog lifts"
        story.save()
        actions.send_breaking_news(actor=editor, story=story, now=LATER)
        assert actions.queue_breaking_news(now=LATER) == 1
        assert len({cause for _to, cause in queued()}) == 2

    def test_nobody_gets_the_same_story_twice(self) -> None:
        story, editor = a_new_story(), a_reader(role=Role.EDITOR)
        a_receiver("both@example.org", subjects.BREAKING, "site")
        a_receiver("breaking@example.org", subjects.BREAKING)
        actions.send_breaking_news(actor=editor, story=story, now=NOW)
        actions.queue_breaking_news(now=NOW)
        actions.queue_story_alerts(now=LATER)
        assert [to for to, _cause in queued()] == ["both@example.org", "breaking@example.org"]
        later = a_new_story()
        actions.queue_story_alerts(now=LATER)
        actions.send_breaking_news(actor=editor, story=later, now=LATER)
        assert actions.queue_breaking_news(now=LATER) == 1

    def test_only_editors_send(self) -> None:
        for role in (Role.READER, Role.MODERATOR):
            with pytest.raises(NotAllowed):
                actions.send_breaking_news(actor=a_reader(role=role), story=a_new_story(), now=NOW)
        assert not BreakingNews.objects.exists()


class TestComments:
    def test_one_mail_for_a_quarter_of_an_hour(self) -> None:
        thread, writer = a_thread(a_new_story()), a_member("Nell")
        a_receiver("thread@example.org", f"thread:{thread.story_id}")
        a_receiver("member@example.org", f"member:{writer.pk}")
        a_receiver("both@example.org", f"thread:{thread.story_id}", f"member:{writer.pk}")
        for minute in (1, 5, 14):
            a_comment(thread, author=writer, created_at=NOW + timedelta(minutes=minute))
        actions.queue_comment_alerts(now=NOW + timedelta(minutes=14, seconds=30))
        assert sorted(to.partition("@")[0] for to, _cause in queued()) == ["both", "member", "thread"]
        assert {mail.due_at for mail in Mail.objects.all()} == {NOW + timedelta(minutes=15, seconds=30)}
        a_comment(thread, author=writer, created_at=NOW + timedelta(minutes=16))
        actions.queue_comment_alerts(now=NOW + timedelta(minutes=17))
        assert len(queued()) == 6

    def test_what_was_held_is_found_when_it_comes_into_sight(self) -> None:
        thread = a_thread(a_new_story())
        a_receiver("mia@example.org", f"thread:{thread.story_id}")
        held = a_comment(thread, created_at=NOW, state="held")
        actions.queue_comment_alerts(now=NOW + timedelta(minutes=1))
        assert queued() == []
        Comment.objects.filter(pk=held.pk).update(state="visible", state_changed_at=NOW + timedelta(hours=2))
        actions.queue_comment_alerts(now=NOW + timedelta(hours=2, minutes=1))
        assert [cause for _to, cause in queued()] == ["comments:2026-11-30T11:00"]


class TestDigests:
    def test_they_are_due_at_the_hour_and_once(self) -> None:
        receiver = a_receiver("mia@example.org", time_zone="Asia/Tokyo", hour=19)
        actions.follow(receiver=receiver, words=["site"], rhythm="daily", now=NOW)
        due = NOW + timedelta(hours=1)
        assert receiver.digests.get().due_at == due
        assert actions.queue_digests(now=due - timedelta(seconds=1)) == 0
        assert actions.queue_digests(now=due) == 1
        assert actions.queue_digests(now=due) == 0
        assert queued() == [("mia@example.org", "daily:2026-11-30T10:00")]
        assert receiver.digests.get().due_at == due + timedelta(days=1)
        about = Mail.objects.get().about
        assert about == {"rhythm": "daily", "since": NOW.isoformat(), "until": due.isoformat()}

    def test_a_worker_that_was_away_sends_one_for_all_the_days(self) -> None:
        receiver = a_receiver("mia@example.org")
        actions.follow(receiver=receiver, words=["site"], rhythm="daily", now=NOW)
        assert actions.queue_digests(now=NOW + timedelta(days=3)) == 1
        assert Mail.objects.get().about["since"] == NOW.isoformat()

    def test_after_a_pause_nothing_is_lost(self) -> None:
        receiver = a_receiver("mia@example.org")
        actions.follow(receiver=receiver, words=["site"], rhythm="daily", now=NOW)
        actions.pause(receiver=receiver, until=NOW + timedelta(days=2), now=NOW)
        assert actions.queue_digests(now=NOW + timedelta(days=1)) == 0
        assert actions.queue_digests(now=NOW + timedelta(days=3)) == 1
        assert Mail.objects.get().about["since"] == NOW.isoformat()

    def test_there_is_one_while_anything_is_followed_so(self) -> None:
        receiver = a_receiver("mia@example.org")
        actions.follow(receiver=receiver, words=["site"], rhythm="daily", now=NOW)
        actions.set_rhythms(receiver=receiver, rhythms={"site": "weekly"}, now=NOW)
        assert list(receiver.digests.values_list("rhythm", flat=True)) == ["weekly"]
        actions.set_rhythms(receiver=receiver, rhythms={"site": ""}, now=NOW)
        assert not receiver.digests.exists()


class TestInvitation:
    @pytest.fixture(autouse=True)
    def _look(self, db: None) -> None:
        actions.queue_invitations(now=NOW - timedelta(hours=1))

    def test_one_and_never_a_second(self) -> None:
        from allauth.socialaccount.models import SocialAccount

        reader = a_member()
        SocialAccount.objects.create(user=reader, provider="openid_connect", uid="1")
        SocialAccount.objects.update(date_joined=NOW)
        assert actions.queue_invitations(now=NOW) == 1
        SocialAccount.objects.create(user=reader, provider="google", uid="2")
        assert actions.queue_invitations(now=NOW) == 0
        Mail.objects.update(state=MailState.HANDED_OVER, finished_at=NOW)
        actions.forget_old(now=NOW + timedelta(days=400))
        assert actions.queue_invitations(now=NOW + timedelta(days=400)) == 0
        assert Mail.objects.count() == 1

    def test_who_follows_something_is_not_asked(self) -> None:
        from allauth.socialaccount.models import SocialAccount

        reader = a_member()
        actions.follow(receiver=receiver_of(reader), words=["site"], rhythm="daily", now=NOW)
        SocialAccount.objects.create(user=reader, provider="google", uid="1")
        SocialAccount.objects.update(date_joined=NOW)
        assert actions.queue_invitations(now=NOW) == 0


def test_what_is_done_is_forgotten_in_time() -> None:
    receiver, story = a_receiver("mia@example.org"), a_new_story()
    for cause, state, age in [
        ("a", "handed_over", 31),
        ("b", "handed_over", 29),
        ("c", "failed", 31),
        ("d", "failed", 91),
    ]:
        at = NOW - timedelta(days=age)
        Mail.objects.create(receiver=receiver, cause=cause, kind="story", state=state, due_at=at, finished_at=at)
    Receiver.objects.create(email="never@example.org", created_at=NOW - timedelta(days=8))
    actions.forget_old(now=NOW)
    assert list(Mail.objects.order_by("cause").values_list("cause", flat=True)) == ["b", "c"]
    assert [row.email for row in Receiver.objects.all()] == ["mia@example.org"]
    assert not Announced.objects.filter(story=story).exists()
