"""What the ranking does when a reader takes the data along; readers.actions calls it by its setting.

For one who leaves there is nothing to do: who has left is unknown to the next run.
"""

from __future__ import annotations

from typing import Any

from kakehashi.ranking import queries
from kakehashi.readers.models import Reader


def export_position(*, reader: Reader) -> dict[str, Any]:
    """Where the model in use has put the reader, as plain values for JSON; None where it does not know them."""
    model = queries.current_model()
    known = model.about([reader.pk]) if model is not None else None
    if known is None or not len(known.voter_ids_):
        return {"common_ground": None}
    return {
        "common_ground": {
            "position": known.position_[0].round(4).tolist(),
            "variance": known.position_variance_[0].round(4).tolist(),
            "belongs_to_camps": known.membership_[0].round(4).tolist(),
        }
    }
