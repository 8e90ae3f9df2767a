"""Alarms are raised about what looks arranged, and about nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from kakehashi.comments.models import Comment, Vote
from kakehashi.moderation import actions, queries
from kakehashi.moderation.abuse.reading import BY_COMMENT
from kakehashi.moderation.actions import watching
from kakehashi.moderation.models import Alarm, AlarmKind, AlarmState
from kakehashi.readers.models import FOREVER, Reader, Trace
from kakehashi.readers.traces import KEPT_FOR
from tests.factories import a_comment, a_reader, a_thread, a_vote
from tests.moderation.rows import a_ground, a_moderator

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.get_default_timezone())


def a_crowd(count: int, *, days: float = 2, now: datetime = NOW, **fields: str) -> list[Reader]:
    return [a_reader(date_joined=now - timedelta(days=days), **fields) for _ in range(count)]


def vote(
    readers: list[Reader], comments: list[Comment], value: int, *, now: datetime = NOW, seconds: float = 20
) -> None:
    """They vote one after another, on the comments in turn, and are done by now."""
    for n, reader in enumerate(readers):
        at = now - timedelta(seconds=seconds * (len(readers) - n))
        a_vote(comments[n % len(comments)], value, reader=reader, changed_at=at)


def seen_before(readers: list[Reader]) -> None:
    """They have voted for weeks."""
    old = a_comment()
    Vote.objects.bulk_create(
        Vote(comment=old, reader=one, value=1, changed_at=NOW - timedelta(days=9)) for one in readers
    )


def trace(reader: Reader, network: str, device: str = "d", *, is_joining: bool = False) -> None:
    Trace.objects.create(reader=reader, day=NOW.date(), network=network, device=device, is_joining=is_joining)


def test_twenty_young_accounts_that_vote_one_comment_down() -> None:
    comment, crowd = a_comment(), a_crowd(20)
    vote(crowd, [comment], -1)
    for reader in crowd[:5]:
        trace(reader, "the same", f"device {reader.pk}")
    assert actions.watch_votes(now=NOW) == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.comment, alarm.value, alarm.accounts, alarm.votes) == (
        AlarmKind.COMMENT,
        comment,
        -1,
        20,
        20,
    )
    assert alarm.strength > 6
    letters = list(alarm.members.order_by("pk").values_list("network", flat=True))
    assert letters == ["A"] * 5 + [""] * 15
    # Nobody has lost anything.
    assert not Vote.objects.filter(is_discounted=True).exists()
    assert actions.watch_votes(now=NOW + timedelta(seconds=30)) == 0
    assert Alarm.objects.count() == 1


def test_the_alarm_grows_while_it_is_open_and_is_not_raised_again_for_what_was_seen() -> None:
    comment, mo = a_comment(), a_moderator()
    vote(a_crowd(12), [comment], -1)
    actions.watch_votes(now=NOW)
    later = NOW + timedelta(minutes=2)
    vote(a_crowd(5), [comment], -1, now=later)
    assert actions.watch_votes(now=later) == 1
    alarm = Alarm.objects.get()
    assert alarm.votes == 17
    actions.settle_alarm(actor=mo, alarm=alarm, state=AlarmState.DISMISSED, reason="A school class.", now=later)
    assert actions.watch_votes(now=later + timedelta(seconds=30)) == 0
    latest = later + timedelta(minutes=3)
    vote(a_crowd(20), [comment], -1, now=latest)
    assert actions.watch_votes(now=latest) == 1
    assert Alarm.objects.latest("pk").votes == 20


def test_a_hot_thread_of_old_members_raises_none() -> None:
    comments = [a_comment() for _ in range(4)]
    crowd = a_crowd(60, days=300)
    seen_before(crowd)
    vote(crowd, comments, 1, seconds=3)
    vote(crowd[:20], [a_comment()], -1, seconds=3)
    assert actions.watch_votes(now=NOW) == 0


def test_a_newsletter_that_brings_many_new_readers_raises_none() -> None:
    """They are new, and they vote on everything."""
    vote(a_crowd(120), [a_comment() for _ in range(6)], 1, seconds=4)
    assert actions.watch_votes(now=NOW) == 0


def test_sleeping_accounts_that_wake_up_together() -> None:
    regulars, comment = a_crowd(40, days=300), a_comment()
    seen_before(regulars)
    vote(regulars, [a_comment() for _ in range(3)], 1, seconds=8)
    vote(a_crowd(15, days=200), [comment], -1)
    assert actions.watch_votes(now=NOW) == 1
    assert Alarm.objects.get().comment == comment


def test_against_one_member_across_comments() -> None:
    ana = a_reader()
    comments = [a_comment(author=ana) for _ in range(5)]
    vote(a_crowd(15), comments, -1, seconds=60)
    assert actions.watch_votes(now=NOW) == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.member, alarm.votes) == (AlarmKind.MEMBER, ana, 15)


def test_after_a_pause_of_the_worker_nothing_is_missed() -> None:
    actions.watch_votes(now=NOW - timedelta(hours=3))
    vote(a_crowd(20), [a_comment()], -1, now=NOW - timedelta(hours=2))
    assert actions.watch_votes(now=NOW) == 1


def test_two_accounts_at_one_place_that_always_agree_within_minutes() -> None:
    a, b = a_crowd(2, days=90)
    c, d = a_crowd(2, days=90)
    comments = [a_comment() for _ in range(8)]
    for n, comment in enumerate(comments):
        at = NOW - timedelta(days=n, minutes=5)
        a_vote(comment, (1, -1)[n % 2], reader=a, changed_at=at)
        a_vote(comment, (1, -1)[n % 2], reader=b, changed_at=at + timedelta(seconds=90))
        # A household that reads the same and votes when it likes.
        a_vote(comment, 1, reader=c, changed_at=at)
        a_vote(comment, 1, reader=d, changed_at=at - timedelta(hours=5))
    for reader, network in ((a, "one"), (b, "one"), (c, "two"), (d, "two")):
        trace(reader, network)
    assert actions.watch_accounts(now=NOW) == 1
    alarm = Alarm.objects.get()
    assert alarm.kind == AlarmKind.ALIKE
    assert {one.reader for one in alarm.members.all()} == {a, b}
    mo = a_moderator()
    actions.settle_alarm(actor=mo, alarm=alarm, state=AlarmState.LINKED, reason="Same words, too.", now=NOW)
    assert queries.linked_to(a) == [b]
    assert actions.watch_accounts(now=NOW) == 0


def test_old_accounts_at_one_network_that_fall_upon_one_comment() -> None:
    """They have voted for years, and so has everybody else; what they share is where they are."""
    crowd, regulars, comment = a_crowd(10, days=300), a_crowd(60, days=300), a_comment()
    seen_before([*crowd, *regulars])
    vote(regulars, [a_comment() for _ in range(6)], -1, seconds=5)
    vote(regulars[:10], [comment], -1, seconds=5)
    vote(crowd, [comment], -1)
    for n, reader in enumerate([*crowd, *regulars]):
        trace(reader, "theirs" if n < len(crowd) else f"of their own {n}")
    assert actions.watch_votes(now=NOW) == 0
    assert actions.watch_accounts(now=NOW) == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.comment, alarm.votes, alarm.figures["from"]) == ("comment", comment, 10, "network")
    assert set(alarm.members.values_list("reader", "network")) == {(one.pk, "A") for one in crowd}
    assert actions.watch_accounts(now=NOW) == 0
    mo = a_moderator()
    actions.settle_alarm(actor=mo, alarm=alarm, state=AlarmState.DISMISSED, reason="The school's day out.", now=NOW)
    assert actions.watch_accounts(now=NOW) == 0


def test_from_one_network_against_one_member_across_comments() -> None:
    ana, crowd = a_reader(), a_crowd(13, days=300)
    seen_before(crowd)
    vote(crowd, [a_comment(author=ana) for _ in range(3)], -1, seconds=100)
    for reader in crowd:
        trace(reader, "theirs")
    assert actions.watch_accounts(now=NOW) == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.member, alarm.votes) == (AlarmKind.MEMBER, ana, 13)


def as_one(readers: list[Reader], *, occasions: int, comments: int = 3) -> None:
    """They voted on the same comments within minutes, on so many evenings."""
    for evening in range(1, occasions + 1):
        for comment in [a_comment() for _ in range(comments)]:
            vote(readers, [comment], 1, now=NOW - timedelta(days=evening))


def test_old_accounts_that_share_no_place_but_have_voted_as_one_before() -> None:
    team, regulars, comment = a_crowd(9, days=300), a_crowd(12, days=300), a_comment()
    seen_before([*team, *regulars])
    as_one(team, occasions=4)
    vote(regulars, [comment], -1, seconds=5)
    vote(team, [comment], -1)
    assert actions.watch_votes(now=NOW) == 0
    assert actions.watch_accounts(now=NOW) == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.comment, alarm.votes, alarm.figures["from"]) == ("comment", comment, 9, "team")
    assert {one.reader for one in alarm.members.all()} == set(team)
    assert actions.watch_accounts(now=NOW) == 0
    actions.settle_alarm(actor=a_moderator(), alarm=alarm, state=AlarmState.DISMISSED, reason="A choir.", now=NOW)
    assert actions.watch_accounts(now=NOW) == 0


def test_readers_of_one_mail_of_news_are_no_team() -> None:
    crowd = a_crowd(15, days=300)
    as_one(crowd, occasions=2, comments=8)
    vote(crowd, [a_comment()], 1)
    assert actions.watch_accounts(now=NOW) == 0


def test_a_team_against_one_member_across_comments() -> None:
    ana, team = a_reader(), a_crowd(9, days=300)
    as_one(team, occasions=3)
    vote(team, [a_comment(author=ana) for _ in range(3)], -1, seconds=60)
    assert actions.watch_accounts(now=NOW) == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.member, alarm.votes, alarm.figures["from"]) == (AlarmKind.MEMBER, ana, 9, "team")


def test_a_school_that_votes_on_everything_and_a_household_raise_none() -> None:
    school, family, comments = a_crowd(60, days=300), a_crowd(5, days=300), [a_comment() for _ in range(5)]
    seen_before([*school, *family])
    vote(school, comments, 1, seconds=5)
    vote(family, comments[:1], 1)
    for n, reader in enumerate([*school, *family]):
        trace(reader, "the school" if n < len(school) else "the house", f"device {n}")
    assert actions.watch_accounts(now=NOW) == 0


def test_what_is_settled_while_the_worker_reads_is_not_asked_again() -> None:
    comment, mo = a_comment(), a_moderator()
    vote(a_crowd(12), [comment], -1)
    look = watching._bursts(BY_COMMENT, NOW - timedelta(minutes=2), NOW)
    actions.watch_votes(now=NOW)
    actions.settle_alarm(actor=mo, alarm=Alarm.objects.get(), state=AlarmState.DISMISSED, reason="Friends.", now=NOW)
    assert [watching.raise_alarm(one, now=NOW) for one in look] == [False]
    assert Alarm.objects.count() == 1


def test_no_part_of_a_hash_is_kept_for_longer_than_the_hash() -> None:
    for _ in range(12):
        trace(a_reader(date_joined=NOW), "cafe0123456789abcdef", is_joining=True)
    actions.watch_accounts(now=NOW)
    alarm = Alarm.objects.get(figures__from="network")
    assert "cafe0123" in alarm.key
    actions.watch_accounts(now=NOW + KEPT_FOR)
    alarm.refresh_from_db()
    assert "cafe0123" in alarm.key
    actions.watch_accounts(now=NOW + KEPT_FOR + timedelta(minutes=1))
    alarm.refresh_from_db()
    assert "cafe" not in alarm.key


def test_many_registrations_from_one_network_or_one_domain_within_an_hour() -> None:
    for n in range(12):
        trace(a_reader(date_joined=NOW - timedelta(minutes=n)), "one network", is_joining=True)
        reader = a_reader(email=f"someone{n}@letters.example", date_joined=NOW - timedelta(minutes=n))
        trace(reader, f"network {n}", is_joining=True)
    assert actions.watch_accounts(now=NOW) == 3
    kinds = [(alarm.kind, alarm.figures.get("domain")) for alarm in Alarm.objects.order_by("pk")]
    assert sorted(kinds, key=str) == sorted(
        [(AlarmKind.JOINING, None), (AlarmKind.JOINING, "letters.example"), (AlarmKind.JOINING, "example.org")], key=str
    )


def test_somebody_banned_who_comes_back() -> None:
    mo, banned = a_moderator(), a_reader(email="jo.doe@mail.example")
    trace(banned, "their place", "their browser")
    actions.ban(actor=mo, reader=banned, ground=a_ground(8), now=NOW)
    alias = a_reader(email="jodoe+again@mail.example", date_joined=NOW - timedelta(minutes=2))
    trace(alias, "their place", "their browser", is_joining=True)
    other = a_reader(date_joined=NOW - timedelta(minutes=2))
    trace(other, "their place", "another browser", is_joining=True)
    assert actions.watch_accounts(now=NOW) == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.member) == (AlarmKind.EVASION, banned)
    assert alarm.figures["signals"] == ["place", "address"]
    alias.refresh_from_db()
    assert alias.suspended_until is None
    assert actions.watch_accounts(now=NOW) == 0


def test_somebody_suspended_who_goes_on_with_another_account() -> None:
    mo, paused = a_moderator(), a_reader()
    trace(paused, "their place", "their browser")
    actions.suspend(actor=mo, reader=paused, ground=a_ground(1), hours=24, now=NOW - timedelta(hours=23))
    new = a_reader(date_joined=NOW - timedelta(minutes=2))
    trace(new, "their place", "their browser", is_joining=True)
    assert actions.watch_accounts(now=NOW + timedelta(hours=2)) == 0
    assert actions.watch_accounts(now=NOW) == 1
    assert (Alarm.objects.get().kind, Alarm.objects.get().member) == (AlarmKind.EVASION, paused)


def test_settled_alarms_are_forgotten_after_a_year() -> None:
    mo = a_moderator()
    vote(a_crowd(20), [a_comment()], -1)
    actions.watch_votes(now=NOW)
    actions.settle_alarm(actor=mo, alarm=Alarm.objects.get(), state=AlarmState.SETTLED, reason="Spoken to.", now=NOW)
    actions.watch_accounts(now=NOW + timedelta(days=366))
    assert not Alarm.objects.exists()


def test_looks_cost_the_same_for_many_targets() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    thread = a_thread()
    crowd = a_crowd(10, days=200)
    seen_before(crowd)
    for _ in range(80):
        vote(crowd, [a_comment(thread)], 1, seconds=1)
    with CaptureQueriesContext(connection) as captured:
        actions.watch_votes(now=NOW)
    # 30 targets looked at closely, of comments, and one member or none for each; the rest is read in two statements.
    assert len(captured) < 130
    assert timedelta(days=30) == KEPT_FOR
    assert FOREVER.year == 9999
