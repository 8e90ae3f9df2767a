"""The queue: one page on which decisions follow one another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib.errors import Conflict, DomainError, NotFound
from kakehashi.moderation import actions, queries, queue, rules
from kakehashi.moderation.actions import Consequence
from kakehashi.moderation.forms import QueueForm
from kakehashi.moderation.guard import also_for_sections
from kakehashi.moderation.models import Action, Decision, Origin, Rule
from kakehashi.moderation.queue import Filter, Item
from kakehashi.readers.models import Reader

# queue.js asks for what it puts into the page, and nothing around it.
PART = "X-Part"
MOST_SKIPPED = 100
TYPED = ("text", "rule", "explanation", "law", "facts", "consequence", "hours")
# Of a comment that is decided on.
PRINTED = (
    *("author_name", "state", "created_at", "edited_at", "is_edited_by_staff", "source", "html", "plain", "up", "down"),
    *("archived_up", "archived_down", "author__name", "author__standing", "author__date_joined", "author__erased_at"),
    *("thread__state", "thread__story__title", "thread__story__section_pk", "thread__story__published_at"),
    *("parent__plain", "parent__author_name", "parent__author__name"),
)
# What the button “Remove” does beside that.
ALSO: dict[str, str | Promise] = {
    Consequence.WARNED: gettext_lazy("and warn"),
    Consequence.SUSPENDED: gettext_lazy("and suspend"),
    Consequence.BANNED: gettext_lazy("and ban"),
    Consequence.SWEPT: gettext_lazy("and ban, with all comments"),
}


@dataclass(frozen=True)
class Desk:
    """What a moderator works on: part of the queue, without what they have put off, and what they have just decided."""

    where: Filter
    skipped: tuple[int, ...] = ()
    done: int = 0

    @classmethod
    def read(cls, request: HttpRequest) -> Desk:
        skipped = [queue.number(one) for one in request.GET.get("skipped", "").split(",")]
        kept = tuple(dict.fromkeys(pk for pk in skipped if pk))[-MOST_SKIPPED:]
        return cls(Filter.read(request.GET), kept, queue.number(request.GET.get("done", "")))

    def query(self, *, skip: int = 0, done: int = 0) -> str:
        """For an address: with one comment more that is put off, or after a decision."""
        skipped = (*self.skipped, skip) if skip else self.skipped
        more = {"skipped": ",".join(map(str, skipped[-MOST_SKIPPED:])), "done": done}
        parts = [self.where.query, urlencode({name: value for name, value in more.items() if value}, safe=",")]
        return "&".join(part for part in parts if part)


@also_for_sections
@require_safe
def listed(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The next comment that nobody else is at, and what comes after it."""
    return _next_page(request, reader, Desk.read(request), timezone.now())


def _next_page(request: HttpRequest, reader: Reader, desk: Desk, now: datetime) -> HttpResponse:
    aim = queue.target()
    order = queue.first(desk.where, reader, now, aim)
    while pk := actions.claim_next(actor=reader, order=order, skipped=desk.skipped, now=now):
        try:
            comment = _comment(pk, reader)
        except NotFound:
            comment = None
        if comment is not None and comment.state != CommentState.WITHDRAWN:
            return _page(request, reader, desk, comment, now, order=order, aim=aim)
        # Since it was reckoned its story was moved to another section, or its author has withdrawn it.
        actions.settle_waiting(comments=[pk], now=now)
        order.remove(pk)
    return _page(request, reader, desk, None, now, order=order, aim=aim)


@also_for_sections
@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """One comment of the queue, and where its form is sent to."""
    desk, comment, now = Desk.read(request), _comment(pk, reader), timezone.now()
    if request.method == "POST":
        return _decide(request, reader, desk, comment, now)
    try:
        actions.claim_comment(actor=reader, comment=comment, now=now)
    except Conflict as refusal:
        return _page(request, reader, desk, comment, now, error=refusal)
    return _page(request, reader, desk, comment, now)


def _comment(pk: int, reader: Reader) -> Comment:
    """With all that the page prints of it. Raises `NotFound` where it is not the reader's to decide on."""
    found = (
        Comment.objects.select_related("author", "thread__story", "parent__author").only(*PRINTED).filter(pk=pk).first()
    )
    if found is None or not rules.can_decide_on(reader, found.thread.story.section_pk):
        raise NotFound(_("This comment is not here."))
    return found


def _decide(request: HttpRequest, reader: Reader, desk: Desk, comment: Comment, now: datetime) -> HttpResponse:
    form = QueueForm(request.POST, found_by_machine=bool(queries.found_by_machine([comment.pk])))
    if not form.is_valid():
        return _page(request, reader, desk, comment, now, form=form)
    data = form.cleaned_data
    try:
        decision = actions.judge_waiting(
            actor=reader,
            comment=comment,
            action=form.action_asked,
            ground=form.ground,
            source=data["text"],
            seen=form.seen,
            consequence=form.consequence_asked,
            hours=data["hours"] or None,
            now=now,
        )
    except Conflict as refusal:
        return _again(request, reader, desk, comment, form, refusal)
    except DomainError as refusal:
        return _page(request, reader, desk, comment, now, form=form, error=refusal)
    if request.headers.get(PART):
        return _next_page(request, reader, Desk(desk.where, desk.skipped, decision.pk), now)
    return redirect(f"{reverse('moderation-queue')}?{desk.query(done=decision.pk)}")


def _again(
    request: HttpRequest, reader: Reader, desk: Desk, comment: Comment, form: QueueForm, refusal: Conflict
) -> HttpResponse:
    """Somebody was quicker: the comment as it is now, and the words that the moderator had written."""
    now = timezone.now()
    actions.settle_waiting(comments=[comment.pk], now=now)
    comment = _comment(comment.pk, reader)
    found = queue.item(comment, reader, now)
    form.data = {**form.data.dict(), **_seen(found)}  # type: ignore[attr-defined]
    if form.cleaned_data["action"] != Action.EDITED:
        form.data["text"] = comment.source
    return _page(request, reader, desk, comment, now, form=form, error=refusal, found=found)


def _seen(found: Item) -> dict[str, str]:
    last = found.last
    return {"revision": str(found.revision), "decision": str(last.pk if last else 0), "state": found.comment.state}


def _page(
    request: HttpRequest,
    reader: Reader,
    desk: Desk,
    comment: Comment | None,
    now: datetime,
    *,
    form: QueueForm | None = None,
    error: DomainError | None = None,
    found: Item | None = None,
    order: list[int] | None = None,
    aim: timedelta | None = None,
) -> HttpResponse:
    aim, by_number = aim or queue.target(), queue.rules_by_number()
    order = queue.first(desk.where, reader, now, aim) if order is None else order
    if comment is not None:
        found = found or queue.item(comment, reader, now)
        form = form or QueueForm(initial=_initial(found, by_number, reader))
        if not rules.can_decide_everywhere(reader):
            form.for_sections()
    figures, done = queue.figures(reader, now, aim), _done(reader, desk.done, now)
    sections, checks = queue.parts(figures)
    context = {
        "desk": desk,
        "where": desk.where,
        "query": desk.query(),
        # Who goes on to another one may still take the last decision back.
        "skip": desk.query(skip=comment.pk, done=desk.done if done else 0) if comment else "",
        "again": desk.where.query,
        "kinds": _kinds(figures, desk.where),
        "figures": figures,
        "target_hours": round(aim.total_seconds() / 3600),
        "late_since": now - aim,
        "sections": sections,
        "checks": checks,
        "item": found,
        "comment": comment,
        "form": form,
        "rules": [_with_consequence(rule, reader) for rule in by_number.values()],
        "also": ALSO.get(form["consequence"].value() or "", "") if form is not None else "",
        "error": error,
        "is_claimed": error is not None and error.code == "claimed",
        "rows": [(row, figures.claims.get(row.pk, "")) for row in queue.listed(order)],
        "reader": reader,
        "done": done,
        "bulk": _bulk(desk.where),
    }
    status = error.status if error is not None else 422 if form is not None and form.errors else 200
    template = "moderation/queue_desk.html" if request.headers.get(PART) else "moderation/queue.html"
    return render(request, template, context, status=status)


def _with_consequence(rule: Rule, reader: Reader) -> tuple[Rule, str, str | Promise]:
    """The rule, what it usually means for the author, and that in a word for the button."""
    consequence = rules.usual_consequence(rule.default_action, reader)
    return rule, consequence, ALSO.get(consequence, "")


def _kinds(figures: queue.Figures, where: Filter) -> list[tuple[str, str, int, bool]]:
    """(value, label, how many, whether chosen)."""
    named = (
        ("", _("All"), figures.everything),
        ("held", _("Held back"), figures.held),
        ("flagged", _("Flagged"), figures.flagged),
        ("notices", _("Legal notices"), figures.notices),
    )
    return [(value, label, n, where.kind == value) for value, label, n in named]


def _initial(found: Item, by_number: dict[int, Rule], reader: Reader) -> dict[str, Any]:
    """What a moderator would choose most often: the rule that most flags name, its words, its usual consequence."""
    rule = by_number.get(found.rule_named_most)
    waiting = found.waiting
    origin = Origin.OWN
    if waiting is not None:
        origin = (
            Origin.NOTICE
            if waiting.notices
            else Origin.FLAG
            if waiting.flags
            else Origin.CHECK
            if waiting.check_name
            else origin
        )
    return {
        "text": found.comment.source,
        "rule": rule.pk if rule else None,
        "explanation": rule.to_author if rule else "",
        "consequence": rules.usual_consequence(rule.default_action, reader) if rule else "",
        "hours": found.record.proposed_hours if found.record else None,
        "origin": origin,
        **_seen(found),
    }


def _done(reader: Reader, pk: int, now: datetime) -> tuple[Decision, int] | None:
    """What the reader has just decided, and for how many seconds one key still takes it back."""
    if not pk:
        return None
    decision = Decision.objects.standing().filter(pk=pk, actor=reader).select_related("rule", "comment").first()
    if decision is None:
        return None
    left = (decision.decided_at + rules.UNDO_WITHIN - now).total_seconds()
    return (decision, round(left)) if left > 0 else None


def _bulk(where: Filter) -> str:
    """The address of deciding on all that the filter shows; empty without one."""
    return f"{reverse('moderation-queue-bulk')}?{where.query}" if where != Filter() else ""


@also_for_sections
@require_POST
def undo(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Take back what was decided a moment ago, and look at that comment again."""
    desk, now = Desk.read(request), timezone.now()
    decision = Decision.objects.filter(pk=pk).first()
    if decision is None or decision.comment_id is None:
        raise NotFound(_("There is nothing to undo."))
    comment = _comment(decision.comment_id, reader)
    error: DomainError | None = None
    try:
        actions.undo_slip(actor=reader, decision=decision, now=now)
    except Conflict as refusal:
        error = refusal
    if not request.headers.get(PART) and error is None:
        return redirect(f"{reverse('moderation-queue-item', args=[decision.comment_id])}?{desk.query()}")
    if error is None:
        actions.claim_comment(actor=reader, comment=comment, takes_over=True, now=now)
    # As it is again: the next decision is about that.
    return _page(request, reader, Desk(desk.where, desk.skipped), _comment(comment.pk, reader), now, error=error)


@also_for_sections
@require_POST
def claim(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Go on looking at a comment, take it over from somebody, or leave it."""
    comment = _comment(pk, reader)
    wish = request.POST.get("wish", "")
    if wish == "leave":
        # Not what the next page may have claimed already.
        actions.release_claims(actor=reader, comment=comment)
        return HttpResponse(status=204)
    desk, now = Desk.read(request), timezone.now()
    actions.claim_comment(actor=reader, comment=comment, takes_over=wish == "take", now=now)
    if request.headers.get(PART):
        return HttpResponse(status=204)
    typed = {name: request.POST[name] for name in TYPED if name in request.POST}
    if typed:
        # Somebody had taken it over while that was written.
        found = queue.item(comment, reader, now)
        form = QueueForm(initial=_initial(found, queue.rules_by_number(), reader) | typed)
        return _page(request, reader, desk, comment, now, form=form, found=found)
    return redirect(f"{reverse('moderation-queue-item', args=[pk])}?{desk.query()}")


@also_for_sections
@require_safe
def live(request: HttpRequest, reader: Reader) -> HttpResponse:
    """How much waits and who is at what, as JSON: asked every few seconds by each open queue, so 1 query, and 304."""
    now = timezone.now()
    found = queue.figures(reader, now, queue.target())
    told: dict[str, Any] = {
        "": found.everything,
        "held": found.held,
        "flagged": found.flagged,
        "notices": found.notices,
        "late": found.late,
        "claims": found.claims,
    }
    response = JsonResponse(told)
    etag = f'"{blake2b(response.content, digest_size=8).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    response["ETag"] = etag
    return response
