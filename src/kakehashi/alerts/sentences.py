"""What a notice says, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kakehashi.alerts.models import Notice, NoticeKind
from kakehashi.comments.models import CommentState


def sentence(notice: Notice, number: int = 1) -> str:
    """Of a heap with so many on it, the notice being the newest; its comment and the author must have been fetched."""
    if notice.kind == NoticeKind.DECISION:
        return _decision(notice.outcome)
    if notice.kind == NoticeKind.CORRECTION:
        return _("A story that you commented on was corrected")
    if number > 1:
        return _many(notice.kind, number) % {"count": number}
    return _one(notice.kind) % {"name": notice.comment.writer if notice.comment is not None else _("A reader")}


def _one(kind: str) -> str:
    if kind == NoticeKind.ANSWER:
        return _("%(name)s answered your comment")
    if kind == NoticeKind.QUOTE:
        return _("%(name)s quoted your comment")
    if kind == NoticeKind.MENTION:
        return _("%(name)s mentioned you")
    return _("%(name)s wrote in a discussion that you follow")


def _many(kind: str, number: int) -> str:
    if kind == NoticeKind.ANSWER:
        return ngettext("%(count)s answer to your comment", "%(count)s answers to your comment", number)
    if kind == NoticeKind.QUOTE:
        return ngettext("%(count)s comment quotes yours", "%(count)s comments quote yours", number)
    if kind == NoticeKind.MENTION:
        return ngettext("%(count)s comment mentions you", "%(count)s comments mention you", number)
    return ngettext(
        "%(count)s new comment in a discussion that you follow",
        "%(count)s new comments in a discussion that you follow",
        number,
    )


def _decision(outcome: str) -> str:
    if outcome == CommentState.REMOVED:
        return _("A moderator removed your comment")
    if outcome == CommentState.HELD:
        return _("Your comment waits for a moderator and is not shown until then")
    return _("Your comment is shown to everybody")
