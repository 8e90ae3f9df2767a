"""The two doors in; the rest of the way is allauth's."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account import views as allauth_views
from django.forms import Form
from django.http import HttpResponse

from kakehashi.lib.errors import DomainError


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
        try:
            response: HttpResponse = super().form_valid(form)
        except DomainError as error:
            form.add_error("username", error.message)
            return self.form_invalid(form)
        return response


log_in = LogInView.as_view()
sign_up = SignUpView.as_view()
