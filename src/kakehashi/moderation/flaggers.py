"""How members fared who flag: what their next flag counts, and whom the staff should look at."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Max, Q

from kakehashi.moderation import rules
from kakehashi.moderation.models import Flag, FlagDiscount, Outcome
from kakehashi.readers.models import Reader


class Flagging(NamedTuple):
    """How a member's flags fared, within rules.FLAGS_LAST."""

    followed: int
    declined: int

    @property
    def settled(self) -> int:
        return self.followed + self.declined


_FARED = {
    "followed": Count("pk", filter=Q(outcome=Outcome.UPHELD)),
    "declined": Count("pk", filter=Q(outcome=Outcome.DECLINED)),
}


def flagging_of(reader: Reader, now: datetime) -> Flagging:
    """1 query."""
    settled = Flag.objects.filter(reader=reader, settled_at__gt=now - rules.FLAGS_LAST)
    return Flagging(**settled.aggregate(**_FARED))


def site_share(now: datetime) -> float:
    """Of all flags settled lately, the share that was followed, smoothed (`rules.site_share`); 1 query."""
    fared = Flag.objects.filter(settled_at__gt=now - rules.SITE_FLAGS_LAST).aggregate(**_FARED)
    return rules.site_share(fared["followed"], fared["followed"] + fared["declined"])


def discount_of(reader: Reader, now: datetime) -> FlagDiscount | None:
    """What says that the member's flags count nothing now, if anything does; 1 query."""
    found = FlagDiscount.objects.filter(decision__reader=reader, decision__undone_by=None, until__gt=now)
    return found.select_related("decision").order_by("-until").first()


class Flagger(NamedTuple):
    """A member as somebody who flags, within rules.FLAGS_LAST."""

    reader: Reader
    flags: int
    followed: int
    declined: int
    last_at: datetime
    weight: float
    discount: FlagDiscount | None


def serial_flaggers(now: datetime, most: int = 100) -> list[Flagger]:
    """Who was seldom right beside others, and whose flags do not count now; who was wrong most often first. 5 queries."""
    mean = site_share(now)
    rows = (
        Flag.objects.filter(settled_at__gt=now - rules.FLAGS_LAST)
        .values("reader")
        .annotate(followed=_FARED["followed"], declined=_FARED["declined"])
        .filter(declined__gte=rules.SERIAL_FLAGS)
        .order_by("-declined")
    )
    serial = [row["reader"] for row in rows if rules.is_serial(row["followed"], row["declined"], mean)]
    discounted = FlagDiscount.objects.filter(until__gt=now, decision__undone_by=None, decision__reader__isnull=False)
    return _flaggers([*serial[:most], *discounted.values_list("decision__reader", flat=True)], mean, now)


def flagger(reader: Reader, now: datetime) -> Flagger:
    """One member as a flagger, also without a flag; 5 queries."""
    found = _flaggers([reader.pk], site_share(now), now)
    return found[0] if found else Flagger(reader, 0, 0, 0, reader.date_joined, site_share(now), None)


def _flaggers(ids: list[int], mean: float, now: datetime) -> list[Flagger]:
    """2 queries, in the order of what was not followed."""
    discounts = {
        one.decision.reader_id: one
        for one in FlagDiscount.objects.filter(
            until__gt=now, decision__undone_by=None, decision__reader__in=ids
        ).select_related("decision__actor")
    }
    of_readers = Reader.objects.filter(pk__in=ids, erased_at=None)
    since = Q(flags__created_at__gt=now - rules.FLAGS_LAST)
    readers = of_readers.annotate(
        made=Count("flags", filter=since),
        followed=Count("flags", filter=since & Q(flags__outcome=Outcome.UPHELD)),
        declined=Count("flags", filter=since & Q(flags__outcome=Outcome.DECLINED)),
        last_at=Max("flags__created_at"),
    )
    found = []
    for row in readers.order_by("-declined", "pk"):
        discount = discounts.get(row.pk)
        weight = 0.0 if discount else rules.flag_weight(row.followed, row.followed + row.declined, mean)
        found.append(Flagger(row, row.made, row.followed, row.declined, row.last_at, weight, discount))
    return found
