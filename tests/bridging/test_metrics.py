"""The figures by which rankers are judged, against their definitions worked out by hand or by all orders."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.bridging.metrics import compare, lift, ndcg, percentile, precision, spearman

pytestmark = pytest.mark.once

few = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=3, max_size=6)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=40))
def test_spearman_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    x, y = np.array(pairs, float).T
    if len(set(x)) > 1 and len(set(y)) > 1:
        assert spearman(x, y) == pytest.approx(scipy.stats.spearmanr(x, y).statistic)
    else:
        assert spearman(x, y) == 0


@pytest.mark.parametrize("figure", [ndcg, precision, lift])
@given(pairs=few)
def test_ties_count_as_the_mean_over_all_orders(figure: Callable[..., float], pairs: list[tuple[int, int]]) -> None:
    score, truth = np.array(pairs, float).T
    nudges = itertools.permutations(np.arange(len(score)) / 1000)
    every = [figure(score + np.array(nudge), truth, 2) for nudge in nudges]
    assert figure(score, truth, 2) == pytest.approx(np.mean(every), abs=1e-9)


def test_a_perfect_order_is_one_and_the_reverse_is_worse_than_chance() -> None:
    truth = np.linspace(0, 1, 40)
    assert [figure(truth, truth) for figure in (ndcg, precision, lift)] == pytest.approx([1, 1, 1])
    assert ndcg(-truth, truth) == 0
    assert lift(-truth, truth) == pytest.approx(-1)


def test_ndcg_by_hand() -> None:
    # Gains above the median 0.5: 0.5, 0.3, 0, 0, 0. Ranked: second, third, best …
    truth, score = [1.0, 0.8, 0.5, 0.2, 0.1], [3, 5, 4, 2, 1]
    best = 0.5 + 0.3 / np.log2(3)
    assert ndcg(score, truth, 3) == pytest.approx((0.3 + 0.5 / np.log2(4)) / best)


def test_what_has_no_score_ranks_last_and_what_has_no_truth_does_not_count() -> None:
    truth = [0.9, 0.8, 0.1, np.nan]
    assert precision([1, np.nan, 2, 3], truth, 2) == 0.5
    assert precision([1, 0, -1, 3], truth, 2) == 1.0
    assert percentile([1.0, np.nan, 2.0, 2.0], 2) == pytest.approx(2.5 / 3)


def test_no_truth_at_all_is_said() -> None:
    with pytest.raises(ValueError, match="no item is known"):
        ndcg([1, 2], [np.nan, np.nan])


def test_a_comparison_pairs_by_data_set() -> None:
    one = {"a": [0.5, 0.7], "b": [0.9, 0.9], "c": [0.1]}
    other = {"a": [0.4, 0.6], "b": [0.8, 0.8], "d": [0.9]}
    found = compare(one, other)
    assert (found.better, found.sets) == (2, 2)
    assert found.mean == found.low == found.high == pytest.approx(0.1)
    noisy = compare({str(n): [v] for n, v in enumerate([1, -1, 1, -1, 1])}, {str(n): [0] for n in range(5)})
    assert noisy.low < 0 < noisy.mean < noisy.high
    with pytest.raises(ValueError, match="both rankers"):
        compare({"a": [1]}, {"b": [1]})
