"""Browsers in which a reader is logged in: ending them."""

from __future__ import annotations

from kakehashi.readers.models import Reader, Session
from kakehashi.readers.sessions import public_key


def end_session(*, reader: Reader, key: str) -> bool:
    """End the session whose public key this is; True where the reader had such a one."""
    for session_key in reader.sessions.values_list("session_key", flat=True):
        if public_key(session_key) == key:
            return bool(Session.objects.filter(session_key=session_key, reader=reader).delete()[0])
    return False


def end_other_sessions(*, reader: Reader, but: str | None) -> int:
    """End all of the reader's sessions but the one with this session key; how many."""
    return int(reader.sessions.exclude(session_key=but or "").delete()[0])
