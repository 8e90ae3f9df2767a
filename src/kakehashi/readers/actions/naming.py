"""Display names: one person, one name, and nobody else's."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from kakehashi.lib import text
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, TooMany
from kakehashi.readers import rules
from kakehashi.readers.actions.barring import require_unreserved
from kakehashi.readers.models import FormerName, Reader, retired_key


def claim_name(name: str, *, reader: Reader | None = None) -> tuple[str, str]:
    """The cleaned name and its key, free for `reader` (None: for somebody new).

    Raises Invalid when it cannot be a name, Conflict when it is or was another person's. The unique keys have the last
    word: the caller must be ready for an IntegrityError of somebody quicker.
    """
    name = " ".join(text.clean(name).split())
    problem = text.name_problem(name)
    if problem:
        raise Invalid(problem, code="name")
    key = text.fold(name)
    mine = reader.pk if reader else 0
    # Readers first, former names second: a name on its way from the one table to the other is found in the second.
    if Reader.objects.filter(name_key=key).exclude(pk=mine).exists():
        raise name_taken(name)
    if FormerName.objects.filter(name_key__in=[key, retired_key(key)]).exclude(reader_id=mine).exists():
        raise name_taken(name)
    return name, key


def suggest_name(wish: str) -> str:
    """A name like `wish` that is free and allowed, with a number where it must be; "" where there is none. 2 queries."""
    wish = " ".join(text.clean(wish).split())[: text.NAME_MAX - 3].strip()
    wishes = [wish, *(f"{wish} {number}" for number in range(2, 10)), f"{wish} {secrets.randbelow(90) + 10}"]
    keys = {name: text.fold(name) for name in wishes if not text.name_problem(name)}
    retired = {retired_key(key): key for key in keys.values()}
    taken = set(Reader.objects.filter(name_key__in=keys.values()).values_list("name_key", flat=True))
    former = FormerName.objects.filter(name_key__in=[*keys.values(), *retired]).values_list("name_key", flat=True)
    taken |= {retired.get(key, key) for key in former}
    return next((name for name, key in keys.items() if key not in taken), "")


def name_taken(name: str) -> Conflict:
    return Conflict(
        _("“%(name)s” is already somebody’s name here, or one too much like it. Please choose another.")
        % {"name": name},
        code="name-taken",
    )


def change_name(*, reader: Reader, name: str, actor: Reader | None = None, now: datetime | None = None) -> Reader:
    """Give `reader` another display name and keep the old one, so that old mentions and links still find them.

    `actor` is who changes it, by default the reader; an administrator need not wait. Side effects: a FormerName row;
    upper rooms show the name anew (KAKEHASHI_RENAMINGS); the name rests for `rules.NAME_REST`. A change of nothing but
    capitals or spaces counts as a change too. Raises NotAllowed, Invalid, Conflict (taken) or TooMany (too soon; says
    when).
    """
    if actor is not None and actor.pk != reader.pk and not rules.can_manage_accounts(actor):
        raise NotAllowed(_("Only an administrator can rename somebody else."))
    now = now or timezone.now()
    wished, key = claim_name(name, reader=reader)
    if (actor is None or actor.pk == reader.pk) and wished != reader.name:
        require_unreserved(wished, reader=reader)
    try:
        with transaction.atomic():
            # Not the whole row: whoever writes a row that names this reader needs its key.
            reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
            if wished == reader.name:
                return reader
            if actor is None or actor.pk == reader.pk:
                check_rested(reader, now)
            FormerName.objects.filter(reader=reader, name_key=key).delete()
            if key != reader.name_key:
                FormerName.objects.update_or_create(
                    name_key=reader.name_key, defaults={"reader": reader, "name": reader.name, "changed_at": now}
                )
            for path in settings.KAKEHASHI_RENAMINGS:
                import_string(path)(reader=reader)
            # The row last: from here on nobody can be waited for who waits for us.
            reader.name, reader.name_key, reader.name_changed_at = wished, key, now
            reader.save(update_fields=["name", "name_key", "name_changed_at"])
    except IntegrityError as error:
        raise name_taken(wished) from error
    return reader


def check_rested(reader: Reader, now: datetime) -> None:
    """Raise TooMany when the last change of name is too young."""
    next_at = rules.next_name_change_at(reader)
    if next_at is None or next_at <= now:
        return
    when = date_format(timezone.localtime(next_at), "DATETIME_FORMAT")
    raise TooMany(
        _("A name can change once in 14 days. You can change yours again on %(when)s.") % {"when": when},
        retry_at=next_at,
        code="name-too-soon",
    )
