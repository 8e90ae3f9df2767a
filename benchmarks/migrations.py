"""How long a running site waits while `kakehashi init` brings the database of its first release up to this version.

    python -m benchmarks.migrations [--comments 1000000] [--only sqlite|postgresql]

Makes a site, takes its tables back to the first release, fills them by SQL, and migrates while one connection reads a page
of comments and another posts, over and over, as processes of the old version do. Prints how long the migration took
and the longest that each of them waited. On PostgreSQL a third connection reads in one long transaction meanwhile, as
a backup does: the migration has to let the others pass.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.processes import connect
from tests.server.visitor import furnish

from benchmarks.places import BenchSite, durable_cluster, postgresql_site, sqlite_site

# The last migrations of the first release.
RELEASED = {"comments": "0001", "stories": "0001", "search": "0002", "readers": "0001"}
TEXT = "The ferry was late again, and nobody on the pier could say why; the timetable, I am told, is an aspiration. "
LONG_READING_SECONDS = 8.0

COLUMNS = """thread_id, author_id, author_name, path, depth, state, created_at, is_time_known, up, down, archived_net,
    archived_up, archived_down, popularity, source, html, plain, root_id"""
VALUES = """{thread}, {author}, '', '', 0, 'visible', {time}, TRUE, {up}, 0, 0, 0, 0, {up} / 4.8416,
    '{text}', '{text}', '{text}', {root}"""
VOTES = """INSERT INTO comments_vote (comment_id, reader_id, value, changed_at, changes)
    SELECT id, {author}, 1, CURRENT_TIMESTAMP, 1 FROM comments_comment WHERE up = 1"""
MANY = {
    "postgresql": "INSERT INTO comments_comment ({columns}) SELECT {values} FROM generate_series(1, {count}) AS g(n)",
    "sqlite": "INSERT INTO comments_comment ({columns}) WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g "
    "LIMIT {count}) SELECT {values} FROM g",
}
TIME = {
    "postgresql": "TIMESTAMPTZ '2020-01-01' + n * INTERVAL '1 second'",
    "sqlite": "DATETIME('2020-01-01', n || ' seconds')",
}
PAGE = """SELECT c.id, c.html, r.name FROM comments_comment c LEFT JOIN readers_reader r ON r.id = c.author_id
    WHERE c.thread_id = {thread} AND c.state <> 'held' ORDER BY c.created_at, c.id LIMIT 50"""


@dataclass
class Waits:
    """How often something was done, and the longest it took, in seconds."""

    times: int = 0
    longest: float = 0.0


@contextlib.contextmanager
def repeating(site: BenchSite, *statements: str) -> Iterator[Waits]:
    """The statements, one after another, again and again on a connection of their own, until the block ends."""
    end, waits, failures = threading.Event(), Waits(), list[Exception]()

    def work() -> None:
        with connect(site) as execute:
            while not end.wait(0.005):
                began = time.monotonic()
                try:
                    for statement in statements:
                        execute(statement)
                except Exception as error:
                    failures.append(error)
                    return
                waits.times += 1
                waits.longest = max(waits.longest, time.monotonic() - began)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield waits
    finally:
        end.set()
        thread.join()
    if failures:
        raise failures[0]


def take_back(site: BenchSite, comments: int) -> tuple[Any, Any]:
    """The tables of the first release with so many comments; (thread, author)."""
    furnish(site, "Scale", {"Scale One": "reader"}, stories=1)
    for room, name in RELEASED.items():
        done = site.run("manage", "migrate", room, name, "--no-input")
        if done.returncode:
            raise RuntimeError(done.stderr)
    kind = "postgresql" if site.database_url else "sqlite"
    with connect(site) as execute:
        [(thread, author)] = execute("SELECT thread_id, author_id FROM comments_comment")
        [(last,)] = execute("SELECT max(id) FROM comments_comment")
        up = "CASE WHEN n % 5 = 0 THEN 1 ELSE 0 END"
        values = VALUES.format(thread=thread, author=author, time=TIME[kind], up=up, text=TEXT * 3, root=f"{last} + n")
        execute(MANY[kind].format(columns=COLUMNS, values=values, count=comments))
        execute(VOTES.format(author=author))
        if site.database_url:
            execute(f"SELECT setval('comments_comment_id_seq', {last + comments})")
            execute("ANALYZE")
    return thread, author


def measure(site: BenchSite, comments: int) -> None:
    thread, author = take_back(site, comments)
    is_postgresql = bool(site.database_url)
    values = VALUES.format(thread=thread, author=author, time="CURRENT_TIMESTAMP", up="0", text=TEXT, root="NULL")
    posting = [
        "BEGIN" if is_postgresql else "BEGIN IMMEDIATE",
        f"UPDATE comments_thread SET version = version + 1 WHERE id = {thread}",
        f"INSERT INTO comments_comment ({COLUMNS}) VALUES ({values})",
        "COMMIT",
    ]
    long_reading = reading_long(site) if is_postgresql else contextlib.nullcontext()
    with repeating(site, PAGE.format(thread=thread)) as reader, repeating(site, *posting) as writer:
        began = time.monotonic()
        with long_reading:
            done = site.run("manage", "migrate", "--no-input", timeout=3600)
        took = time.monotonic() - began
    if done.returncode:
        raise RuntimeError(done.stderr)
    name = "PostgreSQL" if is_postgresql else "SQLite"
    print(f"{name}, {comments:,} comments: migrated in {took:.1f} s (of which 2 to 4 s start the command)")
    print(f"  reader: longest wait {1000 * reader.longest:,.0f} ms in {reader.times:,} pages")
    print(f"  writer: longest wait {1000 * writer.longest:,.0f} ms in {writer.times:,} posts")
    check(site)


def check(site: BenchSite) -> None:
    """How long `kakehashi check --mend` takes for all of it: every comment of the writer's stands beside the tree."""
    began = time.monotonic()
    done = site.run("check", "--mend", "--json", timeout=3600)
    took = time.monotonic() - began
    found = {finding["name"]: finding["found"] for finding in json.loads(done.stdout)["findings"] if finding["found"]}
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"  kakehashi check --mend: {took:.1f} s, found {found}; no command took more than {most:.0f} MB of memory")


@contextlib.contextmanager
def reading_long(site: BenchSite) -> Iterator[None]:
    """A transaction that has read, and goes on for LONG_READING_SECONDS after somebody first had to wait for it."""
    reading: threading.Event = threading.Event()
    end: threading.Event = threading.Event()

    def read() -> None:
        with connect(site) as execute:
            execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            execute("SELECT max(id) FROM comments_comment")
            reading.set()
            while not end.wait(0.02) and execute("SELECT count(*) FROM pg_locks WHERE NOT granted") == [(0,)]:
                pass
            end.wait(LONG_READING_SECONDS)
            execute("ROLLBACK")

    thread = threading.Thread(target=read)
    thread.start()
    reading.wait()
    try:
        yield
    finally:
        end.set()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--comments", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    run: dict[str, Callable[[], None]] = {"sqlite": lambda: sqlite(options.comments)}
    run["postgresql"] = lambda: postgresql(options.comments)
    for kind, begin in run.items():
        if options.only in (None, kind):
            begin()


def sqlite(comments: int) -> None:
    with sqlite_site() as site:
        measure(site, comments)


def postgresql(comments: int) -> None:
    with durable_cluster(0) as cluster, postgresql_site(cluster) as site:
        measure(site, comments)


if __name__ == "__main__":
    main()
