"""Sixteen clients who post, vote and edit while the site is being hurt, and remember what it acknowledged."""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.processes import ProcessSite
from tests.server.visitor import Answer, Visitor, ask, furnish

CLIENTS = 16
# Of each member: a comment, some votes, a change of the comment.
VOTES_EACH = 3
# A client asks again for so long; then the site has not come back.
PATIENCE_SECONDS = 120
# Refusals that are an answer: own comment, limit reached. 503 is none: the client asks again.
ANSWERS = {302, 403, 429}

STORED = """
import json
from django.db.models import Count, Q
from kakehashi.comments.models import Comment, Revision, Thread, Vote

votes = Comment.objects.annotate(
    ups=Count("votes", filter=Q(votes__value=1)), downs=Count("votes", filter=Q(votes__value=-1))
)
seen = Thread.objects.annotate(seen=Count("comments", filter=Q(comments__state="visible")))
print(">>>" + json.dumps({
    "texts": list(Comment.objects.values_list("pk", "source")),
    "revisions": list(Revision.objects.values_list("comment", "source")),
    "votes": {f"{name}/{pk}": value for name, pk, value in Vote.objects.values_list("reader__name", "comment", "value")},
    "tallies": list(votes.values_list("pk", "up", "down", "ups", "downs")),
    "threads": list(seen.values_list("pk", "comment_count", "seen")),
    "pieces": Comment.objects.filter(Q(root=None) | Q(html="")).count(),
    "ahead": Comment.objects.filter(version__gt=0).exclude(thread__version__gte=0).count(),
}))
"""


@dataclass
class Crowd:
    """Every request is repeated until it is answered, as a patient reader would, so at the end all of it is stored."""

    address: str
    sessions: dict[str, str]
    stories: list[tuple[int, str]]
    comments: list[int]
    texts: dict[int, str] = field(default_factory=dict)
    votes: dict[str, int] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    problems: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _clients: list[threading.Thread] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return len(self.texts) + len(self.votes)

    def start(self) -> None:
        self._clients = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(CLIENTS)]
        for client in self._clients:
            client.start()

    def wait_for(self, share: float) -> None:
        """Until that share of all comments has been acknowledged."""
        until = time.monotonic() + PATIENCE_SECONDS
        while len(self.texts) < share * len(self.sessions) and not self.problems:
            assert time.monotonic() < until, f"only {len(self.texts)} comments after {PATIENCE_SECONDS} s"
            time.sleep(0.02)

    def finish(self) -> None:
        """Wait for every client; raises AssertionError with what any of them met."""
        for client in self._clients:
            client.join(2 * PATIENCE_SECONDS)
            assert not client.is_alive(), "a client is still waiting"
        assert self.problems == []
        # A comment's own author and the limit of down-votes are refused; nothing breaks.
        assert set(self.statuses) <= ANSWERS | {200, 503}, self.statuses

    def _run(self, number: int) -> None:
        dice = random.Random(number)
        try:
            for name in list(self.sessions)[number::CLIENTS]:
                self._live(name, dice)
        except AssertionError as error:
            self.problems.append(str(error))

    def _live(self, name: str, dice: random.Random) -> None:
        story, path = dice.choice(self.stories)
        visitor = Visitor(self.address, {"sessionid": self.sessions[name]})
        self._until_answered(lambda: visitor.get(path))
        assert visitor.token, f"{name} is not logged in"
        text = f"Word of {name}"
        posted = self._until_answered(lambda: visitor.post(f"/story/{story}/comment/", {"text": text})).comment
        with self._lock:
            self.texts[posted] = text
            self.comments.append(posted)
        for _ in range(VOTES_EACH):
            self._vote(visitor, name, dice.choice(self.comments), dice.choice([1, -1, 0]))
        changed = f"Word of {name}, put better"
        answer = self._until_answered(lambda: visitor.post(f"/comment/{posted}/edit/", {"text": changed}))
        assert answer.status == 302, answer.sentence
        self.texts[posted] = changed

    def _vote(self, visitor: Visitor, name: str, comment: int, value: int) -> None:
        answer = self._until_answered(lambda: visitor.post(f"/comment/{comment}/vote/", {"value": value}))
        if answer.status == 302:
            self.votes[f"{name}/{comment}"] = value

    def _until_answered(self, request: Any) -> Answer:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer: Answer = request()
                self.statuses[answer.status] += 1
                if answer.status != 503:
                    return answer
            self.broken += 1
            assert time.monotonic() < until, "the site has not come back"
            time.sleep(0.1)


def a_crowd(site: ProcessSite, address: str, room: str, members: int) -> Crowd:
    """A crowd of so many members with three stories of their own in the section `room`.

    One member more, `ROOM host`, has posted the first comment and does not belong to the crowd.
    """
    names = {f"{room} {n}": "reader" for n in range(members)} | {f"{room} host": "reader"}
    made = furnish(site, room, names, stories=3)
    del made["sessions"][f"{room} host"]
    return Crowd(address, made["sessions"], [tuple(story) for story in made["stories"]], list(made["comments"]))


def require_nothing_lost(site: ProcessSite, crowd: Crowd) -> None:
    """Stored = acknowledged, once each; counters = rows; no half comment."""
    stored = ask(site, STORED)
    texts = dict(stored["texts"])
    assert {pk: texts.get(pk) for pk in crowd.texts} == crowd.texts
    prefix = next(iter(crowd.sessions)).rpartition(" ")[0]
    said = [text for text in texts.values() if text.startswith(f"Word of {prefix} ")]
    assert sorted(said) == sorted(crowd.texts.values())
    for pk, text in stored["revisions"]:
        assert pk not in crowd.texts or text == crowd.texts[pk].removesuffix(", put better")
    assert len(stored["revisions"]) == len({pk for pk, _text in stored["revisions"]})
    assert {key: stored["votes"].get(key, 0) for key in crowd.votes} == crowd.votes
    assert [tally for tally in stored["tallies"] if tally[1:3] != tally[3:5]] == []
    assert [thread for thread in stored["threads"] if thread[1] != thread[2]] == []
    assert stored["pieces"] == 0


def require_nothing_stale(site: ProcessSite, crowd: Crowd) -> None:
    """Each story's newest comments stand on its page within two seconds, whichever process answers."""
    newest: dict[str, list[int]] = {}
    for story, path in crowd.stories:
        newest[path] = ask(site, NEWEST.format(story=story))
    until = time.monotonic() + 2
    waiting = [(path, pk) for path, pks in newest.items() for pk in pks for _ in range(3)]
    while waiting:
        path, pk = waiting[-1]
        if f'id="c-{pk}"' in Visitor(crowd.address).get(f"{path}?order=newest").text:
            waiting.pop()
        else:
            assert time.monotonic() < until, f"comment {pk} is not on {path}"
            time.sleep(0.05)


NEWEST = """
import json
from kakehashi.comments.models import Comment
found = Comment.objects.visible().filter(thread__story={story}).order_by("-created_at", "-pk")
print(">>>" + json.dumps(list(found.values_list("pk", flat=True)[:3])))
"""
