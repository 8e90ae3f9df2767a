"""What belongs to one's own account."""

from __future__ import annotations

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from kakehashi.lib.errors import DomainError
from kakehashi.readers import actions, languages, queries, rules
from kakehashi.readers.forms import LeaveForm, NameForm, PreferencesForm
from kakehashi.readers.models import Reader


def reader_of(request: HttpRequest) -> Reader:
    """Whose account this is; the view is behind `login_required`."""
    assert isinstance(request.user, Reader)
    return request.user


@never_cache
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "account/overview.html", queries.account_overview(reader_of(request)))


@never_cache
@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    form = PreferencesForm(
        request.POST or None,
        initial={name: getattr(reader, name) for name in PreferencesForm.base_fields},
    )
    if request.method == "POST" and form.is_valid():
        wishes = form.cleaned_data
        language = wishes.pop("language", "")
        actions.choose_language(reader=reader, language=language)
        actions.update_preferences(reader=reader, **wishes)
        with languages.speaking(reader):
            messages.success(request, _("Saved. This holds from now on."))
        response = redirect("preferences")
        languages.remember(response, language)
        return response
    return render(request, "account/preferences.html", {"form": form})


@never_cache
@login_required
def name(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    form = NameForm(request.POST or None, initial={"name": reader.name})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            reader = actions.change_name(reader=reader, name=form.cleaned_data["name"])
        except DomainError as error:
            form.add_error("name", error.message)
            status = error.status
        else:
            messages.success(request, _("You are now called %(name)s.") % {"name": reader.name})
            return redirect("account")
    context = {
        "form": form,
        "can_change": rules.can_change_name(reader, timezone.now()),
        "next_change_at": rules.next_name_change_at(reader),
        "former_names": queries.former_names(reader),
    }
    return render(request, "account/name.html", context, status=status)


@never_cache
@login_required
def muted(request: HttpRequest) -> HttpResponse:
    return render(request, "account/muted.html", {"mutes": queries.mutes_of(reader_of(request))})


@never_cache
@login_required
def export(request: HttpRequest) -> HttpResponse:
    """All that the site keeps about the reader, as one JSON file."""
    if request.method != "POST":
        # Back from logging in: the page has the button.
        return redirect("account")
    response = JsonResponse(
        actions.export_reader(reader=reader_of(request)), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="my-data-{day}.json"'
    return response


@never_cache
@sensitive_post_parameters("password")
@login_required
def leave(request: HttpRequest) -> HttpResponse:
    """Delete the account; the password confirms it, or where there is none, the passkey."""
    reader = reader_of(request)
    if not reader.has_usable_password():
        raise_if_reauthentication_required(request, app="kakehashi.readers")
    form = LeaveForm(request.POST or None, reader=reader)
    if request.method == "POST" and form.is_valid():
        try:
            actions.erase_reader(reader=reader, withdraw=form.cleaned_data["comments"] == "withdraw")
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            logout(request)
            messages.success(request, _("Your account is deleted. Thank you for having been here."))
            return redirect("/")
    return render(request, "account/leave.html", {"form": form})
