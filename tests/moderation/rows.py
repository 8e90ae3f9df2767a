"""Rows of this room in one line each, beside those of tests.factories."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.mfa.models import Authenticator

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, Vote
from kakehashi.moderation import actions, queries
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import Action, Alarm, AlarmKind, AlarmVote, Decision, Rule
from kakehashi.readers.models import Reader, Role
from tests.factories import a_comment, a_reader

ALARMED = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_rule(number: int = 1) -> Rule:
    """A rule in force, of the rules that a new site comes with."""
    actions.ensure_policy()
    return queries.rules_in_force().select_related("version").get(number=number)


def a_ground(number: int = 1, **fields: Any) -> Ground:
    fields.setdefault("explanation", "It calls the writer names.")
    return Ground(rule=a_rule(number), **fields)


def a_moderator(name: str = "", *, role: str = Role.MODERATOR) -> Reader:
    """Somebody who may moderate, with the second factor that the site requires of its staff."""
    reader = a_reader(name, role=role)
    Authenticator.objects.create(user=reader, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return reader


def a_removal(comment: Comment | None = None, *, by: Reader | None = None, **fields: Any) -> Decision:
    """A comment removed under a rule."""
    return actions.decide_comment(
        actor=by or a_reader(role=Role.MODERATOR),
        comment=comment or a_comment(),
        action=Action.REMOVED,
        ground=fields.pop("ground", None) or a_ground(),
        **fields,
    )


def an_alarm(comment: Comment, readers: list[Reader], value: int = -1, now: datetime = ALARMED) -> Alarm:
    """These readers vote, and somebody finds that odd."""
    for reader in readers:
        comment_actions.cast_vote(reader=reader, comment=comment, value=value, now=now)
    alarm = Alarm.objects.create(
        kind=AlarmKind.COMMENT,
        key=f"comment:{comment.pk}:{value}:{Alarm.objects.count()}",
        comment=comment,
        value=value,
        first_at=now,
        last_at=now,
        found_at=now,
        strength=9.0,
        accounts=len(readers),
        votes=len(readers),
    )
    votes = Vote.objects.filter(comment=comment, reader__in=readers)
    AlarmVote.objects.bulk_create(AlarmVote(alarm=alarm, vote=vote, value=value, at=now) for vote in votes)
    return alarm
