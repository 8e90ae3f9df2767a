"""Makes the demo newsroom: content files and plans on one side, the real actions of every room on the other."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.core.files.images import ImageFile
from django.db import transaction
from django.utils import timezone
from wagtail.images.models import Image

from kakehashi.archive.demo import content
from kakehashi.archive.demo.content import StoryFile
from kakehashi.archive.demo.discussion import Discussion
from kakehashi.archive.demo.fates import HELD, decide_fates
from kakehashi.archive.demo.people import MIDDLE, Person, people
from kakehashi.archive.demo.phrases import PhraseBook
from kakehashi.archive.demo.pictures import make_picture
from kakehashi.archive.demo.talk import Remark, Town, Writer
from kakehashi.archive.demo.votes import ballots
from kakehashi.comments.models import Comment, Vote
from kakehashi.readers import actions as reader_actions
from kakehashi.readers.models import Reader, Role
from kakehashi.stories import actions as story_actions
from kakehashi.stories.models import StoryPage

Progress = Callable[[str, int, int], None]

MEMBERS = 333
BALLOTS = 33_000
# A newsroom below this scale keeps only the stories marked `core`, and prints few pictures.
WHOLE_FROM = 0.4
FEW_PICTURES = 6
FEWEST_MEMBERS = 40
# The sizes that the two liveliest threads of a small newsroom never fall below: the first one has a second page.
LIVELY = {"bridge-10-last-span": 64, "bridge-11-keep-one-boat": 16}

PASSWORD = "carried-across-the-strait"  # noqa: S105 - printed on the terminal for whoever tries the demo
LOGINS = (
    (Role.READER, "Hazel Tidewell", "reader@demo.example"),
    (Role.MODERATOR, "Ione Quarrel", "moderator@demo.example"),
    (Role.EDITOR, "Casper Inkwell", "editor@demo.example"),
)


@dataclass(frozen=True)
class DemoSummary:
    """What the demo holds, and with which `logins` (role, name, email, password) to walk around in it."""

    stories: int
    members: int
    comments: int
    votes: int
    logins: list[dict[str, str]]


def make_newsroom(
    *, seed: int = 7, now: datetime | None = None, scale: float = 1.0, progress: Progress | None = None
) -> DemoSummary:
    """Make the invented newspaper as if its ten years ended at `now`, all of it or nothing; one that exists is left alone.

    The same `seed`, `now` and `scale` give the same words and votes. `scale` shrinks it (0.05: a dozen stories, two lively
    threads). `progress(step, done, total)` is called along the way. Everything goes through the actions of the rooms,
    so it obeys the limits that readers obey. Raises `DomainError` where the site holds somebody else's things of the
    same names.
    """
    now = (now or timezone.now()).replace(microsecond=0)
    if not Reader.objects.filter(email=LOGINS[0][2]).exists():
        with transaction.atomic():
            _Maker(seed=seed, now=now, scale=scale, progress=progress or (lambda _step, _done, _total: None)).make()
    return _summary()


def _summary() -> DemoSummary:
    return DemoSummary(
        stories=StoryPage.objects.count(),
        members=Reader.objects.count(),
        comments=Comment.objects.count(),
        votes=Vote.objects.count(),
        logins=[
            {"role": role.value, "name": name, "email": email, "password": PASSWORD} for role, name, email in LOGINS
        ],
    )


class _Maker:
    """One making of the newsroom. Each part has a random stream of its own, so that a change in one leaves the others."""

    def __init__(self, *, seed: int, now: datetime, scale: float, progress: Progress) -> None:
        self.seed, self.now, self.scale, self.progress = seed, now, scale, progress
        self.is_whole = scale >= WHOLE_FROM
        self.files = [file for file in content.stories() if self.is_whole or file.core]

    def rng(self, part: str) -> Random:
        return Random(f"{self.seed}/{part}")

    def make(self) -> None:
        staff = self._staff()
        stories = self._stories(actor=staff[Role.EDITOR])
        town = self._town()
        remarks = self._remarks(town)
        readers = self._members(town, remarks) | {staff[Role.READER].name: staff[Role.READER]}
        discussion = Discussion(
            stories=stories,
            readers=readers,
            moderator=staff[Role.MODERATOR],
            rng=self.rng("discussion"),
            now=self.now,
            progress=self.progress,
        )
        discussion.post(remarks)
        rated = [remark for remark in remarks if remark.fate != HELD]
        discussion.vote(ballots(rated, town, round(BALLOTS * self.scale), now=self.now, rng=self.rng("votes")))
        discussion.finish(remarks)

    def _staff(self) -> dict[Role, Reader]:
        table = content.table("newsroom")
        story_actions.ensure_site(name=table["name"], motto=table["motto"], copyright_holder=table["copyright_holder"])
        joined = self.now - timedelta(days=3700)
        return {
            role: reader_actions.register_reader(email=email, name=name, password=PASSWORD, role=role, now=joined)
            for role, name, email in LOGINS
        }

    def _town(self) -> list[Person]:
        """All who speak and vote; whoever logs in as the demo's reader finds comments and votes of her own."""
        me = Person(LOGINS[0][1], MIDDLE, 0.1, 0.3, energy=3.0, talkativeness=6.0)
        count = max(FEWEST_MEMBERS, round(MEMBERS * self.scale))
        return [me, *people(count, self.rng("people"), taken=[name for _, name, _ in LOGINS])]

    def _members(self, town: Sequence[Person], remarks: Sequence[Remark]) -> dict[str, Reader]:
        """An account for everybody, opened some time before the first comment."""
        rng, first = self.rng("members"), dict[str, datetime]()
        for remark in remarks:
            first[remark.author.name] = min(first.get(remark.author.name, remark.at), remark.at)
        oldest = min(file.published_at(self.now) for file in self.files)
        readers: dict[str, Reader] = {}
        for number, person in enumerate(town[1:], start=1):
            if number % 50 == 0:
                self.progress("Welcoming members", number, len(town))
            joined = min(first.get(person.name, oldest), oldest) - timedelta(days=rng.uniform(0.5, 300))
            readers[person.name] = reader_actions.register_reader(
                email=f"member{number}@demo.example", name=person.name, now=joined
            )
        return readers

    def _remarks(self, town: Sequence[Person]) -> list[Remark]:
        writer = Writer(Town(town, self.rng("town")), PhraseBook(self.rng("phrases")), self.rng("talk"))
        remarks = [remark for file in self.files for remark in writer.thread(file, self._size(file), now=self.now)]
        decide_fates(remarks, now=self.now, rng=self.rng("fates"), scale=self.scale)
        return remarks

    def _size(self, file: StoryFile) -> int:
        return max(round(file.comments * self.scale), 0 if self.is_whole else LIVELY.get(file.slug, 0))

    def _stories(self, *, actor: Reader) -> dict[str, StoryPage]:
        """Publish everything. Those to come are scheduled and take no comments yet: they are not among what is returned."""
        table = content.table("newsroom")
        sections = {
            entry["slug"]: story_actions.ensure_section(**{key: entry[key] for key in entry if key != "slug"})
            for entry in table["sections"]
        }
        agencies = {
            entry["slug"]: story_actions.ensure_agency(**{key: entry[key] for key in entry if key != "slug"})
            for entry in table["agencies"]
        }
        running = {
            entry["slug"]: story_actions.ensure_running_story(title=entry["title"], summary=entry["summary"])
            for entry in table["running_stories"]
        }
        files = sorted(self.files, key=lambda file: file.published_at(self.now))
        pictured = {file.slug for file in files if file.picture}
        if not self.is_whole:
            # The newest ones: they stand on the front page.
            pictured = {file.slug for file in files if file.picture and not file.published.startswith("in ")}
            pictured = set([file.slug for file in files if file.slug in pictured][-FEW_PICTURES:])
        stories: dict[str, StoryPage] = {}
        for done, file in enumerate(files):
            self.progress("Printing stories", done, len(files))
            at = file.published_at(self.now)
            is_to_come = at > self.now
            picture = file.picture if file.slug in pictured else None
            story = story_actions.publish_story(
                section=sections[file.section],
                headline=file.headline,
                standfirst=file.standfirst,
                paragraphs=file.words(self.now),
                published_at=at,
                updated_at=at + content.span(file.updated) if file.updated else None,
                byline=file.byline,
                dateline=file.dateline,
                agency=agencies[file.agency] if file.agency else None,
                running_story=running[file.running_story] if file.running_story else None,
                importance=file.importance,
                image=self._picture(file) if picture else None,
                image_alt=picture.alt if picture else "",
                caption=picture.caption if picture else "",
                credit=picture.credit if picture else "",
                corrections=[(at + content.span(after), words) for after, words in file.corrections],
                go_live_at=at if is_to_come else None,
                slug=file.slug,
                actor=actor,
                now=self.now if is_to_come else at,
            )
            if not is_to_come:
                stories[file.slug] = story
        return stories

    def _picture(self, file: StoryFile) -> Image:
        assert file.picture is not None
        data = make_picture(file.picture.motif, seed=f"{self.seed}/{file.slug}")
        return Image.objects.create(
            title=file.picture.caption[:255],
            description=file.picture.alt[:255],
            file=ImageFile(io.BytesIO(data), name=f"{file.slug}.jpg"),
        )
