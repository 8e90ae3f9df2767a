"""How unlikely a count is by chance, as the negative decimal logarithm of a probability: 6.0 is one in a million."""

from __future__ import annotations

import math

# Beyond, nobody tells the difference; and a probability that is no float any more has no logarithm.
MOST = 300.0


def binomial_tail(found: int, of: int, share: float) -> float:
    """-log10 of P(X ≥ found) for X binomial: `of` trials, each with the chance `share` (0 < share < 1).

    0.0 where no more was found than expected. The tail is summed from its first term: Feller, An Introduction to
    Probability Theory, vol. 1, VI.
    """
    if found > of:
        raise ValueError(f"{found} of {of} cannot be.")
    if found <= of * share:
        return 0.0
    log_first = (
        math.lgamma(of + 1) - math.lgamma(found + 1) - math.lgamma(of - found + 1)
        + found * math.log(share) + (of - found) * math.log1p(-share)
    )  # fmt: skip
    odds, total, term = share / (1 - share), 1.0, 1.0
    for k in range(found, of):
        term *= odds * (of - k) / (k + 1)
        total += term
        if term < total * 1e-16:
            break
    return _strength(log_first, total)


def poisson_tail(found: int, mean: float) -> float:
    """-log10 of P(X ≥ found) for X Poisson with this mean (> 0); 0.0 where no more was found than expected."""
    if found <= mean:
        return 0.0
    log_first = found * math.log(mean) - mean - math.lgamma(found + 1)
    total, term, k = 1.0, 1.0, found
    while term >= total * 1e-16:
        k += 1
        term *= mean / k
        total += term
    return _strength(log_first, total)


def _strength(log_first: float, total: float) -> float:
    return min(MOST, max(0.0, -(log_first + math.log(total)) / math.log(10)))
