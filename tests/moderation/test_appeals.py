"""Statements of reasons, objections and their answers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, Thread
from kakehashi.comments.rules import zone
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kakehashi.moderation import actions, queries, rules
from kakehashi.moderation.grounds import Machine
from kakehashi.moderation.models import Action, Appeal, AppealState, Decision, Flag, Outcome
from kakehashi.readers import actions as reader_actions
from kakehashi.readers.models import Reader, Role
from tests.factories import a_comment, a_reader, a_thread
from tests.moderation.rows import a_ground, a_moderator, a_removal, a_rule

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def ana() -> Reader:
    return a_reader("Ana")


@pytest.fixture
def mo() -> Reader:
    return a_moderator("Mo")


@pytest.fixture
def decision(ana: Reader, mo: Reader) -> Decision:
    return a_removal(a_comment(author=ana, source="My honest opinion"), by=mo)


@pytest.fixture
def at_home(ana: Reader) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def test_the_statement_has_every_field_of_article_17(at_home: Client, decision: Decision) -> None:
    html = at_home.get(f"/account/decisions/{decision.pk}/").content.decode()
    for said in (
        "Your comment was removed",
        "Nobody can read this comment",  # the restriction, its scope and duration
        "My honest opinion",
        "on the staff’s own initiative",  # facts and circumstances
        "1. Argue with what was said",  # the ground
        "It calls the writer names.",
        "None: people found it and decided.",  # automated means
        "You can object here once",  # redress: here, out of court, in court
        "out-of-court dispute settlement",
        "a court",
    ):
        assert said in html
    assert "Your comment was removed" not in at_home.get("/account/").content.decode()
    assert f'href="/account/decisions/{decision.pk}/"' in at_home.get("/account/decisions/").content.decode()


def test_a_statement_is_its_readers_alone(decision: Decision) -> None:
    other = Client()
    other.force_login(a_reader())
    for part in ("", "read/", "appeal/"):
        address = f"/account/decisions/{decision.pk}/{part}"
        assert other.get(address).status_code == 404
        assert "/account/login/" in Client().get(address)["Location"]
    assert other.get("/account/decisions/999999/").status_code == 404


def test_every_kind_of_decision_has_a_statement(at_home: Client, ana: Reader, mo: Reader) -> None:
    comment = a_comment(author=ana, source="One word too many")
    ground = a_ground()
    made = [
        actions.decide_comment(actor=mo, comment=comment, action=Action.EDITED, ground=ground, source="One word"),
        actions.decide_comment(actor=mo, comment=comment, action=Action.HELD),
        actions.warn(actor=mo, reader=ana, ground=ground),
        actions.suspend(actor=mo, reader=ana, ground=ground, hours=24),
        actions.ban(actor=mo, reader=ana, ground=ground),
    ]
    made += [actions.undo(actor=mo, decision=one) for one in reversed(made)]
    for one in made:
        assert at_home.get(f"/account/decisions/{one.pk}/").status_code == 200
    assert at_home.get("/account/decisions/").content.decode().count("<li>") >= len(made)


def test_a_warning_is_confirmed_on_its_page(at_home: Client, ana: Reader, mo: Reader) -> None:
    warning = actions.warn(actor=mo, reader=ana, ground=a_ground())
    comment = a_comment()
    assert "sent you a warning" in at_home.get("/account/").content.decode()
    assert "Read the warning" in at_home.get(comment.thread.story.url).content.decode()
    assert "I have read it" in at_home.get(f"/account/decisions/{warning.pk}/").content.decode()
    at_home.post(f"/account/decisions/{warning.pk}/read/")
    assert "I have read it" not in at_home.get(f"/account/decisions/{warning.pk}/").content.decode()
    assert "Post comment" in at_home.get(comment.thread.story.url).content.decode()


def test_an_objection_is_heard_by_somebody_else_and_brings_all_back(
    at_home: Client, decision: Decision, mo: Reader, ana: Reader
) -> None:
    flag = Flag.objects.create(
        reader=a_reader(), comment=decision.comment, outcome=Outcome.UPHELD, settled_at=NOW, decision=decision
    )
    answer = at_home.post(f"/account/decisions/{decision.pk}/appeal/", {"words": "It is\r\nan opinion."})
    assert answer.status_code == 302
    appeal = Appeal.objects.get()
    assert appeal.words == "It is\nan opinion."
    with pytest.raises(NotAllowed, match="Somebody else"):
        actions.settle_appeal(actor=mo, appeal=appeal, is_granted=True, answer="Yes.")
    ada, desk = a_moderator("Ada"), Client()
    desk.force_login(ada)
    assert "It is" in desk.get(f"/moderation/appeals/{appeal.pk}/").content.decode()
    assert desk.post(f"/moderation/appeals/{appeal.pk}/", {"grant": "1"}).status_code == 422
    desk.post(f"/moderation/appeals/{appeal.pk}/", {"grant": "1", "answer": "You are right, it is sharp but fair."})
    comment = Comment.objects.select_related("thread").get()
    assert (comment.state, comment.thread.comment_count) == ("visible", 1)
    appeal.refresh_from_db()
    flag.refresh_from_db()
    assert (appeal.state, appeal.judge, flag.outcome) == (AppealState.GRANTED, ada, Outcome.DECLINED)
    assert "sharp but fair" in at_home.get(f"/account/decisions/{decision.pk}/").content.decode()
    assert not queries.lessons().filter(pk=decision.pk).exists()
    again = desk.post(f"/moderation/appeals/{appeal.pk}/", {"decline": "1", "answer": "No."})
    assert again.status_code == 409
    assert "answered this objection already" in again.content.decode()


def test_declined_it_stands_and_there_is_no_second_one(at_home: Client, decision: Decision, ana: Reader) -> None:
    appeal = actions.file_appeal(reader=ana, decision=decision, words="Why?")
    actions.settle_appeal(actor=a_moderator(), appeal=appeal, is_granted=False, answer="Because of rule 1.")
    assert Comment.objects.get().state == "removed"
    answer = at_home.post(f"/account/decisions/{decision.pk}/appeal/", {"words": "I object again"})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "can be objected to once" in html
    assert "I object again" in html
    assert "Because of rule 1." in html


def test_what_was_decided_on_an_objection_is_the_last_word(decision: Decision, ana: Reader, mo: Reader) -> None:
    appeal = actions.file_appeal(reader=ana, decision=decision, words="Why?")
    actions.settle_appeal(actor=a_moderator(), appeal=appeal, is_granted=True, answer="Right.")
    back = Decision.objects.get(undoes=decision)
    with pytest.raises(Conflict, match="last word"):
        actions.file_appeal(reader=ana, decision=back, words="And again")


def test_words_that_are_too_many_come_back_whole(at_home: Client, decision: Decision) -> None:
    words = "架" * 2001
    answer = at_home.post(f"/account/decisions/{decision.pk}/appeal/", {"words": words})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "2,001 characters" in answer.content.decode()
    assert at_home.post(f"/account/decisions/{decision.pk}/appeal/", {"words": " \n "}).status_code == 422
    assert at_home.post(f"/account/decisions/{decision.pk}/appeal/", {"words": "架" * 2000}).status_code == 302


def test_the_time_to_object_ends(decision: Decision, ana: Reader) -> None:
    late = datetime.combine(rules.last_day_to_object(decision.decided_at), time(23, 59, 59), zone())
    with pytest.raises(Conflict, match="ended on"):
        actions.file_appeal(reader=ana, decision=decision, words="Late", now=late + timedelta(seconds=1))
    with pytest.raises(NotFound):
        actions.file_appeal(reader=a_reader(), decision=decision, words="Not mine")
    actions.file_appeal(reader=ana, decision=decision, words="In time", now=late)


@pytest.mark.once
@pytest.mark.parametrize(
    ("decided", "last"),
    [
        ("2026-03-01T12:00+00:00", "2026-09-01"),
        ("2026-08-31T12:00+00:00", "2027-02-28"),
        ("2027-08-31T12:00+00:00", "2028-02-29"),
        ("2026-06-30T12:00+00:00", "2026-12-30"),
        # The day is the site's: in Sydney the new year has begun.
        ("2026-12-31T15:00+00:00", "2027-07-01"),
    ],
)
def test_six_months_end_with_their_last_day(decided: str, last: str, settings: Settings) -> None:
    settings.TIME_ZONE = "Australia/Sydney"
    at = datetime.fromisoformat(decided)
    assert rules.last_day_to_object(at).isoformat() == last
    over = datetime.combine(date.fromisoformat(last) + timedelta(days=1), time(), zone())
    assert rules.is_in_time(at, over - timedelta(seconds=1))
    assert not rules.is_in_time(at, over)


def test_an_editor_hears_it_where_one_moderator_is_alone(decision: Decision, ana: Reader) -> None:
    appeal = actions.file_appeal(reader=ana, decision=decision, words="Why?")
    editor = a_reader(role=Role.EDITOR)
    other = a_moderator()
    with pytest.raises(NotAllowed):
        actions.settle_appeal(actor=editor, appeal=appeal, is_granted=True, answer="Yes.")
    Reader.objects.filter(pk=other.pk).update(is_active=False)
    actions.settle_appeal(actor=editor, appeal=appeal, is_granted=True, answer="Yes.")
    assert Comment.objects.get().state == "visible"


def test_a_granted_ban_brings_back_what_it_swept(ana: Reader, mo: Reader) -> None:
    comments = [a_comment(author=ana) for _ in range(3)]
    ground = a_ground(8)
    flag = actions.flag_comment(reader=a_reader(), comment=comments[1], rule=8)
    ban = actions.ban(actor=mo, reader=ana, ground=ground, sweeps=True)
    actions.undo(actor=mo, decision=Decision.objects.get(comment=comments[0]))
    appeal = actions.file_appeal(reader=ana, decision=ban, words="It was not me.")
    actions.settle_appeal(actor=a_moderator(), appeal=appeal, is_granted=True, answer="So it seems.")
    ana.refresh_from_db()
    assert ana.suspended_until is None
    assert Comment.objects.filter(state="visible").count() == 3
    flag.refresh_from_db()
    assert flag.outcome == "declined"
    assert flag.decision is not None
    assert (flag.decision.comment, flag.decision.explanation) == (comments[1], "So it seems.")


def judged(mo: Reader, comment: Comment, consequence: str, **more: Any) -> dict[str, Decision]:
    """What one click decides, by action; of removals the comment's own."""
    actions.judge(actor=mo, comment=comment, action=Action.REMOVED, ground=a_ground(), consequence=consequence, **more)
    found = Decision.objects.filter(comment=comment).order_by("pk")
    return {one.action: one for one in found}


@pytest.mark.parametrize("consequence", ["warned", "suspended", "banned"])
def test_what_one_click_did_to_the_author_falls_with_the_decision_on_the_comment(
    ana: Reader, mo: Reader, consequence: str
) -> None:
    made = judged(mo, a_comment(author=ana), consequence)
    appeal = actions.file_appeal(reader=ana, decision=made[Action.REMOVED], words="I asked a question.")
    desk = Client()
    desk.force_login(ada := a_moderator("Ada"))
    page = desk.get(f"/moderation/appeals/{appeal.pk}/").content.decode()
    assert made[Action(consequence)].get_action_display() in page.partition("undone too")[2]
    actions.settle_appeal(actor=ada, appeal=appeal, is_granted=True, answer="So you did.")
    ana.refresh_from_db()
    assert (ana.suspended_until, ana.warned_at) == (None, None)
    assert queries.record_of(ana, timezone.now()).proposed_hours == 24
    assert {one.origin for one in Decision.objects.filter(undoes__in=[one.pk for one in made.values()])} == {"appeal"}


def test_a_ban_that_falls_leaves_the_comment_that_gave_the_reason(ana: Reader, mo: Reader) -> None:
    """That has a decision of its own; where it is overturned, the ban goes with all that it swept away."""
    reason, other = a_comment(author=ana), a_comment(author=ana)
    made = judged(mo, reason, "swept")
    ada = a_moderator("Ada")
    appeal = actions.file_appeal(reader=ana, decision=made[Action.BANNED], words="One comment!")
    actions.settle_appeal(actor=ada, appeal=appeal, is_granted=True, answer="A suspension would do.")
    states = dict(Comment.objects.values_list("pk", "state"))
    assert states == {reason.pk: "removed", other.pk: "visible"}
    third = a_comment(author=ana, state="held")
    again = judged(mo, other, "swept")
    appeal = actions.file_appeal(reader=ana, decision=again[Action.REMOVED], words="This too?")
    actions.settle_appeal(actor=ada, appeal=appeal, is_granted=True, answer="No, it is fine.")
    ana.refresh_from_db()
    assert not ana.is_banned
    assert dict(Comment.objects.values_list("pk", "state")) == states | {third.pk: "held"}


def test_who_moderates_some_sections_lifts_no_suspension_by_an_objection(ana: Reader, mo: Reader) -> None:
    made = judged(mo, comment := a_comment(author=ana), "suspended")
    lena = a_moderator("Lena")
    Reader.objects.filter(pk=lena.pk).update(sections=f",{comment.thread.story.section_pk},")
    lena.refresh_from_db()
    against = {
        action: actions.file_appeal(reader=ana, decision=made[action], words="No.")
        for action in (Action.REMOVED, Action.SUSPENDED)
    }
    with pytest.raises(NotAllowed):
        actions.settle_appeal(actor=lena, appeal=against[Action.SUSPENDED], is_granted=True, answer="Yes.")
    assert queries.other_moderators(made[Action.SUSPENDED]) == 0
    actions.settle_appeal(actor=lena, appeal=against[Action.REMOVED], is_granted=True, answer="Yes.")
    ana.refresh_from_db()
    assert ana.suspended_until is not None
    assert Comment.objects.get().state == "visible"
    # Nobody else moderates the whole site, so an editor hears the other one.
    editor = a_reader(role=Role.EDITOR)
    actions.settle_appeal(actor=editor, appeal=against[Action.SUSPENDED], is_granted=True, answer="Yes.")
    ana.refresh_from_db()
    assert ana.suspended_until is None


def test_neither_who_decided_first_nor_who_decided_so_again_hears_it(
    decision: Decision, ana: Reader, mo: Reader
) -> None:
    ada, bea = a_moderator("Ada"), a_moderator("Bea")
    again = actions.undo(actor=bea, decision=actions.undo(actor=ada, decision=decision))
    assert again.action == Action.REMOVED
    appeal = actions.file_appeal(reader=ana, decision=again, words="Back and forth.")
    for one in (mo, bea):
        with pytest.raises(NotAllowed):
            actions.settle_appeal(actor=one, appeal=appeal, is_granted=False, answer="No.")
    assert queries.other_moderators(again) == 1
    actions.settle_appeal(actor=ada, appeal=appeal, is_granted=True, answer="Yes.")


def test_what_a_machine_or_somebody_who_is_gone_decided_anybody_hears(ana: Reader, mo: Reader) -> None:
    held = actions.decide_comment(actor=Machine("model", "3"), comment=a_comment(author=ana), action=Action.HELD)
    orphan = a_removal(a_comment(author=ana), by=(gone := a_moderator()))
    Reader.objects.filter(pk=gone.pk).delete()
    for one in (held, orphan):
        one.refresh_from_db()
        appeal = actions.file_appeal(reader=ana, decision=one, words="Why?")
        assert one.actor is None
        actions.settle_appeal(actor=mo, appeal=appeal, is_granted=False, answer="It stays.")


def test_where_nobody_may_hear_it_the_staff_are_told(decision: Decision, ana: Reader, mo: Reader) -> None:
    appeal, desk = actions.file_appeal(reader=ana, decision=decision, words="Why?"), Client()
    desk.force_login(mo)
    assert "Nobody on the staff may answer" in desk.get(f"/moderation/appeals/{appeal.pk}/").content.decode()
    a_reader(role=Role.EDITOR)
    assert "Somebody else has to look" in desk.get(f"/moderation/appeals/{appeal.pk}/").content.decode()


def test_who_left_waits_for_no_answer(decision: Decision, ana: Reader, mo: Reader) -> None:
    appeal, ada = actions.file_appeal(reader=ana, decision=decision, words="Why?"), a_moderator("Ada")
    assert queries.waiting_appeals(ada).count() == 1
    reader_actions.erase_reader(reader=ana)
    assert queries.waiting_appeals(ada).count() == 0
    with pytest.raises(Conflict, match="has left"):
        actions.settle_appeal(actor=ada, appeal=appeal, is_granted=True, answer="Yes.")
    desk = Client()
    desk.force_login(ada)
    assert "Who objected has left" in desk.get(f"/moderation/appeals/{appeal.pk}/").content.decode()


def test_granted_it_brings_back_every_figure_and_rank(ana: Reader, mo: Reader) -> None:
    """Counters, scores, the order that readers see, what is likely to be removed, and how far the author is known."""
    thread, now = a_thread(), timezone.now()
    comments = [a_comment(thread, author=author, created_at=now) for author in (ana, ana, a_reader())]
    for voter in (a_reader(), a_reader()):
        comment_actions.cast_vote(reader=voter, comment=comments[0], value=1)
    comment_actions.cast_vote(reader=a_reader(), comment=comments[1], value=-1)
    actions.settle_standing(readers=[ana.pk], now=now)

    def figures() -> list[Any]:
        ever_new = {"version", "first_version", "state_changed_at"}
        fields = [one.attname for one in Comment._meta.concrete_fields if one.attname not in ever_new]
        count = Thread.objects.values_list("comment_count", "last_comment_at", "state")
        page = Client().get(thread.story.url, {"order": "popular"}).content.decode()
        order = re.findall(r'id="c-([0-9]+)"', page)
        standing = Reader.objects.values_list("standing", flat=True).get(pk=ana.pk)
        return [list(Comment.objects.order_by("pk").values_list(*fields)), list(count), order, standing]

    before = figures()
    removals = [a_removal(comment, by=mo) for comment in comments[:2]]
    actions.settle_standing(readers=[ana.pk], now=now)
    assert figures()[3] == "watched"
    assert queries.lessons().count() == 2
    for removal in removals:
        appeal = actions.file_appeal(reader=ana, decision=removal, words="No.")
        actions.settle_appeal(actor=a_moderator(), appeal=appeal, is_granted=True, answer="Right.")
    actions.settle_standing(readers=[ana.pk], now=now)
    assert figures() == before
    assert not queries.lessons().filter(action=Action.REMOVED).exists()


def test_what_its_author_withdrew_stays_withdrawn(ana: Reader, mo: Reader) -> None:
    comment = a_comment(author=ana)
    held = actions.decide_comment(actor=mo, comment=comment, action=Action.HELD)
    appeal = actions.file_appeal(reader=ana, decision=held, words="Why?")
    comment_actions.withdraw_comment(actor=ana, comment=Comment.objects.select_related("thread").get())
    actions.settle_appeal(actor=a_moderator(), appeal=appeal, is_granted=True, answer="It was in order.")
    appeal.refresh_from_db()
    assert (Comment.objects.get().state, appeal.state) == ("withdrawn", AppealState.GRANTED)


def test_an_objection_too_late_to_change_anything_still_counts(decision: Decision, ana: Reader, mo: Reader) -> None:
    appeal = actions.file_appeal(reader=ana, decision=decision, words="Why?")
    actions.undo(actor=mo, decision=decision)
    comment = decision.comment
    assert comment is not None
    again = a_removal(comment, by=mo, ground=a_ground(3))
    actions.settle_appeal(actor=a_moderator(), appeal=appeal, is_granted=True, answer="The first was wrong.")
    assert Comment.objects.get().state == "removed"
    assert again.is_restriction


@pytest.mark.once
@pytest.mark.parametrize(("before", "hours"), [(0, 24), (1, 72), (2, 168), (3, 720), (9, 720)])
def test_penalties_grow_by_steps(before: int, hours: int) -> None:
    assert rules.proposed_hours(before) == hours


def test_old_and_undone_suspensions_do_not_count(ana: Reader, mo: Reader) -> None:
    now = timezone.now()
    actions.suspend(actor=mo, reader=ana, ground=a_ground(), hours=24, now=now - timedelta(days=400))
    wrong = actions.suspend(actor=mo, reader=ana, ground=a_ground(), hours=24)
    actions.undo(actor=mo, decision=wrong)
    assert queries.record_of(ana, now).proposed_hours == 24
    assert a_rule().number == 1


def test_words_longer_than_a_field_are_refused(mo: Reader) -> None:
    with pytest.raises(Invalid, match="2,001 characters"):
        a_removal(by=mo, ground=a_ground(explanation="x" * 2001))
