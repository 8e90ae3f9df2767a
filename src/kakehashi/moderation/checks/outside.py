"""A check by a service outside, asked by a signed HTTP call; docs/checks.md has the whole of it, with an example."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.utils import timezone

from kakehashi.lib import safe_http
from kakehashi.lib.safe_http import Limits
from kakehashi.moderation.checks.draft import Draft, Finding, Refused, named
from kakehashi.moderation.models import Verdict

LIMITS = Limits(sent=64 << 10, unpacked=64 << 10, redirects=0)
# What it may answer, and what that means here.
ANSWERS = {"pass": None, "suspect": Verdict.SUSPECT, "hold": Verdict.HELD}
LONGEST_SENTENCE = 300


class BadVerdict(Exception):
    """The service answered something else than it may."""


@named("outside")
def check_outside(draft: Draft) -> Finding | None:
    """Raises `Refused` (with the service's sentence), OutsideError or BadVerdict."""
    body = json.dumps(question(draft), ensure_ascii=False).encode()
    stamp = str(int(timezone.now().timestamp()))
    answer = safe_http.post(
        settings.KAKEHASHI_OUTSIDE_CHECK_URL,
        body=body,
        content_type="application/json",
        headers={
            "X-Kakehashi-Timestamp": stamp,
            "X-Kakehashi-Signature": signature(settings.KAKEHASHI_OUTSIDE_CHECK_SECRET, stamp, body),
        },
        accept=("application/json",),
        limits=Limits(
            seconds=float(settings.KAKEHASHI_CHECK_SECONDS),
            sent=LIMITS.sent,
            unpacked=LIMITS.unpacked,
            redirects=LIMITS.redirects,
        ),
    )
    return understood(answer.body)


def question(draft: Draft) -> dict[str, Any]:
    """What the service is told: the text and where it is to stand. Of its author a number, no name and no address."""
    return {
        "text": draft.plain,
        "source": draft.source,
        "language": draft.language,
        "links": list(draft.links),
        "story": draft.story_id,
        "section": draft.section_id,
        "answers": draft.parent.pk if draft.parent is not None else None,
        "mentions": len(draft.mentioned),
        "edits": draft.comment_id,
        "author": {"id": draft.author.pk, "standing": draft.author.standing},
    }


def signature(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 of the time, a dot and the body, in hexadecimal digits."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def understood(body: bytes) -> Finding | None:
    """Raises `Refused` or BadVerdict."""
    try:
        said = json.loads(body)
        verdict = said["verdict"]
        reason, score = str(said.get("reason") or ""), said.get("score")
        score, rule = None if score is None else float(score), int(said.get("rule") or 0)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise BadVerdict("its answer is no JSON object with a verdict") from error
    if verdict == "refuse" and reason:
        raise Refused(reason[:LONGEST_SENTENCE])
    if not isinstance(verdict, str) or verdict not in ANSWERS:
        raise BadVerdict(f"its verdict is {str(verdict)[:40]!r}")
    found = ANSWERS[verdict]
    return Finding(found, reason, score, rule_number=rule) if found is not None else None
