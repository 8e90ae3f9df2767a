"""Other sites' feeds, honest ones and those that lie."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.lib import text
from kakehashi.trending.reading import LONGEST_TITLE, MOST_ITEMS, BadFeed, Entry, read_feed

pytestmark = pytest.mark.once

URL = "https://sister.example/feed/x.json"
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>S</title>
<entry><title>One</title><link rel="self" href="/self"/><link href="/one"/><id>1</id></entry>
<entry><title type="html">&lt;b&gt;Two&lt;/b&gt; &amp;amp; more</title><link rel="alternate" href="https://sister.example/two"/></entry>
<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Th<em>ree</em></div></title><link href="three"/></entry>
</feed>"""
RSS = """<rss version="2.0"><channel><title>S</title><link>https://sister.example/</link>
<item><title>One &amp; only</title><link>https://sister.example/one</link></item>
<item><title>Two</title><guid>https://sister.example/two</guid></item>
<item><title>Three</title><guid isPermaLink="false">3</guid></item></channel></rss>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel><title>S</title></channel><item><title>Eins</title><link>https://sister.example/eins</link></item></rdf:RDF>"""
LAUGHTER = [10 * f"&lol{n};" for n in range(9)]
MORE = "".join(f'<!ENTITY lol{n} "{more}">' for n, more in enumerate(LAUGHTER, start=1))
LAUGHS = f"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol0 "lol">{MORE}]><rss><channel><item><title>&lol9;</title>
<link>https://sister.example/</link></item></channel></rss>"""
STOLEN = """<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&e;</title>
<link>https://sister.example/</link></item></channel></rss>"""


def read(source: str | bytes, kind: str = "application/xml", charset: str = "", number: int = 10) -> list[Entry]:
    body = source.encode() if isinstance(source, str) else source
    return read_feed(body, content_type=kind, charset=charset, url=URL, number=number)


def json_feed(*items: object) -> bytes:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "S", "items": items}).encode()


def one(title: str, url: object = "https://sister.example/a") -> list[Entry]:
    return read(json_feed({"title": title, "url": url}, {"title": "Last", "url": "/last"}), "application/feed+json")


def test_atom_rss_and_json() -> None:
    assert read(ATOM) == [
        ("One", "https://sister.example/one"),
        ("Two & more", "https://sister.example/two"),
        ("Three", "https://sister.example/feed/three"),
    ]
    assert read(RSS, "text/xml") == [
        ("One & only", "https://sister.example/one"),
        ("Two", "https://sister.example/two"),
    ]
    assert read(RDF) == [("Eins", "https://sister.example/eins")]
    feed = json_feed(
        {"id": "1", "title": "One", "url": "/one"},
        {"id": "2", "content_text": "No title here", "external_url": "https://other.example/"},
        {"id": "3", "title": "Nowhere"},
        "nonsense",
        None,
        {"id": 4, "title": 5, "url": 6},
    )
    assert read(feed, "application/json") == [
        ("One", "https://sister.example/one"),
        ("No title here", "https://other.example/"),
    ]
    assert read(ATOM, number=1) == [("One", "https://sister.example/one")]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<script>alert(1)</script>Ferry", "Ferry"),
        ("<b>Ferry</b> <i onmouseover=x>late</i>", "Ferry late"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Ferry", "Ferry"),
        ("Tea < coffee", "Tea < coffee"),
        ("AT&amp;T &#8212; R&D", "AT&T — R&D"),
        ("Fer\u202ery\u2066 \u200blate\x00", "Ferry late"),
        ("one\ntwo\r\n\tthree", "one two three"),
        ("가나다 \u3000東京", "가나다 東京"),
        ("<style>p{}</style><!-- x -->Ferry", "Ferry"),
        ("Ferry late \ud83d", "Ferry late"),
    ],
)
def test_titles_are_one_line_of_plain_text(title: str, shown: str) -> None:
    assert one(title)[0].title == shown


def test_long_titles_are_cut_and_endless_ones_cost_nothing() -> None:
    began = time.thread_time()
    title = one("word " * 1_000_000)[0].title
    assert len(title) <= LONGEST_TITLE
    assert title.endswith("…")
    assert time.thread_time() - began < 10


@given(st.text(st.characters(exclude_categories=()), max_size=300) | st.text(alphabet="<>&;\"'/ab \u202e", max_size=60))
def test_a_line_is_short_and_says_nothing_unseen(source: str) -> None:
    line = text.plain_line(source, 80)
    assert len(line) <= 80
    assert "\n" not in line
    assert not any("\u202a" <= sign <= "\u202e" or "\u2066" <= sign <= "\u2069" for sign in line)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "data:text/html,x", "ftp://sister.example/", "//:80/", "",
        "http://u:p@sister.example/",
        "https://sister.example@evil.example/", "https://[", "https://sister.example:0/", "https://sister.example:x/",
        7, None, {},
        "https://sister.example/\u202egnp.exe", "https://sister.example/" + "a" * 2000, 'https://sister.example/"onclick=',
    ],
)  # fmt: skip
def test_addresses_that_lead_nowhere_good_are_left_out(address: object) -> None:
    assert [entry.title for entry in one("Bad", address)] == ["Last"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/xml"),
        (b"<", "application/xml"),
        (b"<html><body>Hello</body></html>", "application/xml"),
        (b"<rss><channel><item><title>x</title>", "application/xml"),
        (LAUGHS.encode(), "application/rss+xml"),
        (STOLEN.encode(), "application/rss+xml"),
        (b"\xff\xfe\x00", "application/xml"),
        (
            b'<?xml version="1.0" encoding="utf-8"?><rss><channel><item><title>caf\xe9</title></item></channel></rss>',
            "text/xml",
        ),
        (b'<?xml version="1.0" encoding="klingon"?><rss/>', "text/xml"),
        (b"<rss/>", "text/xml"),
        (
            b"<rss><channel><item><title>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</title></item></channel></rss>",
            "text/xml",
        ),
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"{", "application/json"),
        (b'{"items": []}', "application/json"),
        (b'{"version": 1, "items": {}}', "application/json"),
        (b"[" * 200_000, "application/json"),
        (b'{"a": ' * 200_000, "application/json"),
        (b'{"version": "caf\xe9"}', "application/json"),
        (b"1" * 100_000, "application/json"),
        (json_feed(), "application/feed+json"),
    ],
    ids=lambda value: "",
)
def test_what_is_no_feed_is_refused_with_a_sentence(body: bytes, kind: str) -> None:
    began = time.thread_time()
    with pytest.raises(BadFeed) as raised:
        read(body, kind)
    assert str(raised.value)
    assert time.thread_time() - began < 10


def test_charsets() -> None:
    latin = RSS.replace("only", "blåbær")
    assert read(latin.encode("latin-1"), charset="iso-8859-1")[0].title == "One & blåbær"
    # What the document says of itself counts for more than what the server says.
    own = '<?xml version="1.0" encoding="iso-8859-1"?>' + latin
    assert read(own.encode("latin-1"), charset="utf-8")[0].title == "One & blåbær"
    assert read(latin.encode("utf-16"), charset="utf-8")[0].title == "One & blåbær"
    with pytest.raises(BadFeed):
        read(latin.encode("latin-1"), charset="utf-8")
    with pytest.raises(BadFeed):
        read(latin.encode(), charset="no-such-charset")


def test_of_a_million_items_only_the_first_are_read() -> None:
    item = b"<item><title>x%d</title><link>https://sister.example/%d</link></item>"
    body = b"<rss><channel>" + b"".join(item % (n, n) for n in range(100_000)) + b"</channel></rss>"
    began = time.thread_time()
    assert len(read(body)) == 10
    assert time.thread_time() - began < 5
    bad = b"<rss><channel>" + b"<item/>" * 1_000_000 + item % (1, 1) + b"</channel></rss>"
    with pytest.raises(BadFeed):
        read(bad)
    assert MOST_ITEMS < 1000


def test_doubles_and_days_to_come() -> None:
    same = {"id": "1", "title": "One", "url": "/one", "date_published": "2999-01-01T00:00:00Z"}
    assert read(
        json_feed(same, same | {"title": "Again"}, {"id": "1", "title": "Two", "url": "/two"}), "application/json"
    ) == [
        ("One", "https://sister.example/one"),
        ("Two", "https://sister.example/two"),
    ]
