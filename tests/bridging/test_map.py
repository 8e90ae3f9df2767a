"""The opinion map: nobody can be picked out, everything is said twice, and it reads without colour."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kakehashi.bridging.map import SMALLEST_GROUP, Mark, Words, map_groups, map_keys, map_svg, map_table

pytestmark = pytest.mark.once


def two_camps(voters: int, axes: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(4)
    side = rng.random(voters) < 0.6
    position = rng.normal(0, 0.4, (voters, axes))
    position[:, 0] += np.where(side, 1.0, -1.0)
    return position, np.column_stack([~side, side]).astype(float)


@given(st.integers(0, 150), st.integers(1, 2), st.integers(0, 9))
def test_no_group_is_smaller_than_five_and_nobody_is_lost(voters: int, axes: int, seed: int) -> None:
    position = np.random.default_rng(seed).standard_cauchy((voters, axes))
    found = map_groups(position, np.ones((voters, 1)))
    assert all(group.voters >= SMALLEST_GROUP for group in found.groups)
    assert found.voters == (voters if voters >= SMALLEST_GROUP else 0)
    assert all(-1 <= place <= 1 for group in found.groups for place in (group.x, group.y))


@pytest.mark.parametrize("axes", [1, 2])
def test_the_order_of_the_voters_changes_nothing(axes: int) -> None:
    position, membership = two_camps(300, axes)
    shuffled = np.random.default_rng(1).permutation(300)
    assert map_groups(position, membership) == map_groups(position[shuffled], membership[shuffled])


def test_somebody_far_away_does_not_stand_alone() -> None:
    position, membership = two_camps(100)
    far = map_groups(np.vstack([position, [[50.0]]]), np.vstack([membership, [[0.0, 1.0]]]))
    assert far.reach < 3
    assert far.voters == 101
    assert min(group.voters for group in far.groups) >= SMALLEST_GROUP


def test_camps_stand_on_their_sides() -> None:
    found = map_groups(*two_camps(400))
    assert {group.camp for group in found.groups if group.x < -0.4} == {0}
    assert {group.camp for group in found.groups if group.x > 0.4} == {1}


@pytest.mark.parametrize("axes", [1, 2])
def test_the_picture_is_told_in_words_and_rows(axes: int) -> None:
    opinions = map_groups(*two_camps(200, axes))
    root = ElementTree.fromstring(map_svg(opinions))
    assert root.get("role") == "img"
    ids = {element.get("id"): element.text for element in root}
    said = [ids[name] for name in (root.get("aria-labelledby") or "").split()]
    assert said == [
        "Map of opinions",
        f"200 voters in {len(opinions.groups)} groups. Voters who vote alike stand close together.",
    ]
    rows = map_table(opinions, Words(camps=["These", "Those"]))
    assert sum(row.voters for row in rows) == 200
    assert {row.camp for row in rows} == {"These", "Those"}
    drawn = [element for element in root if element.get("class") in {"map-camp-a", "map-camp-b"}]
    assert len(drawn) == len(rows) + 2  # the legend has a mark for each camp


def test_the_picture_reads_without_colour_and_without_styles() -> None:
    svg = map_svg(map_groups(*two_camps(200, 2)), marks=[Mark("a", 0.5)], own=[0, 0], is_standalone=True)
    fills = {re.sub(r"\s.*", "", fill) for fill in re.findall(r'class="map-camp-(\w" fill="url\(#[\w-]+\))', svg)}
    assert len(fills) == 2
    assert "style=" not in svg
    assert "<style" not in svg
    assert set(re.findall(r'(?:fill|stroke|color)="(?!url|current)([^"]+)"', svg)) == {"white", "black"}


def test_words_of_others_stay_text() -> None:
    words = Words(title="<b>&", camps=["<i>", '"'])
    svg = map_svg(map_groups(*two_camps(60)), words=words, marks=[Mark("<script>", 0.1)], own=[0.2])
    assert "<script>" not in svg
    texts = ["".join(element.itertext()) for element in ElementTree.fromstring(svg).iter()]
    assert {"<b>&", "<i>", '"', "<script>", "You"} <= set(texts)


def test_too_few_voters_are_said_and_not_drawn() -> None:
    svg = map_svg(map_groups([0.1, 0.2, 0.3, np.nan, 0.5], np.ones((5, 1))), own=[0.1])
    assert "Too few voters for a map." in svg
    assert 'map-camp-a" fill' not in svg


def test_two_maps_on_one_page_share_no_id() -> None:
    opinions = map_groups(*two_camps(60))
    one, other = (set(re.findall(r' id="([^"]+)"', map_svg(opinions, name=name))) for name in ("left", "right"))
    assert one
    assert one.isdisjoint(other)


def test_a_page_may_explain_the_marks_itself() -> None:
    found = map_groups(*two_camps(100))
    bare = ElementTree.fromstring(map_svg(found, name="small", has_legend=False))
    assert bare.attrib["viewBox"] == "0 0 480 164"
    assert "Camp A" not in "".join(bare.itertext())
    keys = [ElementTree.tostring(ElementTree.fromstring(key), "unicode") for key in map_keys(found.camps, "small")]
    patterns = {node.attrib["id"] for node in bare.iter() if node.tag.endswith("pattern")}
    assert [re.findall(r"url\(#([\w-]+)\)", key) for key in keys] == [["small-a"], ["small-b"]]
    assert patterns == {"small-a", "small-b"}
