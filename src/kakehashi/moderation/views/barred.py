"""Mail domains and names with which nobody can register."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from kakehashi.lib.errors import DomainError
from kakehashi.moderation.forms import BarForm
from kakehashi.moderation.guard import also_for_editors
from kakehashi.moderation.views.paging import leaf
from kakehashi.readers import actions as reader_actions
from kakehashi.readers import queries as reader_queries
from kakehashi.readers import reserved
from kakehashi.readers.models import Barred, Reader


@also_for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: HttpRequest, reader: Reader) -> HttpResponse:
    kind = Barred.Kind.NAME if request.GET.get("kind") == Barred.Kind.NAME else Barred.Kind.DOMAIN
    form, error = BarForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _carry_out(request, reader, kind, form))
            return redirect(f"{reverse('moderation-barred')}?kind={kind}")
        except DomainError as refusal:
            error = refusal
    wish = request.GET.get("q", "").strip()[:100]
    context = {
        "kind": kind,
        "kinds": Barred.Kind.choices,
        "form": form,
        "error": error,
        "q": wish,
        "leaf": leaf(request, reader_queries.barred(kind, like=wish), size=100),
        "refuses_disposable": settings.KAKEHASHI_REFUSE_DISPOSABLE_MAIL,
        "words": reserved.WORDS + reserved.ANYWHERE,
    }
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/barred.html", context, status=status)


def _carry_out(request: HttpRequest, reader: Reader, kind: str, form: BarForm) -> str:
    gone = request.POST.get("unbar", "")
    if gone.isdecimal() and len(gone) < 19:
        reader_actions.unbar(actor=reader, pk=int(gone))
        return _("It can be used again.")
    count = reader_actions.bar(
        actor=reader, kind=kind, words=form.cleaned_data["words"], note=form.cleaned_data["note"]
    )
    return ngettext("%(n)s line is new.", "%(n)s lines are new.", count) % {"n": f"{count:,}"}
