"""The door for what is reported of mails: bounces, complaints, ends."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.test import Client, override_settings

from kakehashi.alerts import envelopes, links, reports
from kakehashi.alerts.models import Trouble
from tests.alerts.making import NOW, a_mail, a_new_story, a_receiver, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody() -> Client:
    return Client(enforce_csrf_checks=False)


SECRET = "a secret that only the provider knows"


def report(client: Client, said: Any, *, secret: str = SECRET, age: int = 0, signature: str = "") -> Any:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    moment = str(int(time.time()) - age)
    signed = signature or hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Kakehashi-Time": moment, "X-Kakehashi-Signature": signed}
    return client.post("/alerts/hook/", body, content_type="application/json", headers=headers)


class TestReports:
    @pytest.fixture(autouse=True)
    def _secret(self, settings: Any) -> None:
        settings.KAKEHASHI_MAIL_HOOK_SECRET = SECRET

    def test_bounces_complaints_and_ends(self, nobody: Client) -> None:
        receiver = a_receiver("gone@example.org", "site")
        events = [
            {"event": "bounce", "email": "A@example.org", "said": "550 5.1.1"},
            {"event": "bounce", "email": "full@example.org", "hard": False},
            {"event": "complaint", "email": "angry@example.org"},
            {"event": "unsubscribe", "email": "gone@example.org"},
            {"event": "opened", "email": "mia@example.org"},
            "nonsense",
        ]
        assert report(nobody, {"events": events}).json() == {"taken": 4, "passed_by": 2}
        blocked = Trouble.objects.filter(blocked_at__isnull=False).values_list("email", "kind")
        assert set(blocked) == {("a@example.org", "bounce"), ("angry@example.org", "complaint")}
        receiver.refresh_from_db()
        assert receiver.off_at is not None

    def test_only_with_the_secret_and_in_time(self, nobody: Client) -> None:
        said = {"events": [{"event": "bounce", "email": "a@example.org"}]}
        assert report(nobody, said, secret="another").status_code == 404
        assert report(nobody, said, age=600).status_code == 404
        assert report(nobody, said, age=-600).status_code == 404
        assert report(nobody, said, signature="é").status_code == 404
        with override_settings(KAKEHASHI_MAIL_HOOK_SECRET=""):
            assert report(nobody, said, secret="").status_code == 404
        assert nobody.post("/alerts/hook/").status_code == 404
        assert not Trouble.objects.exists()

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"events": 3}', b"\xff", b"[" * 100_000])
    def test_odd_reports_get_a_sentence(self, nobody: Client, body: bytes) -> None:
        assert report(nobody, body).status_code in {404, 422}

    def test_a_mail_to_end_mails(self) -> None:
        from email.message import EmailMessage

        receiver = a_receiver("mia@example.org", "site", "breaking")
        message = EmailMessage()
        message["From"] = "mia@example.org"
        message["Subject"] = "unsubscribe"
        assert not reports.take_mail(message, now=NOW), "anybody can write that sender on a mail"
        del message["Subject"]
        message["Subject"] = f"Unsubscribe {links.unsubscribe_token(receiver.pk, 'follow:site')}"
        assert reports.take_mail(message, now=NOW)
        assert words_of(receiver) == {"breaking": "at_once"}

    def test_a_mail_servers_report(self) -> None:
        import email
        import email.policy
        from email.message import EmailMessage

        mail = a_mail(a_receiver("gone@example.org", "site"), a_new_story("Fog"))
        a_receiver("here@example.org", "site")
        ours = envelopes.message_id(mail)
        raw = (
            "From: MAILER-DAEMON@mx.example\nSubject: Undelivered\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\nContent-Type: text/plain\n\nSorry.\n"
            "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
            "Final-Recipient: rfc822; gone@example.org\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 no such user\n\n"
            "Final-Recipient: rfc822; here@example.org\nAction: failed\nStatus: 5.1.1\n\n"
            "--b\nContent-Type: KIND\n\nSubject: Fog\nMessage-ID: OURS\n\nFog.\n--b--\n"
        )

        def take(returned: str, kind: str) -> bool:
            text = raw.replace("OURS", returned).replace("KIND", kind)
            message = email.message_from_string(text, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            return reports.take_mail(message, now=NOW)

        # Anybody can write a report; whose mail it returns, nobody can make up.
        assert not take(f"<mail.{mail.pk}.0123456789abcdef@example.org>", "message/rfc822")
        assert not Trouble.objects.exists()
        assert take(ours, "text/rfc822-headers")
        Trouble.objects.all().delete()
        assert take(ours, "message/rfc822")
        assert list(Trouble.objects.values_list("email", flat=True)) == ["gone@example.org"]
        assert Trouble.objects.get().blocked_at == NOW

    def test_what_anymail_reports(self) -> None:
        from anymail.signals import AnymailTrackingEvent

        from kakehashi.alerts import anymail_doors

        def tracked(**said: Any) -> None:
            anymail_doors._tracked(sender=None, event=AnymailTrackingEvent(**said), esp_name="Mailer")

        tracked(event_type="bounced", recipient="gone@example.org", reject_reason="invalid")
        tracked(event_type="complained", recipient="angry@example.org")
        tracked(event_type="bounced", recipient="slow@example.org", reject_reason="timed_out")
        tracked(event_type="opened", recipient="mia@example.org")
        blocked = Trouble.objects.filter(blocked_at__isnull=False).values_list("email", flat=True)
        assert set(blocked) == {"gone@example.org", "angry@example.org"}
