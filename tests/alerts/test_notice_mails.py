"""Notices by mail: bundled, only of what was not seen on the site, ended by one click; and what a reader chooses."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from kakehashi.alerts import actions, links
from kakehashi.alerts.actions.telling import MAIL_WAIT, Event
from kakehashi.alerts.kinds import USUAL, Place, place, places_of
from kakehashi.alerts.models import Mail, MailState, Notice, NoticeChoice, NoticeKind, Told
from kakehashi.alerts.receivers import receiver_of
from kakehashi.alerts.writers import telling
from kakehashi.comments.models import Comment, Thread
from kakehashi.moderation import actions as moderation
from kakehashi.moderation.grounds import Ground
from kakehashi.readers import actions as readers
from kakehashi.readers.models import Reader, Role
from tests.alerts.making import NOW, a_member
from tests.factories import a_comment, a_reader, a_story, a_thread
from tests.moderation.rows import a_ground, an_alarm

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
PAGE = "/account/alerts/"


@pytest.fixture
def ana(db: None) -> Reader:
    return a_member("Ana Lindqvist")


@pytest.fixture
def thread(db: None) -> Thread:
    return a_thread(a_story("The ferry is late again"))


def tell(reader: Reader, thread: Thread, *, kind: str = NoticeKind.ANSWER, subject: str = "", at=NOW) -> Notice:  # type: ignore[no-untyped-def]
    comment = a_comment(thread, author=a_reader("Bo") if not Reader.objects.filter(name="Bo").exists() else bo())
    event = Event(
        reader=reader.pk,
        kind=NoticeKind(kind),
        cause=f"comment:{comment.pk}",
        subject=subject or str(comment.pk),
        story=thread.story_id,
        comment=comment.pk,
        writer=comment.author_id,
    )
    assert actions.tell(events=[event], now=at) == 1
    return Notice.objects.get(cause=event.cause)


def bo() -> Reader:
    return Reader.objects.get(name="Bo")


def sent(now) -> list[outbox.EmailMultiAlternatives]:  # type: ignore[no-untyped-def]
    """What goes out at that time."""
    outbox.outbox.clear()
    actions.queue_notice_mails(now=now)
    actions.send_due(now=now)
    return list(outbox.outbox)


class TestMails:
    def test_what_has_come_within_minutes_comes_as_one(self, ana: Reader, thread: Thread) -> None:
        told = [tell(ana, thread, subject="0", at=NOW) for _ in range(2)]
        told.append(tell(ana, thread, at=NOW + MINUTE))
        tell(ana, thread, kind=NoticeKind.MENTION, at=NOW + MINUTE)
        assert sent(NOW + MAIL_WAIT - MINUTE / 2) == []
        (mail,) = sent(NOW + MAIL_WAIT)
        assert mail.subject == "2 notices"
        assert mail.to == [ana.email]
        html = str(mail.alternatives[0][0])
        for body in (str(mail.body), html):
            assert "2 answers to your comment" in body
            assert "Bo answered your comment" in body
            assert f"/comment/{told[0].comment_id}/" in body
            assert "A fair point, plainly made." in body
            assert "The ferry is late again" in body
            assert "mentioned" not in body
        assert "List-Unsubscribe-Post" in mail.extra_headers
        assert sent(NOW + 3 * MAIL_WAIT) == []

    def test_one_alone_says_in_its_subject_what_it_is(self, ana: Reader, thread: Thread) -> None:
        tell(ana, thread)
        (mail,) = sent(NOW + MAIL_WAIT)
        assert mail.subject == "Bo answered your comment"

    def test_what_was_seen_on_the_site_or_is_gone_is_left_out(self, ana: Reader, thread: Thread) -> None:
        seen, gone, muted = (tell(ana, thread) for _ in range(3))
        actions.read_notice(reader=ana, pk=seen.pk, now=NOW)
        Comment.objects.filter(pk=gone.comment_id).update(state="removed")
        readers.mute(reader=ana, muted=bo())
        assert sent(NOW + MAIL_WAIT) == []
        assert Mail.objects.get().state == MailState.DROPPED
        assert muted.comment_id is not None

    def test_the_next_waits_a_quarter_of_an_hour(self, ana: Reader, thread: Thread) -> None:
        tell(ana, thread)
        assert len(sent(NOW + MAIL_WAIT)) == 1
        tell(ana, thread, at=NOW + 6 * MINUTE)
        assert sent(NOW + 12 * MINUTE) == []
        tell(ana, thread, at=NOW + 18 * MINUTE)
        (mail,) = sent(NOW + 21 * MINUTE)
        assert mail.subject == "2 notices"

    def test_a_digest_does_not_repeat_it(self, ana: Reader, thread: Thread) -> None:
        notice = tell(ana, thread)
        sent(NOW + MAIL_WAIT)
        receiver = receiver_of(ana)
        assert telling.told_already([Mail(receiver=receiver)], [notice.comment_id or 0]) == {
            (receiver.pk, notice.comment_id)
        }

    def test_as_many_queries_for_thirty_notices_as_for_one(self, ana: Reader, thread: Thread) -> None:
        receiver_of(ana)
        asked = []
        for length, at in ((1, NOW), (30, NOW + timedelta(hours=1))):
            for _ in range(length):
                tell(ana, thread, at=at)
            with CaptureQueriesContext(connection) as queries:
                assert len(sent(at + MAIL_WAIT)) == 1
            asked.append(len(queries))
        assert asked[0] == asked[1]


class TestReasons:
    """The statement of reasons goes out by mail with all that Article 17(3) of the Digital Services Act asks for."""

    @pytest.fixture
    def mo(self) -> Reader:
        return a_reader("Mo", role=Role.MODERATOR)

    def mails(self, at) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
        """(plain text, HTML) of each mail that tells of what was decided then."""
        actions.tell_of_decisions(now=at + MINUTE)
        found = sent(at + MINUTE + MAIL_WAIT)
        return [(str(mail.body), unescape(str(mail.alternatives[0][0]))) for mail in found]

    def test_every_field_stands_in_the_mail(self, ana: Reader, mo: Reader, thread: Thread) -> None:
        said = a_comment(thread, author=ana, source="You are <all> fools.")
        ground = a_ground(facts="It is the third time.", explanation="“Fools” & more.", is_found_by_machine=True)
        decision = moderation.decide_comment(actor=mo, comment=said, action="removed", ground=ground, now=NOW)
        (bodies,) = self.mails(NOW)
        for body in bodies:
            for words in (
                "Nobody can read this comment on the site any more, wherever they are, for good.",
                "You are <all> fools.",
                "on the staff’s own initiative",
                "It is the third time.",
                "1. Argue with what was said",
                "/rules/1/#rule-1",
                "“Fools” & more.",
                "An automated check pointed at it; a person decided.",
                "You can object once, free of charge, until 30 May 2027",
                "out-of-court dispute settlement",
                "a court",
                f"{settings.BASE_URL}/account/decisions/{decision.pk}/",
            ):
                assert words in body, (words, body)
            assert "Mo" not in body

    def test_of_a_person_too_with_its_end_in_the_time_of_the_site(self, ana: Reader, mo: Reader) -> None:
        law = Ground(law="§ 7 of the Press Act", explanation="It names the witness.")
        moderation.suspend(actor=mo, reader=ana, ground=law, hours=72, now=NOW)
        (bodies,) = self.mails(NOW)
        until = date_format(timezone.localtime(NOW + timedelta(hours=72)), "DATETIME_FORMAT")
        for body in bodies:
            for words in (f"until {until}", "The law: § 7 of the Press Act.", "It names the witness.", "None: people"):
                assert words in body, (words, body)

    def test_a_sweep_is_told_with_the_reasons_once(self, ana: Reader, mo: Reader, thread: Thread) -> None:
        for _ in range(3):
            a_comment(thread, author=ana)
        moderation.ban(actor=mo, reader=ana, ground=a_ground(8), sweeps=True, now=NOW)
        ((plain, _html),) = self.mails(NOW)
        assert "3 of your comments were removed" in plain
        assert plain.count("It calls the writer names.") == 2
        assert "cannot write comments or vote on this site any more" in plain

    def test_what_was_undone_meanwhile_and_what_an_objection_came_to(
        self, ana: Reader, mo: Reader, thread: Thread
    ) -> None:
        said = a_comment(thread, author=ana)
        decision = moderation.decide_comment(actor=mo, comment=said, action="removed", ground=a_ground(), now=NOW)
        long = "You are right. " * 40 + "So it is back."
        appeal = moderation.file_appeal(reader=ana, decision=decision, words="No!", now=NOW)
        moderation.settle_appeal(
            actor=a_reader(role=Role.MODERATOR), appeal=appeal, is_granted=True, answer=long, now=NOW + MINUTE / 2
        )
        (bodies,) = self.mails(NOW)
        for body in bodies:
            assert "This decision was undone on" in body
            assert "You can object once" not in body
            assert "So it is back." in body
            assert "out-of-court dispute settlement" in body

    def test_votes_that_count_no_longer_are_named(self, ana: Reader, mo: Reader, thread: Thread) -> None:
        comment = a_comment(thread, source="The ferry should have waited.")
        alarm = an_alarm(comment, [ana])
        moderation.discount(actor=mo, alarm=alarm, ground=a_ground(8), now=NOW)
        (bodies,) = self.mails(NOW)
        for body in bodies:
            assert "The ferry should have waited." in body
            assert f"{settings.BASE_URL}/comment/{comment.pk}/" in body

    def test_as_many_queries_for_many_decisions_as_for_one(self, ana: Reader, mo: Reader, thread: Thread) -> None:
        receiver_of(ana)
        asked = []
        for length, at in ((1, NOW), (10, NOW + timedelta(hours=1))):
            for _ in range(length):
                said = a_comment(thread, author=ana)
                moderation.decide_comment(actor=mo, comment=said, action="removed", ground=a_ground(), now=at)
            actions.tell_of_decisions(now=at + MINUTE)
            with CaptureQueriesContext(connection) as queries:
                assert len(sent(at + MINUTE + MAIL_WAIT)) == 1
            asked.append(len(queries))
        assert asked[0] == asked[1]


class TestChoices:
    def test_a_member_chooses_place_by_place(self, ana: Reader, client: Client) -> None:
        client.force_login(ana)
        html = client.get(PAGE).content.decode()
        assert html.count('type="checkbox" name="site"') + html.count('name="site"') > 0
        chosen = {"do": "notices", "site": ["answer", "thread"], "mail": ["mention", "thread", "nonsense"]}
        response = client.post(PAGE, chosen)
        assert response["Location"] == f"{PAGE}#notices"
        places = places_of([ana.pk])
        assert places.keys() == {(ana.pk, kind) for kind in USUAL}
        assert place(places, ana.pk, "answer") == Place(on_site=True, by_mail=False)
        assert place(places, ana.pk, "mention") == Place(on_site=False, by_mail=True)
        # Mail about discussions that are followed comes in its own rhythm.
        assert place(places, ana.pk, "thread") == Place(on_site=True, by_mail=False)
        client.post(PAGE, {"do": "notices"})
        assert not any(any(where) for where in places_of([ana.pk]).values())

    def test_by_a_link_from_a_mail_only_mail_can_be_chosen(self, ana: Reader, client: Client) -> None:
        address = links.preferences_url(receiver_of(ana).pk).partition("/alerts/")[2]
        html = client.get(f"/alerts/{address}").content.decode()
        assert 'name="mail"' in html
        assert 'name="site"' not in html
        client.post(f"/alerts/{address}", {"do": "notices", "mail": ["quote"]})
        places = places_of([ana.pk])
        assert {kind for (_pk, kind), where in places.items() if where.by_mail} == {"quote"}
        assert all(where.on_site for where in places.values())

    def test_one_click_ends_them_all_and_nothing_on_the_site(self, ana: Reader, thread: Thread, client: Client) -> None:
        tell(ana, thread)
        (mail,) = sent(NOW + MAIL_WAIT)
        address = mail.extra_headers["List-Unsubscribe"].split()[-1].strip("<>")
        path = "/alerts/" + address.partition("/alerts/")[2]
        assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert not any(where.by_mail for where in places_of([ana.pk]).values())
        tell(ana, thread, at=NOW + timedelta(hours=1))
        assert sent(NOW + timedelta(hours=2)) == []
        assert Notice.objects.shown().unread().count() == 2

    def test_who_makes_an_account_is_told_what_comes(self, client: Client) -> None:
        assert "when somebody answers you" in client.get("/account/signup/").content.decode()


class TestTime:
    def test_read_ones_are_forgotten_after_ninety_days_and_unread_ones_later(self, ana: Reader, thread: Thread) -> None:
        for days in (1, 89, 91, 359, 361):
            for is_read in (True, False):
                notice = tell(ana, thread)
                at = NOW - timedelta(days=days)
                Notice.objects.filter(pk=notice.pk).update(at=at, read_at=at if is_read else None)
        Told.objects.create(cause="old", at=NOW - timedelta(days=91))
        assert actions.forget_old_notices(now=NOW) == 4
        left = sorted((NOW - notice.at).days for notice in Notice.objects.all())
        assert left == [1, 1, 89, 89, 91, 359]
        assert not Told.objects.exists()

    def test_they_are_part_of_the_download_and_go_with_their_reader(self, ana: Reader, thread: Thread) -> None:
        notice = tell(ana, thread)
        NoticeChoice.objects.create(reader=ana, kind="mention", on_site=False, by_mail=True)
        data = readers.export_reader(reader=ana)
        assert data["notices"] == [
            {
                "kind": "answer",
                "outcome": "",
                "story": "The ferry is late again",
                "comment": notice.comment_id,
                "at": NOW.isoformat(),
                "read_at": None,
            }
        ]
        assert data["notice_choices"]["mention"] == {"on_site": False, "by_mail": True}
        readers.erase_reader(reader=ana, now=NOW)
        ana.refresh_from_db()
        assert ana.unread_notices == 0
        assert not Notice.objects.exists()
        assert not NoticeChoice.objects.exists()

    def test_who_leaves_and_takes_the_comments_along_is_told_of_no_more(self, ana: Reader, thread: Thread) -> None:
        tell(ana, thread)
        readers.erase_reader(reader=bo(), withdraw=True, now=NOW)
        assert not Notice.objects.shown().exists()
