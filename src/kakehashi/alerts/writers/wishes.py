"""Mails that ask for a yes: to a wish typed into a form, and to an invitation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from kakehashi.alerts import links, subjects
from kakehashi.alerts.actions.inviting import INVITED_TO
from kakehashi.alerts.letters import Letter
from kakehashi.alerts.models import Follow, Mail, Rhythm, Wish
from kakehashi.stories.schema import newsroom


def write_confirm(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """While the wish is young and nobody has answered it."""
    young = Wish.objects.filter(created_at__gt=now - links.CONFIRM_FOR, confirmed_at=None)
    wishes = young.in_bulk([mail.about["wish"] for mail in mails])
    named = subjects.found(word for wish in wishes.values() for word in wish.subjects)
    letters = {}
    for mail in mails:
        wish = wishes.get(mail.about["wish"])
        if wish is None:
            continue
        context = {
            "subjects": [named[word] for word in wish.subjects if word in named],
            "rhythm": Rhythm(wish.rhythm).label,
            "confirm_url": links.confirm_url(wish.pk),
            "days": links.CONFIRM_FOR.days,
        }
        letters[mail.pk] = Letter(
            subject=_("Please confirm: news from %(newsroom)s by mail") % {"newsroom": newsroom().name},
            template="alerts/mail/confirm",
            why=_("You get this because somebody, probably you, typed this address on our site."),
            scope="",
            context=context,
        )
    return letters


def write_invitation(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """For who follows nothing yet."""
    followers = set(
        Follow.objects.filter(receiver_id__in={mail.receiver_id for mail in mails}).values_list(
            "receiver_id", flat=True
        )
    )
    named = subjects.found(word for word, _rhythm in INVITED_TO)
    offers = [(named[word].title, Rhythm(rhythm).label) for word, rhythm in INVITED_TO]
    return {
        mail.pk: Letter(
            subject=_("Shall we tell you when there is news?"),
            template="alerts/mail/invitation",
            why=_("You get this once, because you have just made an account here."),
            scope="all",
            context={"offers": offers, "accept_url": links.accept_url(mail.receiver_id), "name": _name(mail)},
        )
        for mail in mails
        if mail.receiver_id not in followers
    }


def _name(mail: Mail) -> str:
    return mail.receiver.reader.name if mail.receiver.reader is not None else ""
