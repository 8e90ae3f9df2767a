"""Why a comment stands among the first in the order of common ground, in one plain line: how each camp rates it."""

from __future__ import annotations

from functools import lru_cache, reduce
from html import escape

from django.urls import reverse
from django.utils.translation import gettext as _

# (how many rate it up, how many voted) of each camp that counts. Empty: nothing is said.
Reason = tuple[tuple[int, int], ...]

# The first so many comments may have a line.
FIRST = 5
# Fewer voters of a camp than this prove nothing, and might be recognised.
ENOUGH = 5
# Who rates a comment well: at least so many of a camp's voters rate it up.
WELL = 2 / 3


def reason(agreement: str) -> Reason:
    """What `Comment.agreement` proves: two camps or more with enough voters, of which every one rates it well."""
    if not agreement:
        return ()
    camps = [(int(ups), int(votes)) for ups, votes in (camp.split("/") for camp in agreement.split(","))]
    heard = tuple((ups, votes) for ups, votes in camps if votes >= ENOUGH)
    return heard if len(heard) > 1 and all(ups >= WELL * votes for ups, votes in heard) else ()


@lru_cache(maxsize=4096)
def line(found: Reason, language: str, *, has_figures: bool) -> str:
    """The line as HTML, leading to the page that explains the order, in the language in force, which is `language`.

    Without figures where the section does not show how votes split.
    """
    return f'\n<p class="reason"><a href="{reverse("common-ground")}">{escape(_words(found, has_figures))}</a></p>'


def _words(found: Reason, has_figures: bool) -> str:
    if has_figures and len(found) == 2:
        words = _("Readers who usually disagree both rate this well: %(figures)s")
    elif has_figures:
        words = _("Readers of %(groups)s groups that usually disagree all rate this well: %(figures)s")
    elif len(found) == 2:
        words = _("Readers who usually disagree both rate this well")
    else:
        words = _("Readers of %(groups)s groups that usually disagree all rate this well")
    return words % {"groups": len(found), "figures": _figures(found)}


def _figures(found: Reason) -> str:
    """`34 of 39, 20 of 24 and 12 of 15`; no line ends within a figure."""
    figures = [_("%(ups)s of %(votes)s") % {"ups": ups, "votes": votes} for ups, votes in found]
    *most, last = (figure.replace(" ", "\N{NO-BREAK SPACE}") for figure in figures)
    listed = reduce(lambda first, second: _("%(first)s, %(second)s") % {"first": first, "second": second}, most)
    return _("%(first)s and %(second)s") % {"first": listed, "second": last}
