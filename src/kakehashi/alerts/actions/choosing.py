"""Which notices a reader wants, on the site and by mail."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from kakehashi.alerts.kinds import NEVER_BY_MAIL, USUAL, Place, place, places_of
from kakehashi.alerts.models import NoticeChoice
from kakehashi.lib.errors import Invalid
from kakehashi.readers.models import Reader


def choose_notices(*, reader: Reader, places: Mapping[str, Place]) -> None:
    """Remember where the reader wants to be told of these kinds; of others it stays as it is. Raises `Invalid`."""
    if not places.keys() <= USUAL.keys():
        raise Invalid(_("There is no such kind of notice."), code="no-such-kind")
    rows = [
        NoticeChoice(
            reader=reader, kind=kind, on_site=where.on_site, by_mail=where.by_mail and kind not in NEVER_BY_MAIL
        )
        for kind, where in places.items()
    ]
    NoticeChoice.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["reader", "kind"], update_fields=["on_site", "by_mail"]
    )


def end_notice_mails(*, reader: Reader) -> None:
    """No notice comes by mail any more; on the site all stays as it is. Repeats are harmless."""
    before = places_of([reader.pk])
    choose_notices(
        reader=reader, places={kind: Place(place(before, reader.pk, kind).on_site, by_mail=False) for kind in USUAL}
    )
