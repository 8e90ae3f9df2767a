"""What belongs to one's own account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from kakehashi.lib.errors import DomainError
from kakehashi.readers import actions, languages, queries, rules
from kakehashi.readers.forms import NameForm, PreferencesForm
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
