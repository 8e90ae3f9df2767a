"""Rows of this room in one line each, beside those of tests.factories."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator

from kakehashi.comments.models import Comment
from kakehashi.moderation import actions, queries
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import Action, Decision, Rule
from kakehashi.readers.models import Reader, Role
from tests.factories import a_comment, a_reader


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
