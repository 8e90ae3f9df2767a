"""Answers of Django's, packed: fast, because each is one reader's own and packed for that reader alone."""

from __future__ import annotations

import re
import secrets
import struct
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from isal import igzip_lib
from isal.isal_zlib import crc32

Handler = Callable[[HttpRequest], HttpResponse]

# A shorter body gains nothing.
SHORTEST = 200
# Of 0 to 3; next to nothing is gained above.
LEVEL = 1
# A name of up to so many letters makes the length of what is packed tell less about what is in it (BREACH).
MOST_PADDING = 100

_ACCEPTS = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")
# Deflate, with a file name, without a time, from an unknown system.
_HEADER = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"


def pack(body: bytes) -> bytes:
    """`body` as gzip."""
    padding = b"a" * secrets.randbelow(MOST_PADDING)
    packed = igzip_lib.compress(body, LEVEL, igzip_lib.COMP_DEFLATE)
    end = struct.pack("<LL", crc32(body), len(body) & 0xFFFFFFFF)
    return b"".join((_HEADER, padding, b"\0", packed, end))


class CompressionMiddleware:
    """As Django's GZipMiddleware, at a twentieth of its cost. Files are not packed here: whoever serves them did."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.streaming or len(response.content) < SHORTEST or response.has_header("Content-Encoding"):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if not _ACCEPTS.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            return response
        response.content = pack(response.content)
        response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
        etag = response.get("ETag", "")
        if etag.startswith('"'):
            response["ETag"] = f"W/{etag}"
        return response
