"""What a running site answers a second: pages, votes and comments over real connections.

    python benchmarks/site.py [--seconds 4] [--clients 4]

Makes the demo newsroom in a temporary directory (SQLite, synchronous), serves it with one process and asks it over
loopback from this process, so the two share the machine: read the figures as ratios of one another, measured in one run.
"""

from __future__ import annotations

import argparse
import http.client
import http.cookiejar
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PORT = 8390
BASE = f"http://127.0.0.1:{PORT}"
KAKEHASHI = [sys.executable, "-m", "kakehashi.server.cli"]
PASSWORD = "carried-across-the-strait"  # the demo's own, printed by `kakehashi demo`


@contextmanager
def demo_site() -> Iterator[None]:
    """The demo newsroom on BASE until the block ends."""
    with tempfile.TemporaryDirectory() as place:
        environment = os.environ | {"KAKEHASHI_DATA": place, "KAKEHASHI_LOG_LEVEL": "WARNING"}
        environment["KAKEHASHI_BASE_URL"] = BASE
        server = subprocess.Popen([*KAKEHASHI, "demo", "--port", str(PORT)], env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for_server(server)
            yield
        finally:
            server.terminate()
            server.wait(60)


def wait_for_server(server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{BASE}/healthz", timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the demo did not start")


def log_in() -> str:
    """A signed-in reader's cookies, as the Cookie header."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{BASE}/account/login/").read().decode()
    fields = {"login": "reader@demo.example", "password": PASSWORD, "csrfmiddlewaretoken": token_of(page)}
    opener.open(f"{BASE}/account/login/", urllib.parse.urlencode(fields).encode()).close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def token_of(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise SystemExit("the page has no form")
    return found[1]


def measure(name: str, ask: Callable[[http.client.HTTPConnection], int], *, seconds: float, clients: int) -> None:
    """Print how often a second `ask` was answered (any status counts, 5xx end the run), and how long one took."""
    times: list[float] = []
    end = time.monotonic() + seconds

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        while (start := time.monotonic()) < end:
            if ask(connection) >= 500:
                raise SystemExit(f"{name}: the server failed")
            times.append(time.monotonic() - start)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    middle, worst = statistics.median(times), statistics.quantiles(times, n=100)[98]
    print(f"{name:<42} {len(times) / seconds:8.0f}/s   median {middle * 1000:6.1f} ms   p99 {worst * 1000:6.1f} ms")


def get(path: str, cookies: str = "") -> Callable[[http.client.HTTPConnection], int]:
    def ask(connection: http.client.HTTPConnection) -> int:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip", **({"Cookie": cookies} if cookies else {})})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    return ask


def fetch(path: str, cookies: str = "") -> str:
    request = urllib.request.Request(BASE + path, headers={"Cookie": cookies} if cookies else {})
    with urllib.request.urlopen(request) as answer:
        page: str = answer.read().decode()
    return page


def most_discussed() -> str:
    """The path of the front page's story with most comments."""
    counted = re.findall(r'href="(/[^"#]+)#comments"[^>]*>\s*(\d+) Comments', fetch("/"))
    return max(counted, key=lambda found: int(found[1]))[0]


def vote_on(page: str, cookies: str) -> Callable[[http.client.HTTPConnection], int]:
    """The same vote again and again: signed in, with token, checked and found to stand already."""
    path = re.findall(r'formaction="(/[^"]*vote[^"]*)"', page)[0]
    body = urllib.parse.urlencode({"value": "1", "csrfmiddlewaretoken": token_of(page)})
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}

    def ask(connection: http.client.HTTPConnection) -> int:
        connection.request("POST", path, body, {**headers, "Origin": BASE})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    return ask


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement (default 4)")
    parser.add_argument("--clients", type=int, default=4, help="asking at once (default 4)")
    options = parser.parse_args()
    with demo_site():
        cookies, story = log_in(), most_discussed()
        page = fetch(story, cookies)
        kinds = {
            "front page": get("/"),
            "section": get("/politics/"),
            "story, 50 of its comments shown": get(story),
            "the same, signed in": get(story, cookies),
            "the same, nested and popular": get(f"{story}?layout=nested&order=popular"),
            "search": get("/search/?q=night+boat"),
            "feed": get("/feed/"),
            "vote (repeated)": vote_on(page, cookies),
        }
        for path_or_name, ask in kinds.items():
            ask(http.client.HTTPConnection("127.0.0.1", PORT))
            measure(path_or_name, ask, seconds=options.seconds, clients=options.clients)


if __name__ == "__main__":
    main()
