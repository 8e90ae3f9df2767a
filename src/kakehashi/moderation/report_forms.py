"""Reading what was typed about comments that break a rule or a law. Whether it may be done, the actions decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kakehashi.moderation import queries, rules
from kakehashi.moderation.forms import RuleField
from kakehashi.moderation.models import Category


def _days(choices: tuple[int, ...]) -> list[tuple[int, str]]:
    return [(n, ngettext("%(n)s day", "%(n)s days", n) % {"n": n}) for n in choices]


class FlagForm(forms.Form):
    """A member's report. The rule is known by its number, which stays its own when the rules change meanwhile; words are
    judged by the action, so that a long text comes back whole."""

    rule = forms.TypedChoiceField(
        label=_("Which rule does it break?"),
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("This rule is no longer in force. Please choose another one.")},
    )
    words = forms.CharField(
        label=_("What should the moderators know? (not needed)"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": rules.LONGEST_FLAG_WORDS}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [(rule.number, str(rule)) for rule in queries.rules_in_force()]  # type: ignore[attr-defined]
        if not self.fields["rule"].choices:  # type: ignore[attr-defined]
            del self.fields["rule"]


class NoticeForm(forms.Form):
    """A legal notice. What is missing, the action says: everything typed comes back."""

    place = forms.CharField(
        label=_("Where the comment stands"),
        required=False,
        help_text=_("Its address: the time above the comment is a link to it."),
    )
    category = forms.ChoiceField(label=_("What it is"), required=False)
    law = forms.CharField(
        label=_("Which law it breaks, if you know it"),
        required=False,
        max_length=200,
        help_text=_("As it is cited, with the country."),
    )
    explanation = forms.CharField(
        label=_("Why it is against the law"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 7, "maxlength": rules.LONGEST_NOTICE}),
        help_text=_("Which words, and what makes them illegal? A moderator has to see it from what you write."),
    )
    is_name_excused = forms.BooleanField(
        label=_("It is about sexual abuse of children"),
        required=False,
        help_text=_("Then you need not say who you are: leave name and address empty if you like."),
    )
    name = forms.CharField(
        label=_("Your name, or that of your organisation"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.CharField(
        label=_("Your e-mail address"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_(
            "We confirm there that we have your notice, and write what we decided. The author does not see it."
        ),
    )
    is_in_good_faith = forms.BooleanField(
        label=_("I believe in good faith that what I say here is correct and complete"), required=False
    )
    # People do not see it, and what fills it in is a program.
    homepage = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind.value, kind.label) for kind in Category if kind != Category.OTHER_TERMS]
        self.fields["category"].choices = [("", _("Something else: name the law")), *kinds]  # type: ignore[attr-defined]

    def clean_homepage(self) -> str:
        if self.cleaned_data["homepage"]:
            raise forms.ValidationError(_("Please leave this field empty: only programs fill it in."))
        return ""


class LookUpForm(forms.Form):
    reference = forms.CharField(
        label=_("Reference number"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.CharField(
        label=_("The e-mail address that you gave"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class ComplaintForm(forms.Form):
    words = forms.CharField(
        label=_("Why should we look again?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": rules.LONGEST_APPEAL}),
    )


class AnswerForm(forms.Form):
    """Why a legal notice is not followed."""

    answer = forms.CharField(
        label=_("Your answer"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": 2000}),
        help_text=_("Why is this not against the law? Whoever sent the notice gets it by mail."),
    )


class SenderForm(forms.Form):
    """About whoever sends legal notices without any ground."""

    reason = forms.CharField(
        label=_("Why"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 2000}),
        help_text=_("The sender gets this by mail."),
    )
    days = forms.TypedChoiceField(
        label=_("Take no notices under this address for"),
        choices=lambda: _days(rules.BAR_DAYS),
        coerce=int,
        required=False,
        empty_value=None,
    )


class UnheardForm(forms.Form):
    """Why the reports of a member are not counted, and for how long."""

    days = forms.TypedChoiceField(label=_("For"), choices=lambda: _days(rules.DISCOUNT_DAYS), coerce=int)
    rule = RuleField(required=False)
    explanation = forms.CharField(
        label=_("Why"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The member reads this."),
    )
