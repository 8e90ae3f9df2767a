"""The only door out: which addresses it asks, and what it makes of servers that lie."""

from __future__ import annotations

import datetime
import gzip
import ipaddress
import socket
import ssl
import time
import zlib
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from kakehashi.lib import safe_http
from kakehashi.lib.safe_http import Limits, fetching, lines
from tests.lib.outside import Answering, http, outside

pytestmark = pytest.mark.once

JSON = ("application/json",)
QUICK = Limits(seconds=0.6, sent=20_000, unpacked=50_000, redirects=3)


def ask(settings: Settings, answer: Answering | bytes, *, limits: Limits = QUICK, **more: Any) -> safe_http.Answer:
    with outside(answer) as there:
        settings.KAKEHASHI_ALLOWED_PRIVATE_HOSTS = [there.place]
        return safe_http.fetch(there.url, accept=JSON, limits=limits, **more)


# Which addresses

PUBLIC = [
    "1.1.1.1",
    "8.8.4.4",
    "203.0.114.1",
    "2606:4700::1111",
    "2a00:1450:4001::5",
    "64:ff9b::808:808",
    "2002:0808:0808::1",
]
NOT_PUBLIC = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.3", "168.63.129.16", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.5", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::", "3fff::1",
    "2606:4700::5efe:127.0.0.1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
    "fe80::5efe:8.8.8.8", "4000::1", "fec0::1", "ff02::1",
    "", "localhost", "1.2.3", "1.2.3.4.5", "0x7f000001",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert safe_http.is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    assert not safe_http.is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_however_it_is_wrapped(address: ipaddress.IPv4Address) -> None:
    plain, number = safe_http.is_public(str(address)), int(address)
    for wrapped in (
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1),
        ipaddress.IPv6Address((0x26064700 << 96) | (0x5EFE << 32) | number),
    ):
        assert safe_http.is_public(str(wrapped)) == plain, wrapped


@given(st.ip_addresses(v=4))
def test_nothing_that_python_calls_special_is_public(address: ipaddress.IPv4Address) -> None:
    is_special = address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
    assert not (is_special and safe_http.is_public(str(address)))


@given(st.ip_addresses(v=6))
def test_of_ipv6_only_what_is_given_to_sites_is_public(address: ipaddress.IPv6Address) -> None:
    if safe_http.is_public(str(address)):
        given_out = ("2000::/3", "64:ff9b::/96", "::ffff:0:0/96")
        assert any(address in ipaddress.ip_network(network) for network in given_out)


@hypothesis.settings(max_examples=50)
@given(st.text(max_size=60) | st.builds(lambda host: f"http://{host}/", st.text(max_size=30)))
def test_an_address_is_a_target_or_a_sentence(text: str) -> None:
    try:
        target = safe_http.target_of(text)
    except safe_http.BadAddress:
        pass
    else:
        assert target.host.isascii()
        assert target.target.isascii()
        assert safe_http.target_of(target.url) == target


@pytest.mark.parametrize(
    "address",
    [
        "", "news.example", "//news.example/", "ftp://news.example/", "file:///etc/passwd", "gopher://news.example/",
        "javascript:alert(1)", "http://", "http:///path", "http://user@news.example/", "http://u:p@news.example/",
        "http://@news.example/", "http://news.example:22/", "http://news.example:99999/", "http://news.example:0/",
        "http://[::1", "http://news.example\\@127.0.0.1/", "http://news example/", "http://news.example/\r\nX: y",
        "http://" + "a" * 70 + ".example/", "http://a..b/", "http://%31/", "http://news.example/" + "a" * 2000, "http://\ud800/",
    ],
)  # fmt: skip
def test_addresses_that_are_not_asked(address: str) -> None:
    with pytest.raises(safe_http.BadAddress):
        safe_http.target_of(address)


def test_addresses_are_written_as_they_are_asked() -> None:
    assert safe_http.target_of("HTTPS://Blåbær.example/ä?q=ö#x").url == "https://xn--blbr-roah.example/%C3%A4?q=%C3%B6"
    assert safe_http.target_of("http://news.example:80").url == "http://news.example/"
    assert safe_http.target_of("http://[2606:4700::1]/").netloc == "[2606:4700::1]"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::1]", "[::ffff:7f00:1]"]
)
def test_no_spelling_of_loopback_is_asked(host: str) -> None:
    with pytest.raises(safe_http.PrivateAddress):
        safe_http.fetch(f"http://{host}/", accept=JSON)


def test_a_name_with_one_private_address_among_public_ones_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", names("1.1.1.1", "10.0.0.1"))
    with pytest.raises(safe_http.PrivateAddress):
        safe_http.fetch("http://rebind.example/", accept=JSON)


def test_a_name_is_resolved_once_and_the_judged_address_is_asked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server of the names says another address each time: the second one must never be asked."""
    with outside(http(b"{}")) as there, outside(http(b'{"is": "private"}')) as inner:
        resolved: list[str] = []

        def lying(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
            if host[0].isdigit():
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
            resolved.append(host)
            return names("127.0.0.1" if len(resolved) == 1 else "127.0.0.2")(host, port)

        monkeypatch.setattr(socket, "getaddrinfo", lying)
        monkeypatch.setattr(lines, "is_public", lambda address: address == "127.0.0.1")
        settings.KAKEHASHI_OUTSIDE_PORTS = [there.port, inner.port]
        answer = safe_http.fetch(f"http://rebind.example:{there.port}/", accept=JSON, limits=QUICK)
    assert (answer.body, resolved) == (b"{}", ["rebind.example"])
    assert b"host: rebind.example:" in there.asked[0].lower()
    assert inner.asked == []


def names(*addresses: str) -> Any:
    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def test_a_name_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(safe_http.Unreachable):
        safe_http.fetch("http://news.example/", accept=JSON)


def test_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(2) or [])
    began = time.monotonic()
    with pytest.raises(safe_http.TooSlow):
        safe_http.fetch("http://news.example/", accept=JSON, limits=Limits(seconds=0.2))
    assert time.monotonic() - began < 1.5


# What is sent, what comes back


def test_a_request_says_who_asks_and_nothing_else(settings: Settings) -> None:
    answer = http(b"{}", 'ETag: "a"', "Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT", "Set-Cookie: id=1")
    with outside(answer) as there:
        settings.KAKEHASHI_ALLOWED_PRIVATE_HOSTS = [there.place]
        first = safe_http.fetch(there.url, accept=JSON, limits=QUICK)
        safe_http.fetch(there.url, accept=JSON, etag=first.etag, last_modified=first.last_modified, limits=QUICK)
    assert (first.body, first.etag, first.last_modified) == (b"{}", '"a"', "Mon, 02 Nov 2026 10:00:00 GMT")
    head = there.asked[1].decode().lower()
    assert "user-agent: kakehashi/" in head
    assert 'if-none-match: "a"' in head
    assert "if-modified-since: mon, 02 nov 2026 10:00:00 gmt" in head
    assert "cookie" not in head


def test_unchanged(settings: Settings) -> None:
    answer = ask(settings, http(status="304 Not Modified", type="", length=0), etag='"a"')
    assert answer.is_unchanged
    assert answer.body == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_packed_answers_are_unpacked(settings: Settings, encoding: str) -> None:
    packed = (gzip.compress if encoding == "gzip" else zlib.compress)(b'{"a": 1}' * 100)
    assert ask(settings, http(packed, f"Content-Encoding: {encoding}")).body == b'{"a": 1}' * 100


def test_redirects_are_followed_within_the_rules(settings: Settings) -> None:
    def answer(connection: socket.socket, head: bytes) -> None:
        path = head.split()[1]
        following = {b"/": "b", b"/b": "/c"}.get(path)
        connection.sendall(http(b"", f"Location: {following}", status="302 Found") if following else http(b"[]"))

    assert ask(settings, answer).body == b"[]"
    with pytest.raises(safe_http.TooManyRedirects):
        ask(settings, http(b"", "Location: /", status="301 Moved"))


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("http://127.0.0.1:1/", safe_http.BadAddress),
        ("http://169.254.169.254/latest/meta-data/", safe_http.PrivateAddress),
        ("http://[::ffff:10.0.0.1]/", safe_http.PrivateAddress),
        ("file:///etc/passwd", safe_http.BadAddress),
        ("http://u:p@1.1.1.1/", safe_http.BadAddress),
        ("http://[", safe_http.BadAddress),
        ("", safe_http.BadAnswer),
    ],
)
def test_a_redirect_cannot_lead_where_an_address_may_not(
    settings: Settings, location: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(settings, http(b"", f"Location: {location}", status="302 Found"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http(b"<p>", type="text/html"), safe_http.WrongType),
        (http(b"{}", type=""), safe_http.WrongType),
        (http(b"", status="404 Not Found"), safe_http.Refused),
        (http(b"", status="500 Oh"), safe_http.Refused),
        (http(b"{}", length=1 << 30), safe_http.TooLarge),
        (http(b"{}", length=500), safe_http.BadAnswer),
        (http(b"x" * 60_000), safe_http.TooLarge),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"x" * 400_000, safe_http.TooLarge),
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200_000, safe_http.BadAnswer),
        (http(b"not packed", "Content-Encoding: gzip"), safe_http.BadAnswer),
        (http(gzip.compress(b"{}", mtime=0)[:-4], "Content-Encoding: gzip"), safe_http.BadAnswer),
        (http(gzip.compress(b"0" * 10_000_000, mtime=0), "Content-Encoding: gzip"), safe_http.TooLarge),
        (http(b"{}", "Content-Encoding: br"), safe_http.BadAnswer),
        (b"SSH-2.0-OpenSSH_9.9\r\n", safe_http.BadAnswer),
        (b"", safe_http.BadAnswer),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            safe_http.BadAnswer,
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else value[:1].decode() or "nothing",
)
def test_answers_that_are_not_taken(settings: Settings, answer: bytes, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        ask(settings, answer)
    assert str(raised.value)


def test_bytes_behind_the_end_of_a_packed_answer_do_not_count(settings: Settings) -> None:
    assert ask(settings, http(gzip.compress(b"{}") + b"more", "Content-Encoding: gzip")).body == b"{}"


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_slow_drip_ends_when_the_time_is_over(settings: Settings, part: str) -> None:
    def drip(connection: socket.socket, head: bytes) -> None:
        if part == "body":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for _ in range(200):
            connection.sendall(b"H")
            time.sleep(0.05)

    began = time.monotonic()
    with pytest.raises(safe_http.TooSlow):
        ask(settings, drip, limits=Limits(seconds=0.3))
    assert time.monotonic() - began < 3


def test_nobody_there(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        place = f"127.0.0.1:{listening.getsockname()[1]}"
    settings.KAKEHASHI_ALLOWED_PRIVATE_HOSTS = [place]
    with pytest.raises(safe_http.Unreachable):
        safe_http.fetch(f"http://{place}/", accept=JSON, limits=QUICK)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), ("999999999999", 86400), ("soon", None), ("Mon, 02 Nov 2026 10:02:00 GMT", 120), ("-5", None)],
)
def test_how_long_a_server_asks_us_to_wait(said: str, seconds: int | None) -> None:
    class Said:
        headers = [(b"Retry-After", said.encode())]

    now = datetime.datetime(2026, 11, 2, 10, tzinfo=datetime.UTC)
    wait = fetching._retry_after(Said(), now)  # type: ignore[arg-type]
    assert (wait.total_seconds() if wait is not None else None) == seconds


# Certificates


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """(file of a certificate authority, a server's side with a certificate of it for `news.example`)."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "news.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("news.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    file, private = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, private)
    return file, context


@pytest.mark.parametrize(
    ("host", "is_known", "error"),
    [
        ("news.example", True, None),
        ("other.example", True, safe_http.Unreachable),
        ("news.example", False, safe_http.Unreachable),
    ],
)
def test_the_certificate_must_be_trusted_and_the_hosts_own(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    authority: tuple[Path, ssl.SSLContext],
    host: str,
    is_known: bool,
    error: type[Exception] | None,
) -> None:
    file, context = authority
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    fetching._trust.cache_clear()
    monkeypatch.setattr(socket, "getaddrinfo", names("127.0.0.1"))
    with outside(http(b"{}"), tls=context) as there:
        settings.KAKEHASHI_ALLOWED_PRIVATE_HOSTS = [f"{host}:{there.port}"]
        try:
            if error is None:
                assert safe_http.fetch(f"https://{host}:{there.port}/", accept=JSON, limits=QUICK).body == b"{}"
            else:
                with pytest.raises(error):
                    safe_http.fetch(f"https://{host}:{there.port}/", accept=JSON, limits=QUICK)
        finally:
            fetching._trust.cache_clear()


def test_a_handshake_that_never_ends(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        settings.KAKEHASHI_ALLOWED_PRIVATE_HOSTS = [place]
        began = time.monotonic()
        with pytest.raises(safe_http.TooSlow):
            safe_http.fetch(f"https://{place}/", accept=JSON, limits=Limits(seconds=0.2))
        assert time.monotonic() - began < 2


def test_no_way_down_from_a_secure_connection(settings: Settings) -> None:
    class Redirect:
        headers = [(b"location", b"http://news.example/")]

    with pytest.raises(safe_http.BadAddress, match="secure"):
        fetching._next(safe_http.target_of("https://news.example/"), Redirect())  # type: ignore[arg-type]
