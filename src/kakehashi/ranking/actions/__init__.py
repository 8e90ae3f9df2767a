"""Every write of the ranking: `from kakehashi.ranking import actions`, then a verb."""

from kakehashi.ranking.actions.drawing import draw_maps
from kakehashi.ranking.actions.fitting import forget_models, refit
from kakehashi.ranking.actions.folding import fold_in_votes
from kakehashi.ranking.actions.leaving import export_position

__all__ = ["draw_maps", "export_position", "fold_in_votes", "forget_models", "refit"]
