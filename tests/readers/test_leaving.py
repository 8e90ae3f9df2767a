"""Leaving: a day in which one may stay, then the worker erases."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib.errors import Conflict
from kakehashi.readers import actions, tasks
from kakehashi.readers.models import DataExport, Reader, Role, Session
from tests.factories import PASSWORD, a_comment, a_reader
from tests.readers.mailbox import last_mail, link_in

DAY = timedelta(hours=24)


@pytest.fixture
def nell(db: None) -> Reader:
    return actions.register_reader(email="nell@example.org", name="Nell Ibsen", password=PASSWORD)


@pytest.fixture
def own(nell: Reader) -> Client:
    client = Client()
    client.post("/account/login/", {"login": nell.email, "password": PASSWORD})
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(("choice", "state"), [("keep", CommentState.VISIBLE), ("withdraw", CommentState.WITHDRAWN)])
def test_a_day_after_the_password_the_account_is_gone(own: Client, nell: Reader, choice: str, state: str) -> None:
    comment = a_comment(author=nell)
    actions.connect_way(reader=nell, provider="press", uid="nell", told={})
    actions.ask_for_export(reader=nell)
    answer = own.post("/account/leave/", {"comments": choice, "password": "guess"})
    assert "This is not your password." in text(answer)
    own.post("/account/leave/", {"comments": choice, "password": PASSWORD})
    nell.refresh_from_db()
    assert nell.leaves_at is not None
    assert nell.erased_at is None
    asked = last_mail("nell@example.org")
    assert "will be deleted" in str(asked.subject)
    banner = "Your account will be deleted on"
    for page in ("/account/", "/search/", comment.thread.story.get_absolute_url()):
        assert banner in text(own.get(page)), page

    assert tasks.carry_out_departures(nell.leaves_at - timedelta(seconds=1)) == 0
    assert tasks.carry_out_departures(nell.leaves_at) == 1
    assert tasks.carry_out_departures(nell.leaves_at) == 0
    nell.refresh_from_db()
    assert nell.is_erased
    assert nell.leaves_at is None
    assert Comment.objects.get().state == state
    assert not SocialAccount.objects.exists()
    assert not DataExport.objects.exists()
    assert not Session.objects.exists()
    assert own.get("/account/").status_code == 302
    gone = last_mail("nell@example.org")
    assert "is deleted" in str(gone.subject)
    assert "{" not in str(gone.body) + str(asked.body)
    assert Client().get(link_in(asked, "/stay/")).status_code == 404


def test_the_link_in_the_mail_keeps_the_account_without_logging_in(own: Client, nell: Reader) -> None:
    own.post("/account/leave/", {"comments": "keep", "password": PASSWORD})
    link = link_in(last_mail("nell@example.org"), "/stay/")
    stranger = Client()
    assert "is about to be deleted. Shall it stay?" in text(stranger.get(link))
    nell.refresh_from_db()
    assert nell.leaves_at is not None
    assert "Your account stays." in text(stranger.post(link))
    nell.refresh_from_db()
    assert nell.leaves_at is None
    assert "was not about to be deleted" in text(stranger.get(link))
    # An old link does not undo a new wish.
    actions.ask_to_leave(reader=nell, withdraw=False, now=timezone.now() + timedelta(hours=1))
    stranger.post(link)
    nell.refresh_from_db()
    assert nell.leaves_at is not None


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "W10:1tXXXX:abc", "x" * 3000])
def test_made_up_links_are_not_there(db: None, client: Client, token: str) -> None:
    for page in ("stay", "email/stop"):
        assert client.get(f"/account/{page}/{token}/").status_code in {400, 404}
        assert client.post(f"/account/{page}/{token}/").status_code in {400, 404}


def test_whoever_logs_in_sees_the_banner_and_may_stay(own: Client, nell: Reader) -> None:
    actions.ask_to_leave(reader=nell, withdraw=True)
    client = Client()
    page = text(client.post("/account/login/?next=/account/", {"login": nell.email, "password": PASSWORD}, follow=True))
    assert "Until" in page
    assert "What you wrote goes too." in page
    assert client.get("/account/stay/").headers["Location"] == "/account/"
    assert "Your account stays." in text(client.post("/account/stay/", follow=True))
    assert "was not about to be deleted" in text(client.post("/account/stay/", follow=True))
    assert tasks.carry_out_departures(timezone.now() + 2 * DAY) == 0


def test_asking_again_changes_the_choice_and_not_the_day(nell: Reader) -> None:
    now = timezone.now()
    first = actions.ask_to_leave(reader=nell, withdraw=False, now=now)
    second = actions.ask_to_leave(reader=nell, withdraw=True, now=now + timedelta(hours=5))
    assert second.leaves_at == first.leaves_at == now + DAY
    assert second.leaves_with_comments


def test_the_last_administrator_stays(db: None) -> None:
    chief = a_reader("Chief", role=Role.ADMINISTRATOR)
    with pytest.raises(Conflict):
        actions.ask_to_leave(reader=chief, withdraw=False)
    other = a_reader("Other", role=Role.ADMINISTRATOR)
    actions.ask_to_leave(reader=chief, withdraw=False)
    actions.erase_reader(reader=other)
    assert tasks.carry_out_departures(timezone.now() + 2 * DAY) == 0
    chief.refresh_from_db()
    assert (chief.is_erased, chief.leaves_at) == (False, None)
    with pytest.raises(Conflict):
        actions.ask_to_leave(reader=other, withdraw=False)


def test_who_has_no_password_is_asked_for_a_code(db: None, client: Client) -> None:
    reader = actions.register_reader(email="mara@example.org", name="Mara")
    client.force_login(reader, "allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post("/account/leave/", {"comments": "keep"})
    assert answer.headers["Location"].startswith("/account/prove/")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_erase_each_reader_once() -> None:
    now = timezone.now()
    for number in range(4):
        reader = actions.register_reader(email=f"r{number}@example.org", name=f"Reader {number}")
        actions.ask_to_leave(reader=reader, withdraw=False, now=now - DAY)
    done: list[int] = []

    def work() -> None:
        done.append(tasks.carry_out_departures(now))
        connection.close()

    threads = [threading.Thread(target=work), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 4
    assert Reader.objects.filter(erased_at=None).count() == 0
    assert len([message for message in mail.outbox if "deleted" in message.subject]) == 4
