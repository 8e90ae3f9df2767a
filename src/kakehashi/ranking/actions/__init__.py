"""Every write of the ranking: `from kakehashi.ranking import actions`, then a verb."""

from kakehashi.ranking.actions.drawing import draw_maps
from kakehashi.ranking.actions.fitting import refit
from kakehashi.ranking.actions.folding import fold_in_votes

__all__ = ["draw_maps", "fold_in_votes", "refit"]
