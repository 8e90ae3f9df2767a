"""Where one is logged in, and a change of address that the old address can undo."""

from __future__ import annotations

from typing import Any

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.readers import actions, mails, queries
from kakehashi.readers.actions.readdressing import CAN_BE_STOPPED_FOR
from kakehashi.readers.models import EmailChange
from kakehashi.readers.views.account import reader_of


@never_cache
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    if request.method == "POST":
        if "others" in request.POST:
            count = actions.end_other_sessions(reader=reader, but=request.session.session_key)
            sentence = ngettext(
                "Logged out in %(count)s other browser.", "Logged out in %(count)s other browsers.", count
            )
            messages.success(request, sentence % {"count": count})
        elif actions.end_session(reader=reader, key=request.POST.get("session", "")[:64]):
            messages.success(request, _("Logged out there."))
        else:
            messages.info(request, _("You are not logged in there any more."))
        return redirect("account_sessions")
    return render(
        request, "account/sessions.html", {"sessions": queries.sessions_of(reader, request.session.session_key)}
    )


class EmailView(allauth_views.EmailView):
    def form_valid(self, form: Any) -> HttpResponse:
        """The present address is told at once, and can stop the change."""
        reader = reader_of(self.request)
        old = reader.email
        answer: HttpResponse = super().form_valid(form)
        change = actions.note_email_change(reader=reader, old=old, new=form.cleaned_data["email"])
        context = {"new": change.new, "link": mails.link("account_email_stop", change.pk)}
        get_adapter(self.request).send_mail("account/email/email_change_asked", change.old, context)
        return answer


email = never_cache(login_required(EmailView.as_view()))


@never_cache
def stop_email_change(request: HttpRequest, token: str) -> HttpResponse:
    """By the link that the old address got; without logging in, for whoever took the account may have locked it."""
    said = mails.read_link("account_email_stop", token, max_age=int(CAN_BE_STOPPED_FOR.total_seconds()))
    change = EmailChange.objects.filter(pk=said[0]).first() if said else None
    if change is None:
        raise NotFound(_("This link has run out. Please write to the newsroom if your account was taken."))
    context: dict[str, Any] = {"change": change, "is_stopped": change.stopped_at is not None}
    if request.method == "POST":
        try:
            actions.stop_email_change(change=change)
        except DomainError as error:
            context["error"] = error.message
        else:
            context["is_stopped"] = True
    return render(request, "account/email_stop.html", context)
