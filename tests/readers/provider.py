"""A real OpenID Connect server on loopback, whose answers a test may replace, and the way through it in a test client."""

from __future__ import annotations

import html
import io
import logging
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client
from werkzeug import Request, Response
from werkzeug.serving import make_server

# It is on loopback, where nobody listens in.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
logging.getLogger("werkzeug").setLevel(logging.ERROR)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oidc_provider_mock

CONFIG = "/.well-known/openid-configuration"


@dataclass
class House:
    """`lies` replace what the server answers at a path; `asked` is what it was asked, as (path, form)."""

    url: str = ""
    lies: dict[str, Callable[[Request], Response]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def person(self, sub: str, **claims: Any) -> str:
        requests.put(f"{self.url}/users/{sub}", json=claims, timeout=10).raise_for_status()
        return sub

    def settings(self, key: str = "press", **app: Any) -> dict[str, Any]:
        """SOCIALACCOUNT_PROVIDERS with this server in it."""
        config = {"server_url": self.url, "oauth_pkce_enabled": True}
        told = {"provider_id": key, "name": "Press Club", "client_id": "courier", "secret": "s", "settings": config}
        return {"openid_connect": {"APPS": [told | app]}}


@contextmanager
def open_house() -> Iterator[House]:
    house = House()
    real = oidc_provider_mock.app()

    def app(environ: dict[str, Any], start: Any) -> Any:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        request = Request(environ)
        house.asked.append((request.path, request.form.to_dict()))
        environ["wsgi.input"] = io.BytesIO(body)
        lie = house.lies.get(request.path)
        return lie(request)(environ, start) if lie else real(environ, start)

    server = make_server("127.0.0.1", 0, app, threaded=True)
    house.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield house
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def set_out(client: Client, next_page: str = "", key: str = "press", **form: str) -> str:
    """Press the button; the address at the provider."""
    page = client.post(f"/account/via/{key}/", {"next": next_page, **form})
    assert page.status_code == 200, page.headers
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.content.decode())
    assert found, page.content.decode()
    return html.unescape(found[1])


def say_yes(address: str, sub: str) -> str:
    """Log in at the provider and allow it; the address it sends back to."""
    answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def through(client: Client, sub: str, next_page: str = "", **form: str) -> Any:
    """Out, yes, and back: what the site answers then."""
    return client.get(say_yes(set_out(client, next_page, **form), sub))


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
