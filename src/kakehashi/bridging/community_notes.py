"""The objective of Community Notes' matrix factorisation, solved exactly instead of by gradient steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kakehashi.bridging.engine import half_of
from kakehashi.bridging.fit import Fitter, start_of
from kakehashi.bridging.half import Half, RidgeSums
from kakehashi.bridging.leading import leading_directions
from kakehashi.bridging.ranker import CountingRanker
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.votes import Votes


@dataclass
class Factors:
    """mu, and bias and factor of each row, (R, 2), of voters and items."""

    mu: float
    voters: Floats
    items: Floats


class CommunityNotesRanker(CountingRanker):
    """Item intercepts b that minimise, for r = mu + a_u + b_i + x_u y_i over N votes, U voters, M items,

        mean e^2 + l_b mu^2 + l_b (mean over votes' worth: sum a^2 / U + sum b^2 / M) + l_f (sum x^2 / U + sum y^2 / M)

    with l_b = `bias_penalty` and l_f = `factor_penalty`: the loss of matrix_factorization in Community Notes' published
    scorer (Wojcik et al. 2022, "Birdwatch"). Each side given the other is a ridge regression with a closed form, so
    alternating them reaches the same loss over a hundred times faster.
    """

    def __init__(
        self,
        *,
        bias_penalty: float = 0.15,
        factor_penalty: float = 0.03,
        sweeps: int = 100,
        tolerance: float = 1e-7,
        engine: str = "auto",
    ) -> None:
        self.bias_penalty, self.factor_penalty = bias_penalty, factor_penalty
        self.sweeps, self.tolerance, self.engine = sweeps, tolerance, engine

    def scored(self, votes: Votes) -> Floats:
        self.factors_, self.loss_ = self._solved(votes)
        return self.factors_.items[:, 0]

    def _solved(self, votes: Votes) -> tuple[Factors, float]:
        voters = half_of(votes.by_voter, votes.n_items, self.engine)
        items = half_of(votes.by_item, len(votes.by_voter), self.engine)
        factors, loss = self._start(voters, items), np.inf
        for _ in range(self.sweeps):
            factors.voters = self._ridge(voters, voters.ridge_sums(factors.items), factors.mu)
            sums = items.ridge_sums(factors.voters)
            factors.items = self._ridge(items, sums, factors.mu)
            before, loss = loss, self._level(items, sums, factors)
            if before - loss < self.tolerance:
                break
            self._balance(factors)
        return factors, float(loss)

    def _start(self, voters: Half, items: Half) -> Factors:
        fitter = Fitter(voters, items)
        fit = fitter.run(start_of(voters, items), tolerance=1e-3, max_sweeps=3)
        leanings, _ = leading_directions(fitter, fit)
        leaning = leanings[:, 0] if leanings.shape[1] else np.zeros(len(items.n))
        start = np.stack([np.zeros(len(leaning)), leaning * 0.5], axis=1)
        mu = float(items.rates.sum() / items.n_votes) / (1.0 + self.bias_penalty)
        return Factors(mu, np.zeros((len(voters.n), 2)), start)

    def _ridge(self, half: Half, sums: RidgeSums, mu: float) -> Floats:
        """Bias and factor of each row that fit its votes best, given the other side's."""
        weight = half.n_votes / len(half.n)
        t, tx, x, xx = sums.rows.T
        first, second = t - mu * half.n, tx - mu * x
        n, xx = half.n + self.bias_penalty * weight, xx + self.factor_penalty * weight
        det = n * xx - x * x
        return np.stack([(xx * first - x * second) / det, (n * second - x * first) / det], axis=1)

    def _level(self, items: Half, sums: RidgeSums, factors: Factors) -> float:
        """Set mu to its best value; the loss there."""
        t, tx, x, xx = sums.rows.T
        b, y = factors.items.T
        # Over all votes: the sum of r - a - b - x y, mu apart, and of its square.
        plain = float((t - b * items.n - y * x).sum())
        squares = sums.squares + float((b * b * items.n + y * y * xx + 2 * (b * y * x - b * t - y * tx)).sum())
        n_votes = items.n_votes
        mu = factors.mu = plain / (n_votes * (1.0 + self.bias_penalty))
        fitted = (squares - 2.0 * mu * plain + n_votes * mu * mu) / n_votes
        biases, others = (np.mean(side**2, axis=0) for side in (factors.voters, factors.items))
        bias, factor = biases + others
        return float(fitted + self.bias_penalty * (mu * mu + bias) + self.factor_penalty * factor)

    def _balance(self, factors: Factors) -> None:
        """Scale both factors so that their penalties are equal, which no product of them notices."""
        x2, y2 = np.mean(factors.voters[:, 1] ** 2), np.mean(factors.items[:, 1] ** 2)
        if x2 > 0 and y2 > 0:
            scale = (y2 / x2) ** 0.25
            factors.voters[:, 1] *= scale
            factors.items[:, 1] /= scale
