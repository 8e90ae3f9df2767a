"""What a text passes before it becomes a comment. A room above keeps the gate; `KAKEHASHI_COMMENT_GATE` names its function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from kakehashi.comments import rules
from kakehashi.comments.models import Comment
from kakehashi.lib import text
from kakehashi.lib.errors import DomainError
from kakehashi.readers.models import Reader

if TYPE_CHECKING:
    from kakehashi.comments.actions.recent import Recent
    from kakehashi.comments.actions.threads import House


@dataclass(frozen=True)
class Sent:
    """What came with a text besides it: what stands in the field that people do not see, by which sign the writer was
    asked to think again before (empty: not yet), and whether they said then that it is meant as it is."""

    trap: str = ""
    asked: str = ""
    is_meant: bool = False


NOTHING_SENT = Sent()


class Reconsider(DomainError):
    """The writer is asked to think again; sent once more with `asked` (Sent.asked), the text is posted whatever it says."""

    status = 422
    default_code = "reconsider"

    def __init__(self, message: str, *, asked: str) -> None:
        super().__init__(message)
        self.asked = asked


@dataclass(frozen=True)
class Written:
    """A text that somebody wants to post, or to put in the place of `comment`, which they posted; clean and rendered.
    `waits_for`: why it waits whatever stands in it (`Waits`, empty: it need not)."""

    author: Reader
    house: House
    source: str
    rendered: text.Rendered
    now: datetime
    parent: Comment | None = None
    quoted: Comment | None = None
    comment: Comment | None = None
    sent: Sent = NOTHING_SENT
    waits_for: str = ""


class Passage(Protocol):
    """What the gate found in one text."""

    @property
    def waits_for(self) -> str:
        """Why the comment has to wait for a moderator (`Waits`); empty: it need not."""

    @property
    def digest(self) -> int | None:
        """By which the same text is found again; None for one that is too short to say anything by being repeated."""

    def recall(self, recent: Recent) -> None:
        """Look again, now that it is known what was written lately; the author's row is held, so without waiting."""

    def keep(self, comment: Comment) -> None:
        """Write down what was found, in the transaction that has just written the comment."""


class Open:
    """Lets everything pass: for the staff."""

    waits_for = ""
    digest: int | None = None

    def recall(self, recent: Recent) -> None:
        """There is nothing to look for."""

    def keep(self, comment: Comment) -> None:
        """There is nothing to write."""


def pass_through(written: Written) -> Passage:
    """Have a text looked at; nothing is held and no transaction is open meanwhile, so this may take its time.

    Raises `DomainError` with a sentence to the writer where the text is refused, or they are asked to think again.
    """
    if rules.skips_the_wait(written.author, written.house.section_id):
        return Open()
    found: Passage = import_string(settings.KAKEHASHI_COMMENT_GATE)(written)
    return found
