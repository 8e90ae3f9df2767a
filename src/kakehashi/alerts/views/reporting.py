"""What providers and scripts report: mail that came back, complaints, and mails that ask for an end of mails."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from kakehashi.alerts import reports
from kakehashi.lib.errors import Invalid, NotFound

# By as much may the clocks differ; what is older may have been overheard and sent again.
FRESH_SECONDS = 300
LARGEST = 1 << 20


@csrf_exempt
@require_POST
def hook(request: HttpRequest) -> HttpResponse:
    """`{"events": [{"event": "bounce", "email": …}, …]}`, signed; docs/operations.md says how."""
    try:
        body = request.body if _length(request) <= LARGEST else b""
    except RawPostDataException:
        # A form, which nothing that reports anything sends.
        body = b""
    if not settings.KAKEHASHI_MAIL_HOOK_SECRET or not is_signed(request, body):
        # Whoever has no key learns nothing of the door.
        raise NotFound("There is nothing here.")
    try:
        said: Any = json.loads(body)
        events = said["events"] if isinstance(said, dict) else None
    except (ValueError, KeyError, RecursionError):
        events = None
    if not isinstance(events, list):
        raise Invalid('Send {"events": [...]} as JSON.')
    done = [reports.take(event, now=timezone.now()) for event in events if isinstance(event, dict)]
    return JsonResponse({"taken": sum(done), "passed_by": len(events) - sum(done)})


def _length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdigit() else LARGEST + 1


def is_signed(request: HttpRequest, body: bytes) -> bool:
    """`X-Kakehashi-Signature`: the HMAC-SHA256 of time, a full stop and the body; the time is `X-Kakehashi-Time`."""
    moment, given = request.headers.get("X-Kakehashi-Time", ""), request.headers.get("X-Kakehashi-Signature", "")
    if (
        not (moment.isascii() and moment.isdigit() and len(moment) < 12)
        or abs(time.time() - int(moment)) > FRESH_SECONDS
    ):
        return False
    key = settings.KAKEHASHI_MAIL_HOOK_SECRET.encode()
    expected = hmac.new(key, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), given.encode())
