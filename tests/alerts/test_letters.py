"""What digests, mails about comments, wishes and invitations say, and what they leave out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kakehashi.alerts import actions, subjects
from kakehashi.alerts.models import Mail, MailState, Notice, Receiver
from kakehashi.alerts.receivers import receiver_of
from kakehashi.comments.models import Comment, Thread
from kakehashi.readers.actions import mute
from tests.alerts.making import NOW, a_member, a_new_story, a_receiver
from tests.alerts.sink import Sink, delivering, html_of, text_of
from tests.factories import a_comment, a_section, a_thread

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AT = NOW + timedelta(hours=1)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with delivering(Sink()) as sink:
        yield sink


def digest(receiver: Receiver, *words: str, rhythm: str = "daily") -> None:
    actions.follow(receiver=receiver, words=words, rhythm=rhythm, now=NOW)


def send(at: Any = NOW + DAY) -> int:
    actions.queue_digests(now=at)
    return actions.send_due(now=at)


class TestDigests:
    def test_stories_of_what_is_followed_so(self, sink: Sink) -> None:
        sports = a_section("Sports")
        digest(a_receiver("mia@example.org"), f"section:{sports.pk}")
        a_new_story("The cup & its crack", section=sports, standfirst="It leaks.", first_published_at=AT)
        a_new_story("A vote", first_published_at=AT)
        assert send() == 1
        message = sink.mail_to("mia@example.org")
        assert message["Subject"] == "Your day: The cup & its crack"
        for told in (text_of(message), html_of(message)):
            assert "It leaks." in told
            assert "A vote" not in told
            assert "You get this because you follow Sports." in told

    def test_nothing_new_means_no_mail(self, sink: Sink) -> None:
        digest(a_receiver("mia@example.org"), "site")
        assert send() == 0
        assert Mail.objects.get().state == MailState.DROPPED
        a_new_story("Fog", first_published_at=NOW + DAY + timedelta(hours=1), published_at=NOW + DAY)
        assert send(NOW + 2 * DAY) == 1
        assert send(NOW + 3 * DAY) == 0

    def test_what_had_a_mail_of_its_own_is_not_repeated(self, sink: Sink) -> None:
        receiver, sports = a_receiver("mia@example.org"), a_section("Sports")
        digest(receiver, "site")
        actions.follow(receiver=receiver, words=[f"section:{sports.pk}"], rhythm="at_once", now=NOW)
        actions.queue_story_alerts(now=NOW)
        a_new_story("At once", section=sports, first_published_at=AT)
        a_new_story("Later", first_published_at=AT)
        actions.queue_story_alerts(now=AT + timedelta(minutes=1))
        assert send() == 2
        (of_the_day,) = [m for _to, m in sink.given if m["Subject"].startswith("Your day")]
        assert "Later" in text_of(of_the_day)
        assert "At once" not in text_of(of_the_day)

    def test_the_best_comments_in_the_order_of_their_discussion(self, sink: Sink) -> None:
        popular, ground = a_section("Politics"), a_section("Science", comment_order="common-ground")
        for number, section in enumerate((popular, ground)):
            thread = a_thread(a_new_story(f"Old {number}", section=section, published_at=NOW - 3 * DAY))
            digest(a_receiver(f"r{number}@example.org"), f"thread:{thread.story_id}")
            for words, popularity, common in [
                ("Loud", 0.9, 0.1),
                ("Shared", 0.2, 0.8),
                ("Meh", 0.05, 0.05),
                ("Last", 0.01, 0.01),
            ]:
                a_comment(thread, source=f"{words} words.", popularity=popularity, common_ground=common, created_at=AT)
        assert send() == 2
        for number, order in enumerate((["Loud", "Shared", "Meh"], ["Shared", "Loud", "Meh"])):
            text = text_of(sink.mail_to(f"r{number}@example.org"))
            places = [text.index(f"{word} words.") for word in order]
            assert places == sorted(places)
            assert "Last words." not in text

    def test_answers_to_the_reader_come_first_and_nothing_of_those_who_are_muted(self, sink: Sink) -> None:
        reader, rude = a_member("Nell"), a_member("Rude")
        thread = a_thread(a_new_story("Old", published_at=NOW - 3 * DAY))
        digest(receiver_of(reader), f"thread:{thread.story_id}")
        mute(reader=reader, muted=rude)
        own = a_comment(thread, author=reader, source="My own words.", created_at=NOW - DAY)
        a_comment(thread, author=reader, source="My newer words.", created_at=AT)
        a_comment(thread, source="An answer.", parent=own, created_at=AT)
        a_comment(thread, author=rude, source="A rude answer.", parent=own, created_at=AT)
        a_comment(thread, author=rude, source="A rude remark.", popularity=0.99, created_at=AT)
        a_comment(thread, source="A remark.", created_at=AT)
        a_comment(thread, source="A removed remark.", state="removed", created_at=AT)
        assert send() == 1
        text = text_of(sink.mail_to(reader.email))
        assert text.index("Answers to you") < text.index("An answer.") < text.index("A remark.")
        assert text.count("An answer.") == 1
        for hidden in ("My newer words.", "rude", "removed"):
            assert hidden not in text

    def test_an_answer_that_had_a_mail_of_its_own_is_not_repeated(self, sink: Sink) -> None:
        reader = a_member()
        thread = a_thread(a_new_story("Old", published_at=NOW - 3 * DAY))
        digest(receiver_of(reader), "site")
        own = a_comment(thread, author=reader, created_at=NOW - DAY)
        answer = a_comment(thread, parent=own, created_at=AT)
        kept = {"cause": f"comment:{answer.pk}", "kind": "notice", "state": "handed_over", "due_at": AT}
        Mail.objects.create(receiver=receiver_of(reader), **kept)
        assert send() == 0

    def test_an_answer_that_stood_in_a_mail_of_notices_is_not_repeated(self, sink: Sink) -> None:
        reader = a_member()
        thread = a_thread(a_new_story("Old", published_at=NOW - 3 * DAY))
        digest(receiver_of(reader), "site")
        own = a_comment(thread, author=reader, created_at=NOW - DAY)
        answer = a_comment(thread, parent=own, created_at=AT)
        kept = {"cause": "notices:1", "kind": "notices", "state": "handed_over", "due_at": AT}
        mail = Mail.objects.create(receiver=receiver_of(reader), **kept)
        told = {"kind": "answer", "cause": f"comment:{answer.pk}", "heap": "a", "story": thread.story}
        Notice.objects.create(reader=reader, comment=answer, mail=mail, **told)
        assert send() == 0

    def test_weekly_ones(self, sink: Sink) -> None:
        digest(a_receiver("mia@example.org", weekday=2, hour=9), "site", rhythm="weekly")
        a_new_story("Fog", first_published_at=AT)
        assert send(NOW + DAY) == 0
        assert send(NOW + 2 * DAY) == 1
        assert sink.mail_to("mia@example.org")["Subject"] == "Your week: Fog"

    def test_as_many_queries_for_one_as_for_many(self, sink: Sink, django_assert_max_num_queries: Any) -> None:
        from kakehashi.alerts.writers import digests

        thread = a_thread(a_new_story("Fog", first_published_at=AT))
        for number in range(30):
            digest(
                receiver_of(a_member()) if number % 2 else a_receiver(f"r{number}@example.org"),
                "site",
                f"thread:{thread.story_id}",
            )
            a_comment(thread, created_at=AT)
        actions.queue_digests(now=NOW + DAY)
        mails = list(Mail.objects.select_related("receiver__reader"))
        for some in (mails[:1], mails):
            with django_assert_max_num_queries(18):
                assert len(digests.write(some, NOW + DAY)) == len(some)


class TestComments:
    @pytest.fixture
    def thread(self, db: None) -> Thread:
        actions.queue_comment_alerts(now=NOW)
        return a_thread(a_new_story("The ferry"))

    def test_all_of_a_quarter_of_an_hour_in_one_mail(self, sink: Sink, thread: Thread) -> None:
        reader, writer = a_member("Nell"), a_member("Osk")
        actions.follow(
            receiver=receiver_of(reader),
            words=[f"thread:{thread.story_id}", f"member:{writer.pk}"],
            rhythm="at_once",
            now=NOW,
        )
        first = a_comment(thread, author=writer, source="First <b>words</b>.", created_at=NOW + timedelta(minutes=1))
        a_comment(thread, source="Second words.", created_at=NOW + timedelta(minutes=2))
        a_comment(thread, author=reader, source="My own.", created_at=NOW + timedelta(minutes=3))
        actions.queue_comment_alerts(now=NOW + timedelta(minutes=4))
        assert actions.send_due(now=NOW + timedelta(minutes=10)) == 0
        assert actions.send_due(now=NOW + timedelta(minutes=16)) == 1
        message = sink.mail_to(reader.email)
        assert message["Subject"] == "2 new comments: The ferry"
        text = text_of(message)
        assert text.index("First") < text.index("Second words.")
        assert "My own." not in text
        assert f"/comment/{first.pk}/" in text
        assert "You get this because you follow" in text
        assert "<b>words" not in html_of(message)

    def test_what_was_removed_meanwhile_is_not_told(self, sink: Sink, thread: Thread) -> None:
        a_receiver("mia@example.org", f"thread:{thread.story_id}")
        a_comment(thread, created_at=NOW + timedelta(minutes=1))
        actions.queue_comment_alerts(now=NOW + timedelta(minutes=2))
        Comment.objects.update(state="removed")
        assert actions.send_due(now=NOW + timedelta(minutes=16)) == 0
        assert Mail.objects.get().state == MailState.DROPPED


class TestAsking:
    def test_a_wish_names_what_it_is_about_and_goes_even_where_mail_came_back(self, sink: Sink) -> None:
        actions.note_bounce(address="mia@example.org", said="550", is_hard=True, now=NOW)
        subscribe("mia@example.org", subjects.SITE, subjects.BREAKING)
        assert actions.send_due(now=NOW) == 1
        message = sink.mail_to("mia@example.org")
        text = text_of(message)
        for told in ("Breaking news", "Everything on the site", "Once a day", "/alerts/confirm/"):
            assert told in text
        assert message["List-Unsubscribe"] is None

    def test_an_invitation_says_what_it_offers(self, sink: Sink) -> None:
        reader = a_member("Nell")
        actions.queue_mail(receiver=receiver_of(reader), cause="invitation", kind="invitation", due_at=NOW)
        assert actions.send_due(now=NOW) == 1
        text = text_of(sink.mail_to(reader.email))
        assert "Welcome, Nell" in text
        assert "/alerts/accept/" in text


def subscribe(email: str, *words: str) -> None:
    actions.subscribe(email=email, words=words, rhythm="daily", language="", address_key="k", now=NOW)
