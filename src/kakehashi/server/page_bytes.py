"""An answer ready to be sent: once for each encoding, with its headers as lists, so that sending is all that is left."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b

from backports import zstd
from isal import igzip

Headers = list[tuple[str, str]]
# (body, encoding) -> the body in this encoding, or as it is.
Pack = Callable[[bytes, int], bytes]

# As written in Content-Encoding and told apart in ETags. An encoding's place is its number.
ENCODINGS = ("identity", "gzip", "zstd")
IDENTITY, GZIP, ZSTD = range(3)
# Which of several equally welcome ones to send: the shortest.
_PREFERRED = (ZSTD, GZIP, IDENTITY)
# A shorter body grows by being packed.
SHORTEST_PACKED = 256
GZIP_LEVEL = 2
ZSTD_LEVEL = 3
# Of what stays the same for good.
BEST_GZIP_LEVEL = 9
BEST_ZSTD_LEVEL = 19
# Bytes that one variant takes beside its body: lists, tuples and strings of its headers, measured.
OVERHEAD = 6000

# A copy that a proxy keeps is out of date after one second, and may be shown four more while it asks again.
CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-while-revalidate=4"
# Django's own about the body that it made, and what belongs to one request.
_MADE_HERE = frozenset(
    {"cache-control", "connection", "content-encoding", "content-length", "date", "etag", "set-cookie", "vary"}
    | {"x-request-id"}
)


class Variant:
    """One encoding of a page. `headers` for GET, `head` for HEAD (with the length), `unchanged` for 304."""

    __slots__ = ("body", "etag", "head", "headers", "unchanged")

    def __init__(self, body: bytes, encoding: int, etag: str, common: Headers, freshness: Headers) -> None:
        self.body = body
        self.etag = etag
        freshness = [("etag", etag), *freshness]
        packed = [("content-encoding", ENCODINGS[encoding])] if encoding else []
        self.headers: Headers = [*common, *packed, *freshness]
        self.head: Headers = [*self.headers, ("content-length", str(len(body)))]
        self.unchanged: Headers = freshness

    def is_known(self, if_none_match: str) -> bool:
        """Whether the reader has these very bytes, or wants none at all where there are any (`*`)."""
        return self.etag == if_none_match or not tags_of(if_none_match).isdisjoint((self.etag, "*"))

    @property
    def size(self) -> int:
        return len(self.body) + OVERHEAD


class Answer:
    """A body with its headers, and its variants as they are asked for (`make`), each packed by `pack`."""

    __slots__ = ("body", "common", "control", "digest", "pack", "variants", "vary")

    def __init__(
        self,
        body: bytes,
        common: Headers,
        vary: str,
        wanted: Sequence[int],
        control: str = CACHE_CONTROL,
        pack: Pack | None = None,
    ) -> None:
        self.body = body
        self.common = common
        self.vary = vary
        self.control = control
        self.pack = pack or pack_quickly
        self.digest = blake2b(body, digest_size=12).hexdigest()
        self.variants: list[Variant | None] = [None] * len(ENCODINGS)
        for encoding in {IDENTITY, *wanted}:
            self.make(encoding)

    def make(self, encoding: int) -> Variant:
        """The variant, packed now if it never was. Slow for a long body: call it in a thread."""
        packed = self.pack(self.body, encoding)
        if encoding and len(packed) >= len(self.body):
            packed, encoding_used = self.body, IDENTITY
        else:
            encoding_used = encoding
        etag = f'"{self.digest}-{ENCODINGS[encoding_used]}"' if encoding_used else f'"{self.digest}"'
        freshness = [("cache-control", self.control), ("vary", self.vary)]
        made = Variant(packed, encoding_used, etag, self.common, freshness)
        self.variants[encoding] = made
        return made

    @property
    def wanted(self) -> list[int]:
        """The encodings that somebody has asked for."""
        return [encoding for encoding, variant in enumerate(self.variants) if variant is not None]

    @property
    def size(self) -> int:
        """Bytes of memory, all variants together."""
        return sum(variant.size for variant in self.variants if variant is not None)


def pack_quickly(body: bytes, encoding: int) -> bytes:
    """For a page that is made anew every now and then."""
    if encoding == GZIP and len(body) >= SHORTEST_PACKED:
        # No time inside: the same page packs to the same bytes in every process.
        return igzip.compress(body, GZIP_LEVEL, mtime=0)
    if encoding == ZSTD and len(body) >= SHORTEST_PACKED:
        return zstd.compress(body, ZSTD_LEVEL)
    return body


def pack_well(body: bytes, encoding: int) -> bytes:
    """For a file that stays: a tenth to a fifth shorter, at ten times the cost and more."""
    if encoding == GZIP and len(body) >= SHORTEST_PACKED:
        return gzip.compress(body, BEST_GZIP_LEVEL, mtime=0)
    if encoding == ZSTD and len(body) >= SHORTEST_PACKED:
        return zstd.compress(body, BEST_ZSTD_LEVEL)
    return body


def kept_headers(headers: Sequence[tuple[str, str]]) -> tuple[Headers, str]:
    """(headers of Django's answer that every copy carries, `Vary`). Raises ValueError where they say that the answer is
    not for everybody."""
    found = [(name.lower(), value) for name, value in headers]
    by_name = dict(found)
    control = by_name.get("cache-control", "")
    if "set-cookie" in by_name or any(word in control for word in ("private", "no-store")):
        raise ValueError("the answer is not for everybody")
    if "*" in by_name.get("vary", "") or "content-encoding" in by_name:
        raise ValueError("the answer is not the same for everybody")
    vary = {"Accept-Encoding": None, "Cookie": None}
    own = [word.strip() for word in by_name.get("vary", "").split(",")]
    vary |= dict.fromkeys(word for word in own if word and word.lower() not in {"accept-encoding", "cookie"})
    return [(name, value) for name, value in found if name not in _MADE_HERE], ", ".join(vary)


@lru_cache(maxsize=512)
def encoding_for(accept_encoding: str) -> int:
    """The encoding to send to a reader whose Accept-Encoding says this. A header that makes no sense, or one that
    refuses everything, gets the plain body."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        name = {"x-gzip": "gzip"}.get(name.strip(), name.strip())
        weights[name] = min(_weight(parameters), weights.get(name, 1.0))
    # Plain is always welcome unless refused, but less than any that is named. A `*` hardly means zstd.
    unnamed = (weights.get("*", 0.0001), weights.get("*", 0.0), 0.0)
    best, best_weight = IDENTITY, 0.0
    for encoding in _PREFERRED:
        weight = weights.get(ENCODINGS[encoding], unnamed[encoding])
        if weight > best_weight:
            best, best_weight = encoding, weight
    return best


def _weight(parameters: str) -> float:
    """The `q` of one item, 0 for one that cannot be read."""
    for parameter in parameters.split(";"):
        name, is_given, value = parameter.partition("=")
        if name.strip() == "q" and is_given:
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0


@lru_cache(maxsize=512)
def tags_of(if_none_match: str) -> frozenset[str]:
    """The tags that the reader has. Weak ones count: the comparison is the weak one."""
    return frozenset(tag.strip().removeprefix("W/") for tag in if_none_match[:2000].split(","))
