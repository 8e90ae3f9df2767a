"""Addresses without an account: nothing comes to one until whoever reads mail there has said yes (double opt-in)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.alerts import links
from kakehashi.alerts.actions.following import check_wish, follow
from kakehashi.alerts.actions.queueing import queue_mail
from kakehashi.alerts.actions.troubling import forgive
from kakehashi.alerts.models import Digest, Follow, Merged, Receiver, Rhythm, Urgency, Wish
from kakehashi.alerts.receivers import receiver_of
from kakehashi.lib import ratelimit
from kakehashi.lib.errors import Invalid, NotFound, TooMany
from kakehashi.lib.ratelimit import Limit
from kakehashi.readers.models import Reader

_TOO_OFTEN = gettext_lazy("You have asked for many mails in a short while.")
PER_PLACE = [Limit(5, timedelta(minutes=10), _TOO_OFTEN), Limit(30, timedelta(days=1), _TOO_OFTEN)]
# So many mails to one address, whoever asks; past that nothing is sent, and nobody is told.
PER_ADDRESS = [Limit(1, timedelta(minutes=5), ""), Limit(4, timedelta(days=1), "")]
MOST_AT_ONCE = 30


def subscribe(*, email: str, words: Sequence[str], rhythm: str, language: str, address_key: str, now: datetime) -> None:
    """Ask by mail whether `email` is to hear of these subjects.

    The outcome is the same whether the address is known or not. `address_key` is where the wish came from
    (readers.addresses). Raises Invalid (address, rhythm, none chosen), NotFound (subject), TooMany (from one place).
    """
    if not words or len(words) > MOST_AT_ONCE:
        raise Invalid(_("Please choose what you want to hear of."), code="nothing-chosen")
    email = checked_address(email)
    check_wish(words=words, rhythm=rhythm)
    ratelimit.check(Wish.objects.filter(address_key=address_key), "created_at", PER_PLACE, now=now)
    with transaction.atomic():
        receiver = receiver_at(email=email)
        Receiver.objects.select_for_update().get(pk=receiver.pk)
        _ask(receiver, words, rhythm, language, address_key, now)


def _ask(receiver: Receiver, words: Sequence[str], rhythm: str, language: str, address_key: str, now: datetime) -> None:
    """Write down the wish and ask by mail, unless the address has had mails enough."""
    is_enough = _is_enough(receiver, now)
    wish = Wish.objects.create(
        receiver=receiver,
        subjects=list(words),
        rhythm=rhythm,
        language=language,
        address_key=address_key,
        created_at=now,
    )
    if not is_enough:
        about = {"wish": wish.pk}
        cause = f"confirm:{wish.pk}"
        queue_mail(receiver=receiver, cause=cause, kind="confirm", about=about, due_at=now, urgency=Urgency.AWAITED)


def _is_enough(receiver: Receiver, now: datetime) -> bool:
    try:
        ratelimit.check(receiver.mails.filter(kind="confirm"), "created_at", PER_ADDRESS, now=now)
    except TooMany:
        return True
    return False


def checked_address(email: str) -> str:
    """In small letters; raises Invalid."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(_("“%(email)s” is not an e-mail address.") % {"email": email[:100]}, code="email") from error
    return email


def receiver_at(*, email: str) -> Receiver:
    """Whoever gets mail at the address: the member with that verified address, else the address by itself."""
    reader = _owner(email)
    if reader is not None:
        return receiver_of(reader)
    return Receiver.objects.get_or_create(email=email)[0]


def _owner(email: str) -> Reader | None:
    verified = EmailAddress.objects.filter(
        email__iexact=email, verified=True, user__is_active=True, user__email__iexact=email
    )
    found = verified.select_related("user").first()
    owner: Reader | None = found.user if found is not None else None
    return owner


def confirm(*, wish_id: int, now: datetime) -> Wish:
    """Whoever reads mail at the address says yes. Repeats are harmless. Raises NotFound for a wish that is gone."""
    wish = pending(wish_id=wish_id, now=now)
    if wish.confirmed_at is not None:
        return wish
    with transaction.atomic():
        Wish.objects.filter(pk=wish.pk).update(confirmed_at=now)
        wish.confirmed_at = now
        receiver = wish.receiver
        if receiver.reader is None:
            forgive(address=receiver.email or "")
            _say_yes(receiver, wish.language, now)
            receiver = adopt(receiver=receiver, now=now)
        else:
            forgive(address=receiver.reader.email)
        if wish.subjects:
            follow(receiver=receiver, words=wish.subjects, rhythm=wish.rhythm, now=now)
        wish.receiver = receiver
    return wish


def _say_yes(receiver: Receiver, language: str, now: datetime) -> None:
    receiver.confirmed_at = receiver.confirmed_at or now
    receiver.language = receiver.language or language
    receiver.off_at = None
    receiver.save(update_fields=["confirmed_at", "language", "off_at"])


def pending(*, wish_id: int, now: datetime) -> Wish:
    """The wish, confirmed or not; raises NotFound for one that is too old or gone."""
    young = Wish.objects.filter(created_at__gt=now - links.CONFIRM_FOR)
    wish = young.select_related("receiver__reader").filter(pk=wish_id).first()
    if wish is None:
        raise NotFound(_("This link is too old. Please ask for a new one."))
    return wish


def adopt(*, receiver: Receiver, now: datetime) -> Receiver:
    """Where the address belongs to a member by now, all that it follows is the member's, unless mail was
    switched off there; returns who gets mail there."""
    owner = _owner(receiver.email) if receiver.email else None
    if owner is None:
        return receiver
    with transaction.atomic():
        theirs = Receiver.objects.filter(reader=owner).first()
        if theirs is None:
            Receiver.objects.filter(pk=receiver.pk).update(reader=owner, email=None)
            receiver.reader, receiver.email = owner, None
            return receiver
        if receiver.off_at is None:
            known = theirs.follows.values_list("subject", flat=True)
            Follow.objects.filter(receiver=receiver).exclude(subject__in=list(known)).update(receiver=theirs)
            rhythms = theirs.digests.values_list("rhythm", flat=True)
            Digest.objects.filter(receiver=receiver).exclude(rhythm__in=list(rhythms)).update(receiver=theirs)
        had = theirs.mails.values_list("cause", flat=True)
        receiver.mails.exclude(cause__in=list(had)).update(receiver=theirs)
        Wish.objects.filter(receiver=receiver).update(receiver=theirs)
        Merged.objects.filter(receiver=receiver).update(receiver=theirs)
        Merged.objects.create(former=receiver.pk, receiver=theirs)
        receiver.delete()
    return theirs


def adopt_all(*, now: datetime, most: int = 500) -> int:
    """Addresses whose readers have made an account since; how many."""
    owned = EmailAddress.objects.filter(verified=True).values("email")
    waiting = list(Receiver.objects.filter(reader=None, email__in=owned)[:most])
    return sum(adopt(receiver=receiver, now=now).reader is not None for receiver in waiting)


def receivers_at(*, email: str) -> list[Receiver]:
    """Who gets mail at the address: the address by itself, and members with it."""
    found = Receiver.objects.filter(Q(email=email.strip().lower()) | Q(reader__email__iexact=email.strip()))
    return list(found.select_related("reader"))


def ask_anew(*, receiver: Receiver, address_key: str, now: datetime) -> None:
    """Send a mail to an address that was switched off, at its reader's own wish: pressing its button switches it on
    again. Raises TooMany, from one place."""
    ratelimit.check(Wish.objects.filter(address_key=address_key), "created_at", PER_PLACE, now=now)
    with transaction.atomic():
        Receiver.objects.select_for_update().get(pk=receiver.pk)
        _ask(receiver, [], Rhythm.DAILY, receiver.language, address_key, now)
