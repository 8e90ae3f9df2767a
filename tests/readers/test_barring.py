"""Who may not register: barred domains, disposable mail, banned members' addresses, and names that are not for everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from kakehashi.lib.errors import Conflict, Invalid, NotFound
from kakehashi.readers import actions, mailboxes, reserved
from kakehashi.readers.actions.barring import require_address, require_unreserved
from kakehashi.readers.models import FOREVER, BannedAddress, Barred, Reader, Role
from tests.factories import a_reader

pytestmark = pytest.mark.django_db
PASSWORD = "paper lantern harbour 7"


def bar(words: str, kind: str = Barred.Kind.DOMAIN) -> int:
    return actions.bar(actor=a_reader(role=Role.MODERATOR), kind=kind, words=words)


def sign_up(client: Client, email: str, name: str = "Tilda Marsh") -> str:
    form = {"email": email, "username": name, "password1": PASSWORD, "password2": PASSWORD}
    return client.post("/account/signup/", form, follow=True).content.decode()


@pytest.mark.parametrize(
    "email",
    [
        "a@trash.example",
        "A@TRASH.Example",
        "a+b@trash.example",
        "a@mail.trash.example",
        "a@trash.example.",
        "a@ｔrash.example",
    ],
)
def test_a_barred_domain_in_any_spelling_and_all_below_it(email: str) -> None:
    bar("*.Trash.example.")
    with pytest.raises(Invalid) as caught:
        require_address(email)
    assert caught.value.code == "email-barred"


@pytest.mark.parametrize("email", ["a@nottrash.example", "trash.example@else.example", "a@example"])
def test_what_only_looks_like_it_is_not_barred(email: str) -> None:
    bar("trash.example")
    require_address(email)


def test_domains_in_other_scripts_are_one_in_ascii() -> None:
    bar("bücher.example\nxn--bcher-kva.example\n# a note\n\nother.example # why")
    assert list(Barred.objects.order_by("key").values_list("key", flat=True)) == [
        "other.example",
        "xn--bcher-kva.example",
    ]
    for email in ("a@BÜCHER.example", "a@xn--bcher-kva.example"):
        with pytest.raises(Invalid):
            require_address(email)


@pytest.mark.parametrize("words", ["com", "no domain", "192.0.2.7", "", "# only a note", "ok.example\n-bad-.example"])
def test_lines_that_are_no_domain_bar_nothing(words: str) -> None:
    with pytest.raises(Invalid):
        bar(words)
    assert not Barred.objects.exists()


def test_only_the_staff_bars_and_repeats_are_harmless() -> None:
    assert bar("one.example\ntwo.example") == 2
    assert bar("one.example\nthree.example") == 1
    with pytest.raises(NotFound):
        actions.bar(actor=a_reader(), kind=Barred.Kind.DOMAIN, words="four.example")
    confined = a_reader(role=Role.MODERATOR, sections=",7,")
    with pytest.raises(NotFound):
        actions.bar(actor=confined, kind=Barred.Kind.DOMAIN, words="four.example")
    row = Barred.objects.get(key="one.example")
    with pytest.raises(NotFound):
        actions.unbar(actor=a_reader(), pk=row.pk)
    for _ in range(2):
        actions.unbar(actor=a_reader(role=Role.EDITOR), pk=row.pk)
    require_address("a@one.example")


def test_disposable_domains_are_refused_until_that_is_switched_off(settings: Settings) -> None:
    with pytest.raises(Invalid):
        require_address("a@mailinator.com")
    settings.KAKEHASHI_REFUSE_DISPOSABLE_MAIL = False
    require_address("a@mailinator.com")


def test_no_account_and_no_mail_at_registration(client: Client) -> None:
    bar("trash.example")
    page = sign_up(client, "tilda@trash.example")
    assert "Nobody can register here with an address at trash.example" in page
    assert not Reader.objects.filter(email="tilda@trash.example").exists()
    assert mail.outbox == []
    # Whoever is here already stays, and is not told apart.
    a_reader(email="old@trash.example")
    assert "Nobody can register here" in sign_up(client, "old@trash.example")


def test_no_change_to_a_barred_address_and_members_keep_theirs(client: Client) -> None:
    bar("trash.example")
    reader = a_reader(email="old@trash.example", password=PASSWORD)
    EmailAddress.objects.create(user=reader, email=reader.email, primary=True, verified=True)
    assert client.post("/account/login/", {"login": reader.email, "password": PASSWORD}).status_code == 302
    page = client.post(
        "/account/email/", {"action_add": "", "email": "new@trash.example"}, follow=True
    ).content.decode()
    assert "Nobody can register here with an address at trash.example" in page
    assert mail.outbox == []
    client.logout()
    client.post("/account/password/reset/", {"email": reader.email})
    assert len(mail.outbox) == 1


def test_a_provider_that_vouches_for_a_barred_address_opens_no_account() -> None:
    bar("trash.example")
    told = {"provider": "x", "uid": "1", "told": {}, "name": "Tilda Marsh"}
    with pytest.raises(Invalid):
        actions.register_from_provider(**told, email="t@trash.example")  # type: ignore[arg-type]
    assert actions.register_from_provider(**told, email="t@good.example").name == "Tilda Marsh"  # type: ignore[arg-type]


def test_the_address_of_somebody_banned_stays_out_as_long_as_the_ban_holds() -> None:
    reader = a_reader(email="jo@mail.example")
    actions.suspend(actor=None, reader=reader, until=FOREVER)
    actions.erase_reader(reader=reader)
    assert "jo@mail.example" not in str(BannedAddress.objects.values())
    with pytest.raises(Invalid):
        require_address("Jo@Mail.example")
    # Another spelling of the same mailbox raises an alarm, and is let in.
    require_address("j.o+new@mail.example")


def test_when_the_ban_ends_the_hash_goes() -> None:
    reader = a_reader(email="jo@mail.example")
    actions.suspend(actor=None, reader=reader, until=FOREVER)
    assert BannedAddress.objects.count() == 1
    actions.suspend(actor=None, reader=reader, until=timezone.now() + timedelta(days=1))
    assert not BannedAddress.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "Moderator", "moderator", "MODERATOR", "M0derat0r", "Mоderator", "Modérator", "The Editor", "Editor-in-chief",
        "Admin", "4dmin", "Site Admin 7", "ModeratorTom", "the.admin", "編集部", "みなと編集部", "管理者", "公式", "운영자",
        "관리자입니다", "Ａｄｍｉｎ", "Staff", "Neswroom Moderators",
    ],
)  # fmt: skip
def test_names_that_speak_for_the_newsroom(name: str) -> None:
    with pytest.raises(Conflict) as caught:
        require_unreserved(name)
    assert caught.value.code == "name-reserved"


@pytest.mark.parametrize(
    "name",
    [
        "Hazel Tidewell",
        "Tom",
        "Stafford",
        "Modesty",
        "Adminton",
        "編み物好き",
        "김운영",
        "Edith",
        "Rooter",
        "2€Ishiwara",
        "管野",
    ],
)
def test_names_that_are_anybodys(name: str) -> None:
    require_unreserved(name)


def test_names_of_the_house_and_of_those_who_work_here(settings: Settings) -> None:
    settings.KAKEHASHI_HOUSE_NAMES = ["tests.readers.test_barring.our_names"]
    staff = a_reader("Ione Quarrel", role=Role.MODERATOR)
    for name in (
        "Harbour Courier",
        "harbour.courier team",
        "Ione Quarrel",
        "ione quarel",
        "Ione Quarrell",
        "I0ne Quarrel",
    ):
        with pytest.raises(Conflict):
            require_unreserved(name)
    for name in ("Harbour", "Iona", "Ione Quart"):
        require_unreserved(name)
    require_unreserved("Ione Quarrell", reader=staff)


def our_names() -> list[str]:
    return ["Harbour Courier", "Oak"]


def test_names_that_the_staff_has_added_and_renaming() -> None:
    bar("Old Harbourmaster", Barred.Kind.NAME)
    reader = a_reader("Tilda Marsh")
    with pytest.raises(Conflict):
        actions.change_name(reader=reader, name="0ld Harbourmaster")
    with pytest.raises(Conflict):
        actions.change_name(reader=reader, name="Admin")
    assert actions.change_name(reader=reader, name="Tilda Marshall").name == "Tilda Marshall"
    administrator = a_reader(role=Role.ADMINISTRATOR)
    assert actions.change_name(actor=administrator, reader=reader, name="Moderator Tilda").name == "Moderator Tilda"


def test_a_reserved_name_at_registration(client: Client) -> None:
    assert "could be taken for the newsroom" in sign_up(client, "tilda@good.example", "Moderator")
    assert not Reader.objects.filter(email="tilda@good.example").exists()


@given(text=st.text(max_size=60))
def test_folding_twice_changes_nothing_and_no_domain_breaks_it(text: str) -> None:
    once = reserved.fold(text)
    assert reserved.fold(once) == once
    key = mailboxes.domain_key(text)
    assert key == mailboxes.domain_key(key)
    assert key.isascii()
