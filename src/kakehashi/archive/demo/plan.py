"""The whole plan of a newsroom, from a seed number: who, what they say, how they vote. Nothing here touches the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from kakehashi.archive.demo import content
from kakehashi.archive.demo.content import StoryFile
from kakehashi.archive.demo.fates import HELD, decide_fates
from kakehashi.archive.demo.judged import invent_cases
from kakehashi.archive.demo.people import Person, people
from kakehashi.archive.demo.phrases import PhraseBook
from kakehashi.archive.demo.talk import Remark, Town, Writer
from kakehashi.archive.demo.votes import Ballot, ballots

MEMBERS = 333
BALLOTS = 33_000
# A newsroom below this scale keeps only the stories marked `core`.
WHOLE_FROM = 0.4
FEWEST_MEMBERS = 40
# The sizes that the two liveliest threads of a small newsroom never fall below: the first one has a second page.
LIVELY = {"bridge-10-last-span": 64, "bridge-11-keep-one-boat": 16}


@dataclass(frozen=True)
class Plan:
    """`files` are published, `town` gets accounts, `remarks` and `votes` are in the order in which they are made."""

    files: tuple[StoryFile, ...]
    town: tuple[Person, ...]
    remarks: tuple[Remark, ...]
    votes: tuple[Ballot, ...]


def make_plan(*, seed: int, now: datetime, scale: float, residents: Sequence[Person] = ()) -> Plan:
    """Plan a newsroom of a scale as of `now`; the same arguments give the same plan. `residents` are people who have
    accounts already and take part.

    Each part draws from a random stream of its own, so that a change in one leaves the others as they were.
    """

    def rng(part: str) -> Random:
        return Random(f"{seed}/{part}")

    files = tuple(file for file in content.stories() if scale >= WHOLE_FROM or file.core)
    count = max(FEWEST_MEMBERS, round(MEMBERS * scale))
    town = (*residents, *people(count, rng("people"), taken=[person.name for person in residents]))
    speakers, book = Town(town, rng("town")), PhraseBook(rng("phrases"))
    writer = Writer(speakers, book, rng("talk"))
    remarks = [remark for file in files for remark in writer.thread(file, thread_size(file, scale), now=now)]
    decide_fates(remarks, now=now, rng=rng("fates"), scale=scale)
    rated = [remark for remark in remarks if remark.fate != HELD]
    votes = ballots(rated, town, round(BALLOTS * scale), now=now, rng=rng("votes"))
    remarks += invent_cases(files, before=remarks, town=speakers, book=book, now=now, rng=rng("judged"), scale=scale)
    # Sorting is stable: comments of one second keep their order, parents before answers.
    return Plan(files, town, tuple(sorted(remarks, key=lambda one: one.at)), tuple(votes))


def thread_size(file: StoryFile, scale: float) -> int:
    """How many comments a story draws at a scale."""
    return max(round(file.comments * scale), 0 if scale >= WHOLE_FROM else LIVELY.get(file.slug, 0))
