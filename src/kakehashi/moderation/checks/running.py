"""Running the checks one after another, none for longer than it may."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

from django.conf import settings
from django.db import connections
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from kakehashi.comments.models import Waits
from kakehashi.lib import text
from kakehashi.lib.errors import Conflict
from kakehashi.moderation.checks.draft import LONGEST_NAME, LONGEST_REASON, Draft, Finding, Refused
from kakehashi.moderation.models import LAST_RULE, Verdict

logger = logging.getLogger(__name__)

# After so many failures in a row a check is not asked for a while: comments are held without waiting for it.
FAILURES = 3
PAUSE_SECONDS = 30.0
# Calls of one check that may be under way in one process, hanging ones included.
MOST_AT_ONCE = 8
# Of these, so many are waited for by one writer: nobody keeps a check from the others, or has it called broken.
MOST_OF_ONE = 2


class Overrun(Exception):
    """A check took longer than it may."""


class Busy(Conflict):
    """The writer has other texts looked at just now."""

    default_code = "busy"


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
    writers: dict[int, int] = field(default_factory=dict)
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

    def begin(self, writer: int) -> bool:
        """Whether one more text of this writer may wait for an answer."""
        with self.lock:
            is_free = self.writers.get(writer, 0) < MOST_OF_ONE
            if is_free:
                self.writers[writer] = self.writers.get(writer, 0) + 1
            return is_free

    def end(self, writer: int) -> None:
        with self.lock:
            self.writers[writer] -= 1
            if not self.writers[writer]:
                del self.writers[writer]

    def note(self, error: str) -> None:
        """How a call went: `error` is empty where it went well."""
        with self.lock:
            self.failures = self.failures + 1 if error else 0
            if error:
                self.last_error = error
                self.closed_until = time.monotonic() + PAUSE_SECONDS


@dataclass(frozen=True)
class Check:
    """One entry of the setting, with what its function says of itself. `trouble`: why there is no such function."""

    name: str
    run: Callable[[Draft], Finding | None]
    is_quick: bool
    is_of_memory: bool
    prepare: Callable[[Draft], object] | None = None
    trouble: str = ""
    breaker: Breaker = field(default_factory=Breaker, compare=False)


def configured() -> tuple[Check, ...]:
    """The checks in their order. One that the setting names and that is not there is broken; `kakehashi check` says so too."""
    return _configured(tuple(settings.KAKEHASHI_COMMENT_CHECKS))


@lru_cache(maxsize=8)
def _configured(paths: tuple[str, ...]) -> tuple[Check, ...]:
    return tuple(_check(path) for path in paths)


def _check(path: str) -> Check:
    name = path.rpartition(".")[2].replace("_", "-")
    try:
        run = import_string(path)
    except Exception as error:
        # Whatever a module of the operator's does when it is read.
        trouble = f"{path}: {type(error).__name__}: {error}"
        return Check(name[:LONGEST_NAME], partial(_absent, trouble), is_quick=True, is_of_memory=False, trouble=trouble)
    name = getattr(run, "check_name", "") or name
    return Check(
        name=name[:LONGEST_NAME],
        run=run,
        is_quick=getattr(run, "is_quick", False),
        is_of_memory=getattr(run, "is_of_memory", False),
        prepare=getattr(run, "prepare", None),
    )


def _absent(trouble: str, _draft: Draft) -> None:
    raise LookupError(trouble)


def run(check: Check, draft: Draft, *, seconds: float) -> Result | None:
    """What the check says within so many seconds; None where it found nothing. One that fails or takes longer is a finding
    too. Raises `Refused`, or Busy."""
    began = time.perf_counter()
    try:
        if check.prepare is not None:
            check.prepare(draft)
            began = time.perf_counter()
        finding = check.run(draft) if check.is_quick else _in_time(check, draft, seconds)
        took = time.perf_counter() - began
        if took > seconds:
            raise Overrun(_took(took))
        if finding is not None:
            finding = storable(finding)
    except Refused:
        check.breaker.note("")
        raise
    except Busy:
        raise
    except Exception as error:
        return _broken(check, error, began)
    if check.breaker.failures:
        check.breaker.note("")
    if finding is None:
        return None
    return Result(check.name, finding, round((time.perf_counter() - began) * 1000, 2))


def storable(finding: object) -> Finding:
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
    """Raises Busy where the writer has too many texts looked at already."""
    if not check.breaker.begin(draft.author.pk):
        with translation.override(draft.reads_in):
            raise Busy(_("Another text of yours is just being looked at. This one is kept here: send it in a moment."))
    try:
        return _in_thread(check, draft, seconds)
    finally:
        check.breaker.end(draft.author.pk)


def _in_thread(check: Check, draft: Draft, seconds: float) -> Finding | None:
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
    try:
        thread.start()
    except RuntimeError:
        # The machine has no thread left for it.
        check.breaker.leave()
        raise
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
