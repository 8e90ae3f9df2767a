"""The model as one of the checks before publication: it may hold a comment for a moderator, and can do nothing else."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from kakehashi.moderation.checks import Draft, Finding, named, quick
from kakehashi.moderation.checks.names import MODEL
from kakehashi.moderation.model.charts import percent
from kakehashi.moderation.model.scoring import Score, score
from kakehashi.moderation.models import Verdict


@quick
@named(MODEL)
def likely_to_be_removed(draft: Draft) -> Finding | None:
    """Hold what is likely to be removed, from the newsroom's threshold on. Without one nothing is reckoned here: a server
    process then loads no NumPy and asks nothing; the worker scores what waits, and what is new."""
    held_from = draft.newsroom.removal_held_from
    if held_from is None:
        return None
    found = score(draft.plain, draft.language)
    verdict = Verdict.HELD if 100 * found.value >= held_from else Verdict.PASSED
    return Finding(verdict, reason(found), found.value)


def reason(found: Score) -> str:
    """To the staff, in the language of the site."""
    with translation.override(settings.LANGUAGE_CODE):
        share = percent(found.value)
        if found.is_prior:
            return _("The word list puts it at %(share)s; nothing has been learned from your decisions yet.") % {
                "share": share
            }
        return _("%(share)s likely to be removed here, says version %(version)s of the model.") % {
            "share": share,
            "version": found.version,
        }
