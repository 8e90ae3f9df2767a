"""Where the newsroom finds its surveys and polls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.widgets.button import Button
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from kakehashi.surveys import admin
from kakehashi.surveys.models import Poll, Survey

for model in (Survey, Poll):
    register_permission_policy(model, admin.EditorsPolicy(model))
register_snippet(admin.SurveysGroup)


@hooks.register("register_snippet_listing_buttons")
def results_button(snippet: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    if isinstance(snippet, Survey):
        yield Button(_("Results"), admin.results_address(snippet), icon_name="view", priority=5)


@hooks.register("before_delete_snippet")
def keep_answers(request: HttpRequest, instances: Iterable[Any]) -> HttpResponse | None:
    """What readers have answered goes only when an administrator wants it."""
    policy = admin.EditorsPolicy(Survey)
    surveys = [one for one in instances if isinstance(one, Survey)]
    if all(policy.user_has_permission_for_instance(request.user, "delete", one) for one in surveys):
        return None
    messages.error(request, _("Readers have answered this: close it instead, or ask an administrator to delete it."))
    return redirect(admin.edit_address(surveys[0]))


@hooks.register("register_admin_urls")
def add_addresses() -> list[URLPattern]:
    return [
        path("surveys/<int:pk>/results/", admin.results, name="survey_results_admin"),
        path("surveys/<int:pk>/export/", admin.export_csv, name="survey_export_admin"),
        path("surveys/<int:pk>/copy/", admin.copy, name="survey_copy_admin"),
        path("surveys/<int:pk>/close/", admin.close, name="survey_close_admin"),
    ]
