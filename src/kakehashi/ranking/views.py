"""Pages about common ground: what it is, and where the readers of one story agree and split."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kakehashi.lib.pages import share
from kakehashi.ranking import enough


@require_safe
def explanation(request: HttpRequest) -> HttpResponse:
    """How the order comes about, what is kept for it, and where it fails."""
    response = render(request, "ranking/explanation.html", {"least_group": enough.LEAST_GROUP})
    share(response)
    return response
