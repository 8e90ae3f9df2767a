"""Where the staff begin."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from kakehashi.moderation import queries, queue, rules
from kakehashi.moderation.guard import also_for_editors, also_for_sections
from kakehashi.moderation.rooms import rooms_of
from kakehashi.readers.models import Reader


@also_for_editors
@also_for_sections
@require_safe
def home(request: HttpRequest, reader: Reader) -> HttpResponse:
    now = timezone.now()
    context = {
        "rooms": rooms_of(reader),
        "waiting_notices": queries.waiting_notices().count() if rules.can_decide_everywhere(reader) else 0,
        "waiting_appeals": queries.waiting_appeals(reader).count(),
        "open_alarms": queries.open_alarms().count(),
        "policy": queries.policy_in_force(),
    }
    if rules.can_decide(reader):
        aim = queue.target()
        context |= {
            "figures": queue.figures(reader, now, aim),
            "target_hours": round(aim / timedelta(hours=1)),
        }
    return render(request, "moderation/home.html", context)
