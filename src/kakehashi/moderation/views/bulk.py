"""One decision on many comments: what it would be on first, then slice by slice, told as it goes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from kakehashi.lib.errors import DomainError
from kakehashi.moderation import actions, queue
from kakehashi.moderation.actions.sweeping import SLICE
from kakehashi.moderation.forms import BulkForm
from kakehashi.moderation.guard import also_for_sections
from kakehashi.moderation.models import Decision, Waiting
from kakehashi.moderation.queue import Filter
from kakehashi.readers.models import Reader

SHOWN = 50
MOST_PICKED = 200
# A page is answered after this long at the latest, and goes on by itself.
SECONDS = 2.0


@dataclass(frozen=True)
class Choice:
    """Ticked comments, or all that a filter shows; of these, what waited when the moderator saw how many there are."""

    where: Filter
    picked: tuple[int, ...]
    until: Any

    @classmethod
    def read(cls, request: HttpRequest, now: Any) -> Choice:
        picked = tuple(filter(None, map(queue.number, request.GET.getlist("pick"))))[:MOST_PICKED]
        try:
            until = parse_datetime(request.POST.get("until", ""))
        except ValueError:
            until = None
        is_moment = until is not None and until.tzinfo is not None and until <= now
        return cls(Filter.read(request.GET), picked, until if is_moment else now)

    def rows(self, reader: Reader) -> QuerySet[Waiting]:
        found = queue.rows(self.where, reader).filter(since__lte=self.until)
        return found.filter(pk__in=self.picked) if self.picked else found


@also_for_sections
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, reader: Reader) -> HttpResponse:
    now = timezone.now()
    choice = Choice.read(request, now)
    form, error = BulkForm(request.POST if request.method == "POST" else None), None
    context: dict[str, Any] = {"done": 0}
    if request.method == "POST" and form.is_valid():
        try:
            context = _go_on(request, reader, choice, form)
        except DomainError as refusal:
            error = refusal
    left = choice.rows(reader).filter(pk__gt=context.get("after", 0))
    context |= {
        "choice": choice,
        "form": form,
        "error": error,
        "left": left.count(),
        "rows": left.select_related("comment__author", "thread__story").order_by("pk")[:SHOWN],
        "address": request.get_full_path(),
        "until": choice.until.isoformat(),
        "skip": choice.where.query,
    }
    context["total"] = context["done"] + context["left"]
    if context["done"] and not context["left"]:
        context["first"] = Decision.objects.filter(batch=context["batch"]).order_by("pk").first()
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/bulk.html", context, status=status)


def _go_on(request: HttpRequest, reader: Reader, choice: Choice, form: BulkForm) -> dict[str, Any]:
    """As many slices as fit into SECONDS, each a transaction of its own, so that others write in between."""
    batch, after, done = (
        _batch(request),
        queue.number(request.POST.get("after", "")),
        queue.number(request.POST.get("done", "")),
    )
    began = time.monotonic()
    while ids := list(choice.rows(reader).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:SLICE]):
        made = actions.decide_many(
            actor=reader, comments=ids, action=form.cleaned_data["action"], ground=form.ground, batch=batch
        )
        after, done = ids[-1], done + len(made)
        if time.monotonic() - began > SECONDS:
            break
    return {"batch": batch, "after": after, "done": done}


def _batch(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("batch", ""))
    except ValueError:
        return uuid4()
