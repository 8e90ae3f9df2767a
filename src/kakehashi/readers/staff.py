"""Whether somebody may work here: the second factor that the site requires of its staff (KAKEHASHI_STAFF_MFA)."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from kakehashi.lib.errors import NotAllowed
from kakehashi.readers import queries
from kakehashi.readers.models import Reader


def lacks_second_factor(reader: Reader) -> bool:
    return settings.KAKEHASHI_STAFF_MFA == "required" and not queries.has_second_factor(reader)


def require_second_factor(reader: Reader) -> None:
    """Raise NotAllowed where the site requires a second factor and this member of staff has none."""
    if lacks_second_factor(reader):
        raise NotAllowed(
            _("This needs a second step at log-in. Please set one up on the page “Your account”, then try again."),
            code="second-factor",
        )
