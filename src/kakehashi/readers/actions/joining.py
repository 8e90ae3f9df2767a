"""How a person becomes a reader."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Conflict, Invalid, NotAllowed
from kakehashi.readers import rules
from kakehashi.readers.actions.naming import claim_name, name_taken
from kakehashi.readers.actions.roles import apply_role
from kakehashi.readers.models import Reader, Role, Standing


def register_reader(
    *,
    email: str,
    name: str,
    password: str | None = None,
    now: datetime | None = None,
    role: str = Role.READER,
    standing: str = Standing.NEW,
    email_verified: bool = True,
) -> Reader:
    """Make an account. `role` and `standing` are for callers whom the operator trusts: the command line, the demo.

    With `email_verified` the reader can log in at once; without, the first log-in asks for the code sent by mail.
    No password means one that never matches. Raises Invalid (name, address), Conflict (name or address in use).
    Sends no mail.
    """
    email = checked_email(email)
    name, key = claim_name(name)
    try:
        with transaction.atomic():
            reader = Reader(email=email, name=name, name_key=key, standing=standing, date_joined=now or timezone.now())
            reader.set_password(password)
            reader.save(force_insert=True)
            EmailAddress.objects.create(user=reader, email=email, primary=True, verified=email_verified)
            apply_role(reader, role)
    except IntegrityError as error:
        if Reader.objects.filter(email=email).exists():
            raise email_taken() from error
        raise name_taken(name) from error
    return reader


def forget_unconfirmed(*, reader: Reader) -> bool:
    """Delete an account that was never confirmed nor used, so that its name is free again; True when it was one."""
    confirmed = EmailAddress.objects.filter(user=reader, verified=True).exists()
    if confirmed or reader.last_login is not None or reader.role != Role.READER:
        return False
    reader.delete()
    return True


def set_email(*, actor: Reader, reader: Reader, email: str) -> Reader:
    """Give `reader` another address, taken as confirmed on the administrator's word; the reader's other ones go.

    Raises NotAllowed unless the actor is an administrator, Invalid, Conflict (in use).
    """
    if not rules.can_manage_accounts(actor):
        raise NotAllowed(_("Only an administrator can change somebody’s address."))
    email = checked_email(email)
    try:
        with transaction.atomic():
            Reader.objects.filter(pk=reader.pk).update(email=email)
            EmailAddress.objects.filter(user=reader).delete()
            EmailAddress.objects.create(user=reader, email=email, primary=True, verified=True)
    except IntegrityError as error:
        raise email_taken() from error
    reader.email = email
    return reader


def checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(_("“%(email)s” is not an e-mail address.") % {"email": email}, code="email") from error
    return email


def email_taken() -> Conflict:
    return Conflict(_("There is already an account with this e-mail address."), code="email-taken")
