"""The doors in; the rest of the way is allauth's."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account import views as allauth_views
from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.utils import passthrough_next_redirect_url
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from kakehashi.lib.errors import DomainError
from kakehashi.readers import actions
from kakehashi.readers.models import Reader


class LogInView(allauth_views.LoginView):
    def form_invalid(self, form: Form) -> HttpResponse:
        """A throttled attempt answers 429; the page is the same, with the address kept."""
        response: HttpResponse = super().form_invalid(form)
        if form.has_error("__all__", code="too_many_login_attempts"):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return response


class SignUpView(allauth_views.SignupView):
    def form_valid(self, form: Any) -> HttpResponse:
        """Somebody may have taken the name between the check and the write: back to the form, with a sentence."""
        response: HttpResponse
        try:
            response = super().form_valid(form)
        except DomainError as error:
            form.add_error("username", error.message)
            response = self.form_invalid(form)
        return response


@require_POST
def start_again(request: HttpRequest) -> HttpResponse:
    """The address was wrong: forget the account that waits for its code and show the form anew.

    Answers the same whether there is such an account or only the appearance of one. The session is kept, and with it a
    half-written comment.
    """
    process = EmailVerificationProcess.resume(request)
    if process is not None and not request.user.is_authenticated:
        if isinstance(process.user, Reader):
            actions.forget_unconfirmed(reader=process.user)
        process.abort()
    return redirect(passthrough_next_redirect_url(request, reverse("account_signup"), "next"))


log_in = LogInView.as_view()
sign_up = SignUpView.as_view()
