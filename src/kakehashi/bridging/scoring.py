"""Stage B: from votes to scores by a formula that no up-vote can lower and no down-vote can raise.

**Weight of a vote**, in [0, 1], from its voter (as known at the last fit) and its value only:

    trust      min(1, (n - 1/2) / (n - 1/2 + k0) / median) of a voter with n votes: fresh accounts count little
    surprise   up: min(1, (1 - rate) / (1 - mean)), down: min(1, rate / mean): who always votes one way says little
    q_g        probability that the voter belongs to camp g, sharpened: doubtful members count little for either

**Counts.** U_g, D_g: weighted up- and down-votes of camp g. Camp g's approval has the prior mean m_g, worth n0_g votes,
and borrows from each other camp h as many votes as h can tell about g:

    u' = U_h m_g / m_h      d' = D_h (1 - m_g) / (1 - m_h)      f = cap / (cap + u' + d')
    up_g = n0_g m_g + U_g + sum_h f u'       n_g = n0_g + U_g + D_g + sum_h f (u' + d')

**Score** = min over camps of Wilson's lower bound (Wilson 1927) of up_g out of n_g at z.

**Why it is monotone.** An up-vote adds weights >= 0 to U. (1) f u' = cap u' / (cap + u' + d') rises with u' and falls with d';
f d' the other way round. So up_g rises or stays with every U and n_g - up_g falls or stays; mirrored for D. (2) Wilson's
lower bound L of (up, down), n = up + down, is the smaller root t of F = up - n t - z sqrt(n t (1 - t)) = 0, and F falls in t
there. More down at fixed up: F falls, so L falls. More up by 1 at fixed down: dF = 1 - t - z sqrt(t (1 - t)) / (2 sqrt n);
at the root z sqrt(t (1 - t)) sqrt n = up - n t <= n (1 - t), so dF >= (1 - t) / 2 >= 0 and L rises. (3) The minimum of rising
functions rises. No approximation is left to break it at extremes, and L stays within [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kakehashi.bridging.rows import Floats

SMALLEST_MEAN = 0.02
LARGEST_SHARED = 0.995
VOTES_BEHIND_RATE = 4.0


@dataclass
class Prior:
    """What is known of an item before any vote: `mean` (K,), its weight in votes `strength` (K,), and `cap` (K, K)."""

    mean: Floats
    strength: Floats
    cap: Floats

    @classmethod
    def of(cls, mean: Floats, covariance: Floats, noise: float) -> Prior:
        """From the camps' mean approvals, their prior covariance over items (K, K) and the noise of one vote."""
        mean = np.clip(mean, SMALLEST_MEAN, 1.0 - SMALLEST_MEAN)
        variance = np.maximum(np.diag(covariance), 1e-6)
        shared = np.maximum(covariance, 0.0) ** 2 / np.outer(variance, variance)
        shared = np.minimum(shared, LARGEST_SHARED)
        np.fill_diagonal(shared, 0.0)
        return cls(mean, noise / variance, noise * shared / (variance[:, None] * (1.0 - shared)))


def approvals(up: Floats, down: Floats, prior: Prior) -> tuple[Floats, Floats]:
    """Posterior up-votes and all votes (M, K) of each camp from weighted counts (M, K) and the prior."""
    ups = up + prior.strength * prior.mean
    all_votes = up + down + prior.strength
    for g, mean in enumerate(prior.mean):
        for h, other in enumerate(prior.mean):
            if prior.cap[g, h] > 0.0:
                lent_up = up[:, h] * (mean / other)
                lent_down = down[:, h] * ((1.0 - mean) / (1.0 - other))
                share = prior.cap[g, h] / (prior.cap[g, h] + lent_up + lent_down)
                ups[:, g] += share * lent_up
                all_votes[:, g] += share * (lent_up + lent_down)
    return ups, all_votes


def lower_bound(ups: Floats, all_votes: Floats, z: float) -> Floats:
    """Wilson's lower bound of the share of `ups` in `all_votes`, both > 0."""
    share = ups / all_votes
    z2 = z * z
    root = z * np.sqrt(share * (1.0 - share) / all_votes + z2 / (4.0 * all_votes**2))
    bound: Floats = (share + z2 / (2.0 * all_votes) - root) / (1.0 + z2 / all_votes)
    return bound


def sharpened(membership: Floats, power: float) -> Floats:
    """Memberships (U, K) that doubt less: p^power, scaled to sum to 1."""
    raised = membership**power
    sharp: Floats = raised / np.maximum(raised.sum(axis=1, keepdims=True), 1e-300)
    return sharp


def trust_of(n_votes: Floats, k0: float, typical: float) -> Floats:
    """Trust (U,) in voters with `n_votes` votes each; `typical` is the raw trust of a typical vote's voter."""
    trust: Floats = np.minimum(1.0, raw_trust(n_votes, k0) / typical)
    return trust


def raw_trust(n_votes: Floats, k0: float) -> Floats:
    seen = np.maximum(n_votes - 0.5, 0.5)
    return seen / (seen + k0)


def surprise_of(n_votes: Floats, rates: Floats, mean: float) -> tuple[Floats, Floats]:
    """Weights (U,) of an up-vote and of a down-vote of voters who gave `rates` ups in `n_votes` votes."""
    mean = min(max(mean, SMALLEST_MEAN), 1.0 - SMALLEST_MEAN)
    rate = (rates + VOTES_BEHIND_RATE * mean) / (n_votes + VOTES_BEHIND_RATE)
    return np.minimum(1.0, (1.0 - rate) / (1.0 - mean)), np.minimum(1.0, rate / mean)
