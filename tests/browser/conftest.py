"""A real server with a small demo newsroom, and the system's Chromium to look at it."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)

from tests.processes import ProcessSite
from tests.readers.provider import House, open_house
from tests.tools import find_chromium

# Playwright's event loop runs in this thread; Django would take it for ours and refuse to touch the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
SCALE = "0.05"
WIDE, NARROW = 1280, 360
SECONDS = 1000
# Long enough for a busy machine; nothing waits longer than it must.
PATIENCE = 30 * SECONDS
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker("browser")


@dataclass(frozen=True)
class Newsroom:
    """The served newsroom: its address, its log-ins by role, the site whose commands may be run, and the OpenID Connect
    server that it knows as “Press Club”."""

    address: str
    logins: dict[str, dict[str, str]]
    site: ProcessSite
    provider: House

    def ask(self, setup: str, code: str) -> Any:
        """What the Python expression `code` is worth after `setup` in a process of the site's own, by way of JSON."""
        script = f"import json\n{setup}\nprint('>>>' + json.dumps({code}))"
        done = self.site.run("manage", "shell", "--no-imports", "-c", script)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.rpartition(">>>")[2])


@dataclass
class Visit:
    """One page in a context of its own, with what the browser complained about and whom it asked."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def go(self, path: str, *, status: int = 200) -> Page:
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, f"{path} answered {answer.status}"
        return self.page

    def go_until(self, path: str, shown: Locator, *, patience: int = PATIENCE) -> Page:
        """Go there again and again until it is shown: of what is kept for everybody, or made by the worker."""
        until = time.monotonic() + patience / SECONDS
        self.go(path)
        while not shown.is_visible() and time.monotonic() < until:
            self.page.wait_for_timeout(SECONDS / 4)
            self.go(path)
        expect(shown).to_be_visible()
        return self.page

    def log_in(self, login: dict[str, str], *, next_path: str = "/") -> Page:
        self.go(f"/account/login/?next={next_path}")
        self.page.fill("input[name=login]", login["email"])
        self.page.fill("input[name=password]", login["password"])
        self.page.click(
            "main form:has(input[name=password]) button[type=submit], main form:has(input[name=password]) button:not([type])"
        )
        self.page.wait_for_url(self.address + next_path.partition("%23")[0] + "*")
        return self.page

    def assert_quiet(self) -> None:
        """Nothing on the console, nobody asked but the site itself."""
        assert self.complaints == []
        assert self.strangers == []

    def violations(self) -> list[str]:
        """What axe-core finds on the page as it stands, one line for each element."""
        # Words are there before the style sheet is.
        self.page.wait_for_load_state("load")
        results = Axe().run(self.page)
        return [
            f"{found['id']}: {node['target']} {node.get('failureSummary', '')}"
            for found in results.response["violations"]
            for node in found["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        self.page.wait_for_load_state("load")
        width: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return width


@pytest.fixture(scope="session")
def newsroom() -> Iterator[Newsroom]:
    with tempfile.TemporaryDirectory(prefix="kakehashi-browser-", ignore_cleanup_errors=True) as directory:
        made = ProcessSite(Path(directory)).run("demo", "--no-serve", "--scale", SCALE, timeout=600)
        assert made.returncode == 0, made.stderr
        data = Path(directory) / "demo"
        logins = json.loads((data / "newsroom.json").read_text())["logins"]
        site = ProcessSite(data, extra={"KAKEHASHI_STAFF_MFA": "optional", "KAKEHASHI_LOG_LEVEL": "WARNING"})
        with open_house() as provider:
            site.extra |= {
                "KAKEHASHI_OIDC_PROVIDERS": "press",
                "KAKEHASHI_OIDC_PRESS_NAME": "Press Club",
                "KAKEHASHI_OIDC_PRESS_SERVER_URL": provider.url,
                "KAKEHASHI_OIDC_PRESS_CLIENT_ID": "courier",
                "KAKEHASHI_OIDC_PRESS_CLIENT_SECRET": "s",
            }
            with site.serve("--workers", "1") as address:
                yield Newsroom(address, {login["role"]: login for login in logins}, site, provider)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.fail("No Chromium was found: run `make tools`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


Visitor = Callable[..., Visit]


@pytest.fixture
def visitor(chromium: Browser, newsroom: Newsroom) -> Iterator[Visitor]:
    """`visitor(width=1280, scheme="light", javascript=True)` opens an empty page; all are closed after the test."""
    contexts: list[BrowserContext] = []

    def open_page(*, width: int = WIDE, scheme: Any = "light", javascript: bool = True) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        visit = Visit(context.new_page(), newsroom.address)
        watch(visit)
        return visit

    yield open_page
    for context in contexts:
        context.close()


def watch(visit: Visit) -> None:
    """Write down complaints and requests to strangers; the latter are not let out."""

    def heard(message: ConsoleMessage) -> None:
        # A page that answers 4xx on purpose is reported as a failed load of itself.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            visit.complaints.append(message.text)

    def asked(route: Route, request: Request) -> None:
        visit.strangers.append(request.url)
        route.abort()

    visit.page.on("console", heard)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.route(re.compile(rf"^(?!{re.escape(visit.address)}/|data:|blob:)"), asked)
