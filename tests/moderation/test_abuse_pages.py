"""The staff's pages of alarms and of what is barred."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kakehashi.comments.models import Comment
from kakehashi.moderation import actions
from kakehashi.moderation.models import Alarm, AlarmState, AlarmVote, Decision
from kakehashi.readers.models import Barred, Reader, Role, Trace
from tests.factories import a_comment, a_reader, a_vote
from tests.moderation.rows import a_moderator, a_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def mo(client: Client) -> Reader:
    reader = a_moderator()
    client.force_login(reader)
    return reader


@pytest.fixture
def alarm() -> Alarm:
    now, comment = timezone.now(), a_comment(source="The mole stays where it is.")
    crowd = [a_reader(date_joined=now - timedelta(days=1)) for _ in range(12)]
    for n, reader in enumerate(crowd):
        a_vote(comment, -1, reader=reader, changed_at=now - timedelta(seconds=15 * n))
        Trace.objects.create(reader=reader, day=now.date(), network="secret-hash" if n < 4 else f"{n}", device="d")
    a_vote(comment, -1, changed_at=now - timedelta(hours=5), reader=a_reader(date_joined=now - timedelta(days=99)))
    Comment.objects.filter(pk=comment.pk).update(down=13)
    actions.watch_votes(now=now)
    return Alarm.objects.get()


def test_the_list_and_the_evidence_without_any_hash(client: Client, mo: Reader, alarm: Alarm) -> None:
    listed = client.get("/moderation/abuse/").content.decode()
    assert "A burst of votes on one comment" in listed
    assert "12 accounts" in listed
    page = client.get(f"/moderation/abuse/{alarm.pk}/").content.decode()
    for words in (
        "The mole stays where it is.",
        "Within 10 minutes 12 votes",
        "no proof",
        "<svg",
        'data-label="Network">A<',
    ):
        assert words in page
    assert "secret-hash" not in page
    assert page.count('name="account"') == 12
    assert "Alarms" in client.get("/moderation/").content.decode()


def test_discounting_the_chosen_votes_and_letting_them_count_again(client: Client, mo: Reader, alarm: Alarm) -> None:
    address = f"/moderation/abuse/{alarm.pk}/"
    chosen = list(alarm.members.values_list("reader", flat=True))[:10]
    form = {"do": "discount", "account": chosen, "explanation": "Twelve at once."}
    refused = client.post(address, form)
    assert refused.status_code == 422
    assert "Twelve at once." in refused.content.decode()
    assert refused.content.decode().count("checked") == 10
    page = client.post(address, form | {"rule": a_rule(8).pk}, follow=True).content.decode()
    assert "10 votes count no longer." in page
    assert "At present 10 votes of 10 accounts do not count." in page
    assert alarm.comment is not None
    alarm.comment.refresh_from_db()
    assert alarm.comment.down == 3
    decision = Decision.objects.order_by("pk").first()
    assert decision is not None
    page = client.post(f"/moderation/decisions/{decision.pk}/", {"all": "1"}, follow=True).content.decode()
    assert "10 decisions undone." in page
    alarm.comment.refresh_from_db()
    assert alarm.comment.down == 13
    assert client.post(address, form | {"rule": a_rule(8).pk}).status_code == 409


@pytest.mark.parametrize("do", ["discount", "dismissed"])
def test_what_was_found_since_the_page_was_opened_is_shown_first(
    client: Client, mo: Reader, alarm: Alarm, do: str
) -> None:
    address, now = f"/moderation/abuse/{alarm.pk}/", timezone.now()
    seen = list(alarm.members.order_by("reader").values_list("reader", flat=True))
    late = a_reader(date_joined=now - timedelta(days=1))
    assert alarm.comment is not None
    a_vote(alarm.comment, -1, reader=late, changed_at=now)
    form = {
        "do": do,
        "account": seen[:9],
        "listed": " ".join(map(str, seen)),
        "seen": alarm.size,
        "explanation": "At once.",
        "rule": a_rule(8).pk,
    }
    assert f'name="seen" value="{alarm.size}"' in client.get(address).content.decode()
    actions.watch_votes(now=now)
    refused = client.post(address, form)
    page = " ".join(refused.content.decode().split())
    assert refused.status_code == 409
    assert "More votes or accounts were found since" in page
    assert "At once." in page
    # Those that were ticked, and the new one.
    assert page.count("checked>") == 10
    assert f'value="{late.pk}" checked>' in page
    assert not Decision.objects.exists()
    alarm.refresh_from_db()
    client.post(address, form | {"seen": alarm.size, "account": [*seen[:9], late.pk]})
    alarm.refresh_from_db()
    assert alarm.state == (AlarmState.DISCOUNTED if do == "discount" else AlarmState.DISMISSED)


def test_accounts_for_which_the_page_has_no_room_are_chosen_too(
    client: Client, mo: Reader, alarm: Alarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kakehashi.moderation.views.abuse.ACCOUNTS_SHOWN", 5)
    address = f"/moderation/abuse/{alarm.pk}/"
    page = client.get(address).content.decode()
    shown = list(alarm.members.order_by("reader").values_list("reader", flat=True)[:5])
    assert f'name="after" value="{shown[-1]}"' in " ".join(page.split())
    assert "and 7 accounts for which there is no room here" in page
    form = {"do": "discount", "account": shown[:4], "explanation": "At once.", "rule": a_rule(8).pk}
    page = client.post(address, form | {"after": shown[-1]}, follow=True).content.decode()
    assert "11 votes count no longer." in page
    assert not Decision.objects.filter(reader=shown[4]).exists()


def test_somebody_with_several_votes_is_one_account(client: Client, mo: Reader, alarm: Alarm) -> None:
    member = alarm.members.earliest("pk").reader
    other = a_vote(a_comment(), -1, reader=member)
    Comment.objects.filter(pk=other.comment_id).update(down=1)
    AlarmVote.objects.create(alarm=alarm, vote=other, value=-1, at=other.changed_at)
    form = {"do": "discount", "account": [member.pk], "explanation": "At once.", "rule": a_rule(8).pk}
    page = client.post(f"/moderation/abuse/{alarm.pk}/", form, follow=True).content.decode()
    assert "At present 2 votes of 1 accounts do not count." in page


def test_how_far_it_is_while_thousands_are_discounted(
    client: Client, mo: Reader, alarm: Alarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kakehashi.moderation.actions.discounting.SLICE", 5)
    address = f"/moderation/abuse/{alarm.pk}/"
    chosen = list(alarm.members.values_list("reader", flat=True))
    form = {"do": "discount", "account": chosen, "explanation": "At once.", "rule": a_rule(8).pk}
    page = client.post(address, form, follow=True).content.decode()
    for words in ("12 votes are being discounted.", "At present 5 votes of 5 accounts", "7 more follow in a moment"):
        assert words in page
    actions.go_on_discounting(now=timezone.now())
    page = client.get(address).content.decode()
    assert "At present 12 votes of 12 accounts do not count." in page
    assert "more follow" not in page


@pytest.mark.parametrize("do", ["dismissed", "linked", "settled"])
def test_settling_otherwise_asks_for_a_reason(client: Client, mo: Reader, alarm: Alarm, do: str) -> None:
    address = f"/moderation/abuse/{alarm.pk}/"
    assert client.post(address, {"do": do, "explanation": " "}).status_code == 422
    page = client.post(address, {"do": do, "explanation": "I know them all."}, follow=True).content.decode()
    assert "I know them all." in page
    alarm.refresh_from_db()
    assert (alarm.state, alarm.settled_by) == (AlarmState(do), mo)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "form", [{}, {"do": "open", "explanation": "x"}, {"do": "discount", "account": ["x", "9" * 40]}]
)
def test_odd_forms_do_nothing(client: Client, mo: Reader, alarm: Alarm, form: dict[str, object]) -> None:
    assert client.post(f"/moderation/abuse/{alarm.pk}/", form).status_code == 422
    alarm.refresh_from_db()
    assert alarm.state == AlarmState.OPEN


def test_who_may_not_come_in(client: Client, alarm: Alarm) -> None:
    for reader in (a_reader(), a_moderator(role=Role.EDITOR)):
        client.force_login(reader)
        assert client.get(f"/moderation/abuse/{alarm.pk}/").status_code == 404
    assert client.get("/moderation/barred/").status_code == 200
    assert client.get("/moderation/abuse/999999/").status_code == 404


def test_linked_accounts_are_shown_on_the_members_page(client: Client, mo: Reader, alarm: Alarm) -> None:
    actions.settle_alarm(actor=mo, alarm=alarm, state=AlarmState.LINKED, reason="One hand.")
    first, second, *_rest = alarm.members.select_related("reader").order_by("pk")
    page = client.get(f"/moderation/member/{first.reader_id}/").content.decode()
    assert "hold these accounts to be the same person" in page
    assert second.reader.name in page


def test_barring_finding_and_letting_be_used_again(client: Client, mo: Reader) -> None:
    form = {"words": "trash.example\nspam.example # seen in May", "note": "From the old site"}
    assert "2 lines are new." in client.post("/moderation/barred/", form, follow=True).content.decode()
    page = client.get("/moderation/barred/?q=spam").content.decode()
    assert "spam.example" in page
    assert "trash.example" not in page
    row = Barred.objects.get(key="spam.example")
    client.post("/moderation/barred/", {"unbar": row.pk})
    assert not Barred.objects.filter(key="spam.example").exists()
    refused = client.post("/moderation/barred/", {"words": "good.example\nno domain"})
    assert refused.status_code == 422
    assert "good.example\nno domain" in refused.content.decode()
    names = client.post("/moderation/barred/?kind=name", {"words": "Old Harbourmaster"}, follow=True).content.decode()
    assert "Old Harbourmaster" in names
    assert "Old Harbourmaster" in client.get("/moderation/barred/?kind=name&q=harbourMaster").content.decode()
    assert "Old Harbourmaster" in client.get("/moderation/barred/?kind=name&q=old+h").content.decode()
    assert client.get("/moderation/barred/?kind=odd&q=%00&before=x").status_code in (200, 400)
