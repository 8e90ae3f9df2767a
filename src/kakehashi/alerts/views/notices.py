"""The page of notices. Nothing is read by looking at it: a notice is marked where its reader opens it, or says so."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from kakehashi.alerts import actions, notices
from kakehashi.alerts.kinds import SHORT
from kakehashi.alerts.models import NoticeKind
from kakehashi.comments.queries import find_comment
from kakehashi.readers.models import Reader
from kakehashi.stories.queries import live_stories

# Longer than any number that a database holds.
DIGITS = 18


def _reader_of(request: HttpRequest) -> Reader:
    assert isinstance(request.user, Reader)
    return request.user


def _number(given: str | None) -> int | None:
    """A number of ours; None for anything else."""
    return int(given) if given and given.isascii() and given.isdigit() and len(given) <= DIGITS else None


def _kind(given: str | None) -> str:
    return given if given in NoticeKind.values else ""


@never_cache
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The reader's notices; a kind or a place that does not exist gives the newest of all."""
    kind, before = _kind(request.GET.get("kind")), _number(request.GET.get("before"))
    reader = _reader_of(request)
    page = notices.page_of(reader, kind=kind, before=before)
    if page.unread != reader.unread_notices:
        # Somebody was muted since, or a story is gone.
        actions.recount(readers=[reader.pk])
        reader.unread_notices = page.unread
    context = {
        "page": page,
        "kind": kind,
        "kinds": SHORT.items(),
        "before": before,
    }
    return render(request, "alerts/notices.html", context)


@never_cache
@login_required
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """To the comment or story, with the notice marked as read on the way."""
    if request.method != "POST":
        # Back from logging in: the page has the button.
        return redirect("notices")
    reader = _reader_of(request)
    address = _address(actions.read_notice(reader=reader, pk=pk, now=timezone.now()), reader)
    if address:
        return redirect(address)
    messages.info(request, _("What this notice was about is not here any more."))
    return redirect("notices")


def _address(opened: actions.Opened, reader: Reader) -> str:
    """Where that is now; empty where it is gone."""
    if opened.decision is not None:
        return reverse("decision", args=[opened.decision])
    if opened.comment is not None:
        comment = find_comment(opened.comment, reader)
        return comment.get_absolute_url() if comment is not None else ""
    story = live_stories().filter(pk=opened.story).first()
    return story.get_absolute_url() if story is not None else ""


@never_cache
@login_required
def read(request: HttpRequest) -> HttpResponse:
    """Mark one notice (`notice`), or all up to `until`, as read; back to where the reader was on the page."""
    kind = _kind(request.POST.get("kind"))
    if request.method == "POST":
        reader, now = _reader_of(request), timezone.now()
        one, until = _number(request.POST.get("notice")), _number(request.POST.get("until"))
        if one is not None:
            actions.read_notice(reader=reader, pk=one, now=now)
        elif until is not None:
            actions.read_all(reader=reader, until=until, kind=kind, now=now)
            messages.success(request, _("All of these are marked as read."))
    words = {"kind": kind, "before": _number(request.POST.get("before")) or ""}
    query = urlencode({name: value for name, value in words.items() if value})
    return redirect(reverse("notices") + (f"?{query}" if query else ""))
