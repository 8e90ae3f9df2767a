"""Pages about mails, in an account and without one; links in mails."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail as outgoing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.alerts import actions, links
from kakehashi.alerts.models import BreakingNews, Follow, Mail, Receiver, Trouble, Wish
from kakehashi.alerts.receivers import receiver_of
from kakehashi.readers.actions import register_reader
from kakehashi.readers.models import Reader, Role
from kakehashi.stories.actions import ensure_roles
from tests.alerts.making import NOW, a_member, a_new_story, a_receiver, words_of
from tests.factories import a_reader, a_section, a_story

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody() -> Client:
    return Client(enforce_csrf_checks=False)


@pytest.fixture
def nell() -> Reader:
    return a_member("Nell")


@pytest.fixture
def own(nell: Reader) -> Client:
    client = Client()
    client.force_login(nell)
    return client


def path_in(text: str, kind: str) -> str:
    found = re.search(rf"{re.escape(settings.BASE_URL)}(/alerts/{kind}/\S+/)", text)
    assert found is not None
    return found.group(1)


def typed(client: Client, email: str, *subjects: str, rhythm: str = "daily") -> Any:
    return client.post("/alerts/", {"email": email, "subject": subjects, "rhythm": rhythm})


class TestWithoutAnAccount:
    def test_from_the_form_to_the_last_link(self, nobody: Client) -> None:
        section = a_section()
        assert "Politics" in nobody.get(f"/alerts/?about=section:{section.pk}").content.decode()
        answer = typed(nobody, "Mia@Example.org ", f"section:{section.pk}", "breaking")
        assert answer.status_code == 302
        assert "Look into your mail" in nobody.get(answer["Location"]).content.decode()
        assert not Follow.objects.exists()
        assert actions.send_due(now=timezone.now()) == 1
        (sent,) = outgoing.outbox
        assert sent.to == ["mia@example.org"]
        confirm = path_in(str(sent.body), "confirm")
        assert "Yes, write to me" in nobody.get(confirm).content.decode()
        assert not Follow.objects.exists(), "a link alone, which programs follow, does nothing"
        answer = nobody.post(confirm, follow=True)
        assert "Thank you." in answer.content.decode()
        assert "m…@example.org" in answer.content.decode()
        receiver = Receiver.objects.get()
        assert words_of(receiver) == {f"section:{section.pk}": "daily", "breaking": "at_once"}
        again = nobody.post(confirm)
        assert again.status_code == 302
        preferences = links.preferences_url(receiver.pk).removeprefix(settings.BASE_URL)
        said = {"do": "save", "hour": "19", "weekday": "4", "time_zone": "Asia/Tokyo", "language": ""}
        answer = nobody.post(
            preferences, {**said, f"rhythm-section:{section.pk}": "weekly", "rhythm-breaking": ""}, follow=True
        )
        assert "Saved." in answer.content.decode()
        receiver.refresh_from_db()
        assert (receiver.hour, receiver.weekday, receiver.time_zone) == (19, 4, "Asia/Tokyo")
        assert words_of(receiver) == {f"section:{section.pk}": "weekly"}
        unsubscribe = links.unsubscribe_url(receiver.pk, "digest:weekly").removeprefix(settings.BASE_URL)
        assert "the weekly digest" in nobody.get(unsubscribe).content.decode()
        assert words_of(receiver)
        assert nobody.post(unsubscribe).status_code == 200
        assert words_of(receiver) == {}

    def test_a_known_address_is_answered_as_an_unknown_one(self, nobody: Client) -> None:
        a_member(email="known@example.org")
        a_receiver("subscribed@example.org", "site")
        Trouble.objects.create(email="blocked@example.org", kind="bounce", last_at=NOW, blocked_at=NOW)
        for name in ("known", "subscribed", "blocked", "unknown"):
            answer = typed(nobody, f"{name}@example.org", "site")
            assert (answer.status_code, answer["Location"]) == (302, "/alerts/asked/")

    def test_nobody_is_bombed(self, nobody: Client) -> None:
        for _ in range(3):
            assert typed(nobody, "mia@example.org", "site").status_code == 302
        assert Mail.objects.filter(kind="confirm").count() == 1
        for number in range(2):
            typed(nobody, f"r{number}@example.org", "site")
        answer = typed(nobody, "one.more@example.org", "site")
        assert answer.status_code == 429
        assert "You can try again in" in answer.content.decode()
        assert "one.more@example.org" in answer.content.decode(), "what was typed is kept"

    @pytest.mark.parametrize(
        "email", ["", "nobody", "a@b", "a@example.org\nBcc: b@example.org", "ä@exämple", "x" * 300 + "@a.org"]
    )
    def test_what_is_no_address_gets_a_sentence(self, nobody: Client, email: str) -> None:
        assert typed(nobody, email, "site").status_code == 422
        assert not Wish.objects.exists()

    @pytest.mark.parametrize(
        "words",
        [
            [],
            ["section:99999999999"],
            ["nonsense"],
            ["section:0x1"],
            ["member:-1"],
            ["author:Nobody Ever"],
            ["site\x00"],
            ["thread:" + "9" * 40],
            ["site"] * 31,
        ],
    )
    def test_odd_subjects_get_a_sentence(self, nobody: Client, words: list[str]) -> None:
        answer = typed(nobody, "mia@example.org", *words)
        assert answer.status_code in {302, 400, 404, 422}
        assert {word for wish in Wish.objects.all() for word in wish.subjects} <= {"site"}

    @pytest.mark.parametrize(
        "about", ["thread:1", "thread:x", "section:", ":", "member:99", "author:%00", "x" * 500, "site"]
    )
    def test_odd_places_to_come_from_show_what_there_is(self, nobody: Client, about: str) -> None:
        assert nobody.get("/alerts/", {"about": about}).status_code == 200

    def test_an_address_with_an_account_belongs_to_its_reader(self, nobody: Client, nell: Reader) -> None:
        typed(nobody, nell.email.upper(), "site")
        assert actions.confirm(wish_id=Wish.objects.get().pk, now=timezone.now()).receiver.reader == nell
        assert words_of(receiver_of(nell)) == {"site": "daily"}

    def test_who_makes_an_account_later_takes_the_follows_along(self, nobody: Client) -> None:
        old = a_receiver("mia@example.org", "site", "breaking")
        reader = a_member(email="mia@example.org")
        actions.follow(receiver=receiver_of(reader), words=["site"], rhythm="weekly", now=NOW)
        link = links.unsubscribe_url(old.pk, "all").removeprefix(settings.BASE_URL)
        assert actions.adopt_all(now=NOW) == 1
        receiver = receiver_of(reader)
        assert words_of(receiver) == {"site": "weekly", "breaking": "at_once"}
        assert not Receiver.objects.filter(pk=old.pk).exists()
        nobody.post(link)
        receiver.refresh_from_db()
        assert receiver.off_at is not None, "links in older mails still end mails"

    def test_mail_that_was_switched_off_stays_off_in_an_account(self) -> None:
        a_receiver("mia@example.org", "site", off_at=NOW)
        reader = a_member(email="mia@example.org")
        receiver_of(reader)
        assert actions.adopt_all(now=NOW) == 1
        assert words_of(receiver_of(reader)) == {}


class TestLinks:
    def test_an_old_link_ends_mails_and_opens_nothing(self, nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        receiver = a_receiver("mia@example.org", "site")
        path = links.unsubscribe_url(receiver.pk, "follow:site").removeprefix(settings.BASE_URL)
        assert "/alerts/preferences/" in nobody.post(path).content.decode()
        monkeypatch.setattr("kakehashi.alerts.links.PREFERENCES_FOR", timedelta(seconds=-1))
        answer = nobody.post(path)
        assert answer.status_code == 200
        assert "/alerts/preferences/" not in answer.content.decode()

    def test_one_click_needs_no_cookie_and_no_token(self) -> None:
        """RFC 8058: the mailbox posts this by itself."""
        receiver = a_receiver("mia@example.org", "site", "breaking")
        mailbox = Client(enforce_csrf_checks=True)
        path = links.unsubscribe_url(receiver.pk, "follow:site").removeprefix(settings.BASE_URL)
        body = "List-Unsubscribe=One-Click"
        answer = mailbox.post(path, body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200
        assert words_of(receiver) == {"breaking": "at_once"}
        assert mailbox.post(path, body, content_type="application/x-www-form-urlencoded").status_code == 200
        assert mailbox.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200

    def test_all_at_once_from_the_page(self, nobody: Client) -> None:
        receiver = a_receiver("mia@example.org", "site")
        nobody.post(links.unsubscribe_url(receiver.pk, "follow:site").removeprefix(settings.BASE_URL), {"all": "1"})
        receiver.refresh_from_db()
        assert receiver.off_at is not None

    def test_a_scope_of_another_version_ends_everything(self, nobody: Client) -> None:
        receiver = a_receiver("mia@example.org", "site")
        nobody.post(links.unsubscribe_url(receiver.pk, "something:new").removeprefix(settings.BASE_URL))
        receiver.refresh_from_db()
        assert receiver.off_at is not None

    @pytest.mark.parametrize("kind", ["unsubscribe", "preferences", "confirm", "accept"])
    def test_hostile_tokens(self, nobody: Client, kind: str) -> None:
        receiver = a_receiver("mia@example.org", "site")
        others = {"unsubscribe": "preferences"}.get(kind, "unsubscribe")
        good = links.token(kind, receiver.pk, "all")
        swapped = links.token(others, receiver.pk, "all")
        cut, longer = good[:-1], good + "A"
        for token in ("x", "a:b:c", swapped, cut, longer, good.replace(":", "."), "%00", "é" * 20, "A" * 2000):
            for method in (nobody.get, nobody.post):
                assert method(f"/alerts/{kind}/{token}/").status_code in {400, 404}
        receiver.refresh_from_db()
        assert receiver.off_at is None
        assert words_of(receiver) == {"site": "at_once"}

    def test_links_grow_old(self, nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        receiver = a_receiver("mia@example.org", "site")
        wish = Wish.objects.create(receiver=receiver, subjects=["site"], address_key="k", created_at=NOW)
        paths = {
            kind: f"/alerts/{kind}/{links.token(kind, pk)}/"
            for kind, pk in (("confirm", wish.pk), ("preferences", receiver.pk), ("accept", receiver.pk))
        }
        ending = links.unsubscribe_url(receiver.pk, "all").removeprefix(settings.BASE_URL)
        later = time.time() + timedelta(days=400).total_seconds()
        monkeypatch.setattr("django.core.signing.time.time", lambda: later)
        assert {kind: nobody.get(path).status_code for kind, path in paths.items()} == dict.fromkeys(paths, 404)
        assert nobody.get(ending).status_code == 200

    def test_an_invitation_is_accepted_by_a_button(self, nobody: Client, nell: Reader) -> None:
        path = links.accept_url(receiver_of(nell).pk).removeprefix(settings.BASE_URL)
        assert nobody.get(path).status_code == 200
        assert words_of(receiver_of(nell)) == {}
        assert "Thank you." in nobody.post(path, follow=True).content.decode()
        assert words_of(receiver_of(nell)) == {"breaking": "at_once", "site": "daily"}


class TestWithAnAccount:
    def test_a_button_on_the_pages_follows(self, own: Client, nell: Reader) -> None:
        story = a_story(published_at=timezone.now())
        member = a_reader("Osk")
        for path, word in [
            (story.get_absolute_url(), f"thread:{story.pk}"),
            (story.section.get_absolute_url(), f"section:{story.section.pk}"),
            ("/member/Osk/", f"member:{member.pk}"),
        ]:
            page = own.get(path).content.decode()
            assert f'name="subject" value="{word}"' in re.sub(r"\s+", " ", page)
            answer = own.post("/alerts/follow/", {"subject": word}, follow=True)
            assert "You follow this from now on." in answer.content.decode()
        assert set(words_of(receiver_of(nell))) == {
            f"thread:{story.pk}",
            f"section:{story.section.pk}",
            f"member:{member.pk}",
        }
        assert 'value="member:' not in own.get("/member/Nell/").content.decode()

    def test_who_is_not_logged_in_is_led_to_the_form(self, nobody: Client) -> None:
        story = a_story(published_at=timezone.now())
        page = nobody.get(story.get_absolute_url()).content.decode()
        assert f"/alerts/?about=thread%3A{story.pk}" in page
        assert nobody.post("/alerts/follow/", {"subject": "site"})["Location"] == "/alerts/?about=site"

    def test_odd_subjects_get_a_sentence(self, own: Client) -> None:
        for word in ("", "nonsense", "section:1x", "author:Nobody Ever", "thread:99999"):
            assert own.post("/alerts/follow/", {"subject": word}).status_code in {404, 422}

    def test_off_on_pause_and_end_of_pause(self, own: Client, nell: Reader) -> None:
        receiver = receiver_of(nell)
        said = {"off": "No mail comes any more.", "on": "Mail comes again"}
        for wish, sentence in said.items():
            assert sentence in own.post("/account/alerts/", {"do": wish}, follow=True).content.decode()
        assert (
            "Mails rest until"
            in own.post("/account/alerts/", {"do": "pause", "days": "7"}, follow=True).content.decode()
        )
        receiver.refresh_from_db()
        assert receiver.paused_until is not None
        own.post("/account/alerts/", {"do": "pause", "days": ""})
        receiver.refresh_from_db()
        assert receiver.paused_until is None

    def test_odd_times_get_a_sentence(self, own: Client) -> None:
        answer = own.post("/account/alerts/", {"do": "save", "hour": "25", "weekday": "x", "time_zone": "Moon/Base"})
        assert answer.status_code == 422
        assert own.post("/account/alerts/", {"do": "pause", "days": "9999"}).status_code == 302
        assert (
            own.post(
                "/account/alerts/", {"do": "save", "hour": "7", "weekday": "0", "rhythm-breaking": "hourly"}
            ).status_code
            == 422
        )

    def test_a_bounced_address_is_shown_and_confirmed_anew(self, own: Client, nell: Reader) -> None:
        actions.note_bounce(address=nell.email, said="550 5.1.1", is_hard=True, now=timezone.now())
        assert "came back" in own.get("/account/alerts/").content.decode()
        receiver_of(nell)
        assert "came back" in own.get("/account/").content.decode()
        own.post("/account/alerts/", {"do": "anew"})
        assert actions.send_due(now=timezone.now()) == 1
        own.post(path_in(str(outgoing.outbox[0].body), "confirm"))
        assert not Trouble.objects.exists()
        assert "came back" not in own.get("/account/alerts/").content.decode()

    def test_the_number_of_queries_is_fixed(self, own: Client, nell: Reader, django_assert_num_queries: Any) -> None:
        receiver = receiver_of(nell)
        story = a_story(published_at=timezone.now(), byline="Ana Writer")
        actions.follow(
            receiver=receiver,
            words=[f"thread:{story.pk}", f"section:{story.section.pk}", "author:Ana Writer", f"member:{a_reader().pk}"],
            rhythm="daily",
            now=NOW,
        )
        own.get("/account/alerts/")
        with CaptureQueriesContext(connection) as seen:
            own.get("/account/alerts/")
        assert len(seen.captured_queries) <= 12
        for _ in range(30):
            actions.follow(receiver=receiver, words=[f"member:{a_reader().pk}"], rhythm="daily", now=NOW)
        with django_assert_num_queries(len(seen.captured_queries)):
            own.get("/account/alerts/")

    def test_taken_along_and_forgotten(self, nell: Reader) -> None:
        from kakehashi.readers.actions import erase_reader, export_reader

        actions.follow(receiver=receiver_of(nell), words=["site"], rhythm="daily", now=NOW)
        follower = a_receiver("mia@example.org", f"member:{nell.pk}", "site")
        said = export_reader(reader=nell)["news_alerts"]
        assert [row["subject"] for row in said["follows"]] == ["site"]
        json.dumps(said)
        erase_reader(reader=nell)
        assert [row.email for row in Receiver.objects.all()] == ["mia@example.org"]
        assert words_of(follower) == {"site": "at_once"}


class TestStaff:
    @pytest.fixture(autouse=True)
    def _without_second_factor(self, settings: Any) -> None:
        settings.KAKEHASHI_STAFF_MFA = "optional"

    def staff(self, role: str) -> Client:
        ensure_roles()
        client = Client()
        client.force_login(register_reader(email=f"{role}@example.org", name=f"The {role}", role=role))
        return client

    def test_breaking_news_with_preview_and_count(self) -> None:
        story = a_new_story("Fog & foghorns", published_at=timezone.now())
        a_receiver("mia@example.org", "breaking")
        editor = self.staff(Role.EDITOR)
        path = f"/admin/alerts/breaking/{story.pk}/"
        assert path in editor.get(f"/admin/pages/{story.pk}/edit/").content.decode()
        page = editor.get(path).content.decode()
        assert "1 receiver" in page
        assert "Breaking: Fog &amp; foghorns" in page
        preview = editor.get(f"{path}preview/")
        assert "Fog &amp; foghorns" in preview.content.decode()
        assert not BreakingNews.objects.exists()
        assert "is on its way" in editor.post(path, follow=True).content.decode()
        assert "went out in these words already" in editor.post(path, follow=True).content.decode()
        assert BreakingNews.objects.count() == 1

    def test_addresses_are_for_administrators(self) -> None:
        Trouble.objects.create(email="gone@example.org", kind="bounce", last_at=NOW, blocked_at=NOW)
        Mail.objects.create(
            receiver=a_receiver("mia@example.org"),
            cause="story:1",
            kind="story",
            due_at=NOW,
            state="failed",
            why="No room",
        )
        administrator, editor = self.staff(Role.ADMINISTRATOR), self.staff(Role.EDITOR)
        assert "gone@example.org" in administrator.get("/admin/reports/mail-addresses/").content.decode()
        assert "No room" in administrator.get("/admin/reports/mails/").content.decode()
        for path in ("/admin/reports/mail-addresses/", "/admin/reports/mails/"):
            assert editor.get(path).status_code == 302

    def test_unverified_members_get_nothing(self) -> None:
        reader = a_reader()
        EmailAddress.objects.create(user=reader, email=reader.email, verified=False, primary=True)
        actions.queue_mail(receiver=receiver_of(reader), cause="invitation", kind="invitation", due_at=NOW)
        assert actions.send_due(now=NOW) == 0
