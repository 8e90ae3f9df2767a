"""The Markdown of comments."""

import html as entities
import re

import pytest

from kakehashi.lib import text

pytestmark = pytest.mark.once


def html(source: str) -> str:
    return text.render(source).html


def linked(address: str, shown: str | None = None) -> str:
    return f'<a href="{address}" rel="ugc nofollow noopener">{shown or address}</a>'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("*soft* and **loud** and `code`", "<p><em>soft</em> and <strong>loud</strong> and <code>code</code></p>"),
        ("> theirs\n\nmine", "<blockquote>\n<p>theirs</p>\n</blockquote>\n<p>mine</p>"),
        ("> theirs\nmine", "<blockquote>\n<p>theirs</p>\n</blockquote>\n<p>mine</p>"),
        ("mine\n> theirs", "<p>mine</p>\n<blockquote>\n<p>theirs</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>'),
        ("```py\n<b>1</b>\n```", "<pre><code>&lt;b&gt;1&lt;/b&gt;\n</code></pre>"),
        ("```not code at all", "<pre><code>not code at all\n</code></pre>"),
        ("# not a heading", "<p># not a heading</p>"),
        ("not a heading\n---", "<p>not a heading<br>\n---</p>"),
        ("a | b\n--|--\n1 | 2", "<p>a | b<br>\n--|--<br>\n1 | 2</p>"),
        ("    not code", "<p>not code</p>"),
        ("[name]: https://e.org/x", f"<p>[name]: {linked('https://e.org/x')}</p>"),
        ("2 * 3 * 4 < 5 & 6 &amp; 7", "<p>2 * 3 * 4 &lt; 5 &amp; 6 &amp;amp; 7</p>"),
        (r"\*as typed\*", "<p>*as typed*</p>"),
    ],
)
def test_markdown(source: str, expected: str) -> None:
    assert html(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://e.org/a_b_c?x=1&y=2.", f"{linked('https://e.org/a_b_c?x=1&amp;y=2')}."),
        ("(see http://e.org/x)", f"(see {linked('http://e.org/x')})"),
        ("HTTPS://E.org", linked("https://E.org", "HTTPS://E.org").replace("https://E", "HTTPS://E")),
        ("see example.org/page now", f"see {linked('http://example.org/page', 'example.org/page')} now"),
        ("write to a@example.org", f"write to {linked('mailto:a@example.org', 'a@example.org')}"),
        ("[the page](https://e.org 'title')", linked("https://e.org", "the page")),
        ("![the picture](https://e.org/a.png)", f"!{linked('https://e.org/a.png', 'the picture')}"),
        ("Yes.It is so.No more e.g. this", "Yes.It is so.No more e.g. this"),
        ("https://e.org/%E2%80%AEcod", linked("https://e.org/%E2%80%AEcod")),
    ],
)
def test_links(source: str, expected: str) -> None:
    assert html(source) == f"<p>{expected}</p>"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "&#106;avascript:alert(1)",
        "javascript&colon;alert(1)",
        "javascript&#x3A;alert(1)",
        "\x01javascript:alert(1)",
        "<javascript:alert(1)>",
        "< javascript:alert(1)>",
        "vbscript:msgbox(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "ftp://e.org/",
        "//e.org/",
        "/member/somebody/",
        "feed:javascript:alert(1)",
        "http:javascript:alert(1)",
        "https:///e.org",
        "https://bank.example@e.org/",
        "https://\u00a8",
        "https://e.org:99999/",
        "http://1.2.3.999/",
        "http://[::/",
        "mailto:nobody",
    ],
)
def test_other_addresses_are_no_links(address: str) -> None:
    assert "<a" not in html(f"[click]({address})")


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<ScRiPt src=//e.org></ScRiPt>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<svg><animate onbegin=alert(1) attributeName=x></svg>",
        "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>",
        "<style>p{display:none}</style>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<a href='javascript:alert(1)'>x</a>",
        "<b onclick=alert(1)>x",
        "<!-- <script> -->",
        "<![CDATA[<script>]]>",
        "</p></blockquote></article><h1>",
        "<form action=/logout><input type=submit>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<base href=//e.org>",
        "<template><script>1</script></template>",
        "<xmp><script>",
        "<plaintext>",
        "\ufe64script\ufe65alert(1)",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "> {}", "- {}", "*{}*", "`{}`", "```\n{}\n```", "[{}](https://e.org)", "@{}"])
def test_markup_is_shown_as_typed(markup: str, frame: str) -> None:
    rendered = html(frame.format(markup))

    assert not re.search(r"<(?!/?(?:p|br|em|ul|li|a|code|pre|blockquote)\b)", rendered)
    assert " on" not in re.sub(r">[^<]*<", "><", rendered)
    assert markup in entities.unescape(re.sub(r"<[^>]*>", "", rendered))


def test_quotes_nest_up_to_a_bound_and_lose_no_word_beyond_it() -> None:
    source = "\n".join(">" * depth + f" word{depth}" for depth in range(1000, 0, -1))

    rendered = text.render(source)

    assert rendered.html.count("<blockquote>") == text.QUOTE_DEPTH
    assert "&gt;" not in rendered.html
    assert all(f"word{depth}" in rendered.html for depth in range(1, 1001))


def test_lists_nest_up_to_a_bound_and_lose_no_word_beyond_it() -> None:
    rendered = html("- " * 1000 + "word")

    assert rendered.count("<ul>") == 6
    assert "word" in rendered


def test_plain_is_what_the_writer_says_without_markup_and_without_quotes() -> None:
    source = "> theirs\n\n**Mine** is [here](https://e.org)\nand `there`\n\n- one\n- two\n\n```\ncode\n```\n\n> > too\n\n*end*"

    assert text.render(source).plain == "Mine is here\nand there\n\none\ntwo\n\ncode\n\nend"


PATHOLOGICAL = [
    "[", "*", "(", "_", "`", "> ", ">", "@", "@a ", "@山", "![", "[a](", "](", "**a", "_a*", "*_", "`a", "``a ", "http://",
    "://",     "https://a.b/(", "http://[", "www.", "a.com ", "a@b.com ", "a@", "mailto:", "- ", "1. ", "* a\n", "- - \n",
    "> a\n\n", "```\n",     "\\", "&amp;", "<a ", "<!--", "[[a]]", "[a][", "[a]: b\n", "\n", "山", "\u202e", "\u0301", "👨‍👩‍👧",
    "- > ", "> - ",
]  # fmt: skip


@pytest.mark.parametrize("unit", PATHOLOGICAL)
def test_a_text_of_one_repeated_sign_is_rendered(unit: str) -> None:
    heap = (unit * 5000)[:5000]

    for source in (heap, heap[:2500] + "](https://a.b)" + ")" * 2000):
        rendered = html(source)
        assert rendered.count("<a ") == rendered.count("</a>")
