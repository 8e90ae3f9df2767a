"""Legal notices (DSA Art. 16): filed by anybody, answered with reasons, looked at once more; and who may not send any."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.comments.actions import threads
from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib import ratelimit
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kakehashi.lib.ratelimit import Limit
from kakehashi.moderation import placing, queries, rules
from kakehashi.moderation.actions.recording import (
    LONGEST_EXPLANATION,
    LONGEST_LAW,
    require_fitting,
    require_staff,
    typed,
)
from kakehashi.moderation.actions.waiting import settle_waiting
from kakehashi.moderation.models import Category, LegalNotice, NoticeBar, Outcome, TrustedFlagger
from kakehashi.readers.models import Reader

_TOO_OFTEN = gettext_lazy("Many notices have come from this place in a short while.")
LIMITS = [Limit(5, timedelta(minutes=10), _TOO_OFTEN), Limit(20, timedelta(days=1), _TOO_OFTEN)]
# Without vowels: no reference is a word, and no letter is taken for a digit.
SIGNS = "23456789BCDFGHJKMNPQRSTVWXYZ"
# What a keyed hash of an address is kept for: the limits above look no further back.
PLACE_LASTS = timedelta(days=2)
BATCH = 500


def file_notice(
    *,
    place: str,
    explanation: str,
    category: str = "",
    law: str = "",
    name: str = "",
    email: str = "",
    is_name_excused: bool = False,
    is_in_good_faith: bool = False,
    reader: Reader | None = None,
    language: str = "",
    address_key: str = "",
    hosts: frozenset[str] = frozenset(),
    now: datetime | None = None,
) -> LegalNotice:
    """Say that a comment is against the law; the same said again while it waits is the first notice.

    `address_key` is where it comes from (readers.addresses), `hosts` what the site is called. Raises `Invalid` (place, kind
    or law, explanation, name, mail, good faith), `Conflict` (no longer shown), `NotAllowed` (barred) or `TooMany`.
    """
    now = now or timezone.now()
    comment = _comment_at(place, hosts)
    explanation, law, name, email = typed(explanation), typed(law), typed(name), email.strip().lower()
    _require_explained(category, law, explanation)
    _require_sender(name, email, is_name_excused=is_name_excused, category=category)
    if not is_in_good_faith:
        raise Invalid(_("Please confirm that what you say is true as far as you know."), code="good-faith")
    _require_unbarred(email, now)
    is_trusted = reader is not None and TrustedFlagger.objects.filter(reader=reader).exists()
    with transaction.atomic():
        threads.lock(comment.thread_id)
        _require_shown(threads.fresh(comment))
        waiting = LegalNotice.objects.filter(comment=comment, outcome=Outcome.WAITING, email=email, reader=reader)
        same = waiting.filter(explanation=explanation, law=law, category=category, address_key=address_key).first()
        if same is not None:
            return same
        if not is_trusted:
            ratelimit.check(LegalNotice.objects.filter(address_key=address_key), "created_at", LIMITS, now=now)
        notice = LegalNotice.objects.create(
            reference=_new_reference(),
            comment=comment,
            place=place.strip()[: placing.LONGEST_PLACE],
            category=category,
            law=law,
            explanation=explanation,
            name=name,
            email=email,
            is_name_excused=is_name_excused,
            is_in_good_faith=True,
            is_trusted=is_trusted,
            reader=reader,
            language=language,
            address_key=address_key,
            created_at=now,
        )
        settle_waiting(comments=[comment.pk], now=now)
        return notice


def _comment_at(place: str, hosts: frozenset[str]) -> Comment:
    number = placing.comment_named(place, hosts)
    comment = Comment.objects.filter(pk=number).first()
    # Of what waits to be read by a moderator, nobody else knows.
    if comment is None or comment.state == CommentState.HELD:
        raise Invalid(_("There is no comment at this address. Please look again where it stands."), code="no-comment")
    _require_shown(comment)
    return comment


def _require_shown(comment: Comment) -> None:
    if comment.state == CommentState.REMOVED:
        raise Conflict(
            _("A moderator has removed this comment already: nobody can read it here any more."), code="removed"
        )
    if comment.state == CommentState.WITHDRAWN:
        raise Conflict(
            _("Its author has withdrawn this comment already: nobody can read it here any more."), code="withdrawn"
        )


def _require_explained(category: str, law: str, explanation: str) -> None:
    if category and (category not in Category.values or category == Category.OTHER_TERMS):
        raise Invalid(_("Please choose what kind of illegality it is."), code="no-such-kind")
    if not category and not law:
        raise Invalid(_("Please choose what kind of illegality it is, or name the law."), code="no-kind")
    if len(explanation) < rules.SHORTEST_NOTICE:
        raise Invalid(
            _("Please explain why the comment is against the law, in at least %(n)s characters.")
            % {"n": rules.SHORTEST_NOTICE},
            code="too-short",
        )
    require_fitting(explanation, rules.LONGEST_NOTICE)
    require_fitting(law, LONGEST_LAW)


def _require_sender(name: str, email: str, *, is_name_excused: bool, category: str) -> None:
    if len(name) > 120:
        raise Invalid(_("This name is too long."), code="name")
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise Invalid(_("“%(email)s” is not an e-mail address.") % {"email": email[:100]}, code="email") from error
    if not is_name_excused and not (name and email):
        raise Invalid(
            _("Please give your name and e-mail address: the law asks for them, but for offences against children."),
            code="no-sender",
        )
    if is_name_excused and not (name and email) and category not in ("", Category.MINORS):
        raise Invalid(
            _(
                "You need not say who you are where it is about sexual abuse of children, but you have chosen another kind. "
                "Please change that, or give your name and e-mail address."
            ),
            code="not-excused",
        )


def _require_unbarred(email: str, now: datetime) -> None:
    bar = queries.bar_of(email, now) if email else None
    if bar is not None and bar.until is not None:
        day = date_format(timezone.localtime(bar.until), "DATE_FORMAT")
        raise NotAllowed(
            _(
                "Until %(day)s we take no notices under this address: many had no ground, and we said so in a mail with "
                "the reasons."
            )
            % {"day": day},
            code="barred",
        )


def _new_reference() -> str:
    """Twelve signs of 28: some 57 bits, which nobody guesses."""
    signs = "".join(secrets.choice(SIGNS) for _place in range(12))
    return f"{signs[:4]}-{signs[4:8]}-{signs[8:]}"


@transaction.atomic
def answer_notice(*, actor: Reader, notice: LegalNotice, answer: str, now: datetime | None = None) -> LegalNotice:
    """Say to whoever sent it why it is not followed; nothing else changes. To follow it is to decide on the comment.

    Raises `NotFound` (not a moderator), `Conflict` (answered already), `NotAllowed` (on a complaint: whoever answered
    first) or `Invalid` (no words, too many).
    """
    require_staff(actor)
    if notice.comment is not None:
        # Whoever decides on the comment holds its thread too, and answers all notices on it.
        threads.lock(notice.comment.thread_id)
    held = LegalNotice.objects.select_for_update(of=("self",)).select_related("decision").get(pk=notice.pk)
    if held.outcome != Outcome.WAITING:
        raise Conflict(_("Somebody else has answered this notice already."), code="answered")
    if not rules.can_answer(actor, held, other_moderators=queries.moderators_besides(actor)):
        raise NotAllowed(_("Somebody else than who answered first has to look at this notice again."), code="not-yours")
    answer = typed(answer)
    if not answer:
        raise Invalid(_("Please give your reasons: whoever sent the notice reads them."), code="empty")
    require_fitting(answer, LONGEST_EXPLANATION)
    now = now or timezone.now()
    held.outcome, held.settled_at, held.answer, held.judge, held.decision = Outcome.DECLINED, now, answer, actor, None
    held.save(update_fields=["outcome", "settled_at", "answer", "judge", "decision"])
    if held.comment_id is not None:
        settle_waiting(comments=[held.comment_id], now=now)
    return held


@transaction.atomic
def complain(*, notice: LegalNotice, words: str, now: datetime | None = None) -> LegalNotice:
    """Whoever sent a notice that was not followed asks for another look, once; somebody else takes it, where there is one.

    The caller has seen to it that it is the sender. Raises `Conflict` (not to be asked any more) or `Invalid` (words).
    """
    now = now or timezone.now()
    held = LegalNotice.objects.select_for_update(of=("self",)).select_related("comment").get(pk=notice.pk)
    words = typed(words)
    if not rules.can_complain(held, now):
        if held.complaint == words and held.outcome == Outcome.WAITING:
            return held
        raise Conflict(_("This cannot be asked again here. You may still turn to a court."), code="too-late")
    if not words:
        raise Invalid(_("Please say in a few words why we should look again."), code="empty")
    require_fitting(words, rules.LONGEST_APPEAL)
    if held.comment is None or held.comment.state != CommentState.VISIBLE:
        raise Conflict(_("This comment is no longer shown, so there is nothing to report."), code="not-shown")
    held.complaint, held.complained_at, held.outcome, held.settled_at = words, now, Outcome.WAITING, None
    held.save(update_fields=["complaint", "complained_at", "outcome", "settled_at"])
    settle_waiting(comments=[held.comment.pk], now=now)
    return held


@transaction.atomic
def bar_sender(
    *, actor: Reader, email: str, reason: str, days: int | None = None, now: datetime | None = None
) -> NoticeBar:
    """Warn whoever sends notices under an address, or after a warning take none for so many days (DSA Art. 23(2)); the
    sender is told by mail, with the reason.

    Raises `NotFound` (not a moderator), `Conflict` (not warned before, barred already) or `Invalid` (no reason, no days).
    """
    require_staff(actor)
    now, reason, email = now or timezone.now(), typed(reason), email.strip().lower()
    if not email or not reason or len(reason) > LONGEST_EXPLANATION:
        raise Invalid(_("Please give the reason, in up to 2,000 characters: the sender reads it."), code="reason")
    if days is not None:
        if days not in rules.BAR_DAYS:
            raise Invalid(_("Please choose for how long."), code="days")
        if not NoticeBar.objects.filter(email=email, until=None, lifted_at=None).exists():
            raise Conflict(_("Please warn the sender first; the law asks for that."), code="not-warned")
        if queries.bar_of(email, now) is not None:
            raise Conflict(_("No notices are taken under this address already."), code="already")
    until = now + timedelta(days=days) if days is not None else None
    return NoticeBar.objects.create(email=email, until=until, reason=reason, actor=actor, created_at=now)


def lift_bar(*, actor: Reader, bar: NoticeBar, now: datetime | None = None) -> None:
    """Take a warning or a bar back; repeats change nothing. Raises `NotFound` (not a moderator)."""
    require_staff(actor)
    NoticeBar.objects.filter(pk=bar.pk, lifted_at=None).update(lifted_at=now or timezone.now())


def trust_flagger(*, actor: Reader, reader: Reader, is_trusted: bool, now: datetime | None = None) -> None:
    """Put a member's legal notices before the others from now on, or no longer (DSA Art. 22).

    A member, not an address: what is typed into a form proves nothing. Raises `NotFound` (not a moderator).
    """
    require_staff(actor)
    if reader.erased_at is not None:
        raise NotFound(_("This member is not here."))
    if is_trusted:
        defaults = {"actor": actor, "since": now or timezone.now()}
        TrustedFlagger.objects.get_or_create(reader=reader, defaults=defaults)
    else:
        TrustedFlagger.objects.filter(reader=reader).delete()


def forget_senders(*, now: datetime, days: int) -> int:
    """Forget the names and mail addresses of those whose notices were settled so many days ago or whose warning or bar is
    over for so long, and where notices came from once no limit looks there; references stay. How many rows."""
    old = LegalNotice.objects.filter(settled_at__lt=now - timedelta(days=days), erased_at=None)
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    done = LegalNotice.objects.filter(pk__in=ids).update(name="", email="", erased_at=now)
    placed = LegalNotice.objects.exclude(address_key="").filter(created_at__lt=now - PLACE_LASTS)
    ids = list(placed.values_list("pk", flat=True)[:BATCH])
    done += LegalNotice.objects.filter(pk__in=ids).update(address_key="")
    past = now - timedelta(days=days)
    over = NoticeBar.objects.filter(created_at__lt=past).exclude(until__gte=past).exclude(email="")
    ids = list(over.values_list("pk", flat=True)[:BATCH])
    return done + NoticeBar.objects.filter(pk__in=ids).update(email="", reason="")
