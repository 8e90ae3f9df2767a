"""The SQL of votes, counters and versions, written by hand: it runs more often than anything else that writes.

One text for SQLite (3.35 and later) and PostgreSQL. Counters move by difference, so that a vote costs the same however
many were cast before. Every change raises the thread's version and gives the new one to the comments that look
different from now on.

Locks are taken in this order, everywhere: readers, one's vote, threads by id, and comments only with their thread held.
So nobody who holds a later one ever waits for an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, Count, F, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from kakehashi.comments.models import Comment, CommentState, Quote, Thread
from kakehashi.comments.rules import Z
from kakehashi.lib import hot, together

LOOK = """
SELECT c.thread_id, t.story_id, e.version, c.author_id, COALESCE(a.name, c.author_name), c.state, c.created_at,
    c.archived_net + c.up - c.down, c.archived_up + c.up, c.archived_down + c.down,
    COALESCE((SELECT v.value FROM comments_vote v WHERE v.comment_id = c.id AND v.reader_id = %(reader)s), 0),
    (SELECT COALESCE(SUM(v.changes), 0) FROM comments_vote v
     WHERE v.reader_id = %(reader)s AND v.changed_at > %(votes_since)s),
    (SELECT COUNT(*) FROM comments_vote v JOIN comments_comment k ON k.id = v.comment_id
     WHERE v.reader_id = %(reader)s AND v.changed_at > %(today)s AND v.value = 1 AND k.author_id = c.author_id)
FROM comments_comment c JOIN comments_thread t ON t.id = c.thread_id JOIN wagtailcore_page p ON p.id = t.story_id
LEFT JOIN readers_reader a ON a.id = c.author_id LEFT JOIN stories_edition e ON e.id = 1
WHERE c.id = %(comment)s AND p.live
"""

FAVOURS = """
SELECT COUNT(CASE WHEN k.author_id = %(author)s THEN 1 END), COUNT(CASE WHEN k.thread_id = %(thread)s THEN 1 END),
    COUNT(CASE WHEN k.author_id = %(author)s AND k.thread_id = %(thread)s THEN 1 END)
FROM comments_vote v JOIN comments_comment k ON k.id = v.comment_id
WHERE v.reader_id = %(reader)s AND v.changed_at > %(today)s AND v.value = %(value)s
"""

# Nothing is written where the vote is no longer what the difference was reckoned from. A discounted vote is changed as its
# voter wishes, and moves no counter.
RECORD = """
INSERT INTO comments_vote (comment_id, reader_id, value, changed_at, changes, is_discounted)
VALUES (%(comment)s, %(reader)s, %(value)s, %(now)s, 1, FALSE)
ON CONFLICT (comment_id, reader_id) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at,
    changes = CASE WHEN comments_vote.changed_at > %(votes_since)s THEN comments_vote.changes + 1 ELSE 1 END
WHERE comments_vote.value = %(own)s
RETURNING CASE WHEN is_discounted THEN 0 ELSE %(ups)s END AS ups, CASE WHEN is_discounted THEN 0 ELSE %(downs)s END AS downs
"""

RAISE = "UPDATE comments_thread SET version = version + 1{source} WHERE id = %(thread)s RETURNING version"


def wilson(up: str, down: str) -> str:
    """rules.wilson as SQL, of two expressions."""
    up, down = f"1.0 * ({up})", f"1.0 * ({down})"
    spread = f"{Z} * SQRT({up} * {down} / ({up} + {down}) + {Z * Z / 4})"
    return f"CASE WHEN {up} + {down} = 0 THEN 0 ELSE ({up} + {Z * Z / 2} - {spread}) / ({up} + {down} + {Z * Z}) END"


def _moved(column: str, by: str) -> str:
    """PostgreSQL looks at the constraints of a row before it finds that somebody has changed it meanwhile, and reckons
    anew: then the counter that it reckons from may lack what was discounted when the statement began."""
    return f"CASE WHEN {column} + {by} < 0 THEN 0 ELSE {column} + {by} END"


_UPS, _DOWNS = _moved("up", "{ups}"), _moved("down", "{downs}")
COUNT = f"""
UPDATE comments_comment SET up = {_UPS}, down = {_DOWNS}, version = {{version}},
    popularity = {wilson(f"(archived_up + {_UPS})", f"(archived_down + {_DOWNS})")}
{{source}} WHERE id = %(comment)s
RETURNING archived_net + up - down, archived_up + up, archived_down + down
"""  # noqa: S608 - only constants of ours

# All of a vote in one statement, for PostgreSQL: each part waits for the one before, and the thread's row is held for
# no longer than the commit takes.
VOTE_AT_ONCE = f"WITH vote AS ({RECORD}), thread AS ({RAISE.format(source=' FROM vote')}) " + COUNT.format(
    version="thread.version", ups="vote.ups", downs="vote.downs", source="FROM thread, vote"
)
COUNT_APART = COUNT.format(version="%(version)s", ups="%(ups)s", downs="%(downs)s", source="")
RAISE_APART = RAISE.format(source="")

_LAST = """(
    SELECT c.created_at FROM comments_comment c WHERE c.thread_id = comments_thread.id AND c.state = 'visible'
    ORDER BY c.created_at DESC LIMIT 1)"""

MOVE_THREAD = f"""
UPDATE comments_thread SET version = %(version)s, comment_count = comment_count + %(more)s, last_comment_at = {_LAST}
WHERE id = %(thread)s
"""  # noqa: S608 - only constants of ours

# A comment more, visible or not (`more`), unless the thread's state has changed from `state` (empty: whatever it is).
RAISE_FOR_COMMENT = """
UPDATE comments_thread SET version = version + 1, comment_count = comment_count + %(more)s,
    last_comment_at = CASE WHEN %(more)s = 1 AND (last_comment_at IS NULL OR last_comment_at < %(at)s) THEN %(at)s
        ELSE last_comment_at END
WHERE id = %(thread)s AND (state = %(state)s OR %(state)s = '')
RETURNING version
"""

ANSWERS = """
UPDATE comments_comment SET version = %(version)s WHERE id IN (
    SELECT id FROM comments_comment WHERE parent_id = %(comment)s
    UNION SELECT comment_id FROM comments_quote WHERE quoted_id = %(comment)s)
"""

# With the threads held and raised: what one author wrote, and what answers or quotes that.
WRITTEN = """
UPDATE comments_comment SET version = (SELECT t.version FROM comments_thread t WHERE t.id = comments_comment.thread_id)
WHERE id IN (
    SELECT id FROM comments_comment WHERE author_id = %(author)s
    UNION SELECT a.id FROM comments_comment a JOIN comments_comment c ON a.parent_id = c.id
        WHERE c.author_id = %(author)s
    UNION SELECT q.comment_id FROM comments_quote q JOIN comments_comment c ON q.quoted_id = c.id
        WHERE c.author_id = %(author)s)
"""

TAKE_OFF = """
UPDATE comments_thread SET comment_count = comment_count - gone.n
FROM (SELECT thread_id, COUNT(*) AS n FROM comments_comment WHERE author_id = %s AND state = 'visible'
    GROUP BY thread_id) gone
WHERE gone.thread_id = comments_thread.id
"""


@dataclass(frozen=True)
class Ballot:
    """A comment about to be voted on, with what its score needs to be shown again.

    `own` is the reader's vote so far; `votes` counts towards the limit of a minute, `favours` are the reader's votes up
    on comments of the same author within the day.
    """

    thread_id: int
    story_id: int
    edition: int
    author_id: int | None
    writer: str
    state: str
    created_at: datetime
    net: int
    up: int
    down: int
    own: int
    votes: int
    favours: int


class Cast(NamedTuple):
    """How many votes of one sign a reader has cast: on one member's comments, in one thread, on that member's in it."""

    member: int
    thread: int
    member_in_thread: int


def look(comment_id: int, reader_id: int, *, votes_since: datetime, today: datetime) -> Ballot | None:
    """The comment and what the reader may still do with it. Holds nothing."""
    given = {"comment": comment_id, "reader": reader_id, "votes_since": _moment(votes_since), "today": _moment(today)}
    row = _one(LOOK, given)
    if row is None:
        return None
    thread, story, edition, author, writer, state, created_at, *figures = row
    return Ballot(thread, story, edition or 0, author, writer, state, as_time(created_at), *figures)


def cast_since(reader_id: int, ballot: Ballot, value: int, *, today: datetime) -> Cast:
    """How many votes of this sign the reader has cast since then where the ballot's comment stands."""
    author = ballot.author_id if ballot.author_id is not None else 0
    given = {"reader": reader_id, "author": author, "thread": ballot.thread_id, "value": value, "today": _moment(today)}
    return Cast(*_one(FAVOURS, given))


def count_vote(
    ballot: Ballot, comment_id: int, reader_id: int, value: int, *, now: datetime, votes_since: datetime
) -> tuple[int, int, int] | None:
    """Write the vote and all that follows from it, in one transaction; (net, up, down) with what was archived.

    None where the reader's vote is no longer the ballot's: then nothing is written, and it is time to look again.
    """
    given: dict[str, Any] = {
        "comment": comment_id,
        "reader": reader_id,
        "thread": ballot.thread_id,
        "value": value,
        "own": ballot.own,
        "ups": (value == 1) - (ballot.own == 1),
        "downs": (value == -1) - (ballot.own == -1),
        "now": _moment(now),
        "votes_since": _moment(votes_since),
    }
    if connection.vendor != "postgresql":
        return together.write(lambda: _count_apart(given))
    counted: tuple[int, int, int] | None = _one(VOTE_AT_ONCE, given)
    return counted


def _count_apart(given: dict[str, Any]) -> tuple[int, int, int] | None:
    written = _one(RECORD, given)
    if written is None:
        return None
    (version,) = _one(RAISE_APART, given)
    counted: tuple[int, int, int] = _one(
        COUNT_APART, given | {"version": version, "ups": written[0], "downs": written[1]}
    )
    return counted


def move_thread(thread_id: int, *, version: int, more: int) -> None:
    """Give the thread its next version and `more` visible comments, fewer if negative; the caller holds its lock and
    has written the comments."""
    with connection.cursor() as cursor:
        cursor.execute(MOVE_THREAD, {"thread": thread_id, "version": version, "more": more})


def raise_for_comment(thread_id: int, *, state: str, is_visible: bool, at: datetime) -> int | None:
    """The thread's next version, for a comment that is about to be written; holds the thread until the transaction ends.

    None where there is no such thread, or not in this state any more.
    """
    row = _one(RAISE_FOR_COMMENT, {"thread": thread_id, "state": state, "more": int(is_visible), "at": _moment(at)})
    return int(row[0]) if row is not None else None


def mark_answers(comment_id: int, version: int) -> None:
    """What answers or quotes the comment names it, or says that it is gone: it looks different too."""
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, {"comment": comment_id, "version": version})


def mark_written(author_id: int) -> None:
    """Raise all threads in which the author wrote, which are held, and with them the version of what names the author:
    as its own, or as that of what it answers or quotes."""
    Thread.objects.filter(pk__in=_written_in(author_id)).update(version=F("version") + 1)
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, {"author": author_id})


def take_off(author_id: int) -> None:
    """Count the author's visible comments no longer; their threads are held."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_OFF, [author_id])


def change_states(comments: Sequence[int], *, state: str, rule_number: int, now: datetime) -> None:
    """Give comments that have another one this state, and all that hangs on it: counts, versions, what answers or quotes
    them, the last visible comment. Their threads are held."""
    changed = Comment.objects.filter(pk__in=comments)
    held = Thread.objects.filter(pk__in=list(changed.order_by().values_list("thread", flat=True).distinct()))
    is_shown = state == CommentState.VISIBLE
    counted = changed if is_shown else changed.filter(state=CommentState.VISIBLE)
    here = counted.filter(thread=OuterRef("pk")).order_by().values("thread").annotate(n=Count("pk")).values("n")
    more = Coalesce(Subquery(here), 0)
    held.update(version=F("version") + 1, comment_count=F("comment_count") + (more if is_shown else -more))
    version = Subquery(Thread.objects.filter(pk=OuterRef("thread")).values("version"))
    first = {"first_version": Case(When(first_version=0, then=version), default=F("first_version"))} if is_shown else {}
    changed.update(state=state, state_changed_at=now, rule_number=rule_number, version=version, **first)
    Comment.objects.filter(parent__in=comments).update(version=version)
    quoting = Quote.objects.filter(quoted__in=comments).values("comment")
    Comment.objects.filter(pk__in=quoting).update(version=version)
    held.update(last_comment_at=Subquery(_last_visible()))


def _last_visible() -> QuerySet[Comment, Any]:
    """Of the thread of the query around it."""
    return Comment.objects.visible().filter(thread=OuterRef("pk")).order_by("-created_at").values("created_at")[:1]


def find_last(author_id: int) -> None:
    """Find anew when the last visible comment was written in each thread in which the author wrote; they are held."""
    Thread.objects.filter(pk__in=_written_in(author_id)).update(last_comment_at=Subquery(_last_visible()))


def _written_in(author_id: int) -> QuerySet[Comment, int]:
    return Comment.objects.filter(author=author_id).values_list("thread", flat=True)


def _one(sql: str, given: Any) -> Any:
    with hot.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchone()


def as_time(found: Any) -> datetime:
    """A time as the database gave it past the ORM: SQLite has none, and says it in words."""
    time: datetime = datetime.fromisoformat(found) if isinstance(found, str) else found
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _moment(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)
