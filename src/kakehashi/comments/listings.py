"""One page of a thread at one of its versions: which comments stand on it, and their HTML for each kind of reader.

Shared by all readers of a process. After a change only the comments that changed are read and rendered anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from kakehashi.comments import articles, queries, reasons, rows, rules, schema
from kakehashi.comments.articles import Look, Own
from kakehashi.comments.models import CommentState
from kakehashi.comments.orders import Choice
from kakehashi.comments.reasons import Reason
from kakehashi.comments.rows import Row
from kakehashi.lib.memo import Memo
from kakehashi.readers.models import CommentOrder, Reader


@dataclass(frozen=True, slots=True)
class Piece:
    """The HTML of one comment, and what it was made from: it holds for the same row beside the same neighbours, and the same
    reason to stand there."""

    row: Row
    near: frozenset[int]
    until: datetime | None
    html: bytes
    reason: Reason


@dataclass(slots=True)
class Sheet:
    """Every comment of a page for one look, in HTML and as `data` for machines once asked for; `until`: when one of
    them begins to show its score."""

    html: list[bytes]
    until: datetime | None
    data: bytes | None = None


@dataclass(frozen=True)
class Listing:
    """`total` counts the places listed on all `pages`, `people` the members who wrote there.

    `waiting` are the authors of comments that wait for a moderator: each sees more places than others do. `reasons` says
    of some of the first comments, by id, why they stand there: it moves with the ranking and not with their versions.
    """

    version: int
    choice: Choice
    pages: int
    total: int
    people: int
    waiting: frozenset[int]
    rows: list[Row]
    here: frozenset[int]
    reasons: dict[int, Reason]
    sheets: dict[Look, Sheet] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[int, int]:
        """Where each comment stands in `rows`, by id."""
        return {row.pk: place for place, row in enumerate(self.rows)}

    @cached_property
    def places_by_author(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for place, row in enumerate(self.rows):
            if row.author_id is not None:
                found.setdefault(row.author_id, []).append(place)
        return found

    def sheet(self, look: Look, now: datetime) -> Sheet:
        """The HTML of all comments for readers of whom none is theirs, voted on or muted."""
        found = self.sheets.get(look)
        if found is None or not _holds(found.until, now):
            pieces = [self.piece(row, look, now) for row in self.rows]
            found = Sheet([made.html for made in pieces], earliest(made.until for made in pieces))
            self.sheets[look] = found
        return found

    def piece(self, row: Row, look: Look, now: datetime, *, vote: int = 0, is_muted: bool = False) -> Piece:
        """One of its comments, as `piece`."""
        found = self.reasons.get(row.pk, ())
        return piece(row, look, self.here, now, vote=vote, is_muted=is_muted, reason=found)

    def data(self, look: Look, now: datetime) -> bytes:
        """What machines read of the comments, as the inside of a JSON list."""
        sheet = self.sheet(look, now)
        if sheet.data is None:
            sheet.data = b",".join(filter(None, (schema.entry(row, look, now) for row in self.rows)))
        return sheet.data


_listings: Memo[tuple[object, ...], Listing] = Memo(10_000)
# The last value of the key: whether it says why the comment stands there.
_pieces: Memo[tuple[int, Look, int, bool, bool], Piece] = Memo(20_000)


def piece(
    row: Row,
    look: Look,
    here: frozenset[int],
    now: datetime,
    *,
    vote: int = 0,
    is_muted: bool = False,
    reason: Reason = (),
) -> Piece:
    """The comment for everybody of this look who voted so, or mutes its author; with the `reason` why it stands there."""
    key = row.pk, look, vote, is_muted, bool(reason)
    near = row.refers_to & here
    found = _pieces.get(key)
    is_old = found is None or found.row is not row or found.near != near or found.reason != reason
    if found is None or is_old or not _holds(found.until, now):
        html = articles.article(row, look, here, now, Own(vote=vote, is_muted=is_muted), reason).encode()
        since = look.shows_votes_from(row)
        found = Piece(row, near, since if since is not None and now < since else None, html, reason)
        _pieces.put(key, found)
    return found


def _holds(until: datetime | None, now: datetime) -> bool:
    return until is None or now < until


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def listing(
    thread_id: int | None, version: int, choice: Choice, size: int, reader: Reader | None, section: int
) -> Listing:
    """The page that `reader` sees, under a story of that section; one past the last gives the last.

    No query where this version of it is known; else three, and two more for comments that changed.
    """
    if thread_id is None:
        return Listing(version, replace(choice, page=1), 1, 0, 0, frozenset(), [], frozenset(), {})
    sees_all = rules.can_moderate(reader, section)
    key = thread_id, size, sees_all, choice
    found = _listings.get(key)
    if found is None or found.version != version:
        found = _listing(thread_id, version, choice, size, reader if sees_all else None, section)
        if found.choice == choice:
            _listings.put(key, found, weight=len(found.rows) + 1)
    if reader is not None and not sees_all and reader.pk in found.waiting:
        return _listing(thread_id, version, choice, size, reader, section)
    return found


def _listing(thread_id: int, version: int, choice: Choice, size: int, reader: Reader | None, section: int) -> Listing:
    total, people = queries.count_places(thread_id, reader, section)
    pages = max(1, -(-total // size))
    choice = replace(choice, page=max(1, min(choice.page, pages)))
    placed = queries.places(thread_id, reader, section, choice, size) if total else []
    found = rows.rows_of([(pk, row_version) for pk, row_version, _agreement in placed])
    return Listing(
        version=version,
        choice=choice,
        pages=pages,
        total=total,
        people=people,
        waiting=queries.waiting(thread_id),
        rows=found,
        here=frozenset(row.pk for row in found),
        reasons=_reasons(choice, found, {pk: agreement for pk, _version, agreement in placed}),
    )


def _reasons(choice: Choice, found: list[Row], agreements: dict[int, str]) -> dict[int, Reason]:
    """Why the first comments stand there, as far as there is something to say of them."""
    if choice.order != CommentOrder.COMMON_GROUND or choice.page > 1:
        return {}
    first = [row for row in found if row.state == CommentState.VISIBLE and not (choice.is_nested and row.depth)]
    told = {row.pk: reasons.reason(agreements[row.pk]) for row in first[: reasons.FIRST]}
    return {pk: reason for pk, reason in told.items() if reason}


def shared_texts() -> list[bytes]:
    """Whatever is kept here for more than one reader."""
    sheets = [sheet for found in _listings.values() for sheet in found.sheets.values()]
    return [piece.html for piece in _pieces.values()] + [html for sheet in sheets for html in sheet.html]


def forget() -> None:
    """Begin anew, as after a start."""
    rows.forget()
    schema.forget()
    _listings.clear()
    _pieces.clear()
