"""Legal notices: from the form through the receipt and the decision to the mail that tells of it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.alerts.actions import forget_old, send_due
from kakehashi.alerts.tasks import queue_news
from kakehashi.comments.models import Comment
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, TooMany
from kakehashi.moderation import actions, queries
from kakehashi.moderation.models import Action, LegalNotice, NoticeBar, Outcome
from kakehashi.moderation.placing import comment_named
from kakehashi.readers.models import Reader
from tests.alerts.making import a_member
from tests.factories import a_comment, a_reader
from tests.moderation.rows import a_moderator, a_removal, a_rule

OURS = frozenset({"courier.example", "courier.example:8000"})
WHY = "The third sentence gives away where a witness lives."


@pytest.mark.once
class TestPlaces:
    @pytest.mark.parametrize(
        "place",
        [
            "https://courier.example/comment/12/",
            "http://courier.example:8000/comment/12",
            "courier.example/comment/12/",
            "//courier.example/politics/a-story/?order=popular&page=3#c-12",
            "https://COURIER.example/politics/a-story/#c-12",
            "/comment/12/",
            "/politics/a-story/#c-12",
            "https://courier.example/politics/a-story/?answer=12#reply",
            "#c-12",
            "c-12",
            " 12 ",
        ],
    )
    def test_a_comment_is_found_whatever_its_address(self, place: str) -> None:
        assert comment_named(place, OURS) == 12

    @pytest.mark.parametrize(
        ("place", "said"),
        [
            ("", "say where"),
            ("https://elsewhere.example/comment/12/", "not on our site"),
            ("https://courier.example@elsewhere.example/comment/12/", "not on our site"),
            ("https://courier.example/politics/a-story/", "names no comment"),
            ("https://courier.example/comment/1234567890123456789/", "names no comment"),
            ("https://courier.example/#c-twelve", "names no comment"),
            ("https://[courier.example/comment/12/", "no address"),
            ("https://courier.example:port/comment/12/", "no address"),
            ("under the story about ferries", "names no comment"),
            ("x" * 501, "too long"),
        ],
    )
    def test_any_other_place_gets_its_sentence(self, place: str, said: str) -> None:
        with pytest.raises(Invalid, match=said):
            comment_named(place, OURS)

    @given(st.text(max_size=520))
    def test_nothing_that_is_typed_is_a_fault_of_ours(self, place: str) -> None:
        with suppress(Invalid):
            assert 0 <= comment_named(place, OURS) < 10**18


def a_notice(comment: Comment | None = None, **fields: Any) -> LegalNotice:
    comment = comment or a_comment()
    sent: dict[str, Any] = {
        "place": f"/comment/{comment.pk}/",
        "category": "data_protection",
        "explanation": WHY,
        "name": "Ines Falk",
        "email": "ines@example.org",
        "is_in_good_faith": True,
        "address_key": "place",
    }
    return actions.file_notice(**sent | fields)


def deliver(now: datetime) -> list[Any]:
    """The mails that go out by then."""
    before = len(mail.outbox)
    queue_news(now)
    send_due(now=now)
    return mail.outbox[before:]


@pytest.mark.django_db
class TestFiling:
    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"place": "/comment/999999/"}, "no comment at this address"),
            ({"place": "https://elsewhere.example/comment/1/"}, "not on our site"),
            ({"category": "", "law": ""}, "name the law"),
            ({"category": "other_terms"}, "what kind"),
            ({"category": "nonsense"}, "what kind"),
            ({"explanation": "It is illegal."}, "at least 30"),
            ({"explanation": "x" * 5001}, "5,001 characters"),
            ({"law": "x" * 201}, "201 characters"),
            ({"name": ""}, "your name and e-mail"),
            ({"name": "x" * 121}, "too long"),
            ({"email": ""}, "your name and e-mail"),
            ({"email": "ines"}, "not an e-mail address"),
            ({"is_in_good_faith": False}, "true as far as you know"),
            ({"is_name_excused": True, "name": "", "email": ""}, "chosen another kind"),
        ],
    )
    def test_what_is_missing_is_said(self, wrong: dict[str, Any], said: str) -> None:
        with pytest.raises(Invalid, match=said):
            a_notice(**wrong)
        assert not LegalNotice.objects.exists()

    def test_of_offences_against_children_nobody_need_say_who_tells(self) -> None:
        notice = a_notice(category="minors", name="", email="", is_name_excused=True)
        assert notice.is_name_excused

    def test_what_is_gone_already_is_said(self) -> None:
        for state, said in (("removed", "A moderator has removed"), ("withdrawn", "author has withdrawn")):
            with pytest.raises(Conflict, match=said):
                a_notice(a_comment(state=state))
        with pytest.raises(Invalid, match="no comment at this address"):
            a_notice(a_comment(state="held"))

    def test_references_are_not_to_be_guessed_and_repeats_are_one(self) -> None:
        comment = a_comment()
        first = a_notice(comment)
        assert a_notice(comment) == first
        other = a_notice(comment, explanation=WHY + " And more.")
        assert len({first.reference, other.reference}) == 2
        assert len(first.reference.replace("-", "")) == 12

    def test_a_flood_from_one_place_is_stopped_but_not_a_trusted_flagger(self) -> None:
        ana = a_reader()
        for _ in range(5):
            a_notice()
        with pytest.raises(TooMany, match="from this place"):
            a_notice()
        actions.trust_flagger(actor=a_moderator(), reader=ana, is_trusted=True)
        trusted = a_notice(reader=ana)
        assert queries.waiting_notices().first() == trusted
        actions.trust_flagger(actor=a_moderator(), reader=ana, is_trusted=False)
        with pytest.raises(TooMany):
            a_notice(reader=ana)

    def test_a_suspended_member_may_send_one(self) -> None:
        ana = a_reader(suspended_until=timezone.now() + timedelta(days=3))
        assert a_notice(reader=ana).reader == ana


@pytest.mark.django_db
class TestFromFormToMail:
    def test_all_the_way(self) -> None:
        comment, client = a_comment(source="She lives behind the school."), Client()
        page = client.get(f"/notice/?comment={comment.pk}").content.decode()
        assert f"/comment/{comment.pk}/" in page
        assert "She lives behind the school." in page
        sent = {
            "place": f"http://localhost:8000/comment/{comment.pk}/",
            "category": "data_protection",
            "law": "Privacy Act, § 4",
            "explanation": WHY,
            "name": "Ines Falk",
            "email": "Ines@Example.org",
        }
        refused = client.post("/notice/", sent | {"place": f"/comment/{comment.pk}/"})
        assert refused.status_code == 422
        assert WHY in refused.content.decode()
        assert client.post("/notice/", sent | {"is_in_good_faith": "on", "homepage": "x"}).status_code == 422
        answer = client.post("/notice/", sent | {"place": f"/comment/{comment.pk}/", "is_in_good_faith": "on"})
        notice = LegalNotice.objects.get()
        receipt = client.get(answer["Location"]).content.decode()
        assert notice.reference in receipt
        assert "We have your notice." in receipt
        (letter,) = deliver(notice.created_at)
        assert letter.to == ["ines@example.org"]
        assert notice.reference in letter.subject
        assert notice.get_absolute_url() in letter.body
        assert deliver(notice.created_at + timedelta(seconds=5)) == []

        desk = Client()
        desk.force_login(a_moderator("Mo"))
        assert notice.reference in desk.get("/moderation/notices/").content.decode()
        staff = desk.get(f"/moderation/notices/{notice.pk}/").content.decode()
        assert WHY in staff
        assert "origin=notice" in staff
        form = desk.get(
            f"/moderation/comment/{comment.pk}/?action=removed&origin=notice&law=Privacy+Act"
        ).content.decode()
        assert '<option value="notice" selected>' in form
        assert 'value="Privacy Act"' in form
        desk.post(
            f"/moderation/comment/{comment.pk}/",
            {"action": "removed", "law": "Privacy Act, § 4", "explanation": "It names a home.", "origin": "notice"},
        )
        notice.refresh_from_db()
        assert notice.outcome == Outcome.UPHELD
        assert notice.settled_at is not None
        (letter,) = deliver(notice.settled_at + timedelta(seconds=20))
        for said in (
            "the comment was removed",
            "Privacy Act, § 4",
            "It names a home.",
            "people looked at it",
            "a court",
        ):
            assert said in letter.body
        html = str(letter.alternatives[0][0])
        assert "the comment was removed" in html
        state = client.get(notice.get_absolute_url()).content.decode()
        assert "the comment was removed" in state
        assert "She lives behind" not in state

    def test_not_followed_it_is_looked_at_once_more_by_somebody_else(self) -> None:
        notice, mo, client = a_notice(), a_moderator("Mo"), Client()
        desk = Client()
        desk.force_login(mo)
        assert desk.post(f"/moderation/notices/{notice.pk}/", {"answer": " "}).status_code == 422
        desk.post(f"/moderation/notices/{notice.pk}/", {"answer": "It is a public office, not a home."})
        assert desk.post(f"/moderation/notices/{notice.pk}/", {"answer": "Again."}).status_code == 409
        notice.refresh_from_db()
        assert (notice.outcome, notice.judge) == (Outcome.DECLINED, mo)
        assert notice.settled_at is not None
        letters = deliver(notice.settled_at + timedelta(seconds=20))
        assert "public office" in letters[-1].body
        assert "once, free of charge" in letters[-1].body
        address = notice.get_absolute_url()
        assert "Ask to look again" in client.get(address).content.decode()
        assert client.post(address, {"words": " "}).status_code == 422
        assert client.post(address, {"words": "x" * 2001}).status_code == 422
        assert client.post(address, {"words": "It was her home, too."}).status_code == 302
        notice.refresh_from_db()
        assert notice.outcome == Outcome.WAITING
        ada = a_moderator("Ada")
        with pytest.raises(NotAllowed, match="Somebody else"):
            actions.answer_notice(actor=mo, notice=notice, answer="No.")
        actions.decide_comment(actor=mo, comment=notice.comment, action=Action.VISIBLE)  # type: ignore[arg-type]
        notice.refresh_from_db()
        assert notice.outcome == Outcome.WAITING
        actions.answer_notice(actor=ada, notice=notice, answer="Still an office.")
        assert client.post(address, {"words": "Once more"}).status_code == 409

    def test_where_only_moderators_of_sections_are_there_too_it_is_not_left_lying(self) -> None:
        notice, mo = a_notice(), a_moderator("Mo")
        Reader.objects.filter(pk=a_moderator("Lena").pk).update(sections=",3,")
        actions.answer_notice(actor=mo, notice=notice, answer="A public office.")
        actions.complain(notice=notice, words="It was her home, too.")
        assert actions.answer_notice(actor=mo, notice=notice, answer="Read again.").outcome == Outcome.DECLINED

    def test_an_objection_of_the_author_is_told_to_the_notifier(self) -> None:
        comment = a_comment(author=a_reader())
        notice = a_notice(comment)
        removal = a_removal(comment, by=a_moderator())
        deliver(removal.decided_at + timedelta(seconds=20))
        assert comment.author is not None
        appeal = actions.file_appeal(reader=comment.author, decision=removal, words="No.")
        actions.settle_appeal(actor=a_moderator(), appeal=appeal, is_granted=True, answer="A public office.")
        notice.refresh_from_db()
        assert notice.outcome == Outcome.DECLINED
        assert notice.settled_at is not None
        letters = [one for one in deliver(notice.settled_at + timedelta(seconds=20)) if one.to == ["ines@example.org"]]
        assert len(letters) == 1
        assert "on an objection of the author" in letters[0].body
        assert "A public office." in letters[0].body

    def test_a_stranger_with_a_mail_waiting_is_not_forgotten(self) -> None:
        notice = a_notice()
        queue_news(notice.created_at)
        late = notice.created_at + timedelta(days=8)
        forget_old(now=late)
        send_due(now=late)
        assert [one.to for one in mail.outbox] == [["ines@example.org"]]

    def test_nobody_is_buried_under_receipts(self) -> None:
        for n in range(9):
            a_notice(address_key=f"place {n}")
        assert len(deliver(timezone.now())) == 5

    def test_not_under_other_spellings_of_the_address_either(self) -> None:
        for n in range(9):
            a_notice(address_key=f"place {n}", email=f"i.nes+{n}@example.org")
        a_notice(address_key="place 9", email="another@example.org")
        assert len(deliver(timezone.now())) == 6
        LegalNotice.objects.update(created_at=timezone.now() - timedelta(days=2))
        a_notice(address_key="place 10")
        assert len(deliver(timezone.now())) == 1

    def test_what_anybody_may_write_is_not_sent_to_an_address_of_which_nobody_knows_whose_it_is(self) -> None:
        ana = a_member("Ana Lindqvist")
        for reader, is_quoted in ((None, False), (ana, True)):
            a_notice(email=ana.email, reader=reader)
            (letter,) = deliver(timezone.now())
            assert (WHY in letter.body) is is_quoted
            assert (WHY in str(letter.alternatives[0][0])) is is_quoted

    def test_withdrawn_meanwhile(self) -> None:
        notice = a_notice()
        Comment.objects.filter(pk=notice.comment_id).update(state="withdrawn")
        now = timezone.now()
        assert actions.settle_withdrawn(now=now) == 1
        letters = deliver(now + timedelta(seconds=20))
        assert "has withdrawn the comment" in letters[-1].body

    def test_gone_with_its_story(self) -> None:
        notice = a_notice()
        assert notice.comment is not None
        notice.comment.thread.story.delete()
        now = timezone.now()
        assert actions.settle_withdrawn(now=now) == 1
        letter = deliver(now + timedelta(seconds=20))[-1]
        for said in (
            letter.body,
            str(letter.alternatives[0][0]),
            Client().get(notice.get_absolute_url()).content.decode(),
        ):
            assert "gone with its story" in said


@pytest.mark.django_db
class TestLookingUp:
    def test_by_reference_and_address(self) -> None:
        notice, client = a_notice(), Client()
        typed = {"reference": notice.reference.lower().replace("-", " "), "email": "INES@example.org "}
        assert client.post("/notice/state/", typed)["Location"] == notice.get_absolute_url()
        for wrong in (
            {"email": "other@example.org"},
            {"reference": "BBBB-BBBB-BBBB"},
            {"reference": "x"},
            {"email": ""},
        ):
            answer = client.post("/notice/state/", typed | wrong)
            assert answer.status_code == 404
            assert "no notice with this reference" in answer.content.decode()
        assert client.post("/notice/state/", {}).status_code == 422
        assert client.get("/notice/state/").status_code == 200

    def test_nobody_tries_many(self) -> None:
        cache.clear()
        client = Client()
        answers = [client.post("/notice/state/", {"reference": f"BBBB-BBBB-BBB{n}"}).status_code for n in range(11)]
        assert answers == [404] * 10 + [429]

    def test_a_link_that_is_not_ours_leads_nowhere(self) -> None:
        notice = a_notice()
        address = notice.get_absolute_url()
        for false in (f"/notice/state/{notice.reference}/", address[:-3] + "x/"):
            assert Client().get(false).status_code == 404


@pytest.mark.django_db
class TestSenders:
    def test_a_warning_then_a_bar_told_by_mail_and_lifted(self) -> None:
        notice, desk = a_notice(), Client()
        desk.force_login(a_moderator("Mo"))
        address, sender = f"/moderation/notices/{notice.pk}/", f"/moderation/notices/{notice.pk}/sender/"
        assert (
            desk.post(sender, {"reason": "Ten notices, none with a law.", "days": "30", "bar": "1"}).status_code == 409
        )
        assert desk.post(sender, {"reason": ""}).status_code == 422
        assert desk.post(sender, {"reason": "Ten notices, none with a law."}).status_code == 302
        assert "Take no notices" in desk.get(address).content.decode()
        assert desk.post(sender, {"reason": "Eleven.", "days": "30", "bar": "1"}).status_code == 302
        letters = deliver(timezone.now())
        assert sum("none with a law" in one.body for one in letters) == 1
        assert sum("Eleven." in one.body for one in letters) == 1
        with pytest.raises(NotAllowed, match="no notices under this address"):
            a_notice()
        assert a_notice(email="other@example.org").pk
        bar = NoticeBar.objects.get(until__isnull=False)
        page = desk.get("/moderation/notices/").content.decode()
        assert page.count("ines@example.org") == 1
        assert "Eleven." in page
        desk.post(f"/moderation/notices/bars/{bar.pk}/lift/")
        assert a_notice(explanation=WHY + " Again.").pk
        assert "none with a law" in desk.get("/moderation/notices/").content.decode()
        actions.forget_senders(now=bar.created_at + timedelta(days=29), days=1)
        assert NoticeBar.objects.exclude(email="").get() == bar
        actions.forget_senders(now=bar.created_at + timedelta(days=32), days=1)
        assert not NoticeBar.objects.exclude(email="").exists()
        assert "ines@example.org" not in desk.get("/moderation/notices/").content.decode()

    def test_names_are_forgotten_and_the_reference_stays(self) -> None:
        waiting, settled = a_notice(), a_notice()
        now = timezone.now()
        actions.answer_notice(actor=a_moderator(), notice=settled, answer="No.", now=now)
        assert actions.forget_senders(now=now + timedelta(days=3), days=200) == 2
        assert LegalNotice.objects.filter(address_key="").count() == 2
        actions.forget_senders(now=now + timedelta(days=201), days=200)
        settled.refresh_from_db()
        waiting.refresh_from_db()
        assert (settled.name, settled.email) == ("", "")
        assert waiting.name == "Ines Falk"
        page = Client().post("/notice/state/", {"reference": settled.reference})
        assert page["Location"] == settled.get_absolute_url()

    def test_a_member_finds_them_and_takes_them_along(self, ana: Reader) -> None:
        notice = a_notice(reader=ana)
        client = Client()
        client.force_login(ana)
        assert notice.reference in client.get("/account/reports/").content.decode()
        data = actions.export_moderation(reader=ana)["legal_notices"]
        assert data[0]["reference"] == notice.reference
        actions.part_from(reader=ana, withdraw=False, now=timezone.now())
        notice.refresh_from_db()
        assert (notice.reader, notice.name, notice.email) == (None, "", "")

    @pytest.fixture
    def ana(self) -> Reader:
        a_rule()
        return a_reader("Ana")
