"""How allauth meets accounts from elsewhere: which providers are on, whom may be asked, what of their answers is kept."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.providers.base.constants import AuthError
from django.conf import settings
from django.http import HttpRequest

if TYPE_CHECKING:
    import requests
    from allauth.socialaccount.models import SocialApp, SocialLogin

    from kakehashi.readers.models import Reader

logger = logging.getLogger(__name__)
# What a provider says of somebody is a page of text at most, and comes at once.
LARGEST_ANSWER = 1 << 20
LONGEST_ANSWER = 10.0


@dataclass(frozen=True)
class Provider:
    """One that is switched on: `key` stands in addresses and in `SocialAccount.provider`."""

    key: str
    kind: str
    name: str


NAMES = {"facebook": "Facebook", "google": "Google", "apple": "Apple"}


def switched_on() -> list[Provider]:
    """In the order of the settings; no query."""
    return [
        Provider(app.get("provider_id") or kind, kind, app.get("name") or NAMES.get(kind, kind))
        for kind, config in settings.SOCIALACCOUNT_PROVIDERS.items()
        for app in config.get("APPS", [])
    ]


def provider_called(key: str) -> Provider | None:
    return next((provider for provider in switched_on() if provider.key == key), None)


def name_of(key: str) -> str:
    """What readers call it, also when it is no longer switched on."""
    found = provider_called(key)
    return found.name if found else NAMES.get(key, key)


class ProviderAdapter(DefaultSocialAccountAdapter):
    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """From the settings alone: no table of secrets, and no query."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Reader:
        """Of all that the provider tells, its name and address for the person are kept, and nothing else."""
        said = {key: value if isinstance(value, str) else "" for key, value in data.items()}
        reader: Reader = super().populate_user(request, sociallogin, said)
        whole = " ".join(part for part in (said.get("first_name"), said.get("last_name")) if part)
        reader.name = (said.get("name") or whole or said.get("username") or "")[:80]
        sociallogin.account.extra_data = {"name": reader.name, "email": reader.email}
        return reader

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Whoever is not known yet, or connects an account to their own, goes our way from here."""
        from kakehashi.readers.views.ways_in import arrive

        answer = arrive(request, sociallogin)
        if answer is not None:
            raise ImmediateHttpResponse(answer)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        from kakehashi.readers.views.trouble import kind_of, trouble

        is_stale = error != AuthError.CANCELLED and exception is None and "state" not in (extra_context or {})
        kind = "stale" if is_stale else kind_of(error, exception)
        if exception is not None:
            logger.warning("log-in through %s: %r", provider.sub_id, exception)
        raise ImmediateHttpResponse(trouble(request, provider.sub_id, kind))

    def get_requests_session(self) -> requests.Session:
        """A way out that leads to the providers' own hosts, follows no redirect, and waits and reads within bounds."""
        import requests

        class Door(requests.Session):
            def request(self, method: Any, url: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
                parts = urlsplit(str(url))
                if f"{parts.scheme}://{parts.netloc}" not in settings.KAKEHASHI_PROVIDER_ORIGINS:
                    raise requests.exceptions.InvalidURL(f"not a host of the provider's: {parts.netloc}")
                kwargs |= {"allow_redirects": False, "stream": True}
                kwargs.setdefault("timeout", settings.SOCIALACCOUNT_REQUESTS_TIMEOUT)
                with super().request(method, url, **kwargs) as response:
                    response._content = _body(response)
                    response._content_consumed = True
                return response

        return Door()


def _body(response: requests.Response) -> bytes:
    """All of it, unless it is too long or takes too long."""
    import requests

    until, body = time.monotonic() + LONGEST_ANSWER, b""
    for piece in response.iter_content(8192):
        body += piece
        if len(body) > LARGEST_ANSWER or time.monotonic() > until:
            raise requests.exceptions.ContentDecodingError("the provider's answer has no end")
    return body
