"""What a person may do here: roles and suspension."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Conflict, Invalid, NotAllowed
from kakehashi.readers import rules
from kakehashi.readers.actions.barring import settle_addresses
from kakehashi.readers.models import Reader, Role, RoleChange

# Characters of Reader.sections.
MOST_SECTIONS = 400
# Wagtail's own groups, made by its migrations; membership follows from the role alone.
GROUP_OF_ROLE = {Role.MODERATOR: "Moderators", Role.EDITOR: "Editors"}


def set_role(*, actor: Reader | None, reader: Reader, role: str, now: datetime | None = None) -> Reader:
    """Give `reader` a role; `actor` None is the operator at the command line.

    Side effects: is_staff, is_superuser and membership of Wagtail's groups follow. Raises NotAllowed unless the actor
    is an administrator, Invalid for an unknown role, Conflict when the last administrator would step down. What changes is
    recorded (RoleChange). Whoever becomes something else than a moderator is confined to no sections any more.
    """
    if actor is not None and not rules.can_manage_accounts(actor):
        raise NotAllowed(_("Only an administrator can change what somebody may do here."))
    with transaction.atomic():
        reader = Reader.objects.select_for_update().get(pk=reader.pk)
        if role != Role.ADMINISTRATOR and is_last_administrator(reader):
            raise Conflict(_("This is the last administrator. Make somebody else administrator first."))
        before = reader.role
        apply_role(reader, role)
        if role != before:
            _record(actor, reader, before, now)
    return reader


def confine(*, actor: Reader, reader: Reader, sections: Iterable[int], now: datetime | None = None) -> Reader:
    """Let a moderator work in these sections only; none: on the whole site. Recorded where it changes something.

    Which sections there are, the caller knows. Raises NotAllowed unless the actor is an administrator, Conflict for
    somebody who is no moderator, Invalid for more sections than fit.
    """
    if not rules.can_manage_accounts(actor):
        raise NotAllowed(_("Only an administrator can change what somebody may do here."))
    with transaction.atomic():
        reader = Reader.objects.select_for_update().get(pk=reader.pk)
        if reader.role != Role.MODERATOR:
            raise Conflict(_("Only moderators can be confined to sections, and this member is none."))
        wanted = "".join(f"{section}," for section in sorted(set(sections)))
        wanted = f",{wanted}" if wanted else ""
        if len(wanted) > MOST_SECTIONS:
            raise Invalid(_("These are too many sections: choose fewer, or the whole site."), code="sections")
        if wanted != reader.sections:
            reader.sections = wanted
            reader.save(update_fields=["sections"])
            _record(actor, reader, reader.role, now)
    return reader


def _record(actor: Reader | None, reader: Reader, before: str, now: datetime | None) -> None:
    RoleChange.objects.create(
        reader=reader,
        actor=actor,
        role_before=before,
        role=reader.role,
        sections=reader.sections,
        changed_at=now or timezone.now(),
    )


def apply_role(reader: Reader, role: str) -> None:
    """Write the role and all that follows from it. The caller holds the transaction and has checked the rule."""
    if role not in Role.values:
        raise Invalid(_("There is no role “%(role)s”.") % {"role": role}, code="role")
    reader.role = role
    reader.is_staff = role != Role.READER
    reader.is_superuser = role == Role.ADMINISTRATOR
    if role != Role.MODERATOR:
        reader.sections = ""
    reader.save(update_fields=["role", "is_staff", "is_superuser", "sections"])
    ours = Group.objects.filter(name__in=GROUP_OF_ROLE.values())
    wanted = GROUP_OF_ROLE.get(Role(role))
    reader.groups.remove(*[group for group in ours if group.name != wanted])
    if wanted:
        reader.groups.add(Group.objects.get_or_create(name=wanted)[0])


def is_last_administrator(reader: Reader) -> bool:
    administrators = Reader.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
    return reader.role == Role.ADMINISTRATOR and not administrators.exclude(pk=reader.pk).exists()


def set_active(*, actor: Reader, reader: Reader, is_active: bool) -> Reader:
    """Close an account or open it again; a closed one cannot log in and its sessions end at once.

    Raises NotAllowed unless the actor is an administrator, Conflict for one's own and the last administrator's.
    """
    if not rules.can_manage_accounts(actor):
        raise NotAllowed(_("Only an administrator can close or open an account."))
    with transaction.atomic():
        reader = Reader.objects.select_for_update().get(pk=reader.pk)
        if not is_active and (reader.pk == actor.pk or is_last_administrator(reader)):
            raise Conflict(_("You cannot close this account: it is your own, or the last administrator’s."))
        reader.is_active = is_active and not reader.is_erased
        reader.save(update_fields=["is_active"])
    return reader


def suspend(*, actor: Reader | None, reader: Reader, until: datetime | None) -> Reader:
    """Take writing from `reader` until a time, FOREVER for a ban; None gives it back. Reading stays open.

    `actor` None is the room above, which has asked who may. Raises NotAllowed unless the actor may suspend this reader.
    """
    if actor is not None and not rules.can_suspend(actor, reader):
        raise NotAllowed(_("You cannot suspend this member."))
    with transaction.atomic():
        Reader.objects.filter(pk=reader.pk).update(suspended_until=until)
        reader.suspended_until = until
        settle_addresses(reader=reader)
    return reader


def set_standing(*, reader_id: int, standing: str) -> bool:
    """Write how far the member's comments are known to the moderators, as the room above has found; False if it was so."""
    return bool(Reader.objects.filter(pk=reader_id).exclude(standing=standing).update(standing=standing))


def set_warned(*, reader: Reader, since: datetime | None) -> Reader:
    """Let a warning stand between `reader` and the next comment until it has been read; None: none does any more."""
    Reader.objects.filter(pk=reader.pk).update(warned_at=since)
    reader.warned_at = since
    return reader
