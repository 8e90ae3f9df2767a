"""Mentions of people whose names hold spaces, digits, CJK and odd signs."""

import html
import re

import pytest

from kakehashi.lib import text

pytestmark = pytest.mark.once

NAMES = [
    "Storm",
    "Storm R",
    "P. Smith",
    "englisc aspyrgend",
    "2€Ishiwara",
    "山田さん",
    "山田",
    "민수",
    "Mr.",
    "*star*",
    "Zoë",
]
PEOPLE = {text.fold(name): text.Person(name=name, url=f"/member/{at}/", id=at) for at, name in enumerate(NAMES)}


def found(source: str) -> list[tuple[str, str]]:
    """Each mention that is linked: the words linked, the name meant."""
    links = re.findall(r'<a class="mention" href="/member/(\d+)/">(.*?)</a>', text.render(source, people=PEOPLE).html)
    return [(html.unescape(words), NAMES[int(at)]) for at, words in links]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("@Storm R says", [("@Storm R", "Storm R")]),
        ("@Storm says", [("@Storm", "Storm")]),
        ("@storm r", [("@storm r", "Storm R")]),
        ("@StormR", [("@StormR", "Storm R")]),
        ("@ＳｔｏｒｍＲ", [("@ＳｔｏｒｍＲ", "Storm R")]),
        ("@Storm Rider", [("@Storm", "Storm")]),
        ("@StormRider @Storm_Rider @Storms", []),
        ("_@Storm_ and @Storm__", [("@Storm", "Storm"), ("@Storm", "Storm")]),
        ("Well, @Storm R: no. (@Storm R)", [("@Storm R", "Storm R"), ("@Storm R", "Storm R")]),
        ("@Storm R's view, @Storm R-san", [("@Storm R", "Storm R"), ("@Storm R", "Storm R")]),
        ("@Storm\nR", [("@Storm", "Storm")]),
        ("@P. Smith. Yes", [("@P. Smith", "P. Smith")]),
        ("@p smith", [("@p smith", "P. Smith")]),
        ("@englisc aspyrgend and more", [("@englisc aspyrgend", "englisc aspyrgend")]),
        ("@2€Ishiwara: also", [("@2€Ishiwara", "2€Ishiwara")]),
        ("@山田さん、そうですね", [("@山田さん", "山田さん")]),
        ("これは@山田は違う", [("@山田", "山田")]),
        ("@민수는 좋아요", [("@민수", "민수")]),
        ("@Stormさん", [("@Storm", "Storm")]),
        ("@Mr. and @Mr", [("@Mr.", "Mr."), ("@Mr", "Mr.")]),
        ("@Storm R.", [("@Storm R", "Storm R")]),
        ("@Zoe\u0308 @Zoe", [("@Zoë", "Zoë")]),
        ("> @Storm R", [("@Storm R", "Storm R")]),
        ("**@Storm R** and *@Storm*", [("@Storm R", "Storm R"), ("@Storm", "Storm")]),
        ("- @Storm R\n- @Storm", [("@Storm R", "Storm R"), ("@Storm", "Storm")]),
        ("me@Storm.org, a@storm, é@storm, @@storm", []),
        ("https://e.org/@Storm and e.org/@Storm", []),
        ("`@Storm R`", []),
        ("```\n@Storm R\n```", []),
        ("[@Storm R](https://e.org)", []),
        ("@ Storm @", []),
        ("@nobody here", []),
    ],
)
def test_the_longest_name_that_matches_is_linked(source: str, expected: list[tuple[str, str]]) -> None:
    assert found(source) == expected


@pytest.mark.parametrize("name", [name for name in NAMES if name != "*star*"])
def test_the_keys_asked_for_hold_every_name(name: str) -> None:
    assert text.fold(name) in text.mention_keys(f"Hello @{name}, and so on and on")


def test_keys_are_folded_once_each_and_in_order() -> None:
    assert text.mention_keys("@Ann Lee, hi @ann") == ["ann", "annlee", "annlee,", "annlee,hi"]


def test_no_keys_outside_mentions() -> None:
    assert text.mention_keys("a@b.org `@code` [@link](https://e.org) https://e.org/@path @ alone") == []


def test_a_heap_of_mentions_asks_for_a_bounded_number_of_keys() -> None:
    keys = text.mention_keys(" ".join(f"@n{at:05}" for at in range(10_000)))

    assert len(keys) == text.MENTIONS_MAX
    assert len(text.mention_keys("@" + "一二三四五六七八九十" * 1000)) == text.NAME_MAX
    assert len(text.mention_keys("".join(f"@{chr(0x4E00 + at)}字典語彙文章物語歌" * 4 for at in range(1000)))) <= 900


def test_a_heap_of_mentions_links_a_bounded_number() -> None:
    rendered = text.render("@Storm R! " * 10_000, people=PEOPLE)

    assert rendered.html.count('class="mention"') == text.MENTIONS_MAX
    assert rendered.mentioned == (PEOPLE["stormr"],)


def test_mentioned_names_each_person_once_and_nobody_who_is_only_quoted() -> None:
    rendered = text.render("> @山田\n\n@Storm R and @P. Smith and @stormr", people=PEOPLE)

    assert rendered.mentioned == (PEOPLE["stormr"], PEOPLE["psmith"])


def test_an_old_name_leads_to_the_person_under_the_new_one() -> None:
    person = text.Person(name="New Name", url="/member/New%20Name/", id=7)

    rendered = text.render("@Old Name!", people={text.fold("Old Name"): person})

    assert rendered.html == '<p><a class="mention" href="/member/New%20Name/">@Old Name</a>!</p>'
    assert rendered.mentioned == (person,)


def test_signs_in_a_name_and_its_address_are_escaped() -> None:
    person = text.Person(name="Tom & Jerry", url='/member/Tom%20&"%20Jerry/')

    rendered = text.render("@Tom & Jerry", people={text.fold("Tom & Jerry"): person})

    assert rendered.html == '<p><a class="mention" href="/member/Tom%20&amp;&quot;%20Jerry/">@Tom &amp; Jerry</a></p>'
