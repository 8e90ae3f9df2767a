"""Surveys and polls in the newsroom: lists, forms, results with everything, export, copy, end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.permission_policies.base import BasePermissionPolicy
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from kakehashi.lib.errors import DomainError
from kakehashi.readers.models import Reader, Role
from kakehashi.surveys import actions, queries, rules
from kakehashi.surveys.export import export
from kakehashi.surveys.models import Poll, Stage, Survey, SurveyKind
from kakehashi.surveys.results import results_of


class EditorsPolicy(BasePermissionPolicy):
    """Editors by their role. What readers have answered only an administrator deletes, with the survey."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return rules.can_manage(user)

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        return rules.can_manage(user)

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        is_allowed = rules.can_manage(user)
        if action != "delete" or user.is_superuser:
            return is_allowed
        return is_allowed and not instance.responses.exists()

    def users_with_any_permission(self, actions: Any) -> Any:
        return Reader.objects.filter(is_active=True, role__in=[Role.EDITOR, Role.ADMINISTRATOR])


def _stage(survey: Survey) -> str:
    return str(rules.stage(survey, timezone.now()).label)


def _answers(survey: Survey) -> str:
    box = getattr(survey, "box", None)
    return str(box.answers) if box else "0"


def _moment(name: str) -> Callable[[Survey], str]:
    def told(survey: Survey) -> str:
        at = getattr(survey, name)
        return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else "–"

    return told


def results_address(survey: Survey) -> str:
    return reverse("survey_results_admin", args=[survey.pk])


COLUMNS = [
    "__str__",
    Column("stage", label=_("State"), accessor=_stage),
    TitleColumn("answers", label=_("Answers"), accessor=_answers, get_url=results_address),
    Column("opens_at", label=_("Opens"), accessor=_moment("opens_at")),
    Column("closes_at", label=_("Closes"), accessor=_moment("closes_at")),
]


class SurveyViewSet(SnippetViewSet):
    model = Survey
    icon = "form"
    menu_label = _("Surveys")
    list_display = COLUMNS
    search_fields = ["title"]
    # The copy of a survey has its questions: by a button of our own.
    copy_view_enabled = False
    inspect_view_enabled = False
    kind = SurveyKind.SURVEY

    def get_queryset(self, request: HttpRequest) -> Any:
        return self.model.objects.filter(kind=self.kind).select_related("box").order_by("-pk")


class PollViewSet(SurveyViewSet):
    model = Poll
    icon = "list-ol"
    menu_label = _("Polls")
    kind = SurveyKind.POLL


class SurveysGroup(SnippetViewSetGroup):
    items = (SurveyViewSet, PollViewSet)
    menu_label = _("Surveys")
    menu_icon = "form"
    menu_order = 160


def _survey(request: HttpRequest, pk: int) -> Survey:
    survey: Survey | None = Survey.objects.select_related("box").filter(pk=pk, box__isnull=False).first()
    if survey is None or not rules.can_manage(request.user):
        raise Http404
    return survey


def edit_address(survey: Survey) -> str:
    name = "poll" if survey.is_poll else "survey"
    address: str = reverse(f"wagtailsnippets_surveys_{name}:edit", args=[survey.pk])
    return address


@require_safe
def results(request: HttpRequest, pk: int) -> HttpResponse:
    """All that was answered, groups of every size, and free texts."""
    found = queries.with_questions(_survey(request, pk), timezone.now())
    texts = queries.free_texts(found.survey, found.sheet)
    outcomes = results_of(found.sheet, queries.count(found.survey), least=0)
    context = {
        "survey": found.survey,
        "stage": found.stage,
        "is_open": found.stage == Stage.OPEN,
        "results": outcomes,
        "outcomes": [(outcome, texts.get(outcome.item.pk, [])) for outcome in outcomes.outcomes],
        "edit_address": edit_address(found.survey),
        "most_texts": queries.FREE_TEXTS,
        "least": rules.LEAST,
    }
    return render(request, "surveys/admin/results.html", context)


@require_safe
def export_csv(request: HttpRequest, pk: int) -> HttpResponse:
    return export(queries.with_questions(_survey(request, pk), timezone.now()))  # type: ignore[return-value]


@require_POST
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    survey = _survey(request, pk)
    assert isinstance(request.user, Reader)
    made = actions.copy_survey(actor=request.user, survey=survey)
    messages.success(request, _t("This is the copy, a draft without answers. Change what you like."))
    return redirect(edit_address(made))


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    survey = _survey(request, pk)
    assert isinstance(request.user, Reader)
    try:
        actions.close_survey(actor=request.user, survey=survey, now=timezone.now())
        messages.success(request, _t("“%(title)s” is closed.") % {"title": survey.title})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("survey_results_admin", pk)
