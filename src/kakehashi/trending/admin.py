"""What is read, as the staff see it among Wagtail's reports."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import localize, number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.reports import ReportView

from kakehashi.trending import rules
from kakehashi.trending.heat import decayed
from kakehashi.trending.models import Readership


class ReadershipView(ReportView):
    """Every story that was read, the hottest first: all its views, and what they weigh now."""

    model = Readership
    page_title = _("What is read")
    header_icon = "view"
    index_url_name = "readership"
    index_results_url_name = "readership_results"
    default_ordering = "-heat"
    is_searchable = False
    list_export: list[str] = []

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not rules.can_see_readership(request.user):  # type: ignore[arg-type]
            raise PermissionDenied
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get_queryset(self) -> Any:
        return Readership.objects.select_related("story").defer("story__body").order_by("-heat", "-story_id")

    @property
    def columns(self) -> list[Column]:
        now, hours = timezone.now(), settings.KAKEHASHI_MOST_READ_HALF_LIFE_HOURS
        return [
            Column("story", label=_("Story"), accessor=_linked, width="60%"),
            Column("views", label=_("Views in all"), accessor=lambda row: localize(row.views)),
            Column("now", label=_("Weight now"), accessor=lambda row: number_format(decayed(row.heat, now, hours), 1)),
        ]


def _linked(row: Readership) -> str:
    return format_html('<a href="{}">{}</a>', row.story.get_absolute_url(), row.story.title)
