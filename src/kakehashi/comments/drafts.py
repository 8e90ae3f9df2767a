"""Texts that could not be posted yet: kept in the session until they are, through log-in too."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from kakehashi.comments.models import Comment
from kakehashi.lib import text
from kakehashi.stories.models import StoryPage

_KEY = "comment-drafts"
_CHANGE = "comment-change"
# Longer texts are given back on the page but not stored for somebody who may never return.
LONGEST = 100_000
MOST = 5


@dataclass(frozen=True)
class Draft:
    """What stands in the comment form; `error` is the sentence that says why it is not posted."""

    typed: str = ""
    parent: Comment | None = None
    quoted: Comment | None = None
    error: str = ""
    # Where the writer is asked to think again: the question, and the sign by which the form says that it was put.
    question: str = ""
    asked: str = ""


def keep(request: HttpRequest, story: StoryPage, *, typed: str, parent: int | None, quoted: int | None) -> bool:
    """Keep the text for this story; False if there is none or it is too long to be stored."""
    if not typed.strip() or len(typed) > LONGEST:
        return False
    kept = {key: value for key, value in request.session.get(_KEY, {}).items() if key != str(story.pk)}
    newest = list(kept.items())[-(MOST - 1) :]
    request.session[_KEY] = dict([*newest, (str(story.pk), {"text": typed, "parent": parent, "quoted": quoted})])
    return True


def drop(request: HttpRequest, story: StoryPage) -> None:
    """Forget the kept text: it has been posted."""
    kept = request.session.get(_KEY, {})
    if kept.pop(str(story.pk), None) is not None:
        request.session[_KEY] = kept


def keep_change(request: HttpRequest, pk: int, typed: str) -> None:
    """Keep what was to replace the text of comment `pk`, for after log-in."""
    if len(typed) <= LONGEST:
        request.session[_CHANGE] = [pk, typed]


def kept_change(request: HttpRequest, pk: int) -> str | None:
    """What was to replace the text of comment `pk`; kept no longer."""
    kept = request.session.get(_CHANGE)
    if kept is None or kept[0] != pk:
        return None
    del request.session[_CHANGE]
    return str(kept[1])


def draft_for(request: HttpRequest, story: StoryPage) -> Draft:
    """What the form begins with: what `?answer=` or `?quote=` names, else what was kept, else nothing.

    One query where a comment is answered or quoted, none otherwise.
    """
    answer, quote = request.GET.get("answer", ""), request.GET.get("quote", "")
    kept = request.session.get(_KEY, {}).get(str(story.pk), {})
    if quote or answer:
        other = answerable(quote or answer, story)
        prefilled = text.quote(other.plain) + "\n\n" if other is not None and quote else ""
        already = kept.get("text", "")
        # What was typed before stays below the new quote; a reload of the same address adds nothing.
        typed = already if prefilled and already.startswith(prefilled.strip()) else prefilled + already
        return Draft(typed=typed, parent=other, quoted=other if quote else None)
    if kept:
        return Draft(
            typed=kept["text"],
            parent=answerable(kept.get("parent"), story),
            quoted=answerable(kept.get("quoted"), story),
        )
    return Draft()


def answerable(pk: str | int | None, story: StoryPage) -> Comment | None:
    """A comment of this story that can be answered; None for one that is not there or no longer to be read."""
    if not pk or not str(pk).isdecimal() or len(str(pk)) > 18:
        return None
    return Comment.objects.visible().select_related("author").filter(pk=int(pk), thread__story=story).first()
