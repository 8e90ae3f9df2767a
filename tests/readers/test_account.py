"""One's own account: overview, name, address, password, preferences, data, leaving."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kakehashi.readers import actions
from kakehashi.readers.models import Reader
from tests.factories import PASSWORD, a_reader
from tests.readers.mailbox import code_in, last_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def nell() -> Reader:
    return actions.register_reader(email="nell@example.org", name="Nell Ibsen", password=PASSWORD)


@pytest.fixture
def own(nell: Reader) -> Client:
    """A browser in which Nell has just logged in with her password."""
    client = Client()
    client.post("/account/login/", {"login": nell.email, "password": PASSWORD})
    return client


def with_password(client: Client, page: str, data: dict[str, str]) -> Any:
    """Post an important change and show the password when asked, as one does in a browser."""
    answer: Any = client.post(page, data)
    assert answer.url.startswith("/account/reauthenticate/")
    return client.post(answer.url, {"password": PASSWORD})


@pytest.mark.parametrize(
    "page", ["", "preferences/", "name/", "muted/", "leave/", "email/", "password/change/", "2fa/"]
)
def test_pages_of_the_account_ask_to_log_in_and_lead_back(page: str, own: Client) -> None:
    answer: Any = Client().get(f"/account/{page}")
    assert answer.status_code == 302
    assert answer.url.startswith("/account/login/")
    assert own.get(f"/account/{page}").status_code == 200


def test_the_overview_takes_a_fixed_number_of_queries(
    own: Client, nell: Reader, django_assert_num_queries: Any
) -> None:
    own.get("/account/")
    with django_assert_num_queries(10) as seen:
        own.get("/account/")
    for number in range(5):
        actions.mute(reader=nell, muted=a_reader())
        actions.connect_way(reader=nell, provider="press", uid=str(number), told={})
    with django_assert_num_queries(len(seen.captured_queries)):
        assert "5" in own.get("/account/").content.decode()


def test_a_changed_name_is_shown_and_rests(own: Client, nell: Reader) -> None:
    answer = own.post("/account/name/", {"name": "Nell Holm"}, follow=True)
    assert "You are now called Nell Holm." in answer.content.decode()
    page = own.get("/account/name/").content.decode()
    assert "You can change it again on" in page
    assert "Nell Ibsen" in page
    answer = own.post("/account/name/", {"name": "Nell Third"})
    assert answer.status_code == 429
    assert "once in 14 days" in answer.content.decode()


@pytest.mark.parametrize(("name", "status", "sentence"), [
    ("Taken", 409, "already somebody’s name"),
    ("a/b", 422, "cannot be part of a name"),
    ("", 200, "required"),
])  # fmt: skip
def test_a_name_that_cannot_be_had(own: Client, name: str, status: int, sentence: str) -> None:
    a_reader("taken")
    answer = own.post("/account/name/", {"name": name})
    assert answer.status_code == status
    assert sentence in answer.content.decode()


def test_preferences_are_kept_and_nonsense_is_refused(own: Client, nell: Reader) -> None:
    own.post("/account/preferences/", {"comment_order": "popular", "comment_layout": "nested"})
    nell.refresh_from_db()
    assert (nell.comment_order, nell.comment_layout) == ("popular", "nested")
    page = own.get("/account/preferences/").content.decode()
    assert 'value="popular" id="id_comment_order_3" checked' in page.replace(" required", "")
    assert own.post("/account/preferences/", {"comment_order": "7", "comment_layout": "flat"}).status_code == 200
    nell.refresh_from_db()
    assert nell.comment_order == "popular"


def test_whoever_does_not_want_to_be_modelled_says_so(own: Client, nell: Reader) -> None:
    choice = {"comment_order": "", "comment_layout": "flat"}
    box = 'type="checkbox" name="is_modelled"'
    for sent, kept in (({}, False), ({"is_modelled": "on"}, True)):
        own.post("/account/preferences/", choice | sent)
        nell.refresh_from_db()
        assert nell.is_modelled is kept
        (line,) = [line for line in own.get("/account/preferences/").content.decode().splitlines() if box in line]
        assert ("checked" in line) is kept


def test_a_new_address_counts_once_its_code_is_entered(own: Client, nell: Reader) -> None:
    answer: Any = with_password(own, "/account/email/", {"email": "new@example.org", "action_add": "1"})
    assert answer.url == "/account/confirm-email/"
    nell.refresh_from_db()
    assert nell.email == "nell@example.org"
    answer = own.post("/account/confirm-email/", {"code": code_in(last_mail("new@example.org"))})
    assert answer.url == "/account/"
    nell.refresh_from_db()
    assert nell.email == "new@example.org"
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("new@example.org", True, True)]
    told = last_mail("nell@example.org")
    assert told.subject == "Your e-mail address was changed at Kakehashi"
    assert "127.0.0.1" not in str(told.body).replace("http://127.0.0.1:8000", "")


def test_an_address_of_somebody_else_is_not_given_away_nor_told(own: Client) -> None:
    a_reader("Other", email="other@example.org")
    answer: Any = with_password(own, "/account/email/", {"email": "other@example.org", "action_add": "1"})
    assert answer.url == "/account/confirm-email/"
    code = code_in(last_mail("other@example.org"))
    assert "already an account" in own.post("/account/confirm-email/", {"code": code}).content.decode()


def test_important_changes_ask_for_the_password_and_go_on(own: Client) -> None:
    own.defaults["REMOTE_ADDR"] = "203.0.113.77"
    answer: Any = own.post("/account/email/", {"email": "new@example.org", "action_add": "1"})
    assert answer.url == "/account/reauthenticate/?next=%2Faccount%2Femail%2F"
    kept = json.dumps(dict(own.session))
    assert "new%40example.org" in kept
    assert "203.0.113.77" not in kept
    assert "sessionid" not in kept
    assert "This is not your password." in own.post(answer.url, {"password": "guess"}).content.decode()
    answer = own.post(answer.url, {"password": PASSWORD})
    assert answer.url == "/account/confirm-email/"
    assert code_in(last_mail("new@example.org"))


def test_a_changed_password_logs_out_elsewhere_and_is_told(own: Client, nell: Reader) -> None:
    elsewhere = Client()
    elsewhere.post("/account/login/", {"login": nell.email, "password": PASSWORD})
    new = "a quite different lantern"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    answer: Any = own.post("/account/password/change/", data)
    assert answer.url == "/account/"
    assert own.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert last_mail("nell@example.org").subject == "Your password was changed at Kakehashi"


def test_muting_from_the_member_page_and_hearing_again_from_the_list(own: Client, nell: Reader) -> None:
    a_reader("P. Smith")
    own.post("/member/P. Smith/mute/", {"wished": "1"})
    page = own.get("/account/muted/").content.decode()
    assert "P. Smith" in page
    answer: Any = own.post("/member/P. Smith/mute/", {"wished": "0", "next": "/account/muted/"})
    assert answer.url == "/account/muted/"
    assert "You have muted nobody." in own.get("/account/muted/").content.decode()


def test_guessing_the_password_at_leaving_is_throttled(own: Client, nell: Reader) -> None:
    for _attempt in range(5):
        own.post("/account/leave/", {"comments": "keep", "password": "guess"})
    page = own.post("/account/leave/", {"comments": "keep", "password": PASSWORD}).content.decode()
    assert "try again in 5 minutes" in page
    nell.refresh_from_db()
    assert nell.leaves_at is None
    cache.clear()


def test_the_name_page_opens_again_after_two_weeks(own: Client, nell: Reader) -> None:
    actions.change_name(reader=nell, name="Nell Holm", now=timezone.now() - timedelta(days=15))
    assert 'name="name"' in own.get("/account/name/").content.decode()
