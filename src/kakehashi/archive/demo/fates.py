"""What becomes of some comments: held for a moderator, removed, withdrawn by their authors, edited within minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from kakehashi.archive.demo.talk import Remark

HELD, REMOVED, WITHDRAWN = "held", "removed", "withdrawn"

SECOND_THOUGHTS = (
    "Edit: spelling. My old teacher reads this paper.",
    "Edit: I meant Tolwick, not Saltmarket. Long day.",
    "Edited to add that I did read the story to the end this time.",
    "Edit: took out a word that I would not say at table.",
    "(Edited: the number was wrong, thanks to whoever rang me.)",
    "Edit: one comma fewer.",
    "Edit, two minutes later: the kettle has boiled and I am calmer.",
    "(Edited because the cat had added a line.)",
    "Edit: put the second sentence first, where it belongs.",
    "Edited: I had left out the “not”. It was rather important.",
    "Edit: changed “always” to “often”.",
    "(Edited for tone. The argument stands.)",
    "Edit: removed a remark about hats.",
    "Edited to thank the person who explained the second paragraph to me.",
    "Edit: my daughter says it is spelt with one l.",
    "Edit: added the year.",
)


def decide_fates(remarks: Sequence[Remark], *, now: datetime, rng: Random, scale: float) -> None:
    """Mark some remarks; each story keeps most of its own."""
    _hold(remarks)
    settled = [one for one in remarks if not one.fate and not one.story.archived_votes and one.story.comments > 20]
    rude = sorted((one for one in settled if one.quality < -0.9), key=lambda one: one.quality)
    for remark in rude[: max(2, round(14 * scale))]:
        remark.fate = REMOVED
    calm = [one for one in settled if not one.fate]
    for remark in rng.sample(calm, min(len(calm), max(2, round(8 * scale)))):
        remark.fate = WITHDRAWN
    steady = [one for one in calm if not one.fate and now - one.at > timedelta(minutes=8)]
    wanted = min(len(steady), max(3, round(len(SECOND_THOUGHTS) * scale)))
    for remark, words in zip(rng.sample(steady, wanted), SECOND_THOUGHTS, strict=False):
        remark.edit = f"{remark.source}\n\n{words}"


def _hold(remarks: Sequence[Remark]) -> None:
    """The latest few in a thread that a moderator reads first are still waiting; nobody has answered them."""
    first_held = [one for one in remarks if one.story.thread == "held_first"]
    for remark in [one for one in first_held if not one.answers][-6:]:
        remark.fate = HELD
