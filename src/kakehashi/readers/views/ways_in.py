"""In through an account from elsewhere: out to the provider, back, a name, proof of an address, and in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from allauth.account.adapter import get_adapter as account_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url, passthrough_next_redirect_url, perform_login
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from kakehashi.lib.choices import chosen_language
from kakehashi.lib.errors import Conflict, DomainError, NotFound
from kakehashi.readers import actions, fresh, pending, proofs, providers, queries
from kakehashi.readers.actions.barring import require_address, require_unreserved
from kakehashi.readers.actions.naming import claim_name, suggest_name
from kakehashi.readers.forms import CodeForm, NewcomerForm
from kakehashi.readers.models import Reader
from kakehashi.readers.pending import Pending
from kakehashi.readers.views.entrance import LogInView
from kakehashi.readers.views.trouble import NEXT_KEY, guarded

SIGN_UP, JOIN = "sign-up", "join"


@never_cache
@guarded
def go(request: HttpRequest, key: str) -> HttpResponse:
    """Out to the provider. Not by a redirect: browsers hold our form to our own pages (CSP, form-action), and providers
    send people on among hosts that nobody could list."""
    provider = providers.provider_called(key)
    if provider is None:
        raise NotFound(_("There is no such way to log in here."))
    if request.method != "POST":
        return redirect(passthrough_next_redirect_url(request, reverse("account_login"), "next"))
    next_page = get_next_redirect_url(request) or ""
    process = AuthProcess.LOGIN
    if request.POST.get("process") == AuthProcess.CONNECT:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("account_ways"))
        fresh.require(request)
        process = AuthProcess.CONNECT
    elif request.user.is_authenticated:
        return redirect(next_page or settings.LOGIN_REDIRECT_URL)
    request.session[NEXT_KEY] = next_page
    answer = get_adapter().get_provider(request, key).redirect(request, process=process, next_url=next_page or None)
    if not isinstance(answer, HttpResponseRedirect):
        return answer  # type: ignore[no-any-return]
    return render(request, "account/onward.html", {"provider": provider, "url": answer.url})


def arrive(request: HttpRequest, login: SocialLogin) -> HttpResponse | None:
    """Back from the provider, which has said who it is. None: somebody we know, let allauth log them in."""
    login.token = None
    next_page = login.state.get("next") or ""
    reader = request.user if isinstance(request.user, Reader) else None
    if login.state.get("process") == AuthProcess.CONNECT:
        return _connect(request, reader, pending.from_login(login, next_page))
    if login.is_existing:
        return None
    if reader is not None:
        messages.info(request, _("You are logged in already. You can connect this account here."))
        return redirect("account_ways")
    if not account_adapter(request).is_open_for_signup(request):
        return render(request, "account/signup_closed.html")
    newcomer = pending.from_login(login, next_page)
    pending.keep(request, newcomer)
    is_known = bool(newcomer.verified) and queries.owner_of_address(newcomer.verified) is not None
    return redirect("account_join" if is_known else "account_newcomer")


def _connect(request: HttpRequest, reader: Reader | None, found: Pending) -> HttpResponse:
    if reader is None or not fresh.is_fresh(request):
        messages.warning(request, _("That took a while, so nothing was connected. Please try once more."))
        return redirect("account_ways")
    try:
        actions.connect_way(reader=reader, provider=found.provider_key, uid=found.uid, told=found.told)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("account_ways")
    _say_connected(request, reader, found)
    return redirect(found.next or "account_ways")


def _say_connected(request: HttpRequest, reader: Reader, found: Pending) -> None:
    name = found.provider.name
    messages.success(request, _("From now on you can log in with %(provider)s too.") % {"provider": name})
    account_adapter(request).send_notification_mail("account/email/way_connected", reader, {"provider": name})


@never_cache
def newcomer(request: HttpRequest) -> HttpResponse:
    """Choose a name, and give an address where the provider vouches for none."""
    found = pending.kept(request)
    if found is None or request.user.is_authenticated:
        return _start_again(request)
    initial = {"name": found.name or suggest_name(found.told.get("name", "")), "email": found.email}
    initial["email"] = initial["email"] or found.told.get("email", "")
    asks_email = not found.verified or "address" in request.GET
    form = NewcomerForm(request.POST or None, initial=initial, asks_email=asks_email)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            email = data.get("email") or found.verified
            found = replace(found, name=data["name"], email=email)
            pending.keep(request, found)
            require_address(email)
            require_unreserved(data["name"])
            if email == found.verified:
                return _sign_up(request, found)
            # Before the mail, for its code is good only once.
            claim_name(data["name"])
            _mail_code(request, email)
            return redirect("account_newcomer_code")
        except DomainError as error:
            form.add_error(
                "email" if error.code.startswith(("email", "proof")) and asks_email else "name", error.message
            )
    context = {"form": form, "provider": found.provider, "next": found.next}
    return render(request, "account/newcomer.html", context)


def _mail_code(request: HttpRequest, email: str) -> None:
    """A code to prove the address; where it is somebody's already, a mail that says so, and the same page for both."""
    is_free = queries.owner_of_address(email) is None
    proofs.send(
        request, purpose=SIGN_UP, email=email, is_real=is_free, mail="proof" if is_free else "account_already_exists"
    )


@never_cache
def newcomer_code(request: HttpRequest) -> HttpResponse:
    """The code from the mail proves the newcomer's address."""
    found = pending.kept(request)
    email = proofs.email_asked(request, SIGN_UP)
    if found is None or email is None or request.user.is_authenticated:
        return _start_again(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            proved = proofs.check(request, purpose=SIGN_UP, typed=form.cleaned_data["code"])
            return _sign_up(request, replace(found, email=proved))
        except DomainError as error:
            if error.code in {"proof-over", "name", "name-taken", "email-taken", "way-taken"}:
                messages.error(request, error.message)
                return redirect("account_newcomer")
            form.add_error(None, error.message)
    context = {"form": form, "email": email, "back": reverse("account_newcomer") + "?address=other"}
    return render(request, "account/code.html", context)


def _sign_up(request: HttpRequest, found: Pending) -> HttpResponse:
    """The address is proved: make the account and log in. Raises DomainError."""
    try:
        reader = actions.register_from_provider(
            provider=found.provider_key,
            uid=found.uid,
            told=found.told,
            email=found.email,
            name=found.name,
            language=chosen_language(request.COOKIES),
        )
    except Conflict as error:
        if error.code == "email-taken" and found.email == found.verified:
            # Somebody made that account a moment ago.
            return redirect("account_join")
        raise
    pending.forget(request)
    record_authentication(request, reader, "socialaccount", provider=found.provider_key, uid=found.uid)
    return perform_login(request, reader, redirect_url=found.next or None, signup=True)  # type: ignore[no-any-return]


def _start_again(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("account_ways")
    messages.info(request, _("Please begin once more; it was too long ago."))
    return redirect(passthrough_next_redirect_url(request, reverse("account_login"), "next"))


class JoinView(LogInView):
    """There is an account with the address that the provider vouches for: whoever proves that it is theirs connects it.

    The password is asked for here, by allauth's own form with all its limits; a code by mail is the other way.
    """

    template_name = "account/join.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.found = pending.kept(request)
        self.owner = queries.owner_of_address(self.found.verified) if self.found and self.found.verified else None
        if self.found is None or self.owner is None or request.user.is_authenticated:
            return _start_again(request)
        if request.method == "POST":
            pending.keep(request, replace(self.found, joins=True))
            if request.POST.get("action") == "code":
                return self._mail(request, self.found.verified)
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer

    def _mail(self, request: HttpRequest, email: str) -> HttpResponse:
        try:
            proofs.send(request, purpose=JOIN, email=email)
        except DomainError as error:
            messages.error(request, error.message)
            return redirect("account_join")
        return redirect("account_join_code")

    def get_form_kwargs(self) -> dict[str, Any]:
        assert self.found is not None
        kwargs: dict[str, Any] = super().get_form_kwargs()
        kwargs["initial"] = {"login": self.found.verified}
        if "data" in kwargs:
            kwargs["data"] = kwargs["data"].copy()
            kwargs["data"]["login"] = self.found.verified
        return kwargs

    def get_success_url(self) -> str | None:
        return self.found.next or None if self.found else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        assert self.found is not None
        assert self.owner is not None
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "provider": self.found.provider,
            "email": self.found.verified,
            "has_password": self.owner.has_usable_password(),
        }


@never_cache
def join_code(request: HttpRequest) -> HttpResponse:
    """The code from the mail proves that the account with the provider's address is this person's."""
    found, email = pending.kept(request), proofs.email_asked(request, JOIN)
    owner = queries.owner_of_address(email) if email else None
    if found is None or owner is None or found.verified != email or request.user.is_authenticated:
        return _start_again(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            proofs.check(request, purpose=JOIN, typed=form.cleaned_data["code"])
        except DomainError as error:
            if error.code == "proof-over":
                messages.error(request, error.message)
                return redirect("account_join")
            form.add_error(None, error.message)
        else:
            record_authentication(request, owner, "code")
            return perform_login(request, owner, redirect_url=found.next or None)  # type: ignore[no-any-return]
    return render(request, "account/code.html", {"form": form, "email": email, "back": reverse("account_join")})


def finish_joining(request: HttpRequest, reader: Reader) -> None:
    """Somebody is in, second factor and all: connect what they came with, if it is theirs and they wanted that."""
    found = pending.kept(request)
    if found is None:
        return
    pending.forget(request)
    owner = queries.owner_of_address(found.verified) if found.joins and found.verified else None
    if owner is None or owner.pk != reader.pk:
        return
    try:
        actions.connect_way(reader=reader, provider=found.provider_key, uid=found.uid, told=found.told)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        _say_connected(request, reader, found)


join = JoinView.as_view()
