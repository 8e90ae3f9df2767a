"""Makes the demo newsroom: content files and plans on one side, the real actions of every room on the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from kakehashi.archive.demo import content, told
from kakehashi.archive.demo.arranged import arrange_votes
from kakehashi.archive.demo.asking import Pollster
from kakehashi.archive.demo.desk import Desk
from kakehashi.archive.demo.discussion import Discussion, Progress
from kakehashi.archive.demo.following import follow_news
from kakehashi.archive.demo.people import MIDDLE, Person
from kakehashi.archive.demo.plan import WHOLE_FROM, Plan, make_plan
from kakehashi.archive.demo.printing import Press
from kakehashi.archive.demo.trends import invent_trends
from kakehashi.archive.demo.waiting import let_wait
from kakehashi.comments.models import Comment, Vote
from kakehashi.ranking import actions as ranking_actions
from kakehashi.readers import actions as reader_actions
from kakehashi.readers.models import Reader, Role, Standing
from kakehashi.search import actions as search_actions
from kakehashi.stories import actions as story_actions
from kakehashi.stories.hours import Hours, Outside, read_spans
from kakehashi.stories.models import SectionPage, StoryPage

# A small newsroom prints only so many lead pictures.
FEW_PICTURES = 6

PASSWORD = "carried-across-the-strait"  # noqa: S105 - printed on the terminal for whoever tries the demo
LOGINS = (
    (Role.READER, "Hazel Tidewell", "reader@demo.example"),
    (Role.MODERATOR, "Ione Quarrel", "moderator@demo.example"),
    (Role.EDITOR, "Casper Inkwell", "editor@demo.example"),
    (Role.ADMINISTRATOR, "Edda Keyholder", "administrator@demo.example"),
)
# Objections are heard by somebody else than who decided.
SECOND = ("second moderator", "Oswin Thatch", "second@demo.example")
# Works in one section only, in which comments wait while nobody is there.
OF_SECTION = ("moderator of Sport", "Perrin Oarsby", "sport@demo.example")
SECTION, STAFFED = "sport", "06:00-23:00"


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
            {"role": str(role), "name": name, "email": email, "password": PASSWORD}
            for role, name, email in (*LOGINS, SECOND, OF_SECTION)
        ],
    )


class _Maker:
    """One making of the newsroom."""

    def __init__(self, *, seed: int, now: datetime, scale: float, progress: Progress) -> None:
        self.seed, self.now, self.scale, self.progress = seed, now, scale, progress

    def make(self) -> None:
        self.progress("Inventing people", 0, 1)
        # Whoever logs in as the demo's reader finds comments and votes of her own.
        me = Person(LOGINS[0][1], MIDDLE, 0.1, 0.3, energy=4.0, talkativeness=12.0)
        plan = make_plan(seed=self.seed, now=self.now, scale=self.scale, residents=[me])
        staff, second = self._staff(), self._moderator(SECOND)
        press = Press(now=self.now, seed=self.seed, actor=staff[Role.EDITOR], progress=self.progress)
        stories = press.publish(plan.files, pictures=None if self.scale >= WHOLE_FROM else FEW_PICTURES)
        members = self._members(plan)
        discussion = Discussion(
            stories=stories,
            readers=members | {me.name: staff[Role.READER]},
            desk=Desk(first=staff[Role.MODERATOR], second=second, now=self.now),
            rng=Random(f"{self.seed}/discussion"),
            now=self.now,
            progress=self.progress,
        )
        discussion.post(plan.remarks)
        discussion.vote(plan.votes)
        discussion.finish(plan.remarks)
        Pollster(
            editor=staff[Role.EDITOR],
            members=list(members.values()),
            rng=Random(f"{self.seed}/surveys"),
            now=self.now,
            scale=self.scale,
            progress=self.progress,
        ).ask(stories)
        self.progress("Arranging votes", 0, 1)
        arrange_votes(moderator=staff[Role.MODERATOR], now=self.now, rng=Random(f"{self.seed}/arranged"))
        self.progress("Ringing the bells", 0, 1)
        told.tell(me=staff[Role.READER], moderator=staff[Role.MODERATOR], members=members, now=self.now)
        self.progress("Filling the queue", 0, 1)
        let_wait(members=members, stories=stories, first=staff[Role.MODERATOR], second=second, now=self.now)
        self._watch_over(press.sections[SECTION], administrator=staff[Role.ADMINISTRATOR])
        # The worker would do it too, some seconds later: search, related stories and common ground are there from the
        # first page on.
        self.progress("Filling the search", 0, 1)
        search_actions.index_stories(now=self.now)
        search_actions.index_comments(now=self.now)
        self.progress("Finding common ground", 0, 1)
        ranking_actions.refit(now=self.now)
        while ranking_actions.draw_maps(now=self.now):
            pass
        self.progress("Counting who reads what", 0, 1)
        invent_trends(stories=stories, now=self.now, rng=Random(f"{self.seed}/trends"))
        self.progress("Following the news", 0, 1)
        follow_news(
            me=staff[Role.READER],
            members=list(members.values()),
            stories=stories,
            rng=Random(f"{self.seed}/following"),
            now=self.now,
        )

    def _staff(self) -> dict[Role, Reader]:
        table = content.table("newsroom")
        story_actions.ensure_site(name=table["name"], motto=table["motto"], copyright_holder=table["copyright_holder"])
        joined = self.now - timedelta(days=3700)
        return {
            role: reader_actions.register_reader(
                email=email, name=name, password=PASSWORD, role=role, standing=Standing.ESTABLISHED, now=joined
            )
            for role, name, email in LOGINS
        }

    def _moderator(self, who: tuple[str, str, str]) -> Reader:
        _, name, email = who
        joined = self.now - timedelta(days=3700)
        return reader_actions.register_reader(
            email=email, name=name, password=PASSWORD, role=Role.MODERATOR, now=joined
        )

    def _watch_over(self, section: SectionPage, *, administrator: Reader) -> None:
        """A section with a moderator of its own, and staffed hours."""
        moderator = self._moderator(OF_SECTION)
        reader_actions.confine(actor=administrator, reader=moderator, sections=[section.pk], now=self.now)
        week = (read_spans(STAFFED),) * 7
        story_actions.set_staffed_hours(actor=administrator, hours=Hours(week, outside={section.pk: Outside.HOLD}))

    def _members(self, plan: Plan) -> dict[str, Reader]:
        """An account for everybody who has none, opened some time before the first comment."""
        rng, first = Random(f"{self.seed}/members"), dict[str, datetime]()
        for remark in plan.remarks:
            first.setdefault(remark.author.name, remark.at)
        oldest = min(file.published_at(self.now) for file in plan.files)
        readers: dict[str, Reader] = {}
        newcomers = [person for person in plan.town if person.name != LOGINS[0][1]]
        for number, person in enumerate(newcomers, start=1):
            if number % 50 == 0:
                self.progress("Welcoming members", number, len(newcomers))
            joined = min(first.get(person.name, oldest), oldest) - timedelta(days=rng.uniform(0.5, 300))
            readers[person.name] = reader_actions.register_reader(
                email=f"member{number}@demo.example", name=person.name, standing=Standing.ESTABLISHED, now=joined
            )
        return readers
