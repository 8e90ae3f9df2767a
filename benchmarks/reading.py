"""Rows of reading: through the page cache, signed in, the personal part, other pages, freshness, start, weight."""

from __future__ import annotations

import gzip
import http.client
import re
import statistics
import time
import urllib.parse

from benchmarks import load, peers, places, tools
from benchmarks.bench import GZIP, LENGTHS, READERS, TOKEN, WINDOWS, Bench, median, middle, times
from benchmarks.report import Goal, milliseconds, rate, size

ANONYMOUS = {
    15: Goal("≥ 0.30 × nginx", least=0.30),
    200: Goal("≥ 0.30 × nginx", least=0.30),
    1000: Goal("≥ 0.45 × nginx", least=0.45),
}
FRESH = {200: Goal("≤ 3 ms", most=3), 1000: Goal("≤ 10 ms", most=10)}
SLOWEST = Goal("≤ 3 ms", most=3)
STARTS = 3
CHANGES = 8


def anonymous(bench: Bench) -> None:
    """The page with all its comments, beside nginx with the very same bytes."""
    site, seconds = bench.site, bench.seconds
    bodies = {length: site.get(site.story(length)[1], **_HEADERS)[2] for length in LENGTHS}
    server_core, _ = tools.cores()
    with places.nginx({str(length): body for length, body in bodies.items()}, core=server_core) as beside:
        for length in LENGTHS:
            ours, theirs = [], []
            for _ in range(WINDOWS):
                ours.append(load.read(site.address, site.story(length)[1], seconds=seconds, headers=GZIP))
                theirs.append(load.read(beside, f"/{length}", seconds=seconds, headers=GZIP))
            mine, limit = middle(ours), middle(theirs)
            ratio = mine.rate / limit.rate
            said = f"{ratio:.2f} × nginx ({rate(limit.rate)}), {times(mine.rate, peers.READ[length], 'Remark42')}"
            name = f"{length:,} comments, {size(len(bodies[length]))} gzip"
            bench.report.add(name, rate(mine.rate), ratio=said, goal=ANONYMOUS[length], value=ratio)
            bench.report.add("    slowest of a hundred (p99)", milliseconds(mine.p99), goal=SLOWEST, value=mine.p99)
            _say_trouble(bench, mine)
    path = site.story(200)[1]
    tag = site.get(path, **_HEADERS)[1].get("etag", "")
    if tag:
        unchanged = bench.reading(path, headers={"If-None-Match": tag})
        bench.report.add("200 comments, unchanged (304)", rate(unchanged.rate))


_HEADERS = {"Accept_Encoding": "gzip"}


def signed_in(bench: Bench) -> None:
    for length in LENGTHS:
        found = bench.reading(bench.site.story(length)[1], members=READERS)
        ratio = times(found.rate, peers.READ_SIGNED_IN[length], "Remark42") if length in peers.READ_SIGNED_IN else ""
        goal = Goal("≥ 500/s", least=500) if length == 200 else None
        bench.report.add(f"{length:,} comments, signed in", rate(found.rate), ratio=ratio, goal=goal, value=found.rate)
        _say_trouble(bench, found)


def personal(bench: Bench) -> None:
    for length in (15, 1000):
        path, cookie = f"/story/{bench.site.story(length)[0]}/mine.json", bench.site.cookie(0)
        name = f"personal JSON, thread of {length:,}"
        if not bench.has(path, name, Cookie=cookie):
            continue
        weight = len(bench.site.get(path, Cookie=cookie, **_HEADERS)[2])
        found = bench.reading(path, members=READERS)
        bench.report.add(name, rate(found.rate), goal=Goal("≥ 3,000/s", least=3000), value=found.rate)
        bench.report.add("    its size", f"{weight:,} bytes", goal=Goal("≤ 1 kB", most=1024), value=weight)
        _say_trouble(bench, found)


def pages(bench: Bench) -> None:
    """The other pages, each asked for by nobody in particular; the search also signed in, past every cache."""
    filled = bench.site.filled
    search = f"/search/?q={filled['word']}"
    kinds = {
        "front page": "/",
        "section": filled["section"],
        "feed": "/feed/",
        "feed of a discussion": f"/story/{bench.site.story(200)[0]}/comments.rss",
        "member page": f"/member/{urllib.parse.quote(filled['member'])}/",
        "search": search,
    }
    for name, path in kinds.items():
        if bench.has(path, name):
            found = bench.reading(path)
            bench.report.add(name, rate(found.rate), ratio=f"p99 {milliseconds(found.p99)}")
            _say_trouble(bench, found)
    for name in ("front page", "section", "member page", "search"):
        found = bench.reading(kinds[name], members=READERS)
        bench.report.add(f"{name}, signed in", rate(found.rate), ratio=f"p99 {milliseconds(found.p99)}")


def fresh(bench: Bench) -> None:
    """A change, then a reader who asks again and again: how long the answer took that was the first to carry it."""
    for length in (200, 1000):
        story, path, _ = bench.site.story(length)
        firsts, others, ages = [], [], []
        for n in range(CHANGES):
            # At another moment of the server's second each time.
            time.sleep(0.37 * n % 1)
            member = bench.another_member()
            if n % 2:
                target, body = f"/story/{story}/comment/", f"text=A+new+word+about+{length}+and+{n}"
            else:
                target, body = f"/comment/{_votable(bench, story, member)}/vote/", "value=1"
            first, other, age = _until_it_shows(bench, path, target, body, bench.site.cookie(member, TOKEN))
            firsts.append(first * 1000)
            others.append(other * 1000)
            ages.append(age)
        name = f"first read that shows a change, {length:,} comments"
        said = f"at worst {milliseconds(max(firsts))}; of reads before it {milliseconds(max(others))}"
        bench.report.add(name, milliseconds(median(firsts)), ratio=said, goal=FRESH[length], value=median(firsts))
        worst = Goal("≤ 2 s", most=2)
        bench.report.add("    until everybody sees it, at worst", f"{max(ages):.2f} s", goal=worst, value=max(ages))


def _votable(bench: Bench, story: int, member: int) -> int:
    """A comment of the story that the n-th signed-in member has not voted on and did not write."""
    reader = bench.site.filled["sessions"][member][1]
    rows = bench.site.query(
        f"SELECT c.id FROM comments_comment c JOIN comments_thread t ON t.id = c.thread_id WHERE t.story_id = {story} "
        f"AND c.author_id <> {reader} AND NOT EXISTS (SELECT 1 FROM comments_vote v WHERE v.comment_id = c.id "
        f"AND v.reader_id = {reader}) ORDER BY c.id LIMIT 1"
    )
    return int(rows[0][0])


def _until_it_shows(bench: Bench, path: str, target: str, body: str, cookie: str) -> tuple[float, float, float]:
    """Seconds: (of the first answer with the change, of the slowest answer before it, until the page had changed)."""
    connection = http.client.HTTPConnection(bench.site.address.removeprefix("http://"), timeout=30)

    def read() -> bytes:
        connection.request("GET", path, headers=GZIP)
        return connection.getresponse().read()

    before = read()
    form = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "Origin": bench.site.address}
    connection.request("POST", target, f"{body}&csrfmiddlewaretoken={TOKEN}", form)
    answer = connection.getresponse()
    answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{target} answers {answer.status}")
    posted, slowest = time.monotonic(), 0.0
    while time.monotonic() - posted < 20:
        begin = time.monotonic()
        now = read()
        took = time.monotonic() - begin
        if now != before:
            connection.close()
            return took, slowest, time.monotonic() - posted
        slowest = max(slowest, took)
        time.sleep(0.01)
    raise RuntimeError(f"{path} does not change")


def start(bench: Bench) -> None:
    """The server anew: until its first page, and the first rendering of each page in that process."""
    server_core, _ = tools.cores()
    begun: list[float] = []
    first: dict[int, list[float]] = {length: [] for length in LENGTHS}
    for _ in range(STARTS):
        bench.site.stop_server()
        begin = time.monotonic()
        bench.site.start_server(core=server_core)
        bench.site.page("/")
        begun.append(time.monotonic() - begin)
        for length in LENGTHS:
            begin = time.monotonic()
            bench.site.page(bench.site.story(length)[1])
            first[length].append((time.monotonic() - begin) * 1000)
    seconds = statistics.median(begun)
    goal = Goal("≤ 2 s", most=2)
    bench.report.add("from nothing to the front page", f"{seconds:.2f} s", goal=goal, value=seconds)
    for length in LENGTHS:
        name = f"cold render, {length:,} comments"
        bench.report.add(name, milliseconds(median(first[length])))


def memory(bench: Bench) -> None:
    """Of the process that has answered all of this. What it shares with its parent counts in part: the goal is for a
    process of several."""
    found = places.memory(bench.site.worker)
    goal = Goal("≤ 160 MiB", most=160 * 1024 * 1024)
    said = f"RSS {size(found['Rss'])}"
    bench.report.add("a server process after load (PSS)", size(found["Pss"]), ratio=said, goal=goal, value=found["Pss"])


def weight(bench: Bench) -> None:
    """What a reader's browser fetches, and what stands around each comment's text."""
    page = bench.site.page(bench.site.story(200)[1])
    sheets = re.findall(r'<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"|<link[^>]*href="([^"]+\.css)"', page)
    scripts = re.findall(r'<script[^>]*src="([^"]+)"', page)
    bench.report.add("HTML of 200 comments, gzip", size(len(gzip.compress(page.encode()))))
    css = sum(_gzipped(bench, a or b) for a, b in set(sheets))
    bench.report.add("CSS, gzip", size(css), goal=Goal("≤ 10 kB", most=10 * 1024), value=css)
    js = sum(_gzipped(bench, path) for path in set(scripts))
    bench.report.add("JavaScript, gzip", size(js), goal=Goal("≤ 20 kB", most=20 * 1024), value=js)
    articles = re.findall(r'<article id="c-\d+".*?</article>', page, re.DOTALL)
    around = sum(len(a.encode()) - len(_text(a).encode()) for a in articles) / max(1, len(articles))
    bench.report.add(
        "HTML around each comment's text", f"{around:,.0f} bytes", goal=Goal("≤ 500", most=500), value=around
    )
    blocking = [] if articles else scripts
    bench.report.add(
        "requests before the first comment shows", f"{len(blocking)}", goal=Goal("0", most=0), value=len(blocking)
    )


def _text(article: str) -> str:
    found = re.search(r'<div class="e-content">(.*?)</div>', article, re.DOTALL)
    return found[1] if found else ""


def _gzipped(bench: Bench, path: str) -> int:
    _, headers, body = bench.site.get(path, **_HEADERS)
    return len(body if headers.get("content-encoding") == "gzip" else gzip.compress(body))


def _say_trouble(bench: Bench, measured: load.Measured) -> None:
    if measured.trouble:
        bench.report.note(f"{bench.report.group}: {measured.trouble}")
