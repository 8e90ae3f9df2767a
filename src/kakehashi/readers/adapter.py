"""How allauth meets our readers: names by our rules, addresses hashed, mails with our name and address on them."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from kakehashi.lib.choices import chosen_language
from kakehashi.lib.errors import DomainError
from kakehashi.readers import mails, throttle, traces
from kakehashi.readers.actions.barring import require_unreserved
from kakehashi.readers.actions.naming import claim_name, name_taken
from kakehashi.readers.actions.readdressing import note_email_change
from kakehashi.readers.addresses import address_key
from kakehashi.readers.devices import device_of
from kakehashi.readers.languages import language_of
from kakehashi.readers.mails import site_name
from kakehashi.readers.models import Reader
from kakehashi.readers.secrets import seal, unseal
from kakehashi.readers.sessions import DEVICE_KEY

logger = logging.getLogger(__name__)


class ReaderAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed. Please write to the newsroom if you think it should not be."),
        "email_password_mismatch": _("The e-mail address and the password do not belong together. Please try again."),
        "incorrect_code": _("This is not the code. Please compare it with the one we sent, or in your app."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your present password."),
        "duplicate_email": _("This is already the address of your account."),
        "email_taken": _("There is already an account with this e-mail address."),
        "same_as_current": _("This is the address we have already written to."),
        "invalid_password_reset": _("This link has been used or is too old. Please ask for a new one."),
        "too_many_login_attempts": _("That was too many tries. Please try again in a few minutes."),
        "rate_limited": _("We sent you a mail a moment ago. Please wait half a minute before you ask for another."),
    }

    def clean_username(self, username: str, shallow: bool = False) -> str:
        try:
            name = claim_name(username)[0]
            require_unreserved(name)
            return name
        except DomainError as error:
            raise ValidationError(error.message, code=error.code) from error

    def save_user(self, request: HttpRequest, user: Reader, form: Any, commit: bool = True) -> Reader:
        """Write the new reader; a name taken since it was checked raises Conflict."""
        data = form.cleaned_data
        user.email = data["email"].lower()
        user.name, user.name_key = claim_name(data["username"])
        user.language = chosen_language(request.COOKIES)
        user.set_password(data["password1"])
        try:
            with transaction.atomic():
                user.save()
        except IntegrityError as error:
            raise name_taken(user.name) from error
        traces.note(request, user, is_joining=True)
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """A keyed hash: allauth writes it into cache keys, and nothing of ours needs more."""
        return address_key(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Who is tried, and not at which host: a Host header with another port would begin a count of its own."""
        return str(credentials.get("email", credentials.get("username", ""))).lower()

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a log-in attempt; past the limit, say when to try again."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            key = self._get_login_attempts_cache_key(request, **credentials)
            seconds = throttle.seconds_to_wait(request, "login_failed", key=key)
            raise ValidationError(throttle.log_in_sentence(seconds), code="too_many_login_attempts") from error

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails name the newsroom and link to KAKEHASHI_BASE_URL, whatever Host header the request had.

        A mail server that is away costs the mail, not the page: what was done is done, and a code can be sent again.
        """
        ours = {"site_name": site_name(self.request), "base_url": settings.BASE_URL}
        receiver = context.get("user") or Reader.objects.filter(email=email.lower()).first()
        try:
            # In the receiver's language, whoever asked for the mail; with none chosen, in the page's.
            with override(language_of(receiver) if receiver is not None and receiver.language else get_language()):
                super().send_mail(template_prefix, email, context | ours)
        except OSError:
            logger.exception("mail not sent: %s", template_prefix)
            messages.error(self.request, _("We could not send our mail just now. Please try again in a few minutes."))

    def send_notification_mail(
        self, template_prefix: str, user: Reader, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """To the old address, that it no longer is the address: with the link that undoes it, for three days from now."""
        if template_prefix == "account/email/email_changed" and context:
            change = note_email_change(reader=user, old=context["from_email"], new=context["to_email"])
            context = context | {"link": mails.link("account_email_stop", change.pk)}
        super().send_notification_mail(template_prefix, user, context, email)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """The plain text as its templates have it, and the same words once more as simple HTML."""
        mail: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        if isinstance(mail, EmailMultiAlternatives) and not mail.alternatives:
            paragraphs = [part.strip() for part in str(mail.body).split("\n\n") if part.strip()]
            parts = {"subject": mail.subject, "paragraphs": paragraphs, "code": context.get("code")}
            mail.attach_alternative(render_to_string("account/email/message.html", parts), "text/html")
        return mail

    def login(self, request: HttpRequest, user: Reader) -> None:
        is_first = user.last_login is None
        super().login(request, user)
        traces.note(request, user, is_joining=is_first)
        request.session[DEVICE_KEY] = device_of(request.META.get("HTTP_USER_AGENT", ""))

    def pre_login(self, request: HttpRequest, user: Reader, **kwargs: Any) -> HttpResponse | None:
        """What came from a provider is not needed any more, and its tokens do not belong into a session."""
        if kwargs.get("signal_kwargs"):
            kwargs["signal_kwargs"].pop("sociallogin", None)
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def post_login(self, request: HttpRequest, user: Reader, **kwargs: Any) -> HttpResponse:
        from kakehashi.readers.views.ways_in import finish_joining

        answer: HttpResponse = super().post_login(request, user, **kwargs)
        finish_joining(request, user)
        return answer

    def get_reauthentication_methods(self, user: Reader) -> list[dict[str, Any]]:
        """Whoever has neither password nor second factor shows that they read the mail of their address."""
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not found and isinstance(user, Reader):
            found = [{"id": "code", "description": _("A code by mail"), "url": reverse("account_prove")}]
        return found

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _sep, token = key.partition("-")
        return settings.BASE_URL + reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        return reverse("account") if self.request.user.is_authenticated else reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")


class ReaderMFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code or key was not accepted. Please try once more, with a fresh code."),
        "unverified_email": _("Please confirm your e-mail address first."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def _get_site_name(self) -> str:
        from allauth.core import context

        return site_name(context.request)
