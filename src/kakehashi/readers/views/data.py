"""Taking one's data along, and leaving."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.readers import actions, fresh, mails, queries
from kakehashi.readers.actions.departing import WAIT
from kakehashi.readers.actions.exporting import GOOD_FOR, export_parts
from kakehashi.readers.forms import LeaveForm
from kakehashi.readers.models import DataExport, Reader
from kakehashi.readers.views.account import reader_of


@never_cache
@login_required
def export(request: HttpRequest) -> HttpResponse:
    """Ask for a copy of all that the site keeps about the reader."""
    if request.method == "POST":
        try:
            actions.ask_for_export(reader=reader_of(request))
        except DomainError as error:
            messages.info(request, error.message)
        else:
            messages.success(request, _("We put your data together and write to you when they are ready."))
    return redirect("account")


@never_cache
@login_required
def export_here(request: HttpRequest) -> HttpResponseBase:
    """The file from the account's page, for whoever has just shown who they are."""
    if request.method != "POST":
        return redirect("account")
    fresh.require(request)
    return _file(queries.ready_export(reader_of(request)))


@never_cache
@login_required
def export_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file by the link from the mail: it takes the mail and the account, so neither alone gives anything away."""
    said = mails.read_link("account_export_file", token, max_age=int(GOOD_FOR.total_seconds()))
    reader = reader_of(request)
    found = queries.ready_export(reader)
    if said is None or found is None or said != [found.pk, found.run, reader.pk]:
        raise NotFound(
            _("This link has run out, or is another account’s. You can ask for your data on “Your account”.")
        )
    return _file(found)


def _file(found: DataExport | None) -> HttpResponseBase:
    if found is None or found.ready_at is None:
        raise NotFound(_("There is no copy of your data any more. You can ask for a new one on “Your account”."))
    response = StreamingHttpResponse(export_parts(found), content_type="application/zip")
    day = timezone.localtime(found.ready_at).date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="my-data-{day}.zip"'
    response["Content-Length"] = str(found.size)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@never_cache
@sensitive_post_parameters("password")
@login_required
def leave(request: HttpRequest) -> HttpResponse:
    """Delete the account, in a day; the password confirms it, or where there is none, another proof."""
    reader = reader_of(request)
    if not reader.has_usable_password():
        fresh.require(request)
    form = LeaveForm(request.POST or None, reader=reader)
    if request.method == "POST" and form.is_valid():
        try:
            reader = actions.ask_to_leave(reader=reader, withdraw=form.cleaned_data["comments"] == "withdraw")
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            _write_to_leaver(request, reader)
            return redirect("account")
    return render(request, "account/leave.html", {"form": form})


def _write_to_leaver(request: HttpRequest, reader: Reader) -> None:
    assert reader.leaves_at is not None
    link = mails.link("account_stay", reader.pk, reader.leaves_at.timestamp())
    context = {"name": reader.name, "when": reader.leaves_at, "link": link, "withdraw": reader.leaves_with_comments}
    get_adapter(request).send_mail("account/email/leave_asked", reader.email, context)


@never_cache
@login_required
def stay_here(request: HttpRequest) -> HttpResponse:
    """Keep the account: from the banner that whoever is about to leave sees."""
    if request.method == "POST":
        if actions.stay(reader=reader_of(request)):
            messages.success(request, _("Your account stays. Good to have you here."))
        else:
            messages.info(request, _("Your account was not about to be deleted."))
    return redirect("account")


@never_cache
def stay(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the account: by the link from the mail, without logging in."""
    said = mails.read_link("account_stay", token, max_age=int(WAIT.total_seconds()))
    reader = Reader.objects.filter(pk=said[0], erased_at=None).first() if said else None
    is_waiting = reader is not None and reader.leaves_at is not None and [reader.leaves_at.timestamp()] == said[1:]  # type: ignore[index]
    if reader is None or said is None:
        raise NotFound(_("This link has run out. If your account is still there, you can log in and keep it."))
    context: dict[str, Any] = {"is_waiting": is_waiting, "name": reader.name}
    if request.method == "POST" and is_waiting:
        context["is_kept"] = actions.stay(reader=reader)
    return render(request, "account/stay.html", context)
