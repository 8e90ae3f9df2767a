from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from kakehashi.readers import actions
from kakehashi.readers.models import Mute, Reader, Role
from tests.factories import a_reader

pytestmark = pytest.mark.django_db

NAMES = ["P. Smith", "2€Ishiwara", "山田 太郎", "O’Neil & Sons", "a+b=c;d", "100 yen!", "Zoë", "..a", "~tilde~"]


@pytest.mark.parametrize("name", NAMES)
def test_a_member_has_a_page_at_the_name(client: Client, name: str) -> None:
    reader = actions.register_reader(email="x@example.org", name=name)
    answer = client.get(reader.get_absolute_url())
    assert answer.status_code == 200
    assert answer.context["member"] == reader


def test_the_one_address_of_a_member_is_that_of_the_site(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["mirror.example"]
    page = client.get(a_reader("P. Smith").get_absolute_url(), headers={"host": "mirror.example"}).content.decode()
    assert '<link rel="canonical" href="http://127.0.0.1:8000/member/P.%20Smith/">' in page
    assert "mirror.example" not in page


def test_logging_in_leads_back_to_the_same_page_of_a_list(client: Client) -> None:
    page = client.get(a_reader("P. Smith").get_absolute_url(), {"page": "1", "a&b": "c"}).content.decode()
    assert 'href="/account/login/?next=/member/P.%2520Smith/%3Fpage%3D1%26a%2526b%3Dc"' in page


def test_other_spellings_lead_to_the_one_address(client: Client) -> None:
    reader = a_reader("P. Smith")
    for spelling in ("p. smith", "P.Smith", "PSMITH"):
        answer: Any = client.get(f"/member/{spelling}/")
        assert (answer.status_code, answer.url) == (301, reader.get_absolute_url())


def test_former_names_lead_to_the_present_one(client: Client) -> None:
    reader = actions.change_name(reader=a_reader("Old Name"), name="New Name")
    answer: Any = client.get("/member/Old Name/")
    assert (answer.status_code, answer.url) == (301, "/member/New%20Name/")
    assert client.get(reader.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("path", ["nobody", "%00", "%E2%80%AE", "x" * 3000, ".", "%252F", "ERASED 1", "<script>"])
def test_unknown_members_are_404(client: Client, path: str) -> None:
    actions.erase_reader(reader=a_reader("Gone"))
    assert client.get(f"/member/{path}/", follow=True).status_code == (400 if path == "%00" else 404)


def test_broken_utf8_in_the_path_is_no_500(client: Client) -> None:
    assert client.get("/member/%ff%fe/").status_code in {400, 404}


def test_who_left_has_no_page(client: Client) -> None:
    reader = actions.erase_reader(reader=a_reader("Gone"))
    for name in ("Gone", reader.name, reader.name_key):
        assert client.get(f"/member/{name}/").status_code == 404


def test_the_page_shows_the_role_and_the_month_but_no_address(client: Client) -> None:
    reader = a_reader("Chief", role=Role.EDITOR, email="secret@example.org")
    page = client.get(reader.get_absolute_url()).content.decode()
    assert '<span class="label">Editor</span>' in page
    assert f"Member since {reader.date_joined:%B %Y}" in page
    assert "secret@example.org" not in page
    plain = client.get(a_reader("Plain").get_absolute_url()).content.decode()
    assert '<span class="label">' not in plain


def test_muting_is_offered_to_readers_and_not_on_ones_own_page(client: Client) -> None:
    reader, other = a_reader("Me"), a_reader("Loud One")
    offer = f'action="{other.get_absolute_url()}mute/"'
    assert offer not in client.get(other.get_absolute_url()).content.decode()
    client.force_login(reader)
    assert offer in client.get(other.get_absolute_url()).content.decode()
    assert "mute/" not in client.get(reader.get_absolute_url()).content.decode()


def test_muting_by_form(client: Client) -> None:
    reader, other = a_reader("Me"), a_reader("Loud One")
    address = f"{other.get_absolute_url()}mute/"
    assert client.post(address).status_code == 302
    assert not Mute.objects.exists()
    client.force_login(reader)
    back: Any = client.get(address)
    assert back.url == other.get_absolute_url()
    assert not Mute.objects.exists()
    answer: Any = client.post(address, {"wished": "1", "next": "https://evil.example/"})
    assert answer.url == other.get_absolute_url()
    assert Mute.objects.filter(reader=reader, muted=other).count() == 1
    assert "You have muted this member." in client.get(answer.url).content.decode()
    client.post(address, {"wished": "0"})
    assert not Mute.objects.exists()
    assert client.post(f"{reader.get_absolute_url()}mute/").status_code == 422
    assert client.post("/member/nobody/mute/").status_code == 404
    assert Reader.objects.count() == 2
