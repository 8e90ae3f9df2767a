"""Carries out the planned discussions through the actions of comments, in the order of time, so that every limit holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from kakehashi.archive.demo.desk import Desk
from kakehashi.archive.demo.fates import HELD, REMOVED, WITHDRAWN
from kakehashi.archive.demo.talk import Remark
from kakehashi.archive.demo.votes import Ballot
from kakehashi.comments import actions
from kakehashi.comments.actions.threads import newsroom
from kakehashi.comments.models import Comment, CommentState, Thread, ThreadState
from kakehashi.moderation.checks.gate import let_in
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage

Progress = Callable[[str, int, int], None]
# Progress is told once for so many rows.
EVERY = 250


class Discussion:
    """The discussions of one newsroom while they are made."""

    def __init__(
        self,
        *,
        stories: Mapping[str, StoryPage],
        readers: Mapping[str, Reader],
        desk: Desk,
        rng: Random,
        now: datetime,
        progress: Progress,
    ) -> None:
        self.readers, self.desk, self.rng, self.now, self.progress = readers, desk, rng, now, progress
        self.newsroom = newsroom()
        self.threads: dict[str, Thread] = {slug: actions.thread_for(story) for slug, story in stories.items()}
        self.comments: dict[Remark, Comment] = {}

    def post(self, remarks: Sequence[Remark]) -> None:
        """Post every remark at its time, in the order given; where comments are held first, the moderator lets most through."""
        began: dict[str, Remark] = {}
        for remark in remarks:
            if remark.story.thread == ThreadState.HELD_FIRST:
                began.setdefault(remark.story.slug, remark)
        for slug, first in began.items():
            self.desk.set_thread(self.threads[slug], first.story, first.at)
        for done, remark in enumerate(remarks):
            if done % EVERY == 0:
                self.progress("Writing comments", done, len(remarks))
            self.comments[remark] = self._import(remark) if remark.story.archived_votes else self._post(remark)

    def _post(self, remark: Remark) -> Comment:
        author = self.readers[remark.author.name]
        comment = actions.post_comment(
            author=author,
            source=remark.source,
            thread=self.threads[remark.story.slug],
            parent=self.comments[remark.parent] if remark.parent else None,
            quoted=self.comments[remark.quoted] if remark.quoted else None,
            newsroom=self.newsroom,
            look=let_in,
            now=remark.at,
        )
        if remark.edit:
            later = remark.at + timedelta(seconds=self.rng.randint(70, 280))
            comment = actions.edit_comment(actor=author, comment=comment, source=remark.edit, now=later)
        if remark.case is not None:
            return self.desk.judge(comment, remark.case, remark.at)
        if comment.state == CommentState.HELD and remark.fate != HELD:
            comment = self.desk.let_through(comment, remark.at + timedelta(minutes=1))
        return comment

    def _import(self, remark: Remark) -> Comment:
        """The oldest threads came over from an older site, and of their votes only the totals are left."""
        return actions.import_comment(
            thread=self.threads[remark.story.slug],
            source=remark.source,
            created_at=remark.at,
            author=self.readers[remark.author.name],
            parent=self.comments[remark.parent] if remark.parent else None,
            quoted=self.comments[remark.quoted] if remark.quoted else None,
            archived=self._totals(remark),
        )

    def _totals(self, remark: Remark) -> actions.Totals:
        up = int(self.rng.lognormvariate(2.0 + 0.5 * remark.quality, 0.7))
        down = int(self.rng.lognormvariate(1.2 + 0.8 * abs(remark.position) - 0.5 * remark.quality, 0.7))
        # The old site counted late: now and then its net was a little off.
        return actions.Totals(net=up - down + self.rng.choice((0, 0, 0, 0, 1, -1)), up=up, down=down)

    def vote(self, ballots: Sequence[Ballot]) -> None:
        """Cast every vote at its time."""
        for done, ballot in enumerate(ballots):
            if done % (EVERY * 4) == 0:
                self.progress("Casting votes", done, len(ballots))
            actions.cast_vote(
                reader=self.readers[ballot.voter.name],
                comment=self.comments[ballot.remark],
                value=ballot.value,
                now=ballot.at,
            )

    def finish(self, remarks: Sequence[Remark]) -> None:
        """Close the threads that an editor wanted closed, and remove and withdraw what is to go."""
        ended = {remark.story.slug: remark for remark in remarks if remark.story.thread == ThreadState.CLOSED}
        for slug, last in ended.items():
            self.desk.set_thread(self.threads[slug], last.story, min(self.now, last.at + timedelta(hours=1)))
        for remark in remarks:
            if remark.fate == REMOVED:
                self.desk.remove(self.comments[remark], remark.at + timedelta(hours=2))
            elif remark.fate == WITHDRAWN:
                at = min(self.now, remark.at + timedelta(minutes=50))
                author = self.readers[remark.author.name]
                actions.withdraw_comment(actor=author, comment=self.comments[remark], now=at)
        self.desk.finish()
