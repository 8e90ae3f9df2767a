"""The page “Ways to log in”: connect, disconnect, and proof by mail of those who have no password."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from django.test import Client

from kakehashi.lib.errors import Conflict, NotAllowed
from kakehashi.readers import actions
from kakehashi.readers.models import Reader
from tests.factories import PASSWORD
from tests.readers.mailbox import code_in, last_mail
from tests.readers.provider import House, open_house, through

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[House]:
    with open_house() as house:
        yield house


@pytest.fixture
def house(server: House, settings: Any) -> House:
    settings.SOCIALACCOUNT_PROVIDERS = server.settings()
    settings.KAKEHASHI_PROVIDER_ORIGINS = {server.url}
    cache.clear()
    return server


@pytest.fixture
def nell() -> Reader:
    return actions.register_reader(email="nell@example.org", name="Nell", password=PASSWORD)


@pytest.fixture
def own(nell: Reader) -> Client:
    client = Client()
    client.post("/account/login/", {"login": nell.email, "password": PASSWORD})
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def with_password(client: Client, page: str, data: dict[str, str]) -> Any:
    answer: Any = client.post(page, data)
    assert answer.url.startswith("/account/reauthenticate/"), answer.url
    return client.post(answer.url, {"password": PASSWORD})


def test_connect_and_disconnect_ask_for_the_password_and_are_told_by_mail(
    own: Client, nell: Reader, house: House, django_assert_num_queries: Any
) -> None:
    assert "Connect Press Club" in text(own.get("/account/ways/"))
    asked = own.post("/account/via/press/", {"process": "connect"})
    assert asked.headers["Location"].startswith("/account/reauthenticate/")
    assert "On to Press Club" in text(own.post(asked.headers["Location"], {"password": PASSWORD}))
    answer = through(own, house.person("nell", name="Nell E."), process="connect")
    assert answer.headers["Location"] == "/account/ways/"
    assert SocialAccount.objects.get().user == nell
    assert last_mail("nell@example.org").subject == "A new way to log in at Kakehashi"
    page = text(own.get("/account/ways/"))
    assert "Nell E." in page
    assert "Connect Press Club" not in page
    with django_assert_num_queries(5):
        own.get("/account/ways/")
    for number in range(5):
        actions.connect_way(reader=nell, provider="press", uid=f"more-{number}", told={})
    with django_assert_num_queries(5):
        own.get("/account/ways/")
    way = SocialAccount.objects.get(uid="nell")
    own.post(f"/account/ways/{way.pk}/disconnect/")
    assert not SocialAccount.objects.filter(uid="nell").exists()
    assert last_mail("nell@example.org").subject == "A way to log in is gone at Kakehashi"
    assert own.post(f"/account/ways/{way.pk}/disconnect/").status_code == 302
    assert Client().post(f"/account/ways/{way.pk}/disconnect/").headers["Location"].startswith("/account/login/")


def test_what_opens_another_account_is_not_connected(own: Client, nell: Reader, house: House) -> None:
    other = actions.register_reader(email="other@example.org", name="Other", password=PASSWORD)
    actions.connect_way(reader=other, provider="press", uid="taken", told={})
    with_password(own, "/account/via/press/", {"process": "connect"})
    through(own, house.person("taken"), process="connect")
    assert "already opens another account" in text(own.get("/account/ways/"))
    with pytest.raises(Conflict):
        actions.connect_way(reader=nell, provider="press", uid="taken", told={})
    actions.erase_reader(reader=nell)
    with pytest.raises(NotAllowed):
        actions.connect_way(reader=nell, provider="press", uid="new", told={})


def test_somebody_elses_way_cannot_be_taken_off(own: Client, house: House) -> None:
    other = actions.register_reader(email="other@example.org", name="Other", password=PASSWORD)
    way = actions.connect_way(reader=other, provider="press", uid="theirs", told={})
    with_password(own, f"/account/ways/{way.pk}/disconnect/", {})
    assert SocialAccount.objects.filter(pk=way.pk).exists()


def test_the_last_way_stays_and_a_code_by_mail_is_the_proof(client: Client, house: House, settings: Any) -> None:
    through(client, house.person("mara", email="mara@example.org", email_verified=True, name="Mara"))
    client.post("/account/newcomer/", {"name": "Mara"})
    mara = Reader.objects.get()
    way = SocialAccount.objects.get()
    assert "your only way in" in text(client.get("/account/ways/"))
    page = f"/account/ways/{way.pk}/disconnect/"
    asked = client.post(page).headers["Location"]
    assert asked.startswith("/account/prove/")
    assert "Send me a code" in text(client.get(asked))
    client.post(asked, {"action": "send"})
    code = code_in(last_mail("mara@example.org"))
    client.post(asked, {"action": "check", "code": "AAAA-BBBB"})
    assert "This is not the code." in text(client.get(asked))
    client.post(asked, {"action": "check", "code": code})
    assert "your only way to log in" in text(client.get("/account/ways/"))
    assert SocialAccount.objects.filter(pk=way.pk).exists()

    # One whose provider has been switched off is no way in; with a password there is one.
    actions.connect_way(reader=mara, provider="closed-down", uid="x", told={"name": "Old"})
    assert "(cannot be used at the moment)" in text(client.get("/account/ways/"))
    client.post(page)
    assert SocialAccount.objects.filter(pk=way.pk).exists()
    mara.set_password(PASSWORD)
    mara.save()
    own = Client()
    own.post("/account/login/", {"login": mara.email, "password": PASSWORD})
    with_password(own, page, {})
    assert not SocialAccount.objects.filter(pk=way.pk).exists()
    assert len(mail.outbox) >= 2


def test_a_code_by_mail_is_no_proof_of_somebody_with_a_password(own: Client) -> None:
    answer = own.post("/account/prove/?next=/account/2fa/", {"action": "send"})
    assert answer.headers["Location"] == "/account/reauthenticate/?next=%2Faccount%2F2fa%2F"
    assert own.get("/account/prove/").status_code == 302


def test_who_has_no_password_is_asked_for_a_code_before_important_changes(client: Client, house: House) -> None:
    through(client, house.person("mara", email="mara@example.org", email_verified=True, name="Mara"))
    client.post("/account/newcomer/", {"name": "Mara"})
    for page, data in (
        ("/account/email/", {"email": "new@example.org", "action_add": "1"}),
        ("/account/password/set/", {"password1": "quite a new lantern", "password2": "quite a new lantern"}),
        ("/account/2fa/totp/activate/", {}),
    ):
        answer = client.post(page, data)
        assert answer.headers["Location"].startswith("/account/prove/"), page
