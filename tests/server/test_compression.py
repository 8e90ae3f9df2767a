"""Packed answers: what every client can unpack, and nothing packed that should not be."""

from __future__ import annotations

import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from kakehashi.server.compression import SHORTEST, CompressionMiddleware, pack

pytestmark = pytest.mark.once
LONG = "A bridge between people. " * 50


def answered(accepts: str, response: HttpResponse) -> HttpResponse:
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepts})
    return CompressionMiddleware(lambda _request: response)(request)


@pytest.mark.parametrize("body", [b"", b"x", b"\x00" * 70_000, LONG.encode() * 400], ids=len)
def test_what_is_packed_unpacks(body: bytes) -> None:
    assert gzip.decompress(pack(body)) == body


def test_the_length_tells_little() -> None:
    assert len({len(pack(LONG.encode())) for _ in range(200)}) > 20


@pytest.mark.parametrize("accepts", ["gzip", "br, gzip;q=0.5, *;q=0", "deflate, gzip"])
def test_an_answer_is_packed_for_who_takes_it(accepts: str) -> None:
    response = answered(accepts, HttpResponse(LONG, headers={"ETag": '"1"'}))
    assert gzip.decompress(response.content).decode() == LONG
    assert response["Content-Length"] == str(len(response.content))
    assert (response["Content-Encoding"], response["Vary"], response["ETag"]) == ("gzip", "Accept-Encoding", 'W/"1"')


@pytest.mark.parametrize("accepts", ["", "br", "gzip;q=0", "gzip; q=0.0, br", "xgzipx"])
def test_an_answer_stays_for_who_does_not(accepts: str) -> None:
    response = answered(accepts, HttpResponse(LONG))
    assert response.text == LONG
    assert response["Vary"] == "Accept-Encoding"


def test_short_packed_and_streamed_answers_stay() -> None:
    for response in (
        HttpResponse("x" * (SHORTEST - 1)),
        HttpResponse(LONG, headers={"Content-Encoding": "br"}),
        StreamingHttpResponse([LONG.encode()]),
    ):
        assert answered("gzip", response) is response  # type: ignore[arg-type]
        assert response.get("Content-Encoding") != "gzip"
