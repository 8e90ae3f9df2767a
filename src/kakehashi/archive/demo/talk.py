"""Writes the discussions: who says what to whom, and when. Everything here is a plan; nothing touches the database."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from kakehashi.archive.demo.content import StoryFile
from kakehashi.archive.demo.people import LEFT, MIDDLE, RIGHT, Person
from kakehashi.archive.demo.phrases import PhraseBook
from kakehashi.lib import text

if TYPE_CHECKING:
    from kakehashi.archive.demo.judged import Case

# A member leaves more than this between two comments, and writes no more than so many an hour.
PAUSE = timedelta(seconds=75)
PER_HOUR = 9
# Where nobody quarrels, and where nobody even chats.
GENTLE = frozenset({"general", "words", "sportchat"})
SOLEMN = frozenset({"sorrow"})
OTHER = {LEFT: RIGHT, RIGHT: LEFT, MIDDLE: MIDDLE}

# What an opening remark is made of, and how often; "turn:" is a turn of speech that belongs to no topic.
OPENINGS: Mapping[tuple[str, ...], int] = {
    ("say",): 18,
    ("say", "tell"): 16,
    ("tell",): 12,
    ("tell", "say"): 8,
    ("ask",): 10,
    ("say", "ask"): 8,
    ("jest",): 7,
    ("say", "close"): 6,
    ("turn:tell",): 3,
    ("turn:ask",): 2,
    ("turn:jest",): 3,
    ("turn:tell", "say"): 3,
}
# How an answer stands to what it answers: its usual quality and what it is made of.
MANNERS: Mapping[str, tuple[float, tuple[tuple[str, ...], ...]]] = {
    "against": (
        0.05,
        (("answer",), ("turn:disagree", "answer"), ("answer", "ask"), ("turn:disagree", "tell"), ("answer", "say")),
    ),
    "with": (0.1, (("turn:agree",), ("turn:agree", "tell"), ("turn:agree", "say"), ("tell",), ("turn:agree", "jest"))),
    "between": (
        0.8,
        (("say",), ("turn:middle", "say"), ("turn:middle", "tell"), ("tell",), ("turn:middle",), ("ask",)),
    ),
    "rude": (-1.3, (("turn:rude",), ("turn:rude", "say"))),
    "thanks": (0.5, (("turn:thanks",), ("turn:thanks", "ask"))),
}


@dataclass(eq=False)
class Remark:
    """A comment to be. `quality` (about −1.6 to 1.2) and `position` (−1 to 1) decide how it is voted on; `body` is the
    text without quote and address."""

    story: StoryFile
    author: Person
    at: datetime
    source: str = ""
    body: str = ""
    parent: Remark | None = None
    quoted: Remark | None = None
    quality: float = 0.0
    position: float = 0.0
    fate: str = ""
    edit: str = ""
    # What moderators decide on it, where it is there for that.
    case: Case | None = None
    answers: int = 0
    # Says no more than yes or thanks, so that nobody answers it.
    is_nod: bool = False


@dataclass
class Town:
    """Everybody who may speak, by side, and when each has spoken."""

    people: Sequence[Person]
    rng: Random
    spoken: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def speaker(self, at: datetime, weights: Mapping[str, float], *, but: Sequence[Person] = ()) -> Person:
        """Somebody free to speak at that time; talkative people are likelier, `weights` favour sides."""
        loud = [person.talkativeness * weights[person.side] for person in self.people]
        while True:
            person = self.rng.choices(self.people, loud)[0]
            if person not in but and self._is_free(person, at):
                insort(self.spoken[person.name], at)
                return person

    def claim(self, person: Person, at: datetime) -> bool:
        """Whether this very person is free; taken if so."""
        if not self._is_free(person, at):
            return False
        insort(self.spoken[person.name], at)
        return True

    def _is_free(self, person: Person, at: datetime) -> bool:
        times = self.spoken[person.name]
        place = bisect_left(times, at)
        if any(abs(other - at) < PAUSE for other in times[max(0, place - 1) : place + 1]):
            return False
        hour = timedelta(hours=1)
        return bisect_left(times, at + hour) - bisect_left(times, at - hour) < PER_HOUR


def times(story: StoryFile, count: int, *, now: datetime, rng: Random) -> list[datetime]:
    """When the comments of a thread are written: most within hours, a few stragglers within three weeks."""
    start = story.published_at(now)
    last = min(now - timedelta(minutes=2), start + timedelta(days=21))
    room = (last - start).total_seconds()
    middle = min(room * 0.45, 6 * 3600)
    chosen: list[datetime] = []
    for _ in range(count):
        after = rng.lognormvariate(math.log(middle), 0.95)
        if after > room:
            after = rng.uniform(0.1, 1.0) * room
        chosen.append(start + timedelta(seconds=after))
    return sorted(at.replace(microsecond=0) for at in chosen)


class Writer:
    """Writes the remarks of one newsroom, thread by thread, none like another."""

    def __init__(self, town: Town, book: PhraseBook, rng: Random) -> None:
        self.town, self.book, self.rng = town, book, rng
        self.written: set[str] = set()

    def thread(self, story: StoryFile, count: int, *, now: datetime) -> list[Remark]:
        """The discussion of a story in the order of time."""
        talk = {side: self.rng.sample(list(lines), len(lines)) for side, lines in story.talk.items()}
        remarks: list[Remark] = []
        for at in times(story, count, now=now, rng=self.rng):
            remarks.append(self._remark(story, at, remarks, talk, left=count - len(remarks)))
        return remarks

    def _remark(
        self, story: StoryFile, at: datetime, before: list[Remark], talk: dict[str, list[str]], *, left: int
    ) -> Remark:
        waiting = sum(len(lines) for lines in talk.values())
        # Lines written for this very story come first and are never lost.
        if waiting and (waiting >= left or self.rng.random() < (0.7 if story.topic in GENTLE else 0.3)):
            return self._own_line(story, at, talk)
        answerable = [remark for remark in before if not remark.is_nod and at - remark.at > timedelta(seconds=40)]
        if answerable and story.topic not in SOLEMN and self.rng.random() < 0.6:
            return self._answer(story, at, self._worth_answering(answerable))
        return self._opening(story, at)

    def _own_line(self, story: StoryFile, at: datetime, talk: dict[str, list[str]]) -> Remark:
        side = self.rng.choice([side for side, lines in talk.items() if lines])
        weights = {LEFT: 0.02, MIDDLE: 0.02, RIGHT: 0.02} | {side: 1.0} if side != "any" else dict.fromkeys(OTHER, 1.0)
        remark = Remark(story, self.town.speaker(at, weights), at, quality=self.rng.gauss(0.55, 0.3))
        remark.position = self._lean(side if side != "any" else MIDDLE)
        line = talk[side].pop()
        parts = [line]
        if side != "any" and len(line) < 120 and self.rng.random() < 0.35:
            parts.append(self._phrase(story, side, self.rng.choice(("say", "ask"))))
        return self._finish(remark, parts)

    def _opening(self, story: StoryFile, at: datetime) -> Remark:
        author = self.town.speaker(at, {LEFT: 1.0, MIDDLE: 0.8, RIGHT: 1.0})
        remark = Remark(story, author, at, position=self._lean(author.side), quality=self.rng.gauss(0.15, 0.4))
        if author.side == MIDDLE:
            remark.quality += 0.45
        shape = self._shape(story.topic)
        if "jest" in shape:
            remark.position *= 0.5
        return self._finish(remark, [self._phrase(story, author.side, kind) for kind in shape])

    def _shape(self, topic: str) -> tuple[str, ...]:
        """What a remark that answers nobody is made of."""
        if topic in SOLEMN:
            return ("say",)
        if topic in GENTLE:
            return self.rng.choice((("say",), ("say", "tell"), ("tell",), ("ask",), ("jest",), ("say", "close")))
        return self.rng.choices(list(OPENINGS), list(OPENINGS.values()))[0]

    def _answer(self, story: StoryFile, at: datetime, to: Remark) -> Remark:
        manner = self.rng.choices(tuple(MANNERS), (0, 1, 0, 0, 0) if story.topic in GENTLE else (46, 20, 20, 8, 6))[0]
        if manner == "thanks":
            done = self._thanks(story, at, to)
            if done is not None:
                return done
            manner = "with"
        side = to.author.side
        wanted = {"against": OTHER[side], "rude": OTHER[side], "with": side, "between": MIDDLE}[manner]
        weights = {LEFT: 0.03, MIDDLE: 0.06, RIGHT: 0.03} | {wanted: 1.0}
        author = self.town.speaker(at, weights, but=[to.author])
        remark = Remark(story, author, at, parent=to, position=self._lean(author.side))
        to.answers += 1
        quality, shapes = MANNERS[manner]
        remark.quality = self.rng.gauss(quality, 0.35)
        return self._finish(remark, [self._phrase(story, author.side, kind) for kind in self.rng.choice(shapes)])

    def _thanks(self, story: StoryFile, at: datetime, to: Remark) -> Remark | None:
        """The one who was answered answers back, if free."""
        if to.parent is None or to.parent.author is to.author or not self.town.claim(to.parent.author, at):
            return None
        author = to.parent.author
        remark = Remark(story, author, at, parent=to, quality=self.rng.gauss(MANNERS["thanks"][0], 0.3))
        remark.position = self._lean(author.side) * 0.4
        shape = self.rng.choice(MANNERS["thanks"][1])
        return self._finish(remark, [self._phrase(story, author.side, kind) for kind in shape])

    def _worth_answering(self, before: Sequence[Remark]) -> Remark:
        """Recent remarks, bold ones and those already answered draw answers."""
        last = len(before)
        weights = [
            (0.15 + (place / last) ** 2) * (0.4 + abs(one.position)) * (1 + 0.5 * min(one.answers, 4))
            for place, one in enumerate(before, start=1)
        ]
        return self.rng.choices(before, weights)[0]

    def _lean(self, side: str) -> float:
        return {LEFT: -1.0, MIDDLE: 0.0, RIGHT: 1.0}[side] * self.rng.uniform(0.45, 1.0) + self.rng.gauss(0, 0.08)

    def _phrase(self, story: StoryFile, side: str, kind: str) -> str:
        if kind.startswith("turn:"):
            return self.book.turn(story.slug, kind.removeprefix("turn:"))
        if kind == "close":
            return self.book.turn(story.slug, "close")
        fallbacks = {"answer": "say", "ask": "say", "jest": "say", "tell": "say"}
        for wish in (kind, fallbacks.get(kind, "tell")):
            if self.book.has(story.topic, side, wish):
                return self.book.say(story.slug, story.topic, side, wish)
        return self.book.turn(story.slug, "tell")

    def _finish(self, remark: Remark, parts: Sequence[str]) -> Remark:
        """Join the parts, address and quote as people do, and see that nobody else has written the same."""
        body = " ".join(part for part in parts if part)
        remark.is_nod = len(body) < 60 and remark.parent is not None
        while body in self.written:
            body += " " + self.book.turn(remark.story.slug, "close")
        self.written.add(body)
        if len(body) > 170 and len(parts) > 1 and self.rng.random() < 0.5:
            body = "\n\n".join(part for part in parts if part)
        remark.body = remark.source = body
        to = remark.parent
        if to is not None:
            habit = self.rng.random()
            if habit < 0.3:
                remark.quoted = to
                remark.source = f"{text.quote(self._passage(to))}\n\n{body}"
            elif habit < 0.55:
                remark.source = f"@{to.author.name} {body}"
        return remark

    def _passage(self, of: Remark) -> str:
        """A sentence of theirs, as one would select it."""
        sentences = [part for part in of.body.replace("\n\n", " ").split(". ") if len(part) > 12]
        passage = self.rng.choice(sentences or [of.body])
        return passage if passage.endswith((".", "?", "!", "”")) else passage + "."
