"""The demo newsroom on a small scale: made by the real actions, the same from the same number, and left alone once made."""

from __future__ import annotations

import hashlib
import itertools
import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

from django.contrib.auth import authenticate
from django.db.models import Count, F, Q
from django.test import TestCase

from kakehashi.alerts.models import Follow, Mail, Notice
from kakehashi.archive.demo import DemoSummary, make_newsroom
from kakehashi.archive.demo.people import LEFT, MIDDLE, RIGHT, Person
from kakehashi.archive.demo.plan import make_plan
from kakehashi.archive.demo.waiting import NEWCOMERS
from kakehashi.comments.models import Comment, Quote, Revision, Thread, Vote
from kakehashi.lib import text
from kakehashi.moderation.models import Action, Alarm, AlarmAccount, Appeal, Claim, Decision, Waiting
from kakehashi.ranking.models import RankingRun
from kakehashi.readers.models import Reader
from kakehashi.search.models import Entry
from kakehashi.stories.models import NewsroomSettings, SectionPage, StoryPage
from kakehashi.trending import queries as trending_queries
from kakehashi.trending.models import KEPT

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SCALE = 0.05
SEED = 11


def _camps(comment: Comment) -> list[list[str]]:
    return [part.split("/") for part in comment.agreement.split(",")]


def no_network(*_: object) -> None:
    raise AssertionError("the demo went to the network")


class SmallNewsroom(TestCase):
    summary: DemoSummary
    steps: list[str]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.steps = []
        with mock.patch.object(socket.socket, "connect", no_network), mock.patch("socket.getaddrinfo", no_network):
            cls.summary = make_newsroom(
                seed=SEED, now=NOW, scale=SCALE, progress=lambda step, _done, _total: cls.steps.append(step)
            )

    def test_the_summary_counts_what_is_there(self) -> None:
        assert self.summary.stories == StoryPage.objects.count() == 18
        assert self.summary.members == Reader.objects.count() == 90
        assert self.summary.comments == Comment.objects.count() > 110
        assert self.summary.votes == Vote.objects.count() > 1400
        assert SectionPage.objects.count() == 6
        assert NewsroomSettings.objects.get().name == "The Sunder Packet"

    def test_progress_is_told_step_by_step(self) -> None:
        assert list(dict.fromkeys(self.steps)) == [
            "Inventing people",
            "Printing stories",
            "Writing comments",
            "Casting votes",
            "Asking readers",
            "Arranging votes",
            "Ringing the bells",
            "Filling the queue",
            "Filling the search",
            "Finding common ground",
            "Counting who reads what",
            "Following the news",
        ]

    def test_one_digest_has_gone_out_and_a_few_mails_wait(self) -> None:
        states = Counter(Mail.objects.values_list("state", flat=True))
        assert states == {"handed_over": 1, "waiting": 5}
        assert Follow.objects.values("receiver").distinct().count() > 20

    def test_its_log_ins_open_the_doors_they_name(self) -> None:
        roles = {}
        for login in self.summary.logins:
            reader = authenticate(username=login["email"], password=login["password"])
            assert isinstance(reader, Reader)
            roles[login["role"]] = (reader.is_moderator, reader.is_editor, reader.name == login["name"])
        assert roles == {
            "reader": (False, False, True),
            "moderator": (True, False, True),
            "second moderator": (True, False, True),
            "moderator of Sport": (True, False, True),
            "editor": (False, True, True),
            "administrator": (True, True, True),
        }
        assert not Reader.objects.get(email="member1@demo.example").has_usable_password()

    def test_a_section_has_a_moderator_of_its_own_and_hours(self) -> None:
        sport = SectionPage.objects.get(slug="sport")
        moderator = Reader.objects.get(email="sport@demo.example")
        assert moderator.section_ids == {sport.pk}
        hours = NewsroomSettings.objects.get().hours
        assert {hours.outside_in(section.pk) for section in SectionPage.objects.exclude(pk=sport.pk)} == {"nothing"}
        assert hours.outside_in(sport.pk) == "hold"
        assert not hours.shift(NOW.replace(hour=2), ZoneInfo("UTC")).is_staffed

    def test_a_second_call_changes_nothing(self) -> None:
        with self.assertNumQueries(5):
            assert make_newsroom(seed=SEED + 1, now=NOW, scale=1.0) == self.summary

    def test_one_alarm_is_open_and_one_was_seen_through(self) -> None:
        states = dict(Alarm.objects.values_list("state", "accounts"))
        assert states == {"open": 20, "discounted": 12}
        assert Vote.objects.filter(is_discounted=True).count() == 12
        assert Decision.objects.filter(action=Action.DISCOUNTED).count() == 12
        shared = AlarmAccount.objects.filter(alarm__state="open", network="A").count()
        assert shared == 9

    def test_every_tally_equals_its_rows(self) -> None:
        rows = {
            pk: (up, down)
            for pk, up, down in Comment.objects.annotate(
                ups=Count("votes", Q(votes__value=1, votes__is_discounted=False)),
                downs=Count("votes", Q(votes__value=-1, votes__is_discounted=False)),
            ).values_list("pk", "ups", "downs")
        }
        assert {pk: (up, down) for pk, up, down in Comment.objects.values_list("pk", "up", "down")} == rows
        for thread in Thread.objects.all():
            assert thread.comment_count == thread.comments.visible().count()
            last = thread.comments.visible().order_by("-created_at").first()
            assert thread.last_comment_at == (last.created_at if last else None)

    def test_nobody_broke_a_limit(self) -> None:
        spoken: dict[int, list[datetime]] = {}
        for author, at in Comment.objects.filter(archived_up=0, archived_down=0).values_list("author", "created_at"):
            spoken.setdefault(author, []).append(at)
        for times in spoken.values():
            times.sort()
            assert all(later - earlier >= timedelta(seconds=10) for earlier, later in itertools.pairwise(times))
        downs = Counter(Vote.objects.filter(value=-1).values_list("reader", "comment__author", "changed_at__date"))
        assert max(downs.values()) <= 6
        assert not Vote.objects.filter(comment__author=F("reader")).exists()
        assert not Vote.objects.filter(changed_at__lt=F("comment__created_at")).exists()
        assert not Vote.objects.filter(changed_at__gt=NOW).exists()
        assert not Comment.objects.filter(created_at__gt=NOW).exists()

    def test_comments_answer_quote_and_mention_one_another(self) -> None:
        answers = Comment.objects.exclude(parent=None)
        assert answers.count() > 15
        assert not answers.exclude(thread=F("parent__thread")).exists()
        assert not answers.filter(created_at__lte=F("parent__created_at")).exists()
        for quote in Quote.objects.select_related("comment", "quoted"):
            words = quote.comment.source.split("\n\n")[0].removeprefix("> ").rstrip(".")
            assert words in text.clean(quote.quoted.source).replace("\n\n", " ")
        assert Quote.objects.count() > 5
        assert Comment.objects.exclude(mentions=None).count() > 5

    def test_no_two_comments_are_the_same(self) -> None:
        sources = list(Comment.objects.values_list("source", flat=True))
        # But for the one that waits in the queue because it is.
        assert len(sources) == len(set(sources)) + 1

    def test_stories_are_read_and_sister_papers_tell_of_theirs(self) -> None:
        charts = trending_queries.charts(5)
        assert (len(charts.read), len(charts.discussed)) == (5, 5)
        assert trending_queries.views_written() > 500
        assert {item.site for item in trending_queries.next_door(NOW)} == {
            "The Lowmarsh Lantern",
            "Kestrel Bay Gazette",
        }
        assert trending_queries.next_door(NOW + KEPT) == []

    def test_every_state_of_a_comment_and_a_thread_is_seen(self) -> None:
        assert set(Comment.objects.values_list("state", flat=True)) == {"visible", "held", "removed", "withdrawn"}
        assert set(Thread.objects.values_list("state", flat=True)) == {"open", "closed", "held_first"}
        # By their authors, and one by a moderator.
        assert Revision.objects.count() == Comment.objects.exclude(edited_at=None).count() == 5
        assert Comment.objects.filter(archived_up__gt=0).exists()

    def test_the_queue_is_worth_working_through(self) -> None:
        assert 28 <= Waiting.objects.count() <= 45
        assert Waiting.objects.filter(is_held=True).count() >= 10
        assert Waiting.objects.filter(flags__gte=5).count() == 1
        assert Waiting.objects.get(notices=1).flags > 0
        assert Waiting.objects.get(check_name="words").comment.state == "visible"
        assert Waiting.objects.filter(since__lt=NOW - timedelta(hours=4)).exists()
        assert Waiting.objects.filter(since__gt=NOW - timedelta(minutes=30)).exists()
        assert Waiting.objects.values("thread").distinct().count() > 4
        assert Claim.objects.get().moderator.email == "second@demo.example"

    def test_moderators_have_decided_in_many_ways(self) -> None:
        judged = Decision.objects.filter(comment__isnull=False)
        assert {"visible", "removed", "edited"} <= set(judged.values_list("action", flat=True))
        assert judged.filter(undoes__isnull=False, origin="own").exists()
        assert {"granted", "declined"} <= set(Appeal.objects.values_list("state", flat=True))
        assert not judged.filter(decided_at__gt=NOW).exists()
        assert not judged.filter(decided_at__lt=F("comment__created_at")).exists()

    def test_the_liveliest_thread_needs_a_second_page(self) -> None:
        assert Thread.objects.order_by("-comment_count")[0].comment_count > 50

    def test_stories_of_every_kind_are_there(self) -> None:
        expired = [story for story in StoryPage.objects.select_related("agency") if story.is_body_expired(NOW)]
        assert expired
        assert all(story.agency is not None for story in expired)
        to_come = StoryPage.objects.get(live=False)
        assert to_come.go_live_at == NOW + timedelta(days=1)
        assert not Thread.objects.filter(story=to_come).exists()
        assert StoryPage.objects.filter(corrections__isnull=False).count() == 3
        assert StoryPage.objects.filter(running_story__slug="the-sunder-bridge").count() == 5
        assert StoryPage.objects.exclude(lead_image=None).count() == 6
        assert not StoryPage.objects.exclude(lead_image=None).filter(lead_alt="").exists()
        assert StoryPage.objects.filter(published_at__gt=NOW - timedelta(hours=24), live=True).count() == 2
        assert StoryPage.objects.filter(published_at__lt=NOW - timedelta(days=9 * 365)).exists()

    def test_its_reader_has_unread_notices_of_many_kinds(self) -> None:
        me = Reader.objects.get(name="Hazel Tidewell")
        unread = Notice.objects.shown().unread().filter(reader=me)
        assert {"answer", "quote", "mention", "thread", "decision"} <= set(unread.values_list("kind", flat=True))
        assert me.unread_notices == len(set(unread.values_list("heap", flat=True))) > 4
        assert Notice.objects.exclude(reader=me).exists()
        assert not Notice.objects.exclude(mail_at=None).exists()

    def test_search_finds_stories_and_comments_at_once(self) -> None:
        assert Entry.objects.filter(comment=None).count() == 17
        assert Entry.objects.exclude(comment=None).count() == Comment.objects.count()

    def test_two_camps_are_found_and_what_both_like_comes_first(self) -> None:
        run = RankingRun.objects.get()
        assert (run.state, run.camps) == ("applied", 2)
        thread = Thread.objects.order_by("-comment_count")[0]
        rated = list(thread.comments.visible().order_by("-common_ground"))
        first, last = rated[:3], rated[-5:]
        for comment in first:
            shares = [int(up) / max(int(count), 1) for up, count in _camps(comment)]
            assert min(shares) > 0.6, comment.agreement
        assert all(min(int(up) / max(int(count), 1) for up, count in _camps(comment)) < 0.5 for comment in last)
        assert not Comment.objects.visible().filter(up__gt=0, common_ground=0.0).exists()

    def test_the_same_number_gives_the_same_words_and_votes(self) -> None:
        me = Person("Hazel Tidewell", MIDDLE, 0.1, 0.3, energy=4.0, talkativeness=12.0)
        first, again, other = (
            make_plan(seed=seed, now=NOW, scale=SCALE, residents=[me]) for seed in (SEED, SEED, SEED + 1)
        )
        made = {(c.created_at, c.source) for c in Comment.objects.all()}
        planned = {(one.at, (one.case.text if one.case else "") or one.edit or one.source) for one in again.remarks}
        # Besides what is planned, three members turn to the demo's reader, and what newcomers wrote waits.
        assert planned < made
        assert len(made - planned) == 3 + len(NEWCOMERS) + 2 + 1 + 1
        assert [vote.at for vote in first.votes] == [vote.at for vote in again.votes]
        assert [one.source for one in first.remarks] == [one.source for one in again.remarks]
        assert [one.source for one in other.remarks] != [one.source for one in first.remarks]

    def test_the_same_number_gives_the_same_pictures(self) -> None:
        from kakehashi.archive.demo.pictures import make_picture

        digests = [hashlib.sha256(make_picture("waves", seed=seed)).hexdigest() for seed in ("a", "a", "b")]
        assert digests[0] == digests[1] != digests[2]


class TestCamps:
    def test_two_camps_vote_apart_and_agree_on_the_middle(self) -> None:
        plan = make_plan(seed=SEED, now=NOW, scale=0.4)
        share: dict[tuple[str, str], list[int]] = {}
        for vote in plan.votes:
            if abs(vote.remark.quality) < 0.6 and vote.remark.author.side != MIDDLE:
                share.setdefault((vote.voter.side, vote.remark.author.side), []).append(vote.value)
            elif vote.remark.author.side == MIDDLE and vote.remark.quality > 0.5:
                share.setdefault((vote.voter.side, MIDDLE), []).append(vote.value)
        mean = {key: sum(values) / len(values) for key, values in share.items()}
        for own, other in ((LEFT, RIGHT), (RIGHT, LEFT)):
            assert mean[own, own] > 0.4
            assert mean[own, other] < -0.1
            assert mean[own, MIDDLE] > 0.5

    def test_the_whole_newsroom_is_large_enough(self) -> None:
        plan = make_plan(seed=7, now=NOW, scale=1.0)
        sizes = Counter(remark.story.slug for remark in plan.remarks)
        assert len(plan.files) >= 40
        assert len(plan.town) >= 320
        assert len(plan.remarks) >= 1500
        assert len(plan.votes) >= 30_000
        assert max(sizes.values()) >= 150
        assert sum(1 for size in sizes.values() if size <= 2) >= 3
        assert len({remark.body for remark in plan.remarks}) == len(plan.remarks)
        sentences = Counter(
            sentence
            for remark in plan.remarks
            for sentence in remark.body.replace("\n\n", " ").replace("? ", ". ").split(". ")
            if len(sentence) > 25
        )
        assert sum(1 for count in sentences.values() if count == 1) > 0.8 * len(sentences)
