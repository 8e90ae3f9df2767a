"""Group-informed consensus as Polis computes it: PCA, k-means, product of the groups' approvals."""

from __future__ import annotations

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import svds

from kakehashi.bridging.ranker import CountingRanker
from kakehashi.bridging.rows import Floats, Ints
from kakehashi.bridging.votes import Votes

LARGEST_SAMPLE = 1500
LLOYD_STEPS = 100


class PolisConsensusRanker(CountingRanker):
    """Product over opinion groups of (agrees + 1) / (votes + 2), the groups found as Polis does (Small et al. 2021).

    Voters with at least `min_votes` votes are projected on the first two principal components of the vote matrix
    (gaps filled with the item's mean, rows stretched by their sparsity) and split by k-means into the number of
    groups, up to `max_groups`, that has the best silhouette.
    """

    def __init__(self, *, min_votes: int = 7, max_groups: int = 5) -> None:
        self.min_votes, self.max_groups = min_votes, max_groups

    def scored(self, votes: Votes) -> Floats:
        self.groups_ = self._groups(votes)
        row, rate = votes.by_voter.row, votes.by_voter.halves / 2.0
        group, item = self.groups_[row], votes.by_voter.column
        score = np.ones(votes.n_items)
        for g in range(int(self.groups_.max()) + 1):
            own = group == g
            agrees = np.bincount(item[own], rate[own], votes.n_items)
            score *= (agrees + 1.0) / (np.bincount(item[own], minlength=votes.n_items) + 2.0)
        self.prior_score_ = 0.5 ** (int(self.groups_.max()) + 1)
        return score

    def _groups(self, votes: Votes) -> Ints:
        """Group of each voter, -1 for those with too few votes; all in one group where too few could be grouped."""
        count = votes.by_voter.counts
        groups = np.full(len(count), -1)
        enough = count >= self.min_votes
        if enough.sum() < 12 or votes.n_items < 3:
            return np.zeros(len(count), np.int64)
        place = projected(votes)[enough]
        best = -2.0
        for k in range(2, min(self.max_groups, int(enough.sum()) - 1) + 1):
            found = k_means(place, k)[0]
            quality = silhouette(place, found)
            if quality > best:
                best, groups[enough] = quality, found
        return groups


def projected(votes: Votes) -> Floats:
    """Voters (U, 2) on the two first principal components, stretched by the square root of items over votes."""
    rows = votes.by_voter
    value = rows.halves - 1.0
    mean = votes.by_item.totals(votes.by_item.halves - 1.0) / votes.by_item.counts
    shape = (len(rows), votes.n_items)
    centred = scipy.sparse.csr_array((value - mean[rows.column], rows.column, rows.start), shape=shape)
    if min(shape) <= 3:
        _, _, directions = np.linalg.svd(centred.toarray(), full_matrices=False)
        directions = directions[:2]
    else:
        # ARPACK starts somewhere: at the same place each time.
        start = np.sqrt(np.arange(1, min(shape) + 1.0))
        _, _, directions = svds(centred, k=2, v0=start)
        directions = directions[::-1]
    place: Floats = centred @ directions.T
    return place * np.sqrt(votes.n_items / np.maximum(rows.counts, 1))[:, None]


def k_means(points: Floats, k: int) -> tuple[Ints, Floats]:
    """Lloyd's k-means from the points farthest from each other: (group of each point, centres (k, D))."""
    centres = [points[np.argmax(((points - points.mean(axis=0)) ** 2).sum(axis=1))]]
    while len(centres) < k:
        nearest = np.min([((points - centre) ** 2).sum(axis=1) for centre in centres], axis=0)
        centres.append(points[np.argmax(nearest)])
    centre = np.array(centres)
    for _ in range(LLOYD_STEPS):
        group = ((points[:, None] - centre) ** 2).sum(axis=2).argmin(axis=1)
        moved = np.array([points[group == g].mean(axis=0) if (group == g).any() else centre[g] for g in range(k)])
        if np.allclose(moved, centre):
            break
        centre = moved
    return group, centre


def silhouette(points: Floats, group: Ints) -> float:
    """Mean silhouette (Rousseeuw 1987), -1 for a single group; of evenly spaced points where there are many."""
    if len(points) > LARGEST_SAMPLE:
        line = np.argsort(points[:, 0], kind="stable")
        chosen = line[np.linspace(0, len(line) - 1, LARGEST_SAMPLE).astype(int)]
        points, group = points[chosen], group[chosen]
    names = np.unique(group)
    if len(names) < 2:
        return -1.0
    distance = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    sums = np.stack([distance[:, group == g].sum(axis=1) for g in names], axis=1)
    sizes = np.array([(group == g).sum() for g in names])
    own, at = np.searchsorted(names, group), np.arange(len(points))
    inside = sums[at, own] / np.maximum(sizes[own] - 1, 1)
    outside = sums / sizes
    outside[at, own] = np.inf
    nearest = outside.min(axis=1)
    width = np.where(sizes[own] > 1, (nearest - inside) / np.maximum(np.maximum(inside, nearest), 1e-12), 0.0)
    return float(width.mean())
