"""The gate before publication: what is held, published with a note, refused; and what becomes of a check that fails."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django import Settings

from kakehashi.comments import actions
from kakehashi.comments.actions.posting import MOST_CHANGES
from kakehashi.comments.models import Comment, CommentState, ThreadState, Waits
from kakehashi.lib.errors import Conflict, Invalid, TooMany
from kakehashi.moderation.actions import decide_comment
from kakehashi.moderation.checks import running
from kakehashi.moderation.checks.names import LABELS
from kakehashi.moderation.models import Action, CheckResult, Decision, Verdict, Waiting
from kakehashi.readers.models import Reader, Role, Standing
from kakehashi.server.cli import checking
from kakehashi.stories.models import NewsroomSettings
from tests.factories import a_comment, a_reader, a_section, a_story, a_thread
from tests.moderation import checks
from tests.moderation.rows import a_ground, a_moderator, a_removal

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HERE = "tests.moderation.checks."


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Breakers begin closed, and what hangs ends."""
    checks.released.clear()
    running.forget()
    yield
    checks.released.set()
    running.forget()


def use(settings: Settings, *names: str) -> None:
    settings.KAKEHASHI_COMMENT_CHECKS = [HERE + name for name in names]


def post(source: str, *, author: Reader | None = None, **fields: Any) -> Comment:
    thread = fields.pop("thread", None) or a_thread(a_story(published_at=NOW))
    return actions.post_comment(author=author or a_reader(), source=source, thread=thread, now=NOW, **fields)


def found(comment: Comment) -> list[tuple[str, str, str]]:
    return list(
        CheckResult.objects.filter(comment=comment).order_by("pk").values_list("check_name", "verdict", "reason")
    )


def test_what_a_check_finds_stands_beside_the_comment(settings: Settings) -> None:
    use(settings, "salt", "pepper")
    comment = post("The soup needs salt and pepper.")
    assert (comment.state, comment.waits_for) == (CommentState.HELD, Waits.WORDS)
    assert found(comment) == [("salt", "held", "It speaks of salt."), ("pepper", "suspect", "It speaks of pepper.")]
    comment = post("The soup needs pepper.")
    assert (comment.state, comment.waits_for) == (CommentState.VISIBLE, "")
    assert CheckResult.objects.get(comment=comment).score == 0.7


def test_a_comment_in_which_nothing_is_found_costs_nothing(settings: Settings) -> None:
    ana, thread = a_reader(), a_thread(a_story(published_at=NOW))
    counts = []
    for names in ((), ("salt", "pepper", "often")):
        use(settings, *names)
        with CaptureQueriesContext(connection) as asked:
            post(f"The soup is good. {len(names)}", author=a_reader(), thread=thread)
        counts.append(len([one for one in asked if 'readers_reader" (' not in one["sql"]]))
    assert counts[0] == counts[1]
    assert CheckResult.objects.count() == 0
    assert ana.standing == Standing.ESTABLISHED


def test_what_is_refused_leaves_no_comment(settings: Settings) -> None:
    use(settings, "mustard")
    with pytest.raises(Invalid, match="No mustard"):
        post("The soup needs mustard.")
    assert Comment.objects.count() == 0


def test_the_staff_pass(settings: Settings) -> None:
    use(settings, "salt", "mustard", "failing")
    comment = post("Salt and mustard.", author=a_reader(role=Role.MODERATOR))
    assert comment.is_visible
    assert found(comment) == []


def test_a_check_may_ask_what_was_written_lately(settings: Settings) -> None:
    use(settings, "often")
    ana, states = a_reader(), []
    for minute in range(3):
        thread = a_thread(a_story(published_at=NOW))
        at = NOW + timedelta(minutes=minute)
        comment = actions.post_comment(author=ana, source=f"Number {minute}.", thread=thread, now=at)
        states.append(comment.state)
    assert states == ["visible", "visible", "held"]


def test_a_reason_is_kept_whatever_letters_are_in_it(settings: Settings) -> None:
    use(settings, "odd")
    assert found(post("The soup is good.")) == [("odd", "held", "It says “base”.")]


def test_the_same_text_twice_is_still_the_first(settings: Settings) -> None:
    use(settings, "salt", "often")
    ana, thread = a_reader(), a_thread(a_story(published_at=NOW))
    first = post("It needs salt.", author=ana, thread=thread)
    assert post("It needs salt.", author=ana, thread=thread).pk == first.pk
    assert len(found(first)) == 1


def test_each_reason_to_hold_has_a_name() -> None:
    places = (Waits.HOURS, Waits.SITE, Waits.SECTION, Waits.THREAD, Waits.RECORD, Waits.NEW)
    assert {*places, "outside", *(check.name for check in running.configured())} == set(LABELS)


class TestEditing:
    def test_an_edit_is_looked_at_again(self, settings: Settings) -> None:
        use(settings, "salt", "pepper", "mustard")
        ana = a_reader()
        comment = post("The soup is good.", author=ana)
        edited = actions.edit_comment(actor=ana, comment=comment, source="It needs pepper.", now=NOW)
        assert (edited.state, found(edited)[-1][:2]) == (CommentState.VISIBLE, ("pepper", "suspect"))
        edited = actions.edit_comment(actor=ana, comment=comment, source="It needs salt.", now=NOW)
        assert (edited.state, edited.waits_for) == (CommentState.HELD, Waits.WORDS)
        with pytest.raises(Invalid, match="No mustard"):
            actions.edit_comment(actor=ana, comment=comment, source="It needs mustard.", now=NOW)
        comment.refresh_from_db()
        assert comment.source == "It needs salt."

    def test_what_a_clean_edit_has_settled_waits_no_longer(self, settings: Settings) -> None:
        use(settings, "pepper")
        ana = a_reader()
        comment = post("It needs pepper.", author=ana)
        assert Waiting.objects.filter(comment=comment).exists()
        actions.edit_comment(actor=ana, comment=comment, source="It needs nothing.", now=NOW + timedelta(minutes=1))
        assert not Waiting.objects.filter(comment=comment).exists()

    def test_an_edit_does_not_free_what_is_held(self, settings: Settings) -> None:
        use(settings, "salt")
        ana = a_reader()
        comment = post("It needs salt.", author=ana)
        edited = actions.edit_comment(actor=ana, comment=comment, source="It needs nothing.", now=NOW)
        assert (edited.state, edited.waits_for) == (CommentState.HELD, Waits.WORDS)

    def test_what_was_decided_while_it_was_looked_at_was_decided_on_the_words_before(self, settings: Settings) -> None:
        use(settings, "decided_meanwhile", "pepper")
        ana = a_reader()
        comment = a_comment(author=ana, source="The soup is good.")
        checks.meanwhile = lambda: decide_comment(actor=a_moderator(), comment=comment, action=Action.VISIBLE)
        edited = actions.edit_comment(actor=ana, comment=comment, source="It needs pepper.")
        assert edited.is_visible
        assert Decision.objects.get().decided_at < CheckResult.objects.get().checked_at == edited.edited_at
        assert Waiting.objects.get().check_name == "pepper"

    def test_what_is_removed_while_it_is_looked_at_stays_removed(self, settings: Settings) -> None:
        use(settings, "decided_meanwhile")
        ana = a_reader()
        comment = a_comment(author=ana, source="The soup is good.")
        checks.meanwhile = lambda: a_removal(comment)
        with pytest.raises(Conflict, match="kept here to copy"):
            actions.edit_comment(actor=ana, comment=comment, source="It needs pepper.")
        comment.refresh_from_db()
        assert (comment.state, comment.source) == (CommentState.REMOVED, "The soup is good.")

    def test_what_a_moderator_has_changed_its_author_does_not_change_back(self) -> None:
        ana = a_reader()
        comment = a_comment(author=ana, source="The windbag’s soup is good.")
        decide_comment(
            actor=a_moderator(), comment=comment, action=Action.EDITED, ground=a_ground(), source="The soup is good."
        )
        comment.refresh_from_db()
        with pytest.raises(Conflict, match="A moderator has changed"):
            actions.edit_comment(actor=ana, comment=comment, source="The windbag’s soup is good.")
        client = Client()
        client.force_login(ana)
        assert f"/comment/{comment.pk}/edit/" not in client.get(comment.thread.story.get_absolute_url()).text
        page = client.post(f"/comment/{comment.pk}/edit/", {"text": "The windbag’s soup."})
        assert page.status_code == 409
        assert "The windbag’s soup." in page.text

    def test_a_comment_is_changed_so_often_and_no_more(self) -> None:
        ana = a_reader()
        comment = post("The soup is good.", author=ana)
        for number in range(MOST_CHANGES):
            comment = actions.edit_comment(actor=ana, comment=comment, source=f"Soup {number}.", now=NOW)
        with pytest.raises(Conflict, match="20 times"):
            actions.edit_comment(actor=ana, comment=comment, source="Soup again.", now=NOW)


class TestBroken:
    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("failing", "ValueError: no such drawer"),
            ("wrong", "TypeError: it returned str"),
            ("vague", "ValueError: it returned 'perhaps'"),
            ("wild", "ValueError: its score"),
        ],
    )
    def test_a_check_that_fails_holds_the_comment(
        self, settings: Settings, caplog: pytest.LogCaptureFixture, name: str, says: str
    ) -> None:
        use(settings, name, "salt")
        with caplog.at_level(logging.ERROR):
            comment = post("The soup is good.")
        assert (comment.state, comment.waits_for) == (CommentState.HELD, Waits.BROKEN)
        (result,) = found(comment)
        assert result[:2] == (name, Verdict.BROKEN)
        assert says in result[2]
        assert f"check {name} is broken" in caplog.text

    def test_one_that_is_not_there_is_broken_and_said_to_be(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "our_odd_checks.py").write_text("1 / 0\n")
        monkeypatch.syspath_prepend(tmp_path)
        settings.KAKEHASHI_COMMENT_CHECKS = [HERE + "pepperr", "our_odd_checks.prices", HERE + "salt"]
        comment = post("It needs salt.")
        assert [one[:2] for one in found(comment)] == [("pepperr", "broken"), ("prices", "broken"), ("salt", "held")]
        problems = checking._problems()
        assert "tests.moderation.checks.pepperr: ImportError" in problems[-2]
        assert "our_odd_checks.prices: ZeroDivisionError" in problems[-1]

    def test_nobody_waits_longer_than_the_budget(self, settings: Settings) -> None:
        use(settings, "hanging", "salt")
        settings.KAKEHASHI_CHECK_SECONDS = 0.1
        began = time.monotonic()
        comment = post("It needs salt.")
        assert time.monotonic() - began < 5
        assert [one[:2] for one in found(comment)] == [("hanging", "broken"), ("salt", "held")]
        assert comment.waits_for == Waits.WORDS

    def test_checks_that_are_left_no_time_hold_too_but_for_the_quick_ones(self, settings: Settings) -> None:
        use(settings, "hanging", "failing", "pepper", "often")
        settings.KAKEHASHI_CHECK_SECONDS = settings.KAKEHASHI_CHECKS_SECONDS = 0.05
        comment = post("It needs pepper.")
        assert found(comment) == [
            ("hanging", "broken", "It took longer than it may (50 ms)."),
            ("failing", "broken", "The checks before it had taken all the time."),
            ("pepper", "suspect", "It speaks of pepper."),
        ]

    def test_after_some_failures_nobody_waits_for_it(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        use(settings, "hanging")
        settings.KAKEHASHI_CHECK_SECONDS = 0.05
        (check,) = running.configured()
        for _turn in range(running.FAILURES):
            assert post("The soup is good.").state == CommentState.HELD
        assert check.breaker.running == running.FAILURES
        assert post("The soup is good.").state == CommentState.HELD
        assert check.breaker.running == running.FAILURES
        # What hung has ended and the pause is over: it is asked again, and comments pass.
        checks.released.set()
        monkeypatch.setattr(running, "PAUSE_SECONDS", 0.0)
        check.breaker.closed_until = 0.0
        settings.KAKEHASHI_CHECK_SECONDS = 2
        assert post("The soup is good.").is_visible
        assert check.breaker.failures == 0

    def test_comments_that_come_meanwhile_do_not_prolong_its_rest(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use(settings, "failing")
        monkeypatch.setattr(running, "PAUSE_SECONDS", 1000.0)
        (check,) = running.configured()
        for _turn in range(running.FAILURES):
            post("The soup is good.")
        until = check.breaker.closed_until
        monkeypatch.setattr(running, "PAUSE_SECONDS", 5000.0)
        assert found(post("The soup is good."))[0][2] == "ValueError: no such drawer"
        assert check.breaker.closed_until == until

    def test_what_hangs_does_not_pile_up(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        use(settings, "hanging")
        settings.KAKEHASHI_CHECK_SECONDS = 0.02
        monkeypatch.setattr(running, "FAILURES", 1000)
        (check,) = running.configured()
        for _turn in range(running.MOST_AT_ONCE + 3):
            post("The soup is good.")
        assert check.breaker.running == running.MOST_AT_ONCE

    def test_nobody_keeps_a_check_from_the_others(self, settings: Settings) -> None:
        use(settings, "hanging")
        (check,) = running.configured()
        ana = a_reader("Ana")
        for _turn in range(running.MOST_OF_ONE):
            assert check.breaker.begin(ana.pk)
        with translation.override("ja"), pytest.raises(Conflict, match="ここに残っています") as caught:
            post("The soup is good.", author=ana)
        assert caught.value.code == "busy"
        assert check.breaker.failures == check.breaker.running == 0
        settings.KAKEHASHI_CHECK_SECONDS = 0.05
        assert not post("The soup is good.").is_visible
        check.breaker.end(ana.pk)
        assert not post("The soup is good.", author=ana).is_visible
        check.breaker.end(ana.pk)
        assert check.breaker.writers == {}

    def test_without_a_thread_left_it_is_broken_and_stays_usable(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use(settings, "failing")

        def refuse(_thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            assert post("The soup is good.").waits_for == Waits.BROKEN
        (check,) = running.configured()
        assert check.breaker.running == 0

    def test_whoever_may_not_write_now_hears_it_in_their_language(self, settings: Settings) -> None:
        use(settings, "failing")
        ana = a_reader()
        post("The soup is good.", author=ana)
        with translation.override("ja"), pytest.raises(TooMany, match="投稿したばかりです"):
            post("So is the bread.", author=ana)


class TestPlacesAndMembers:
    """What waits whatever stands in it."""

    def newsroom(self, **fields: Any) -> NewsroomSettings:
        return NewsroomSettings(**fields)

    def test_site_section_and_thread(self) -> None:
        thread = a_thread(a_story(published_at=NOW))
        held = post("The soup is good.", thread=thread, newsroom=self.newsroom(holds_comments=True))
        assert (held.state, held.waits_for, found(held)[0][:2]) == ("held", Waits.SITE, ("site", "held"))
        section = a_section("Letters", holds_comments=True)
        held = post("The soup is good.", thread=a_thread(a_story(section=section, published_at=NOW)))
        assert (held.state, held.waits_for) == ("held", Waits.SECTION)
        held = post("The soup is good.", thread=a_thread(a_story(published_at=NOW), state=ThreadState.HELD_FIRST))
        assert (held.state, held.waits_for) == ("held", Waits.THREAD)

    def test_a_new_members_first_comments_and_those_of_whom_much_was_removed(self) -> None:
        new, watched = a_reader(standing=Standing.NEW), a_reader(standing=Standing.WATCHED)
        assert post("The soup is good.", author=new).waits_for == Waits.NEW
        assert post("The soup is good.", author=watched).waits_for == Waits.RECORD
        free = post(
            "The soup is good.", author=a_reader(standing=Standing.NEW), newsroom=self.newsroom(first_comments_held=0)
        )
        assert free.is_visible

    def test_the_staff_wait_nowhere(self) -> None:
        editor = a_reader(role=Role.EDITOR, standing=Standing.NEW)
        assert post("The soup is good.", author=editor, newsroom=self.newsroom(holds_comments=True)).is_visible
