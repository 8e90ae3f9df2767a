"""Forms of accounts: labels, help and cleaning; what is written goes through actions."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from kakehashi.readers.models import CommentLayout, CommentOrder, Reader

PASSWORD_HELP = _("At least 10 characters. A few words that do not belong together make a good one.")


def without_placeholders(form: forms.BaseForm) -> None:
    """A label says what a field is; a placeholder only repeats it, and vanishes while one types."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class LoginForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        without_placeholders(self)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignupForm(allauth_forms.SignupForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        without_placeholders(self)
        email, name, password = self.fields["email"], self.fields["username"], self.fields["password1"]
        email.label = _("E-mail address")
        email.help_text = _("We send a code to it. It is never shown to other readers.")
        name.label = _("Display name")
        name.help_text = _(
            "What other readers see beside your comments. Any script and spaces are fine; it can change later."
        )
        name.widget.attrs["autocomplete"] = "nickname"
        password.help_text = PASSWORD_HELP

    def try_save(self, request: HttpRequest) -> tuple[Reader | None, HttpResponse | None]:
        if self.account_already_exists:
            # As long as a new account would take, so that the time of the answer tells nothing.
            make_password(self.cleaned_data["password1"])
        answer: tuple[Reader | None, HttpResponse | None] = super().try_save(request)
        return answer


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("New display name"),
        help_text=_("2 to 40 characters, any script, spaces too."),
        widget=forms.TextInput(attrs={"maxlength": "40", "autocomplete": "nickname"}),
    )


class PreferencesForm(forms.Form):
    comment_order = forms.ChoiceField(
        label=_("Order of comments"),
        choices=[("", _("As the site has it")), *CommentOrder.choices],
        widget=forms.RadioSelect,
        required=False,
    )
    comment_layout = forms.ChoiceField(
        label=_("Layout of comments"), choices=CommentLayout.choices, widget=forms.RadioSelect
    )


class LeaveForm(forms.Form):
    """Deleting one's own account: what becomes of the comments, and the password as the confirmation."""

    comments = forms.ChoiceField(
        label=_("Your comments"),
        choices=[
            ("keep", _("Keep them, without my name, so that the answers of others make sense")),
            ("withdraw", _("Withdraw them all; an empty place stays where each one stood")),
        ],
        initial="keep",
        widget=forms.RadioSelect,
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, reader: Reader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader
        if not reader.has_usable_password():
            # allauth has just asked for the passkey instead.
            del self.fields["password"]

    def clean_password(self) -> str:
        from allauth.account.adapter import get_adapter

        adapter = get_adapter()
        password: str = self.cleaned_data["password"]
        if not adapter.reauthenticate(self.reader, password):
            raise adapter.validation_error("incorrect_password")
        return password
