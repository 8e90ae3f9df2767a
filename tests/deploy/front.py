"""Real nginx with the file that operators copy: only ports and paths are others."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.postgres import free_port
from tests.server.test_serving import wait_for
from tests.server.visitor import Visitor
from tests.tools import find_nginx

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = "news.example"
SECONDS = 60
# What Debian's nginx.conf puts around the files of conf.d, with paths of its own for everything that nginx writes.
AROUND = """
{user}
daemon off;
pid {here}/pid;
error_log {here}/error.log;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    types {{ text/html html; text/css css; image/png png; text/javascript js; }}
    default_type application/octet-stream;
    client_body_temp_path {here}/body;
    proxy_temp_path {here}/proxy;
    fastcgi_temp_path {here}/fastcgi;
    uwsgi_temp_path {here}/uwsgi;
    scgi_temp_path {here}/scgi;
    gzip on;
    {site}
}}
"""


@dataclass(frozen=True)
class Front:
    """A running nginx: its ports, its directory and the certificate that its visitors trust."""

    port: int
    plain_port: int
    here: Path
    certificate: Path

    @property
    def log(self) -> str:
        return (self.here / "access.log").read_text()


def configuration(front: Front, *, data: Path, upstreams: list[int], has_cache: bool) -> str:
    """The operators' file with this machine's ports and paths; each replacement must find something to replace."""
    text = (DEPLOY / "nginx" / "kakehashi.conf").read_text(encoding="utf-8")
    servers = "\n".join(f"server 127.0.0.1:{port} max_fails=2 fail_timeout=5s;" for port in upstreams)
    replaced = {
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{front.plain_port};",
        "listen 443 ssl": f"listen 127.0.0.1:{front.port} ssl",
        "server 127.0.0.1:8000 max_fails=2 fail_timeout=5s;": servers,
        "/etc/ssl/news.example/fullchain.pem": str(front.certificate),
        "/etc/ssl/news.example/privkey.pem": str(front.here / "key.pem"),
        "/var/log/nginx/kakehashi.log": str(front.here / "access.log"),
        "/var/cache/nginx/kakehashi": str(front.here / "cache"),
        "/etc/nginx/kakehashi/": f"{DEPLOY}/nginx/pages/",
        "/srv/news": str(data),
    } | ({"#cache ": ""} if has_cache else {})
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


@contextlib.contextmanager
def nginx(here: Path, *, data: Path, upstreams: list[int], has_cache: bool = False) -> Iterator[Front]:
    """nginx in front of the servers on these ports; stopped at the end."""
    program = find_nginx()
    assert program, "nginx is missing: make tools"
    front = Front(free_port(), free_port(), here, here / "certificate.pem")
    make_certificate(front)
    site = configuration(front, data=data, upstreams=upstreams, has_cache=has_cache)
    file = here / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    file.write_text(AROUND.format(user=user, here=here, site=site))
    command = [program, "-c", file, "-p", here, "-e", here / "error.log"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        wait_for(lambda: listens(front.port) and listens(front.plain_port))
        yield front
    finally:
        process.terminate()
        process.wait(SECONDS)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def make_certificate(front: Front) -> None:
    """Signed by itself, for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    front.certificate.write_bytes(certificate.public_bytes(pem))
    (front.here / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


class Connection(http.client.HTTPSConnection):
    """To nginx, whatever name is asked for, from an address of the visitor's own; writes down the cookies as sent."""

    def __init__(self, front: Front, source: str, sent: list[str]) -> None:
        context = ssl.create_default_context(cafile=str(front.certificate))
        super().__init__(NAME, timeout=SECONDS, context=context)
        self.front, self.source, self.sent, self.tls = front, source, sent, context

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.front.port), SECONDS, (self.source, 0))
        self.sock = self.tls.wrap_socket(plain, server_hostname=NAME)

    def getresponse(self) -> http.client.HTTPResponse:
        response = super().getresponse()
        self.sent += response.headers.get_all("Set-Cookie", [])
        return response


@dataclass
class SecureVisitor(Visitor):
    """A browser on https://news.example, at the address `source` of this machine's own network."""

    address: str = f"https://{NAME}"
    front: Front | None = None
    source: str = "127.0.0.1"
    sent_cookies: list[str] = field(default_factory=list)

    def connect(self) -> http.client.HTTPConnection:
        assert self.front
        return Connection(self.front, self.source, self.sent_cookies)
