"""Which requests may get what everybody gets, and under which name it is kept. Pure but for the list of host names."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from kakehashi.lib.choices import LANGUAGE_COOKIE, SURVEY_COOKIE, Choices, choices_of

# A page's name: its path, or path and query, or both and what was chosen by cookie. Never one string: a path may hold a
# question mark.
Key = str | tuple[str, str] | tuple[str, str, Choices]

_ORDER = re.compile("oldest|newest|popular|common-ground|latest|best|top")
# What a query may ask of a page, in the order in which it is written; anything else is Django's to answer.
_CHOICES = {
    "comment-order": _ORDER,
    "layout": re.compile("flat|nested"),
    "order": _ORDER,
    "p": re.compile("[1-9][0-9]{0,3}"),
    "page": re.compile("[1-9][0-9]{0,3}"),
}
# What senders of links add to count clicks; no page looks at it.
_TRACKING = re.compile(
    r"utm_[a-z_]{1,20}|fbclid|gclid|gbraid|wbraid|msclkid|dclid|twclid|yclid|igshid|mc_[ce]id|ref_src"
)
_TRICKS = re.compile(r"//|/\.\.?(?:/|$)|[\x00-\x1f\x7f\\?#;%\ud800-\udfff\ufffd]")
LONGEST_PATH = 500
LONGEST_QUERY = 2000
# Nothing below these is the same for everybody, or it has a faster door: not worth asking.
NEVER = (
    "/account/",
    "/admin/",
    "/documents/",
    "/healthz",
    "/language/",
    "/live/",
    "/media/",
    "/metrics",
    "/moderation/",
    "/readyz",
    "/search/",
)
MOST_HOSTS = 64
_USUAL = Choices()
_CHOSEN = re.compile(rf"(?:^|;)[ \t]*({LANGUAGE_COOKIE}|{SURVEY_COOKIE})=([0-9A-Za-z-]{{1,19}})[ \t]*(?=;|$)", re.ASCII)


@lru_cache(maxsize=2048)
def canonical_query(query: str) -> str | None:
    """The query as a page's name holds it: known words only, once each, sorted, without what only counts clicks. None
    where it says anything else."""
    if len(query) > LONGEST_QUERY:
        return None
    try:
        asked = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20)
    except ValueError:
        return None
    kept: dict[str, str] = {}
    for name, value in asked:
        if _TRACKING.fullmatch(name):
            continue
        choices = _CHOICES.get(name)
        if name in kept or choices is None or not choices.fullmatch(value):
            return None
        kept[name] = value
    return urlencode(sorted(kept.items()))


def key_of(path: str, query: str) -> Key | None:
    """The name of the page at this address; None where the query is not a page's. `path` is not judged here."""
    if not query:
        return path
    canonical = canonical_query(query)
    return (path, canonical) if canonical else path if canonical == "" else None


def chosen(cookies: str, survey_shown: int) -> Choices:
    """What the Cookie header chooses among shared pages, however else it is filled."""
    if LANGUAGE_COOKIE not in cookies and SURVEY_COOKIE not in cookies:
        return _USUAL
    return choices_of(dict(_CHOSEN.findall(cookies)), survey_shown)


def key_chosen(key: Key | None, choices: Choices) -> Key | None:
    """The name of the variant; static files have none, their names say all."""
    if key is None or choices is _USUAL or choices == _USUAL:
        return key
    path, query, _ = parts_of(key)
    return key if path.startswith(settings.STATIC_URL) else (path, query, choices)


def parts_of(key: Key) -> tuple[str, str, Choices]:
    """Path, query and choices of a name."""
    if isinstance(key, str):
        return key, "", _USUAL
    return key if len(key) == 3 else (*key, _USUAL)


def is_plain_path(path: str) -> bool:
    """Whether the path, percent-decoded, is one that a page may have: no way to write another page's address."""
    is_sane = path.startswith("/") and len(path) <= LONGEST_PATH and _TRICKS.search(path) is None
    return is_sane and not path.startswith(NEVER)


class Hosts:
    """Remembers which `Host` headers name this site, as Django judges them."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._allowed = [name for name in settings.ALLOWED_HOSTS if name]

    def __contains__(self, host: str) -> bool:
        return host in self._known or self._is_ours(host)

    def _is_ours(self, host: str) -> bool:
        domain, _ = split_domain_port(host)
        if not domain or not validate_host(domain, self._allowed):
            return False
        if len(self._known) < MOST_HOSTS:
            self._known.add(host)
        return True


class Anybody:
    """Tells requests of somebody from those that anybody might have sent."""

    def __init__(self) -> None:
        self.hosts = Hosts()
        # Looked for anywhere in the header, however it is spelled: too careful costs a rendering, too clever a secret.
        self._own = (settings.SESSION_COOKIE_NAME, "messages", "sessionid")

    def sent(self, scope: Any, headers: Any, cookies: str | None) -> bool:
        """Whether nothing in the request says who asks, or asks for anything but the page itself. `cookies` as
        `cookies_of`, None where it has none."""
        get = headers.get
        host = get("host")
        authority = scope.authority
        if authority is not None and authority != host:
            # HTTP/2 has no Host; an absolute address in the request line beside another Host is a game.
            if host is not None:
                return False
            host = authority
        return (
            host is not None
            and host in self.hosts
            and get("authorization") is None
            and get("hx-request") is None
            and (cookies is None or not any(own in cookies for own in self._own))
        )


def cookies_of(headers: Any) -> str:
    """All Cookie headers as one, for `get` would show only the first of several."""
    return "; ".join(value for name, value in headers.items() if name == "cookie")


def environ_of_nobody(path: str, query: str, choices: Choices = _USUAL) -> dict[str, Any]:
    """A request for the page as WSGI describes it, made by us: no header, the site's own name, and no cookie but those
    of `choices`. Nothing of any reader's request can be in it but path, query and these."""
    base = urlsplit(settings.BASE_URL)
    cookies = "; ".join(f"{name}={value}" for name, value in choices.cookies().items())
    return {
        **({"HTTP_COOKIE": cookies} if cookies else {}),
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": base.hostname or "",
        "SERVER_PORT": str(base.port or (443 if base.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": base.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": base.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
