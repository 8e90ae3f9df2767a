"""The worker's part: readers are told, what is new becomes mails, and mails go out."""

from __future__ import annotations

from datetime import datetime

from kakehashi.alerts import actions


def tell_readers(now: datetime) -> int:
    """Write the notices of what is new; how many."""
    return actions.tell_of_comments(now=now) + actions.tell_of_corrections(now=now) + actions.tell_of_decisions(now=now)


def queue_news(now: datetime) -> int:
    """Mails about stories and comments as they happen, breaking news, invitations, notices, to those who sent legal notices,
    and to moderators where a check does not work; how many things were new."""
    return (
        actions.queue_breaking_news(now=now)
        + actions.queue_story_alerts(now=now)
        + actions.queue_comment_alerts(now=now)
        + actions.queue_invitations(now=now)
        + actions.queue_notice_mails(now=now)
        + actions.write_to_notifiers(now=now)
        + actions.tell_moderators(now=now)
    )


def queue_digests(now: datetime) -> int:
    """Daily and weekly mails that are due; how many."""
    return actions.queue_digests(now=now)


def send_mails(now: datetime) -> int:
    """What is due, for some seconds; how many were handed over."""
    return actions.send_due(now=now)


def tidy_up(now: datetime) -> int:
    """Forget what is long done; addresses that have an account by now go to its reader. How many rows."""
    return actions.forget_old(now=now) + actions.forget_old_notices(now=now) + actions.adopt_all(now=now)
