"""Running the checks one after another, none for longer than it may."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from kakehashi.comments.models import Waits
from kakehashi.lib import text
from kakehashi.moderation.checks.draft import LONGEST_NAME, LONGEST_REASON, Draft, Finding, Refused
from kakehashi.moderation.models import LAST_RULE, Verdict

logger = logging.getLogger(__name__)

# After so many failures in a row a check is not asked for a while: comments are held without waiting for it.
FAILURES = 3
PAUSE_SECONDS = 30.0
# Calls of one check that may be under way in one process, hanging ones included.
MOST_AT_ONCE = 8


class Overrun(Exception):
    """A check took longer than it may."""


class Resting(Overrun):
    """A check was not asked at all: it failed a moment ago."""


@dataclass(frozen=True)
class Result:
    """What one check said: the row that will be kept, before there is a comment."""

    check_name: str
    finding: Finding
    milliseconds: float = 0.0
    # Of a broken one: what went wrong, for the staff.
    error: str = ""


@dataclass
class Breaker:
    """Whether a check is to be asked now. One for each check and process."""

    failures: int = 0
    closed_until: float = 0.0
    last_error: str = ""
    running: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> None:
        """Raises Resting where the check is given a rest, Overrun where too many calls of it hang."""
        with self.lock:
            if self.failures >= FAILURES and time.monotonic() < self.closed_until:
                raise Resting(self.last_error)
            if self.running >= MOST_AT_ONCE:
                raise Overrun(_("%(n)d calls of it are still under way.") % {"n": self.running})
            if self.failures >= FAILURES:
                # One comment tries; the others go on without, until it is known how that went.
                self.closed_until = time.monotonic() + PAUSE_SECONDS
            self.running += 1

    def leave(self) -> None:
        with self.lock:
            self.running -= 1

    def note(self, error: str) -> None:
        """How a call went: `error` is empty where it went well."""
        with self.lock:
            self.failures = self.failures + 1 if error else 0
            if error:
                self.last_error = error
                self.closed_until = time.monotonic() + PAUSE_SECONDS


@dataclass(frozen=True)
class Check:
    """One entry of the setting, with what its function says of itself."""

    name: str
    run: Callable[[Draft], Finding | None]
    is_quick: bool
    is_of_memory: bool
    breaker: Breaker = field(default_factory=Breaker, compare=False)


def configured() -> tuple[Check, ...]:
    """The checks in their order. Raises ImportError where the setting names what is not there: `kakehashi check` says so."""
    return _configured(tuple(settings.KAKEHASHI_COMMENT_CHECKS))


@lru_cache(maxsize=8)
def _configured(paths: tuple[str, ...]) -> tuple[Check, ...]:
    return tuple(_check(path) for path in paths)


def _check(path: str) -> Check:
    run = import_string(path)
    name = getattr(run, "check_name", "") or run.__name__.replace("_", "-")
    return Check(
        name=name[:LONGEST_NAME],
        run=run,
        is_quick=getattr(run, "is_quick", False),
        is_of_memory=getattr(run, "is_of_memory", False),
    )


def run(check: Check, draft: Draft, *, seconds: float) -> Result | None:
    """What the check says within so many seconds; None where it found nothing. One that fails or takes longer is a finding
    too. Raises `Refused`."""
    began = time.perf_counter()
    try:
        finding = check.run(draft) if check.is_quick else _in_time(check, draft, seconds)
        took = time.perf_counter() - began
        if took > seconds:
            raise Overrun(_took(took))
        if finding is not None:
            finding = _storable(finding)
    except Refused:
        check.breaker.note("")
        raise
    except Exception as error:
        return _broken(check, error, began)
    if check.breaker.failures:
        check.breaker.note("")
    if finding is None:
        return None
    return Result(check.name, finding, round((time.perf_counter() - began) * 1000, 2))


def _storable(finding: object) -> Finding:
    """As it can be kept, whatever letters are in its reason. Raises TypeError or ValueError where it is no finding."""
    if not isinstance(finding, Finding):
        raise TypeError(f"it returned {type(finding).__name__} where a Finding or None belongs")
    if finding.verdict not in Verdict.values or finding.waits_for not in Waits.values:
        raise ValueError(f"it returned {finding.verdict!r}, {finding.waits_for!r} where a Verdict and a Waits belong")
    if finding.score is not None and not 0 <= finding.score <= 1:
        raise ValueError("its score is not between 0 and 1")
    if not 0 <= finding.rule_number <= LAST_RULE:
        raise ValueError("the number of its rule is none")
    return replace(finding, reason=text.clean(finding.reason)[:LONGEST_REASON])


def _took(seconds: float) -> str:
    return _("It took longer than it may (%(n)d ms).") % {"n": round(seconds * 1000)}


def _in_time(check: Check, draft: Draft, seconds: float) -> Finding | None:
    """In a thread of its own, which is left alone when the time is over: it counts as under way until it ends."""
    check.breaker.enter()
    done: list[Finding | None] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            done.append(check.run(draft))
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()
            check.breaker.leave()

    thread = threading.Thread(target=work, name=f"check {check.name}", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0] if isinstance(failed[0], Exception) else RuntimeError(repr(failed[0]))
    if not done:
        raise Overrun(_took(seconds))
    return done[0]


def _broken(check: Check, error: Exception, began: float) -> Result:
    """The comment is held, and what went wrong is said three times: on it, in the log, and to the staff."""
    said = text.clean(str(error) or type(error).__name__)[: LONGEST_REASON - 60]
    if not isinstance(error, Overrun):
        said = f"{type(error).__name__}: {said}"
    took = (time.perf_counter() - began) * 1000
    if not isinstance(error, Resting):
        # Else every comment that comes meanwhile would prolong the rest.
        check.breaker.note(said)
    logger.error("check %s is broken: %s", check.name, said, exc_info=not isinstance(error, Overrun))
    finding = Finding(Verdict.BROKEN, said, waits_for=Waits.BROKEN)
    return Result(check.name, finding, round(took, 2), error=said)


def forget() -> None:
    """Begin anew, as after a start."""
    _configured.cache_clear()
