"""Readers in Wagtail's user management."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from kakehashi.readers import actions
from kakehashi.readers.models import FormerName, Reader, Role
from tests.factories import a_front, a_reader
from tests.readers.mailbox import last_mail, link_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> Reader:
    return actions.register_reader(email="chief@example.org", name="Chief", role=Role.ADMINISTRATOR)


@pytest.fixture
def desk(chief: Reader, settings: Settings) -> Client:
    settings.KAKEHASHI_STAFF_MFA = "optional"
    a_front()
    client = Client()
    client.force_login(chief)
    return client


def edit(desk: Client, reader: Reader, **changes: str) -> Any:
    data = {"name": reader.name, "email": reader.email, "role": reader.role, "is_active": "on"} | changes
    return desk.post(f"/admin/users/edit/{reader.pk}/", {key: value for key, value in data.items() if value})


def test_the_list_searches_filters_and_sorts(desk: Client) -> None:
    a_reader("Ann Findable", email="ann@example.org")
    a_reader("Ben Other", role=Role.EDITOR)
    actions.erase_reader(reader=a_reader("Gone"))
    page = desk.get("/admin/users/").content.decode()
    assert "Ann Findable" in page
    assert "Deleted member" not in page
    for query in ("q=findable", "q=ann@example", "role=reader", "is_active=true&role=reader"):
        page = desk.get(f"/admin/users/?{query}").content.decode()
        assert "Ann Findable" in page
        assert "Ben Other" not in page
    for order in ("name", "-email", "role", "last_login", "-date_joined", "is_active"):
        assert desk.get(f"/admin/users/?ordering={order}").status_code == 200


def test_the_list_takes_as_many_queries_for_many(desk: Client) -> None:
    a_reader()
    desk.get("/admin/users/")
    with CaptureQueriesContext(connection) as one:
        desk.get("/admin/users/")
    for _reader in range(15):
        a_reader()
    with CaptureQueriesContext(connection) as many:
        desk.get("/admin/users/")
    assert len(one) == len(many)


def test_a_new_editor_chooses_a_password_by_mail(desk: Client) -> None:
    assert desk.get("/admin/users/new/").status_code == 200
    answer: Any = desk.post("/admin/users/new/", {"name": "New Editor", "email": "New@example.org", "role": "editor"})
    assert answer.status_code == 302
    reader = Reader.objects.get(email="new@example.org")
    assert (reader.role, reader.is_staff) == (Role.EDITOR, True)
    assert {group.name for group in reader.groups.all()} == {"Editors"}
    fresh = Client()
    fresh.post("/account/password/reset/", {"email": "new@example.org"})
    step: Any = fresh.get(link_in(last_mail("new@example.org"), "/reset/key/"))
    fresh.post(step.url, {"password1": "a lantern on the pier", "password2": "a lantern on the pier"})
    assert "_auth_user_id" in fresh.session


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "chief"}, "already somebody’s name"),
        ({"name": "a/b"}, "cannot be part of a name"),
        ({"email": "chief@example.org"}, "already"),
        ({"email": "CHIEF@example.org"}, "already"),
        ({"role": "king"}, "not one of the available choices"),
    ],
)
def test_refusals_stand_in_the_form(desk: Client, changes: dict[str, str], sentence: str) -> None:
    data = {"name": "New One", "email": "one@example.org", "role": "reader"} | changes
    answer = desk.post("/admin/users/new/", data)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert Reader.objects.count() == 1
    answer = edit(desk, a_reader("Old One"), **changes)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()


def test_editing_goes_through_the_actions(desk: Client) -> None:
    reader = actions.register_reader(email="old@example.org", name="Old Name")
    assert desk.get(f"/admin/users/edit/{reader.pk}/").status_code == 200
    assert (
        edit(desk, reader, name="New Name", email="new@example.org", role="moderator", is_active="").status_code == 302
    )
    reader.refresh_from_db()
    assert (reader.name, reader.email, reader.role, reader.is_active) == (
        "New Name",
        "new@example.org",
        "moderator",
        False,
    )
    assert FormerName.objects.get().name == "Old Name"
    assert EmailAddress.objects.get(user=reader).email == "new@example.org"
    assert {group.name for group in reader.groups.all()} == {"Moderators"}
    assert desk.get(f"/admin/users/history/{reader.pk}/").status_code == 200


def test_the_last_administrator_cannot_step_down(desk: Client, chief: Reader) -> None:
    answer = edit(desk, chief, role="reader")
    assert answer.status_code == 200
    assert "last administrator" in answer.content.decode()
    assert edit(desk, chief, is_active="").status_code == 302
    chief.refresh_from_db()
    assert (chief.role, chief.is_active) == (Role.ADMINISTRATOR, True)


def test_deleting_erases_and_keeps_the_row(desk: Client) -> None:
    reader = a_reader("Gone Soon")
    assert desk.get(f"/admin/users/delete/{reader.pk}/").status_code == 200
    assert desk.post(f"/admin/users/delete/{reader.pk}/").status_code == 302
    reader.refresh_from_db()
    assert reader.is_erased
    for page in ("edit", "delete"):
        assert desk.get(f"/admin/users/{page}/{reader.pk}/").status_code == 404
        assert desk.post(f"/admin/users/{page}/{reader.pk}/").status_code == 404


def test_the_log_of_changes_forgets_the_name_too(desk: Client) -> None:
    desk.post("/admin/users/new/", {"name": "Gone Soon", "email": "gone@example.org", "role": "reader"})
    reader = Reader.objects.get(name="Gone Soon")
    edit(desk, reader, name="Going Now")
    assert "Gone Soon" in desk.get("/admin/reports/site-history/").content.decode()
    desk.post(f"/admin/users/delete/{reader.pk}/")
    page = desk.get("/admin/reports/site-history/").content.decode()
    assert "Deleted member" in page
    for name in ("Gone Soon", "Going Now"):
        assert name not in page


@pytest.mark.parametrize("action", ["delete", "assign_role", "set_active_state"])
def test_bulk_actions_are_closed(desk: Client, action: str) -> None:
    reader = a_reader("Kept")
    address = f"/admin/bulk/readers/reader/{action}/?id={reader.pk}"
    assert desk.get(address).status_code == 404
    assert desk.post(address).status_code == 404
    reader.refresh_from_db()


def test_wagtails_own_account_page_changes_no_names(desk: Client, chief: Reader) -> None:
    page = desk.get("/admin/account/").content.decode()
    assert "first_name" not in page
    assert "old_password" not in page
    answer: Any = desk.post(
        "/admin/account/", {"theme-theme": "dark", "theme-contrast": "system", "theme-density": "default"}
    )
    assert answer.status_code in {200, 302}
    chief.refresh_from_db()
    assert chief.name == "Chief"


def test_editors_do_not_manage_readers(settings: Settings) -> None:
    settings.KAKEHASHI_STAFF_MFA = "optional"
    a_front()
    client = Client()
    client.force_login(actions.register_reader(email="ed@example.org", name="Ed", role=Role.EDITOR))
    for page in ("/admin/users/", "/admin/users/new/"):
        answer: Any = client.get(page)
        assert (answer.status_code, answer.url) == (302, "/admin/")
