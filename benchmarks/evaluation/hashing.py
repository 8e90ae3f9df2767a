"""Chance without a generator: the same for a vote whatever else is drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# SplitMix64 (Steele, Lea and Flood, 2014).
_STEP, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def chance(seed: int, purpose: int, one: ArrayLike, other: ArrayLike) -> NDArray[np.float64]:
    """A number in 0 … 1 for each pair of numbers, as good as drawn for this seed and purpose."""
    with np.errstate(over="ignore"):
        key = _mixed(_mixed(np.uint64(seed * 1000003 + purpose)) ^ np.asarray(one, np.uint64))
        bits = _mixed(key ^ (np.asarray(other, np.uint64) << np.uint64(20)))
    found: NDArray[np.float64] = (bits >> np.uint64(11)) / 2.0**53
    return found


def _mixed(value: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    mixed = np.asarray(value) + _STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    found: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return found
