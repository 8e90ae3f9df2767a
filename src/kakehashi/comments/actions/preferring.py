"""What a member chose to see first is what the member sees next time."""

from __future__ import annotations

from kakehashi.readers.models import Reader


def remember_choice(*, reader: Reader, order: str, layout: str, usual_order: str) -> bool:
    """Keep the order and layout of comments with the member; True if that changed anything.

    Whoever has chosen no order and asks for the usual one of this place has still chosen none: elsewhere another one is
    usual.
    """
    if order == usual_order and not reader.comment_order:
        order = ""
    if (reader.comment_order, reader.comment_layout) == (order, layout):
        return False
    reader.comment_order, reader.comment_layout = order, layout
    Reader.objects.filter(pk=reader.pk).update(comment_order=order, comment_layout=layout)
    return True
