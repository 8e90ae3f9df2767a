"""Writing: every answer that is not “posted” gives the text back."""

from __future__ import annotations

import json
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kakehashi.comments import actions, drafts, orders, page, queries, rules
from kakehashi.comments.actions.threads import newsroom
from kakehashi.comments.drafts import Draft
from kakehashi.comments.forms import CommentForm
from kakehashi.comments.gate import Reconsider
from kakehashi.comments.models import Comment, CommentState, waits_sentence
from kakehashi.comments.page import Visit
from kakehashi.comments.shown import address
from kakehashi.comments.viewing import (
    comment_address,
    comment_or_404,
    for_readers,
    fragment,
    go,
    is_htmx,
    log_in_first,
    place,
    reader_of,
    whereabouts,
)
from kakehashi.lib.errors import DomainError, Invalid, NotAllowed, TooMany
from kakehashi.readers.models import CommentOrder, Reader


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """The comment form on a page of its own, and where every comment form is sent to."""
    reader = reader_of(request)
    here = page.visit_or_404(pk, reader, orders.Choice())
    story = here.scene.story
    if request.method != "POST":
        if reader is None:
            return log_in_first(request, request.get_full_path())
        return _form_page(request, here, drafts.draft_for(request, story))
    form = CommentForm.read(request.POST)
    if reader is None:
        return _log_in_with_text(request, here, form)
    try:
        comment = actions.post_comment(
            author=reader,
            story=story,
            source=form.typed,
            parent=_named(form, form.parent_id, reader),
            quoted=_named(form, form.quote_id, reader),
            newsroom=here.scene.newsroom,
            sent=form.sent,
        )
    except DomainError as error:
        return _give_back(request, here, form, error)
    drafts.drop(request, story)
    return _posted(request, story.pk, comment, reader)


def _named(form: CommentForm, pk: int | None, reader: Reader) -> Comment | None:
    """The comment that the form answers or quotes."""
    if pk is None and not form.names_nothing:
        return None
    found = queries.find_comment(pk, reader) if pk is not None else None
    if found is None:
        raise Invalid(_("The comment that you answer is not here."), code="no-parent")
    return found


def _log_in_with_text(request: HttpRequest, here: Visit, form: CommentForm) -> HttpResponse:
    """Keep the text through log-in; one too long to keep is shown with the way to log in."""
    story = here.scene.story
    if drafts.keep(request, story, typed=form.typed, parent=form.parent_id, quoted=form.quote_id) or not form.typed:
        return log_in_first(request, f"{story.get_absolute_url()}#reply")
    error = NotAllowed(_("You are no longer logged in. Log in in another window, then send this again."))
    return _form_page(request, here, Draft(typed=form.typed, error=error.message), error)


def _give_back(request: HttpRequest, here: Visit, form: CommentForm, error: DomainError) -> HttpResponse:
    """The form again, with the text and the reason. A comment that can no longer be answered is let go."""
    story = here.scene.story
    parent, quoted = form.parent_id, form.quote_id
    if error.code in {"parent-gone", "elsewhere", "no-parent"}:
        parent = quoted = None
    if not is_htmx(request):
        # With htmx the form never left the page, and the browser keeps what is typed from here on.
        drafts.keep(request, story, typed=form.typed, parent=parent, quoted=quoted)
    draft = Draft(
        typed=form.typed,
        parent=drafts.answerable(parent, story),
        quoted=drafts.answerable(quoted, story),
        error="" if isinstance(error, Reconsider) else error.message,
        question=error.message if isinstance(error, Reconsider) else "",
        asked=error.asked if isinstance(error, Reconsider) else form.sent.asked,
    )
    return _form_page(request, here, draft, error)


def _form_page(request: HttpRequest, here: Visit, draft: Draft, error: DomainError | None = None) -> HttpResponse:
    story = here.scene.story
    status = error.status if error is not None else 200
    context = {
        "story": story,
        "story_id": story.pk,
        "story_path": story.get_absolute_url(),
        "draft": draft,
        "comment_max": here.scene.newsroom.comment_max,
        "waits": here.discussion.waits,
    }
    if is_htmx(request):
        response = fragment(
            render_to_string("comments/form.html", context, request=request), target="#reply", status=status
        )
    else:
        response = render(request, "comments/write.html", context, status=status)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(max(1, round((error.retry_at - timezone.now()).total_seconds())))
    return response


def _posted(request: HttpRequest, story_id: int, comment: Comment, reader: Reader) -> HttpResponse:
    """To the comment's place. With htmx, the page of the discussion on which it stands, in place."""
    if not is_htmx(request):
        return go(request, comment_address(comment.pk))
    found = _page_with(request, story_id, comment, reader)
    html = found.discussion_html(get_token(request), fresh=comment.pk)
    say = _("Your comment stands.")
    if comment.state == CommentState.HELD:
        say = " ".join([_("Your comment waits for a moderator."), waits_sentence(comment.waits_for)]).strip()
    response = fragment(html, target="#comments", swap=f"outerHTML show:#c-{comment.pk}:top")
    # Not before: the live region that says it is part of what is replaced.
    response["HX-Trigger-After-Settle"] = json.dumps({"say": say, "posted": True})
    choice, usual = found.listing.choice, orders.preferred(reader).settled(found.scene.usual_order)
    response["HX-Push-Url"] = address(found.scene.path, choice, choice.page, f"c-{comment.pk}", usual=usual)
    return response


def _page_with(request: HttpRequest, story_id: int, comment: Comment, reader: Reader) -> Visit:
    """The page on which a new comment stands: the last or the first, or else it is looked for."""
    asked = orders.asked(request, reader)
    found = page.visit_or_404(story_id, reader, replace(asked, page=1))
    if found.choice.order == CommentOrder.OLDEST:
        found = replace(found, asked=replace(asked, page=orders.FAR))
    if comment.pk in found.listing.here:
        return found
    return page.visit_or_404(story_id, reader, whereabouts(request, comment_or_404(comment.pk, reader), reader)[0])


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The author's own comment, to be changed within the edit window."""
    reader = reader_of(request)
    if reader is None:
        if request.method == "POST":
            drafts.keep_change(request, pk, CommentForm.read(request.POST).typed)
        return log_in_first(request, request.get_full_path())
    comment = comment_or_404(pk, reader)
    typed, error = drafts.kept_change(request, pk) or comment.source, None
    if request.method == "POST":
        typed = CommentForm.read(request.POST).typed
        try:
            comment = actions.edit_comment(actor=reader, comment=comment, source=typed)
        except DomainError as refusal:
            if refusal.status == 404:
                raise
            error = refusal
        else:
            return _changed(request, comment, reader, _("Your change is saved."))
    elif comment.author_id != reader.pk:
        return go(request, comment.get_absolute_url())
    context = {"comment": comment, "typed": typed, "error": error, "newsroom": newsroom()}
    status = error.status if error is not None else 200
    if is_htmx(request):
        html = render_to_string("comments/edit_form.html", context, request=request)
        return fragment(html, target=f"#c-{pk}", status=status)
    return render(request, "comments/edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def withdraw(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Ask once, then take the author's own comment back."""
    comment = comment_or_404(pk, reader)
    if request.method == "POST":
        comment = actions.withdraw_comment(actor=reader, comment=comment)
        return _changed(request, comment, reader, _("Your comment is withdrawn."))
    if comment.author_id != reader.pk:
        return go(request, comment.get_absolute_url())
    context = {"comment": comment, "is_readable": rules.can_read(reader, comment, comment.thread.story.section_pk)}
    return render(request, "comments/withdraw.html", context)


def _changed(request: HttpRequest, comment: Comment, reader: Reader, say: str) -> HttpResponse:
    """The comment as it is now: in place, or the page on which it stands."""
    comment = comment_or_404(comment.pk, reader)
    if not is_htmx(request):
        return go(request, place(request, comment, reader))
    found = page.visit_or_404(comment.thread.story_id, reader, orders.preferred(reader))
    html = page.articles_of(found, [comment.pk], fresh=comment.pk)
    return fragment(html, target=f"#c-{comment.pk}", say=say)
