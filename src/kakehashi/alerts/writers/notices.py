"""Mails of notices: what came within some minutes and was not read on the site meanwhile, one item for each heap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kakehashi.alerts.letters import Letter
from kakehashi.alerts.models import Mail, Notice
from kakehashi.alerts.notices import corrections_of, with_words, words_of
from kakehashi.alerts.sentences import sentence
from kakehashi.alerts.writers.telling import Told
from kakehashi.comments.viewing import comment_address

# Of more heaps the mail says how many.
MOST = 20


def write(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """As the comments are now, and without what was read or is gone; two queries."""
    notices = list(with_words(Notice.objects.readable().unread().filter(mail__in=mails)).order_by("pk"))
    corrections = corrections_of(notices)
    heaps: dict[int, dict[str, list[Notice]]] = {}
    for notice in notices:
        heaps.setdefault(notice.mail_id or 0, {}).setdefault(notice.heap, []).append(notice)
    letters = {}
    for mail in mails:
        items = [_told(heap, corrections) for heap in heaps.get(mail.pk, {}).values()]
        if items:
            letters[mail.pk] = _letter(items)
    return letters


def _told(heap: Sequence[Notice], corrections: dict[str, str]) -> Told:
    """Its words are the youngest's; it leads to the first."""
    newest = heap[-1]
    words = corrections.get(newest.cause) or words_of(newest, newest.reader)
    title = newest.story.title if newest.story is not None else ""
    return Told(sentence(newest, len(heap)), title, "", words, settings.BASE_URL + _address(heap[0]), newest.at)


def _address(notice: Notice) -> str:
    if notice.decision_id is not None:
        return reverse("decision", args=[notice.decision_id])
    if notice.comment_id is not None:
        return comment_address(notice.comment_id)
    return notice.story.get_absolute_url() if notice.story is not None else reverse("notices")


def _letter(items: Sequence[Told]) -> Letter:
    subject = ngettext("%(count)d notice", "%(count)d notices", len(items)) % {"count": len(items)}
    return Letter(
        subject=items[0].kicker if len(items) == 1 else subject,
        template="alerts/mail/notices",
        why=_("You get this because it is about what you wrote here, and you have not seen it on the site yet."),
        scope="notices",
        context={
            "items": items[:MOST],
            "more": max(0, len(items) - MOST),
            "notices_url": settings.BASE_URL + reverse("notices"),
        },
    )
