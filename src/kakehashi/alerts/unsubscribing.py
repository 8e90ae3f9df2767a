"""What one click ends, by the scope that a mail carries: "follow:SUBJECT", "digest:daily", "discussions", "notices", "all"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from kakehashi.alerts import subjects
from kakehashi.alerts.actions.choosing import end_notice_mails
from kakehashi.alerts.actions.following import switch_off, unfollow
from kakehashi.alerts.models import Follow, Receiver, Rhythm

# First word of a scope -> `f(receiver, rest of the scope, now)`, which ends it, and `f(rest of the scope)`, which says
# what that is: a sentence without a subject, “mails about …”.
SCOPES: dict[str, tuple[str, str]] = {
    "follow": ("kakehashi.alerts.unsubscribing.end_follow", "kakehashi.alerts.unsubscribing.name_follow"),
    "digest": ("kakehashi.alerts.unsubscribing.end_digest", "kakehashi.alerts.unsubscribing.name_digest"),
    "discussions": (
        "kakehashi.alerts.unsubscribing.end_discussions",
        "kakehashi.alerts.unsubscribing.name_discussions",
    ),
    "notices": ("kakehashi.alerts.unsubscribing.end_notices", "kakehashi.alerts.unsubscribing.name_notices"),
    "all": ("kakehashi.alerts.unsubscribing.end_all", "kakehashi.alerts.unsubscribing.name_all"),
}

End = Callable[[Receiver, str, datetime], None]
Name = Callable[[str], str]


def end(scope: str, *, receiver: Receiver, now: datetime) -> None:
    """End what the mail came from; repeats are harmless. A scope that this version does not know ends all."""
    kind, _sep, rest = scope.partition(":")
    function: End = import_string(SCOPES.get(kind, SCOPES["all"])[0])
    function(receiver, rest, now)


def name(scope: str) -> str:
    """What `end` ends."""
    kind, _sep, rest = scope.partition(":")
    function: Name = import_string(SCOPES.get(kind, SCOPES["all"])[1])
    return function(rest)


def end_follow(receiver: Receiver, subject: str, now: datetime) -> None:
    unfollow(receiver=receiver, words=[subject], now=now)


def name_follow(subject: str) -> str:
    found = subjects.found([subject]).get(subject)
    return found.title if found is not None else _("something that is not here any more")


def end_digest(receiver: Receiver, rhythm: str, now: datetime) -> None:
    _end_all_of(receiver, now, rhythm=rhythm)


def name_digest(rhythm: str) -> str:
    return _("the weekly digest") if rhythm == Rhythm.WEEKLY else _("the daily digest")


def end_discussions(receiver: Receiver, rest: str, now: datetime) -> None:
    kinds = (f"{subjects.THREAD}:", f"{subjects.MEMBER}:")
    words = [word for word in _followed(receiver, rhythm=Rhythm.AT_ONCE) if word.startswith(kinds)]
    unfollow(receiver=receiver, words=words, now=now)


def name_discussions(rest: str) -> str:
    return _("mails about new comments")


def end_notices(receiver: Receiver, rest: str, now: datetime) -> None:
    if receiver.reader is not None:
        end_notice_mails(reader=receiver.reader)


def name_notices(rest: str) -> str:
    return _("mails of notices")


def end_all(receiver: Receiver, rest: str, now: datetime) -> None:
    switch_off(receiver=receiver, now=now)


def name_all(rest: str) -> str:
    return _("all mails")


def _end_all_of(receiver: Receiver, now: datetime, **which: str) -> None:
    unfollow(receiver=receiver, words=_followed(receiver, **which), now=now)


def _followed(receiver: Receiver, **which: str) -> list[str]:
    return list(Follow.objects.filter(receiver=receiver, **which).values_list("subject", flat=True))
