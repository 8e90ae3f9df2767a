"""The page “Ways to log in”, and proof by mail for those who have no password to show."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from kakehashi.lib.errors import DomainError
from kakehashi.readers import actions, fresh, proofs, providers, queries
from kakehashi.readers.forms import CodeForm
from kakehashi.readers.views.account import reader_of

AGAIN = "again"


@never_cache
@login_required
def ways(request: HttpRequest) -> HttpResponse:
    return render(request, "account/ways.html", queries.ways_of(reader_of(request)))


@never_cache
@login_required
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return redirect("account_ways")
    fresh.require(request)
    reader = reader_of(request)
    on = {provider.key for provider in providers.switched_on()}
    try:
        gone = actions.disconnect_way(reader=reader, pk=pk, providers=on)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("account_ways")
    name = providers.name_of(gone.provider)
    messages.success(request, _("%(provider)s no longer opens your account.") % {"provider": name})
    get_adapter(request).send_notification_mail("account/email/way_disconnected", reader, {"provider": name})
    return redirect("account_ways")


@never_cache
@login_required
def prove(request: HttpRequest) -> HttpResponse:
    """A code by mail instead of a password, before something important; then on with what was asked for."""
    reader = reader_of(request)
    if not fresh.lacks_other_proof(reader):
        return redirect(f"{reverse('account_reauthenticate')}?{request.GET.urlencode()}")
    form = CodeForm(request.POST if request.POST.get("action") == "check" else None)
    try:
        if request.method == "POST" and not form.is_bound:
            proofs.send(request, purpose=AGAIN, email=reader.email)
            return redirect(request.get_full_path())
        if form.is_valid():
            proofs.check(request, purpose=AGAIN, typed=form.cleaned_data["code"])
            record_authentication(request, reader, "code", reauthenticated=True)
            return resume_request(request) or redirect("account")
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(request.get_full_path())
    context = {"form": form, "is_sent": proofs.email_asked(request, AGAIN) is not None, "email": reader.email}
    return render(request, "account/prove.html", context)
