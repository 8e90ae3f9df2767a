"""Where editors find the rules of the discussion, and the staff of the discussion their rooms."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from kakehashi.moderation import rules
from kakehashi.moderation.admin import RulesView


class RulesItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return rules.can_edit_policy(request.user)  # type: ignore[arg-type]


@hooks.register("register_admin_menu_item")
def add_to_menu() -> Any:
    return RulesItem(_("Rules of the discussion"), reverse("moderation_rules"), icon_name="clipboard-list", order=160)


@hooks.register("register_admin_urls")
def add_addresses() -> list[URLPattern]:
    return [path("rules/", RulesView.as_view(), name="moderation_rules")]
