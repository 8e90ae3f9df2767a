"""Where the staff find the ranking's runs: among Wagtail's reports."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from kakehashi.ranking import rules
from kakehashi.ranking.admin import RunsView


class RunsItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return rules.can_see_runs(request.user)  # type: ignore[arg-type]


@hooks.register("register_reports_menu_item")
def add_to_reports() -> Any:
    return RunsItem(_("Ranking runs"), reverse("ranking_runs"), icon_name="order", order=900)


@hooks.register("register_admin_urls")
def add_addresses() -> list[URLPattern]:
    return [
        path("reports/ranking/", RunsView.as_view(), name="ranking_runs"),
        path("reports/ranking/results/", RunsView.as_view(results_only=True), name="ranking_runs_results"),
    ]
