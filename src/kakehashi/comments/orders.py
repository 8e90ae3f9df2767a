"""In which order comments stand, and how many stand before one. Positions are exact in every order and layout."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from django.db.models import Q
from django.http import HttpRequest, QueryDict

from kakehashi.comments.models import Comment
from kakehashi.readers.models import CommentLayout, CommentOrder, Reader

# More pages than any thread has.
FAR = 10**9
# Other names under which an order is asked for.
ALIASES = {"latest": CommentOrder.NEWEST, "best": CommentOrder.POPULAR, "top": CommentOrder.POPULAR}

_ORDERS, _LAYOUTS = frozenset(CommentOrder.values), frozenset(CommentLayout.values)
# What the best come first by; of equals, the older one.
_SCORES = {CommentOrder.POPULAR: "popularity", CommentOrder.COMMON_GROUND: "common_ground"}
# `c` is the comment, `r` its root.
_FLAT = {
    CommentOrder.OLDEST: "c.created_at, c.id",
    CommentOrder.NEWEST: "c.created_at DESC, c.id DESC",
    **{order: f"c.{score} DESC, c.created_at, c.id" for order, score in _SCORES.items()},
}
# Roots in the order chosen; below each root its tree.
_NESTED = {
    CommentOrder.OLDEST: "r.created_at, c.root_id, c.path",
    CommentOrder.NEWEST: "r.created_at DESC, c.root_id DESC, c.path",
    **{order: f"r.{score} DESC, r.created_at, c.root_id, c.path" for order, score in _SCORES.items()},
}


@dataclass(frozen=True)
class Choice:
    """What part of a thread is asked for. `page` counts from 1; it may lie beyond the last one.

    Without an `order` it is the usual one of wherever the thread stands: `settled` says which.
    """

    order: str = ""
    layout: str = CommentLayout.FLAT
    page: int = 1

    def settled(self, usual_order: str) -> Choice:
        """The choice where comments usually stand in that order."""
        return self if self.order else replace(self, order=usual_order)

    @property
    def is_nested(self) -> bool:
        return self.layout == CommentLayout.NESTED

    @property
    def sql(self) -> str:
        """The end of a query over comments `c`: what they are joined with, `{where}`, and how they are sorted."""
        if self.is_nested:
            root = "LEFT JOIN comments_comment r ON r.id = c.root_id"
            return f"{root} WHERE {{where}} ORDER BY {_NESTED[CommentOrder(self.order)]}"
        return f"WHERE {{where}} ORDER BY {_FLAT[CommentOrder(self.order)]}"

    def before(self, comment: Comment) -> Q:
        """What stands before `comment`; nested, its root must have been fetched with it."""
        if not self.is_nested:
            return self._ahead_of(comment, prefix="", key="pk")
        root = comment.root or comment
        return self._ahead_of(root, prefix="root__", key="root_id") | Q(root_id=root.pk, path__lt=comment.path)

    def _ahead_of(self, of: Comment, *, prefix: str, key: str) -> Q:
        later_is_first = self.order == CommentOrder.NEWEST
        step = "gt" if later_is_first else "lt"
        time, same_time = {f"{prefix}created_at__{step}": of.created_at}, {f"{prefix}created_at": of.created_at}
        by_time = Q(**time) | Q(**same_time, **{f"{key}__{step}": of.pk})
        score = _SCORES.get(CommentOrder(self.order))
        if score is None:
            return by_time
        reached = getattr(of, score)
        return Q(**{f"{prefix}{score}__gt": reached}) | Q(by_time, **{f"{prefix}{score}": reached})

    def query(self, *, page: int = 1, usual: Choice | None = None) -> str:
        """The part of an address after `?`: order and layout where they are not the `usual` ones (None: always), and
        a page other than the first."""
        query = QueryDict(mutable=True)
        if usual is None or self.order != usual.order:
            query["order"] = self.order
        if usual is None or self.layout != usual.layout:
            query["layout"] = self.layout
        if page > 1:
            query["page"] = str(page)
        return query.urlencode()


def preferred(reader: Reader | None) -> Choice:
    """What the member last chose, or what everybody gets; not settled where no order was chosen."""
    if reader is None:
        return Choice()
    return Choice(order=_order(reader.comment_order), layout=reader.comment_layout)


def asked(request: HttpRequest, reader: Reader | None) -> Choice:
    """What the address asks for; what it does not say, or says in unknown words, is as the reader prefers. Not settled
    where neither names an order."""
    usual = preferred(reader)
    layout = request.GET.get("layout", "")
    return Choice(
        order=_order(request.GET.get("order") or request.GET.get("comment-order") or "") or usual.order,
        layout=layout if layout in _LAYOUTS else usual.layout,
        page=page_number(request.GET.get("page", "")),
    )


def has_chosen(request: HttpRequest) -> bool:
    """Whether the address names an order or a layout that there is."""
    return request.GET.get("order") in _ORDERS or request.GET.get("layout") in _LAYOUTS


def _order(word: str) -> str:
    """The order of that name; empty where there is none."""
    word = ALIASES.get(word, word)
    return word if word in _ORDERS else ""


def page_number(word: str) -> int:
    """1 for what is no page number, `FAR` for one that is too large to be one."""
    if not re.fullmatch(r"[0-9]+", word):
        return 1
    return max(1, int(word)) if len(word) < 10 else FAR
