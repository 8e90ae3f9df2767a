"""Making an account, confirming it, logging in and out, forgotten passwords: through the pages and the mails."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from kakehashi.readers import actions, tasks
from kakehashi.readers.models import Reader
from kakehashi.server import settings as site_settings
from tests.factories import PASSWORD
from tests.readers.mailbox import code_in, last_mail, link_in

pytestmark = pytest.mark.django_db

CODE_PAGE = "/account/confirm-email/"
HERE = "/some-story/?order=newest"


def sign_up(client: Client, **changes: str) -> Any:
    data = {"email": "nell@example.org", "username": "Nell Ibsen", "password1": PASSWORD, "next": HERE} | changes
    return client.post("/account/signup/", data)


def log_in(client: Client, email: str = "nell@example.org", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/account/login/", {"login": email, "password": password, **more})


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.fixture
def nell() -> Reader:
    return actions.register_reader(email="nell@example.org", name="Nell Ibsen", password=PASSWORD)


def test_passwords_are_hashed_with_argon2() -> None:
    assert site_settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


def test_from_registration_by_code_back_to_where_one_was(client: Client) -> None:
    session = client.session
    session["half-written"] = "As I was saying"
    session.save()

    answer = sign_up(client)
    assert answer.url == CODE_PAGE
    assert not is_logged_in(client)
    page = client.get(CODE_PAGE).content.decode()
    assert "nell@example.org" in page

    message = last_mail("nell@example.org")
    assert message.subject == f"Your code for Kakehashi: {code_in(message)}"
    assert "Welcome, Nell Ibsen." in str(message.body)
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    assert f"<code>{code_in(message)}</code>" in html

    answer = client.post(CODE_PAGE, {"code": code_in(message).lower().replace("-", " ")})
    assert answer.url == HERE
    assert is_logged_in(client)
    assert client.session["half-written"] == "As I was saying"
    reader = Reader.objects.get(email="nell@example.org")
    assert (reader.name, reader.name_key) == ("Nell Ibsen", "nellibsen")


def test_a_wrong_code_says_so_and_five_end_the_attempt(client: Client) -> None:
    sign_up(client)
    for _attempt in range(4):
        assert "This is not the code." in client.post(CODE_PAGE, {"code": "BBBB-BBBB"}).content.decode()
    answer = client.post(CODE_PAGE, {"code": "BBBB-BBBB"})
    assert answer.url == "/account/login/"
    assert "try again in a few minutes" in client.get(answer.url).content.decode()
    assert not is_logged_in(client)


def test_a_mistyped_address_can_be_corrected_under_the_same_name(client: Client) -> None:
    session = client.session
    session["half-written"] = "As I was saying"
    session.save()
    sign_up(client, email="nlel@example.org")
    answer = client.post("/account/signup/again/", {"next": HERE})
    assert answer.url == f"/account/signup/?next={quote(HERE, safe='')}"
    assert not Reader.objects.exists()
    assert sign_up(client).url == CODE_PAGE
    assert client.session["half-written"] == "As I was saying"


def test_starting_again_deletes_no_account_that_is_confirmed(client: Client, nell: Reader) -> None:
    client.post("/account/signup/again/")
    sign_up(client, username="Somebody Else")
    client.post("/account/signup/again/")
    assert Reader.objects.get() == nell


def test_an_unconfirmed_account_confirms_at_log_in(client: Client) -> None:
    sign_up(client)
    cache.clear()  # the half minute between two codes has passed
    other = Client()
    assert log_in(other, next=HERE).url == CODE_PAGE
    assert other.post(CODE_PAGE, {"code": code_in(last_mail("nell@example.org"))}).url == HERE


def test_registering_a_known_address_looks_the_same_and_writes_to_its_owner(client: Client, nell: Reader) -> None:
    known, unknown = Client(), Client()
    answers = [sign_up(known, username="Other Name"), sign_up(unknown, email="new@example.org", username="New Name")]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, CODE_PAGE)}
    pages = [
        person.get(CODE_PAGE)
        .content.decode()
        .replace(address, "ADDRESS")
        .split("</h1>")[1]
        .split("csrfmiddlewaretoken")
        for person, address in ((known, "nell@example.org"), (unknown, "new@example.org"))
    ]
    assert pages[0][0] == pages[1][0]
    assert len(pages[0]) == len(pages[1])
    message = last_mail("nell@example.org")
    assert message.subject == "You already have an account at Kakehashi"
    assert link_in(message, "login") == "/account/login/"
    assert link_in(message, "reset") == "/account/password/reset/"
    assert Reader.objects.filter(name="Other Name").count() == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"username": "nell  ibsen"}, "already somebody’s name"),
        ({"username": "a/b"}, "cannot be part of a name"),
        ({"username": "   "}, "required"),
        ({"username": "x" * 41}, "at most 40"),
        ({"email": "nowhere"}, "valid email"),
        ({"password1": "short"}, "too short"),
        ({"password1": "password123"}, "too common"),
        ({"password1": "nell.two@example.org"}, "too similar"),
    ],
)
def test_what_is_wrong_in_the_form_is_said(
    client: Client, nell: Reader, changes: dict[str, str], sentence: str
) -> None:
    answer = sign_up(client, **({"email": "nell.two@example.org", "username": "Nell Two"} | changes))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert Reader.objects.count() == 1


def test_a_name_taken_while_one_typed_comes_back_as_a_sentence(client: Client) -> None:
    from django.db import connection

    from tests.readers.test_actions import RivalInserts

    with connection.execute_wrapper(RivalInserts("Nell Ibsen")):
        answer = sign_up(client)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "already somebody’s name" in page
    assert 'value="nell@example.org"' in page


def test_log_in_by_address_and_back(client: Client, nell: Reader) -> None:
    answer = log_in(client, email="NELL@example.org", next=HERE)
    assert answer.url == HERE
    assert is_logged_in(client)
    assert "Welcome, Nell Ibsen." in client.get("/account/").content.decode()


def test_logging_in_keeps_what_the_session_holds(client: Client, nell: Reader) -> None:
    session = client.session
    session["half-written"] = "As I was saying"
    session.save()
    key = session.session_key
    log_in(client)
    assert client.session["half-written"] == "As I was saying"
    assert client.session.session_key != key


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"])
def test_next_never_leads_elsewhere(client: Client, nell: Reader, elsewhere: str) -> None:
    assert log_in(client, next=elsewhere).url == "/"


def test_the_way_to_the_other_form_keeps_next(client: Client) -> None:
    page = client.get("/account/login/", {"next": HERE}).content.decode()
    assert f"/account/signup/?next={quote(HERE, safe='')}" in page
    assert 'name="next" value="/some-story/?order=newest"' in page


def test_wrong_password_and_unknown_address_read_the_same(client: Client, nell: Reader) -> None:
    wrong = log_in(client, password="not it").content.decode()
    unknown = log_in(client, email="who@example.org").content.decode()
    sentence = "The e-mail address and the password do not belong together."
    assert sentence in wrong
    assert sentence in unknown


def test_log_in_is_throttled_and_says_until_when(client: Client, nell: Reader) -> None:
    for _attempt in range(5):
        assert log_in(client, password="guess").status_code == 200
    answer = log_in(client)
    assert answer.status_code == 429
    page = answer.content.decode()
    assert "Please try again in 5 minutes." in page
    assert 'value="nell@example.org"' in page
    # Another machine is no way round, nor a Host header with a port; another person is not locked out.
    assert log_in(Client(REMOTE_ADDR="198.51.100.7")).status_code == 429
    assert log_in(Client(headers={"Host": "127.0.0.1:81"})).status_code == 429
    actions.register_reader(email="olaf@example.org", name="Olaf", password=PASSWORD)
    assert log_in(Client(REMOTE_ADDR="198.51.100.7"), email="olaf@example.org").status_code == 302


def test_a_form_sent_too_often_answers_429_with_a_time(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "2/h/ip"}
    for _attempt in range(2):
        assert sign_up(client, email="bad").status_code == 200
    answer = sign_up(client, email="bad")
    assert answer.status_code == 429
    assert "try again in 60 minutes" in answer.content.decode()
    assert 3500 < int(answer["Retry-After"]) <= 3600


def test_counters_hold_no_address(client: Client, nell: Reader) -> None:
    from django.db import connection

    log_in(Client(REMOTE_ADDR="203.0.113.77"), password="guess")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM cache")
        keys = [key for (key,) in cursor.fetchall()]
    assert keys
    assert not [key for key in keys if "203.0.113" in key or "nell" in key]


def test_logging_out_needs_a_post(client: Client, nell: Reader) -> None:
    client.force_login(nell)
    assert client.get("/account/logout/").status_code == 200
    assert is_logged_in(client)
    assert client.post("/account/logout/", {"next": HERE}).url == HERE
    assert not is_logged_in(client)


def test_forms_without_token_are_refused(nell: Reader) -> None:
    strict = Client(enforce_csrf_checks=True)
    for page in ("/account/login/", "/account/signup/", "/account/password/reset/", "/account/signup/again/"):
        assert strict.post(page, {"login": "nell@example.org"}).status_code == 403


def test_a_closed_account_cannot_log_in(client: Client, nell: Reader) -> None:
    Reader.objects.filter(pk=nell.pk).update(is_active=False)
    answer = log_in(client)
    assert not is_logged_in(client)
    assert "closed" in client.get(answer.url).content.decode()


def test_a_new_password_through_a_link(client: Client, nell: Reader) -> None:
    answer = client.post("/account/password/reset/", {"email": "Nell@Example.org"})
    assert answer.url == "/account/password/reset/done/"
    message = last_mail("nell@example.org")
    link = link_in(message, "/reset/key/")
    assert str(message.body).count(site_settings.BASE_URL) == 2

    step = client.get(link)
    assert client.get(step.url).status_code == 200
    new = "a quite different lantern"
    answer = client.post(step.url, {"password1": new, "password2": new})
    assert answer.status_code == 302
    assert is_logged_in(client)
    assert last_mail("nell@example.org").subject == "Your password was set anew at Kakehashi"
    nell.refresh_from_db()
    assert nell.check_password(new)
    assert "This link no longer works" in Client().get(link, follow=True).content.decode()


def test_asking_for_an_unknown_address_looks_the_same(client: Client) -> None:
    assert client.post("/account/password/reset/", {"email": "who@example.org"}).url == "/account/password/reset/done/"
    assert last_mail("who@example.org").subject == "There is no account at Kakehashi with this address"


def test_the_host_header_does_not_reach_the_mails(client: Client, nell: Reader) -> None:
    client.post("/account/password/reset/", {"email": "nell@example.org"}, HTTP_HOST="evil.example")
    assert "evil.example" not in str(last_mail("nell@example.org").body)


def test_a_mail_server_that_is_away_costs_the_mail_and_not_the_page(client: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", a_closed_port()
    answer = sign_up(client)
    assert answer.url == CODE_PAGE
    page = client.get(CODE_PAGE).content.decode()
    assert "We could not send our mail just now." in page
    assert "Send a new code" in page
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()  # the half minute between two codes has passed
    client.post(CODE_PAGE, {"action": "resend"})
    assert client.post(CODE_PAGE, {"code": code_in(last_mail("nell@example.org"))}).url == HERE


def a_closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def test_odd_names_are_written_plainly_in_mails(client: Client) -> None:
    sign_up(client, username="Tom & Jerry’s")
    message = last_mail("nell@example.org")
    assert "Welcome, Tom & Jerry’s." in str(message.body)
    assert "Welcome, Tom &amp; Jerry’s." in str(message.alternatives[0].content)


def test_accounts_nobody_confirmed_are_forgotten_after_a_week(client: Client, nell: Reader) -> None:
    sign_up(client, email="joke@example.org", username="A Joke")
    now: datetime = timezone.now()
    assert tasks.forget_unconfirmed(now + timedelta(days=6)) == 0
    assert tasks.forget_unconfirmed(now + timedelta(days=8)) == 1
    assert Reader.objects.get() == nell


def test_sessions_that_ran_out_are_forgotten(client: Client, nell: Reader) -> None:
    client.force_login(nell)
    assert tasks.forget_sessions(timezone.now()) == 0
    assert tasks.forget_sessions(timezone.now() + timedelta(days=61)) == 1


def test_bad_bytes_get_an_answer(client: Client) -> None:
    for data in (b"login=%ff%fe&password=%00", b"login=" + b"x" * 100_000):
        answer = client.post("/account/login/", data, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in {200, 400}
    assert client.get("/account/login/?next=%ff%00").status_code in {200, 400}
    assert reverse("account_login") == "/account/login/"
    assert mail.outbox == []
