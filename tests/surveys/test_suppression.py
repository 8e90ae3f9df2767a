"""Nobody can read or compute a group of fewer than five, however the table around it looks."""

from __future__ import annotations

from itertools import combinations_with_replacement, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.surveys.suppression import suppress

pytestmark = pytest.mark.once
LEAST = 5
tables = st.lists(st.integers(0, 40), min_size=1, max_size=8).map(lambda sizes: dict(enumerate(sizes)))


@given(tables)
def test_no_small_group_is_shown_and_nothing_is_lost(table: dict[int, int]) -> None:
    shown = suppress(table, least=LEAST)
    assert all(size >= LEAST and table[key] == size for key, size in shown.sizes.items())
    assert shown.sizes.keys() | shown.hidden == table.keys()
    assert not shown.sizes.keys() & shown.hidden


@given(tables)
def test_nothing_is_hidden_without_need(table: dict[int, int]) -> None:
    if all(size >= LEAST for size in table.values()):
        assert not suppress(table, least=LEAST).hidden


@given(tables.filter(lambda table: len(table) > 1 and sum(table.values()) >= LEAST))
def test_every_hidden_group_could_be_another_size(table: dict[int, int]) -> None:
    """From outside one sees the groups shown, the total and the rule. For each hidden group there is another table that
    gives the same to see."""
    shown = suppress(table, least=LEAST)
    for key in shown.hidden:
        assert any(other[key] != table[key] for other in alike(table, shown.hidden)), (table, key)


def alike(table: dict[int, int], hidden: frozenset[int]) -> list[dict[int, int]]:
    """Tables with the same total and the same to see: the hidden sizes in another order, or, where all is hidden, all in
    one group."""
    keys = sorted(hidden)
    sizes = [table[key] for key in keys]
    total = sum(sizes)
    found = [list(sizes[n:] + sizes[:n]) for n in range(len(sizes))]
    found += [[total if n == place else 0 for n in range(len(sizes))] for place in range(len(sizes))]
    others = [table | dict(zip(keys, order, strict=True)) for order in found]
    before = suppress(table, least=LEAST)
    return [
        other
        for other in others
        if suppress(other, least=LEAST).sizes == before.sizes and suppress(other, least=LEAST).hidden == hidden
    ]


def test_every_table_of_three_small_groups_is_ambiguous() -> None:
    """Tried out: all tables of three groups with up to fourteen answers. What is seen never fixes a hidden group."""
    seen: dict[object, list[tuple[int, ...]]] = {}
    for sizes in combinations_with_replacement(range(15), 3):
        for order in set(permutations(sizes)):
            shown = suppress(dict(enumerate(order)), least=LEAST)
            seen.setdefault((sum(order), tuple(sorted(shown.sizes.items())), shown.hidden), []).append(order)
    for (total, _sizes, hidden), possible in seen.items():  # type: ignore[misc]
        if total >= LEAST:
            for key in hidden:
                assert len({order[key] for order in possible}) > 1, (possible, key)


def test_one_small_group_takes_the_next_larger_one_with_it() -> None:
    shown = suppress({"a": 40, "b": 12, "c": 3}, least=LEAST)
    assert shown.sizes == {"a": 40}
    assert shown.hidden == {"b", "c"}


def test_all_of_the_same_size_as_the_next_larger_one_go() -> None:
    """Otherwise their order would tell which of them is the small one."""
    assert suppress({"a": 5, "b": 5, "c": 4}, least=LEAST).is_nothing
