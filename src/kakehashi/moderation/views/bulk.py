"""One decision on many comments: what it would be on first, then slice by slice, told as it goes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from kakehashi.lib.errors import DomainError
from kakehashi.moderation import actions, queries, queue
from kakehashi.moderation.actions.sweeping import SLICE
from kakehashi.moderation.forms import BulkForm
from kakehashi.moderation.guard import also_for_sections
from kakehashi.moderation.models import Decision, Origin, Waiting
from kakehashi.moderation.queue import Filter
from kakehashi.readers.models import Reader

SHOWN = 50
MOST_PICKED = 200
# A page is answered after this long at the latest, and goes on by itself.
SECONDS = 2.0


@dataclass(frozen=True)
class Choice:
    """Ticked comments, or all that a filter shows; of these, what waited when the moderator saw how many there are, and
    nobody else is at."""

    where: Filter
    picked: tuple[int, ...]
    until: datetime

    @classmethod
    def read(cls, request: HttpRequest, now: datetime) -> Choice:
        picked = tuple(filter(None, map(queue.number, request.GET.getlist("pick"))))[:MOST_PICKED]
        try:
            until = parse_datetime(request.POST.get("until", ""))
        except ValueError:
            until = None
        if until is None or until.tzinfo is None or until > now:
            until = now
        return cls(Filter.read(request.GET), picked, until)

    def rows(self, reader: Reader, now: datetime) -> QuerySet[Waiting]:
        return self._all(reader).exclude(queue.is_with_others(reader, now))

    def left_out(self, reader: Reader, now: datetime) -> int:
        """How many somebody else is at; 1 query."""
        return self._all(reader).filter(queue.is_with_others(reader, now)).count()

    def _all(self, reader: Reader) -> QuerySet[Waiting]:
        # A row says for some minutes where its story stood before it was moved.
        mine = queries.in_part_of(reader, "thread__story")
        found = queue.rows(self.where, reader).filter(mine, since__lte=self.until)
        return found.filter(pk__in=self.picked) if self.picked else found


@also_for_sections
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, reader: Reader) -> HttpResponse:
    now = timezone.now()
    choice = Choice.read(request, now)
    form = BulkForm(request.POST if request.method == "POST" else None, initial={"origin": _origin(choice)})
    error: DomainError | None = None
    context: dict[str, Any] = {"done": 0}
    if request.method == "POST" and form.is_valid():
        try:
            context = _go_on(request, reader, choice, form, now)
        except DomainError as refusal:
            error = refusal
    left = choice.rows(reader, now).filter(pk__gt=context.get("after", 0))
    context |= {
        "choice": choice,
        "form": form,
        "error": error,
        "left": left.count(),
        "left_out": choice.left_out(reader, now),
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


def _origin(choice: Choice) -> str:
    """How the staff came to look at what the filter shows."""
    kinds = {"flagged": Origin.FLAG, "notices": Origin.NOTICE}
    return kinds.get(choice.where.kind, Origin.CHECK if choice.where.check else Origin.OWN)


def _go_on(request: HttpRequest, reader: Reader, choice: Choice, form: BulkForm, now: datetime) -> dict[str, Any]:
    """As many slices as fit into SECONDS, each a transaction of its own, so that others write in between."""
    batch, after, done = (
        _batch(request, reader),
        queue.number(request.POST.get("after", "")),
        queue.number(request.POST.get("done", "")),
    )
    began = time.monotonic()
    left = choice.rows(reader, now).order_by("pk").values_list("pk", flat=True)
    while ids := list(left.filter(pk__gt=after)[:SLICE]):
        made = actions.decide_many(
            actor=reader,
            comments=ids,
            action=form.cleaned_data["action"],
            ground=form.ground,
            batch=batch,
            as_seen=choice.until,
        )
        after, done = ids[-1], done + len(made)
        if time.monotonic() - began > SECONDS:
            break
    return {"batch": batch, "after": after, "done": done}


def _batch(request: HttpRequest, reader: Reader) -> UUID:
    """The one that goes on; never somebody else's, which could be undone only together with this one."""
    try:
        sent = UUID(request.POST.get("batch", ""))
    except ValueError:
        return uuid4()
    return uuid4() if Decision.objects.filter(batch=sent).exclude(actor=reader).exists() else sent
