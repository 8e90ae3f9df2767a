"""The word list: reading and changing it, many at once, and trying what it finds."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from kakehashi.comments.queries import edition
from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.lib.words import read
from kakehashi.moderation import actions, wordlists
from kakehashi.moderation.checks.words import in_force
from kakehashi.moderation.models import Word, WordKind
from kakehashi.moderation.views.paging import leaf
from kakehashi.moderation.word_forms import WordForm, WordsImportForm
from kakehashi.readers.models import Reader

ON_A_PAGE = 100
LONGEST_TRIED = 5000


@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The list, the latest first, and a place for one entry more."""
    form, error = WordForm(request.POST if request.method == "POST" else None), None
    if request.method == "POST" and form.is_valid():
        try:
            word = actions.save_word(actor=reader, text=form.text)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("“%(phrase)s” stands in the list.") % {"phrase": word.phrase})
            return redirect("moderation-words")
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/words.html", {"form": form, "error": error, **_list(request)}, status=status)


def _list(request: HttpRequest) -> dict[str, Any]:
    kind, asked = request.GET.get("kind", ""), request.GET.get("q", "").replace("\x00", "").strip()[:120]
    rows = Word.objects.select_related("added_by").order_by("-pk")
    if kind in WordKind.values:
        rows = rows.filter(kind=kind)
    if asked:
        rows = rows.filter(phrase__icontains=asked)
    return {
        "leaf": leaf(request, rows, size=ON_A_PAGE),
        "count": Word.objects.count(),
        "kind": kind,
        "asked": asked,
        "kinds": WordKind.choices,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def word(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """One entry, to be changed or taken off."""
    found = Word.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("This word is no longer in the list."))
    fields = ("phrase", "kind", "language", "rule_number", "note")
    form = WordForm(request.POST if request.method == "POST" else None, initial={n: getattr(found, n) for n in fields})
    error = None
    if request.method == "POST" and "delete" in request.POST:
        actions.delete_words(actor=reader, words=[found.pk])
        messages.success(request, _("“%(phrase)s” is taken off the list.") % {"phrase": found.phrase})
        return redirect("moderation-words")
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_word(actor=reader, text=form.text, word=found)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved."))
            return redirect("moderation-words")
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/word.html", {"word": found, "form": form, "error": error}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def many(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Many entries at once."""
    form, error = WordsImportForm(request.POST or None, request.FILES or None), None
    if request.method == "POST":
        form = WordsImportForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                new, changed = actions.import_words(actor=reader, texts=form.texts)
            except DomainError as refusal:
                error = refusal
            else:
                said = ngettext("%(n)s entry is new", "%(n)s entries are new", new) % {"n": f"{new:,}"}
                messages.success(request, _("%(said)s, %(n)s changed.") % {"said": said, "n": f"{changed:,}"})
                return redirect("moderation-words")
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/words_many.html", {"form": form, "error": error}, status=status)


@require_safe
def export(request: HttpRequest, reader: Reader) -> StreamingHttpResponse:
    """The whole list as CSV."""
    lines = wordlists.written(Word.objects.order_by("pk").iterator())
    headers = {"Content-Disposition": 'attachment; filename="words.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
def tried(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What the list in force finds in a text, and why. Nothing is kept."""
    text = request.POST.get("text", "")[:LONGEST_TRIED]
    found = in_force(edition()[0]).find(read(text))
    context = {"text": text, "matches": found.matches, "fine": found.fine, "is_tried": bool(text.strip())}
    return render(request, "moderation/words_tried.html", context)
