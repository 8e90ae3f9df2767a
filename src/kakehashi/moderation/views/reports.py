"""Transparency reports: drafts for the staff, and what was published for everybody."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kakehashi.comments.actions.threads import newsroom
from kakehashi.comments.rules import zone
from kakehashi.lib.errors import DomainError, Invalid, NotFound
from kakehashi.lib.pages import share
from kakehashi.moderation import actions
from kakehashi.moderation.forms import ReportForm
from kakehashi.moderation.guard import also_for_editors
from kakehashi.moderation.models import Report
from kakehashi.moderation.reports import periods, showing, template
from kakehashi.moderation.reports.figures import Figures, figures
from kakehashi.moderation.reports.periods import Period
from kakehashi.readers.models import Reader


def _period(name: str) -> Period:
    try:
        return periods.read(name)
    except Invalid as refusal:
        raise NotFound(refusal.message) from refusal


@also_for_editors
@require_safe
def choose(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Which period; those that were published."""
    error = ""
    if "from" in request.GET:
        try:
            period = periods.read(f"{request.GET['from']}_{request.GET.get('to', '')}")
        except Invalid as refusal:
            error = refusal.message
        else:
            return redirect("moderation-report", period.name)
    year = timezone.localdate().year
    names = [f"{one}{part}" for one in (year, year - 1) for part in ("", "-h1", "-h2", "-q1", "-q2", "-q3", "-q4")]
    context = {
        "periods": [periods.read(name) for name in names],
        "reports": Report.objects.order_by("-last_day", "-first_day")[:50],
        "error": error,
        "from": request.GET.get("from", ""),
        "to": request.GET.get("to", ""),
    }
    return render(request, "moderation/reports.html", context, status=422 if error else 200)


@also_for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, reader: Reader, name: str) -> HttpResponse:
    """The figures as they are now, and publishing them."""
    period, error = _period(name), None
    known = _known(period)
    orders = known.figures.get("orders", {}) if known else {}
    initial = {"words": known.words if known else "", "orders_to_act": orders.get("act", 0)}
    initial["orders_to_inform"] = orders.get("inform", 0)
    form = ReportForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            report = actions.publish_report(actor=reader, period=period, **form.cleaned_data)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Published: everybody can read it now."))
            return redirect(report)
    context = {
        "period": period,
        "tables": showing.tables(_counted(period, known)),
        "form": form,
        "error": error,
        "report": known,
    }
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/report_draft.html", context, status=status)


@also_for_editors
@require_safe
def draft_csv(request: HttpRequest, reader: Reader, name: str) -> HttpResponse:
    period = _period(name)
    return _archive(_counted(period, _known(period)), period, timezone.localdate())


def _known(period: Period) -> Report | None:
    """As it was published."""
    return Report.objects.filter(first_day=period.first, last_day=period.last).first()


def _counted(period: Period, known: Report | None) -> Figures:
    """The figures as they are now, with the orders of authorities as they were told last."""
    return figures(*period.bounds(zone())) | {"orders": known.figures.get("orders", {}) if known else {}}


@require_safe
def published(request: HttpRequest) -> HttpResponse:
    response = render(
        request, "moderation/reports_public.html", {"reports": Report.objects.order_by("-last_day", "-first_day")}
    )
    share(response)
    return response


@require_safe
def report(request: HttpRequest, name: str) -> HttpResponse:
    found = _report(name)
    response = render(request, "moderation/report.html", {"report": found, "tables": showing.tables(found.figures)})
    share(response)
    return response


@require_safe
def report_csv(request: HttpRequest, name: str) -> HttpResponse:
    found = _report(name)
    return _archive(found.figures, found.period, timezone.localdate(found.published_at))


def _report(name: str) -> Report:
    found = _known(_period(name))
    if found is None:
        raise NotFound(_("There is no such report."))
    return found


def _archive(found: Figures, period: Period, day: date) -> HttpResponse:
    earlier = Report.objects.filter(last_day__lt=period.last).order_by("-published_at").first()
    previous = timezone.localdate(earlier.published_at) if earlier is not None else None
    body = template.archive(found, period, service=newsroom().name, published=day, previous=previous)
    response = HttpResponse(body, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="transparency-{period.name}.zip"'
    return response
