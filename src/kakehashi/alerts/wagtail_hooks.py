"""Where the staff find mails: on a story's page and in its menu, and among Wagtail's reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button
from wagtail.models import Page

from kakehashi.alerts import admin, rules
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage


@hooks.register("register_page_header_buttons")
def on_the_page(page: Page, user: Any, view_name: str = "", next_url: str | None = None) -> Iterator[Button]:
    yield from _breaking(page, user)


@hooks.register("register_page_listing_more_buttons")
def in_the_list(page: Page, user: Any, next_url: str | None = None) -> Iterator[Button]:
    yield from _breaking(page, user)


def _breaking(page: Page, user: Any) -> Iterator[Button]:
    is_story = issubclass(page.specific_class or Page, StoryPage)
    if is_story and page.live and isinstance(user, Reader) and rules.can_send_breaking_news(user):
        yield Button(
            _("Send as breaking news"), reverse("alerts_breaking", args=[page.pk]), icon_name="mail", priority=45
        )


class MailItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return rules.can_see_mail(request.user)


@hooks.register("register_reports_menu_item")
def add_mails() -> Any:
    return MailItem(_("Mails"), reverse("alerts_mails"), icon_name="mail", order=910)


@hooks.register("register_reports_menu_item")
def add_troubles() -> Any:
    return MailItem(_("Mail addresses"), reverse("alerts_troubles"), icon_name="warning", order=920)


@hooks.register("register_admin_urls")
def add_addresses() -> list[URLPattern]:
    return [
        path("alerts/breaking/<int:pk>/", admin.breaking, name="alerts_breaking"),
        path("alerts/breaking/<int:pk>/preview/", admin.breaking_preview, name="alerts_breaking_preview"),
        path("reports/mails/", admin.MailsView.as_view(), name="alerts_mails"),
        path("reports/mails/results/", admin.MailsView.as_view(results_only=True), name="alerts_mails_results"),
        path("reports/mail-addresses/", admin.TroublesView.as_view(), name="alerts_troubles"),
        path(
            "reports/mail-addresses/results/",
            admin.TroublesView.as_view(results_only=True),
            name="alerts_troubles_results",
        ),
    ]
