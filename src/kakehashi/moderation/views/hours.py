"""When the team reads the discussion, and what holds while nobody does."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kakehashi.comments import lulls
from kakehashi.comments.actions.threads import newsroom
from kakehashi.comments.rules import zone
from kakehashi.lib.errors import DomainError
from kakehashi.moderation.forms import HoursForm
from kakehashi.moderation.guard import also_for_editors
from kakehashi.readers.models import Reader
from kakehashi.stories import actions as story_actions
from kakehashi.stories.queries import sections


@also_for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The timetable as one form, with how it stands now; what was typed comes back with every refusal."""
    present, now, error = newsroom().hours, timezone.now(), None
    titles = {section.pk: section.title for section in sections()}
    form = HoursForm(request.POST if request.method == "POST" else None, present=present, titles=titles)
    if request.method == "POST" and form.is_valid():
        try:
            story_actions.set_staffed_hours(actor=reader, hours=form.hours)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved: it holds from now on."))
            return redirect("moderation-hours")
    shift = present.shift(now, zone())
    context = {
        "form": form,
        "error": error,
        "is_always_staffed": present.is_always_staffed,
        "shift": shift,
        "until": lulls.moment(shift.until, now) if shift.until is not None else "",
        "zone": zone().key,
    }
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/hours.html", context, status=status)
