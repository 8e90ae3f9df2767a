"""The queue's other end, with a real mail server on loopback: who gets what, what a refusal means, and how often."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from kakehashi.alerts import actions
from kakehashi.alerts.models import Mail, MailState, Receiver, Trouble
from kakehashi.stories.models import StoryPage
from tests.alerts.making import NOW, a_mail, a_new_story, a_receiver
from tests.alerts.sink import Sink, delivering, html_of, smtp_to, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink() -> Iterator[Sink]:
    with delivering(Sink()) as sink:
        yield sink


@pytest.fixture
def story(db: None) -> StoryPage:
    return a_new_story("The ferry & the <fog>", standfirst="It came in late.", byline="Ana Writer")


def states() -> list[str]:
    return list(Mail.objects.order_by("pk").values_list("state", flat=True))


def test_a_mail_reads_well_and_says_how_to_end_it(sink: Sink, story: StoryPage) -> None:
    with override_settings(KAKEHASHI_IMPRINT="The Courier, 1 Quay Street, Asmere"):
        mail = a_mail(a_receiver("mia@example.org"), story)
        assert actions.send_due(now=NOW) == 1
    message = sink.mail_to("mia@example.org")
    assert message["Subject"] == "The ferry & the <fog>"
    text, html = text_of(message), html_of(message)
    for told in ("It came in late.", "By Ana Writer", "You get this because you follow Everything on the site."):
        assert told in text
        assert told in html
    assert "The ferry & the <fog>" in text
    assert "The ferry &amp; the &lt;fog&gt;" in html
    assert "1 Quay Street" in text
    assert "1 Quay Street" in html
    assert "\x00" not in text + html
    assert "<img" not in html
    assert "<script" not in html
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    mailto, https = message["List-Unsubscribe"].split()
    assert mailto.startswith("<mailto:")
    assert mailto.endswith(">,")
    assert https.startswith("<http://127.0.0.1:8000/alerts/unsubscribe/")
    assert https.strip("<>") in text
    assert message["List-Id"].endswith("<alerts.127.0.0.1>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert str(mail.pk) in message["Message-ID"]
    assert Mail.objects.get().state == MailState.HANDED_OVER


def test_one_line_for_many_mails_and_none_twice(sink: Sink, story: StoryPage) -> None:
    for number in range(5):
        a_mail(a_receiver(f"r{number}@example.org"), story)
    assert actions.send_due(now=NOW) == 5
    assert actions.send_due(now=NOW + timedelta(days=1)) == 0
    assert sorted(sink.recipients) == [f"r{number}@example.org" for number in range(5)]
    assert sink.connections == 1


def test_what_is_not_due_or_not_wanted_is_not_sent(sink: Sink, story: StoryPage) -> None:
    a_mail(a_receiver("later@example.org"), story, due_at=NOW + timedelta(minutes=1))
    off = a_receiver("off@example.org", off_at=NOW)
    unconfirmed = a_receiver("unconfirmed@example.org", confirmed_at=None)
    blocked = a_receiver("blocked@example.org")
    Trouble.objects.create(email="blocked@example.org", kind="bounce", last_at=NOW, blocked_at=NOW)
    for receiver in (off, unconfirmed, blocked):
        a_mail(receiver, story)
    stopped = a_receiver("stopped@example.org")
    a_mail(stopped, story)
    stopped.follows.all().delete()
    assert actions.send_due(now=NOW) == 0
    assert sink.recipients == []
    assert states() == [MailState.WAITING, *[MailState.DROPPED] * 4]


def test_urgent_mails_go_first(sink: Sink, story: StoryPage) -> None:
    a_mail(a_receiver("usual@example.org"), story, due_at=NOW - timedelta(minutes=5))
    a_mail(a_receiver("urgent@example.org"), story, urgency=0)
    actions.send_due(now=NOW)
    assert sink.recipients == ["urgent@example.org", "usual@example.org"]


def test_a_refusal_for_now_is_tried_again_after_growing_waits(sink: Sink, story: StoryPage) -> None:
    mail = a_mail(a_receiver("mia@example.org"), story)
    sink.refuse = lambda _address: "451 4.7.1 come back later"
    waits = []
    moment = NOW
    while Mail.objects.get().state == MailState.WAITING and len(waits) < 20:
        before = moment
        moment = Mail.objects.get().due_at
        waits.append(moment - before)
        Mail.objects.update(about={"story": story.pk, "subject": "site"})
        actions.send_due(now=moment)
        # A story is no news after a day; this is about the queue.
        if Mail.objects.get().state == MailState.DROPPED:
            break
    assert waits[1:] == sorted(waits[1:])
    assert waits[1] >= timedelta(minutes=1)
    assert waits[-1] >= timedelta(hours=8)
    mail.refresh_from_db()
    assert mail.attempts >= 7
    assert "come back later" in mail.why
    assert sink.recipients == []


def test_a_mail_that_is_let_in_later_comes_once(sink: Sink, story: StoryPage) -> None:
    a_mail(a_receiver("mia@example.org"), story)
    sink.refuse_text = lambda: "452 4.3.1 no room"
    assert actions.send_due(now=NOW) == 0
    sink.refuse_text = lambda: ""
    assert actions.send_due(now=NOW + timedelta(seconds=30)) == 0
    assert actions.send_due(now=NOW + timedelta(minutes=2)) == 1
    assert sink.recipients == ["mia@example.org"]


@pytest.mark.parametrize(
    ("said", "is_blocked"),
    [
        ("550 5.1.1 no such mailbox", True),
        ("550 nobody here", True),
        ("550 5.7.1 we do not like you", False),
        ("552 5.2.2 mailbox full", False),
    ],
)
def test_a_refusal_for_good_stops_and_counts(sink: Sink, story: StoryPage, said: str, is_blocked: bool) -> None:
    a_mail(a_receiver("gone@example.org"), story)
    a_mail(a_receiver("here@example.org"), story)
    sink.refuse = lambda address: said if address.startswith("gone") else ""
    assert actions.send_due(now=NOW) == 1
    assert states() == [MailState.FAILED, MailState.HANDED_OVER]
    trouble = Trouble.objects.get()
    assert (trouble.email, trouble.said, trouble.blocked_at is not None) == ("gone@example.org", said, is_blocked)
    assert actions.send_due(now=NOW + timedelta(days=1)) == 0


def test_an_address_that_cannot_be_sent_holds_up_nobody(sink: Sink, story: StoryPage) -> None:
    a_mail(a_receiver("x@" + "é" * 60 + ".com"), story)
    a_mail(a_receiver("here@example.org"), story)
    assert actions.send_due(now=NOW) == 1
    assert states() == [MailState.FAILED, MailState.HANDED_OVER]


@pytest.mark.parametrize(
    "said", ["550 relay not permitted", "554 5.7.1 Relay access denied", "530 authentication required"]
)
def test_a_server_that_does_not_want_us_says_nothing_of_the_address(sink: Sink, story: StoryPage, said: str) -> None:
    a_mail(a_receiver("mia@example.org"), story)
    sink.refuse = lambda _address: said
    assert actions.send_due(now=NOW) == 0
    assert states() == [MailState.WAITING]
    assert not Trouble.objects.exists()


def test_a_sender_that_is_refused_lets_all_mails_wait(sink: Sink, story: StoryPage) -> None:
    for name in ("mia", "ana"):
        a_mail(a_receiver(f"{name}@example.org"), story)
    sink.refuse_sender = lambda: "553 sender not allowed"
    with pytest.raises(actions.MailServerAway, match="not allowed"):
        actions.send_due(now=NOW)
    assert states() == [MailState.WAITING] * 2
    sink.refuse_sender = lambda: ""
    assert actions.send_due(now=NOW) == 2


def test_soft_refusals_add_up() -> None:
    for number in range(5):
        assert actions.note_bounce(address="A@example.org", said="552 full", is_hard=False, now=NOW).count == number + 1
    assert Trouble.objects.get().blocked_at == NOW


def test_a_refused_text_says_nothing_of_the_address(sink: Sink, story: StoryPage) -> None:
    a_mail(a_receiver("mia@example.org"), story)
    sink.refuse_text = lambda: "554 5.7.1 looks like spam"
    actions.send_due(now=NOW)
    assert states() == [MailState.FAILED]
    assert not Trouble.objects.exists()


def test_while_the_server_is_away_everything_waits(story: StoryPage) -> None:
    for number in range(3):
        a_mail(a_receiver(f"r{number}@example.org"), story)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with override_settings(**smtp_to(port)), pytest.raises(actions.MailServerAway):
            actions.send_due(now=NOW)
    assert states() == [MailState.WAITING] * 3
    assert set(Mail.objects.values_list("attempts", "claimed_by")) == {(0, "")}
    with delivering(Sink()) as sink:
        assert actions.send_due(now=NOW + timedelta(minutes=1)) == 3
    assert len(set(sink.recipients)) == 3


def test_claims_of_the_dead(sink: Sink, story: StoryPage) -> None:
    """What was not begun goes out; what was begun is in doubt and never goes out by itself."""
    past, ahead = NOW - timedelta(seconds=1), NOW + timedelta(minutes=1)
    for name, state, until in [
        ("claimed", MailState.CLAIMED, past),
        ("handing", MailState.HANDING, past),
        ("others", MailState.CLAIMED, ahead),
        ("being", MailState.HANDING, ahead),
    ]:
        a_mail(a_receiver(f"{name}@example.org"), story, state=state, claimed_by="dead", claimed_until=until)
    assert actions.send_due(now=NOW) == 1
    assert sink.recipients == ["claimed@example.org"]
    assert states() == [MailState.HANDED_OVER, MailState.DOUBTFUL, MailState.CLAIMED, MailState.HANDING]


def test_a_kind_that_cannot_be_written_holds_up_no_other(
    sink: Sink, story: StoryPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> dict[int, Any]:
        raise ValueError("no ink")

    monkeypatch.setattr("kakehashi.alerts.writers.stories.write_breaking", fail)
    bad = a_mail(a_receiver("bad@example.org"), story, kind="breaking")
    a_mail(a_receiver("good@example.org"), story)
    newer = a_mail(a_receiver("newer@example.org"), story, kind="of a newer version")
    assert actions.send_due(now=NOW) == 1
    bad.refresh_from_db()
    assert (bad.state, bad.attempts) == (MailState.WAITING, 1)
    assert "no ink" in bad.why
    newer.refresh_from_db()
    assert newer.state == MailState.WAITING


def test_members_get_it_at_the_address_they_have_now_and_in_their_language(sink: Sink, story: StoryPage) -> None:
    receiver = a_receiver()
    member = receiver.reader
    assert member is not None
    a_mail(receiver, story)
    member.language = "ja"
    member.save()
    a_mail(a_receiver("mia@example.org", language="ja"), story)
    with override_settings(KAKEHASHI_LANGUAGES={"en": "English", "ja": "日本語"}):
        assert actions.send_due(now=NOW) == 2
    assert html_of(sink.mail_to(member.email)).count('lang="ja"') == 1
    assert html_of(sink.mail_to("mia@example.org")).count('lang="ja"') == 1


def test_the_number_of_queries_does_not_grow_with_what_is_read(
    sink: Sink, story: StoryPage, django_assert_max_num_queries: Any
) -> None:
    """Two statements for each mail, that it begins and how it ended; all reading is done for a batch."""
    sink.keeps = False
    for number in range(40):
        a_mail(a_receiver(f"r{number}@example.org"), story)
    # Each of a mail's two stands in a transaction: in a test that is one more savepoint to make and release.
    with django_assert_max_num_queries(40 * 4 + 40):
        assert actions.send_due(now=NOW) == 40
    assert Receiver.objects.count() == 40
