"""What a mail says: written when it is sent, by the function that its kind names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.module_loading import import_string

from kakehashi.alerts.models import Mail

# kind -> `f(mails, now) -> {id of the mail: Letter}`; mails of that kind whose receivers read the same language, which is
# active. A mail without a letter has nothing to say any more. Mails that say the same get the same Letter: it is rendered
# once. Statements should be as many for one mail as for a hundred.
KINDS: dict[str, str] = {
    "story": "kakehashi.alerts.writers.stories.write",
    "breaking": "kakehashi.alerts.writers.stories.write_breaking",
    "comments": "kakehashi.alerts.writers.comments.write",
    "digest": "kakehashi.alerts.writers.digests.write",
    "notices": "kakehashi.alerts.writers.notices.write",
    "confirm": "kakehashi.alerts.writers.wishes.write_confirm",
    "notice-receipt": "kakehashi.alerts.writers.legal.write_receipt",
    "notice-outcome": "kakehashi.alerts.writers.legal.write_outcome",
    "notice-bar": "kakehashi.alerts.writers.legal.write_bar",
    "broken-check": "kakehashi.alerts.writers.staff.write_broken",
    "invitation": "kakehashi.alerts.writers.wishes.write_invitation",
}


@dataclass(frozen=True, eq=False)
class Letter:
    """`template` names what is between greeting and foot: "alerts/mail/story" has a `.txt` and a `.html`.

    `why` tells why one gets this; `scope` what one click ends, as `unsubscribing.SCOPES` has it.
    """

    subject: str
    template: str
    why: str
    scope: str
    context: dict[str, Any] = field(default_factory=dict)


Writer = Callable[[Sequence[Mail], datetime], dict[int, Letter]]


def writer_of(kind: str) -> Writer:
    """The kind must be one of ours."""
    writer: Writer = import_string(KINDS[kind])
    return writer
