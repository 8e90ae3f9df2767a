"""Who may do what to an account. Pure: no database, no clock of their own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kakehashi.readers.models import Reader, Role

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialAccount

NAME_REST = timedelta(days=14)


def next_name_change_at(reader: Reader) -> datetime | None:
    """When the name may change next; None: at any time."""
    return reader.name_changed_at + NAME_REST if reader.name_changed_at else None


def can_change_name(reader: Reader, now: datetime) -> bool:
    next_at = next_name_change_at(reader)
    return next_at is None or next_at <= now


def can_manage_accounts(actor: Reader) -> bool:
    """Roles, names and addresses of others, closing their accounts: for administrators."""
    return actor.is_active and actor.is_administrator


def can_suspend(actor: Reader, reader: Reader) -> bool:
    """Moderators of the whole site suspend and ban readers; only an administrator does so to staff; nobody to oneself."""
    return actor.moderates_everywhere and can_warn(actor, reader)


def can_warn(actor: Reader, reader: Reader) -> bool:
    """As `can_suspend`, but for moderators of some sections too."""
    if not actor.is_active or not actor.is_moderator or actor.pk == reader.pk:
        return False
    return reader.role == Role.READER or actor.is_administrator


def can_bar(actor: Reader) -> bool:
    """Bar mail domains and names, for the whole site."""
    return actor.is_active and (actor.moderates_everywhere or actor.is_editor)


def can_mute(reader: Reader, member: Reader) -> bool:
    return reader.pk != member.pk and not member.is_erased


def can_disconnect(reader: Reader, way: SocialAccount, ways: Iterable[SocialAccount], providers: set[str]) -> bool:
    """Whether the reader can log in without `way`: with a password, or with another account whose provider is on."""
    return reader.has_usable_password() or any(other.pk != way.pk and other.provider in providers for other in ways)
