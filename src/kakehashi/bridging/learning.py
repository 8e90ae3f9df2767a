"""From votes to what scores need: stage A, camps, trust, the prior of items."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kakehashi.bridging.camps import FEWEST_VOTERS, find_camps, find_camps_of_many
from kakehashi.bridging.counting import Tally, tallied
from kakehashi.bridging.engine import ballots_of, half_of
from kakehashi.bridging.fit import Fit, Fitter, start_of
from kakehashi.bridging.grid import SUMS, likelihood
from kakehashi.bridging.half import Side
from kakehashi.bridging.ids import UNKNOWN, places_of
from kakehashi.bridging.leading import leading_directions, second_axis
from kakehashi.bridging.learned import Camps, Learned, Voters, Weighing, electorate, levels
from kakehashi.bridging.mixture import representative
from kakehashi.bridging.prior import Prior, absence, correlation, learn_line, learn_pairs
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.scoring import raw_trust
from kakehashi.bridging.votes import Votes
from kakehashi.bridging.warming import earlier_membership, prior_on_the_way, voters_on_the_way, weighing_on_the_way

FEW_SWEEPS = 5
SMALLEST_LEANING = 1e-5
# The prior is learned from at most so many items.
MOST_ITEMS = 2000
# Memberships are sharpened by so much where camps oppose each other fully.
SHARPER = 2.0
SMALLEST_TRUST = 1e-9
# From so many votes on the number of camps is found from an excerpt.
MANY = 400_000


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
    # An axis that has switched itself off does not wake up by sweeps: without camps each search begins anew.
    goes_on = start is not None and (len(start.camps) > 1 or settings.max_camps == 1)
    fit = _warm(fitter, votes, start, settings) if start is not None and goes_on else _cold(fitter, settings)
    membership, camps = camps_of(votes, fitter, fit, settings, start)
    known = slice(0, votes.n_voters)
    side = Side(fit.voters.mean[known], fit.voters.cov[known])
    voters = Voters(votes.voter_ids, side, fitter.voters.n[known], membership[known])
    weighing = weighing_of(voters.n, settings.k0, len(camps))
    before = start if start is not None and len(start.camps) == len(camps) else None
    if before is not None:
        voters = voters_on_the_way(voters, fit.shared.s2, before)
    places = np.minimum(np.arange(len(votes.by_voter)), votes.n_voters)

    def counted(voters: Voters) -> Tally:
        who = electorate(voters, fit.shared, camps, weighing).at(places)
        return tallied(votes, who, camps.share, settings.engine, fitter.items)

    doubted = voters if len(camps) == 1 else _doubted(voters, camps)
    prior, opposed = prior_of(counted(doubted).sums)
    weighing.power = 1.0 + SHARPER * opposed
    if before is not None:
        prior, weighing = prior_on_the_way(prior, before.prior), weighing_on_the_way(weighing, before.weighing)
    tally = counted(voters)
    return Learned(fit.shared, voters, votes.item_ids, fit.items, camps, weighing, prior), tally, fit.sweeps


def _doubted(voters: Voters, camps: Camps) -> Voters:
    """Memberships drawn towards the camps' shares, as if two of each voter's votes said nothing.

    A vote helps to decide to which camp its voter belongs, so camps look farther apart than they are where votes are few.
    """
    known = 1.0 - 2.0 / np.maximum(voters.n, 2.0)
    doubted = camps.share * np.maximum(voters.membership / camps.share, 1e-9) ** known[:, None]
    return replace(voters, membership=doubted / doubted.sum(axis=1, keepdims=True))


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


def camps_of(
    votes: Votes, fitter: Fitter, fit: Fit, settings: Settings, start: Learned | None = None
) -> tuple[Floats, Camps]:
    """Membership (R, K) of each row of `by_voter`, and the camps; the larger one first, or as many as in `start` as there."""
    taking_part = (fitter.voters.n > 1).astype(np.float64)
    taking_part[votes.n_voters :] = 0.0
    shows = fit.n_axes > 0 and fit.shared.tau_item[1] >= SMALLEST_LEANING and taking_part.sum() >= FEWEST_VOTERS
    if not shows:
        table = np.zeros((votes.n_items, SUMS, 1), np.float32)
        return np.ones((len(fitter.voters.n), 1)), Camps(np.ones(1), table)
    ballots = ballots_of(votes, levels(fit.voters, fit.shared.s2), settings.engine)
    position, variance = fit.voters.mean[:, 1], fit.voters.cov[:, 1, 1]
    second = second_axis(fitter, fit) if settings.max_camps > 2 else np.zeros(len(position))
    seek = find_camps if len(votes) < MANY else find_camps_of_many
    earlier = None if start is None or len(start.camps) == 1 else earlier_membership(votes, start)
    found = seek(ballots, np.stack([position, second], axis=1), variance, taking_part, settings.max_camps, earlier)
    if earlier is not None and len(found.share) == earlier.shape[1]:
        return found.membership, Camps(found.share, found.table)
    order = np.argsort(-found.share, kind="stable")
    return found.membership[:, order], Camps(found.share[order], found.table[:, :, order])


def weighing_of(n_votes: Floats, k0: float, n_camps: int) -> Weighing:
    n = np.sort(n_votes) if len(n_votes) else np.ones(1)
    k0 = min(k0, float(np.median(n)))
    middle = n[np.searchsorted(np.cumsum(n), n.sum() / 2.0)]
    return Weighing(k0, max(float(raw_trust(middle, k0, n_camps)), SMALLEST_TRUST))


def prior_of(sums: Floats) -> tuple[Prior, float]:
    """Learn the prior of items with `sums` (M, K, SUMS) from themselves; and how far the camps oppose each other, 0 to 1."""
    sums = sums[representative(sums.sum(axis=1), MOST_ITEMS)]
    seen = [likelihood(sums[:, g])[0] for g in range(sums.shape[1])]
    if len(seen) == 1:
        alone = learn_line(seen)
        return Prior(alone.mean, np.zeros(1), alone.own + alone.loading**2), 0.0
    mean, covariance = learn_pairs(seen)
    post, _, _ = Prior.of(mean, covariance).posterior(seen)
    lower = absence(post, covariance, sums.sum(axis=2))
    return Prior.of(mean - lower, covariance), max(-correlation(covariance), 0.0)
