"""Members as flaggers: who is seldom right, and leaving the flags of one out of count."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.moderation import actions, flaggers, queries, rules
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import TrustedFlagger
from kakehashi.moderation.report_forms import UnheardForm
from kakehashi.moderation.views.paging import leaf
from kakehashi.readers.models import Reader


@require_safe
def listed(request: HttpRequest, reader: Reader) -> HttpResponse:
    now = timezone.now()
    context = {
        "flaggers": flaggers.serial_flaggers(now),
        "mean": flaggers.site_share(now),
        "trusted": TrustedFlagger.objects.select_related("reader").order_by("since"),
        "least": rules.SERIAL_FLAGS,
    }
    return render(request, "moderation/flaggers.html", context)


def _member(pk: int) -> Reader:
    found = Reader.objects.filter(pk=pk, erased_at=None).first()
    if found is None:
        raise NotFound(_("This member is not here."))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def flagger(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """One member's flags with what became of them, and the form that leaves them out of count."""
    member, now, error = _member(pk), timezone.now(), None
    form = UnheardForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        ground = Ground(rule=data["rule"], explanation=data["explanation"])
        try:
            actions.discount_flags(actor=reader, reader=member, ground=ground, days=data["days"])
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Decided and recorded."))
            return redirect("moderation-flagger", pk)
    context = {
        "member": member,
        "flagger": flaggers.flagger(member, now),
        "leaf": leaf(request, queries.reports_of(member)),
        "form": form,
        "error": error,
        "can_restrict": rules.can_restrict(reader, member),
        "is_trusted": TrustedFlagger.objects.filter(reader=member).exists(),
    }
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/flagger.html", context, status=status)


@require_POST
def trust(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Put the member's legal notices first, or no longer."""
    actions.trust_flagger(actor=reader, reader=_member(pk), is_trusted=request.POST.get("trust") == "1")
    messages.success(request, _("Saved. This holds from now on."))
    return redirect("moderation-flagger", pk)
