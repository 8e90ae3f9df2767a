"""The worker's part of moderation."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from kakehashi.comments import actions as comment_actions
from kakehashi.moderation import actions
from kakehashi.moderation.checks import nudging, retrying


def find_waiting(now: datetime) -> int:
    """Put into the queue what came without a word to it; how many comments were looked at."""
    return actions.find_waiting(now=now)


def retrain(now: datetime) -> int:
    """Learn anew what is removed here, if that is due; 1 if it was."""
    return actions.retrain(now=now)


def score_new(now: datetime) -> int:
    """Say how likely what waits, and what is new, is to be removed; how many comments were read."""
    return actions.score_new(now=now)


def watch_votes(now: datetime) -> int:
    """Raise alarms about bursts of votes; how many."""
    return actions.watch_votes(now=now)


def watch_accounts(now: datetime) -> int:
    """Raise alarms about accounts; how many."""
    return actions.watch_accounts(now=now)


def go_on_discounting(now: datetime) -> int:
    """Discount what is left of thousands of votes; how many."""
    return actions.go_on_discounting(now=now)


def settle_withdrawn(now: datetime) -> int:
    """Answer what waits on comments that their authors have withdrawn; how many reports."""
    return actions.settle_withdrawn(now=now)


def forget_senders(now: datetime) -> int:
    """Forget who sent legal notices that were settled long ago; how many rows."""
    return actions.forget_senders(now=now, days=settings.KAKEHASHI_NOTICE_NAMES_DAYS)


def look_at_members(now: datetime) -> int:
    """Let members be known whose first comments were published, and read those first of whom much was removed."""
    return actions.look_at_members(now=now)


def look_at_watched(now: datetime) -> int:
    return actions.look_at_watched(now=now)


def try_broken_checks(now: datetime) -> int:
    """Whether checks that failed work again."""
    return actions.try_broken_checks(now=now)


def look_again(now: datetime) -> int:
    """What a broken check held is put before it once it works."""
    return retrying.look_again(now=now)


def forget_nudges(now: datetime) -> int:
    """Who was asked to think again some months ago is no longer kept."""
    return nudging.forget(now=now)


def forget_digests(now: datetime) -> int:
    """Texts of some days ago are no longer looked for."""
    return comment_actions.forget_digests(now=now)
