"""What everybody may read: the rules in force, how they were before, and what was decided by them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kakehashi.lib.errors import NotFound
from kakehashi.lib.pages import SOON, share
from kakehashi.moderation import comparing, queries
from kakehashi.moderation.models import PolicyVersion
from kakehashi.moderation.views.paging import leaf


def _version(number: int) -> PolicyVersion:
    found: PolicyVersion | None = PolicyVersion.objects.filter(number=number).first()
    if found is None:
        raise NotFound(_("There is no such version of the rules."))
    return found


@require_safe
def rules_now(request: HttpRequest) -> HttpResponse:
    """The version in force, with the history below."""
    policy = queries.policy_in_force()
    context = {
        "policy": policy,
        "rules": policy.rules.order_by("-is_in_force", "number") if policy else [],
        "history": PolicyVersion.objects.defer("preamble").order_by("-number"),
        "is_in_force": True,
    }
    response = render(request, "moderation/rules.html", context)
    share(response)
    return response


@require_safe
def rules_then(request: HttpRequest, number: int) -> HttpResponse:
    """One version as it stood, also with rules that were out of force."""
    policy = _version(number)
    latest = queries.policy_in_force()
    context = {
        "policy": policy,
        "rules": policy.rules.order_by("-is_in_force", "number"),
        "history": PolicyVersion.objects.defer("preamble").order_by("-number"),
        "is_in_force": latest is not None and latest.number == number,
        "is_version": True,
    }
    response = render(request, "moderation/rules.html", context)
    share(response)
    return response


@require_safe
def changes(request: HttpRequest, number: int) -> HttpResponse:
    """What a version changed, word by word."""
    policy = _version(number)
    before: PolicyVersion | None = PolicyVersion.objects.filter(number=number - 1).first()
    context = {"policy": policy, "before": before, "changes": comparing.changes(before, policy)}
    response = render(request, "moderation/changes.html", context)
    share(response)
    return response


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Every decision without names and texts: the day, what, under which rule, by whom in kind, and what an appeal said."""
    response = render(request, "moderation/log.html", {"leaf": leaf(request, queries.public_log(), size=100)})
    share(response, fresh_for=SOON)
    return response
