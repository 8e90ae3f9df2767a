"""The rows of growth_data, table by table, from one seed. Needs Django loaded."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.db.models import Max
from django.utils.crypto import get_random_string
from wagtail.models import Locale, Page, Site

from benchmarks.bulk import moment, write
from benchmarks.growth_data import MOST_VOTES, PIECES, RECENT, SECTIONS, Filled, Plan
from benchmarks.prose import Prose
from kakehashi.comments.models import DEEPEST, SEGMENT, Comment, Mention, Quote, Thread, Vote
from kakehashi.comments.rules import wilson
from kakehashi.lib import text
from kakehashi.readers.models import FormerName, Mute, Reader
from kakehashi.search.models import Entry, Likeness, Look
from kakehashi.stories.models import FrontPage, NewsroomSettings, SectionPage, StoryPage

TABLES = [
    Reader,
    Mute,
    FormerName,
    EmailAddress,
    Page,
    StoryPage,
    Thread,
    Comment,
    Quote,
    Mention,
    Vote,
    Entry,
    Likeness,
]
# The threads of the plan are under stories of today; the others go back, one every so often.
BETWEEN_STORIES = timedelta(minutes=50)
TODAY = timedelta(hours=20)
BATCH = 2000


def after(model: Any) -> int:
    """The first free id."""
    return (model.objects.aggregate(last=Max("pk"))["last"] or 0) + 1


class Rows:
    """Writes the plan. Ids run on from those that are there; story number n has thread number n."""

    def __init__(self, plan: Plan, lengths: list[int], now: datetime) -> None:
        self.plan, self.lengths, self.now = plan, lengths, now
        self.rng = random.Random(plan.seed)
        prose = Prose(self.rng)
        self.prose, self.pieces = prose, prose.pieces(min(PIECES, 50 + plan.comments))
        self.readers, self.stories, self.threads = after(Reader), after(Page), after(Thread)
        self.comments, self.votes = after(Comment), after(Vote)
        self.filled = Filled(comments=plan.comments, word=prose.words[400], common=prose.words[0], member=self.name(0))
        self._wilson: dict[tuple[int, int], float] = {}
        self._headlines: list[str] = []
        self._quotes: list[tuple[int, int]] = []
        self._mentions: list[tuple[int, int]] = []

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("members", self.write_members),
            ("mutes and names", self.write_relations),
            ("stories", self.write_stories),
            ("comments", self.write_comments),
            ("votes", self.write_votes),
            ("search", self.write_search),
            ("settings", self.write_settings),
        ]

    def write_settings(self) -> None:
        site = Site.objects.get(is_default_site=True)
        NewsroomSettings.objects.update_or_create(site=site, defaults={"comments_per_page": self.plan.per_page})

    # Members ---------------------------------------------------------------------------------------------------------

    @staticmethod
    def name(n: int) -> str:
        return f"Bench Reader {n}"

    def write_members(self) -> None:
        people = range(self.plan.members)
        first, joined, password = self.readers, moment(self.now - 900 * timedelta(days=1)), make_password(None)
        names = ("id", "email", "name", "name_key", "password", "date_joined", "standing")
        write(
            Reader,
            names,
            (
                (
                    first + n,
                    f"b{first + n}@example.org",
                    self.name(n),
                    text.fold(self.name(n)),
                    password,
                    joined,
                    "established",
                )
                for n in people
            ),
        )
        addresses = after(EmailAddress)
        write(
            EmailAddress,
            ("id", "user_id", "email", "verified", "primary"),
            ((addresses + n, first + n, f"b{first + n}@example.org", True, True) for n in people),
        )

    def write_relations(self) -> None:
        """Every tenth member has muted the next one, every twentieth once had another name."""
        people, first, muted, named = range(0, self.plan.members - 1, 10), self.readers, after(Mute), after(FormerName)
        write(Mute, ("id", "reader_id", "muted_id"), ((muted + n, first + n, first + n + 1) for n in people))
        write(
            FormerName,
            ("id", "reader_id", "name", "name_key"),
            ((named + n, first + n, f"Once {first + n}", text.fold(f"Once {first + n}")) for n in people[::2]),
        )

    def make_sessions(self, number: int) -> list[tuple[str, int]]:
        """Sessions as log-in makes them, for the first members."""
        store = import_module(settings.SESSION_ENGINE).SessionStore
        members = Reader.objects.filter(pk__gte=self.readers).order_by("pk")[:number]
        rows: list[Any] = []
        made: list[tuple[str, int]] = []
        for member in members:
            session = store(session_key=get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789"))
            data = {
                SESSION_KEY: str(member.pk),
                BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                HASH_SESSION_KEY: member.get_session_auth_hash(),
            }
            rows.append(session.create_model_instance(data))
            made.append((rows[-1].session_key, member.pk))
        store.get_model_class().objects.bulk_create(rows, batch_size=BATCH)
        return made

    # Stories ---------------------------------------------------------------------------------------------------------

    def published(self, n: int) -> datetime:
        return self.now - TODAY - max(0, n + 1 - len(self.plan.threads)) * BETWEEN_STORIES

    def write_stories(self) -> None:
        sections = self._sections()
        self.stories = after(Page)
        kind, locale = ContentType.objects.get_for_model(StoryPage).pk, Locale.get_default().pk
        pages, stories = [], []
        body = StoryPage(body=[("paragraph", f"<p>{self.prose.paragraph()}</p>") for _ in range(8)])
        prepared = json.dumps(StoryPage._meta.get_field("body").get_prep_value(body.body))
        for n in range(len(self.lengths)):
            section, pk, title = sections[n % len(sections)], self.stories + n, self.prose.title()
            path = Page._get_path(section.path, section.depth + 1, section.numchild + n // len(sections) + 1)
            slug, at = f"bench-{pk}", moment(self.published(n))
            url = f"{section.url_path}{slug}/"
            pages.append((pk, path, 4, f"{pk:032x}", locale, at, at, title, title, slug, kind, url))
            standfirst = self.prose.sentence()
            stories.append((pk, standfirst, prepared, self.prose.title(), at, section.pk))
            self._headlines.append(text.searchable(f"{title} {standfirst}"))
            self._remember(n, pk, url)
        names = ("id", "path", "depth", "translation_key", "locale_id", "first_published_at", "last_published_at")
        write(Page, (*names, "title", "draft_title", "slug", "content_type_id", "url_path"), pages)
        write(StoryPage, ("page_ptr_id", "standfirst", "body", "byline", "published_at", "section_pk"), stories)
        for n, section in enumerate(sections):
            children = section.numchild + len(range(n, len(self.lengths), len(sections)))
            Page.objects.filter(pk=section.pk).update(numchild=children)

    def _remember(self, n: int, pk: int, url: str) -> None:
        if n < len(self.plan.threads):
            first = self.comments + sum(self.lengths[:n])
            self.filled.stories[self.lengths[n]] = (pk, "/" + url.split("/", 2)[2], first)

    def _sections(self) -> list[SectionPage]:
        front = FrontPage.objects.get()
        found = []
        for title in SECTIONS:
            slug = title.lower()
            section = SectionPage.objects.filter(slug=slug).first()
            found.append(section or front.add_child(instance=SectionPage(title=title, slug=slug)))
        self.filled.section = found[0].get_absolute_url()
        return found

    # Comments and votes ----------------------------------------------------------------------------------------------

    def ballots(self, comment: int) -> tuple[int, int, int]:
        """(votes, ups among them, number of the first voter): the others follow one another."""
        mixed = comment * 2654435761 & 0xFFFFFFFF
        votes = (mixed >> 8) % (MOST_VOTES + 1)
        return votes, votes - (mixed >> 16) % (votes // 2 + 1), (mixed >> 4) % (self.plan.members - MOST_VOTES)

    def write_comments(self) -> None:
        write(
            Thread,
            ("id", "story_id", "comment_count", "version", "last_comment_at"),
            (
                (self.threads + n, self.stories + n, length, length, moment(self.published(n) + TODAY / 2))
                for n, length in enumerate(self.lengths)
            ),
        )
        names = ("id", "thread_id", "author_id", "parent_id", "root_id", "path", "depth", "created_at")
        counted = ("version", "first_version", "up", "down", "popularity", "common_ground", "agreement")
        write(Comment, (*names, *counted, "source", "html", "plain"), self._comment_rows())
        quotes, mentions = after(Quote), after(Mention)
        write(Quote, ("id", "comment_id", "quoted_id"), ((quotes + n, *pair) for n, pair in enumerate(self._quotes)))
        write(
            Mention,
            ("id", "comment_id", "reader_id"),
            ((mentions + n, *pair) for n, pair in enumerate(self._mentions)),
        )

    def _comment_rows(self) -> Iterator[tuple[Any, ...]]:
        pk = self.comments
        for n, length in enumerate(self.lengths):
            begin, step = self.published(n), TODAY / 2 / length
            recent: list[tuple[int, int, str, int, int]] = []
            for place in range(length):
                row, mine = self._comment(pk, self.threads + n, place, recent)
                yield (
                    *row,
                    moment(begin + step * (place + 1)),
                    place + 1,
                    place + 1,
                    *self._counters(pk),
                    *self._text(pk),
                )
                recent.append(mine)
                if len(recent) > RECENT:
                    del recent[0]
                pk += 1

    def _comment(self, pk: int, thread: int, place: int, recent: list[Any]) -> tuple[tuple[Any, ...], Any]:
        """The columns from id to depth, and what its answers need of it: (id, root, path, depth, author)."""
        votes, _ups, first = self.ballots(pk)
        author = int(self.plan.members * self.rng.random() ** 2)
        if first <= author < first + votes:
            author = first + votes
        parent: Any = self.rng.choice(recent) if place and self.rng.random() < 0.4 else None
        root, path, depth = pk, "", 0
        if parent is not None:
            root, depth = parent[1], min(parent[3] + 1, DEEPEST)
            above = parent[2][:-SEGMENT] if parent[3] == DEEPEST else parent[2]
            path = f"{above}{pk:0{SEGMENT}d}"
            if pk % 10 == 0:
                self._quotes.append((pk, parent[0]))
            if pk % 20 == 1 and parent[4] != author:
                self._mentions.append((pk, self.readers + parent[4]))
        row = (pk, thread, self.readers + author, parent[0] if parent else None, root, path, depth)
        return row, (pk, root, path, depth, author)

    def _counters(self, pk: int) -> tuple[int, int, float, float, str]:
        """Ups, downs, and where popularity and common ground put the comment, with how each of two camps rates it."""
        votes, ups, _first = self.ballots(pk)
        key = (ups, votes - ups)
        if key not in self._wilson:
            self._wilson[key] = wilson(*key) if votes else 0.0
        one, other = (votes + 1) // 2, votes // 2
        agreement = f"{ups - ups // 2}/{one},{ups // 2}/{other}" if other else ""
        return (*key, self._wilson[key], pk % 997 / 997 - 0.5, agreement)

    def _text(self, pk: int) -> tuple[str, str, str]:
        piece = self.pieces[pk % len(self.pieces)]
        return piece.source, piece.html, piece.plain

    def write_votes(self) -> None:
        at = moment(self.now - timedelta(days=1))
        names = ("id", "comment_id", "reader_id", "value", "changed_at")
        write(Vote, names, self._vote_rows(at))

    def _vote_rows(self, at: str) -> Iterator[tuple[Any, ...]]:
        pk = self.votes
        for comment in range(self.comments, self.comments + sum(self.lengths)):
            votes, ups, first = self.ballots(comment)
            for n in range(votes):
                yield pk, comment, self.readers + first + n, 1 if n < ups else -1, at
                pk += 1
        self.filled.votes = pk - self.votes

    # Search ----------------------------------------------------------------------------------------------------------

    def write_search(self) -> None:
        # Not looked up within: while rows are copied, the connection answers nothing else.
        rows = self._entry_rows(after(Entry), moment(self.now))
        write(Entry, ("id", "story_id", "comment_id", "title", "body", "indexed_at"), rows)
        count, pk = len(self.lengths), after(Likeness)
        pairs = ((n, (n + step) % count, step) for n in range(count) for step in range(1, min(7, count)))
        write(
            Likeness,
            ("id", "story_id", "other_id", "score"),
            ((pk + n, self.stories + a, self.stories + b, 1 / (1 + step)) for n, (a, b, step) in enumerate(pairs)),
        )
        # The worker has seen all of it.
        Look.objects.update_or_create(
            name="comments", defaults={"last_id": self.comments + sum(self.lengths) - 1, "looked_at": self.now}
        )
        Look.objects.update_or_create(
            name="stories", defaults={"last_id": self.stories + len(self.lengths) - 1, "looked_at": self.now}
        )

    def _entry_rows(self, pk: int, at: str) -> Iterator[tuple[Any, ...]]:
        """Story by story, the oldest first: as the worker would have found them."""
        comment = self.comments + sum(self.lengths)
        for n in reversed(range(len(self.lengths))):
            yield pk, self.stories + n, None, self._headlines[n], "", at
            pk, comment = pk + 1, comment - self.lengths[n]
            for written in range(comment, comment + self.lengths[n]):
                yield pk, self.stories + n, written, "", self.pieces[written % len(self.pieces)].searchable, at
                pk += 1
