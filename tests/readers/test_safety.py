"""Where one is logged in, and a change of address that the old address can undo."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone

from kakehashi.readers import actions, tasks
from kakehashi.readers.devices import device_of, device_words
from kakehashi.readers.models import EmailChange, Reader, Session
from kakehashi.readers.sessions import hour_of
from tests.factories import PASSWORD, a_reader
from tests.readers.mailbox import code_in, last_mail, link_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 "
    "Edg/140.0.0.0"
)


@pytest.fixture
def nell() -> Reader:
    return actions.register_reader(email="nell@example.org", name="Nell", password=PASSWORD)


def browser(agent: str = FIREFOX) -> Client:
    client = Client(headers={"user-agent": agent})
    client.post("/account/login/", {"login": "nell@example.org", "password": PASSWORD})
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(("agent", "words"), [
    (FIREFOX, "Firefox on Linux"),
    (SAFARI, "Safari on iPhone"),
    (EDGE, "Edge on Windows"),
    ("curl/8.0", "A browser that does not say its name"),
    ("", "A browser that does not say its name"),
    ("Firefox/1", "Firefox"),
    ("<script>" * 500, "A browser that does not say its name"),
])  # fmt: skip
def test_browsers_in_two_words(agent: str, words: str) -> None:
    assert device_words(device_of(agent)) == words


def test_the_list_marks_this_browser_and_ends_others(nell: Reader, django_assert_num_queries: Any) -> None:
    here, phone, office = browser(), browser(SAFARI), browser(EDGE)
    page = text(here.get("/account/sessions/"))
    assert page.count("this browser") == 1
    assert "Safari on iPhone" in page
    assert here.session.session_key not in page
    with django_assert_num_queries(4):
        here.get("/account/sessions/")
    key = page.split('name="session"')[1].split('value="')[1].split('"')[0]
    ended = here.post("/account/sessions/", {"session": key}, follow=True)
    assert "Logged out there." in text(ended)
    assert sorted(client.get("/account/").status_code for client in (phone, office)) == [200, 302]
    assert "not logged in there any more" in text(here.post("/account/sessions/", {"session": key}, follow=True))
    assert "in 1 other browser." in text(here.post("/account/sessions/", {"others": "1"}, follow=True))
    assert [client.get("/account/").status_code for client in (here, phone, office)] == [200, 302, 302]


def test_somebody_elses_session_is_not_ended(nell: Reader) -> None:
    here = browser()
    other = actions.register_reader(email="other@example.org", name="Other", password=PASSWORD)
    page = text(here.get("/account/sessions/"))
    assert 'name="session"' not in page
    from kakehashi.readers.sessions import public_key

    assert not actions.end_session(reader=other, key=public_key(here.session.session_key or ""))
    assert actions.end_other_sessions(reader=other, but=None) == 0
    assert here.get("/account/").status_code == 200


def test_the_last_use_is_written_once_an_hour(nell: Reader, django_assert_num_queries: Any) -> None:
    here = browser()
    now = hour_of(timezone.now())
    assert Session.objects.get().seen_at == now
    assert Session.objects.get().device == "firefox/linux"
    old = now - timedelta(hours=3)
    Session.objects.update(seen_at=old)
    with django_assert_num_queries(5):
        here.get("/account/sessions/")
    assert Session.objects.get().seen_at == now
    with django_assert_num_queries(4):
        here.get("/account/sessions/")
    # Sessions of the version before say nothing yet.
    Session.objects.update(seen_at=None, device="")
    assert "this browser" in text(here.get("/account/sessions/"))
    assert Session.objects.get().seen_at == now


def change_address(here: Client, to: str) -> None:
    asked = here.post("/account/email/", {"email": to, "action_add": "1"})
    if asked.headers["Location"].startswith("/account/reauthenticate/"):
        asked = here.post(asked.headers["Location"], {"password": PASSWORD})
    assert asked.headers["Location"] == "/account/confirm-email/"


def test_the_old_address_is_told_at_once_and_stops_it(nell: Reader) -> None:
    here = browser()
    change_address(here, "thief@example.org")
    told = last_mail("nell@example.org")
    assert "wants to change its address to thief@example.org" in str(told.body)
    link = link_in(told, "/email/stop/")
    owner = Client()
    assert "undo it" in text(owner.get(link))
    nell.refresh_from_db()
    assert nell.has_usable_password()
    assert "Set a new password" in text(owner.post(link))
    assert here.get("/account/").status_code == 302
    # The code is of no use any more: the way to it ended with the session.
    here.post("/account/confirm-email/", {"code": code_in(last_mail("thief@example.org"))})
    nell.refresh_from_db()
    assert nell.email == "nell@example.org"
    assert not nell.has_usable_password()


def test_a_change_that_was_made_is_undone_with_all_that_came_after(nell: Reader) -> None:
    here = browser()
    actions.connect_way(reader=nell, provider="press", uid="mine", told={})
    change_address(here, "thief@example.org")
    here.post("/account/confirm-email/", {"code": code_in(last_mail("thief@example.org"))})
    actions.connect_way(reader=nell, provider="press", uid="thiefs", told={})
    nell.refresh_from_db()
    assert nell.email == "thief@example.org"
    made = last_mail("nell@example.org")
    assert made.subject == "Your e-mail address was changed at Kakehashi"
    change_address(here, "second@example.org")
    here.post("/account/confirm-email/", {"code": code_in(last_mail("second@example.org"))})
    actions.ask_to_leave(reader=nell, withdraw=True)

    owner = Client()
    assert owner.post(link_in(made, "/email/stop/")).status_code == 200
    nell.refresh_from_db()
    assert (nell.email, nell.leaves_at) == ("nell@example.org", None)
    assert list(EmailAddress.objects.values_list("email", "verified")) == [("nell@example.org", True)]
    assert list(SocialAccount.objects.values_list("uid", flat=True)) == ["mine"]
    assert here.get("/account/").status_code == 302
    owner.post("/account/password/reset/", {"email": "nell@example.org"})
    assert "/password/reset/key/" in str(last_mail("nell@example.org").body)


def test_who_took_the_account_cannot_stop_the_owner_from_having_it_back(nell: Reader) -> None:
    here = browser()
    change_address(here, "thief@example.org")
    made = last_mail("nell@example.org")
    here.post("/account/confirm-email/", {"code": code_in(last_mail("thief@example.org"))})
    change_address(here, "second@example.org")
    back_door = link_in(last_mail("thief@example.org"), "/email/stop/")
    for link in (link_in(made, "/email/stop/"), back_door):
        Client().post(link)
        nell.refresh_from_db()
        assert nell.email == "nell@example.org"


def test_too_late_or_taken_is_said(nell: Reader) -> None:
    here = browser()
    change_address(here, "new@example.org")
    here.post("/account/confirm-email/", {"code": code_in(last_mail("new@example.org"))})
    link = link_in(last_mail("nell@example.org"), "/email/stop/")
    a_reader("Taker", email="nell@example.org")
    assert "already an account with this e-mail address" in text(Client().post(link))
    EmailChange.objects.update(ends_at=timezone.now())
    assert "This link has run out." in text(Client().post(link))
    nell.refresh_from_db()
    assert nell.email == "new@example.org"
    assert tasks.forget_old(timezone.now() + timedelta(seconds=1)) == 1
    assert Client().get(link).status_code == 404
