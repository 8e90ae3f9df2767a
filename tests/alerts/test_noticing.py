"""Who is told of what, once: from posting, editing and moderating to the notices and the number on the bell."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks import plans
from kakehashi.alerts import actions, tasks
from kakehashi.alerts.actions import noticing, telling
from kakehashi.alerts.models import Follow, Look, Notice, NoticeChoice, NoticeKind, Receiver
from kakehashi.comments import actions as comments
from kakehashi.comments.models import Comment, CommentState, Thread
from kakehashi.moderation import actions as moderation
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import Appeal, Flag, PolicyVersion, Rule
from kakehashi.moderation.rules import TELL_AFTER
from kakehashi.readers import actions as readers
from kakehashi.readers.models import Reader, Role
from kakehashi.stories.models import Correction, StoryPage
from tests.factories import a_comment, a_reader, a_story

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def _the_first_look_was_before(db: None, now: datetime) -> None:
    noticing.forget()
    look(now - 10 * MINUTE)


@pytest.fixture
def story(db: None) -> StoryPage:
    return a_story("The ferry is late again")


@pytest.fixture
def thread(story: StoryPage) -> Thread:
    return comments.thread_for(story)


@pytest.fixture
def ana(db: None) -> Reader:
    return a_reader("Ana Lindqvist")


@pytest.fixture
def bo(db: None) -> Reader:
    return a_reader("Bo Marsh")


@pytest.fixture
def moderator(db: None) -> Reader:
    return a_reader("Mo the Moderator", role=Role.MODERATOR)


def look(now: datetime) -> int:
    """Once the seconds are over in which a moderator takes back a slip."""
    return tasks.tell_readers(now + TELL_AFTER)


def told(reader: Reader) -> list[tuple[str, int | None]]:
    """The kinds and comments of what the reader sees, the oldest first."""
    notices = Notice.objects.shown().filter(reader=reader).order_by("pk")
    return list(notices.values_list("kind", "comment_id"))


def on_the_bell(reader: Reader) -> int:
    reader.refresh_from_db()
    return reader.unread_notices


class TestComments:
    def test_an_answer_a_quote_and_a_mention(self, thread: Thread, ana: Reader, bo: Reader, now: datetime) -> None:
        first = a_comment(thread, author=ana, created_at=now - MINUTE)
        answer = comments.post_comment(author=bo, thread=thread, source="Not quite so.", parent=first, now=now)
        quote = comments.post_comment(
            author=bo, thread=thread, source="> plainly made\n\nIs it?", quoted=first, now=now + MINUTE
        )
        mention = comments.post_comment(author=bo, thread=thread, source="@Ana Lindqvist, look!", now=now + 2 * MINUTE)
        assert look(now + 2 * MINUTE) == 3
        assert told(ana) == [
            (NoticeKind.ANSWER, answer.pk),
            (NoticeKind.QUOTE, quote.pk),
            (NoticeKind.MENTION, mention.pk),
        ]
        assert told(bo) == []
        assert on_the_bell(ana) == 3

    def test_one_comment_that_is_all_of_these_is_told_once(
        self, thread: Thread, ana: Reader, bo: Reader, now: datetime
    ) -> None:
        first = a_comment(thread, author=ana, created_at=now - MINUTE)
        answer = comments.post_comment(
            author=bo, thread=thread, source="@Ana Lindqvist, no.", parent=first, quoted=first, now=now
        )
        look(now)
        assert told(ana) == [(NoticeKind.ANSWER, answer.pk)]
        assert on_the_bell(ana) == 1

    def test_looking_again_tells_nothing_again_whoever_looks(
        self, thread: Thread, ana: Reader, bo: Reader, now: datetime
    ) -> None:
        first = a_comment(thread, author=ana, created_at=now - MINUTE)
        comments.post_comment(author=bo, thread=thread, source="Not quite so.", parent=first, now=now)
        assert look(now) == 1
        assert look(now + MINUTE / 10) == 0
        noticing.forget()
        assert look(now + MINUTE / 5) == 0
        assert on_the_bell(ana) == 1

    def test_edits_and_repeated_mentions_tell_once_and_whom_an_edit_names_is_told(
        self, thread: Thread, ana: Reader, bo: Reader, now: datetime
    ) -> None:
        said = comments.post_comment(author=bo, thread=thread, source="@Ana Lindqvist @Ana Lindqvist", now=now)
        look(now)
        cleo = a_reader("Cleo")
        for n, words in enumerate(("@Ana Lindqvist!", "Nobody.", "@Ana Lindqvist and @Cleo", "@Cleo")):
            comments.edit_comment(actor=bo, comment=said, source=words, now=now + (n + 1) * MINUTE / 2)
            look(now + (n + 1) * MINUTE / 2)
        assert told(ana) == [(NoticeKind.MENTION, said.pk)]
        assert told(cleo) == [(NoticeKind.MENTION, said.pk)]
        assert (on_the_bell(ana), on_the_bell(cleo)) == (1, 1)

    def test_nobody_is_told_of_what_they_did_themselves(self, thread: Thread, ana: Reader, now: datetime) -> None:
        first = a_comment(thread, author=ana, created_at=now - MINUTE)
        comments.post_comment(
            author=ana, thread=thread, source="> plainly\n\n@Ana Lindqvist", parent=first, quoted=first, now=now
        )
        assert look(now) == 0
        assert told(ana) == []

    def test_what_was_there_before_or_is_imported_is_no_news(
        self, thread: Thread, ana: Reader, bo: Reader, now: datetime
    ) -> None:
        first = a_comment(thread, author=ana, created_at=now - timedelta(days=900))
        comments.import_comment(
            thread=thread, source="So it was.", author=bo, parent=first, created_at=now - timedelta(days=899)
        )
        assert look(now) == 0
        Notice.objects.all().delete()
        Look.objects.all().delete()
        comments.post_comment(author=bo, thread=thread, source="Is it?", parent=first, now=now - 5 * MINUTE)
        assert look(now) == 0

    def test_after_a_day_without_a_worker_the_day_is_told(
        self, thread: Thread, ana: Reader, bo: Reader, now: datetime
    ) -> None:
        first = a_comment(thread, author=ana, created_at=now)
        comments.post_comment(author=bo, thread=thread, source="Not quite so.", parent=first, now=now + 3 * MINUTE)
        assert look(now + timedelta(days=1)) == 1

    def test_muted_members_cause_none_and_muting_takes_them_away(
        self, thread: Thread, ana: Reader, bo: Reader, now: datetime
    ) -> None:
        first = a_comment(thread, author=ana, created_at=now - MINUTE)
        cleo = a_reader("Cleo")
        readers.mute(reader=ana, muted=bo)
        comments.post_comment(author=bo, thread=thread, source="@Ana Lindqvist", parent=first, now=now)
        comments.post_comment(author=cleo, thread=thread, source="Quite so.", parent=first, now=now)
        look(now)
        assert [kind for kind, _pk in told(ana)] == [NoticeKind.ANSWER]
        readers.mute(reader=ana, muted=cleo)
        assert told(ana) == []
        assert on_the_bell(ana) == 0
        readers.unmute(reader=ana, muted=cleo)
        assert on_the_bell(ana) == 1

    def test_who_has_left_is_told_nothing(self, thread: Thread, ana: Reader, bo: Reader, now: datetime) -> None:
        first = a_comment(thread, author=ana, created_at=now - MINUTE)
        readers.erase_reader(reader=ana, now=now)
        comments.post_comment(author=bo, thread=thread, source="Not quite so.", parent=first, now=now)
        assert look(now) == 0


class TestFollowers:
    def test_they_are_told_of_every_comment_but_their_own(
        self, thread: Thread, ana: Reader, bo: Reader, now: datetime
    ) -> None:
        for reader in (ana, bo):
            receiver = Receiver.objects.create(reader=reader)
            Follow.objects.create(receiver=receiver, subject=f"thread:{thread.story_id}", rhythm="weekly")
        Follow.objects.create(
            receiver=Receiver.objects.create(email="x@example.org"), subject=f"thread:{thread.story_id}"
        )
        first = comments.post_comment(author=ana, thread=thread, source="A fair point.", now=now)
        answer = comments.post_comment(author=bo, thread=thread, source="Not quite so.", parent=first, now=now)
        other = a_comment(thread, created_at=now)
        a_comment(created_at=now)
        assert look(now) == 4
        # The answer is told as one.
        assert told(ana) == [(NoticeKind.ANSWER, answer.pk), (NoticeKind.THREAD, other.pk)]
        assert told(bo) == [(NoticeKind.THREAD, first.pk), (NoticeKind.THREAD, other.pk)]
        assert on_the_bell(bo) == 1


class TestStates:
    def test_held_comments_tell_once_they_are_let_through(
        self, thread: Thread, ana: Reader, bo: Reader, moderator: Reader, now: datetime
    ) -> None:
        first = a_comment(thread, author=ana, created_at=now - MINUTE)
        comments.set_thread_state(actor=moderator, thread=thread, state="held_first")
        held = comments.post_comment(author=bo, thread=thread, source="@Ana Lindqvist", parent=first, now=now)
        assert look(now) == 0
        later = now + timedelta(hours=5)
        comments.set_comment_state(actor=moderator, comment=held, state=CommentState.VISIBLE, now=later)
        look(later)
        assert told(ana) == [(NoticeKind.ANSWER, held.pk)]

    @pytest.mark.parametrize("state", [CommentState.REMOVED, CommentState.HELD, CommentState.WITHDRAWN])
    def test_what_is_gone_is_gone_from_the_bell_and_back_with_the_comment(
        self, thread: Thread, ana: Reader, bo: Reader, moderator: Reader, now: datetime, state: str
    ) -> None:
        first = a_comment(thread, author=ana, created_at=now - MINUTE)
        answer = comments.post_comment(author=bo, thread=thread, source="Not quite so.", parent=first, now=now)
        look(now)
        if state == CommentState.WITHDRAWN:
            comments.withdraw_comment(actor=bo, comment=answer, now=now + MINUTE)
        else:
            comments.set_comment_state(actor=moderator, comment=answer, state=state, now=now + MINUTE)
        assert told(ana) == []
        look(now + MINUTE)
        assert on_the_bell(ana) == 0
        if state != CommentState.WITHDRAWN:
            comments.set_comment_state(actor=moderator, comment=answer, state="visible", now=now + 2 * MINUTE)
            look(now + 2 * MINUTE)
            assert told(ana) == [(NoticeKind.ANSWER, answer.pk)]
            assert on_the_bell(ana) == 1


class TestDecisions:
    """By the actions of the room `moderation`: each decision is told to whom it concerns, with its reasons."""

    @pytest.fixture
    def ground(self) -> Ground:
        version = PolicyVersion.objects.create(number=77)
        rule = Rule.objects.create(version=version, number=3, title="No shouting", text="Please.")
        return Ground(rule=rule, explanation="It was all in capitals.")

    def test_each_is_told_once(
        self, thread: Thread, ana: Reader, moderator: Reader, ground: Ground, now: datetime
    ) -> None:
        said = comments.post_comment(author=ana, thread=thread, source="A FAIR POINT.", now=now)
        for n, action in enumerate(("held", "visible", "removed", "visible"), start=1):
            moderation.decide_comment(
                actor=moderator,
                comment=said,
                action=action,
                ground=ground if action == "removed" else Ground(),
                now=now + n * MINUTE,
            )
            assert look(now + n * MINUTE) == 1
            assert look(now + n * MINUTE + MINUTE / 2) == 0
        moderation.decide_comment(
            actor=moderator, comment=said, action="edited", source="A fair point.", ground=ground, now=now + 5 * MINUTE
        )
        moderation.warn(actor=moderator, reader=ana, ground=ground, now=now + 6 * MINUTE)
        moderation.suspend(actor=moderator, reader=ana, ground=ground, hours=5, now=now + 6 * MINUTE)
        look(now + 6 * MINUTE)
        notices = Notice.objects.shown().filter(reader=ana, kind=NoticeKind.DECISION).order_by("pk")
        assert [notice.outcome for notice in notices] == [
            *("held", "visible", "removed", "restored", "edited", "warned", "suspended"),
        ]
        assert on_the_bell(ana) == 7
        assert {notice.comment_id for notice in notices} == {said.pk, None}

    def test_one_click_on_many_comments_is_one_heap(
        self, thread: Thread, ana: Reader, moderator: Reader, ground: Ground, now: datetime
    ) -> None:
        for _ in range(4):
            a_comment(thread, author=ana)
        moderation.ban(actor=moderator, reader=ana, ground=ground, sweeps=True, now=now)
        assert look(now) == 5
        assert on_the_bell(ana) == 2

    def test_nobody_is_told_of_their_own_decisions(self, thread: Thread, moderator: Reader, now: datetime) -> None:
        said = a_comment(thread, author=moderator)
        moderation.decide_comment(actor=moderator, comment=said, action="held", now=now)
        assert look(now) == 0

    def test_answers_to_appeals_and_flags(
        self, thread: Thread, ana: Reader, bo: Reader, moderator: Reader, ground: Ground, now: datetime
    ) -> None:
        said = a_comment(thread, author=ana)
        decision = moderation.decide_comment(actor=moderator, comment=said, action="removed", ground=ground, now=now)
        flags = Flag.objects.create(comment=said, reader=bo, created_at=now)
        appeal = Appeal.objects.create(decision=decision, reader=ana, words="I was not shouting.", created_at=now)
        assert look(now) == 1
        Appeal.objects.filter(pk=appeal.pk).update(state="granted", settled_at=now + MINUTE)
        # The decision that puts an appeal into effect is told by the appeal's answer.
        back = moderation.undo(actor=moderator, decision=decision, now=now + MINUTE)
        type(back).objects.filter(pk=back.pk).update(origin="appeal")
        Flag.objects.filter(pk=flags.pk).update(outcome="declined", settled_at=now + MINUTE, decision=back)
        assert look(now + MINUTE) == 2
        assert look(now + MINUTE) == 0
        assert told(bo) == [(NoticeKind.FLAG, said.pk)]
        assert told(ana) == [(NoticeKind.DECISION, said.pk), (NoticeKind.APPEAL, said.pk)]
        assert Notice.objects.get(kind=NoticeKind.APPEAL).outcome == "granted"


class TestCorrections:
    def test_those_who_wrote_before_are_told_once_whatever_becomes_of_its_row(
        self, thread: Thread, story: StoryPage, ana: Reader, bo: Reader, now: datetime
    ) -> None:
        a_comment(thread, author=ana, created_at=now - MINUTE)
        a_comment(thread, author=ana, created_at=now - MINUTE)
        a_comment(thread, author=a_reader(), created_at=now - MINUTE, state=CommentState.REMOVED)
        correction = Correction.objects.create(story=story, corrected_at=now, text="It was Tuesday.")
        assert look(now) == 1
        a_comment(thread, author=bo, created_at=now + MINUTE)
        assert look(now + MINUTE) == 0
        correction.delete()
        Correction.objects.create(story=story, corrected_at=now, text="It was a Tuesday.")
        assert look(now + 2 * MINUTE) == 0
        assert told(ana) == [(NoticeKind.CORRECTION, None)]
        assert told(bo) == []
        assert on_the_bell(ana) == 1

    def test_drafts_and_history_tell_nobody(self, thread: Thread, story: StoryPage, ana: Reader, now: datetime) -> None:
        a_comment(thread, author=ana, created_at=now - timedelta(days=20))
        Correction.objects.create(story=story, corrected_at=now - timedelta(days=8), text="Long ago.")
        story.live = False
        story.save()
        Correction.objects.create(story=story, corrected_at=now, text="Not yet published.")
        assert look(now) == 0


class TestChoices:
    def test_each_kind_on_or_off_on_the_site_and_by_mail(
        self, thread: Thread, ana: Reader, bo: Reader, now: datetime
    ) -> None:
        NoticeChoice.objects.create(reader=ana, kind=NoticeKind.ANSWER, on_site=False, by_mail=False)
        NoticeChoice.objects.create(reader=ana, kind=NoticeKind.QUOTE, on_site=False, by_mail=True)
        first = a_comment(thread, author=ana, created_at=now - MINUTE)
        source = "Not quite so."
        comments.post_comment(author=bo, thread=thread, source=source, parent=first, now=now)
        assert look(now) == 0
        comments.post_comment(
            author=bo, thread=thread, source=f"{source} 2", parent=first, quoted=first, now=now + MINUTE
        )
        look(now + MINUTE)
        notice = Notice.objects.get(reader=ana)
        assert (notice.kind, notice.is_on_site, notice.mail_at) == (
            "quote",
            False,
            now + MINUTE + TELL_AFTER + telling.MAIL_WAIT,
        )
        assert on_the_bell(ana) == 0
        comments.post_comment(
            author=bo, thread=thread, source="@Ana Lindqvist", parent=first, quoted=first, now=now + 2 * MINUTE
        )
        look(now + 2 * MINUTE)
        notice = Notice.objects.filter(reader=ana).latest("pk")
        assert (notice.kind, notice.is_on_site, notice.mail_at) == (
            "mention",
            True,
            now + 2 * MINUTE + TELL_AFTER + telling.MAIL_WAIT,
        )
        assert on_the_bell(ana) == 1


def test_it_takes_as_many_queries_for_thirty_comments_as_for_one(
    thread: Thread, ana: Reader, bo: Reader, now: datetime
) -> None:
    first = a_comment(thread, author=ana, created_at=now - MINUTE)
    look(now)
    asked = []
    for length in (1, 30):
        noticing.forget()
        answers = [a_comment(thread, parent=first, created_at=now + length * MINUTE) for _ in range(length)]
        Comment.objects.filter(pk__in=[answer.pk for answer in answers]).update(author=bo)
        with CaptureQueriesContext(connection) as queries:
            assert look(now + length * MINUTE) == length
        asked.append(len(queries))
    # The number on the bell is the same the second time and is not written.
    assert asked[1] == asked[0] - 1
    assert asked[0] <= 30
    assert on_the_bell(ana) == 1


def test_no_query_reads_a_growing_table_from_end_to_end(
    thread: Thread, ana: Reader, bo: Reader, moderator: Reader, now: datetime, client: Client
) -> None:
    first = a_comment(thread, author=ana, created_at=now - MINUTE)
    comments.post_comment(author=bo, thread=thread, source="Not quite so.", parent=first, now=now)
    moderation.decide_comment(actor=moderator, comment=first, action="held", now=now)
    Correction.objects.create(story=thread.story, corrected_at=now, text="It was Tuesday.")
    client.force_login(ana)
    with plans.watching() as worker:
        assert look(now) == 3
        actions.queue_notice_mails(now=now + timedelta(hours=1))
        actions.forget_old_notices(now=now)
    # PostgreSQL, which knows nothing of these times, would take a third of all comments for new.
    assert connection.vendor == "postgresql" or plans.scans("worker", worker) == []
    plans.pretend_growth()
    with plans.watching() as watcher:
        client.get("/account/notices/")
        client.get("/account/notices/?kind=answer&before=99")
        client.post("/account/notices/read/", {"until": "99"})
    found = plans.scans("notices", watcher)
    assert not found, "\n".join(map(str, found))
