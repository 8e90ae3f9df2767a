"""What looks at comments before they are published: which checks there are, what they found, and what does not work."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from kakehashi.moderation.checks import running
from kakehashi.moderation.checks.figures import check_figures, nudge_figures
from kakehashi.moderation.checks.names import label_of
from kakehashi.moderation.models import Breakdown
from kakehashi.readers.models import Reader

LATELY = timedelta(days=30)
BREAKDOWNS_SHOWN = 30


@require_safe
def listed(request: HttpRequest, reader: Reader) -> HttpResponse:
    now = timezone.now()
    found = check_figures(since=now - LATELY)
    names = dict.fromkeys([*(check.name for check in running.configured()), *found])
    context = {
        "days": LATELY.days,
        "rows": [(name, label_of(name), found.get(name)) for name in names],
        "breakdowns": [
            (one, label_of(one.check_name)) for one in Breakdown.objects.order_by("-since")[:BREAKDOWNS_SHOWN]
        ],
        "nudges": nudge_figures(since=now - LATELY),
    }
    return render(request, "moderation/checks.html", context)
