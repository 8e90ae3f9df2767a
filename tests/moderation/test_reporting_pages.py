"""Reporting a comment on a page and in its place, logged in or not, and what a member reads of it later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from kakehashi.alerts.models import Notice
from kakehashi.alerts.tasks import tell_readers
from kakehashi.comments.models import Comment
from kakehashi.moderation import actions
from kakehashi.moderation.models import Action, Decision, Flag, Outcome
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_reader
from tests.moderation.rows import a_ground, a_moderator, a_removal, a_rule

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ana() -> Reader:
    a_rule()
    return a_reader("Ana")


@pytest.fixture
def at_home(ana: Reader) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def comment() -> Comment:
    return a_comment(author=a_reader("Bo"), source="Fools, all of them.")


def html_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


class TestTheLink:
    def test_it_stands_below_others_comments(self, at_home: Client, ana: Reader, comment: Comment) -> None:
        own = a_comment(comment.thread, author=ana)
        page = html_of(at_home, comment.thread.story.url)
        assert f'href="/comment/{comment.pk}/report/" hx-get="/comment/{comment.pk}/report/"' in page
        assert f"/comment/{own.pk}/report/" not in page
        assert f'<a href="/comment/{comment.pk}/report/">Report</a>' in html_of(Client(), comment.thread.story.url)

    def test_moderators_decide_instead(self, comment: Comment) -> None:
        desk = Client()
        desk.force_login(a_moderator())
        assert f"/comment/{comment.pk}/report/" not in html_of(desk, comment.thread.story.url)


class TestTheForm:
    def test_a_report_is_sent_changed_and_taken_back(self, at_home: Client, comment: Comment) -> None:
        address = f"/comment/{comment.pk}/report/"
        page = html_of(at_home, address)
        assert "1. Argue with what was said" in page
        assert " checked>" not in page
        assert at_home.post(address, {"rule": "1", "words": "The first word."}).status_code == 302
        page = html_of(at_home, address)
        assert "You have reported this" in page
        assert "The first word." in page
        at_home.post(address, {"rule": "2", "words": ""})
        flag = Flag.objects.select_related("rule").get()
        assert flag.rule is not None
        assert flag.rule.number == 2
        at_home.post(address, {"take_back": "1"})
        assert not Flag.objects.exists()

    def test_in_place_it_says_so(self, at_home: Client, comment: Comment) -> None:
        address = f"/comment/{comment.pk}/report/"
        form = at_home.get(address, headers=HTMX).content.decode()
        assert form.lstrip().startswith("<form")
        assert f'hx-post="{address}"' in form
        refused = at_home.post(address, {"words": "Why?"}, headers=HTMX)
        assert refused.status_code == 422
        assert refused["HX-Retarget"] == f"#report-{comment.pk}"
        assert "choose the rule" in refused.content.decode()
        assert "Why?" in refused.content.decode()
        done = at_home.post(address, {"rule": "3"}, headers=HTMX)
        assert "You have reported this." in done.content.decode()
        assert done["HX-Retarget"] == f"#report-{comment.pk}"

    def test_of_somebody_not_logged_in_what_was_typed_is_kept(self, ana: Reader, comment: Comment) -> None:
        address, client = f"/comment/{comment.pk}/report/", Client()
        page = html_of(client, address)
        assert "Log in and report" in page
        assert f"/notice/?comment={comment.pk}" in page
        answer = client.post(address, {"rule": "3", "words": "Kept <through> log-in"})
        assert answer["Location"] == f"/account/login/?next={address}"
        client.force_login(ana)
        page = html_of(client, address)
        assert "Kept &lt;through&gt; log-in" in page
        assert page.count(" checked>") == 1

    @pytest.mark.parametrize(
        "sent",
        [
            {},
            {"rule": "99"},
            {"rule": "x\x00"},
            {"rule": "1", "words": "x" * 1001},
            {"rule": "9" * 40},
            {"rule": ["1", "nan"]},
        ],
    )
    def test_odd_input_gets_a_sentence(self, at_home: Client, comment: Comment, sent: dict[str, str]) -> None:
        assert at_home.post(f"/comment/{comment.pk}/report/", sent).status_code == 422
        assert not Flag.objects.exists()

    def test_what_is_not_to_be_reported(self, at_home: Client, ana: Reader, comment: Comment) -> None:
        own, held = a_comment(author=ana), a_comment(state="held")
        assert "your own comment" in html_of(at_home, f"/comment/{own.pk}/report/")
        assert at_home.get(f"/comment/{held.pk}/report/").status_code == 404
        assert at_home.get("/comment/99999/report/").status_code == 404
        Comment.objects.filter(pk=comment.pk).update(state="removed")
        page = html_of(at_home, f"/comment/{comment.pk}/report/")
        assert "no longer shown" in page
        assert "Fools" not in page
        assert at_home.post(f"/comment/{comment.pk}/report/", {"rule": "1"}).status_code == 409

    def test_whoever_reports_too_often_reads_when_again(self, at_home: Client, ana: Reader) -> None:
        for _ in range(10):
            actions.flag_comment(reader=ana, comment=a_comment(), rule=1)
        answer = at_home.post(f"/comment/{a_comment().pk}/report/", {"rule": "1", "words": "Typed"})
        assert answer.status_code == 429
        assert answer["Retry-After"]
        assert "Typed" in answer.content.decode()


class TestWhatBecameOfIt:
    def test_a_member_reads_the_outcomes(self, at_home: Client, ana: Reader) -> None:
        mo = a_moderator()
        comments = [a_comment() for _ in range(4)]
        for one in comments:
            actions.flag_comment(reader=ana, comment=one, rule=1)
        a_removal(comments[0], by=mo)
        actions.decide_comment(actor=mo, comment=comments[1], action=Action.VISIBLE)
        Comment.objects.filter(pk=comments[2].pk).update(state="withdrawn")
        actions.settle_withdrawn(now=Decision.objects.latest("pk").decided_at)
        page = html_of(at_home, "/account/reports/")
        for said in (
            "agreed with your report",
            "did not follow your report",
            "withdrew the comment",
            "will look at it",
        ):
            assert said in page
        assert "/account/reports/" in html_of(at_home, "/account/")
        assert "did not follow" in html_of(at_home, f"/comment/{comments[1].pk}/report/")
        assert "/account/login/" in Client().get("/account/reports/")["Location"]

    def test_they_are_told_once_it_lasts_and_again_when_it_is_turned_around(self, at_home: Client, ana: Reader) -> None:
        mo, comment = a_moderator(), a_comment(author=a_reader("Bo"))
        actions.flag_comment(reader=ana, comment=comment, rule=1)
        removal = a_removal(comment, by=mo)
        at = removal.decided_at

        def told() -> list[str]:
            return list(Notice.objects.filter(reader=ana).order_by("pk").values_list("outcome", flat=True))

        tell_readers(at)
        assert told() == []
        tell_readers(at + timedelta(seconds=20))
        tell_readers(at + timedelta(seconds=30))
        assert told() == [Outcome.UPHELD]
        assert comment.author is not None
        appeal = actions.file_appeal(reader=comment.author, decision=removal, words="No.", now=at)
        later = at + timedelta(seconds=40)
        actions.settle_appeal(actor=a_moderator(), appeal=appeal, is_granted=True, answer="Right.", now=later)
        tell_readers(later + timedelta(seconds=20))
        assert told() == [Outcome.UPHELD, Outcome.DECLINED]
        assert "did not follow your report" in html_of(at_home, reverse("notices"))
        page = html_of(at_home, "/account/reports/")
        assert "on an objection of its author" in page
        assert "Right." in page


class TestSerialFlaggers:
    @pytest.fixture
    def desk(self) -> Client:
        client = Client()
        client.force_login(a_moderator("Mo"))
        return client

    def test_the_staff_see_them_and_leave_their_flags_out(self, desk: Client, ana: Reader, at_home: Client) -> None:
        mo = a_moderator()
        for _ in range(6):
            comment = a_comment()
            actions.flag_comment(reader=ana, comment=comment, rule=1)
            actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE)
        assert "Ana" in html_of(desk, "/moderation/flaggers/")
        waiting = actions.flag_comment(reader=ana, comment=a_comment(), rule=1)
        assert 0 < waiting.weight < 0.5
        address = f"/moderation/flaggers/{ana.pk}/"
        assert desk.post(address, {"days": "30", "explanation": "No reason given."}).status_code == 422
        sent = {"days": "30", "rule": a_rule(8).pk, "explanation": "Six reports, none with a reason."}
        assert desk.post(address, sent).status_code == 302
        waiting.refresh_from_db()
        assert waiting.weight == 0
        decision = Decision.objects.get(action=Action.UNHEARD)
        statement = html_of(at_home, f"/account/decisions/{decision.pk}/")
        assert "your reports of comments count nothing" in statement
        assert "none with a reason" in statement
        assert "You can object here once" in statement
        assert desk.post(address, sent).status_code == 409
        assert actions.flag_comment(reader=ana, comment=a_comment(), rule=1).weight == 0
        undone = actions.undo(actor=mo, decision=decision)
        waiting.refresh_from_db()
        assert waiting.weight > 0
        actions.undo(actor=mo, decision=undone)
        waiting.refresh_from_db()
        assert waiting.weight == 0
        assert "nothing until" in html_of(desk, "/moderation/flaggers/")

    def test_one_without_a_flag_has_a_page_too(self, desk: Client) -> None:
        bo = a_reader("Bo")
        assert "has reported nothing" in html_of(desk, f"/moderation/flaggers/{bo.pk}/")
        assert desk.get("/moderation/flaggers/999999/").status_code == 404

    def test_reports_stand_on_the_form_that_decides(self, desk: Client, ana: Reader) -> None:
        comment = a_comment()
        actions.flag_comment(reader=ana, comment=comment, rule=1, words="The second line.")
        actions.flag_comment(reader=a_reader(), comment=comment, rule=4)
        address = f"/moderation/comment/{comment.pk}/"
        page = html_of(desk, address)
        assert "The second line." in page
        assert '<option value="flag" selected>' in page
        assert "asks_follows" in page
        sent = {"action": "removed", "rule": a_ground(1).rule.pk, "asks_follows": "1"}  # type: ignore[union-attr]
        desk.post(address, sent)
        assert sorted(Flag.objects.values_list("rule__number", "outcome")) == [(1, "upheld"), (4, "declined")]
