"""Reading what was typed. Whether it may be posted, the actions decide."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from kakehashi.comments.gate import Sent

# The field of the form that people do not see: what is in it, a robot has written.
TRAP = "subject"
LONGEST_SENT = 200
# Of a number that a database can hold.
MOST_DIGITS = 18


@dataclass(frozen=True)
class CommentForm:
    """The text exactly as typed, whatever signs are in it, so that it can always be given back; and the ids of the
    comments answered and quoted, None where there is none or no sensible one.

    `names_nothing`: a comment to answer or quote was sent that cannot be one.
    """

    typed: str
    parent_id: int | None
    quote_id: int | None
    names_nothing: bool
    sent: Sent

    @classmethod
    def read(cls, data: QueryDict) -> CommentForm:
        numbers = [data.get(name, "").strip() for name in ("parent", "quote")]
        parent, quote = map(_number, numbers)
        names_nothing = any(sent and number is None for sent, number in zip(numbers, (parent, quote), strict=True))
        sent = Sent(
            trap=data.get(TRAP, "")[:LONGEST_SENT],
            asked=data.get("asked", "")[:LONGEST_SENT],
            is_meant="meant" in data,
        )
        return cls(data.get("text", ""), parent, quote, names_nothing, sent)


def _number(sent: str) -> int | None:
    if not sent.isdecimal() or len(sent) > MOST_DIGITS:
        return None
    return int(sent) or None
