"""The door to the newsroom: staff only, and with a second factor where the site requires one."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from kakehashi.readers import queries
from kakehashi.readers.models import Reader


def may_edit(reader: Reader) -> bool:
    return reader.is_staff and reader.has_perm("wagtailadmin.access_admin")


def may_moderate(reader: Reader) -> bool:
    return reader.is_moderator


# Who may pass below each address; people who are not logged in are sent to log in by the views themselves.
DOORS: dict[str, Callable[[Reader], bool]] = {"/admin/": may_edit, "/moderation/": may_moderate}


class StaffDoorMiddleware:
    """Guards the staff's pages by their address, so that no view there can forget it.

    Who may not pass gets the same 404 as for a page that does not exist.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for prefix, may_pass in DOORS.items():
            if request.path_info.startswith(prefix) and isinstance(request.user, Reader):
                if not may_pass(request.user):
                    raise Http404
                if settings.KAKEHASHI_STAFF_MFA == "required" and not queries.has_second_factor(request.user):
                    return send_to_set_up(request)
        return self.get_response(request)


def send_to_set_up(request: HttpRequest) -> HttpResponse:
    sentence = _("Work here needs a second step at log-in. Please set up an app or a passkey, then come back.")
    messages.warning(request, sentence)
    return redirect("mfa_index")
