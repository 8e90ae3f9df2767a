"""Member pages: what everybody may see of a reader."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from kakehashi.lib.errors import NotFound
from kakehashi.lib.pages import share
from kakehashi.readers import actions, queries, rules
from kakehashi.readers.models import Reader

# What a member writes stands in many threads, too many to wait for any of them to move.
FRESH = timedelta(seconds=1)


def member(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a member; former and differently spelled names lead to the present one."""
    found = queries.member_by_name(name)
    if found is None:
        raise NotFound(_("There is no member called “%(name)s”.") % {"name": name[:60]})
    if found.name != name:
        return redirect(found, permanent=True)
    viewer = request.user if isinstance(request.user, Reader) else None
    context = {
        "member": found,
        "can_mute": viewer is not None and rules.can_mute(viewer, found),
        "is_muted": viewer is not None and queries.has_muted(viewer, found),
    }
    response = render(request, "readers/member.html", context)
    share(response, fresh_for=FRESH)
    return response


@login_required
def mute(request: HttpRequest, name: str) -> HttpResponse:
    """Mute the member, or with `wished=0` hear them again; back to where the reader was."""
    assert isinstance(request.user, Reader)
    found = queries.member_by_name(name)
    if found is None:
        raise NotFound(_("There is no member of this name."))
    if request.method != "POST":
        # Back from logging in: the page has the button.
        return redirect(found)
    if request.POST.get("wished") == "0":
        actions.unmute(reader=request.user, muted=found)
        messages.success(request, _("You see what %(name)s writes again.") % {"name": found.name})
    else:
        actions.mute(reader=request.user, muted=found)
        messages.success(request, _("You no longer see what %(name)s writes.") % {"name": found.name})
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        return redirect(back)
    return redirect(found)
