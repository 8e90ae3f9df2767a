"""What the staff see of mails: breaking news from a story, what became of mails, addresses with trouble."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.reports import ReportView

from kakehashi.alerts import actions, envelopes, news, queries, rules
from kakehashi.alerts.models import BreakingNews, Mail, MailState, Trouble
from kakehashi.alerts.writers.stories import breaking_letter
from kakehashi.lib.errors import DomainError
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage


def breaking(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview, count of receivers, and the button that sends the story to all who want breaking news."""
    story, editor = _story(request, pk)
    now = timezone.now()
    if request.method == "POST":
        try:
            actions.send_breaking_news(actor=editor, story=story, now=now)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _now("“%(headline)s” is on its way.") % {"headline": story.title})
        return redirect("alerts_breaking", pk)
    letter = breaking_letter(story)
    sent = BreakingNews.objects.filter(story=story).select_related("sent_by").order_by("-pk")
    context = {
        "story": story,
        "letter": letter,
        "text": envelopes.preview(letter)[0],
        "count": queries.breaking_receivers(now),
        "sent": sent,
        "is_sent": any(item.text_digest == news.text_digest(story) for item in sent),
    }
    return TemplateResponse(request, "alerts/admin/breaking.html", context)


@xframe_options_sameorigin
def breaking_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail's HTML, for a frame; its links lead nowhere."""
    story, _editor = _story(request, pk)
    return HttpResponse(envelopes.preview(breaking_letter(story))[1])


def _story(request: HttpRequest, pk: int) -> tuple[StoryPage, Reader]:
    if not isinstance(request.user, Reader) or not rules.can_send_breaking_news(request.user):
        raise PermissionDenied
    story: StoryPage = get_object_or_404(StoryPage, pk=pk)
    if not story.live:
        raise Http404
    return story, request.user


class _ForAdministrators(ReportView):
    is_searchable = False
    list_export: list[str] = []

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not rules.can_see_mail(request.user):
            raise PermissionDenied
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


class MailsView(_ForAdministrators):
    """Mails that went wrong or wait, the latest first; what went well has no place here."""

    model = Mail
    page_title = _("Mails")
    header_icon = "mail"
    index_url_name = "alerts_mails"
    index_results_url_name = "alerts_mails_results"
    default_ordering = "-created_at"

    def get_queryset(self) -> Any:
        shown = Mail.objects.exclude(state__in=[MailState.HANDED_OVER, MailState.DROPPED])
        return shown.select_related("receiver__reader").order_by("-pk")

    @property
    def columns(self) -> list[Column]:
        return [
            Column("id", label=_("Number")),
            DateColumn("due_at", label=_("Due"), width="14%"),
            Column("receiver", label=_("To"), accessor=_address),
            Column("kind", label=_("Kind")),
            Column("cause", label=_("Cause")),
            Column("get_state_display", label=_("State")),
            Column("attempts", label=_("Attempts")),
            Column("why", label=_("Why"), width="28%"),
        ]


class TroublesView(_ForAdministrators):
    """Addresses from which mail came back or was reported as unwanted, the latest first."""

    model = Trouble
    page_title = _("Mail addresses")
    header_icon = "warning"
    index_url_name = "alerts_troubles"
    index_results_url_name = "alerts_troubles_results"
    default_ordering = "-last_at"

    def get_queryset(self) -> Any:
        return Trouble.objects.order_by("-last_at")

    @property
    def columns(self) -> list[Column]:
        return [
            Column("email", label=_("E-mail address")),
            Column("get_kind_display", label=_("What happened")),
            Column("count", label=_("Times")),
            DateColumn("last_at", label=_("Last time"), width="14%"),
            DateColumn("blocked_at", label=_("Switched off"), width="14%"),
            Column("said", label=_("What was said"), width="34%"),
        ]


def _address(mail: Mail) -> str:
    reader = mail.receiver.reader
    return reader.email if reader is not None else mail.receiver.email or ""
