"""Checks for the tests of the gate, named by dotted path as an operator's own are."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kakehashi.comments.models import Waits
from kakehashi.moderation.checks import Draft, Finding, Refused, named, of_memory, quick
from kakehashi.moderation.models import Verdict

# Lets what hangs go on, at the end of a test.
released = threading.Event()
# What somebody else does while a text is looked at.
meanwhile: Callable[[], object] = lambda: None  # noqa: E731


@quick
@named("salt")
def salt(draft: Draft) -> Finding | None:
    if "salt" in draft.plain:
        return Finding(Verdict.HELD, "It speaks of salt.", waits_for=Waits.WORDS)
    return None


@quick
def pepper(draft: Draft) -> Finding | None:
    return Finding(Verdict.SUSPECT, "It speaks of pepper.", 0.7) if "pepper" in draft.plain else None


@quick
def mustard(draft: Draft) -> Finding | None:
    if "mustard" in draft.plain:
        raise Refused("No mustard here, please.")
    return None


@of_memory
def often(draft: Draft) -> Finding | None:
    assert draft.recent is not None
    return Finding(Verdict.HELD, "The third.", waits_for=Waits.PACE) if len(draft.recent.posts) > 1 else None


def failing(draft: Draft) -> Finding | None:
    raise ValueError("no such drawer")


@quick
def wrong(draft: Draft) -> Finding | None:
    return "held"  # type: ignore[return-value]


@quick
def vague(draft: Draft) -> Finding | None:
    return Finding("perhaps")  # type: ignore[arg-type]


@quick
def wild(draft: Draft) -> Finding | None:
    return Finding(Verdict.HELD, score=float("nan"))


@quick
def odd(draft: Draft) -> Finding | None:
    """Letters that a database does not take, as a robot may type them or a service send them."""
    return Finding(Verdict.HELD, "It says “b\x00a\ud800se”.")


def hanging(draft: Draft) -> Finding | None:
    released.wait(20)
    return None


@quick
def decided_meanwhile(draft: Draft) -> Finding | None:
    meanwhile()
    return None
