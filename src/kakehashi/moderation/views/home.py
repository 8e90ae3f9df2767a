"""Where the staff begin."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kakehashi.moderation import queries, rules
from kakehashi.moderation.guard import also_for_editors
from kakehashi.moderation.rooms import ROOMS
from kakehashi.readers.models import Reader


@also_for_editors
@require_safe
def home(request: HttpRequest, reader: Reader) -> HttpResponse:
    context = {
        "rooms": [room for room in ROOMS if room.is_for_editors or rules.can_decide(reader)],
        "waiting_appeals": queries.waiting_appeals().count(),
        "policy": queries.policy_in_force(),
    }
    return render(request, "moderation/home.html", context)
