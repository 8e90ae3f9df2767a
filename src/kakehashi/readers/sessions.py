"""Sessions that are read together with who is logged in: one query where Django's own need two.

What a session holds, how it is signed and when it ends is Django's; `settings.SESSION_ENGINE` names this module.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, cast

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import auth
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing
from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from kakehashi.lib import hot
from kakehashi.readers import traces
from kakehashi.readers.models import Reader, Role, Session

logger = logging.getLogger(__name__)
DEVICE_KEY = "device"
FIELDS = [field.attname for field in Reader._meta.concrete_fields]
COLUMNS = ", ".join(f"r.{field.column}" for field in Reader._meta.concrete_fields)
LOAD = f"""
SELECT s.session_data, s.seen_at, {COLUMNS} FROM readers_session s LEFT JOIN readers_reader r ON r.id = s.reader_id
WHERE s.session_key = %s AND s.expire_date > %s
"""  # noqa: S608 - only names of ours


class SessionStore(DatabaseStore):
    """`reader` is whom the session's row names, once it is loaded; whether they are logged in, `reader_of` decides."""

    reader: Reader | None = None
    # The hour in which the row says it was last used; None where it was not loaded, or is from before there was that.
    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        with hot.cursor() as cursor:
            cursor.execute(LOAD, [self.session_key, connection.ops.adapt_datetimefield_value(timezone.now())])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        if row[2] is not None:
            self.reader = _reader(row[2:])
            self.seen_at = _moment(row[1])
        return dict(self.decode(row[0]))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """As Django's; but what was signed once and is the same to the letter need not be looked at as closely again."""
        keys = settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS
        try:
            return dict(JSONSerializer().loads(_signed(str(session_data), self.key_salt, keys)))
        except (signing.BadSignature, ValueError):
            return super().decode(session_data)

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast(Session, super().create_model_instance(data))
        row.reader_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.device = data.get(DEVICE_KEY, "")
        row.seen_at = hour_of(timezone.now())
        return row


def reader_of(request: HttpRequest) -> Reader | AnonymousUser:
    """Who is logged in. Asks nothing more than the session's own query where the session is as log-in left it; in every
    other case Django decides, as always."""
    session = request.session
    backend = session.get(BACKEND_SESSION_KEY)
    reader = session.reader if isinstance(session, SessionStore) else None
    if (
        reader is not None
        and reader.is_active
        and session.get(SESSION_KEY) == str(reader.pk)
        and backend in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(HASH_SESSION_KEY) or "", reader.get_session_auth_hash())
    ):
        return _proven(request, reader)
    found: Reader | AnonymousUser = auth.get_user(request)
    return _proven(request, found) if isinstance(found, Reader) else found


def _proven(request: HttpRequest, reader: Reader) -> Reader:
    """The reader, marked where the site asks a second factor of its staff and this log-in has not shown it (readers.staff)."""
    if reader.role != Role.READER and settings.KAKEHASHI_STAFF_MFA == "required":
        reader.is_proven = any(one.get("method") == "mfa" for one in get_authentication_records(request, reader))
    return reader


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def note_use(request: HttpRequest) -> None:
    """Write down the hour in which a reader's session was used, at most once an hour and never a closer time; and once a
    day from where (traces)."""
    session, hour = request.session, hour_of(timezone.now())
    if not isinstance(session, SessionStore) or session.reader is None or session.seen_at == hour:
        return
    is_new_day = session.seen_at is None or session.seen_at.date() != hour.date()
    session.seen_at = hour
    if is_new_day:
        traces.note(request, session.reader)
    try:
        Session.objects.filter(session_key=session.session_key).update(seen_at=hour)
    except DatabaseError:
        # The page is made; this is not worth another one.
        logger.warning("session's hour not written")


def public_key(session_key: str) -> str:
    """By which a page names a session: the key itself would open it."""
    return salted_hmac("kakehashi.readers.sessions", session_key, algorithm="sha256").hexdigest()[:32]


class _AsItIs:
    """In place of a serializer."""

    def dumps(self, obj: bytes) -> bytes:
        return obj

    def loads(self, data: bytes) -> bytes:
        return data


@lru_cache(maxsize=4096)
def _signed(data: str, salt: str, keys: tuple[str, ...]) -> bytes:
    """What these keys have signed, which are the site's. Raises BadSignature."""
    found: bytes = signing.loads(data, salt=salt, serializer=_AsItIs)
    return found


def _reader(values: tuple[Any, ...]) -> Reader:
    """The model of a row of `COLUMNS`."""
    row = list(values)
    for place, converters, field in _converters():
        for convert in converters:
            row[place] = convert(row[place], field, connection)
    reader: Reader = Reader.from_db(connection.alias, FIELDS, row)
    return reader


def _moment(value: Any) -> datetime | None:
    """A time as the database's driver gives it."""
    for convert, expression in _moment_converters():
        value = convert(value, expression, connection)
    found: datetime | None = value
    return found


@cache
def _moment_converters() -> list[tuple[Callable[..., Any], Any]]:
    expression = Session._meta.get_field("seen_at").cached_col
    found = [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
    return [(convert, expression) for convert in found]


@cache
def _converters() -> list[tuple[int, list[Callable[..., Any]], Any]]:
    """What the database's answers go through, by place in the row: SQLite knows neither times nor booleans."""
    found = []
    for place, field in enumerate(Reader._meta.concrete_fields):
        expression = field.cached_col
        converters = [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
        if converters:
            found.append((place, converters, expression))
    return found
