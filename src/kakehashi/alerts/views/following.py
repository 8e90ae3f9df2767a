"""To follow something: a member by a button, anybody else by an address."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from kakehashi.alerts import actions, queries, subjects
from kakehashi.alerts.forms import SubscribeForm
from kakehashi.alerts.receivers import receiver_of
from kakehashi.comments.viewing import reader_of
from kakehashi.lib.errors import DomainError
from kakehashi.readers.addresses import address_key
from kakehashi.readers.models import Reader


@never_cache
def choose(request: HttpRequest) -> HttpResponse:
    """What can be followed around `about`: a form for the member, one with an address for anybody else."""
    reader = reader_of(request)
    about = request.GET.get("about", "")[:200]
    if reader is not None:
        return _choose_as_member(request, reader, about)
    return _choose_with_address(request, about)


def _choose_as_member(request: HttpRequest, reader: Reader, about: str) -> HttpResponse:
    receiver = receiver_of(reader)
    offers = queries.offers(queries.words_around(about), receiver)
    if request.method == "POST":
        wished = {offer.subject.word: request.POST.get(offer.field, offer.rhythm) for offer in offers}
        actions.choose_rhythms(receiver=receiver, wished=wished, now=timezone.now())
        messages.success(request, _("Saved. This holds from now on."))
        return redirect(_address(about))
    context = {"offers": offers, "about": about, "receiver": receiver}
    return render(request, "alerts/choose_member.html", context)


def _choose_with_address(request: HttpRequest, about: str) -> HttpResponse:
    words = queries.words_around(about)
    offers = queries.offers(words, None)
    usual = offers[0].subject.word if offers else subjects.SITE
    form = SubscribeForm(request.POST or None, initial={"rhythm": queries.usual_rhythm(usual) if about else "daily"})
    chosen = request.POST.getlist("subject") if request.method == "POST" else [usual]
    status, problem = 200, ""
    if request.method == "POST" and form.is_valid():
        try:
            actions.subscribe(
                email=form.cleaned_data["email"],
                words=list(dict.fromkeys(chosen)),
                rhythm=form.cleaned_data["rhythm"],
                language=get_language() or "",
                address_key=address_key(request),
                now=timezone.now(),
            )
        except DomainError as error:
            status, problem = error.status, error.message
        else:
            return redirect("alerts-asked")
    elif request.method == "POST":
        status = 422
    context = {"offers": offers, "chosen": chosen, "form": form, "about": about, "problem": problem}
    return render(request, "alerts/choose.html", context, status=status)


@never_cache
def asked(request: HttpRequest) -> HttpResponse:
    """The same for every address, known or not."""
    return render(request, "alerts/asked.html")


@never_cache
@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """A member's button on a page: follow what it is about, in its usual rhythm, and see what else there is."""
    word = request.POST.get("subject", "")[:200]
    reader = reader_of(request)
    if reader is not None:
        receiver = receiver_of(reader)
        if word not in queries.rhythms_of(receiver):
            rhythm = queries.usual_rhythm(word)
            actions.follow(receiver=receiver, words=[word], rhythm=rhythm, now=timezone.now())
        messages.success(request, _("You follow this from now on."))
    return redirect(_address(word))


def _address(about: str) -> str:
    return f"{reverse('alerts')}?about={quote(about)}" if about else reverse("alerts")
