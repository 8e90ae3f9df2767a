"""Workers that are killed while they send, and two at once: real processes, a real mail server, nobody gets a mail twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kakehashi.alerts.models import MailState
from tests.alerts.sink import Sink, listening
from tests.processes import ProcessSite, connect, new_site

pytestmark = [pytest.mark.slow]

RECEIVERS = 40
FILL = f"""
from datetime import timedelta
from django.utils import timezone
from kakehashi.alerts.models import Follow, Mail, Receiver
from kakehashi.stories.actions import ensure_section, publish_story
now = timezone.now()
story = publish_story(section=ensure_section(title="Harbour"), headline="The ferry")
for n in range({RECEIVERS}):
    receiver = Receiver.objects.create(email=f"r{{n}}@example.org", confirmed_at=now)
    Follow.objects.create(receiver=receiver, subject="site", rhythm="at_once")
    Mail.objects.create(receiver=receiver, cause="story:1", kind="story", about={{"story": story.pk}}, due_at=now)
"""
# So much later, claims of the dead have run out.
SEND = """
from datetime import timedelta
from django.utils import timezone
from kakehashi.alerts import actions
actions.send_due(now=timezone.now() + timedelta(minutes={minutes}), seconds=120)
"""


class Killing(Sink):
    """Kills the worker with the tenth text in hand, and the next one before the twentieth text."""

    worker: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if len(self.recipients) == 20 and self.worker:
            self._kill()
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        said = await super().handle_DATA(server, session, envelope)
        if len(self.recipients) == 10 and self.worker:
            self._kill()
        return said

    def _kill(self) -> None:
        os.kill(self.worker, signal.SIGKILL)
        self.worker = 0


def start(site: ProcessSite, log: Path, *, minutes: int, before: str = "") -> Any:
    return site.start("manage", "shell", "--no-imports", "-c", before + SEND.format(minutes=minutes), log=log)


def test_nobody_gets_a_mail_twice(tmp_path: Path) -> None:
    sink = Killing(keeps=False)
    with new_site() as site, listening(sink) as port:
        site.extra |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port), "EMAIL_USE_TLS": "0"}
        for number in range(2):
            # The first of them fills the queue, too: each process takes seconds to begin.
            before = "" if number else FILL
            worker = start(site, tmp_path / f"killed-{number}.log", minutes=20 * number, before=before)
            sink.worker = worker.pid
            assert worker.wait(120) == -signal.SIGKILL, (tmp_path / f"killed-{number}.log").read_text()
        both = [start(site, tmp_path / f"both-{number}.log", minutes=40) for number in range(2)]
        assert [worker.wait(120) for worker in both] == [0, 0]
        with connect(site) as ask:
            states = dict(ask("SELECT state, COUNT(*) FROM alerts_mail GROUP BY state"))
            doubtful = {
                email
                for (email,) in ask(
                    "SELECT r.email FROM alerts_receiver r JOIN alerts_mail m ON r.id = m.receiver_id"
                    " WHERE m.state = 'doubtful'"
                )
            }
    assert states == {MailState.HANDED_OVER: RECEIVERS - 2, MailState.DOUBTFUL: 2}
    counted = Counter(sink.recipients)
    assert set(counted.values()) == {1}
    assert len(counted) == RECEIVERS - 1, "of the two in doubt, one had arrived"
    assert len(doubtful & counted.keys()) == 1
