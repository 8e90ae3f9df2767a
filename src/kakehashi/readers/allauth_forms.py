"""allauth's forms in our words. A label says what a field is; a placeholder would only repeat it, and vanish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django.contrib.auth.hashers import make_password
from django.forms import BaseForm, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from kakehashi.lib.errors import DomainError
from kakehashi.readers.actions.barring import require_address
from kakehashi.readers.models import Reader

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PASSWORD_HELP = _("At least 10 characters. A few words that do not belong together make a good one.")
NEW_PASSWORD = {"password1": _("New password"), "password2": _("New password, once more")}
APP_CODE = {"code": _("Code")}


def _permitted(email: str) -> str:
    try:
        require_address(email)
    except DomainError as error:
        raise ValidationError(error.message, code=error.code) from error
    return email


class OurWords(BaseForm):
    """Mixed into a form of allauth's: `labels` and `helps` by field; no placeholders."""

    labels: ClassVar[Mapping[str, str | _StrPromise]] = {}
    helps: ClassVar[Mapping[str, str | _StrPromise]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.helps.get(name, field.help_text)


class LoginForm(OurWords, account.LoginForm):
    labels = {"login": _("E-mail address")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignupForm(OurWords, account.SignupForm):
    labels = {"email": _("E-mail address"), "username": _("Display name")}
    helps = {
        "email": _("We send a code to it. It is never shown to other readers."),
        "username": _("What other readers see beside your comments. Any script, spaces too; it can change later."),
        "password1": PASSWORD_HELP,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["autocomplete"] = "nickname"

    def clean_email(self) -> str:
        return _permitted(super().clean_email())

    def try_save(self, request: HttpRequest) -> tuple[Reader | None, HttpResponse | None]:
        if self.account_already_exists:
            # As long as a new account would take, so that the time of the answer tells nothing.
            make_password(self.cleaned_data["password1"])
        answer: tuple[Reader | None, HttpResponse | None] = super().try_save(request)
        return answer


class EmailCodeForm(OurWords, account.ConfirmEmailVerificationCodeForm):
    labels = APP_CODE


class AddEmailForm(OurWords, account.AddEmailForm):
    labels = {"email": _("New e-mail address")}

    def clean_email(self) -> str:
        return _permitted(super().clean_email())


class ChangePasswordForm(OurWords, account.ChangePasswordForm):
    labels = {"oldpassword": _("Present password")} | NEW_PASSWORD
    helps = {"password1": PASSWORD_HELP}


class SetPasswordForm(OurWords, account.SetPasswordForm):
    labels = NEW_PASSWORD
    helps = {"password1": PASSWORD_HELP}


class ResetPasswordForm(OurWords, account.ResetPasswordForm):
    labels = {"email": _("E-mail address")}


class ResetPasswordKeyForm(OurWords, account.ResetPasswordKeyForm):
    labels = NEW_PASSWORD
    helps = {"password1": PASSWORD_HELP}


class PasswordAgainForm(OurWords, account.ReauthenticateForm):
    pass


class CodeForm(OurWords, mfa.AuthenticateForm):
    labels = APP_CODE


class CodeAgainForm(OurWords, mfa.ReauthenticateForm):
    labels = APP_CODE


class SetUpAppForm(OurWords, totp.ActivateTOTPForm):
    labels = APP_CODE


class AddKeyForm(OurWords, webauthn.AddWebAuthnForm):
    labels = {"name": _("Name of the key"), "passwordless": _("Let it replace the password")}
    helps = {
        "name": _("For you, to tell your keys apart."),
        "passwordless": _("Then it alone logs you in. It must ask for your finger, your face or a PIN."),
    }


class RenameKeyForm(OurWords, webauthn.EditWebAuthnForm):
    labels = {"name": _("Name of the key")}
