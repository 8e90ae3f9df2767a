"""The search page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kakehashi.comments.orders import page_number
from kakehashi.search import fulltext, queries
from kakehashi.search.forms import SearchForm


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    title, results = _("Search"), None
    if form.is_valid() and form.cleaned_data["q"]:
        title = _("Search for “%(query)s”") % {"query": form.cleaned_data["q"]}
        results = queries.search(
            form.cleaned_data["q"],
            kind=form.cleaned_data["kind"],
            sort=form.cleaned_data["sort"] or "relevance",
            page=page_number(request.GET.get("page", "")),
        )
    context = {"title": title, "form": form, "results": results, "most": fulltext.MOST}
    return render(request, "search/search.html", context)
