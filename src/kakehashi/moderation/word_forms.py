"""Reading what the staff typed about the word list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kakehashi.lib.words import LONGEST_PHRASE
from kakehashi.moderation import queries, wordlists
from kakehashi.moderation.actions.words import LONGEST_NOTE, WordText
from kakehashi.moderation.models import WordKind

# Characters, and bytes of a file: some hundred thousand entries.
MOST_IMPORTED = 4_000_000


def _languages() -> list[tuple[str, str]]:
    """All, and those in which the site can be read."""
    names = dict(settings.LANGUAGES)
    return [("", str(_("All languages"))), *((code, names.get(code, code)) for code in settings.KAKEHASHI_LANGUAGES)]


def _rules() -> list[tuple[int, str]]:
    return [(0, str(_("No rule"))), *((rule.number, str(rule)) for rule in queries.rules_in_force())]


class WordsForm(forms.Form):
    """What all entries of the word list have."""

    kind = forms.ChoiceField(label=_("What happens"), choices=WordKind, initial=WordKind.SUSPECT)
    language = forms.ChoiceField(label=_("Language of the comment"), choices=_languages, required=False)
    rule_number = forms.TypedChoiceField(
        label=_("Rule"),
        choices=_rules,
        coerce=int,
        empty_value=0,  # type: ignore[arg-type]
        required=False,
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("For your colleagues: why it stands here."),
    )


class WordForm(WordsForm):
    phrase = forms.CharField(
        label=_("Word or phrase"),
        max_length=LONGEST_PHRASE,
        help_text=_("* stands for any letters within a word, ? for one. Case, accents and disguises need no entries."),
    )
    field_order = ("phrase", "kind", "language", "rule_number", "note")

    @property
    def text(self) -> WordText:
        return WordText(**self.cleaned_data)


class WordsImportForm(WordsForm):
    """Many at once: typed or pasted, or from a file."""

    lines = forms.CharField(
        label=_("One word or phrase a line"),
        required=False,
        max_length=MOST_IMPORTED,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_(
            "Lines that begin with # are left out. A first line as in an exported list says what its columns are."
        ),
    )
    file = forms.FileField(label=_("Or a file (UTF-8)"), required=False)
    field_order = ("lines", "file", "kind", "language", "rule_number", "note")

    def clean_file(self) -> str:
        """The text of the file."""
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > MOST_IMPORTED:
            raise forms.ValidationError(_("This file is too large."))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("This file is no text in UTF-8.")) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not (data.get("lines", "").strip() or data.get("file")):
            raise forms.ValidationError(_("There is nothing to add yet: write some lines, or choose a file."))
        return data

    @property
    def texts(self) -> list[WordText]:
        data = self.cleaned_data
        usual = WordText("", data["kind"], data["language"], data["rule_number"], data["note"])
        return [one for said in (data["lines"], data["file"]) for one in wordlists.parse(said, usual)]
