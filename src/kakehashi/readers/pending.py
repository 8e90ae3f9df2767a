"""An account from elsewhere that nobody here has yet: kept in the session until it has become somebody's.

Of what the provider told only this is kept, and its tokens never.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest

from kakehashi.readers.providers import Provider, provider_called

KEY = "readers-pending-way"
GOOD_FOR = 60 * 60


@dataclass(frozen=True)
class Pending:
    """`verified` is the address that the provider vouches for. `name` and `email` are what the reader chose since;
    `joins` is whether the reader wants it to open the account they have already."""

    provider_key: str
    uid: str
    told: dict[str, str]
    verified: str
    next: str
    at: float
    name: str = ""
    email: str = ""
    joins: bool = False

    @property
    def provider(self) -> Provider:
        found = provider_called(self.provider_key)
        assert found is not None
        return found


def from_login(login: SocialLogin, next_page: str) -> Pending:
    verified = [address.email for address in login.email_addresses if address.verified]
    return Pending(
        provider_key=login.account.provider,
        uid=login.account.uid,
        told=login.account.extra_data,
        verified=verified[0].lower() if verified else "",
        next=next_page,
        at=time.time(),
    )


def keep(request: HttpRequest, pending: Pending) -> None:
    request.session[KEY] = asdict(pending)


def kept(request: HttpRequest) -> Pending | None:
    """None where there is none, it is too old or its provider has been switched off meanwhile."""
    data: dict[str, Any] | None = request.session.get(KEY)
    if not data or time.time() - data["at"] > GOOD_FOR or provider_called(data["provider_key"]) is None:
        return None
    return Pending(**data)


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
