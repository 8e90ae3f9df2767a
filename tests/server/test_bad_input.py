"""All that the issue names as bad input, sent to a real server by people who are logged in, and to the command line.

Each gets its status and a clear sentence, and what was typed comes back.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.factories import PASSWORD
from tests.processes import ProcessSite
from tests.server.visitor import Answer, Visitor, ask, furnish, member

pytestmark = [pytest.mark.slow]

# Two seconds is the promise; a machine with other things to do may need more.
FRESH_SECONDS = 20

# Each posts once: the limits of one reader are not what is looked at here.
POSTERS = {f"Poster {n}": "reader" for n in range(12)}
MEMBERS = {"Ana Ferry": "reader", "Mo Lantern": "moderator", **POSTERS, "Bo Harbour": "reader"}


@dataclass
class House:
    """A served site with two stories: `here`, with one comment by Bo, and `there`. Ana logged in through the form."""

    site: ProcessSite
    address: str
    here: tuple[int, str]
    there: tuple[int, str]
    comment: int
    sessions: dict[str, str]
    ana: Visitor
    posters: Iterator[str]

    @property
    def form(self) -> str:
        return f"/story/{self.here[0]}/comment/"

    def member(self, name: str) -> Visitor:
        return member(self.address, self.sessions[name], self.here[1])

    def poster(self) -> Visitor:
        """Somebody who has not posted yet."""
        return self.member(next(self.posters))

    def article(self, comment: int) -> str:
        """The text of the comment as everybody gets it, once pages kept in memory show it."""
        place = f'<article id="c-{comment}"'
        until = time.monotonic() + FRESH_SECONDS
        while place not in (page := Visitor(self.address).get(self.here[1] + "?order=newest").text):
            assert time.monotonic() < until, f"comment {comment} is not on the page"
            time.sleep(0.1)
        article = page[page.index(place) :]
        return article[article.index('class="e-content"') : article.index("<footer")]


@pytest.fixture(scope="module")
def house(process_site: ProcessSite) -> Iterator[House]:
    process_site.extra["KAKEHASHI_STAFF_MFA"] = "optional"
    made = furnish(process_site, "Oddities", MEMBERS, stories=2, password=PASSWORD)
    here, there = (tuple(story) for story in made["stories"])
    with process_site.serve("--workers", "2") as address:
        ana = Visitor(address)
        ana.log_in("ana.ferry@example.org", PASSWORD)
        assert "Post comment" in ana.get(here[1]).text
        sessions = made["sessions"]
        yield House(process_site, address, here, there, made["comments"][0], sessions, ana, iter(POSTERS))
    del process_site.extra["KAKEHASHI_STAFF_MFA"]


EMPTY = "There is no text in your comment yet. Please write something."
FIVE_MEGABYTES = ("An <i>honest</i> word. " * 217_392)[:5_000_000]
REFUSED = {
    "empty": ("", EMPTY),
    "whitespace": (" \t\r\n\u3000\u00a0\u2003 ", EMPTY),
    "controls and bidi signs alone": ("\x01\x1b\u202e\u2066\u200b\ufeff", EMPTY),
    "too short": ("x", "Your comment is very short: at least 2 characters are needed."),
    "over-long": ("漢" * 5_001, "Your comment has 5,001 characters; at most 5,000 fit. Please shorten it."),
    "10,000 mentions": ("@Bo Harbour " * 10_000, "at most 5,000 fit. Please shorten it."),
    "5 MB": (FIVE_MEGABYTES, "Your comment has 5,000,000 characters; at most 5,000 fit. Please shorten it."),
}


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_text_that_cannot_be_a_comment_comes_back(house: House, name: str, htmx: bool) -> None:
    typed, sentence = REFUSED[name]
    answer = house.ana.post(house.form, {"text": typed}, htmx=htmx)
    assert answer.status == 422
    assert sentence in answer.sentence
    # A browser sends CRLF for a new line and reads one as LF.
    assert (answer.given_back or "").replace("\r\n", "\n") == typed.replace("\r\n", "\n")


def test_more_than_a_form_may_hold_is_answered_413(house: House) -> None:
    answer = house.ana.post(house.form, {"text": "x" * 11_000_000})
    assert answer.status == 413
    assert "larger than this site takes" in answer.text
    assert "your text should still be in the form" in answer.text


MARKUP = """<script>alert(1)</script><script src=//e.example></script><img src=x onerror=alert(1)>
<svg onload=alert(1)><svg/onload=alert(1)//<svg><script>alert(1)</script></svg><svg><a xlink:href="javascript:a()">x</a>
<math><mi//xlink:href="data:x,<script>alert(1)</script>"><iframe srcdoc="<script>alert(1)</script>"></iframe>
<style>*{display:none}</style><link rel=stylesheet href=//e.example><base href=//e.example><meta http-equiv=refresh>
<form action=//e.example><input autofocus onfocus=alert(1)><details open ontoggle=alert(1)><object data=x><embed src=x>
</article></main></html><!-- <b style="x:expression(alert(1))"> --><![CDATA[<script>]]> &lt;script&gt; `<script>`"""
LINKS = """[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](&#106;avascript:alert(1)) [d](java%0ascript:alert(1))
[e](data:text/html;base64,PHNjcmlwdD4=) <javascript:alert(1)> <data:text/html,x> [f](vbscript:x) [g](file:///etc/passwd)
![h](javascript:alert(1)) ![i](//e.example/p.png) [j]( javascript:alert(1)) [k]: javascript:alert(1)

[k] [l](\x01javascript:alert(1)) javascript:alert(1) data:text/html,x [m](//e.example "on\" onload=alert(1)")"""
TAKEN = {
    "controls and bidi signs": "evil\x07\x1b[31m \u202etext\u2066 here\ufeff\u200b",
    "10,000 combining marks": "z" + "\u0301\u0489" * 5_000 + "algo",
    "quotes nested 1,000 deep": ">" * 1_000 + " deep",
    "lists nested 300 deep": "\n".join(" " * 2 * n + "- x" for n in range(60)),
    "as many mentions as fit": "@Bo Harbour " * 416,
    "markup": MARKUP,
    "links": LINKS,
}
ALLOWED = {"div", "p", "br", "em", "strong", "s", "code", "pre", "blockquote", "a", "ul", "ol", "li", "hr"}


class Marks(HTMLParser):
    """What a browser would find in a comment: tags, attributes, addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]


@pytest.mark.parametrize("name", TAKEN)
def test_what_a_comment_may_not_hold_is_taken_out_of_it(house: House, name: str) -> None:
    comment = house.poster().post(house.form, {"text": TAKEN[name]}).comment
    shown = "<div " + house.article(comment)
    found = Marks(shown)
    assert found.tags <= ALLOWED
    assert found.attributes <= {"class", "href", "rel", "start", "title"}
    assert all(re.match(r"(https?://|/member/|/comment/|mailto:)", address) for address in found.addresses)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\ufeff]", shown)
    assert shown.count("\u0301") + shown.count("\u0489") < 100


INVALID = {
    "latin-1": b"caf\xe9 au lait",
    "surrogates": b"\xed\xa0\x80 half a pair",
    "overlong": b"\xc0\xaf\xfe\xff over-long",
    "cut": b"half an emoji \xf0\x9f",
}


@pytest.mark.parametrize("name", ["latin-1", "cut"])
def test_invalid_utf_8_in_a_form_is_replaced_where_it_stands(house: House, name: str) -> None:
    comment = house.poster().post(house.form, INVALID[name]).comment
    assert INVALID[name].decode(errors="replace") in house.article(comment)


@pytest.mark.parametrize("name", INVALID)
def test_invalid_utf_8_in_a_refused_form_comes_back_readable(house: House, name: str) -> None:
    answer = house.ana.post(house.form, INVALID[name] + b" x" * 2_500)
    assert answer.status == 422
    assert answer.given_back == INVALID[name].decode(errors="replace") + " x" * 2_500


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/%ff%fe/", 404),
        ("/member/%ff/", 404),
        ("/member/%ED%A0%80/", 404),
        ("/search/?q=%ff%fe", 200),
        ("/?page=%ff", 200),
        ("/comment/%ff/", 404),
        ("/%00/", 400),
        ("/account/login/?next=%ff", 200),
    ],
)
def test_invalid_utf_8_in_an_address(house: House, path: str, status: int) -> None:
    answer = Visitor(house.address).get(path)
    assert answer.status == status
    assert "</html>" in answer.text


@pytest.mark.parametrize("field", ["parent", "quote"])
@pytest.mark.parametrize("value", ["elsewhere", "999999999", "9" * 40, "-1", "0", "none"])
def test_a_parent_that_is_not_in_the_thread(house: House, field: str, value: str) -> None:
    form = f"/story/{house.there[0]}/comment/"
    answer = house.ana.post(form, {"text": "To whom?", field: house.comment if value == "elsewhere" else value})
    assert answer.status == 422
    assert "The comment that you answer" in answer.sentence
    assert answer.given_back == "To whom?"


@pytest.mark.parametrize("value", ["7", "-2", "", "up", "1e0", "９", "9" * 40])
@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_a_vote_of_seven(house: House, value: str, htmx: bool) -> None:
    answer = house.ana.post(f"/comment/{house.comment}/vote/", {"value": value}, htmx=htmx)
    assert (answer.status, "A vote is +1, −1 or 0." in answer.sentence) == (422, True)


def test_a_vote_on_ones_own_comment(house: House) -> None:
    bo = house.member("Bo Harbour")
    for value in (1, -1):
        answer = bo.post(f"/comment/{house.comment}/vote/", {"value": value})
        assert answer.status == 403
        assert "This is your own comment: others decide how it rates." in answer.sentence


@pytest.mark.parametrize("page", ["-1", "1000000000", "9" * 60, "0", "one", "1.5", "", "٣"])
@pytest.mark.parametrize("who", ["anonymous", "member"])
def test_a_page_that_is_not_there(house: House, page: str, who: str) -> None:
    reader = house.ana if who == "member" else Visitor(house.address)
    answer = reader.get(f"{house.here[1]}?page={quote(page)}")
    if answer.status == 302:
        assert answer.headers["location"].startswith(house.here[1])
        answer = reader.get(answer.headers["location"].partition("#")[0])
    assert answer.status == 200
    assert f'<article id="c-{house.comment}"' in answer.text


@pytest.mark.parametrize("order", ["sideways", "", "'; --", "%ff", "oldest%00", "common-ground"])
def test_an_unknown_order(house: House, order: str) -> None:
    answer = Visitor(house.address).get(f"{house.here[1]}?order={quote(order, safe='%')}")
    if "%00" in order:
        assert (answer.status, "cannot make sense of" in answer.text) == (400, True)
    else:
        assert answer.status == 200
        assert f'<article id="c-{house.comment}"' in answer.text


@pytest.mark.parametrize("token", ["missing", "nonsense", "of somebody else", "of before logging in"])
def test_a_token_that_is_not_ones_own(house: House, token: str) -> None:
    poster = house.member("Poster 0")
    before = Visitor(house.address)
    before.get("/account/login/")
    tokens = {"nonsense": "x" * 64, "of somebody else": house.ana.token, "of before logging in": before.token}
    data = {"text": "\nKept, <b>whatever</b>.", "parent": house.comment}
    poster.token = tokens.get(token, "")
    answer = poster.post(house.form, data)
    assert answer.status == 403
    assert "Nothing was changed." in answer.sentence
    assert answer.given_back == data["text"]
    assert f'name="parent" value="{house.comment}"' in answer.text
    vote = Visitor(house.address, dict(poster.cookies)).post(f"/comment/{house.comment}/vote/", {"value": 1})
    assert vote.status == 403


def test_a_replayed_form_is_one_comment(house: House) -> None:
    poster = house.poster()
    first, again = (poster.post(house.form, {"text": "Said once."}).comment for _ in range(2))
    assert first == again


def test_a_thread_closed_while_typing(house: House) -> None:
    story, path = house.there
    assert "Post comment" in house.ana.get(path).text
    moderator = house.member("Mo Lantern")
    rule = re.search(r'<option value="(\d+)"', moderator.get(f"/moderation/story/{story}/").text)
    assert rule is not None
    assert moderator.post(f"/moderation/story/{story}/", {"state": "closed", "rule": rule[1]}).status == 302
    for htmx in (True, False):
        answer = house.ana.post(f"/story/{story}/comment/", {"text": "One last word"}, htmx=htmx)
        assert answer.status == 409
        assert "closed" in answer.sentence
        assert answer.given_back == "One last word"
    assert moderator.post(f"/moderation/story/{story}/", {"state": "open"}).status == 302
    # It is still there when the reader looks in again.
    assert house.ana.get(path).given_back == "One last word"


@pytest.mark.parametrize("path", ["/story/999999999/comment/", "/comment/999999999/edit/"])
def test_a_text_for_what_is_gone_meanwhile_comes_back(house: House, path: str) -> None:
    answer = house.ana.post(path, {"text": "\nTo <nobody>"})
    assert answer.status == 404
    assert "is not here." in answer.sentence
    assert answer.given_back == "\nTo <nobody>"


@pytest.mark.parametrize("typed", ["", " \u202e", "漢" * 5_001])
def test_an_edit_that_cannot_be_gives_the_text_back(house: House, typed: str) -> None:
    answer = house.member("Bo Harbour").post(f"/comment/{house.comment}/edit/", {"text": typed})
    assert answer.status == 422
    assert answer.given_back == typed
    assert "The first word" in house.article(house.comment)


@pytest.mark.parametrize(
    "name", ["<b>", "a/b", "\u202e\u200b", "x" * 5_000, "z" + "\u0301" * 10_000, "  ", "Bo HARBOUR"]
)
def test_a_handle_that_cannot_be_had_comes_back(house: House, name: str) -> None:
    stranger = Visitor(house.address)
    stranger.get("/account/signup/")
    data = {"email": "stranger@example.org", "username": name, "password1": PASSWORD}
    answer = stranger.post("/account/signup/", data)
    assert answer.status == 200
    assert "errorlist" in answer.text or 'aria-invalid="true"' in answer.text
    assert "stranger@example.org" in answer.text
    assert PASSWORD not in answer.text


def test_a_handle_taken_at_the_same_moment_is_one_persons(house: House) -> None:
    strangers = [Visitor(house.address) for _ in range(4)]
    for stranger in strangers:
        stranger.get("/account/signup/")
    start, answers = threading.Barrier(len(strangers)), list[Answer]()

    def sign_up(n: int, stranger: Visitor) -> None:
        data = {"email": f"twin{n}@example.org", "username": "Twin Gable", "password1": PASSWORD}
        start.wait(30)
        answers.append(stranger.post("/account/signup/", data))

    threads = [threading.Thread(target=sign_up, args=item) for item in enumerate(strangers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 302]
    refused = [answer for answer in answers if answer.status == 200]
    assert all("already" in answer.text and "Twin Gable" in answer.text for answer in refused)
    count = "Reader.objects.filter(name_key='twingable').count()"
    assert ask(house.site, f"from kakehashi.readers.models import Reader\nprint('>>>', {count})") == 1


def test_captures_that_are_none(process_site: ProcessSite, tmp_path: Path) -> None:
    binary, empty, huge = (tmp_path / name for name in ("binary.txt", "empty.txt", "huge.txt"))
    binary.write_bytes(bytes(range(256)) * 40)
    empty.touch()
    with huge.open("wb") as file:
        file.truncate(200_000_000)
    done = process_site.run("import", "capture", "--json", *map(str, (binary, empty, huge)), timeout=60)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    summary = json.loads(done.stdout)
    assert [file["status"] for file in summary["files"]] == ["failed"] * 3
    said = [file["error"] for file in summary["files"]]
    assert said[0].startswith("binary.txt")
    assert said[1] == "empty.txt is empty: there is nothing to import."
    assert "huge.txt" in said[2]
    assert "MB" in said[2]
    assert (summary["comments"], summary["urls"]) == (0, [])
