"""What the machine has learned of the staff's decisions, how good it is at it, and which version is in use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kakehashi.comments.actions import threads
from kakehashi.lib.errors import Conflict, NotFound
from kakehashi.moderation import actions, queries
from kakehashi.moderation.model import charts, lessons, versions
from kakehashi.moderation.models import ModelVersion, ModelWork, VersionState
from kakehashi.moderation.views.paging import leaf
from kakehashi.readers.models import Reader

# Figures of fewer decisions are said to be of few.
FEW = 30


@require_safe
def report(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The version in use with what held-out decisions say of it, and every attempt before."""
    version = versions.version_in_use()
    trouble = versions.trouble_with(version) if version is not None else ""
    figures = version.figures if version is not None else {}
    last = versions.last_judged()
    context = {
        "version": version,
        "trouble": trouble,
        "is_prior": version is None or bool(trouble),
        "figures": figures,
        "few": FEW,
        "is_small": bool(figures) and figures["decisions"] < 4 * FEW,
        "chart": charts.calibration(figures.get("bins", [])),
        "rules": _with_titles(figures.get("rules", [])),
        "languages": [row | {"name": _language(row["language"])} for row in figures.get("languages", [])],
        "holds_from": threads.newsroom().removal_held_from,
        "fresh": lessons.taught().filter(pk__gt=last.last_decision if last else 0).count(),
        "wanted": settings.KAKEHASHI_MODEL_DECISIONS,
        "work": ModelWork.objects.select_related("asked_by").first(),
        "is_training": ModelVersion.objects.filter(state=VersionState.TRAINING).exists(),
        "leaf": leaf(
            request,
            ModelVersion.objects.select_related("chosen_by", "weights").defer("weights__content").order_by("-pk"),
        ),
    }
    return render(request, "moderation/model.html", context)


def _with_titles(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    titles = dict(queries.rules_in_force().values_list("number", "title"))
    return [row | {"title": titles.get(row["rule"], "")} for row in rows]


def _language(code: str) -> str:
    """Its name in the reader's language, or the code where it is not known."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


@require_POST
def train(request: HttpRequest, reader: Reader) -> HttpResponse:
    try:
        actions.ask_for_training(actor=reader)
    except Conflict as refusal:
        messages.info(request, refusal.message)
    else:
        messages.success(request, _("The worker will train within a minute. What comes of it will stand here."))
    return redirect("moderation-model")


@require_POST
def use(request: HttpRequest, reader: Reader, number: int) -> HttpResponse:
    """Go back to an earlier version, or forth again."""
    version = ModelVersion.objects.filter(number=number).first()
    if version is None:
        raise NotFound(_("There is no such version."))
    try:
        actions.use_version(actor=reader, version=version)
    except Conflict as refusal:
        messages.info(request, refusal.message)
    else:
        messages.success(request, _("Version %(number)s is in use from now on.") % {"number": number})
    return redirect("moderation-model")
