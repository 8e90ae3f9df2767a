"""The objective of Community Notes' matrix factorisation, solved exactly instead of by gradient steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kakehashi.bridging.engine import half_of
from kakehashi.bridging.fit import Fitter, start_of
from kakehashi.bridging.half import Half
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
            factors.voters = self._ridge(voters, factors.items, factors.mu)
            factors.items = self._ridge(items, factors.voters, factors.mu)
            before, loss = loss, self._level(voters, items, factors)
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

    def _ridge(self, half: Half, other: Floats, mu: float) -> Floats:
        """Bias and factor of each row that fit its votes best, given the other side's."""
        weight = half.n_votes / len(half.n)
        b, y = other[:, 0], other[:, 1]
        sums = half.of(np.stack([b, y, y * y, b * y], axis=1))
        rated = half.of_ups(y[:, None].copy())[:, 0]
        first = half.rates - mu * half.n - sums[:, 0]
        second = rated - mu * sums[:, 1] - sums[:, 3]
        n, sy, syy = half.n + self.bias_penalty * weight, sums[:, 1], sums[:, 2] + self.factor_penalty * weight
        det = n * syy - sy * sy
        return np.stack([(syy * first - sy * second) / det, (n * second - sy * first) / det], axis=1)

    def _level(self, voters: Half, items: Half, factors: Factors) -> float:
        """Set mu to its best value; the loss there."""
        a, x = factors.voters.T
        b, y = factors.items.T
        sums = items.of(np.stack([a, x, a * a, x * x, a * x], axis=1))
        rated = items.of_ups(factors.voters.copy())
        n_votes = items.n_votes
        # Per item: sum of (r - a - b - x y) and of its square, mu apart.
        plain = items.rates - sums[:, 0] - b * items.n - y * sums[:, 1]
        model = (
            sums[:, 2]
            + b * b * items.n
            + y * y * sums[:, 3]
            + 2 * (b * sums[:, 0] + y * sums[:, 4] + b * y * sums[:, 1])
        )
        cross = rated[:, 0] + b * items.rates + y * rated[:, 1]
        squares = items.squared_rates - 2.0 * cross.sum() + model.sum()
        mu = factors.mu = float(plain.sum() / (n_votes * (1.0 + self.bias_penalty)))
        fitted = (squares - 2.0 * mu * plain.sum() + n_votes * mu * mu) / n_votes
        biases = mu * mu + np.mean(a * a) + np.mean(b * b)
        return float(fitted + self.bias_penalty * biases + self.factor_penalty * (np.mean(x * x) + np.mean(y * y)))

    def _balance(self, factors: Factors) -> None:
        """Scale both factors so that their penalties are equal, which no product of them notices."""
        x2, y2 = np.mean(factors.voters[:, 1] ** 2), np.mean(factors.items[:, 1] ** 2)
        if x2 > 0 and y2 > 0:
            scale = (y2 / x2) ** 0.25
            factors.voters[:, 1] *= scale
            factors.items[:, 1] /= scale
