"""What a decision is made of besides what it does: by whom, why, and on what was seen."""

from __future__ import annotations

from dataclasses import dataclass

from kakehashi.moderation.models import Origin, Rule
from kakehashi.readers.models import Reader


@dataclass(frozen=True)
class Ground:
    """Why: a rule of the site or a law, why it is broken (to the author), what else was found, and how the staff came to
    look. `is_found_by_machine`: automated means were used to find it."""

    rule: Rule | None = None
    law: str = ""
    explanation: str = ""
    facts: str = ""
    origin: str = Origin.OWN
    is_found_by_machine: bool = False

    @property
    def is_named(self) -> bool:
        return self.rule is not None or bool(self.law.strip())


NO_GROUND = Ground()


@dataclass(frozen=True)
class Machine:
    """A check that decides by itself, in place of a person; for one that learned, by which version of what it learned."""

    check_name: str
    model_version: str = ""


By = Reader | Machine


@dataclass(frozen=True)
class Seen:
    """What a moderator had on the screen: how many revisions the comment had, the last decision on it (0: none), its state.

    None and "" are not compared.
    """

    revision: int | None = None
    decision: int | None = None
    state: str = ""
