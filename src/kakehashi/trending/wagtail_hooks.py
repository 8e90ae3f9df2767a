"""Where the staff list sister sites and see how each is doing, and what readers read."""

from __future__ import annotations

from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from kakehashi.trending import rules
from kakehashi.trending.admin import ReadershipView
from kakehashi.trending.models import KEPT, Sister


def _state(sister: Sister) -> str:
    """One sentence on how the site is doing."""
    if not sister.is_on:
        return _("Not shown")
    if sister.tried_at is None or sister.tried_address != sister.address:
        return _("Not asked yet")
    if not sister.failures:
        return _("Answers")
    is_shown = sister.good_at is not None and sister.good_at > timezone.now() - KEPT
    shown = _("Its last good copy is shown.") if is_shown else _("Nothing of it is shown.")
    return f"{sister.failure} {shown}"


def _when(name: str) -> Any:
    return lambda sister: naturaltime(getattr(sister, name)) if getattr(sister, name) else ""


class SisterViewSet(SnippetViewSet):
    model = Sister
    icon = "site"
    menu_label = gettext_lazy("Sister sites")
    menu_order = 160
    add_to_admin_menu = True
    list_display = [
        "name",
        BooleanColumn("is_on", label=gettext_lazy("shown")),
        Column("state", label=gettext_lazy("State"), accessor=_state, width="35%"),
        Column("good_at", label=gettext_lazy("last good answer"), accessor=_when("good_at")),
        Column("next_try_at", label=gettext_lazy("next try"), accessor=_when("next_try_at")),
    ]
    search_fields = ["name", "address"]


register_snippet(SisterViewSet)


class ReadershipItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return rules.can_see_readership(request.user)  # type: ignore[arg-type]


@hooks.register("register_reports_menu_item")
def add_to_reports() -> Any:
    return ReadershipItem(gettext_lazy("What is read"), reverse("readership"), icon_name="view", order=910)


@hooks.register("register_admin_urls")
def add_addresses() -> list[URLPattern]:
    return [
        path("reports/readership/", ReadershipView.as_view(), name="readership"),
        path("reports/readership/results/", ReadershipView.as_view(results_only=True), name="readership_results"),
    ]
