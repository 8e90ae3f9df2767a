"""Legal notices by anybody, without an account: the form, the receipt, and what became of one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kakehashi.comments.models import Comment
from kakehashi.comments.queries import find_comment
from kakehashi.comments.viewing import comment_address, reader_of
from kakehashi.lib.errors import DomainError, Invalid, NotFound, TooMany
from kakehashi.lib.ratelimit import Limit, check_times
from kakehashi.moderation import actions, notices, placing, rules
from kakehashi.moderation.models import LegalNotice
from kakehashi.moderation.report_forms import ComplaintForm, LookUpForm, NoticeForm
from kakehashi.readers.addresses import address_key

# Of references that lead nowhere, from one place.
_MISSES = [Limit(10, timedelta(minutes=10), gettext_lazy("You have tried many references that are none of ours."))]


def _hosts(request: HttpRequest) -> frozenset[str]:
    """What the site is called, in an address that somebody copies."""
    ours = urlsplit(settings.BASE_URL).netloc.lower()
    return frozenset({ours, ours.partition(":")[0], request.get_host().lower()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest) -> HttpResponse:
    """The form; from a comment (`?comment=`) with its place filled in."""
    if request.method != "POST":
        return _form_page(request, NoticeForm(initial=_initial(request)))
    form = NoticeForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    data = {name: value for name, value in form.cleaned_data.items() if name != "homepage"}
    try:
        notice = actions.file_notice(
            **data,
            reader=reader_of(request),
            language=get_language() or "",
            address_key=address_key(request),
            hosts=_hosts(request),
        )
    except DomainError as refusal:
        return _form_page(request, form, refusal)
    return redirect(f"{notice.get_absolute_url()}?received=1")


def _initial(request: HttpRequest) -> dict[str, Any]:
    asked, reader = request.GET.get("comment", ""), reader_of(request)
    place = request.GET.get("place", "")[: placing.LONGEST_PLACE]
    if asked.isdecimal() and len(asked) <= 18:
        place = settings.BASE_URL + comment_address(int(asked))
    return {"place": place, "email": reader.email if reader is not None else ""}


def _form_page(
    request: HttpRequest, form: NoticeForm, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "error": error, "comment": _comment(request, form["place"].value() or "")}
    response = render(request, "moderation/notice_form.html", context, status=error.status if error else status)
    _say_when(response, error)
    return response


def _comment(request: HttpRequest, place: str) -> Comment | None:
    """The comment at the place, to show that it is the one that is meant."""
    try:
        found = find_comment(placing.comment_named(place, _hosts(request)), None)
    except Invalid:
        return None
    return found if found is not None and found.is_visible else None


def _say_when(response: HttpResponse, error: DomainError | None) -> None:
    if isinstance(error, TooMany):
        response["Retry-After"] = str(max(1, round((error.retry_at - timezone.now()).total_seconds())))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def look_up(request: HttpRequest) -> HttpResponse:
    """To the state of a notice, by its reference and the address that was given with it."""
    form, error = LookUpForm(request.POST if request.method == "POST" else None), None
    if request.method == "POST" and form.is_valid():
        try:
            notice = _looked_up(request, form.cleaned_data["reference"], form.cleaned_data["email"], timezone.now())
        except DomainError as refusal:
            error = refusal
        else:
            return redirect(notice)
    status = error.status if error is not None else 422 if form.errors else 200
    response = render(request, "moderation/notice_lookup.html", {"form": form, "error": error}, status=status)
    _say_when(response, error)
    return response


def _looked_up(request: HttpRequest, reference: str, email: str, now: datetime) -> LegalNotice:
    """The same sentence for a reference that is none and for an address that is another's."""
    key = f"notice-misses:{address_key(request, now=now)}"
    misses: list[datetime] = cache.get(key, [])
    check_times(misses, _MISSES, now=now)
    found = notices.find(reference, email)
    if found is None:
        cache.set(key, [now, *misses][: _MISSES[0].count], timeout=3600)
        raise NotFound(_("There is no notice with this reference and address. Please look at the mail that we sent."))
    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def state(request: HttpRequest, token: str) -> HttpResponse:
    """One notice, for whoever has its link: what became of it, why, and what can be done about that."""
    notice = notices.behind(token)
    if notice is None:
        raise NotFound(_("This link is not one of ours."))
    form, error, now = ComplaintForm(request.POST if request.method == "POST" else None), None, timezone.now()
    if request.method == "POST" and form.is_valid():
        try:
            actions.complain(notice=notice, words=form.cleaned_data["words"], now=now)
        except DomainError as refusal:
            error = refusal
        else:
            return redirect(request.path)
    context = {
        "notice": notice,
        "form": form,
        "error": error,
        "is_new": "received" in request.GET,
        "can_complain": rules.can_complain(notice, now),
        "complain_until": rules.last_day_to_object(notice.settled_at) if notice.settled_at else None,
    }
    return render(request, "moderation/notice_state.html", context, status=error.status if error is not None else 200)
