"""Stage B: from votes to scores by a formula that no up-vote can lower and no down-vote can raise.

**Model.** Item i has in camp g an approval of log-odds z_g; a voter of leniency l votes up with sigmoid(z_g + l). Before any
vote the z are Gaussian over items (`prior`). A vote counts in camp g with the weight trust * membership_g^e, both in [0, 1],
e = 1 + 2 max(0, - correlation of the camps over items): where camps oppose each other, a doubtful member leaks less.

    trust   min(1, t / typical t), t = (n - 3/4) / (n - 3/4 + k0) for n votes: how much is known of a voter from others;
            with camps t is squared, and 0 for n = 1, since nobody knows the camp of somebody who voted once
    rest    1 - trust goes at neutral leniency to a pile of the item and camp that is scaled down to `PILE` votes in all,
            shared by the camps as they share the voters: any number of fresh accounts together weigh less than one voter

**Score** = E[min over camps of sigmoid(z_g) | votes]; `lower` is the 5 % quantile of the same minimum. With one camp this is
the mean approval, shrunk to what is usual.

**Why it is monotone** (positions, leniencies, trust and prior held). With z_g = mean_g + loading_g c + own part, loadings
>= 0, the prior density is MTP2 (log-supermodular): each factor is TP2 in (c, z_g), and marginals of MTP2 functions are MTP2.
A vote multiplies it by a product of functions of one z_g each, which keeps that; the factor rises in every z_g for an
up-vote and falls for a down-vote. By the Holley / FKG inequality (Karlin and Rinott 1980) the posterior after an up-vote is
stochastically larger, so E[f] rises for each rising f: the minimum, the event minimum >= s, and with it every quantile. In a
full pile an up-vote raises the ups and lowers the downs, in every camp. No approximation is left to break it at extremes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kakehashi.bridging.grid import APPROVAL, NEUTRAL, POINTS, likelihood, sigmoid, times
from kakehashi.bridging.prior import NODES, WEIGHTS, Prior
from kakehashi.bridging.rows import Floats

# All newcomers together count as so many votes on an item: where there are camps, nobody knows a newcomer's.
PILE_WITH_CAMPS, PILE_OF_ONE = 0.25, 1.0
LOWER = 0.05
CHUNK = 1000


def raw_trust(n_votes: Floats, k0: float, n_camps: int) -> Floats:
    """Trust (U,) before it is measured by the typical one: how much the other votes of a voter with `n_votes` tell."""
    others = np.maximum(n_votes - 1.0, 0.0) + 0.25
    trust: Floats = others / (others + k0)
    return np.where(n_votes > 1, trust**2, 0.0) if n_camps > 1 else trust


def pile_limit(share: Floats) -> Floats:
    """How many votes of newcomers count in each camp (K,) of these shares."""
    return (PILE_WITH_CAMPS if len(share) > 1 else PILE_OF_ONE) * share


def with_pile(sums: Floats, ups: Floats, downs: Floats, share: Floats) -> Floats:
    """`sums` (M, K, SUMS) with the newcomers' weighted `ups` and `downs` (M, K) as far as the pile takes them."""
    taken = np.minimum(1.0, pile_limit(share) / np.maximum(ups + downs, 1e-12))
    sums[:, :, 2 * NEUTRAL] += taken * ups
    sums[:, :, 2 * NEUTRAL + 1] += taken * downs
    return sums


def scores(sums: Floats, prior: Prior) -> tuple[Floats, Floats, Floats]:
    """Score (M,), lower (M,) and expected approval in each camp (M, K) of items with `sums` (M, K, SUMS)."""
    conditional = prior.conditional()
    tables = [(at_or_above(table), (table * APPROVAL).T.copy()) for table in conditional]
    parts = [_scores(sums[at : at + CHUNK], tables) for at in range(0, max(len(sums), 1), CHUNK)]
    score, lower, approval = (np.concatenate(part) for part in zip(*parts, strict=True))
    return score, lower, approval


def at_or_above(conditional: Floats) -> Floats:
    """As a product with a likelihood (M, points): P(what was seen, z at or above each point | c), (points, nodes * points)."""
    nodes, points = conditional.shape
    below = np.tri(points)
    return np.ascontiguousarray((conditional[:, None, :] * below.T).reshape(nodes * points, points).T)


def _scores(sums: Floats, tables: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats, Floats]:
    count = len(sums)
    # P(all camps at or above each point | c), joined over c.
    tails = np.ones((count, len(NODES), len(POINTS)))
    means = []
    for g, (above, rated) in enumerate(tables):
        seen = likelihood(sums[:, g])[0]
        each = times(seen, above).reshape(tails.shape)
        tails *= each
        means.append(times(seen, rated) / each[:, :, 0])
    weight = WEIGHTS * tails[:, :, 0]
    whole = weight.sum(axis=1)
    tail = (WEIGHTS @ tails) / whole[:, None]
    score = APPROVAL[0] + np.einsum("mz,z->m", tail[:, 1:], np.diff(APPROVAL))
    approval = np.stack([np.einsum("mc,mc->m", weight, mean) / whole for mean in means], axis=1)
    return score, _quantile(tail), approval


def _quantile(tail: Floats) -> Floats:
    """The value that the minimum exceeds with probability 1 - LOWER, between grid points by straight lines."""
    row = np.arange(len(tail))
    below = np.maximum((tail >= 1.0 - LOWER).sum(axis=1) - 1, 0)
    above = np.minimum(below + 1, len(POINTS) - 1)
    step = (tail[row, below] - (1.0 - LOWER)) / np.maximum(tail[row, below] - tail[row, above], 1e-12)
    return sigmoid(POINTS[below] + np.clip(step, 0.0, 1.0) * (POINTS[above] - POINTS[below]))
