"""Cleaning of what a reader asks the search for."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kakehashi.search import fulltext


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Search stories and comments"),
        required=False,
        max_length=fulltext.LONGEST_QUERY,
        error_messages={"max_length": _("Please shorten your search to %(limit_value)d characters.")},
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("Everything")), ("stories", _("Stories")), ("comments", _("Comments"))],
    )
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[("relevance", _("Best match first")), ("newest", _("Newest first"))],
    )
