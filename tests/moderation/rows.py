"""Rows of this room in one line each, beside those of tests.factories."""

from __future__ import annotations

from typing import Any

from kakehashi.moderation import actions, queries
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import Rule


def a_rule(number: int = 1) -> Rule:
    """A rule in force, of the rules that a new site comes with."""
    actions.ensure_policy()
    return queries.rules_in_force().select_related("version").get(number=number)


def a_ground(number: int = 1, **fields: Any) -> Ground:
    fields.setdefault("explanation", "It calls the writer names.")
    return Ground(rule=a_rule(number), **fields)
