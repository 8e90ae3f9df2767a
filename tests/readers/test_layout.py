"""Every page of accounts, ours and allauth's, wears the site's layout and holds to its rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import allauth
import pytest
from django.template.loader import get_template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from kakehashi.readers import actions
from kakehashi.readers.models import Reader
from tests.factories import PASSWORD

# Where providers send people back to; none is on here.
SWITCHED_OFF = {"apple_callback", "apple_finish_callback", "facebook_callback", "google_callback"}
pytestmark = pytest.mark.django_db

# Reached only in the middle of something: tested there.
IN_PASSING = {
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_signup_webauthn",
    "mfa_trust",
}


def names_below(prefix: str) -> list[str]:
    """Names of all pages below an address that need no argument."""

    def walk(patterns: list[Any], path: str) -> list[str]:
        found: list[str] = []
        for pattern in patterns:
            here = path + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                found += walk(pattern.url_patterns, here)
            elif isinstance(pattern, URLPattern) and pattern.name and "<" not in here and here.startswith(prefix):
                found.append(pattern.name)
        return found

    return sorted(set(walk(get_resolver().url_patterns, "")) - IN_PASSING)


ACCOUNT_PAGES = names_below("account/")


@pytest.fixture
def nell() -> Reader:
    return actions.register_reader(email="nell@example.org", name="Nell Ibsen", password=PASSWORD)


def check(page: str) -> None:
    """What holds for every page: our frame, one heading, a title, labelled inputs, no inline script or style."""
    assert '<main id="main"' in page
    assert 'class="account-page"' in page
    assert len(re.findall(r"<h1[ >]", page)) == 1
    [title] = re.findall(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title.strip().endswith("· Kakehashi")
    assert len(title.strip()) > len("· Kakehashi") + 3
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page)
    for attributes in re.findall(r"<script([^>]*)>", page):
        assert "src=" in attributes or 'type="application/json"' in attributes
    assert page.count('method="post"') == page.count("csrfmiddlewaretoken")
    assert "placeholder=" not in page
    for field in re.findall(r"<(?:input|select|textarea)([^>]*)>", page.partition("<main")[2].partition("</main")[0]):
        if 'type="hidden"' not in field:
            [name] = re.findall(r'id="([^"]+)"', field)
            assert f'for="{name}"' in page


@pytest.mark.parametrize("name", ACCOUNT_PAGES)
def test_pages_of_accounts_wear_our_layout(name: str, nell: Reader) -> None:
    own = Client()
    own.post("/account/login/", {"login": nell.email, "password": PASSWORD})
    own.post("/account/reauthenticate/", {"password": PASSWORD})
    seen = 0
    for client in (Client(), own):
        answer: Any = client.get(reverse(name))
        assert answer.status_code in {200, 302, 404, 405}
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            check(answer.content.decode())
            seen += 1
        elif answer.status_code == 302:
            seen += 1
    assert seen or name in {"account_export", "account_start_again", "mfa_download_recovery_codes"} | SWITCHED_OFF


def allauth_templates(room: str) -> list[str]:
    root = Path(allauth.__file__).parent / "templates"
    return sorted(str(path.relative_to(root)) for path in (root / room).rglob("*.html"))


def test_allauth_has_no_page_that_we_forgot() -> None:
    """Pages of allauth that we have not written ourselves: their elements and layouts are ours all the same."""
    foreign = {
        name
        for room in ("account", "mfa")
        for name in allauth_templates(room)
        if Path(get_template(name).origin.name).is_relative_to(Path(allauth.__file__).parent)  # type: ignore[attr-defined]
        and "base" not in name
        and "snippets" not in name
    }
    assert foreign == {
        # Only for what is turned off: log-in and reset by code, phones, links instead of codes, sign-up by passkey.
        "account/confirm_login_code.html",
        "account/confirm_password_reset_code.html",
        "account/confirm_phone_verification_code.html",
        "account/email.html",
        "account/email_confirm.html",
        "account/phone_change.html",
        "account/request_login_code.html",
        "account/signup_by_passkey.html",
        "account/verification_sent.html",
        "account/verified_email_required.html",
        "mfa/trust.html",
        "mfa/webauthn/signup_form.html",
    }


def test_pages_in_passing_wear_our_layout_too(nell: Reader) -> None:
    from tests.readers.test_second_factor import log_in, set_up_app, set_up_key

    own = Client()
    log_in(own)
    check(own.get("/account/reauthenticate/").content.decode())
    set_up_app(own)
    for page in ("2fa/", "2fa/recovery-codes/", "2fa/recovery-codes/generate/", "2fa/totp/deactivate/"):
        check(own.get(f"/account/{page}").content.decode())
    check(own.get("/account/2fa/reauthenticate/").content.decode())
    options = own.get("/account/2fa/webauthn/add/").content.decode()
    check(options)
    step = Client()
    check(step.get(log_in(step).url).content.decode())
    key = Client()
    Reader.objects.get().authenticator_set.all().delete()  # type: ignore[attr-defined]
    log_in(key)
    set_up_key(key)
    check(key.get("/account/2fa/webauthn/").content.decode())
    check(key.get(reverse("mfa_reauthenticate_webauthn")).content.decode())
