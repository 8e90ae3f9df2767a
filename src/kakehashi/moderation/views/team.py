"""Figures for the team itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from kakehashi.comments.actions.threads import newsroom
from kakehashi.comments.rules import zone
from kakehashi.moderation.checks.figures import nudge_figures
from kakehashi.moderation.model import versions
from kakehashi.moderation.reports import charts, team
from kakehashi.readers.models import Reader


@require_safe
def figures(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The last four weeks. Each moderator sees their own figures beside the team's; administrators see everybody's."""
    now, target = timezone.now(), newsroom().moderation_target_hours
    days, people = team.inflow(now, zone()), team.people(now)
    shown = people if reader.is_administrator else [one for one in people if one.name == reader.name]
    context: dict[str, Any] = {
        "days": [day for day in reversed(days) if day.held or day.flags or day.notices],
        "chart": charts.inflow(days),
        "waits": team.waits(now, timedelta(hours=target)),
        "target": target,
        "rules": team.by_rule(now),
        "kinds": team.by_kind(now),
        "nudges": nudge_figures(since=now - team.SPAN),
        "model": versions.version_in_use(),
        "people": shown,
        "team": team.together(people),
    }
    return render(request, "moderation/team.html", context)
