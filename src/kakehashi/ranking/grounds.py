"""Where the readers of one discussion agree and split, as it may be shown at this moment.

The worker chose the comments some time ago (`OpinionMap`); whether each still stands, what it says and how it is rated is
read anew for each version of the thread, so that what a moderator removed goes from here as fast as from the discussion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from weakref import WeakKeyDictionary

from django.db.models.functions import Coalesce, Left
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from kakehashi.comments.models import Comment
from kakehashi.comments.page import Visit
from kakehashi.comments.rules import shows_votes_from
from kakehashi.comments.scenes import Scene
from kakehashi.comments.viewing import comment_address
from kakehashi.lib import text
from kakehashi.ranking import charts, tallies
from kakehashi.ranking.charts import Chart
from kakehashi.ranking.enough import (
    AGREED_ON_PAGE,
    DIVIDED_ON_PAGE,
    LEAST_COMMENTS,
    LEAST_GROUP,
    TYPICAL,
)
from kakehashi.ranking.models import OpinionMap
from kakehashi.ranking.tallies import Tally
from kakehashi.stories.models import VoteDisplay

# Of a comment's words: in the box, on the page, and where it stands for a camp.
BRIEF, WORDS, NAME = 120, 320, 70


@dataclass(frozen=True)
class Voice:
    """A comment that everybody may read, with how each camp rates it."""

    pk: int
    author_id: int | None
    writer: str
    plain: str
    # Moves with every vote, and nobody sees it.
    common_ground: float = field(compare=False)
    tallies: tuple[Tally, ...]

    @property
    def address(self) -> str:
        """Leads to the comment in its place."""
        return comment_address(self.pk)

    @property
    def brief(self) -> str:
        return text.excerpt(self.plain, BRIEF)

    @property
    def words(self) -> str:
        return text.excerpt(self.plain, WORDS)

    @property
    def name(self) -> str:
        return text.excerpt(self.plain, NAME)


@dataclass(frozen=True)
class Camp:
    """Readers who tend to agree with `typical`; `readers` is 0 where too few belong clearly to it to be counted."""

    number: int
    key: SafeString
    readers: int
    typical: tuple[Voice, ...]


@dataclass(frozen=True, eq=False)
class Ground:
    """All that is shown of one discussion. `shows_figures` is False where the section does not tell how votes split."""

    agreed: tuple[Voice, ...]
    divided: tuple[Voice, ...]
    camps: tuple[Camp, ...]
    chart: Chart
    shows_figures: bool

    def looks_like(self, other: Ground | None) -> bool:
        return other is not None and vars(self) == vars(other)

    @property
    def is_two_sided(self) -> bool:
        return len(self.camps) == 2

    @property
    def picture(self) -> SafeString:
        return self.drawn(self.chart.svg)

    def drawn(self, svg: str) -> SafeString:
        """A picture of the map, with its words."""
        told = ngettext(
            "%(readers)s reader, in groups of at least %(least)s. Readers who vote alike stand close together.",
            "%(readers)s readers, in groups of at least %(least)s. Readers who vote alike stand close together.",
            self.chart.voters,
        )
        description = told % {"readers": self.chart.voters, "least": LEAST_GROUP}
        return charts.picture(svg, title=_("Map of this discussion"), description=description)

    @property
    def groups(self) -> list[tuple[Camp, charts.Group]]:
        """The map in rows: camp by camp, from left to right."""
        ordered = sorted(self.chart.groups, key=lambda group: (group.camp, group.x, group.y))
        return [(self.camps[group.camp], group) for group in ordered]

    @property
    def authors(self) -> frozenset[int | None]:
        typical = (voice for camp in self.camps for voice in camp.typical)
        return frozenset(voice.author_id for voice in (*self.agreed, *self.divided, *typical))

    def without(self, authors: frozenset[int]) -> Ground:
        """Without what these people wrote."""
        agreed, divided = _without(self.agreed, authors), _without(self.divided, authors)
        camps = tuple(replace(camp, typical=_without(camp.typical, authors)) for camp in self.camps)
        return replace(self, agreed=agreed, divided=divided, camps=camps)


def _without(voices: Sequence[Voice], authors: frozenset[int]) -> tuple[Voice, ...]:
    return tuple(voice for voice in voices if voice.author_id not in authors)


@dataclass
class _Kept:
    """What is remembered beside a scene, which lasts for an edition and at most a minute."""

    chart: Chart | None
    # By language: (version of the thread, until when, what there is to show).
    grounds: dict[str, tuple[int, datetime | None, Ground | None]] = field(default_factory=dict)


_kept: WeakKeyDictionary[Scene, _Kept] = WeakKeyDictionary()


def ground_of(visit: Visit) -> Ground | None:
    """What there is to show of the discussion visited, the same for all readers of a language; None where its votes
    show nothing yet. One query for a version of the thread, one more for a scene; none where both are known."""
    kept = _kept.get(visit.scene)
    if kept is None:
        kept = _kept[visit.scene] = _Kept(_chart(visit.standing.thread_id))
    if kept.chart is None:
        return None
    language, version = get_language() or "", visit.standing.version
    found = kept.grounds.get(language)
    if found is None or found[0] != version or (found[1] is not None and visit.now >= found[1]):
        before = found[2] if found is not None else None
        until, ground = _ground(visit, kept.chart)
        # What was made of the same is found again.
        found = version, until, before if ground is not None and ground.looks_like(before) else ground
        kept.grounds[language] = found
    return found[2]


def holds_until(visit: Visit) -> datetime | None:
    """When more is to be shown of the discussion by itself, because votes come out of hiding; None: never."""
    kept = _kept.get(visit.scene)
    found = kept.grounds.get(get_language() or "") if kept is not None else None
    return found[1] if found is not None else None


def _chart(thread_id: int | None) -> Chart | None:
    if thread_id is None:
        return None
    content = OpinionMap.objects.filter(pk=thread_id).values_list("content", flat=True).first()
    return Chart.read(content) if content else None


def _ground(visit: Visit, chart: Chart) -> tuple[datetime | None, Ground | None]:
    """Until when it holds by itself, and what there is to show."""
    section, now = visit.scene.section, visit.now
    voices, until = [], None
    for voice, created_at in _voices(chart.comments):
        since = shows_votes_from(section.vote_display, section.votes_hidden_hours, created_at)
        if since is None or now >= since:
            voices.append(voice)
        else:
            until = min(since, until or since)
    voices = [voice for voice in tallies.weighed(voices) if len(voice.tallies) == len(chart.readers)]
    if len(voices) < LEAST_COMMENTS:
        return until, None
    return until, Ground(
        agreed=tuple(tallies.agreed(voices)[:AGREED_ON_PAGE]),
        divided=tuple(tallies.divided(voices)[:DIVIDED_ON_PAGE]),
        camps=tuple(_camp(camp, chart, voices) for camp in range(len(chart.readers))),
        chart=chart,
        shows_figures=section.vote_display != VoteDisplay.NET,
    )


def _voices(ids: Sequence[int]) -> list[tuple[Voice, datetime]]:
    """Those of the comments that everybody may read, and when each was written: one query."""
    wanted = Comment.objects.visible().filter(pk__in=ids)
    writer, beginning = Coalesce("author__name", "author_name"), Left("plain", 3 * WORDS)
    columns = wanted.values_list("pk", "author_id", writer, beginning, "common_ground", "agreement", "created_at")
    return [
        (Voice(pk, author_id, name or _("A reader"), plain, score, tallies.tallies_of(agreement)), created_at)
        for pk, author_id, name, plain, score, agreement, created_at in columns
    ]


def _camp(camp: int, chart: Chart, voices: Sequence[Voice]) -> Camp:
    readers = chart.readers[camp]
    return Camp(
        number=camp + 1,
        key=mark_safe(chart.keys[camp]),
        readers=readers if readers >= LEAST_GROUP else 0,
        typical=tuple(tallies.typical(voices, camp)[:TYPICAL]),
    )
