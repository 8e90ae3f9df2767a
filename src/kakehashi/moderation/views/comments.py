"""Deciding on one comment, on a page of its own or in its place on the story's page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kakehashi.comments import actions as comment_actions
from kakehashi.comments import orders, page
from kakehashi.comments.models import Comment, Thread, ThreadState
from kakehashi.comments.viewing import comment_or_404, fragment, go, is_htmx, place, story_or_404
from kakehashi.lib.errors import Conflict, DomainError, NotFound
from kakehashi.moderation import actions, queries, queue, rules
from kakehashi.moderation.forms import DecisionForm, ThreadForm
from kakehashi.moderation.guard import also_for_sections
from kakehashi.moderation.models import ON_COMMENTS, Origin, Outcome
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage


@also_for_sections
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """The form, and where it is sent to; with htmx in the comment's place."""
    comment = comment_or_404(pk, reader)
    if not rules.can_decide_on(reader, comment.thread.story.section_pk):
        raise NotFound(_("This comment is not here."))
    error: DomainError | None = None
    form = _form(request, reader, comment)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.judge(
                actor=reader,
                comment=comment,
                action=data["action"],
                ground=form.ground,
                source=data["text"],
                seen=form.seen,
                consequence=data["consequence"],
                hours=data["hours"] or None,
                follows_others=data["follows"] or not _has_choice(request),
            )
        except DomainError as refusal:
            error = refusal
            # What is shown now is what the next click is about.
            comment = comment_or_404(pk, reader)
            form.data = {**form.data.dict(), **_seen(comment)}  # type: ignore[attr-defined]
        else:
            return _decided(request, reader, comment)
    status = error.status if error is not None else 422 if form.errors else 200
    return _asked(request, reader, comment, form, error, status)


def _form(request: HttpRequest, reader: Reader, comment: Comment) -> DecisionForm:
    """Several may be open on one story's page, so each names its fields after its comment."""
    names = f"id_{comment.pk}_%s"
    if request.method == "POST":
        by_machine = bool(queries.found_by_machine([comment.pk]))
        form = DecisionForm(_sent(request), auto_id=names, found_by_machine=by_machine)
    else:
        form = DecisionForm(initial=_initial(request, comment), auto_id=names)
    return form if rules.can_decide_everywhere(reader) else form.for_sections()


def _sent(request: HttpRequest) -> QueryDict:
    """The form; a button on the story's page says in its address in which state the comment was when it was drawn."""
    data = request.POST.copy()
    data.setdefault("state", request.GET.get("was", ""))
    return data


def _has_choice(request: HttpRequest) -> bool:
    """Whether the form asked what becomes of reports that named another rule."""
    return "asks_follows" in request.POST


def _initial(request: HttpRequest, comment: Comment) -> dict[str, Any]:
    asked, origin = request.GET.get("action", ""), request.GET.get("origin") or queries.likely_origin(comment.pk)
    record = queries.record_of(comment.author, timezone.now()) if comment.author is not None else None
    return {
        "action": asked if asked in ON_COMMENTS else "",
        "text": comment.source,
        "hours": record.proposed_hours if record else None,
        "follows": True,
        "origin": origin if origin in Origin.values else Origin.OWN,
        "law": request.GET.get("law", "")[:200],
        **_seen(comment),
    }


def _seen(comment: Comment) -> dict[str, str]:
    last = queries.last_decision(comment.pk)
    return {
        "revision": str(comment.revisions.count()),
        "decision": str(last.pk if last else 0),
        "state": comment.state,
    }


def _asked(
    request: HttpRequest, reader: Reader, comment: Comment, form: DecisionForm, error: DomainError | None, status: int
) -> HttpResponse:
    now, asked = timezone.now(), form["action"].value()
    flags = list(queries.flags_of(comment.pk)[: queries.MOST_REPORTS])
    notices = list(queries.notices_of(comment.pk)[: queries.MOST_REPORTS])
    context = {
        "reader": reader,
        "comment": comment,
        "form": form,
        "asked": asked if asked in ON_COMMENTS else "",
        "error": error,
        "record": queries.record_of(comment.author, now) if comment.author is not None else None,
        "flags": flags,
        # Not "notices": so the frame of every page calls what it says above.
        "legal_notices": notices,
        "approval": queries.approval_of(comment.pk) if flags or notices else None,
        "claim": queries.claim_of_others(reader, comment.pk, now),
        "asks_follows": len({flag.rule_id for flag in flags if flag.outcome == Outcome.WAITING}) > 1,
        "history": queries.told().filter(comment=comment).order_by("-pk")[:20],
    }
    if is_htmx(request):
        html = render_to_string("moderation/decision_form.html", context | {"is_in_place": True}, request=request)
        return fragment(html, target=f"#c-{comment.pk} > .moderate", status=status)
    return render(request, "moderation/comment.html", context, status=status)


def _decided(request: HttpRequest, reader: Reader, comment: Comment) -> HttpResponse:
    """The comment as it is now: in place, or on its story's page."""
    if not is_htmx(request):
        messages.success(request, _("Decided and recorded."))
        return go(request, place(request, comment, reader))
    found = page.visit_or_404(comment.thread.story_id, reader, orders.preferred(reader))
    return fragment(page.articles_of(found, [comment.pk]), target=f"#c-{comment.pk}", say=_("Decided and recorded."))


@also_for_sections
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Open or close the discussion of a story, or let its comments wait, with a rule and why."""
    story = story_or_404(pk)
    if not rules.can_decide_on(reader, story.section_pk):
        raise NotFound(_("This story is not here."))
    if request.method != "POST":
        known = Thread.objects.filter(story=story).first()
        asked = request.GET.get("state", "")
        state = asked if asked in ThreadState.values else known.state if known else ThreadState.OPEN
        initial: dict[str, Any] = {"state": state, "comment": request.GET.get("comment", "")}
        if known is not None and known.state == state:
            # To be corrected.
            rule = queries.rules_in_force().filter(number=known.rule_number).first()
            initial |= {"rule": rule.pk if rule else None, "explanation": known.reason}
        return _thread_page(request, story, ThreadForm(initial=initial))
    form = ThreadForm(request.POST)
    if not form.is_valid():
        return _thread_page(request, story, form)
    try:
        found = comment_actions.thread_for(story)
        seen = queue.number(request.POST["seen"]) if "seen" in request.POST else None
        actions.decide_thread(
            actor=reader, thread=found, action=form.cleaned_data["state"], ground=form.ground, seen=seen
        )
    except Conflict as refusal:
        if form.ground.is_named or form.ground.explanation:
            return _thread_page(request, story, form, refusal)
        messages.info(request, refusal.message)
    if form.comment_asked:
        return go(request, reverse("moderation-queue-item", args=[form.comment_asked]))
    return go(request, f"{story.get_absolute_url()}#comments")


def _thread_page(
    request: HttpRequest, story: StoryPage, form: ThreadForm, error: DomainError | None = None
) -> HttpResponse:
    history = list(queries.told().filter(thread__story=story).order_by("-pk")[:20])
    seen = history[0].pk if history else 0
    context = {"story": story, "form": form, "error": error, "history": history, "seen": seen}
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/thread.html", context, status=status)
