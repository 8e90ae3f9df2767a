"""Links in mails that begin or end something. Each shows a page with a button: programs that look through mail follow
links, and press no buttons."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from kakehashi.alerts import actions, links, queries, subjects, unsubscribing
from kakehashi.alerts.actions.inviting import INVITED_TO
from kakehashi.alerts.actions.subscribing import pending
from kakehashi.alerts.models import Rhythm
from kakehashi.alerts.views.preferring import receiver_by
from kakehashi.lib.errors import NotFound


@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The second half of the double opt-in."""
    values = links.read("confirm", token, for_=links.CONFIRM_FOR)
    if not values:
        raise NotFound(_("This link does not work any more. Please ask for a new one."))
    now = timezone.now()
    if request.method == "POST":
        wish = actions.confirm(wish_id=values[0], now=now)
        messages.success(request, _("Thank you. Mail comes from now on; here you can change what, and when."))
        return redirect("alerts-preferences", links.token("preferences", wish.receiver_id))
    wish = pending(wish_id=values[0], now=now)
    named = subjects.found(wish.subjects)
    context = {"subjects": list(named.values()), "rhythm": Rhythm(wish.rhythm).label, "is_done": wish.confirmed_at}
    return render(request, "alerts/confirm.html", context)


@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Yes to the invitation."""
    receiver = receiver_by("accept", token, for_=links.ACCEPT_FOR)
    if request.method == "POST":
        actions.accept_invitation(receiver=receiver, now=timezone.now())
        messages.success(request, _("Thank you. Mail comes from now on; here you can change what, and when."))
        return redirect("alerts-preferences", links.token("preferences", receiver.pk))
    named = subjects.found(word for word, _rhythm in INVITED_TO)
    offers = [(named[word].title, Rhythm(rhythm).label) for word, rhythm in INVITED_TO]
    return render(request, "alerts/accept.html", {"offers": offers})


# A mailbox posts here by itself when its user presses its own button (RFC 8058): with no cookie and no token of a form,
# and the signed address is proof enough.
@never_cache
@csrf_exempt
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    values = links.read("unsubscribe", token)
    receiver = queries.receiver_with_state(values[0]) if values else None
    if values is None:
        raise NotFound(_("This link is not one of ours, or a part of it is missing."))
    scope = str(values[1])
    is_all = request.POST.get("all") == "1"
    context = {"name": unsubscribing.name(scope), "is_all": is_all, "is_every": scope == "all"}
    if request.method == "POST":
        # Where the receiver is gone, nothing comes any more either.
        if receiver is not None:
            unsubscribing.end("all" if is_all else scope, receiver=receiver, now=timezone.now())
            # The link ends mails for ever, but opens what somebody follows no longer than the one beside it.
            if links.read("unsubscribe", token, for_=links.PREFERENCES_FOR) is not None:
                context["preferences"] = links.token("preferences", receiver.pk)
        return render(request, "alerts/unsubscribed.html", context)
    return render(request, "alerts/unsubscribe.html", context)
