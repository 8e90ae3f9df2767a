"""Authenticator apps, recovery codes and passkeys, and the door to the newsroom that asks for them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import struct
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import Settings

from kakehashi.readers import actions
from kakehashi.readers.models import Reader, Role
from kakehashi.stories.actions.roles import ensure_roles
from tests.factories import PASSWORD, a_comment, a_front
from tests.readers.mailbox import last_mail
from tests.readers.soft_key import SoftKey, options_on

pytestmark = pytest.mark.django_db

HERE = "/some-story/?order=newest"


def totp(secret: str, *, steps: int = 0) -> str:
    """RFC 6238 with the usual 30 seconds, 6 digits and SHA-1; `steps` away from now."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture
def nell() -> Reader:
    return actions.register_reader(email="nell@example.org", name="Nell Ibsen", password=PASSWORD)


def log_in(client: Client, **more: str) -> Any:
    return client.post("/account/login/", {"login": "nell@example.org", "password": PASSWORD, **more})


def opened(client: Client, page: str) -> Any:
    """The page, after showing the password where it asks for it."""
    answer: Any = client.get(page)
    if answer.status_code == 302 and "reauthenticate" in answer.url:
        client.post(answer.url, {"password": PASSWORD})
        answer = client.get(page)
    return answer


def set_up_app(client: Client) -> str:
    """Turn the app on through its page; returns its secret."""
    page = opened(client, "/account/2fa/totp/activate/").content.decode()
    [secret] = re.findall(r'<code class="secret">([A-Z2-7]+)</code>', page)
    answer: Any = client.post("/account/2fa/totp/activate/", {"code": totp(secret)})
    assert answer.url == "/account/2fa/recovery-codes/"
    return str(secret)


def set_up_key(client: Client) -> SoftKey:
    """Add a passkey through its page."""
    key = SoftKey("https://testserver", "testserver")
    options = options_on(opened(client, "/account/2fa/webauthn/add/").content.decode())["creation_options"]
    data = {"name": "Ring", "passwordless": "on", "credential": json.dumps(key.create(options))}
    answer: Any = client.post("/account/2fa/webauthn/add/", data)
    assert answer.url == "/account/2fa/recovery-codes/"
    return key


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_with_an_app_the_password_alone_is_not_enough(client: Client, nell: Reader) -> None:
    log_in(client)
    secret = set_up_app(client)

    other = Client()
    answer = log_in(other, next=HERE)
    assert answer.url == "/account/2fa/authenticate/"
    assert not is_logged_in(other)
    assert "was not accepted" in other.post(answer.url, {"code": "000000"}).content.decode()
    assert other.post(answer.url, {"code": totp(secret, steps=-1)}).url == HERE
    assert is_logged_in(other)


def test_a_code_works_once(client: Client, nell: Reader) -> None:
    log_in(client)
    code = totp(set_up_app(client), steps=1)
    for logged_in in (True, False):
        other = Client()
        page = log_in(other).url
        other.post(page, {"code": code})
        assert is_logged_in(other) is logged_in


def test_a_recovery_code_helps_once(client: Client, nell: Reader) -> None:
    log_in(client)
    set_up_app(client)
    page = client.get("/account/2fa/recovery-codes/").content.decode()
    codes = re.findall(r"<code>(\d{8})</code>", page)
    assert len(codes) == 10
    assert codes[0] in client.get("/account/2fa/recovery-codes/download/").content.decode()
    for logged_in in (True, False):
        other = Client()
        other.post(log_in(other).url, {"code": codes[0]})
        assert is_logged_in(other) is logged_in


def test_guessing_codes_is_throttled(client: Client, nell: Reader) -> None:
    log_in(client)
    secret = set_up_app(client)
    other = Client()
    page = log_in(other).url
    for _attempt in range(5):
        other.post(page, {"code": "000000"})
    assert "try again in a few minutes" in other.post(page, {"code": totp(secret, steps=1)}).content.decode()
    assert not is_logged_in(other)


def test_turning_the_app_off(client: Client, nell: Reader) -> None:
    log_in(client)
    set_up_app(client)
    answer: Any = client.post("/account/2fa/totp/deactivate/")
    assert answer.url == "/account/2fa/"
    assert not Authenticator.objects.exists()
    assert last_mail("nell@example.org").subject == "The authenticator app was turned off at Kakehashi"


def test_a_passkey_replaces_the_password(client: Client, nell: Reader) -> None:
    log_in(client)
    key = set_up_key(client)
    page = client.get("/account/2fa/webauthn/").content.decode()
    assert "Ring" in page
    assert "Passkey" in page

    other = Client()
    options = other.get("/account/2fa/webauthn/login/", headers={"accept": "application/json"}).json()
    answer: Any = other.post(
        "/account/2fa/webauthn/login/",
        {"credential": json.dumps(key.get(options["request_options"])), "next": HERE},
    )
    assert answer.url == HERE
    assert is_logged_in(other)


def test_a_passkey_as_second_step(client: Client, nell: Reader) -> None:
    log_in(client)
    key = set_up_key(client)
    other = Client()
    step = log_in(other).url
    options = options_on(other.get(step).content.decode())["request_options"]
    assert other.post(step, {"credential": json.dumps(key.get(options))}).url == "/"
    assert is_logged_in(other)


@pytest.mark.parametrize("nonsense", ["", "{}", "[]", "null", '{"response": {"userHandle": "AAAA"}}', "\x00"])
def test_a_strange_or_foreign_passkey_is_refused(client: Client, nell: Reader, nonsense: str) -> None:
    client.get("/account/2fa/webauthn/login/", headers={"accept": "application/json"})
    answer: Any = client.post("/account/2fa/webauthn/login/", {"credential": nonsense})
    assert answer.url == "/account/login/"
    assert not is_logged_in(client)


def test_a_key_of_another_site_is_refused(client: Client, nell: Reader) -> None:
    log_in(client)
    key = set_up_key(client)
    key.origin = "https://evil.example"
    other = Client()
    options = other.get("/account/2fa/webauthn/login/", headers={"accept": "application/json"}).json()
    other.post("/account/2fa/webauthn/login/", {"credential": json.dumps(key.get(options["request_options"]))})
    assert not is_logged_in(other)


def test_keys_are_renamed_and_removed(client: Client, nell: Reader) -> None:
    log_in(client)
    set_up_key(client)
    key = Authenticator.objects.get(type="webauthn")
    edit, remove = (f"/account/2fa/webauthn/keys/{key.pk}/{verb}/" for verb in ("edit", "remove"))
    assert client.get(edit).status_code == client.get(remove).status_code == 200
    client.post(edit, {"name": "Necklace"})
    assert "Necklace" in client.get("/account/2fa/webauthn/").content.decode()
    client.post(remove)
    assert not Authenticator.objects.exists()


def staff(role: str) -> Client:
    client = Client()
    reader = actions.register_reader(email=f"{role}@example.org", name=f"The {role}", password=PASSWORD, role=role)
    client.force_login(reader)
    return client


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMINISTRATOR])
@pytest.mark.parametrize("page", ["/admin/", "/admin/pages/", "/admin/account/", "/admin/no-such-page/"])
def test_staff_without_second_step_are_sent_to_set_one_up(role: str, page: str) -> None:
    a_front()
    client = staff(role)
    answer: Any = client.get(page)
    assert (answer.status_code, answer.url) == (302, "/account/2fa/")
    assert "Work here needs a second step at log-in." in client.get(answer.url).content.decode()


def test_staff_with_a_second_step_or_where_it_is_optional_get_in(settings: Settings) -> None:
    a_front()
    client = staff(Role.ADMINISTRATOR)
    settings.KAKEHASHI_STAFF_MFA = "optional"
    assert client.get("/admin/").status_code == 200
    settings.KAKEHASHI_STAFF_MFA = "required"
    reader = Reader.objects.get()
    codes = Authenticator.objects.create(user=reader, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    assert client.get("/admin/").status_code == 302
    codes.delete()
    Authenticator.objects.create(user=reader, type="totp", data={"secret": "x"})
    # This log-in has not shown it.
    answer: Any = client.get("/admin/")
    assert (answer.status_code, answer.url) == (302, "/account/2fa/reauthenticate/?next=%2Fadmin%2F")
    client.force_login(reader)
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.all().delete()
    assert client.get("/admin/")["Location"] == "/account/2fa/"


def test_a_session_shows_the_second_step_once_and_then_works(client: Client, nell: Reader) -> None:
    a_front()
    log_in(client)
    secret = set_up_app(client)
    actions.set_role(actor=None, reader=nell, role=Role.ADMINISTRATOR)
    for door in ("/moderation/", "/admin/"):
        answer: Any = client.get(door)
        assert answer.url.startswith("/account/2fa/reauthenticate/?next=")
    assert "Please show it once" in client.get(answer.url).content.decode()
    assert client.post("/moderation/").status_code == 403
    assert client.post(answer.url, {"code": "000000", "next": "/admin/"}).status_code == 200
    assert client.get("/admin/").status_code == 302
    assert client.post(answer.url, {"code": totp(secret, steps=1), "next": "/admin/"}).url == "/admin/"  # type: ignore[attr-defined]
    assert client.get("/admin/").status_code == 200
    assert client.get("/moderation/").status_code == 200


def test_another_readers_second_step_does_not_count(client: Client, nell: Reader) -> None:
    """A record in the session names whose it is."""
    Authenticator.objects.create(user=nell, type="totp", data={"secret": "x"})
    client.force_login(nell)
    other = actions.register_reader(email="mo@example.org", name="Mo", password=PASSWORD, role=Role.MODERATOR)
    Authenticator.objects.create(user=other, type="totp", data={"secret": "x"})
    session: Any = client.session
    session["account_authentication_methods_user"] = str(other.pk)
    session.save()
    Reader.objects.filter(pk=nell.pk).update(role=Role.MODERATOR)
    assert client.get("/moderation/").status_code == 302


@pytest.mark.parametrize("role", [Role.READER, Role.MODERATOR])
def test_the_newsroom_does_not_exist_for_others(role: str, settings: Settings) -> None:
    a_front()
    ensure_roles()
    client = staff(role)
    for needed in ("required", "optional"):
        settings.KAKEHASHI_STAFF_MFA = needed
        for page in ("/admin/", "/admin/login/", "/admin/users/", "/admin/no-such-page/"):
            assert client.get(page).status_code == 404


def test_moderating_in_the_discussion_needs_the_second_step_too(settings: Settings) -> None:
    comment = a_comment()
    client = staff(Role.MODERATOR)
    address, wish = (
        f"/moderation/comment/{comment.pk}/",
        {"action": "removed", "law": "Penal Code, § 4", "explanation": "A threat."},
    )
    answer = client.post(address, wish)
    assert answer.status_code == 403
    assert "This needs a second step at log-in." in answer.content.decode()
    comment.refresh_from_db()
    assert comment.state == "visible"
    settings.KAKEHASHI_STAFF_MFA = "optional"
    assert client.post(address, wish).status_code == 302


def test_anonymous_people_log_in_through_the_one_door(client: Client) -> None:
    answer: Any = client.get("/admin/pages/")
    assert answer.url == "/account/login/?next=/admin/pages/"
    answer = client.get("/admin/login/?next=/admin/pages/")
    assert answer.url == "/account/login/?next=%2Fadmin%2Fpages%2F"
    assert client.get("/admin/password_reset/").status_code == 404
    assert client.post("/admin/login/", {"username": "x", "password": "y"}).url == "/account/login/?next=%2Fadmin%2F"


def test_pages_with_passkeys_run_no_inline_script(client: Client, nell: Reader) -> None:
    log_in(client)
    set_up_app(client)
    set_up_key_page = opened(client, "/account/2fa/webauthn/add/").content.decode()
    other = Client()
    step_page = other.get(log_in(other).url).content.decode()
    for page in (set_up_key_page, step_page, Client().get("/account/login/").content.decode()):
        for attributes in re.findall(r"<script([^>]*)>", page):
            assert "src=" in attributes or 'type="application/json"' in attributes
        assert not re.search(r"\s(style|on\w+)=", page)
