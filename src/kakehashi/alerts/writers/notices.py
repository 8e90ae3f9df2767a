"""Mails of notices: what came within some minutes and was not read on the site meanwhile, one item for each heap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kakehashi.alerts.letters import Letter
from kakehashi.alerts.models import Mail, Notice, NoticeKind
from kakehashi.alerts.notices import corrections_of, with_words, words_of
from kakehashi.alerts.sentences import sentence
from kakehashi.alerts.writers.telling import Told
from kakehashi.comments.models import Vote
from kakehashi.comments.viewing import comment_address
from kakehashi.lib.text import excerpt
from kakehashi.moderation import queries, rules
from kakehashi.moderation.models import Decision

# Of more heaps the mail says how many.
MOST = 20
# Characters of a comment that was judged; its page has it whole.
TEXT = 1000


@dataclass(frozen=True)
class NoticeTold(Told):
    """`decision` with what its statement of reasons says (DSA Art. 17): `scope` on one line, `text` as it was judged, `votes`
    that count no longer; `last_day` to object, where that is open, and `has_redress`: whether somebody outside can be turned
    to."""

    decision: Decision | None = None
    scope: str = ""
    text: str = ""
    votes: Sequence[Vote] = ()
    last_day: date | None = None
    has_redress: bool = False


def write(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """As the comments are now, and without what was read or is gone; two queries, and two or three more for decisions."""
    notices = list(with_words(Notice.objects.readable().unread().filter(mail__in=mails)).order_by("pk"))
    corrections = corrections_of(notices)
    heaps: dict[int, dict[str, list[Notice]]] = {}
    for notice in notices:
        heaps.setdefault(notice.mail_id or 0, {}).setdefault(notice.heap, []).append(notice)
    reasons = _Reasons(notices, now)
    letters = {}
    for mail in mails:
        items = [reasons.add(heap, _told(heap, corrections)) for heap in heaps.get(mail.pk, {}).values()]
        if items:
            letters[mail.pk] = _letter(items)
    return letters


def _told(heap: Sequence[Notice], corrections: dict[str, str]) -> NoticeTold:
    """Its words are the youngest's; it leads to the first."""
    newest = heap[-1]
    words = corrections.get(newest.cause) or words_of(newest, newest.reader)
    title = newest.story.title if newest.story is not None else ""
    return NoticeTold(sentence(newest, len(heap)), title, "", words, settings.BASE_URL + _address(heap[0]), newest.at)


class _Reasons:
    """What stands behind notices of decisions and of answers to objections."""

    def __init__(self, notices: Iterable[Notice], now: datetime) -> None:
        ids = {notice.decision_id for notice in notices if notice.kind == NoticeKind.DECISION and notice.decision_id}
        self._decisions: dict[int, Decision] = queries.told().in_bulk(ids) if ids else {}
        self._texts = queries.texts_judged(self._decisions.values()) if ids else {}
        self._votes = queries.discounted_votes(self._decisions.values())
        self._now = now

    def add(self, heap: Sequence[Notice], told: NoticeTold) -> NoticeTold:
        """An answer stands there whole. Of many decisions of one click those of the first: the same holds for the others."""
        first = heap[0]
        if first.kind == NoticeKind.APPEAL and first.decision is not None:
            return replace(told, words=first.decision.appeal.answer, has_redress=True)
        decision = self._decisions.get(first.decision_id or 0)
        if decision is None or decision.reader is None:
            return told
        is_open = not decision.is_undone and not hasattr(decision, "appeal")
        may_object = is_open and rules.can_appeal(decision.reader, decision, self._now)
        return replace(
            told,
            decision=decision,
            scope=" ".join(render_to_string("moderation/scope.html", {"decision": decision}).split()),
            text=excerpt(self._texts[decision.pk], TEXT),
            votes=self._votes.get(decision.pk, ()),
            last_day=rules.last_day_to_object(decision.decided_at) if may_object else None,
            has_redress=decision.is_restriction,
        )


def _address(notice: Notice) -> str:
    if notice.decision_id is not None:
        return reverse("decision", args=[notice.decision_id])
    if notice.comment_id is not None:
        return comment_address(notice.comment_id)
    return notice.story.get_absolute_url() if notice.story is not None else reverse("notices")


def _letter(items: Sequence[NoticeTold]) -> Letter:
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
