"""From votes to what scores need: stage A, camps, the weighing of votes, the prior of items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kakehashi.bridging.camps import Camps, find_camps
from kakehashi.bridging.counting import Tally, tallied
from kakehashi.bridging.engine import half_of
from kakehashi.bridging.fit import WEIGHT_OF_BELIEF, Fit, Fitter, Shared, start_of
from kakehashi.bridging.half import Half, Side
from kakehashi.bridging.ids import UNKNOWN, places_of
from kakehashi.bridging.leading import leading_directions
from kakehashi.bridging.learned import Learned, Voters, Weighing, nobody_of
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.scoring import Prior, raw_trust
from kakehashi.bridging.votes import Votes

FEW_SWEEPS = 5
# Below this share of the noise an axis explains nothing that readers could see.
LEAST_LEANING = 0.02


@dataclass(frozen=True)
class Settings:
    """Parameters of `BridgingModel` that learning needs; explained there."""

    max_axes: int
    k0: float
    sharpness: float
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
    voters = known_voters(votes, fitter.voters, fit.voters)
    camps = _camps(voters, fit.shared)
    weighing = weighing_of(voters, votes, settings)
    nobody = nobody_of(fit.shared, weighing.mean)
    tally = tallied(votes, voters, nobody, weighing, camps, settings.engine, fitter.items)
    prior = prior_of(tally, fit.shared, camps.centre, weighing.mean)
    return Learned(fit.shared, voters, votes.item_ids, fit.items, camps, weighing, prior), tally, fit.sweeps


def known_voters(votes: Votes, half: Half, side: Side) -> Voters:
    known = slice(0, votes.n_voters)
    return Voters(votes.voter_ids, Side(side.mean[known], side.cov[known]), half.n[known], half.rates[known])


def _cold(fitter: Fitter, settings: Settings) -> Fit:
    fit = fitter.run(start_of(fitter.voters, fitter.items), tolerance=settings.tolerance, max_sweeps=FEW_SWEEPS)
    if settings.max_axes == 0:
        return fitter.run(fit, tolerance=settings.tolerance, max_sweeps=settings.max_sweeps)
    leanings, _ = leading_directions(fitter, fit)
    cold = start_of(fitter.voters, fitter.items, leanings[:, :1])
    return fitter.run(cold, tolerance=settings.tolerance, max_sweeps=settings.max_sweeps)


def _warm(fitter: Fitter, votes: Votes, start: Learned, settings: Settings) -> Fit:
    fit = Fit(start.shared, start.voters.side, Side.unknown(votes.n_items, start.shared.tau_item))
    found = places_of(votes.item_ids, start.item_ids)
    old = found != UNKNOWN
    fit.items.mean[old], fit.items.cov[old] = start.items.mean[found[old]], start.items.cov[found[old]]
    fit = fitter.run(fit, tolerance=settings.tolerance, max_sweeps=settings.max_sweeps)
    place = places_of(votes.voter_ids, start.voters.ids)
    both = np.flatnonzero(place != UNKNOWN)
    for axis in range(1, fit.n_axes + 1):
        agreement = float(fit.voters.mean[both, axis] @ start.voters.side.mean[place[both], axis])
        if agreement < 0:
            _turn(fit.voters, axis)
            _turn(fit.items, axis)
    return fit


def _turn(side: Side, axis: int) -> None:
    side.mean[:, axis] *= -1.0
    side.cov[:, axis, :] *= -1.0
    side.cov[:, :, axis] *= -1.0


def _camps(voters: Voters, shared: Shared) -> Camps:
    if len(shared.tau_item) == 1 or len(voters.ids) < 4 or shared.tau_item[1] < LEAST_LEANING * shared.s2:
        return Camps.none(len(shared.tau_item) - 1)
    return find_camps(voters.position, voters.variance)


def weighing_of(voters: Voters, votes: Votes, settings: Settings) -> Weighing:
    n = voters.n if len(voters.n) else np.ones(1)
    k0 = min(settings.k0, float(np.median(n)))
    line = np.sort(n)
    middle = line[np.searchsorted(np.cumsum(line), line.sum() / 2.0)]
    rate = float(votes.by_item.halves.sum()) / 2.0
    mean = (rate + 1.0) / (len(votes) + 2.0)
    return Weighing(k0, float(raw_trust(middle, k0)), mean, settings.sharpness)


def prior_of(tally: Tally, shared: Shared, centre: Floats, mean: float) -> Prior:
    """The camps' mean approvals, and how they vary together over items: tb 11' + centre diag(ty) centre'."""
    up, down = tally.up.sum(axis=0), tally.down.sum(axis=0)
    covariance = shared.tau_item[0] + np.einsum("gd,d,hd->gh", centre, shared.tau_item[1:], centre)
    return Prior.of((up + WEIGHT_OF_BELIEF * mean) / (up + down + WEIGHT_OF_BELIEF), covariance, shared.s2)
