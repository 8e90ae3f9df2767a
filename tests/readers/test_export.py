"""The copy of a reader's data: a row is the queue, the worker makes the file, the mail's link opens it for a day."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from kakehashi.lib.errors import Conflict
from kakehashi.readers import actions, tasks
from kakehashi.readers.models import DataExport, ExportPart, Reader
from tests.factories import PASSWORD, a_comment, a_reader, a_thread
from tests.readers.mailbox import last_mail, link_in

pytestmark = pytest.mark.django_db
HERE = "tests.readers.test_export."


@pytest.fixture
def nell() -> Reader:
    return actions.register_reader(email="nell@example.org", name="Nell & Co", password=PASSWORD)


@pytest.fixture
def own(nell: Reader) -> Client:
    client = Client()
    client.post("/account/login/", {"login": nell.email, "password": PASSWORD})
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_asked_for_made_told_and_opened(own: Client, nell: Reader) -> None:
    a_comment(author=nell, source="Tea <script>alert(1)</script> & biscuits")
    actions.mute(reader=nell, muted=a_reader("架け橋 Fan"))
    page = own.post("/account/export/", follow=True)
    assert "We are putting them together" in text(page)
    assert "already" in text(own.post("/account/export/", follow=True))
    now = timezone.now()
    assert tasks.make_exports(now) == 1
    assert tasks.make_exports(now) == 0
    told = last_mail("nell@example.org")
    assert "Your data at" in str(told.subject)
    link = link_in(told, "/export/file/")
    answer: Any = own.get(link)
    assert answer["Content-Disposition"].startswith('attachment; filename="my-data-')
    assert "public" not in answer["Cache-Control"]
    content = body(answer)
    assert len(content) == int(answer["Content-Length"]) == DataExport.objects.get().size
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    data = json.loads(archive.read("data.json"))
    nell.refresh_from_db()
    assert data == json.loads(json.dumps(actions.export_reader(reader=nell)))
    assert data["comments"][0]["text"].startswith("Tea <script>")
    html = archive.read("index.html").decode()
    assert "Tea &lt;script&gt;" in html
    assert "架け橋 Fan" in html
    assert "<script" not in html
    assert "are ready already" in text(own.post("/account/export/", follow=True))


def test_the_link_needs_its_own_reader_and_ends_after_a_day(own: Client, nell: Reader) -> None:
    actions.ask_for_export(reader=nell)
    tasks.make_exports(timezone.now())
    link = link_in(last_mail("nell@example.org"), "/export/file/")
    assert Client().get(link).headers["Location"].startswith("/account/login/?next=/account/export/file/")
    actions.register_reader(email="other@example.org", name="Other", password=PASSWORD)
    stranger = Client()
    stranger.post("/account/login/", {"login": "other@example.org", "password": PASSWORD})
    assert stranger.get(link).status_code == 404
    assert own.get(link[:-3] + "xx/").status_code == 404
    assert own.get("/account/export/file/x/").status_code == 404
    # From the account's page only with fresh proof.
    assert own.get("/account/export/file/").headers["Location"] == "/account/"
    asked = own.post("/account/export/file/").headers["Location"]
    assert asked.startswith("/account/reauthenticate/")
    assert body(own.post(asked, {"password": PASSWORD}))[:2] == b"PK"
    DataExport.objects.update(ends_at=timezone.now())
    assert own.get(link).status_code == 404
    assert own.post("/account/export/file/").status_code == 404
    assert "Ask for my data" in text(own.get("/account/"))
    assert tasks.forget_old(timezone.now()) == 1
    assert not ExportPart.objects.exists()
    actions.ask_for_export(reader=nell)


def failing(*, reader: Reader) -> dict[str, Any]:
    def rows() -> Iterator[int]:
        yield 1
        raise RuntimeError("the disk is gone")

    return {"broken": rows()}


def test_a_failure_is_tried_again_and_then_said(own: Client, nell: Reader, settings: Any) -> None:
    settings.KAKEHASHI_DATA_EXPORTERS = [HERE + "failing"]
    actions.ask_for_export(reader=nell)
    now = timezone.now()
    for attempt in range(1, 6):
        assert tasks.make_exports(now) == 0
        export = DataExport.objects.get()
        assert export.tries == attempt
        assert not ExportPart.objects.exists()
        assert tasks.make_exports(timezone.now()) == 0
        assert DataExport.objects.get().tries == attempt
        now += timedelta(hours=3)
    assert export.state == DataExport.State.FAILED
    assert "could not be put together" in text(own.get("/account/"))
    settings.KAKEHASHI_DATA_EXPORTERS = []
    own.post("/account/export/")
    assert tasks.make_exports(timezone.now()) == 1


def leaving(*, reader: Reader) -> dict[str, Any]:
    def rows() -> Iterator[str]:
        yield "one"
        actions.erase_reader(reader=reader)
        yield from (f"{number} {'x' * 1000} {number * number}" for number in range(60_000))

    return {"rows": rows()}


def taken(*, reader: Reader) -> dict[str, Any]:
    """While it is made, the worker is thought dead and another one takes it."""

    def rows() -> Iterator[str]:
        yield "one"
        export = DataExport.objects.get(reader=reader)
        if export.run == 1:
            DataExport.objects.update(due_at=timezone.now())
            assert actions.make_exports(now=timezone.now()) == 1

    return {"rows": rows()}


def test_whoever_leaves_meanwhile_leaves_no_copy(nell: Reader, settings: Any) -> None:
    settings.KAKEHASHI_DATA_EXPORTERS = [HERE + "leaving"]
    actions.ask_for_export(reader=nell)
    assert tasks.make_exports(timezone.now()) == 0
    assert not DataExport.objects.exists()
    assert not ExportPart.objects.exists()
    assert mail.outbox == []
    with pytest.raises(Conflict):
        actions.ask_for_export(reader=nell)


def test_two_workers_make_one_file(own: Client, nell: Reader, settings: Any) -> None:
    settings.KAKEHASHI_DATA_EXPORTERS = [HERE + "taken"]
    actions.ask_for_export(reader=nell)
    assert tasks.make_exports(timezone.now()) == 0
    export = DataExport.objects.get()
    assert (export.run, export.state) == (2, DataExport.State.READY)
    assert set(ExportPart.objects.values_list("run", flat=True)) == {2}
    assert len(mail.outbox) == 1
    content = body(own.get(link_in(last_mail("nell@example.org"), "/export/file/")))
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None


def many(*, reader: Reader) -> dict[str, Any]:
    # Hardly to be packed, as if it were much text.
    return {"rows": (f"{pow(number, 65_537, (1 << 607) - 1):x}" * 30 for number in range(1, 4_000))}


def test_a_large_account_is_never_in_memory(own: Client, nell: Reader, settings: Any) -> None:
    """Some 18 MB of rows; what is held at once is a part, a batch and what the zip's own window needs."""
    settings.KAKEHASHI_DATA_EXPORTERS = [HERE + "many"]
    actions.ask_for_export(reader=nell)
    tracemalloc.start()
    tasks.make_exports(timezone.now())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    export = DataExport.objects.get()
    assert export.state == DataExport.State.READY
    assert export.parts.count() >= 1
    assert most < 9 << 20


def test_a_mail_server_that_is_away_costs_no_export(nell: Reader, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    actions.ask_for_export(reader=nell)
    assert tasks.make_exports(timezone.now()) == 1
    assert DataExport.objects.get().told_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    tasks.make_exports(timezone.now() + timedelta(minutes=5))
    assert last_mail("nell@example.org")


def test_comments_and_votes_come_in_batches(nell: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    from kakehashi.comments.actions import leaving as comments

    monkeypatch.setattr(comments, "BATCH", 3)
    thread = a_thread()
    for number in range(7):
        a_comment(thread, author=nell, source=f"Comment number {number}.")
    found = actions.export_reader(reader=nell)["comments"]
    assert [row["text"] for row in found] == [f"Comment number {number}." for number in range(7)]
