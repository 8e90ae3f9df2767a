"""From votes to what scores need: stage A, camps, trust, the prior of items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kakehashi.bridging.camps import first_guess, representative, split
from kakehashi.bridging.counting import Tally, tallied
from kakehashi.bridging.engine import ballots_of, half_of
from kakehashi.bridging.fit import Fit, Fitter, start_of
from kakehashi.bridging.grid import SUMS, likelihood
from kakehashi.bridging.half import Half, Side
from kakehashi.bridging.ids import UNKNOWN, places_of
from kakehashi.bridging.leading import leading_directions
from kakehashi.bridging.learned import Camps, Learned, Voters, Weighing, electorate, levels
from kakehashi.bridging.prior import Prior, absence, learn_one, learn_pair
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.scoring import posteriors, raw_trust
from kakehashi.bridging.votes import Votes

FEW_SWEEPS = 5
# Camps must explain the votes better than one camp by so much (nats): permuted votes reach 1.6.
LEAST_GAIN = 3.0
SMALLEST_LEANING = 1e-5


@dataclass(frozen=True)
class Settings:
    """Parameters of `BridgingModel` that learning needs; explained there."""

    max_camps: int
    k0: float
    tolerance: float
    max_sweeps: int
    engine: str


def learn(votes: Votes, settings: Settings, start: Learned | None = None) -> tuple[Learned, Tally, int]:
    """Fit `votes`; with it their tally and the number of sweeps. `start` makes it a warm one, with signs and camps as there."""
    fitter = Fitter(
        half_of(votes.by_voter, votes.n_items, settings.engine),
        half_of(votes.by_item, len(votes.by_voter), settings.engine),
    )
    fit = _cold(fitter, settings) if start is None else _warm(fitter, votes, start, settings)
    membership, camps = find_camps(votes, fit, fitter.voters, settings)
    known = slice(0, votes.n_voters)
    side = Side(fit.voters.mean[known], fit.voters.cov[known])
    voters = Voters(votes.voter_ids, side, fitter.voters.n[known], membership[known])
    weighing = weighing_of(voters.n, settings.k0)
    places = np.minimum(np.arange(len(votes.by_voter)), votes.n_voters)
    who = electorate(voters, fit.shared, camps, weighing).at(places)
    tally = tallied(votes, who, camps.share, settings.engine, fitter.items)
    prior = prior_of(tally.sums)
    return Learned(fit.shared, voters, votes.item_ids, fit.items, camps, weighing, prior), tally, fit.sweeps


def _cold(fitter: Fitter, settings: Settings) -> Fit:
    fit = fitter.run(start_of(fitter.voters, fitter.items), tolerance=settings.tolerance, max_sweeps=FEW_SWEEPS)
    if settings.max_camps == 1:
        return fitter.run(fit, tolerance=settings.tolerance, max_sweeps=settings.max_sweeps)
    leanings, _ = leading_directions(fitter, fit)
    cold = start_of(fitter.voters, fitter.items, leanings[:, :1])
    return fitter.run(cold, tolerance=settings.tolerance, max_sweeps=settings.max_sweeps)


def _warm(fitter: Fitter, votes: Votes, start: Learned, settings: Settings) -> Fit:
    fit = Fit(start.shared, start.voters.side, Side.unknown(votes.n_items, start.shared.tau_item))
    found = places_of(votes.item_ids, start.item_ids)
    old = found != UNKNOWN
    fit.items.mean[old], fit.items.cov[old] = start.items.mean[found[old]], start.items.cov[found[old]]
    return fitter.run(fit, tolerance=settings.tolerance, max_sweeps=settings.max_sweeps)


def find_camps(votes: Votes, fit: Fit, voters: Half, settings: Settings) -> tuple[Floats, Camps]:
    """Membership (R, K) of each row of `by_voter`, and the camps; the larger one first."""
    alone = np.ones((len(voters.n), 1)), Camps(np.ones(1), np.zeros((votes.n_items, SUMS, 1), np.float32))
    taking_part = (voters.n > 1).astype(np.float64)
    if settings.max_camps == 1 or fit.n_axes == 0 or taking_part.sum() < 2 or fit.shared.tau_item[1] < SMALLEST_LEANING:
        return alone
    ballots = ballots_of(votes, levels(fit.voters, fit.shared.s2), settings.engine)
    guess = first_guess(fit.voters.mean[:, 1], fit.voters.cov[:, 1, 1], taking_part)
    found = split(ballots, guess, taking_part)
    if found.gain < LEAST_GAIN:
        return alone
    second = np.where(taking_part > 0, found.second, found.share)
    larger = 0 if found.share <= 0.5 else 1
    share = np.array([1.0 - found.share, found.share])
    membership = np.stack([1.0 - second, second], axis=1)
    table = np.stack([np.zeros_like(found.table), found.table], axis=2).astype(np.float32)
    order = [larger, 1 - larger]
    return membership[:, order], Camps(share[order], table[:, :, order])


def weighing_of(n_votes: Floats, k0: float) -> Weighing:
    n = np.sort(n_votes) if len(n_votes) else np.ones(1)
    k0 = min(k0, float(np.median(n)))
    middle = n[np.searchsorted(np.cumsum(n), n.sum() / 2.0)]
    return Weighing(k0, float(raw_trust(middle, k0)))


def prior_of(sums: Floats) -> Prior:
    """Learn the prior of items with `sums` (M, K, SUMS) from themselves."""
    n_camps = sums.shape[1]
    sums = sums[representative(sums.sum(axis=1))]
    seen = [likelihood(sums[:, g])[0] for g in range(n_camps)]
    if n_camps == 1:
        return Prior.of(*learn_one(seen[0]))
    mean, covariance = np.zeros(n_camps), np.zeros((n_camps, n_camps))
    for g in range(n_camps):
        for h in range(g + 1, n_camps):
            pair = np.array([g, h])
            pair_mean, pair_covariance = learn_pair(seen[g], seen[h])
            mean[pair] += pair_mean / (n_camps - 1)
            covariance[np.ix_(pair, pair)] += pair_covariance / np.where(np.eye(2) > 0, n_camps - 1, 1)
    lower = absence(posteriors(sums, Prior.of(mean, covariance)), covariance, sums.sum(axis=2))
    return Prior.of(mean - lower, covariance)
