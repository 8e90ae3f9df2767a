"""Forms of what readers decide about themselves: cleaning only; what is written goes through actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kakehashi.readers import languages
from kakehashi.readers.models import CommentLayout, CommentOrder, Reader


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("New display name"),
        help_text=_("2 to 40 characters, any script, spaces too."),
        widget=forms.TextInput(attrs={"maxlength": "40", "autocomplete": "nickname"}),
    )


class PreferencesForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language"),
        help_text=_("Of all that stands around stories and comments, and of mails to you."),
        widget=forms.RadioSelect,
        required=False,
    )
    comment_order = forms.ChoiceField(
        label=_("Order of comments"),
        choices=[("", _("As the site has it")), *CommentOrder.choices],
        widget=forms.RadioSelect,
        required=False,
    )
    comment_layout = forms.ChoiceField(
        label=_("Layout of comments"), choices=CommentLayout.choices, widget=forms.RadioSelect
    )
    is_modelled = forms.BooleanField(
        label=_("Let my ratings help to find common ground"),
        help_text=_(
            "The site works out from your ratings with which readers you tend to agree, and tells nobody; without this they "
            "still count, as those of somebody it knows nothing about."
        ),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = languages.offered()
        self.fields["language"].choices = [("", _("As the site has it")), *offered.items()]  # type: ignore[attr-defined]
        if len(offered) == 1:
            del self.fields["language"]


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


class NewcomerForm(forms.Form):
    """Whoever comes with an account from elsewhere: a name, and an address where the provider vouches for none."""

    name = forms.CharField(
        label=_("Display name"),
        help_text=_("What other readers see beside your comments. Any script, spaces too; it can change later."),
        widget=forms.TextInput(attrs={"maxlength": "40", "autocomplete": "nickname"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("We send a code to it. It is never shown to other readers."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, asks_email: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_email:
            del self.fields["email"]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
