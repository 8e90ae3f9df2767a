from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import connection, connections
from pytest_django import Settings

from kakehashi.lib.errors import Conflict, DomainError, Invalid, NotAllowed, TooMany
from kakehashi.readers import actions
from kakehashi.readers.models import FormerName, Mute, Reader, Role
from kakehashi.readers.queries import member_by_name
from tests.factories import PASSWORD, a_reader

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


def test_registering_writes_reader_address_and_role() -> None:
    reader = actions.register_reader(
        email=" Ada@Example.ORG ", name="  Ada   Lund ", password=PASSWORD, now=NOON, role=Role.EDITOR
    )
    reader.refresh_from_db()
    assert (reader.email, reader.name, reader.date_joined) == ("ada@example.org", "Ada Lund", NOON)
    assert reader.check_password(PASSWORD)
    assert (reader.role, reader.is_staff, reader.is_superuser) == (Role.EDITOR, True, False)
    address = EmailAddress.objects.get(user=reader)
    assert (address.email, address.primary, address.verified) == ("ada@example.org", True, True)


def test_registering_without_password_gives_one_that_never_matches() -> None:
    reader = actions.register_reader(email="quiet@example.org", name="Quiet", email_verified=False)
    assert not reader.has_usable_password()
    assert not EmailAddress.objects.get(user=reader).verified


@pytest.mark.parametrize("name", ["P. Smith", "englisc aspyrgend", "2€Ishiwara", "山田 太郎", "O’Neil", "Zoë-Marie"])
def test_names_of_any_script_are_fine(name: str) -> None:
    assert actions.register_reader(email="x@example.org", name=name).name == name


@pytest.mark.parametrize("name", ["", "   ", "x", "a/b", "a@b", "<b>", "\u202e\u202d", "n" * 41, "a\x00\x01"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        actions.register_reader(email="x@example.org", name=name)
    assert not Reader.objects.exists()


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "a b@example.org"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid):
        actions.register_reader(email=email, name="Nell")


@pytest.mark.parametrize("alike", ["Anna K.", "ANNA  K", "anna-k", "Аnna K."])
def test_a_name_like_anothers_is_taken(alike: str) -> None:
    a_reader("Anna K.")
    with pytest.raises(Conflict) as refusal:
        actions.register_reader(email="other@example.org", name=alike)
    assert refusal.value.code == "name-taken"


def test_an_address_in_use_is_a_conflict() -> None:
    a_reader("First", email="same@example.org")
    with pytest.raises(Conflict) as refusal:
        actions.register_reader(email="SAME@example.org", name="Second")
    assert refusal.value.code == "email-taken"


class RivalInserts:
    """Between the check of a name and the write, somebody else takes it: the rival row is written by the database
    wrapper right before the first INSERT into (or UPDATE of) the readers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.done = False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not self.done and sql.startswith(('INSERT INTO "readers_reader"', 'UPDATE "readers_reader"')):
            self.done = True
            Reader.objects.create_user("rival@example.org", self.name)
        return execute(sql, params, many, context)


def test_a_name_taken_between_check_and_write_is_a_conflict() -> None:
    with connection.execute_wrapper(RivalInserts("Swift")), pytest.raises(Conflict) as refusal:
        actions.register_reader(email="slow@example.org", name="swift")
    assert refusal.value.code == "name-taken"
    assert list(Reader.objects.values_list("email", flat=True)) == []


def test_a_change_to_a_name_taken_meanwhile_is_a_conflict() -> None:
    reader = a_reader("Slow")
    with connection.execute_wrapper(RivalInserts("Swift")), pytest.raises(Conflict):
        actions.change_name(reader=reader, name="swift")
    reader.refresh_from_db()
    assert reader.name == "Slow"
    assert not FormerName.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_people_at_the_same_moment_one_gets_the_name() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("one writer at a time: the tests above write the rival row between check and write")
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def register(number: int) -> None:
        start.wait()
        try:
            actions.register_reader(email=f"twin{number}@example.org", name="Twin")
            outcomes.append("registered")
        except DomainError as error:
            outcomes.append(error.code)
        finally:
            connections.close_all()

    twins = [threading.Thread(target=register, args=(number,)) for number in (1, 2)]
    for twin in twins:
        twin.start()
    for twin in twins:
        twin.join()
    assert sorted(outcomes) == ["name-taken", "registered"]


def test_a_changed_name_keeps_the_old_one_findable_and_closed() -> None:
    reader = a_reader("Old Name")
    actions.change_name(reader=reader, name="New Name", now=NOON)
    for name in ("New Name", "old name"):
        found = member_by_name(name)
        assert found is not None
        assert found.name == "New Name"
    with pytest.raises(Conflict):
        actions.register_reader(email="poser@example.org", name="OLD NAME")


def test_a_name_changes_once_in_fourteen_days() -> None:
    reader = actions.change_name(reader=a_reader("One"), name="Two", now=NOON)
    with pytest.raises(TooMany) as refusal:
        actions.change_name(reader=reader, name="Three", now=NOON + timedelta(days=14, seconds=-1))
    assert refusal.value.retry_at == NOON + timedelta(days=14)
    assert "15 April 2026, 12:00 UTC" in refusal.value.message
    assert actions.change_name(reader=reader, name="Three", now=NOON + timedelta(days=14)).name == "Three"


def test_one_may_go_back_to_a_name_one_had() -> None:
    reader = actions.change_name(reader=a_reader("First"), name="Second", now=NOON)
    reader = actions.change_name(reader=reader, name="First", now=NOON + timedelta(days=20))
    assert reader.name == "First"
    assert list(reader.former_names.values_list("name", flat=True)) == ["Second"]


def test_another_spelling_of_the_same_name_leaves_no_former_name() -> None:
    reader = actions.change_name(reader=a_reader("anna k"), name="Anna K.", now=NOON)
    assert reader.name == "Anna K."
    assert not FormerName.objects.exists()


def test_the_same_name_again_changes_nothing() -> None:
    reader = actions.change_name(reader=a_reader("Same"), name="Same", now=NOON)
    assert reader.name_changed_at is None


def test_an_administrator_renames_others_without_waiting() -> None:
    chief, reader = a_reader(role=Role.ADMINISTRATOR), a_reader("Rude Word")
    reader = actions.change_name(actor=chief, reader=reader, name="Member 1", now=NOON)
    assert actions.change_name(actor=chief, reader=reader, name="Member 2", now=NOON).name == "Member 2"
    with pytest.raises(NotAllowed):
        actions.change_name(actor=a_reader(role=Role.EDITOR), reader=reader, name="Member 3")


@pytest.mark.parametrize(
    ("role", "staff", "superuser", "groups"),
    [
        (Role.READER, False, False, set()),
        (Role.MODERATOR, True, False, {"Moderators"}),
        (Role.EDITOR, True, False, {"Editors"}),
        (Role.ADMINISTRATOR, True, True, set()),
    ],
)
def test_what_follows_from_a_role(role: str, staff: bool, superuser: bool, groups: set[str]) -> None:
    reader = a_reader(role=Role.MODERATOR)
    own = Group.objects.create(name="Sports desk")
    reader.groups.add(own, *Group.objects.filter(name__in=["Editors", "Moderators"]))
    reader = actions.set_role(actor=a_reader(role=Role.ADMINISTRATOR), reader=reader, role=role)
    reader.refresh_from_db()
    assert (reader.role, reader.is_staff, reader.is_superuser) == (role, staff, superuser)
    assert {group.name for group in reader.groups.all()} == groups | {"Sports desk"}


@pytest.mark.parametrize("role", [Role.READER, Role.MODERATOR, Role.EDITOR])
def test_only_administrators_give_roles(role: str) -> None:
    actor = a_reader(role=role)
    with pytest.raises(NotAllowed):
        actions.set_role(actor=actor, reader=actor, role=Role.ADMINISTRATOR)


def test_the_operator_gives_roles_too_but_no_unknown_ones() -> None:
    reader = actions.set_role(actor=None, reader=a_reader(), role=Role.MODERATOR)
    assert reader.is_moderator
    with pytest.raises(Invalid):
        actions.set_role(actor=None, reader=reader, role="king")


def test_the_last_administrator_stays() -> None:
    chief = a_reader(role=Role.ADMINISTRATOR)
    for step_down in (
        lambda: actions.set_role(actor=chief, reader=chief, role=Role.READER),
        lambda: actions.erase_reader(reader=chief),
        lambda: actions.set_active(actor=chief, reader=chief, is_active=False),
    ):
        with pytest.raises(Conflict):
            step_down()
    a_reader(role=Role.ADMINISTRATOR)
    assert actions.set_role(actor=chief, reader=chief, role=Role.READER).role == Role.READER


def test_suspending() -> None:
    moderator, reader = a_reader(role=Role.MODERATOR), a_reader()
    actions.suspend(actor=moderator, reader=reader, until=NOON)
    reader.refresh_from_db()
    assert reader.is_suspended(NOON - timedelta(seconds=1))
    assert not reader.is_suspended(NOON)
    for forbidden in (a_reader(role=Role.EDITOR), moderator):
        with pytest.raises(NotAllowed):
            actions.suspend(actor=reader, reader=forbidden, until=NOON)
    with pytest.raises(NotAllowed):
        actions.suspend(actor=moderator, reader=a_reader(role=Role.MODERATOR), until=NOON)


def test_muting_is_harmless_to_repeat_and_never_oneself() -> None:
    reader, other = a_reader(), a_reader()
    for _again in range(2):
        actions.mute(reader=reader, muted=other)
    assert Mute.objects.count() == 1
    for _again in range(2):
        actions.unmute(reader=reader, muted=other)
    assert not Mute.objects.exists()
    with pytest.raises(Invalid):
        actions.mute(reader=reader, muted=reader)


def test_preferences_are_kept_and_unknown_ones_refused() -> None:
    reader = a_reader()
    assert reader.is_modelled
    wishes = {"comment_order": "common-ground", "comment_layout": "nested", "is_modelled": False}
    actions.update_preferences(reader=reader, **wishes)
    reader.refresh_from_db()
    assert {name: getattr(reader, name) for name in wishes} == wishes
    for wrong in ({"comment_order": "best"}, {"comment_layout": "sideways"}):
        with pytest.raises(Invalid):
            actions.update_preferences(reader=reader, **wishes | wrong)
    reader.refresh_from_db()
    assert {name: getattr(reader, name) for name in wishes} == wishes


def export_of_an_upper_room(*, reader: Reader) -> dict[str, Any]:
    return {"poems": [f"by {reader.name}"]}


departed: list[tuple[str, bool]] = []


def departure_of_an_upper_room(*, reader: Reader, withdraw: bool, now: datetime) -> None:
    departed.append((reader.name, withdraw))


def test_the_export_holds_this_rooms_data_and_the_upper_rooms(settings: Settings) -> None:
    settings.KAKEHASHI_DATA_EXPORTERS = [f"{__name__}.export_of_an_upper_room"]
    reader = actions.register_reader(email="mine@example.org", name="Mine", now=NOON)
    actions.mute(reader=reader, muted=a_reader("Loud"), now=NOON)
    reader = actions.change_name(reader=reader, name="Still Mine", now=NOON)
    data = actions.export_reader(reader=reader)
    assert data["profile"]["name"] == "Still Mine"
    assert data["profile"]["joined_at"] == "2026-04-01T12:00:00+00:00"
    assert data["former_names"] == [{"name": "Mine", "until": "2026-04-01T12:00:00+00:00"}]
    assert data["muted_members"] == [{"name": "Loud", "since": "2026-04-01T12:00:00+00:00"}]
    assert data["email_addresses"] == [{"email": "mine@example.org", "verified": True, "primary": True}]
    assert data["preferences"] == {
        "language": "",
        "comment_order": "",
        "comment_layout": "flat",
        "ratings_help_to_find_common_ground": True,
    }
    assert data["poems"] == ["by Still Mine"]


def test_who_leaves_is_forgotten_and_the_name_stays_closed(settings: Settings) -> None:
    settings.KAKEHASHI_DEPARTURES = [f"{__name__}.departure_of_an_upper_room"]
    departed.clear()
    reader = actions.register_reader(email="gone@example.org", name="Gone Girl", password=PASSWORD, now=NOON)
    reader = actions.change_name(reader=reader, name="Going Girl", now=NOON)
    Authenticator.objects.create(user=reader, type="totp", data={"secret": "x"})
    other = a_reader()
    actions.mute(reader=reader, muted=other)
    actions.mute(reader=other, muted=reader)
    actions.update_preferences(reader=reader, comment_order="newest", comment_layout="nested", is_modelled=True)

    Reader.objects.filter(pk=reader.pk).update(language="ko")
    own = actions.export_reader(reader=Reader.objects.get(pk=reader.pk))
    assert own["preferences"]["language"] == "ko"

    reader = actions.erase_reader(reader=reader, withdraw=True, now=NOON)

    reader.refresh_from_db()
    assert reader.language == ""
    assert departed == [("Going Girl", True)]
    assert (reader.name, reader.erased_at, reader.is_active) == ("Deleted member", NOON, False)
    assert reader.email.endswith("@erased.invalid")
    assert not reader.has_usable_password()
    assert (reader.comment_order, reader.comment_layout, reader.is_modelled) == ("", "flat", False)
    assert reader.get_absolute_url() == ""
    for kept in (EmailAddress.objects.filter(user=reader), Authenticator.objects.all(), Mute.objects.all()):
        assert not kept.exists()
    assert set(FormerName.objects.values_list("name", flat=True)) == {""}
    assert actions.erase_reader(reader=reader, now=NOON + timedelta(days=1)).erased_at == NOON
    for name in ("gone girl", "Going Girl"):
        assert member_by_name(name) is None
        with pytest.raises(Conflict):
            actions.register_reader(email="poser@example.org", name=name)


def test_two_people_can_leave_and_the_address_is_free_again() -> None:
    for name in ("Ann", "Ben"):
        reader = actions.register_reader(email="shared@example.org", name=name)
        actions.erase_reader(reader=reader)
    assert Reader.objects.filter(name="Deleted member").count() == 2


def test_a_failing_departure_leaves_everything_as_it_was(settings: Settings) -> None:
    settings.KAKEHASHI_DEPARTURES = [f"{__name__}.failing_departure"]
    reader = a_reader("Staying")
    with pytest.raises(RuntimeError):
        actions.erase_reader(reader=reader)
    reader.refresh_from_db()
    assert (reader.name, reader.erased_at) == ("Staying", None)


def failing_departure(*, reader: Reader, withdraw: bool, now: datetime) -> None:
    Reader.objects.filter(pk=reader.pk).update(name="half gone")
    raise RuntimeError("the upper room is on fire")
