"""From the place that somebody names in a legal notice to the number of a comment. Pure: no query."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.utils.translation import gettext as _

from kakehashi.lib.errors import Invalid

LONGEST_PLACE = 500
# Of a number that a database can hold.
_NUMBER = r"([0-9]{1,18})"
_PATH = re.compile(rf"/comment/{_NUMBER}(?:/.*)?")
_MARK = re.compile(rf"c-{_NUMBER}")
_BARE = re.compile(rf"(?:#?c-|#)?{_NUMBER}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def comment_named(place: str, hosts: Collection[str]) -> int:
    """The number of the comment at an address of ours (`hosts`): its own address, or the story's page in any order with
    `#c-NUMBER`; the number alone does too.

    Raises `Invalid` for no address, one of another site, and one of ours that names no comment.
    """
    place = place.strip()
    if not place:
        raise Invalid(_("Please say where the comment stands: its address, or its number."), code="no-place")
    if len(place) > LONGEST_PLACE:
        raise Invalid(_("This address is too long to be one of ours."), code="place-too-long")
    bare = _BARE.fullmatch(place)
    if bare:
        return int(bare.group(1))
    parts = _split(place, hosts)
    if parts.netloc and parts.netloc.rpartition("@")[2].lower() not in hosts:
        raise Invalid(
            _("This address is not on our site. We can only act on comments that stand here."), code="elsewhere"
        )
    number = _MARK.fullmatch(parts.fragment) or _PATH.fullmatch(parts.path)
    if number:
        return int(number.group(1))
    for value in parse_qs(parts.query).get("answer", []) + parse_qs(parts.query).get("quote", []):
        if re.fullmatch(_NUMBER, value):
            return int(value)
    raise Invalid(
        _(
            "This address names no comment. The time above each comment is a link to its own address; please copy that. "
            "About a story itself, please write to the newsroom."
        ),
        code="no-comment-named",
    )


def _split(place: str, hosts: Collection[str]) -> SplitResult:
    """As an address of a browser's line, where people leave out what stands before the host."""
    if not _SCHEME.match(place) and not place.startswith("/"):
        place = f"//{place}" if "/" in place or "." in place.partition("#")[0] else f"/{place}"
    try:
        parts = urlsplit(place)
        parts.port  # noqa: B018 - raises for what is none
    except ValueError:
        raise Invalid(_("This is no address. Please copy it from your browser."), code="no-address") from None
    return parts
