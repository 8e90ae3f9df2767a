"""All that somebody gets by mail, on one page: in the account, or by the link in every mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from kakehashi.alerts import actions, kinds, links, queries
from kakehashi.alerts.actions.following import Times
from kakehashi.alerts.forms import PauseForm, TimesForm
from kakehashi.alerts.receivers import receiver_of
from kakehashi.lib.errors import NotFound
from kakehashi.readers.addresses import address_key
from kakehashi.readers.models import Reader


def receiver_by(purpose: str, token: str, **how: Any) -> Any:
    """Whose link this is; raises NotFound for what is none, or not any more."""
    values = links.read(purpose, token, **how)
    receiver = queries.receiver_with_state(values[0]) if values else None
    if receiver is None:
        raise NotFound(_("This link does not work any more. The one in a newer mail of ours does."))
    return receiver


@never_cache
@login_required
def own(request: HttpRequest) -> HttpResponse:
    """A member's, in the account."""
    assert isinstance(request.user, Reader)
    return _page(request, queries.receiver_with_state(receiver_of(request.user).pk), is_own=True)


@never_cache
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Without log-in: whoever reads the mail may change what comes."""
    return _page(request, receiver_by("preferences", token, for_=links.PREFERENCES_FOR), is_own=False)


def _page(request: HttpRequest, receiver: Any, *, is_own: bool) -> HttpResponse:
    offers = queries.followed(receiver)
    has_language = receiver.reader is None
    names = ("hour", "weekday", "time_zone", "language")
    form = TimesForm(
        request.POST if request.POST.get("do") == "save" else None,
        initial={name: getattr(receiver, name) for name in names},
        has_language=has_language,
    )
    if request.method == "POST" and request.POST.get("do") == "notices" and receiver.reader is not None:
        _choose_notices(request, receiver.reader, is_own=is_own)
        return redirect(request.path + "#notices")
    if request.method == "POST" and _done(request, receiver, form, offers):
        return redirect(request.path)
    context = {
        "receiver": receiver,
        "address": receiver.address if is_own else masked(receiver.address),
        "offers": offers,
        "form": form,
        "pause": PauseForm(),
        "is_own": is_own,
        "is_paused": receiver.paused_until is not None and receiver.paused_until > timezone.now(),
        "trouble": queries.trouble_at(receiver.address),
        "notice_kinds": kinds.rows_of(receiver.reader_id) if receiver.reader_id is not None else (),
    }
    return render(request, "alerts/preferences.html", context, status=422 if form.errors else 200)


def _choose_notices(request: HttpRequest, reader: Reader, *, is_own: bool) -> None:
    """What is ticked is wanted; by a link from a mail only mail can be chosen."""
    on_site, by_mail = set(request.POST.getlist("site")), set(request.POST.getlist("mail"))
    places = {
        row.kind: kinds.Place(row.kind in on_site if is_own else row.place.on_site, row.kind in by_mail)
        for row in kinds.rows_of(reader.pk)
    }
    actions.choose_notices(reader=reader, places=places)
    messages.success(request, _("Saved. This holds from now on."))


def _done(request: HttpRequest, receiver: Any, form: TimesForm, offers: list[queries.Offer]) -> bool:
    """Do what the button says; False where the form has to be mended first."""
    now, wish = timezone.now(), request.POST.get("do")
    if wish == "off":
        actions.switch_off(receiver=receiver, now=now)
        messages.success(request, _("No mail comes any more."))
    elif wish == "on":
        actions.switch_on(receiver=receiver, now=now)
        messages.success(request, _("Mail comes again from now on."))
    elif wish == "pause":
        pause = PauseForm(request.POST)
        days = pause.cleaned_data["days"] if pause.is_valid() else None
        actions.pause(receiver=receiver, until=now + timedelta(days=days) if days else None, now=now)
        messages.success(request, _("Saved. This holds from now on."))
    elif wish == "anew":
        actions.ask_anew(receiver=receiver, address_key=address_key(request), now=now)
        messages.success(
            request, _("We have sent a mail with a link. When you have pressed its button, mail comes again.")
        )
    else:
        if not form.is_valid():
            return False
        _save(request, receiver, form, offers)
        messages.success(request, _("Saved. This holds from now on."))
    return True


def _save(request: HttpRequest, receiver: Any, form: TimesForm, offers: list[queries.Offer]) -> None:
    now = timezone.now()
    wished = {offer.subject.word: request.POST.get(offer.field, offer.rhythm) for offer in offers}
    actions.choose_rhythms(receiver=receiver, wished=wished, now=now)
    actions.set_times(receiver=receiver, times=Times(**{"language": receiver.language, **form.cleaned_data}), now=now)


def masked(address: str) -> str:
    """Enough to recognise one's own: a mail may have been passed on."""
    name, _at, host = address.partition("@")
    return f"{name[:1]}…@{host}"
