"""The only door out: requests to addresses that people typed, as if each of them were an attempt to reach our own house.

`fetch` asks http and https only, on the ports that the operator allows, and public addresses only: every
address of a name is judged, and the connection goes to the very one that was (so a name that leads elsewhere a moment later
leads nowhere). No cookies, no credentials; redirects are followed by the same rules; time and size are bounded. `post` sends
something by the same rules, and follows no redirect.
"""

from kakehashi.lib.safe_http.addresses import is_public, target_of
from kakehashi.lib.safe_http.errors import (
    BadAddress,
    BadAnswer,
    OutsideError,
    PrivateAddress,
    Refused,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    Unreachable,
    WrongType,
)
from kakehashi.lib.safe_http.fetching import Answer, Limits, fetch, post

__all__ = [
    "Answer",
    "BadAddress",
    "BadAnswer",
    "Limits",
    "OutsideError",
    "PrivateAddress",
    "Refused",
    "TooLarge",
    "TooManyRedirects",
    "TooSlow",
    "Unreachable",
    "WrongType",
    "fetch",
    "is_public",
    "post",
    "target_of",
]
