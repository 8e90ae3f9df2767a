"""The runs as the staff see them, among Wagtail's reports."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.formats import localize, number_format
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.reports import ReportView

from kakehashi.ranking import rules
from kakehashi.ranking.models import RankingRun


class RunsView(ReportView):
    """Every run with its figures and, where it was not applied, why; the latest first."""

    model = RankingRun
    page_title = _("Ranking runs")
    header_icon = "order"
    index_url_name = "ranking_runs"
    index_results_url_name = "ranking_runs_results"
    default_ordering = "-started_at"
    is_searchable = False
    list_export: list[str] = []

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not rules.can_see_runs(request.user):  # type: ignore[arg-type]
            raise PermissionDenied
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get_queryset(self) -> Any:
        return RankingRun.objects.order_by("-pk")

    @property
    def columns(self) -> list[Column]:
        return [
            DateColumn("started_at", label=_("Started"), width="12%"),
            Column("get_kind_display", label=_("Kind")),
            Column("get_state_display", label=_("State")),
            Column("votes", label=_("Votes"), accessor=_counted("votes")),
            Column("voters", label=_("Voters"), accessor=_counted("voters")),
            Column("items", label=_("Comments"), accessor=_counted("items")),
            Column("camps", label=_("Camps")),
            Column("moved", label=_("Comments moved"), accessor=_counted("moved")),
            Column("log_loss", label=_("Log-loss, the last one's"), accessor=_both("log_loss")),
            Column("spearman", label=_("Spearman, the last one's"), accessor=_both("spearman")),
            Column("seconds", label=_("Seconds"), accessor=lambda run: number_format(run.seconds, 1)),
            Column("why", label=_("Why"), width="25%"),
        ]


def _counted(name: str) -> Any:
    return lambda run: localize(getattr(run, name))


def _both(name: str) -> Any:
    """A figure of the run and, in brackets, that of the one before on the same held-out votes."""

    def told(run: RankingRun) -> str:
        now, before = run.figures.get(name), run.figures.get(f"{name}_before")
        if now is None:
            return ""
        return number_format(now, 3) + (f" ({number_format(before, 3)})" if before is not None else "")

    return told
