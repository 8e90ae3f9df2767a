"""The live door over the wire: who is told what, when, and what nobody is told."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.postgres import free_port
from tests.processes import ProcessSite, stop, wait_until_healthy
from tests.server.listener import Listener
from tests.server.visitor import furnish

pytestmark = [pytest.mark.slow]

PEOPLE = {"Ida Live": "reader", "Jo Live": "reader", "Mo Live": "moderator"}
EXTRA = {"KAKEHASHI_LIVE_HEARTBEAT": "1", "KAKEHASHI_LIVE_PER_ADDRESS": "4", "KAKEHASHI_STAFF_MFA": "optional"}
# What a change may take to reach every listener: a look a second, and a machine with other things to do.
SOON = 10.0

# Runs in a process of the site's own: each line is code for one story, answered with what it leaves in `found`.
ACTOR = """
import json, secrets, sys, traceback
from kakehashi.comments import actions
from kakehashi.comments.models import Comment, Thread
from kakehashi.readers.models import Reader
from kakehashi.stories.models import SectionPage, StoryPage
from tests.factories import a_reader

def post(text, author=None):
    name = f"Guest {secrets.token_hex(6)}"
    author = author or a_reader(name, email=name.replace(" ", "") + "@example.org")
    return actions.post_comment(author=author, story=story, source=text).pk

def version():
    return Thread.objects.get(pk=thread.pk).version

def set_state(pk, state):
    actions.set_comment_state(actor=mo, comment=Comment.objects.get(pk=pk), state=state)

def vote(pk, value=1):
    actions.cast_vote(reader=ida, comment=Comment.objects.get(pk=pk), value=value)

def show_votes(display):
    section = SectionPage.objects.get(slug="livewire")
    section.vote_display, section.votes_hidden_hours = display, 5
    section.save_revision().publish()

ida, mo = Reader.objects.get(name="Ida Live"), Reader.objects.get(name="Mo Live")
for line in sys.stdin:
    number, code = json.loads(line)
    story, found = StoryPage.objects.get(pk=number), None
    thread = actions.thread_for(story)
    try:
        exec(code)
    except Exception:
        found = {"error": traceback.format_exc()}
    print(">>>" + json.dumps(found), flush=True)
"""


@dataclass
class Stage:
    """A site with people and stories, a server to listen at, and somebody who acts."""

    site: ProcessSite
    address: str
    stories: list[int]
    actor: subprocess.Popen[str]

    def act(self, code: str, story: int = 0) -> Any:
        """Run `code` under a story, in the actor's process; what it leaves in `found`."""
        assert self.actor.stdin is not None
        assert self.actor.stdout is not None
        print(json.dumps([self.stories[story], code]), file=self.actor.stdin, flush=True)
        found = json.loads(self.actor.stdout.readline().removeprefix(">>>"))
        assert not (isinstance(found, dict) and "error" in found), found["error"]
        return found

    def listen(self, story: int = 0, since: int | None = None, **options: Any) -> Listener:
        return Listener(self.address, self.stories[story], since, **options)


@contextmanager
def second_server(site: ProcessSite) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Another process tree on the same database, stopped at the end if it still runs."""
    port, log = free_port(), site.data / "second.log"
    address = f"http://127.0.0.1:{port}"
    process = site.start("serve", "--port", str(port), "--workers", "1", "--no-worker", log=log)
    try:
        wait_until_healthy(address, process, log)
        yield address, process
    finally:
        stop(process)


@contextmanager
def actor(site: ProcessSite) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*site.command, "manage", "shell", "--no-imports", "-c", ACTOR],
        env=site.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process


@pytest.fixture(scope="module")
def stage(process_site: ProcessSite) -> Iterator[Stage]:
    made = furnish(process_site, "Livewire", PEOPLE, stories=6)
    before = dict(process_site.extra)
    process_site.extra |= EXTRA
    try:
        with process_site.serve("--workers", "1", "--no-worker") as address, actor(process_site) as somebody:
            yield Stage(process_site, address, [pk for pk, _path in made["stories"]], somebody)
    finally:
        process_site.extra = before


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "the condition never came true"
        time.sleep(0.05)


def test_a_reader_is_told_of_what_changes_and_of_nothing_twice(stage: Stage) -> None:
    first = stage.act("found = post('Something to vote on')")
    with stage.listen() as reader:
        assert reader.status == 200
        assert reader.headers["content-type"].startswith("text/event-stream")
        assert "no-store" in reader.headers["cache-control"]
        assert reader.next(kinds=("retry",)).data > 0
        posted, at = stage.act("found = [post('News'), version()]")
        told = reader.next(seconds=SOON)
        assert (told.kind, told.version) == ("changed", at)
        assert told.data["new"] == [posted]
        stage.act(f"vote({first})")
        told = reader.next(seconds=SOON)
        assert told.data["scores"] == {str(first): "1 ( +1 / -0 )"}
        assert "new" not in told.data
        stage.act(f"set_state({first}, 'removed')")
        assert reader.next(seconds=SOON).data["gone"] == {str(first): "removed"}
        stage.act(f"set_state({first}, 'visible')")
        assert reader.next(seconds=SOON).data["edited"] == [first]


def test_a_burst_is_told_at_once(stage: Stage) -> None:
    with stage.listen(1) as reader:
        reader.next(kinds=("retry",))
        began = time.monotonic()
        posted = stage.act("found = [post(f'Number {n}') for n in range(30)]", 1)
        seen: list[int] = []
        events = 0
        while len(seen) < len(posted):
            seen += reader.next(seconds=SOON).data["new"]
            events += 1
        assert seen == posted
        assert events <= 1 + (time.monotonic() - began)


def test_a_stream_goes_on_where_the_last_one_ended(stage: Stage) -> None:
    old, at, new = stage.act("found = [post('Old'), version(), post('New')]", 1)
    with stage.listen(1, headers_sent={"Last-Event-ID": str(at)}) as reader, stage.listen(1, since=at) as other:
        for listening in (reader, other):
            told = listening.next(seconds=SOON)
            assert told.version == at + 1
            assert told.data["new"] == [new]
    with stage.listen(1, since=0) as reader:
        assert {old, new} <= set(reader.next(seconds=SOON).data["new"])
    with stage.listen(1, since=at + 1_000_000) as reader:
        assert reader.next(seconds=SOON).data["reload"] is True
    # The thread's own version, and so nothing to tell.
    with stage.listen(1, since=at + 1) as reader:
        assert reader.next(kinds=("", "changed"), seconds=SOON).kind == ""


def test_held_comments_are_nobodys_to_know_of(stage: Stage) -> None:
    """The listener hears of the visible comment that is posted last, and before it of nothing."""
    before = stage.act("actions.set_thread_state(actor=mo, thread=thread, state='held_first'); found = version()", 2)
    with stage.listen(2) as reader, stage.listen(2, since=before) as returning:
        held = stage.act("found = post('Secret')", 2)
        visible, at = stage.act(
            "found = [post('Open', a_reader(role='moderator', email='second@example.org')), version()]", 2
        )
        for listening in (reader, returning):
            told = listening.next(seconds=SOON)
            assert told.data == {"version": at, "count": 1, "new": [visible]}
        stage.act(f"set_state({held}, 'visible')", 2)
        assert reader.next(seconds=SOON).data["new"] == [held]
        stage.act(f"set_state({held}, 'held')", 2)
        told = reader.next(seconds=SOON)
        assert (told.data["count"], told.data["gone"]) == (1, {str(held): "held"})


def test_hidden_votes_are_not_told(stage: Stage) -> None:
    stage.act("show_votes('hidden')", 3)
    try:
        comment = stage.act("found = post('Rate me')", 3)
        with stage.listen(3) as reader:
            reader.next(kinds=("retry",))
            posted = stage.act(f"vote({comment}); found = post('Later')", 3)
            told = reader.next(seconds=SOON)
            assert told.data["new"] == [posted]
            assert "scores" not in told.data
            # From the moment in which the section shows them.
            stage.act("show_votes('net')", 3)
            stage.act(f"vote({posted})", 3)
            assert reader.next(seconds=SOON).data["scores"] == {str(posted): "1"}
    finally:
        stage.act("show_votes('split')", 3)


def test_only_open_published_discussions_are_live(stage: Stage) -> None:
    assert Listener(stage.address, 999_999).status == 204
    with stage.listen(4) as reader:
        reader.next(kinds=("retry",))
        stage.act("actions.set_thread_state(actor=mo, thread=thread, state='closed')", 4)
        assert reader.rest(SOON)[-1].kind == "retry"
    assert stage.listen(4).status == 204
    with stage.listen(5) as reader:
        reader.next(kinds=("retry",))
        stage.act("story.unpublish()", 5)
        assert reader.rest(SOON)[-1].kind == "retry"
    assert stage.listen(5).status == 204


def test_heartbeats_and_the_cap_of_an_address(stage: Stage) -> None:
    with ExitStack() as stack:
        readers = [stack.enter_context(stage.listen()) for _ in range(4)]
        assert [reader.status for reader in readers] == [200] * 4
        refused = stage.listen()
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) > 0
        # Somebody else, from another address, and somebody whom a proxy on this machine names.
        assert stack.enter_context(stage.listen(source="127.0.0.9")).status == 200
        assert stack.enter_context(stage.listen(headers_sent={"X-Forwarded-For": "203.0.113.7"})).status == 200
        for reader in readers:
            assert reader.next(kinds=("",), seconds=SOON).kind == ""
        readers[0].close()
        # A place is free as soon as a browser has gone.
        wait_for(lambda: stack.enter_context(stage.listen()).status == 200)
    wait_for(lambda: stage.listen().status == 200)


def test_other_requests_are_refused(stage: Stage) -> None:
    assert stage.listen(headers_sent={"Host": "elsewhere.example"}).status == 400
    request = urllib.request.Request(f"{stage.address}/live/{stage.stories[0]}/", method="POST", data=b"")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=SOON)
    assert refused.value.code == 405


def test_two_servers_tell_of_each_others_changes_and_one_says_good_bye(stage: Stage) -> None:
    """Nothing passes between them but the database. A server that is asked to end ends its streams at once."""
    with second_server(stage.site) as (address, process), ExitStack() as stack:
        here = stack.enter_context(stage.listen())
        there = [stack.enter_context(Listener(address, stage.stories[0])) for _ in range(3)]
        for listening in (here, *there):
            listening.next(kinds=("",))
        posted = stage.act("found = post('To both')")
        for listening in (here, *there):
            assert posted in listening.next(seconds=SOON).data["new"]
        process.send_signal(signal.SIGTERM)
        waits = {listening.rest(SOON)[-1] for listening in there}
        # Not all of them come back in the same moment.
        assert {event.kind for event in waits} == {"retry"}
        assert len(waits) > 1
        assert process.wait(SOON) == 0
        # The other server's listeners notice nothing.
        assert here.next(kinds=("",), seconds=SOON).kind == ""
