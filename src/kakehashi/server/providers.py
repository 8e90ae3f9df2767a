"""Where readers may log in with an account from elsewhere: read from the environment. Loads no part of Django's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from kakehashi.server.environment import env, env_list, env_needed

PACKAGE = "allauth.socialaccount.providers."
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
OIDC = "openid_connect"
NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")


@dataclass
class Providers:
    """Those that are switched on: what allauth wants to know of them, and whom the site may ask on their behalf."""

    settings: dict[str, Any] = field(default_factory=dict)
    origins: set[str] = field(default_factory=set)

    @property
    def apps(self) -> list[str]:
        return [PACKAGE + kind for kind in self.settings]


def login_providers() -> Providers:
    """A provider is on when its client ID is there; then what else it needs must be there too."""
    found = Providers()
    _facebook(found)
    _google(found)
    _apple(found)
    names = env_list("KAKEHASHI_OIDC_PROVIDERS")
    if len(names) != len(set(names)):
        raise ImproperlyConfigured("KAKEHASHI_OIDC_PROVIDERS names a provider twice")
    for name in names:
        _openid(found, name)
    return found


def _facebook(found: Providers) -> None:
    client = env("KAKEHASHI_FACEBOOK_CLIENT_ID")
    if not client:
        return
    app = {
        "client_id": client,
        "secret": env_needed("KAKEHASHI_FACEBOOK_CLIENT_SECRET", "KAKEHASHI_FACEBOOK_CLIENT_ID"),
    }
    found.settings["facebook"] = {"APPS": [app], "METHOD": "oauth2", "FIELDS": ["id", "name", "email"]}
    found.origins.add("https://graph.facebook.com")


def _google(found: Providers) -> None:
    client = env("KAKEHASHI_GOOGLE_CLIENT_ID")
    if not client:
        return
    app = {"client_id": client, "secret": env_needed("KAKEHASHI_GOOGLE_CLIENT_SECRET", "KAKEHASHI_GOOGLE_CLIENT_ID")}
    found.settings["google"] = {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
    found.origins |= {"https://oauth2.googleapis.com", "https://www.googleapis.com"}


def _apple(found: Providers) -> None:
    client = env("KAKEHASHI_APPLE_CLIENT_ID")
    if not client:
        return
    private_key = env_needed("KAKEHASHI_APPLE_PRIVATE_KEY", "KAKEHASHI_APPLE_CLIENT_ID")
    # Where a variable can hold one line only, the key's lines are joined by \n as it is written.
    app = {
        "client_id": client,
        "secret": env_needed("KAKEHASHI_APPLE_KEY_ID", "KAKEHASHI_APPLE_CLIENT_ID"),
        "key": env_needed("KAKEHASHI_APPLE_TEAM_ID", "KAKEHASHI_APPLE_CLIENT_ID"),
        "settings": {"certificate_key": private_key.replace("\\n", "\n")},
    }
    found.settings["apple"] = {"APPS": [app]}
    found.origins.add("https://appleid.apple.com")


def _openid(found: Providers, name: str) -> None:
    """One OpenID Connect provider; `name` stands in its variables and in its callback's address."""
    if not NAME.fullmatch(name) or name in {"facebook", "google", "apple"}:
        raise ImproperlyConfigured(
            f"KAKEHASHI_OIDC_PROVIDERS must hold names like press-club (small letters, digits, hyphens), not {name!r}"
        )
    prefix = f"KAKEHASHI_OIDC_{name.upper().replace('-', '_')}_"
    because = f"{name} in KAKEHASHI_OIDC_PROVIDERS"
    server = env_needed(prefix + "SERVER_URL", because).rstrip("/")
    app = {
        "provider_id": name,
        "name": env(prefix + "NAME") or name.replace("-", " ").title(),
        "client_id": env_needed(prefix + "CLIENT_ID", because),
        "secret": env_needed(prefix + "CLIENT_SECRET", because),
        "settings": {"server_url": server, "oauth_pkce_enabled": True},
    }
    found.settings.setdefault(OIDC, {"APPS": []})["APPS"].append(app)
    found.origins.add(_origin(prefix + "SERVER_URL", server))
    found.origins |= {_origin(prefix + "HOSTS", "https://" + host) for host in env_list(prefix + "HOSTS")}


def _origin(name: str, address: str) -> str:
    """Scheme, host and port of what the site will ask: over TLS, unless it runs on this very machine."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not is_safe or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} must be an address like https://login.example, not {address!r}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"
