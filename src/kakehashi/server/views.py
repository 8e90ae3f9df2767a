"""Pages that belong to no room: errors."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form was sent without its token or with an old one: say so, and give back what was typed."""
    return render(request, "403_csrf.html", {"typed": request.POST.get("text", "")}, status=403)
