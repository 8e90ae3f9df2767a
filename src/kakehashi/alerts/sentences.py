"""What a notice says, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kakehashi.alerts.models import Notice, NoticeKind
from kakehashi.moderation.models import Action, AppealState, Outcome


def sentence(notice: Notice, number: int = 1) -> str:
    """Of a heap with so many on it, the notice being the newest; its comment and the author must have been fetched."""
    if notice.kind in (NoticeKind.DECISION, NoticeKind.APPEAL, NoticeKind.FLAG):
        return _of_staff(notice.kind, notice.outcome, number)
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


def _of_staff(kind: str, outcome: str, number: int) -> str:
    if kind == NoticeKind.DECISION and outcome == Action.REMOVED and number > 1:
        words = ngettext("%(count)s of your comments was removed", "%(count)s of your comments were removed", number)
        return words % {"count": number}
    if kind == NoticeKind.FLAG and number > 1:
        words = ngettext(
            "There is an answer to %(count)s of your reports", "There are answers to %(count)s of your reports", number
        )
        return words % {"count": number}
    return str(OF_STAFF[kind].get(outcome, _("The moderators have decided something about you")))


# By how it ended.
OF_STAFF: dict[str, dict[str, Any]] = {
    NoticeKind.DECISION: {
        Action.VISIBLE: gettext_lazy("Your comment was approved and is shown to everybody"),
        "restored": gettext_lazy("Your comment is shown again"),
        Action.HELD: gettext_lazy("Your comment waits for a moderator and is not shown until then"),
        Action.REMOVED: gettext_lazy("Your comment was removed"),
        Action.EDITED: gettext_lazy("A moderator changed your comment"),
        Action.WARNED: gettext_lazy("You have a warning: please read it before you write again"),
        Action.SUSPENDED: gettext_lazy("You cannot write for some time"),
        Action.BANNED: gettext_lazy("You cannot write here any more"),
        Action.DISCOUNTED: gettext_lazy("Votes of yours count no longer"),
        Action.UNHEARD: gettext_lazy("Your reports are not counted for some time"),
        Action.REINSTATED: gettext_lazy("A decision against you was taken back"),
    },
    NoticeKind.APPEAL: {
        AppealState.GRANTED: gettext_lazy("Your objection was granted"),
        AppealState.DECLINED: gettext_lazy("Your objection was declined"),
    },
    NoticeKind.FLAG: {
        Outcome.UPHELD: gettext_lazy("The moderators agreed with your report"),
        Outcome.DECLINED: gettext_lazy("The moderators did not follow your report"),
        Outcome.MOOT: gettext_lazy("A comment that you reported was withdrawn by its author"),
    },
}
