"""A person in front of a real server: cookies, tokens from forms, and answers as they came over the wire."""

from __future__ import annotations

import html
import http.client
import json
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

from tests.processes import ProcessSite

FORM = "application/x-www-form-urlencoded"
BOUNDARY = "a-line-between-parts"
SECONDS = 60

# Runs in the site's own process; prints stories' numbers and addresses, and a session for each member.
FURNISH = """
import json
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from kakehashi.readers.sessions import SessionStore
from allauth.account.models import EmailAddress
from tests.factories import a_reader, a_section, a_story
from kakehashi.comments.actions import post_comment

section = a_section({room!r})
stories = [a_story(slug=f"{room}-{{n}}".lower(), section=section) for n in range({stories})]
sessions = {{}}
for n, (name, role) in enumerate({members!r}):
    email = name.replace(" ", ".").lower() + "@example.org"
    member = a_reader(name, role=role, email=email, password=None if n else {password!r})
    EmailAddress.objects.create(user=member, email=member.email, primary=True, verified=True)
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.create()
    sessions[name] = session.session_key
comments = [post_comment(author=member, story=stories[0], source="The first word").pk]
found = {{"stories": [[story.pk, story.get_url()] for story in stories], "sessions": sessions, "comments": comments}}
print(">>>" + json.dumps(found))
"""


def furnish(site: ProcessSite, room: str, members: dict[str, str], *, stories: int, password: str | None = None) -> Any:
    """Stories in a section of their own and members (name: role) with sessions. The first can log in with `password`;
    the last posts one comment."""
    people = list(members.items())
    return ask(site, FURNISH.format(room=room, stories=stories, members=people, password=password))


def ask(site: ProcessSite, script: str) -> Any:
    """What `script` prints in its last line, after `>>>`, read as JSON, in a process of the site's own."""
    done = site.run("manage", "shell", "--no-imports", "-c", script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1].removeprefix(">>>"))


@dataclass(frozen=True)
class Answer:
    """One answer: status, headers by lower-case name, and the body as text."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def sentence(self) -> str:
        """What the page says is wrong, or all of its main part."""
        alert = re.search(r'role="alert">(.*?)</p>', self.text, re.DOTALL)
        main = re.search(r"<main.*?</main>", self.text, re.DOTALL)
        said = alert[1] if alert else main[0] if main else self.text
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", said)).split())

    @property
    def given_back(self) -> str | None:
        """The text in the form's field, as a browser would read it."""
        found = re.search(r'<textarea [^>]*(?:name="text"|id="typed")[^>]*>\n?(.*?)</textarea>', self.text, re.DOTALL)
        return html.unescape(found[1]) if found else None

    @property
    def comment(self) -> int:
        """The number of the comment that the answer leads to."""
        assert self.status == 302, (self.status, self.sentence)
        found = re.search(r"(?:#c-|/comment/)(\d+)/?$", self.headers["location"])
        assert found, self.headers["location"]
        return int(found[1])


@dataclass
class Visitor:
    """Keeps cookies as a browser does; `token` is that of the last page with a form."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, headers=headers)

    def post(self, path: str, data: dict[str, Any] | bytes, *, htmx: bool = False) -> Answer:
        """Send a form with the token; `data` as bytes is sent as it is, percent-encoded, as the field `text`."""
        if isinstance(data, bytes):
            text = f"text={quote_from_bytes(data)}&"
            body = text + urlencode({"csrfmiddlewaretoken": self.token})
        else:
            body = urlencode({"csrfmiddlewaretoken": self.token, **data}, doseq=True)
        headers = {"Content-Type": FORM, "Origin": self.address}
        return self.send("POST", path, headers=headers | ({"HX-Request": "true"} if htmx else {}), body=body.encode())

    def upload(self, path: str, name: str, content: bytes) -> Answer:
        """Send a file with its name as its title, with the token."""
        fields = {"csrfmiddlewaretoken": self.token, "title": name}
        part = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
        texts = "".join(f'{part}"{key}"\r\n\r\n{value}\r\n' for key, value in fields.items())
        head = f'{texts}{part}"file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Origin": self.address}
        return self.send("POST", path, headers=headers, body=body)

    def send(self, method: str, path: str, *, headers: dict[str, str], body: bytes | None = None) -> Answer:
        """One request on a connection of its own. Raises OSError or HTTPException when no whole answer comes."""
        connection = self.connect()
        try:
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body=body, headers={**({"Cookie": cookie} if cookie else {}), **headers})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
        if found:
            self.token = found[1]
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, text)

    def connect(self) -> http.client.HTTPConnection:
        """A new connection to the server."""
        return http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=SECONDS)

    def log_in(self, email: str, password: str) -> None:
        """Through the form."""
        self.get("/account/login/")
        answer = self.post("/account/login/", {"login": email, "password": password})
        assert answer.status == 302, answer.sentence


def member(address: str, session: str, path: str) -> Visitor:
    """Somebody who is logged in by `session`, with the token of the form on `path`."""
    visitor = Visitor(address, {"sessionid": session})
    assert visitor.get(path).status == 200
    assert visitor.token
    return visitor
