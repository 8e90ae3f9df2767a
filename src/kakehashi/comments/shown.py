"""What stands around a page of comments: facts for its templates, and the addresses of its other pages and orders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from kakehashi.comments.models import ThreadState, Waits, waits_sentence
from kakehashi.comments.orders import Choice
from kakehashi.readers.models import CommentLayout, CommentOrder


@dataclass(frozen=True)
class Door:
    """Whether a comment can be written now, and by this reader."""

    is_open: bool
    closes_at: datetime | None
    is_member: bool
    is_suspended: bool
    # A moderator's warning waits to be read.
    is_warned: bool = False
    # Why what this reader writes here waits for a moderator (comments.models.Waits); empty: it need not.
    waits_for: str = ""
    # What the hour does to new comments, in a sentence (comments.lulls); empty: nothing.
    lull: str = ""
    is_closed_by_hours: bool = False
    # Why a moderator has closed it, or reads first what is written: the number of the rule (0: not told), and words.
    rule_number: int = 0
    reason: str = ""

    @property
    def can_comment(self) -> bool:
        return self.is_open and self.is_member and not self.is_suspended and not self.is_warned


@dataclass(frozen=True)
class Discussion:
    """All that the frame of a discussion depends on: where two are equal, so is the HTML around their comments.

    Counts and names are not in it: they are filled in. `length` is 0, 1 or 2: none, one or more comments listed.
    """

    language: str
    edition: int
    story_id: int
    path: str
    comment_max: int
    thread_state: str
    door: Door
    is_moderator: bool
    choice: Choice
    usual: Choice
    pages: int
    length: int
    has_people: bool

    @property
    def waits(self) -> str:
        """The sentence that says so before anybody writes."""
        if self.door.waits_for == Waits.HOURS:
            return self.door.lull
        return " ".join(filter(None, (waits_sentence(self.door.waits_for), self.door.lull)))

    @property
    def place_of_news(self) -> str:
        """Where the page's script puts new comments: `append` them to the list, `prepend` them, or "": on another page."""
        here = self.choice
        if here.order == CommentOrder.NEWEST and not here.is_nested:
            return "prepend" if here.page == 1 else ""
        if here.order == CommentOrder.OLDEST and not here.is_nested:
            return "append" if here.page == self.pages else ""
        return "append"

    @property
    def at(self) -> str:
        """Begins the addresses of what belongs to this discussion."""
        return f"/story/{self.story_id}/"

    @property
    def here(self) -> str:
        """Order, layout and page of what is shown, as the part of an address after `?`."""
        return self.choice.query(page=self.choice.page)

    @property
    def thread_states(self) -> list[tuple[str, str]]:
        """(state, verb) of what a moderator may make of the thread, which is something else now."""
        verbs = {
            ThreadState.OPEN: _("Open"),
            ThreadState.HELD_FIRST: _("Read comments first"),
            ThreadState.CLOSED: _("Close"),
        }
        return [(state.value, verb) for state, verb in verbs.items() if state != self.thread_state]

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        """(label, address, is it this one) of every order."""
        return [
            (str(order.label), self._address(replace(self.choice, order=order.value)), order == self.choice.order)
            for order in CommentOrder
        ]

    @property
    def layouts(self) -> list[tuple[str, str, bool]]:
        """(label, address, is it this one) of both layouts."""
        labels = {CommentLayout.FLAT: _("One after another"), CommentLayout.NESTED: _("With answers below")}
        return [
            (labels[layout], self._address(replace(self.choice, layout=layout.value)), layout == self.choice.layout)
            for layout in CommentLayout
        ]

    @property
    def page_links(self) -> list[tuple[int, str, bool]]:
        """(number, address, is it this one): the first, the last and those around this one."""
        here = self.choice.page
        numbers = sorted({1, self.pages} | {n for n in range(here - 2, here + 3) if 1 <= n <= self.pages})
        return [(number, self._address(self.choice, number, usual=self.usual), number == here) for number in numbers]

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
        return self._address(self.choice, number, usual=self.usual) if 1 <= number <= self.pages else ""

    def _address(self, choice: Choice, page: int = 1, *, usual: Choice | None = None) -> str:
        return address(self.path, choice, page, usual=usual)


def address(
    path: str, choice: Choice, page: int = 1, fragment: str = "comments", *, usual: Choice | None = None
) -> str:
    """The story's path with order, layout (where not the `usual` ones) and page, at the fragment."""
    query = choice.query(page=page, usual=usual)
    return f"{path}{'?' if query else ''}{query}#{fragment}"


def answer_query(path: str, choice: Choice, *, usual: Choice) -> str:
    """Begins the address of "Answer" and "Quote" links: the same page of the same story, and one value more."""
    query = choice.query(page=choice.page, usual=usual)
    return f"{path}?{query}{'&' if query else ''}"
