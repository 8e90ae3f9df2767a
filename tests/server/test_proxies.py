from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from kakehashi.server.proxies import TrustedProxyMiddleware, networks

pytestmark = pytest.mark.once


def seen(request: HttpRequest) -> HttpResponse:
    left = sorted(name for name in request.META if "FORWARDED" in name)
    return HttpResponse(f"{request.META['REMOTE_ADDR']} {request.scheme} {left}")


@pytest.mark.parametrize(
    ("peer", "chain", "client"),
    [
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "<script>, 10.0.0.2", "10.0.0.1"),
    ],
)
def test_a_trusted_proxy_is_believed(
    rf: RequestFactory, settings: Settings, peer: str, chain: str, client: str
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    request = rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=chain, HTTP_X_FORWARDED_PROTO="https")
    assert TrustedProxyMiddleware(seen)(request).text == f"{client} https []"


@pytest.mark.parametrize("peer", ["198.51.100.1", "", "unix:"])
def test_nobody_else_is_believed_and_the_headers_go(rf: RequestFactory, settings: Settings, peer: str) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    request = rf.get(
        "/",
        REMOTE_ADDR=peer,
        HTTP_X_FORWARDED_FOR="10.0.0.1",
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="evil.example",
        HTTP_FORWARDED="for=10.0.0.1",
    )
    assert TrustedProxyMiddleware(seen)(request).text == f"{peer} http []"


def test_a_list_that_cannot_be_read_is_said() -> None:
    with pytest.raises(ImproperlyConfigured, match="KAKEHASHI_TRUSTED_PROXIES"):
        networks(["proxy.example"])
