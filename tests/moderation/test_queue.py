"""The queue through its addresses: what comes next, decisions in a row, taking back, who is at what, many at once."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.alerts.models import Notice
from kakehashi.alerts.tasks import tell_readers
from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib.errors import Conflict
from kakehashi.moderation import actions, queries, queue, rules, similar
from kakehashi.moderation.models import Action, CheckResult, Claim, Decision, Flag, Verdict, Waiting
from kakehashi.moderation.queue import Filter
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_reader, a_thread
from tests.moderation.rows import a_ground, a_moderator, a_removal, a_rule

pytestmark = pytest.mark.django_db

PART = {"X-Part": "desk"}
ALL = Filter()


@pytest.fixture(autouse=True)
def _forget() -> None:
    similar.memory.forget()


@pytest.fixture
def mo() -> Reader:
    return a_moderator("Mo")


@pytest.fixture
def desk(mo: Reader) -> Client:
    return at_desk(mo)


def at_desk(moderator: Reader) -> Client:
    client = Client()
    client.force_login(moderator)
    return client


def waits(count: int = 1, *, hours: float = 1, **fields: Any) -> list[Comment]:
    """So many held comments in the queue, the last written first to be decided."""
    now = timezone.now()
    made = [
        a_comment(state=CommentState.HELD, created_at=now - timedelta(hours=hours + n), **fields) for n in range(count)
    ]
    actions.settle_waiting(comments=[one.pk for one in made], now=now)
    return made[::-1]


def sent(comment: Comment, action: str, number: int = 0, **fields: Any) -> dict[str, Any]:
    """What a browser sends from the form as it stands."""
    last = queries.last_decision(comment.pk)
    known = {"revision": comment.revisions.count(), "decision": last.pk if last else 0, "state": comment.state}
    rule = {"rule": a_rule(number).pk} if number else {}
    return {"action": action, "text": comment.source, **known, **rule, **fields}


def text_of(response: Any) -> str:
    return str(response.content.decode())


class TestWhatComesNext:
    def test_the_most_urgent_is_shown_and_claimed(self, desk: Client, mo: Reader) -> None:
        first, second = waits(2)
        page = text_of(desk.get("/moderation/queue/"))
        assert f'data-item="{first.pk}"' in page
        assert Claim.objects.get().comment_id == first.pk
        other = a_moderator("Ada")
        assert f'data-item="{second.pk}"' in text_of(at_desk(other).get("/moderation/queue/"))
        assert "Colleagues have the rest open just now" in text_of(at_desk(a_moderator("Bo")).get("/moderation/queue/"))

    def test_the_order_in_sql_is_the_formula(self) -> None:
        now, aim = timezone.now(), timedelta(hours=4)
        for n, comment in enumerate(waits(6, hours=0.1)):
            Waiting.objects.filter(pk=comment.pk).update(
                weight=(n % 3 + 1) / 7, since=now - timedelta(minutes=7 + 100 * (n * 5 % 6))
            )
        found = list(queue.in_order(Waiting.objects.all(), now, aim))
        worth = [row.weight * rules.age(now - row.since, aim) for row in found]
        assert [row.priority for row in found] == pytest.approx(worth, rel=1e-4)  # type: ignore[attr-defined]
        assert worth == sorted(worth, reverse=True)

    def test_parts_of_it(self, desk: Client) -> None:
        held, flagged = waits()[0], a_comment()
        Flag.objects.create(reader=a_reader(), comment=flagged, rule=a_rule(2), words="Contempt.")
        CheckResult.objects.create(
            comment=flagged, check_name="words", verdict=Verdict.SUSPECT, reason="A word of the list."
        )
        actions.settle_waiting(comments=[flagged.pk], now=timezone.now())
        section = flagged.thread.story.section_pk
        for part, shown in (
            ("kind=held", held), ("kind=flagged", flagged), ("check=words", flagged), (f"member={held.author_id}", held),
            (f"thread={flagged.thread_id}", flagged),
        ):  # fmt: skip
            assert f'data-item="{shown.pk}"' in text_of(desk.get(f"/moderation/queue/?{part}"))
        assert f"({2})" in text_of(desk.get(f"/moderation/queue/?section={section}"))
        page = text_of(desk.get("/moderation/queue/?kind=notices"))
        assert "Nothing waits in this part" in page
        assert "Look again" in page

    def test_by_each_check_that_found_something(self, desk: Client) -> None:
        """A new member's link is held for both reasons; another new member's words for one."""
        spam, fine, mended = waits(3)
        for comment in (spam, fine, mended):
            CheckResult.objects.create(comment=comment, check_name="new", verdict=Verdict.HELD)
        for comment in (spam, mended):
            CheckResult.objects.create(comment=comment, check_name="links", verdict=Verdict.HELD)
        Comment.objects.filter(pk=mended.pk).update(edited_at=timezone.now() + timedelta(minutes=1))
        CheckResult.objects.create(comment=fine, check_name="links", verdict=Verdict.PASSED)
        actions.settle_waiting(comments=[spam.pk, fine.pk, mended.pk], now=timezone.now())
        assert set(Waiting.objects.filter(Filter(check="links").q)) == {spam.waiting}
        assert set(Waiting.objects.filter(Filter(check="new").q)) == {spam.waiting, fine.waiting}
        page = text_of(desk.get(f"/moderation/queue/{spam.pk}/"))
        address = "/moderation/queue/bulk/?kind=held&amp;check=links"
        assert f'href="{address}"' in page
        assert "Decide on 1 comment" in text_of(desk.get(address.replace("&amp;", "&")))

    def test_all_that_speaks_for_and_against(self, desk: Client) -> None:
        ana = a_reader("Ana")
        thread = a_thread()
        before = a_comment(thread, source="What stood before.", author=a_reader("Bea"))
        a_removal(a_comment(source="Cheap boats for sale on my page, today only!"), ground=a_ground(7))
        comment = a_comment(thread, author=ana, parent=before, source="Cheap boats for sale on my page, today only!!")
        Flag.objects.create(reader=a_reader("Finn"), comment=comment, rule=a_rule(7), words="An advertisement.")
        CheckResult.objects.create(
            comment=comment, check_name="links", verdict=Verdict.SUSPECT, reason="A new member’s link.", score=0.4
        )
        CheckResult.objects.create(
            comment=comment,
            check_name="model",
            verdict=Verdict.PASSED,
            reason="24 % likely, says version 3.",
            score=0.24,
        )
        actions.settle_waiting(comments=[comment.pk], now=timezone.now())
        page = text_of(desk.get("/moderation/queue/"))
        for words in (
            "What stood before.",
            "An advertisement.",
            "<b>Model</b> 24 % likely, says version 3.",
            "Links of a new member",
            "A new member’s link.",
            "Finn",
            "on similar ones",
            "7. No advertising",
        ):
            assert words in page
        assert a_rule(7).to_author in page
        assert 'data-number="7"' in page
        assert page.count("checked>") == 1

    def test_of_very_many_flags_the_first_are_shown(self, desk: Client) -> None:
        comment, rule = a_comment(), a_rule(2)
        Flag.objects.bulk_create(
            Flag(reader=a_reader(), comment=comment, rule=rule, words="Me too.") for _ in range(52)
        )
        actions.settle_waiting(comments=[comment.pk], now=timezone.now())
        for address in (f"/moderation/queue/{comment.pk}/", f"/moderation/comment/{comment.pk}/"):
            page = text_of(desk.get(address))
            assert page.count("Me too.") == 50
            assert "The first fifty are shown" in page

    def test_what_waits_for_too_long_is_said(self, desk: Client) -> None:
        waits(hours=5)
        page = text_of(desk.get("/moderation/queue/"))
        assert "1 comment has waited for more than 4 hours" in page
        # In the list, and above the comment itself.
        assert page.count('class="late"') == 2

    def test_odd_addresses(self, desk: Client) -> None:
        waits()
        odd = "kind=all&section=x&member=-1&thread=99999999999999999999&check=%F0%9F%91%8B&skipped=a,,7,&done=x"
        assert desk.get(f"/moderation/queue/?{odd}").status_code == 200
        assert desk.get("/moderation/queue/999999/").status_code == 404
        assert desk.post("/moderation/queue/999999/claim/").status_code == 404
        assert desk.post("/moderation/queue/undo/999999/").status_code == 404
        assert desk.head("/moderation/queue/").status_code == 200

    def test_many_cost_as_much_as_one(self, desk: Client) -> None:
        counts = []
        for more in (1, 29):
            for comment in waits(more):
                Flag.objects.create(reader=a_reader(), comment=comment, rule=a_rule())
                actions.settle_waiting(comments=[comment.pk], now=timezone.now())
            desk.get("/moderation/queue/")
            with CaptureQueriesContext(connection) as captured:
                assert desk.get("/moderation/queue/").status_code == 200
            counts.append(len(captured))
        assert counts[0] == counts[1]
        assert counts[0] <= 34


class TestDecidingInARow:
    def test_approved_and_on_to_the_next(self, desk: Client) -> None:
        first, second = waits(2)
        desk.get("/moderation/queue/")
        page = text_of(desk.post(f"/moderation/queue/{first.pk}/", sent(first, "visible"), headers=PART))
        assert f'data-item="{second.pk}"' in page
        assert "<html" not in page
        assert "Undo" in page
        first.refresh_from_db()
        assert first.state == CommentState.VISIBLE
        assert [row.pk for row in Waiting.objects.all()] == [second.pk]
        assert Decision.objects.get().rule is None

    def test_without_a_script_too(self, desk: Client) -> None:
        first, second = waits(2)
        answer = desk.post(f"/moderation/queue/{first.pk}/?kind=held", sent(first, "removed", 3))
        decision = Decision.objects.get()
        assert answer["Location"] == f"/moderation/queue/?kind=held&done={decision.pk}"
        page = text_of(desk.get(answer["Location"]))
        assert f'data-item="{second.pk}"' in page
        assert f"/moderation/queue/undo/{decision.pk}/" in page
        assert decision.explanation == a_rule(3).to_author

    def test_own_words_go_before_prepared_ones(self, desk: Client) -> None:
        comment = waits()[0]
        words = sent(comment, "removed", 3, explanation="You wish somebody ill.", facts="Seen twice.")
        desk.post(f"/moderation/queue/{comment.pk}/", words)
        decision = Decision.objects.get()
        assert (decision.explanation, decision.facts) == ("You wish somebody ill.", "Seen twice.")

    def test_prepared_words_of_another_rule_are_not_sent(self, desk: Client) -> None:
        comment = waits()[0]
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "removed", 3, explanation=a_rule(1).to_author))
        assert Decision.objects.get().explanation == a_rule(3).to_author

    def test_what_is_held_back_says_nothing_that_only_stood_there(self, desk: Client) -> None:
        comment = waits()[0]
        fields = {"explanation": a_rule(1).to_author, "consequence": "banned"}
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "visible", 1, **fields))
        comment.refresh_from_db()
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "held", 1, **fields))
        assert list(Decision.objects.values_list("action", "rule", "explanation")) == [
            ("visible", None, ""),
            ("held", None, ""),
        ]
        assert Waiting.objects.get().is_held

    def test_removed_and_warned_by_one_button(self, desk: Client) -> None:
        comment = waits()[0]
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "warn", 2))
        assert list(Decision.objects.order_by("pk").values_list("action", flat=True)) == ["removed", "warned"]

    def test_changed_with_a_mark(self, desk: Client) -> None:
        comment = waits(source="Rude words, and a point.")[0]
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "edited", 1, text="A point."))
        comment.refresh_from_db()
        assert (comment.source, comment.is_edited_by_staff, comment.state) == ("A point.", True, "visible")
        assert not Waiting.objects.exists()
        decision = Decision.objects.get()
        assert decision.actor is not None
        back = actions.undo(actor=decision.actor, decision=decision)
        comment.refresh_from_db()
        assert (comment.source, comment.state) == ("Rude words, and a point.", "held")
        actions.undo(actor=decision.actor, decision=back)
        comment.refresh_from_db()
        assert (comment.source, comment.state) == ("A point.", "visible")

    def test_a_removal_without_a_rule_comes_back(self, desk: Client) -> None:
        comment = waits()[0]
        answer = desk.post(
            f"/moderation/queue/{comment.pk}/", sent(comment, "removed", explanation="Mine"), headers=PART
        )
        assert answer.status_code == 422
        assert "choose the rule" in text_of(answer)
        assert "Mine" in text_of(answer)
        assert not Decision.objects.exists()

    def test_what_is_held_is_held_on_by_going_on(self, desk: Client) -> None:
        held, flagged = waits()[0], a_comment()
        actions.flag_comment(reader=a_reader(), comment=flagged, rule=a_rule().number)
        for comment, keys in ((held, "n j h"), (flagged, "n j")):
            page = text_of(desk.get(f"/moderation/queue/{comment.pk}/"))
            assert f'data-key="{keys}"' in page
            assert ('data-key="h"' in page) is (comment is flagged)

    def test_put_off_until_the_rest_is_done(self, desk: Client) -> None:
        first, second = waits(2)
        page = text_of(desk.get(f"/moderation/queue/?skipped={first.pk}"))
        assert f'data-item="{second.pk}"' in page
        assert f"skipped={first.pk},{second.pk}" in page
        assert list(Claim.objects.values_list("comment", flat=True)) == [second.pk]
        page = text_of(desk.get(f"/moderation/queue/?skipped={first.pk},{second.pk}"))
        assert "what you have put off" in page

    def test_origin_and_machine_are_told(self, desk: Client) -> None:
        comment = a_comment()
        CheckResult.objects.create(comment=comment, check_name="words", verdict=Verdict.SUSPECT)
        actions.settle_waiting(comments=[comment.pk], now=timezone.now())
        page = text_of(desk.get("/moderation/queue/"))
        assert '<option value="check" selected>' in page
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "removed", 1, origin="check"))
        decision = Decision.objects.get()
        assert (decision.origin, decision.is_found_by_machine) == ("check", True)


class TestWhatHappensMeanwhile:
    def test_changed_by_its_author(self, desk: Client) -> None:
        ana = a_reader()
        comment = a_comment(author=ana, state=CommentState.HELD)
        form = sent(comment, "visible")
        comment_actions.edit_comment(actor=ana, comment=comment, source="Quite other words.")
        answer = desk.post(f"/moderation/queue/{comment.pk}/", form, headers=PART)
        assert answer.status_code == 409
        assert "has changed this comment" in text_of(answer)
        assert "Quite other words." in text_of(answer)
        comment.refresh_from_db()
        assert desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "visible"), headers=PART).status_code == 200

    def test_withdrawn(self, desk: Client) -> None:
        comment = waits()[0]
        form = sent(comment, "removed", 1)
        assert comment.author is not None
        comment_actions.withdraw_comment(actor=comment.author, comment=comment)
        answer = desk.post(f"/moderation/queue/{comment.pk}/", form)
        assert answer.status_code == 409
        assert "has withdrawn" in text_of(answer)
        assert not Waiting.objects.exists()

    def test_what_was_just_withdrawn_is_given_to_nobody(self, desk: Client) -> None:
        first, second = waits(2)
        assert first.author is not None
        comment_actions.withdraw_comment(actor=first.author, comment=first)
        assert f'data-item="{second.pk}"' in text_of(desk.get("/moderation/queue/"))
        assert [row.pk for row in Waiting.objects.all()] == [second.pk]

    def test_what_it_said_before_a_change_is_there_to_read(self, desk: Client) -> None:
        ana, comment = a_reader(), a_comment(source="Fools, all of them.")
        Comment.objects.filter(pk=comment.pk).update(author=ana)
        comment.refresh_from_db()
        actions.flag_comment(reader=a_reader(), comment=comment, rule=a_rule().number)
        comment_actions.edit_comment(actor=ana, comment=comment, source="Friends, all of them.")
        page = text_of(desk.get(f"/moderation/queue/{comment.pk}/"))
        assert "What it said before" in page
        assert "Fools, all of them." in page
        assert "about the words before the last change" in page

    def test_a_notice_to_be_looked_at_again_waits_on_its_own_page(self, desk: Client, mo: Reader) -> None:
        comment = a_comment()
        notice = actions.file_notice(
            place=str(comment.pk), law="§ 1", explanation="x" * 40, name="Ines", email="ines@example.org",
            is_in_good_faith=True,
        )  # fmt: skip
        assert f"/moderation/notices/{notice.pk}/" in text_of(desk.get("/moderation/queue/"))
        actions.answer_notice(actor=mo, notice=notice, answer="No.")
        actions.complain(notice=notice, words="Please read the third line.")
        actions.find_waiting(now=timezone.now())
        # Nothing that is decided here would end it, so it would come again and again.
        assert "The queue is empty" in text_of(desk.get("/moderation/queue/"))
        actions.flag_comment(reader=a_reader(), comment=comment, rule=a_rule().number)
        assert "to look at again, on its own page" in text_of(desk.get("/moderation/queue/"))
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "visible"))
        assert not Waiting.objects.exists()
        assert queries.waiting_notices().get() == notice

    def test_decided_by_somebody_else(self, desk: Client) -> None:
        comment = waits()[0]
        form = sent(comment, "visible")
        a_removal(comment, by=a_moderator("Ada"))
        answer = desk.post(f"/moderation/queue/{comment.pk}/", form)
        assert answer.status_code == 409
        assert "Ada has decided" in text_of(answer)

    def test_the_discussion_was_closed(self, desk: Client, mo: Reader) -> None:
        comment = waits()[0]
        actions.decide_thread(actor=mo, thread=comment.thread, action=Action.CLOSED, ground=a_ground(6))
        assert "Closed" in text_of(desk.get("/moderation/queue/"))
        assert desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "visible")).status_code == 302

    def test_the_discussion_is_closed_from_here(self, desk: Client) -> None:
        comment = waits()[0]
        story = comment.thread.story_id
        assert f'/moderation/story/{story}/?state=closed&amp;comment={comment.pk}"' in text_of(
            desk.get("/moderation/queue/")
        )
        sent = {"state": "closed", "comment": comment.pk}
        asked = desk.post(f"/moderation/story/{story}/", sent)
        assert f'name="comment" value="{comment.pk}"' in text_of(asked)
        answer = desk.post(f"/moderation/story/{story}/", sent | {"rule": a_rule(6).pk})
        assert answer["Location"] == f"/moderation/queue/{comment.pk}/"


class TestTakingBack:
    def test_within_seconds_nobody_hears_of_it(self, desk: Client) -> None:
        comment = waits()[0]
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "warn", 2))
        first = Decision.objects.order_by("pk").first()
        assert first is not None
        tell_readers(timezone.now())
        page = text_of(desk.post(f"/moderation/queue/undo/{first.pk}/", headers=PART))
        assert f'data-item="{comment.pk}"' in page
        # The form is about what is there again.
        assert '<input type="hidden" name="state" value="held"' in page
        comment.refresh_from_db()
        assert comment.state == CommentState.HELD
        assert comment.author is not None
        comment.author.refresh_from_db()
        assert comment.author.warned_at is None
        assert Waiting.objects.get().is_held
        tell_readers(timezone.now() + timedelta(minutes=1))
        assert not Notice.objects.filter(reader=comment.author).exists()
        assert not queries.public_log().exists()
        assert not queries.decisions_of(comment.author).exists()
        assert Decision.objects.count() == 4

    def test_of_a_ban_with_its_sweep_in_as_many_statements_as_of_few(self, mo: Reader) -> None:
        costs = []
        for count in (2, 9):
            ana = a_reader()
            comments = [a_comment(author=ana) for _ in range(count)]
            decision = actions.judge(
                actor=mo, comment=comments[0], action=Action.REMOVED, ground=a_ground(8), consequence="swept"
            )
            with CaptureQueriesContext(connection) as captured:
                actions.undo_slip(actor=mo, decision=decision, now=decision.decided_at)
            costs.append(len(captured))
            ana.refresh_from_db()
            assert not ana.is_banned
            assert {one.state for one in Comment.objects.filter(author=ana)} == {CommentState.VISIBLE}
            with pytest.raises(Conflict, match="undone already"):
                actions.undo_slip(actor=mo, decision=decision, now=decision.decided_at)
        assert costs[0] == costs[1]

    def test_what_was_decided_on_meanwhile_stays_and_so_does_the_rest(self, mo: Reader) -> None:
        ana = a_reader()
        comment = a_comment(author=ana)
        decision = actions.judge(
            actor=mo, comment=comment, action=Action.REMOVED, ground=a_ground(2), consequence="warned"
        )
        actions.decide_comment(actor=a_moderator("Ada"), comment=comment, action=Action.HELD)
        with pytest.raises(Conflict, match="decided on this comment afterwards"):
            actions.undo_slip(actor=mo, decision=decision, now=decision.decided_at)
        ana.refresh_from_db()
        assert ana.warned_at is not None

    def test_whose_comment_stands_as_it_stood_learns_of_no_report(self, desk: Client) -> None:
        comment = a_comment(author=a_reader("Ana"))
        actions.flag_comment(reader=a_reader("Bo"), comment=comment, rule=a_rule().number)
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "visible"))
        tell_readers(timezone.now() + timedelta(minutes=1))
        assert list(Notice.objects.values_list("reader__name", "outcome")) == [("Bo", "declined")]

    def test_what_stays_is_told_once_the_seconds_are_over(self, desk: Client) -> None:
        comment = waits()[0]
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "removed", 2))
        now = timezone.now()
        assert tell_readers(now) == 0
        assert tell_readers(now + rules.TELL_AFTER + timedelta(seconds=1)) == 1

    def test_later_it_is_a_decision_like_any(self, mo: Reader) -> None:
        decision = a_removal(by=mo)
        with pytest.raises(Conflict, match="seconds"):
            actions.undo_slip(actor=mo, decision=decision, now=decision.decided_at + timedelta(seconds=20))

    def test_also_after_going_on_to_another_one(self, desk: Client) -> None:
        first, second, _third = waits(3)
        page = text_of(desk.post(f"/moderation/queue/{first.pk}/", sent(first, "visible"), headers=PART))
        decision = Decision.objects.get()
        assert f"?skipped={second.pk}&amp;done={decision.pk}" in page
        page = text_of(desk.get(f"/moderation/queue/?skipped={second.pk}&done={decision.pk}"))
        assert f"/moderation/queue/undo/{decision.pk}/" in page

    def test_too_late_without_a_script_it_is_said_where_it_can_still_be_undone(self, desk: Client) -> None:
        comment = waits()[0]
        desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "removed", 2))
        decision = Decision.objects.get()
        Decision.objects.update(decided_at=decision.decided_at - timedelta(seconds=20))
        answer = desk.post(f"/moderation/queue/undo/{decision.pk}/")
        assert answer.status_code == 409
        assert "still be undone among the decisions" in text_of(answer)

    def test_only_ones_own(self, desk: Client) -> None:
        decision = a_removal(by=a_moderator("Ada"))
        assert desk.post(f"/moderation/queue/undo/{decision.pk}/").status_code == 404


class TestClaims:
    def test_somebody_else_is_told_and_may_take_over(self, desk: Client, mo: Reader) -> None:
        comment, ada = waits()[0], a_moderator("Ada")
        form = sent(comment, "visible")
        desk.get(f"/moderation/queue/{comment.pk}/")
        page = at_desk(ada).get(f"/moderation/queue/{comment.pk}/")
        assert page.status_code == 409
        assert "Mo is at this comment now" in text_of(page)
        assert at_desk(ada).post(f"/moderation/queue/{comment.pk}/", form).status_code == 409
        at_desk(ada).post(f"/moderation/queue/{comment.pk}/claim/", {"wish": "take"})
        answer = desk.post(f"/moderation/queue/{comment.pk}/", form | {"explanation": "A sentence of my own."})
        assert answer.status_code == 409
        assert "Ada is at this comment now" in text_of(answer)
        assert '<input type="hidden" name="explanation" value="A sentence of my own."' in text_of(answer)
        assert desk.post(f"/moderation/queue/{comment.pk}/claim/", {"wish": "keep"}, headers=PART).status_code == 409
        assert at_desk(ada).post(f"/moderation/queue/{comment.pk}/", form).status_code == 302
        assert not Claim.objects.exists()

    def test_what_was_written_meanwhile_is_there_once_it_is_taken_back(self, desk: Client) -> None:
        comment = waits()[0]
        actions.claim_comment(actor=a_moderator("Ada"), comment=comment)
        wish = {"wish": "take", "explanation": "A sentence of my own.", "rule": str(a_rule(3).pk)}
        page = text_of(desk.post(f"/moderation/queue/{comment.pk}/claim/?kind=held", wish))
        assert "A sentence of my own.</textarea>" in page
        assert re.search(rf'name="rule"\s+value="{a_rule(3).pk}"[^>]*checked', page)
        assert desk.post(f"/moderation/queue/{comment.pk}/", sent(comment, "visible")).status_code == 302

    def test_it_runs_out(self, mo: Reader) -> None:
        comment, ada, now = waits()[0], a_moderator("Ada"), timezone.now()
        actions.claim_comment(actor=mo, comment=comment, now=now)
        order = queue.first(ALL, ada, now)
        assert actions.claim_next(actor=ada, order=order, now=now) is None
        assert actions.claim_next(actor=ada, order=order, now=now + rules.CLAIM_LASTS) == comment.pk

    def test_one_is_at_one(self, desk: Client, mo: Reader) -> None:
        first, second = waits(2)
        desk.get(f"/moderation/queue/{first.pk}/")
        desk.get(f"/moderation/queue/{second.pk}/")
        assert list(Claim.objects.values_list("comment", flat=True)) == [second.pk]
        desk.post(f"/moderation/queue/{second.pk}/claim/", {"wish": "leave"})
        assert not Claim.objects.exists()

    def test_figures_by_one_statement_and_only_once(self, desk: Client, mo: Reader) -> None:
        comment = waits()[0]
        desk.get("/moderation/queue/")
        answer = desk.get("/moderation/queue/live.json")
        told = json.loads(answer.content)
        assert (told[""], told["held"], told["claims"]) == (1, 1, {str(comment.pk): "Mo"})
        again = desk.get("/moderation/queue/live.json", headers={"If-None-Match": answer["ETag"]})
        assert again.status_code == 304
        with CaptureQueriesContext(connection) as captured:
            queue.figures(mo, timezone.now(), timedelta(hours=4))
        assert len(captured) == 1


class TestManyAtOnce:
    def test_all_held_of_a_member(self, desk: Client) -> None:
        ana = a_reader()
        mine, other = waits(3, author=ana), waits()[0]
        address = f"/moderation/queue/bulk/?kind=held&member={ana.pk}"
        assert "Decide on 3 comments" in text_of(desk.get(address))
        answer = desk.post(address, {"action": "removed", "rule": a_rule(7).pk, "explanation": "Copies."})
        assert "3 comments decided on" in text_of(answer)
        assert Comment.objects.filter(state="removed").count() == 3
        decisions = Decision.objects.all()
        assert {(one.batch, one.explanation) for one in decisions} == {(decisions[0].batch, "Copies.")}
        assert [row.pk for row in Waiting.objects.all()] == [other.pk]
        desk.post(f"/moderation/decisions/{decisions[0].pk}/", {"all": "1"})
        assert set(Comment.objects.filter(pk__in=[one.pk for one in mine]).values_list("state", flat=True)) == {"held"}
        assert Waiting.objects.count() == 4

    def test_ticked_ones(self, desk: Client) -> None:
        first, _second, third = waits(3)
        address = f"/moderation/queue/bulk/?pick={first.pk}&pick={third.pk}&pick=x"
        desk.post(address, {"action": "visible"})
        assert set(Comment.objects.visible().values_list("pk", flat=True)) == {first.pk, third.pk}

    def test_what_somebody_else_is_at_is_left_out(self, desk: Client) -> None:
        first, second = waits(2)
        actions.claim_comment(actor=a_moderator("Ada"), comment=first)
        address = "/moderation/queue/bulk/?kind=held"
        page = text_of(desk.get(address))
        assert "Decide on 1 comment" in page
        assert "1 more is left out" in page
        desk.post(address, {"action": "visible"})
        assert list(Comment.objects.visible().values_list("pk", flat=True)) == [second.pk]

    def test_what_was_decided_on_or_changed_since_is_left_alone(self, mo: Reader) -> None:
        from uuid import uuid4

        ana = a_reader()
        removed, flagged_anew, changed, same = waits(4, author=ana)
        seen_at = timezone.now()
        a_removal(removed)
        Waiting.objects.filter(pk=flagged_anew.pk).update(since=seen_at + timedelta(seconds=1))
        Comment.objects.filter(pk=changed.pk).update(edited_at=seen_at + timedelta(seconds=1))
        ids = [one.pk for one in (removed, flagged_anew, changed, same)]
        made = actions.decide_many(actor=mo, comments=ids, action=Action.VISIBLE, batch=uuid4(), as_seen=seen_at)
        assert [one.comment_id for one in made] == [same.pk]
        removed.refresh_from_db()
        assert removed.state == CommentState.REMOVED

    def test_each_author_is_told_whether_a_machine_found_it(self, desk: Client) -> None:
        first, second = waits(2)
        CheckResult.objects.create(comment=first, check_name="links", verdict=Verdict.HELD)
        desk.post("/moderation/queue/bulk/?kind=held", {"action": "removed", "rule": a_rule(7).pk})
        assert dict(Decision.objects.values_list("comment", "is_found_by_machine")) == {
            first.pk: True,
            second.pk: False,
        }
        third = a_comment()
        CheckResult.objects.create(comment=third, check_name="words", verdict=Verdict.SUSPECT)
        desk.post(f"/moderation/comment/{third.pk}/", {"action": "removed", "rule": a_rule(7).pk})
        assert Decision.objects.latest("pk").is_found_by_machine

    def test_who_approves_cites_no_rule(self, desk: Client) -> None:
        waits(2)
        desk.post("/moderation/queue/bulk/?kind=held", {"action": "visible", "rule": a_rule(7).pk, "law": "§ 1"})
        assert set(Decision.objects.values_list("action", "rule", "law")) == {("visible", None, "")}

    def test_without_a_rule_nothing_is_removed(self, desk: Client) -> None:
        waits(2)
        answer = desk.post("/moderation/queue/bulk/?kind=held", {"action": "removed"})
        assert answer.status_code == 422
        assert "choose the rule" in text_of(answer)
        assert not Decision.objects.exists()

    def test_it_goes_on_where_it_stopped(self, desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        from kakehashi.moderation.views import bulk

        monkeypatch.setattr(bulk, "SLICE", 2)
        monkeypatch.setattr(bulk, "SECONDS", -1.0)
        waits(5)
        form = {"action": "visible"}
        page = text_of(desk.post("/moderation/queue/bulk/?kind=held", form))
        assert "2 of 5 are done" in page
        batch = Decision.objects.values_list("batch", flat=True)[0]
        last = max(Decision.objects.values_list("comment", flat=True))
        form |= {"batch": str(batch), "after": last, "done": 2}
        assert "4 of 5 are done" in text_of(desk.post("/moderation/queue/bulk/?kind=held", form))
        assert Decision.objects.filter(batch=batch).count() == 4

    def test_nobody_joins_what_somebody_else_decided_together(self, desk: Client) -> None:
        from uuid import uuid4

        first, _second = waits(2)
        batch = uuid4()
        actions.decide_many(actor=a_moderator("Ada"), comments=[first.pk], action=Action.VISIBLE, batch=batch)
        desk.post("/moderation/queue/bulk/?kind=held", {"action": "visible", "batch": str(batch)})
        assert Decision.objects.count() == 2
        assert Decision.objects.filter(batch=batch).count() == 1

    def test_odd_forms(self, desk: Client) -> None:
        waits()
        for form in (
            {},
            {"action": "banned"},
            {"action": "visible", "until": "x", "batch": "y", "after": "-", "done": "1e9"},
        ):
            assert desk.post("/moderation/queue/bulk/?kind=held", form).status_code in (200, 422)

    @pytest.mark.parametrize("action", ["visible", "removed"])
    def test_many_cost_as_much_as_one_and_count_right(self, mo: Reader, action: str) -> None:
        from uuid import uuid4

        thread, counts = a_thread(), []
        for more in (1, 30):
            made = [*waits(more), *(a_comment(thread) for _ in range(more))]
            answers = [a_comment(thread, parent=made[-1])]
            ground = a_ground() if action == "removed" else None
            with CaptureQueriesContext(connection) as captured:
                done = actions.decide_many(
                    actor=mo, comments=[one.pk for one in made], action=action, batch=uuid4(),
                    **({"ground": ground} if ground else {}),
                )  # fmt: skip
            # SQLite takes so many values in one statement, and no more: sixty rows are two statements.
            counts.append(sum(not query["sql"].startswith('INSERT INTO "moderation_decision"') for query in captured))
            assert len(done) == 2 * more
            assert not comment_actions.find_miscounted()
            assert answers
        assert counts[0] == counts[1]
        undone = actions.undo_batch(actor=mo, batch=done[0].batch)  # type: ignore[arg-type]
        assert len(undone) == 60
        assert not comment_actions.find_miscounted()
        assert {one.state for one in Comment.objects.filter(pk__in=[one.pk for one in made])} == {"held", "visible"}


class TestSimilar:
    def test_the_same_words_are_nearest(self, mo: Reader) -> None:
        assert similar.fingerprint("").sum() == 0
        a_removal(a_comment(source="Buy my cheap boats, today only, on my page!"))
        a_removal(a_comment(source="The council has overlooked what the bridge costs each year."))
        found = similar.decided_on(a_comment(source="BUY my cheap boats!! today only on my page"), mo, most=3)
        assert [one.decision.comment.plain[:6] for one in found if one.decision.comment] == ["Buy my"]

    def test_what_was_undone_is_not_shown(self, mo: Reader) -> None:
        decision = a_removal(a_comment(source="Buy my cheap boats, today only!"), by=mo)
        other = a_comment(source="Buy my cheap boats, today only!")
        assert similar.decided_on(other, mo, most=3)
        actions.undo(actor=mo, decision=decision)
        assert not [one for one in similar.decided_on(other, mo, most=3) if one.decision.action == Action.REMOVED]
