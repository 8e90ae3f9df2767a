"""The door to the newsroom: staff only, and with a second factor where the site requires one."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from kakehashi.readers import queries, rules
from kakehashi.readers.models import Reader

# Everything below these is for staff; people who are not logged in are sent to log in by the views themselves.
STAFF_PREFIXES = ("/admin/", "/moderation/")


class StaffDoorMiddleware:
    """Guards the staff's pages by their address, so that no view there can forget it.

    A reader who is not staff gets the same 404 as for a page that does not exist.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(STAFF_PREFIXES) and isinstance(request.user, Reader):
            if not request.user.is_staff:
                raise Http404
            if self.must_set_up(request.user):
                messages.warning(
                    request,
                    _("Work here needs a second step at log-in. Please set up an app or a passkey, then come back."),
                )
                return redirect("mfa_index")
        return self.get_response(request)

    def must_set_up(self, reader: Reader) -> bool:
        if settings.KAKEHASHI_STAFF_MFA != "required":
            return False
        return rules.needs_second_factor(reader, staff_mfa="required", has_factor=queries.has_second_factor(reader))
