"""A discussion as one reader sees it: what the templates read, with no query left to make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from kakehashi.comments import rules
from kakehashi.comments.models import Comment, CommentState, Thread, ThreadState
from kakehashi.comments.orders import Choice, preferred
from kakehashi.readers.models import CommentLayout, CommentOrder, Reader
from kakehashi.stories.models import NewsroomSettings, StoryPage, VoteDisplay


@dataclass(frozen=True)
class Viewer:
    """Who looks at a page of comments, and what is theirs on it."""

    reader: Reader | None
    votes: dict[int, int]
    muted: frozenset[int]
    # Ids of the comments on the same page.
    here: frozenset[int]
    vote_display: str
    votes_hidden_hours: int
    now: datetime
    # Begins the addresses of "Answer" and "Quote" links; empty where the reader cannot comment.
    answer_query: str = ""


@dataclass(frozen=True)
class Shown:
    """One comment, with everything that depends on who looks."""

    comment: Comment
    viewer: Viewer
    quoted: list[Comment]
    is_nested: bool = False

    @property
    def is_readable(self) -> bool:
        return rules.can_read(self.viewer.reader, self.comment)

    @property
    def note(self) -> str:
        """What stands in the place of a comment that is not simply visible, or above it; else empty."""
        match self.comment.state:
            case CommentState.HELD:
                return _("Waits for a moderator: nobody else sees it yet.")
            case CommentState.REMOVED:
                return _("A moderator has removed this comment.")
            case CommentState.WITHDRAWN:
                return _("Its author has withdrawn this comment.")
        return ""

    @property
    def is_collapsed(self) -> bool:
        """Written by a member whom the reader has muted."""
        return self.comment.author_id in self.viewer.muted

    @property
    def own_vote(self) -> int:
        return self.viewer.votes.get(self.comment.pk, 0)

    @property
    def shows_votes(self) -> bool:
        viewer = self.viewer
        return rules.shows_votes(viewer.vote_display, viewer.votes_hidden_hours, self.comment, viewer.now)

    @property
    def score(self) -> str:
        """`2 ( +3 / -1 )`, or the net alone where the section wants that; empty while votes are hidden."""
        if not self.shows_votes:
            return ""
        comment = self.comment
        if self.viewer.vote_display == VoteDisplay.NET:
            return str(comment.net)
        return f"{comment.net} ( +{comment.total_up} / -{comment.total_down} )"

    @property
    def answers(self) -> tuple[str, str] | None:
        """(address, name) of the comment that this one answers; None for one that answers the story."""
        parent = self.comment.parent
        if parent is None or not rules.can_see(self.viewer.reader, parent):
            return None
        name = parent.writer if rules.can_read(self.viewer.reader, parent) else _("a comment that is gone")
        return self._address(parent), name

    @property
    def quotes_what_it_answers(self) -> bool:
        return any(quoted.pk == self.comment.parent_id for quoted in self.quoted)

    @property
    def quotes(self) -> list[tuple[str, str]]:
        """(address, name) of each comment quoted, the one answered excepted: one link says both."""
        return [
            (self._address(quoted), quoted.writer)
            for quoted in self.quoted
            if quoted.pk != self.comment.parent_id and rules.can_read(self.viewer.reader, quoted)
        ]

    def _address(self, comment: Comment) -> str:
        if comment.pk in self.viewer.here:
            return f"#c-{comment.pk}"
        return reverse("comment", args=[comment.pk])

    @property
    def can_vote(self) -> bool:
        reader = self.viewer.reader
        if reader is None or not rules.can_write(reader, self.viewer.now):
            return False
        return rules.can_vote(reader, self.comment)

    @property
    def can_answer(self) -> bool:
        return bool(self.viewer.answer_query) and self.comment.is_visible

    @property
    def can_edit(self) -> bool:
        """Only where comments are taken still: an edited comment is a new one to read."""
        return bool(self.viewer.answer_query) and rules.can_edit(self.viewer.reader, self.comment, self.viewer.now)

    @property
    def can_withdraw(self) -> bool:
        return rules.can_withdraw(self.viewer.reader, self.comment)

    @property
    def can_moderate(self) -> bool:
        return rules.can_moderate(self.viewer.reader) and self.comment.state != CommentState.WITHDRAWN

    @property
    def moderator_choices(self) -> list[tuple[str, str]]:
        """(state, verb) for each state that the comment is not in."""
        verbs = {
            CommentState.VISIBLE: _("Publish"),
            CommentState.HELD: _("Hold back"),
            CommentState.REMOVED: _("Remove"),
        }
        return [(state.value, verb) for state, verb in verbs.items() if state != self.comment.state]


@dataclass(frozen=True)
class Door:
    """Whether a comment can be written now, and by this reader."""

    newsroom: NewsroomSettings
    is_open: bool
    closes_at: datetime | None
    is_member: bool
    is_suspended: bool

    @property
    def can_comment(self) -> bool:
        return self.is_open and self.is_member and not self.is_suspended


@dataclass(frozen=True)
class Discussion:
    """One page of a story's discussion. `total` counts the places listed, `people` the members who wrote them."""

    story: StoryPage
    thread: Thread
    door: Door
    reader: Reader | None
    choice: Choice
    pages: int
    total: int
    people: int
    comments: list[Shown]

    @property
    def count(self) -> int:
        """Comments that everybody may read."""
        return self.thread.comment_count

    @property
    def is_held_first(self) -> bool:
        return self.thread.state == ThreadState.HELD_FIRST

    @property
    def can_moderate(self) -> bool:
        return rules.can_moderate(self.reader)

    @property
    def thread_states(self) -> list[tuple[str, str]]:
        """(state, verb) of what a moderator may make of the thread."""
        verbs = {
            ThreadState.OPEN: _("Open"),
            ThreadState.HELD_FIRST: _("Read comments first"),
            ThreadState.CLOSED: _("Close"),
        }
        return [(state.value, verb) for state, verb in verbs.items()]

    def address(self, choice: Choice | None = None, page: int = 1, fragment: str = "comments") -> str:
        """Where a part of this discussion stands on the story's page."""
        return discussion_address(self.story, choice or self.choice, page, fragment)

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        """(label, address, is it this one) of every order."""
        return [
            (str(order.label), self.address(replace(self.choice, order=order.value)), order == self.choice.order)
            for order in CommentOrder
        ]

    @property
    def layouts(self) -> list[tuple[str, str, bool]]:
        """(label, address, is it this one) of both layouts."""
        labels = {CommentLayout.FLAT: _("One after another"), CommentLayout.NESTED: _("With answers below")}
        return [
            (labels[layout], self.address(replace(self.choice, layout=layout.value)), layout == self.choice.layout)
            for layout in CommentLayout
        ]

    @property
    def page_links(self) -> list[tuple[int, str, bool]]:
        """(number, address, is it this one): the first, the last and those around this one."""
        here = self.choice.page
        numbers = sorted({1, self.pages} | {n for n in range(here - 2, here + 3) if 1 <= n <= self.pages})
        usual = preferred(self.reader)
        return [
            (number, discussion_address(self.story, self.choice, number, usual=usual), number == here)
            for number in numbers
        ]

    @property
    def previous(self) -> str:
        """Address of the page before; empty on the first."""
        return self._neighbour(-1)

    @property
    def next(self) -> str:
        """Address of the page after; empty on the last."""
        return self._neighbour(1)

    def _neighbour(self, step: int) -> str:
        number = self.choice.page + step
        if not 1 <= number <= self.pages:
            return ""
        return discussion_address(self.story, self.choice, number, usual=preferred(self.reader))


def discussion_address(
    story: StoryPage, choice: Choice, page: int = 1, fragment: str = "comments", *, usual: Choice | None = None
) -> str:
    """The story's path with order, layout (where not the `usual` ones) and page, at the fragment."""
    query = choice.query(page=page, usual=usual)
    return f"{story.get_absolute_url()}{'?' if query else ''}{query}#{fragment}"


def answer_query(story: StoryPage, choice: Choice, *, reader: Reader | None) -> str:
    """Begins the address of "Answer" and "Quote" links: the same page of the same story, and one value more."""
    query = choice.query(page=choice.page, usual=preferred(reader))
    return f"{story.get_absolute_url()}?{query}{'&' if query else ''}"
