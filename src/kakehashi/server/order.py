"""Is what the site holds as it should be? Found in stretches, on a running site, and mended where that can be done.

Each query sees one moment, in which counters and rows agree, so nothing is found that is only happening.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection, models
from django.utils import timezone

from kakehashi.comments.actions import recounting, trees
from kakehashi.comments.models import Comment, Thread
from kakehashi.moderation import actions as moderation_actions
from kakehashi.moderation.actions import learning
from kakehashi.moderation.actions import waiting as queue
from kakehashi.moderation.model import versions as model_versions
from kakehashi.ranking import actions as ranking_actions
from kakehashi.ranking import queries as ranking
from kakehashi.search import actions as search
from kakehashi.server.backup.making import plain_files
from kakehashi.stories.actions import find_misplaced, new_edition, place_story
from kakehashi.stories.models import StoryPage

# (what is looked at, stretches done, of how many)
Progress = Callable[[str, int, int], None]

EXAMPLES = 5
FILES_AT_ONCE = 400
# A file this young may belong to a row that is about to be written.
YOUNG_SECONDS = 3600
SESSIONS_SINCE = timedelta(days=1)


@dataclass
class Finding:
    """`found` things of a kind, `mended` of them. Where not `is_wrong`, they are worth knowing and do no harm.

    `examples`: ids or names of the first few.
    """

    name: str
    what: str
    is_wrong: bool = True
    found: int = 0
    mended: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.is_wrong and self.found > self.mended

    def add(self, things: Any, *, count: int | None = None, mended: int = 0) -> None:
        names = [str(thing) for thing in things]
        self.found += len(names) if count is None else count
        self.mended += mended
        self.examples += names[: EXAMPLES - len(self.examples)]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Checking:
    """One round of looking; `findings` fills as it goes."""

    def __init__(self, *, mend: bool, now: datetime | None = None, progress: Progress | None = None) -> None:
        self.mend = mend
        self.now = now or timezone.now()
        self.findings: list[Finding] = []
        self._progress = progress

    def run(self) -> list[Finding]:
        """Everything, what others rest on first."""
        for look in (self.sections, self.places, self.versions, self.counters, self.index, self.ranking, self.queue):
            look()
        for look in (self.model, self.dangling, self.sessions, self.media):
            look()
        return self.findings

    def _finding(self, name: str, what: str, *, is_wrong: bool = True) -> Finding:
        self.findings.append(Finding(name, what, is_wrong))
        return self.findings[-1]

    def _stretches(self, finding: Finding, model: type[models.Model]) -> Iterator[tuple[int, int]]:
        stretches = list(recounting.ranges(model))
        for done, stretch in enumerate(stretches):
            self._say(finding, done, len(stretches))
            yield stretch

    def _say(self, finding: Finding, done: int, total: int) -> None:
        if self._progress:
            self._progress(finding.what, done, total)

    def sections(self) -> None:
        finding = self._finding("sections", "stories that are listed in another section than theirs")
        for first, last in self._stretches(finding, StoryPage):
            found = find_misplaced(first=first, last=last)
            if self.mend and found:
                for story in found:
                    place_story(pk=story)
                new_edition()
            finding.add(found, mended=len(found) if self.mend else 0)

    def places(self) -> None:
        finding = self._finding("places", "comments in a wrong place of their thread's tree")
        for first, last in self._stretches(finding, Comment):
            found = [comment for comment, _thread in trees.find_misplaced(first, last)]
            if found and self.mend:
                done = trees.replace_misplaced(first=first, last=last)
                left = len(trees.find_misplaced(first, last))
                finding.add(found, count=max(done, len(found)), mended=max(done, len(found)) - left)
            else:
                finding.add(found)

    def versions(self) -> None:
        finding = self._finding("versions", "threads of a lower version than one of their comments")
        for first, last in self._stretches(finding, Thread):
            found = recounting.find_behind(first, last)
            if self.mend:
                for thread in found:
                    recounting.catch_up(thread_id=thread)
            finding.add(found, mended=len(found) if self.mend else 0)

    def counters(self) -> None:
        """Both kinds first, since one recount of a thread mends both."""
        tallies = self._finding("tallies", "comments whose votes are not counted right")
        counts = self._finding("counts", "threads whose comments are not counted right")
        wrong: dict[int, None] = {}
        for first, last in self._stretches(tallies, Comment):
            found = recounting.find_miscounted_comments(first, last)
            tallies.add(found, count=sum(found.values()))
            wrong |= dict.fromkeys(found)
        for first, last in self._stretches(counts, Thread):
            threads = recounting.find_miscounted_threads(first, last)
            counts.add(threads)
            wrong |= dict.fromkeys(threads)
        if self.mend:
            for done, thread in enumerate(sorted(wrong)):
                self._say(counts, done, len(wrong))
                recounting.recount_thread(thread_id=thread)
            tallies.mended, counts.mended = tallies.found, counts.found

    def index(self) -> None:
        finding = self._finding("index", "comments that the search has lost")
        for first, last in self._stretches(finding, Comment):
            found = search.find_unindexed(first=first, last=last)
            finding.add(found, mended=search.index_again(comments=found, now=self.now) if found and self.mend else 0)

    def ranking(self) -> None:
        """Without the one in use the worker learns anew from nothing, within a minute."""
        finding = self._finding("ranking", "results of the ranking that cannot be read")
        self._say(finding, 0, 0)
        found = ranking.find_unreadable()
        finding.add(found, mended=ranking_actions.forget_models(runs=found) if found and self.mend else 0)

    def model(self) -> None:
        """Without it what was in use before scores comments, or the word list, and the worker trains anew."""
        finding = self._finding("model", "versions of the model of moderation that cannot be read")
        self._say(finding, 0, 0)
        found = model_versions.find_unreadable()
        mended = learning.forget_weights(forgotten=found) if found and self.mend else 0
        finding.add([version.number for version in found], mended=mended)

    def queue(self) -> None:
        finding = self._finding(
            "queue", "comments that wait for a moderator and are not in the queue as they should be"
        )
        for first, last in self._stretches(finding, Comment):
            found = queue.find_unsettled(first=first, last=last, now=self.now)
            if found and self.mend:
                moderation_actions.settle_waiting(comments=found, now=self.now)
            finding.add(found, mended=len(found) if self.mend else 0)

    def dangling(self) -> None:
        """PostgreSQL lets nobody make them; into an SQLite file anybody can write by hand."""
        if connection.vendor != "sqlite":
            return
        finding = self._finding("dangling", "rows that point at a row which is gone")
        self._say(finding, 0, 0)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA foreign_key_check")
            while rows := cursor.fetchmany(FILES_AT_ONCE):
                finding.add(f"{table} {row} to {parent}" for table, row, parent, _key in rows)

    def sessions(self) -> None:
        finding = self._finding("sessions", "sessions that ran out more than a day ago", is_wrong=False)
        stale = Session.objects.filter(expire_date__lt=self.now - SESSIONS_SINCE)
        self._say(finding, 0, 0)
        finding.found = stale.count()
        if self.mend and finding.found:
            finding.mended = stale.delete()[0]

    def media(self) -> None:
        """Only where they lie in a directory: of a bucket its provider knows best."""
        if isinstance(default_storage, FileSystemStorage):
            self._missing_files()
            self._unknown_files()

    def _missing_files(self) -> None:
        resized = self._finding("renditions", "resized pictures whose file is missing")
        originals = self._finding("originals", "pictures and documents whose file is missing")
        for model, name in file_fields():
            is_resized = model._meta.label == "wagtailimages.Rendition"
            finding = resized if is_resized else originals
            rows = model._default_manager.exclude(**{name: ""}).order_by("pk").values_list("pk", name)
            for pk, file in rows.iterator(chunk_size=FILES_AT_ONCE):
                if not Path(settings.MEDIA_ROOT, file).is_file():
                    finding.add([file])
                    if is_resized and self.mend:
                        # Made anew when a page asks for it.
                        finding.mended += model._default_manager.filter(pk=pk).delete()[1].get(model._meta.label, 0)

        if resized.mended:
            # Pages in memory still ask for the old ones.
            new_edition()

    def _unknown_files(self) -> None:
        finding = self._finding("files", "files in media that no row names", is_wrong=False)
        until = time.time() - YOUNG_SECONDS
        root = Path(settings.MEDIA_ROOT)
        files = (inside for path, inside in plain_files(root, [], "media") if _is_older(path, until))
        fields = file_fields()
        while part := set(islice(files, FILES_AT_ONCE)):
            named: set[str] = set()
            asked = [file for file in part if file.isprintable()]
            for model, name in fields:
                named.update(model._default_manager.filter(**{f"{name}__in": asked}).values_list(name, flat=True))
            finding.add(sorted(part - named))


def file_fields() -> list[tuple[type[models.Model], str]]:
    """Every column that names a file."""
    return [
        (model, column.name)
        for model in apps.get_models()
        for column in model._meta.local_concrete_fields
        if isinstance(column, models.FileField)
    ]


def _is_older(path: str, until: float) -> bool:
    try:
        return os.stat(path).st_mtime < until
    except FileNotFoundError:
        return False
