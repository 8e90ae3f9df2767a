"""Pages of Wagtail's that ours replace or close; they stand before Wagtail's own addresses."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.http import urlencode
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views import account


def log_in(request: HttpRequest) -> HttpResponse:
    """One log-in for everybody; it brings staff back to where they were going."""
    back = request.GET.get("next") or reverse("wagtailadmin_home")
    return redirect(f"{reverse('account_login')}?{urlencode({'next': back})}")


class AccountView(account.AccountView):
    """Wagtail's page of editing preferences, without the panel of names: names are changed at /account/name/."""

    def get_panels(self) -> list[Any]:
        return [panel for panel in super().get_panels() if not isinstance(panel, account.NameEmailSettingsPanel)]


def closed(request: HttpRequest, action: str) -> HttpResponse:
    """Deleting, activating and grouping readers in bulk would skip rules, names and departures."""
    raise Http404


urlpatterns = [
    path("login/", log_in),
    path("bulk/readers/reader/<str:action>/", closed),
    path("account/", require_admin_access(AccountView.as_view())),
]
