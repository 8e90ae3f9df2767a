"""Checks of what somebody does rather than of what they say: links, mentions, pace, repetition, the hidden field."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from kakehashi.comments.models import Waits
from kakehashi.moderation.checks.draft import Draft, Finding, named, of_memory, quick
from kakehashi.moderation.models import Verdict
from kakehashi.readers.models import Standing

MOST_MENTIONS = 5
# So many comments within so long a time are more than anybody writes who reads the answers.
PACE, PACE_WITHIN = 5, timedelta(minutes=5)
# Of other members, so many have posted the same text before it is held.
OTHERS_ALIKE = 2


@named("hidden-field")
@quick
def check_trap(draft: Draft) -> Finding | None:
    """The form has a field that nobody sees and every robot fills in. What is in it tells a robot nothing."""
    if not draft.trap.strip():
        return None
    return Finding(Verdict.HELD, _("The hidden field of the form was filled in, as only robots do: “%(said)s”.") % {
        "said": draft.trap[:80]
    })  # fmt: skip


@named("links")
@quick
def check_links(draft: Draft) -> Finding | None:
    """Links in comments of members whom the moderators do not know yet."""
    if draft.author.standing == Standing.ESTABLISHED or not draft.links:
        return None
    said = ", ".join(draft.links[:3])
    return Finding(Verdict.HELD, _("A new member links to %(addresses)s.") % {"addresses": said}, waits_for=Waits.LINKS)


@named("mentions")
@quick
def check_mentions(draft: Draft) -> Finding | None:
    count = len({person.id or person.name for person in draft.mentioned})
    if count <= MOST_MENTIONS:
        return None
    return Finding(Verdict.HELD, _("It addresses %(n)d people.") % {"n": count}, waits_for=Waits.MENTIONS)


@named("pace")
@of_memory
def check_pace(draft: Draft) -> Finding | None:
    assert draft.recent is not None
    since = draft.now - PACE_WITHIN
    count = sum(post.created_at > since for post in draft.recent.posts)
    if count < PACE:
        return None
    said = _("It is the comment number %(n)d of its author within %(minutes)d minutes.")
    numbers = {"n": count + 1, "minutes": PACE_WITHIN // timedelta(minutes=1)}
    return Finding(Verdict.HELD, said % numbers, waits_for=Waits.PACE)


@named("repeats")
@of_memory
def check_repeats(draft: Draft) -> Finding | None:
    """The same words again: the author's own elsewhere, or those of other members."""
    assert draft.recent is not None
    own = [post for post in draft.recent.alike if post.author_id == draft.author.pk]
    others = {post.author_id for post in draft.recent.alike} - {draft.author.pk, None}
    if own:
        said = _("Its author has posted the same text before: comment %(number)d.") % {"number": own[0].pk}
    elif others:
        said = _("%(n)d other members have posted the same text before: comment %(number)d.") % {
            "n": len(others), "number": draft.recent.alike[0].pk,
        }  # fmt: skip
    else:
        return None
    is_held = bool(own) or len(others) >= OTHERS_ALIKE
    return Finding(Verdict.HELD if is_held else Verdict.SUSPECT, said, waits_for=Waits.REPEATS)
