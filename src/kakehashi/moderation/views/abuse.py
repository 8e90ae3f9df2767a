"""Alarms: the list, and one with its evidence and what can be done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.moderation import actions, queries, rules
from kakehashi.moderation.abuse import charts
from kakehashi.moderation.forms import DiscountForm
from kakehashi.moderation.models import Action, Alarm, AlarmAccount, AlarmKind, AlarmState, Decision
from kakehashi.moderation.views.paging import MOST_DIGITS
from kakehashi.readers.models import Reader

MOST_OPEN = 100
SETTLED_SHOWN = 30
ACCOUNTS_SHOWN = 500
BURSTS = (AlarmKind.COMMENT, AlarmKind.MEMBER)


@require_safe
def listed(request: HttpRequest, reader: Reader) -> HttpResponse:
    context = {
        "alarms": queries.open_alarms()[:MOST_OPEN],
        "settled": queries.settled_alarms()[:SETTLED_SHOWN],
    }
    return render(request, "moderation/abuse.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def alarm(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """One alarm; its form discounts votes, or settles it otherwise."""
    found = queries.alarm(pk)
    if found is None:
        raise NotFound(_("There is no such alarm."))
    form, error = DiscountForm(request.POST if request.method == "POST" else None), None
    if request.method == "POST" and form.is_valid():
        try:
            said = _settle(request, reader, found, form)
        except DomainError as refusal:
            error = refusal
            found = queries.alarm(pk) or found
        else:
            messages.success(request, said)
            return redirect("moderation-alarm", pk)
    accounts = list(found.members.select_related("reader").order_by("reader")[:ACCOUNTS_SHOWN])
    last = accounts[-1].reader_id if found.accounts > len(accounts) > 0 else None
    context = {
        "alarm": found,
        "accounts": sorted(accounts, key=_place),
        "last": last,
        "more": found.accounts - len(accounts),
        "has_more": "after" in request.POST or not form.is_bound,
        "chosen": _chosen(request, accounts) if form.is_bound else {str(one.reader_id) for one in accounts},
        "can_choose": {one.reader_id for one in accounts if rules.can_restrict(reader, one.reader)},
        "form": form,
        "error": error,
        "odds": _odds(found.strength),
        **_picture(found),
        **_decided(found),
    }
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/alarm.html", context, status=status)


def _chosen(request: HttpRequest, accounts: list[AlarmAccount]) -> set[str]:
    """Those that were ticked, and those that the page did not have yet."""
    listed = set(request.POST.get("listed", "").split())
    return {*request.POST.getlist("account"), *({str(one.reader_id) for one in accounts} - listed if listed else ())}


def _place(one: AlarmAccount) -> tuple[str, str, int, int]:
    """Who shares most with the others first."""
    return one.network or "~", one.device or "~", one.earlier_votes, one.pk


def _settle(request: HttpRequest, reader: Reader, found: Alarm, form: DiscountForm) -> str:
    """Do what the button says; what to tell."""
    wish, reason = request.POST.get("do", ""), form.cleaned_data["explanation"]
    seen = next(iter(_numbers([request.POST.get("seen", "")])), None)
    if wish == "discount":
        chosen = _numbers(request.POST.getlist("account"))
        for last in _numbers(request.POST.getlist("after")):
            # All behind the last one that the page had room for.
            chosen += found.evidence.filter(vote__reader__gt=last).values_list("vote__reader", flat=True).distinct()
        count = actions.discount(actor=reader, alarm=found, ground=form.ground, readers=chosen, seen=seen)
        found.refresh_from_db()
        if found.state == AlarmState.WORKING:
            return _("%(n)s votes are being discounted. It takes a moment; you need not wait here.") % {
                "n": f"{count:,}"
            }
        return ngettext("%(n)s vote counts no longer.", "%(n)s votes count no longer.", count) % {"n": f"{count:,}"}
    actions.settle_alarm(actor=reader, alarm=found, state=wish, reason=reason, seen=seen)
    return _("Settled. The alarm is kept for a year, with your reason.")


def _numbers(typed: list[str]) -> list[int]:
    return [int(one) for one in typed if one.isdecimal() and len(one) <= MOST_DIGITS]


def _odds(strength: float) -> int:
    """Of “one in 10ⁿ”: the whole n."""
    return int(strength)


def _picture(alarm: Alarm) -> dict[str, Any]:
    """Votes on the target from a while before the burst until after it; 2 queries."""
    if alarm.kind not in BURSTS:
        return {}
    around = max((alarm.last_at - alarm.first_at) * 2, timedelta(minutes=30))
    since, until = alarm.first_at - around, alarm.last_at + around / 2
    odd = dict(alarm.evidence.values_list("vote", "at"))
    times: list[tuple[datetime, bool]] = [(at, True) for at in odd.values()]
    times += [(at, False) for at, pk in queries.votes_around(alarm, since=since, until=until) if pk not in odd]
    found = charts.bins(times, since, until)
    return {"chart": charts.over_time(found), "bins": [one for one in found if one.all]}


def _decided(alarm: Alarm) -> dict[str, Any]:
    """What became of discounted votes; 3 queries at most."""
    if alarm.batch is None:
        return {}
    first = Decision.objects.filter(batch=alarm.batch, action=Action.DISCOUNTED).order_by("pk").first()
    standing = Decision.objects.standing().filter(batch=alarm.batch, action=Action.DISCOUNTED)
    count = standing.aggregate(voters=Count("pk", distinct=True), votes=Count("discounted_votes"))
    waiting = alarm.evidence.filter(is_waiting=True).count() if alarm.state == AlarmState.WORKING else 0
    return {"first_decision": first, "standing": count, "waiting": waiting}
