"""Whether somebody may work here: the second factor that the site requires of its staff (KAKEHASHI_STAFF_MFA).

Two things are asked. The log-in itself must have shown it: that stands in the session, so it costs nothing, and until then
nobody sees or does more than any reader (`Reader.is_proven`). And at the doors to the staff's pages it must still be there:
who has removed their app and passkeys works no longer with the sessions that had used them.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kakehashi.lib.errors import NotAllowed
from kakehashi.readers import queries
from kakehashi.readers.models import Reader


def lacks_second_factor(reader: Reader) -> bool:
    """1 query, or none."""
    if settings.KAKEHASHI_STAFF_MFA != "required":
        return False
    return not reader.is_proven or not queries.has_second_factor(reader)


def require_second_factor(reader: Reader) -> None:
    """Raise NotAllowed where the site requires a second factor and this member of staff has not shown one."""
    if lacks_second_factor(reader):
        raise NotAllowed(
            _(
                "This needs a second step at log-in. Please show it, or set one up, on the page “Your account”; then try "
                "again."
            ),
            code="second-factor",
        )


def ask_for_second_factor(request: HttpRequest, reader: Reader) -> HttpResponse:
    """To the page where the second factor is shown, and from there back; who has none sets one up."""
    if queries.has_second_factor(reader):
        messages.info(request, _("Work here needs a second step. Please show it once; it holds until you log out."))
        return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")
    sentence = _("Work here needs a second step at log-in. Please set up an app or a passkey, then come back.")
    messages.warning(request, sentence)
    return redirect("mfa_index")
