"""Where the staff begin."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kakehashi.moderation import queries
from kakehashi.moderation.guard import also_for_editors, also_for_sections
from kakehashi.moderation.rooms import rooms_of
from kakehashi.readers.models import Reader


@also_for_editors
@also_for_sections
@require_safe
def home(request: HttpRequest, reader: Reader) -> HttpResponse:
    context = {
        "rooms": rooms_of(reader),
        "waiting_appeals": queries.waiting_appeals(reader).count(),
        "policy": queries.policy_in_force(),
    }
    return render(request, "moderation/home.html", context)
