"""Whether each query of each page is served by an index: the queries as they are made, and what EXPLAIN says of them.

KAKEHASHI_DATA=… python -m benchmarks.plans '<what growth_data printed>'
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

# Tables that grow with the site. The others hold settings, sections, agencies: a handful of rows; or what is worked off and
# read whole, as the queue of moderation is.
GROWING = {
    "alerts_follow",
    "alerts_notice",
    "alerts_noticechoice",
    "comments_comment",
    "comments_mention",
    "comments_quote",
    "comments_revision",
    "comments_thread",
    "comments_vote",
    "moderation_acknowledgement",
    "moderation_alarmaccount",
    "moderation_alarmvote",
    "moderation_appeal",
    "moderation_checkresult",
    "moderation_decision",
    "moderation_discountedvote",
    "moderation_flag",
    "moderation_flagdiscount",
    "moderation_legalnotice",
    "moderation_noticebar",
    "moderation_nudge",
    "readers_bannedaddress",
    "readers_barred",
    "readers_formername",
    "readers_mute",
    "readers_reader",
    "readers_session",
    "readers_trace",
    "search_entry",
    "search_likeness",
    "stories_storypage",
    "wagtailcore_page",
}
# Indexes of nothing but what somebody still has to work off: pages may read them from end to end.
WORKED_OFF = {"alarm_vote_waiting", "appeal_waiting", "flag_waiting", "notice_waiting"}
# Rows that a page may read from a table: without an index, and by one.
FEW, MANY = 2000, 15_000
_READS = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_EXPLAINED = re.compile(r"\s*(SELECT|WITH|UPDATE|DELETE|INSERT)\b", re.IGNORECASE)
_NAMED = re.compile(
    r'(?:\bFROM|\bJOIN|\bUPDATE|\bINTO|,)\s+"?(\w+)"?(?:\s+(?:AS\s+)?"?(?!(?:ON|WHERE|SET|INNER|LEFT|CROSS|JOIN|ORDER'
    r'|GROUP|LIMIT|USING|VALUES|RETURNING)\b)(\w+)"?)?',
    re.IGNORECASE,
)
_STEP = re.compile(r"(SCAN|SEARCH) (?:TABLE )?(\S+)(.*)")


@dataclass(frozen=True)
class Scan:
    """A growing table read from end to end by a query of a page."""

    page: str
    table: str
    step: str
    sql: str

    def __str__(self) -> str:
        return f"{self.page}: {self.table} ({self.step})\n    {' '.join(self.sql.split())[:700]}"


@dataclass
class Watcher:
    """The statements of one page, to be explained afterwards."""

    statements: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not many and _EXPLAINED.match(sql):
            self.statements.append((sql, params))
        return execute(sql, params, many, context)


@contextmanager
def watching() -> Iterator[Watcher]:
    watcher = Watcher()
    with connection.execute_wrapper(watcher):
        yield watcher


def scans(page: str, watcher: Watcher, *, is_large: bool = False) -> list[Scan]:
    """The growing tables that the page's statements read without an index, each statement's once.

    `is_large`: the tables are as large as they may become, so PostgreSQL is asked what its plan really reads.
    """
    found = []
    for sql, params in dict(watcher.statements).items():
        steps = _sqlite(sql, params) if connection.vendor == "sqlite" else _postgresql(sql, params, is_large=is_large)
        found += [Scan(page, table, step, sql) for table, step in steps]
    return found


def _explain(prefix: str, sql: str, params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{prefix} {sql}", params)
        return list(cursor.fetchall())


def _sqlite(sql: str, params: Any) -> list[tuple[str, str]]:
    """A SCAN is a walk from end to end: of the table, or of an index; in order it is fine where a LIMIT ends it early."""
    names = {alias or table: table for table, alias in _NAMED.findall(sql)}
    names |= {table: table for table, _alias in _NAMED.findall(sql)}
    rows = _explain("EXPLAIN QUERY PLAN", sql, params)
    sorts = any("USE TEMP B-TREE FOR ORDER BY" in row[3] for row in rows)
    stops_early = "LIMIT" in sql.upper() and not sorts
    found = []
    for row in rows:
        step = _STEP.match(row[3])
        if step is None or step[1] != "SCAN":
            continue
        table, how = names.get(step[2].strip('"'), step[2]), step[3]
        is_walk = stops_early and ("USING" in how or "ORDER BY" in sql.upper())
        is_walk |= any(how.endswith(f" INDEX {name}") for name in WORKED_OFF)
        is_all_words = table in ("search_fts", "search_story_fts") and how.rstrip().endswith("INDEX 0:")
        if is_all_words or (table in GROWING and not is_walk):
            found.append((table, row[3]))
    return found


def _postgresql(sql: str, params: Any, *, is_large: bool) -> list[tuple[str, str]]:
    runs = is_large and _READS.match(sql) and " FOR " not in sql
    plan = _explain(f"EXPLAIN ({'ANALYZE, TIMING OFF, ' if runs else ''}FORMAT JSON)", sql, params)[0][0]
    if isinstance(plan, str):
        plan = json.loads(plan)
    found: list[tuple[str, str]] = []
    _walk(plan[0]["Plan"], False, found)
    return found


def _walk(node: dict[str, Any], stops_early: bool, found: list[tuple[str, str]]) -> None:
    """A whole index read in order is fine where a LIMIT ends it early; a sort or a sum reads everything below it. Of a
    plan that was carried out the rows are known: a join may end early, too, and an index may bring too many."""
    kind, table = node["Node Type"], node.get("Relation Name", "")
    whole = kind in ("Index Scan", "Index Only Scan") and "Index Cond" not in node and not stops_early
    whole = whole and node["Index Name"] not in WORKED_OFF
    said = f" of all of {node['Index Name']}" if whole else ""
    is_wrong = kind == "Seq Scan" or whole
    if table in GROWING and "Actual Loops" in node:
        removed = sum(rows for name, rows in node.items() if name.startswith("Rows Removed by"))
        read = round((node["Actual Rows"] + removed) * node["Actual Loops"])
        is_wrong, said = read > (FEW if is_wrong else MANY), f"{said}, {read:,} rows"
    if table in GROWING and is_wrong:
        found.append((table, kind + said))
    below = kind == "Limit" or (stops_early and kind not in ("Sort", "Aggregate", "WindowAgg", "Hash"))
    for child in node.get("Plans", []):
        _walk(child, below, found)


def pretend_growth(rows: int = 1_000_000) -> None:
    """Until the transaction ends, let PostgreSQL plan as if each growing table held so many rows, a hundred for each row
    of another table that they belong to, and read a table from end to end only where there is no other way: what it
    guesses of so few rows must not decide. For a superuser; SQLite's plans do not depend on size.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        # The planner takes rows by page from here, and pages from the file.
        cursor.execute(
            "UPDATE pg_class SET relpages = 1, reltuples = %s WHERE relkind = 'r' AND relname = ANY(%s)",
            [rows, list(GROWING)],
        )
        # No list of frequent values: of so few rows everything is frequent.
        cursor.execute(
            "UPDATE pg_statistic s SET stakind1 = 0, stakind2 = 0, stakind3 = 0, stakind4 = 0, stakind5 = 0, "
            "stadistinct = CASE WHEN a.attname LIKE '%%_id' THEN -0.01 ELSE s.stadistinct END "
            "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "WHERE a.attrelid = s.starelid AND a.attnum = s.staattnum AND c.relname = ANY(%s)",
            [list(GROWING)],
        )


def addresses(filled: dict[str, Any], *, length: int, pages: int) -> dict[str, str]:
    """Every kind of page by name: its address. `length` names the thread whose `pages` pages are asked for."""
    story, path, first = filled["stories"][length]
    found = {
        "front page": "/",
        "section": filled["section"],
        "section, page 2": f"{filled['section']}?page=2",
        "section, page 100": f"{filled['section']}?page=100",
        "feed": "/feed/",
        "feed of a section": f"/feed/section{filled['section']}",
        "feed of a discussion": f"/story/{story}/comments.rss",
        "member page": f"/member/{filled['member'].replace(' ', '%20')}/",
        "member page, page 2": f"/member/{filled['member'].replace(' ', '%20')}/?page=2",
        "comment": f"/comment/{first + length // 2}/",
        "comment, nested and popular": f"/comment/{first + length // 2}/?order=popular&layout=nested",
        "form for a comment": f"/story/{story}/comment/",
        "personal JSON": f"/story/{story}/mine.json",
        "what changed": f"/story/{story}/changes/{length - 3}.json",
        "what is new": f"/story/{story}/new/{length - 3}.html",
        "to what is new": f"/story/{story}/new/{length - 3}/",
        "search": f"/search/?q={filled['word']}",
        "search, comments by time": f"/search/?q={filled['word']}&kind=comments&sort=newest",
        "search, stories": f"/search/?q={filled['word']}&kind=stories",
        "search, page 9": f"/search/?q={filled['word']}&page=9",
        "search for a common word": f"/search/?q={filled['common']}",
        "search for a common word by time": f"/search/?q={filled['common']}&sort=newest",
        "search for what nobody wrote": "/search/?q=zzzyx",
    }
    for order in ("oldest", "newest", "popular", "common-ground"):
        for layout in ("flat", "nested"):
            for page in sorted({1, max(1, pages // 2), pages}):
                name = f"story, {order}, {layout}, page {page} of {pages}"
                found[name] = f"{path}?order={order}&layout={layout}&page={page}"
    return found


def all_scans(filled: dict[str, Any], *, length: int, pages: int, is_large: bool = False) -> list[Scan]:
    """Every page as anybody, a member and a moderator sees it; then a post, an edit, votes, a report, a withdrawal, and the
    looks of moderation's worker. What the staff do is left out where PostgreSQL would have to plan for tables of theirs that
    hold next to nothing: it joins such in ways of which no large site would hear."""
    from benchmarks.visits import visits

    found: list[Scan] = []
    with_staff = is_large or connection.vendor == "sqlite"
    places = addresses(filled, length=length, pages=pages)
    for name, visit in visits(filled, places, length=length, with_staff=with_staff):
        with watching() as watcher:
            visit()
        found += scans(name, watcher, is_large=is_large)
    return found


def grouped(found: list[Scan]) -> list[str]:
    """Each table and statement once: the pages that read it so, the step, and the statement in a second line."""
    pages: dict[tuple[str, str, str], list[str]] = {}
    for scan in found:
        pages.setdefault((scan.table, scan.step, scan.sql), []).append(scan.page)
    said = []
    for (table, step, sql), names in pages.items():
        others = f" and {len(names) - 1} other pages" if len(names) > 1 else ""
        said.append(f"{names[0]}{others}: {table} ({step})\n{' '.join(sql.split())}")
    return said


def main() -> None:
    from kakehashi.server.cli.django_ready import load_django

    load_django()
    filled = json.loads(sys.argv[1])
    filled["stories"] = {int(length): found for length, found in filled["stories"].items()}
    length = max(filled["stories"])
    found = all_scans(filled, length=length, pages=-(-length // 50), is_large=True)
    print(json.dumps(grouped(found)))


if __name__ == "__main__":
    main()
