"""What a line of a page is by its shape: a score, a count, a credit, or furniture (banners, log-in, navigation)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Line:
    """A line that is not blank. `number` counts from 1; `after_blank` says whether a blank line stands before it."""

    number: int
    text: str
    after_blank: bool


class Score(NamedTuple):
    """Figures as printed; net need not equal up minus down."""

    net: int
    up: int
    down: int


_NUMBER = r"\d[\d,]{0,11}"
_SCORE = re.compile(
    rf"(?:^|(?<=\s)|(?<=[.!?”\"]))(?P<net>[+\-−–]?\s?{_NUMBER})\s*\(\s*\+\s*(?P<up>{_NUMBER})\s*/\s*[-−–]\s*(?P<down>{_NUMBER})\s*\)\s*$"
)
_LAX_SCORE = re.compile(rf"(?P<net>[+\-−–]?\s?{_NUMBER})\s*\(\s*\+?\s*(?P<up>{_NUMBER})\s*/\s*[-−–]?\s*(?P<down>{_NUMBER})\s*\)?")
_LIKE_SCORE = re.compile(r"[+\-−–]?\s?\d[\d\s,.+\-−–/]*\([\d\s,.+\-−–/]*\)?")
_LARGEST = 10_000_000

_COUNT = re.compile(
    r"\(?(?P<n>\d[\d,]{0,8})\)?\s+(?:reader\s+|user\s+)?(?:comments?|responses?|replies|reactions?)(?:\s+(?:so far|posted|on this (?:story|article)))?[.:]?"
    r"|(?:comments?|responses?|reader comments|コメント)\s*[:：]?\s*[（(\[]?\s*(?P<m>\d[\d,]{0,8})?\s*件?[）)\]]?"
    r"|no comments(?: yet)?\.?|(?P<k>\d[\d,]{0,8})\s*件のコメント",
    re.IGNORECASE,
)
_EXPIRED = re.compile(
    r"(?=.*\b(?:article|story|page|item)\b)(?=.*(?:\bexpired\b|no longer available|licen[cs]e (?:has )?(?:ended|run out))).{0,240}",
    re.IGNORECASE,
)

_COMMENTING = r"(?:comment|reply|respond|(?:leave|post|write|add|make) an? (?:comment|reply)|(?:join|take part in) the (?:discussion|conversation)|(?:see|read|view) (?:all )?comments)"
_LOGGING_IN = r"(?:log(?:ged)?[ -]?in|login|sign(?:ed)?[ -]?(?:in|up)|register(?:ed)?|connect|subscribe|become a member)"
_PROVIDER = r"(?:facebook|google|twitter|apple|yahoo!?|line|linkedin|microsoft|github|amazon|e-?mail)"
# Whole lines that are the page's, wherever they stand.
_FURNITURE = [
    rf"(?:please,? |you (?:must|need to|have to|should) (?:be )?|kindly )?{_LOGGING_IN}\b.{{0,30}}?\b(?:to|and|or|before you can)\b (?:be able to )?{_COMMENTING}\b.{{0,30}}",
    rf"(?:want|wish|would you like) to {_COMMENTING}\b.{{0,10}}\b{_LOGGING_IN}\b.{{0,40}}",
    r"(?:log[ -]?in|sign[ -]?in|sign[ -]?up|register|connect)\s+(?:with|using|via)\s+(?:\S+\s+){0,4}\S+",
    rf"(?:continue|connect|share|follow us)\s+(?:with|using|via|on)\s+(?:your )?{_PROVIDER}(?: account)?",
    rf"use your .{{1,40}} account to {_LOGGING_IN}\b.{{0,300}}",
    rf"{_PROVIDER} (?:users?|connect|log[ -]?in|sign[ -]?in|accounts?)",
    r"(?:user|member|reader|new user|account|new members?) (?:registration|log[ -]?in|sign[ -]?up|sign[ -]?in|area)",
    r"log[ -]?(?:in|out)|sign[ -]?(?:in|up|out)|register(?: now| here)?|registration|subscribe(?: now)?|create an? (?:new |free )?account",
    r"(?:forgot(?:ten)?|lost)(?: your| my)? password\??|(?:not (?:yet )?a member|already (?:a member|registered|have an account))\b.{0,60}",
    r"by (?:doing so|registering|signing up|logging in|continuing),? you (?:will|agree|accept|consent|can|also)\b.{0,240}",
    r"you(?: wi|')ll (?:also )?receive (?:an? )?e-?mails?\b.{0,160}",
    r"(?:sign up|subscribe|register) (?:for|to) (?:our|the|free) .{0,60}\b(?:newsletters?|alerts?|updates|digests?)\b.{0,20}",
    r"(?:please )?(?:take|join|complete|fill (?:in|out)|answer|try) (?:part in )?our (?:\S+ ){0,3}(?:survey|poll|questionnaire)\b.{0,80}",
    r"(?:please )?(?:take|complete|fill (?:in|out)|answer) (?:the|this|a|an) (?:(?:short|quick|online|annual|brief) )*(?:user|reader|visitor|customer|readership) (?:survey|poll|questionnaire)\b.{0,80}",
    r"(?:\S+ ){0,8}make your voice heard[.!]?|(?:tell us what you think|help us improve|we value your (?:opinion|feedback))\b.{0,60}",
    r"(?:articles|stories|news)\b.{0,20}\b(?:offers|resources)\b.{0,30}",
    r"an? (?:mix|selection|round-?up|choice) of (?:what|the best|stories|articles)\b.{0,60}",
    r"(?:what['’]?s )?(?:trending|popular|new|more|latest|stories|also)(?: (?:now|today|stories|news))? (?:on|from|across) (?:our|the) (?:\S+ ){0,3}(?:sites?|partners?|network|family)",
    r"(?:related|recommended|trending|most (?:read|popular|discussed|commented|viewed)|latest|top|similar|further|more) (?:articles?|stories|news|posts|headlines|coverage|reading)",
    r"you (?:may|might) also (?:like|enjoy|be interested in).{0,20}|(?:sponsored|promoted)(?: (?:content|links|stories|by .{1,30}))?|advertisements?|around the web",
    r"reply|report(?: abuse| comment)?|permalink|see in context|load more(?: comments)?|(?:view|show) (?:all|more) (?:comments|replies)|read more|back to top|skip to (?:main )?content",
    r"(?:leave|post|write|add) a (?:comment|reply)|post comment|add comment|add your comment|join the (?:discussion|conversation)|sort (?:comments )?by\b.{0,30}|(?:newest|oldest|latest|popular) first",
    r"\d{1,7} (?:shares?|likes?|views?)|\d{1,3} min(?:ute)?s?(?: read)?|all rights reserved\.?|(?:terms of (?:use|service)|privacy policy|cookie (?:policy|settings)|moderation policy)(?:[ |·].{0,60})?",
    r"(?:loading|please wait)(?:…|\.+)?",
]
_FURNITURE_RE = [re.compile(pattern, re.IGNORECASE) for pattern in _FURNITURE]
# Words that a reader, too, may write: the page's only outside the discussion.
_LOOSE = re.compile(
    r"(?:share|tweet|print|e-?mail|like|good|bad|quote|flag|follow(?: us)?|save|bookmark|copy link|facebook|twitter|line|linkedin|whatsapp|x|home|menu|search|close|news|contact(?: us)?|about(?: us)?|privacy|terms|newest|oldest|latest|popular|best|top|discussion|have your say.{0,40}|comment policy)[.!:]?",
    re.IGNORECASE,
)


def score_at_end(text: str) -> tuple[str, Score] | None:
    """The text before a score that ends the line (empty where the line is a score), and the score."""
    match = _SCORE.search(text)
    if match is None and (lax := _LAX_SCORE.fullmatch(text.strip())):
        match = lax
    if match is None:
        return None
    net, up, down = (_number(match[name]) for name in ("net", "up", "down"))
    if max(abs(net), up, down) > _LARGEST:
        return None
    return text[: match.start()].strip(), Score(net, up, down)


def is_like_score(text: str) -> bool:
    """Made of the signs of a score only, whether its figures can be read or not."""
    text = text.strip()
    return bool(_LIKE_SCORE.fullmatch(text)) and sum(c.isdigit() for c in text) > 1 and ("/" in text or "+" in text)


def stated_count(text: str) -> int | None:
    """How many comments a line like `15 Comments` states; -1 where it is such a line without a number."""
    match = _COUNT.fullmatch(text.strip())
    if match is None:
        return None
    number = match["n"] or match["m"] or match["k"]
    if number:
        return int(number.replace(",", ""))
    return 0 if text.strip().lower().startswith("no ") else -1


def is_expired_notice(text: str) -> bool:
    return bool(_EXPIRED.fullmatch(text.strip()))


def is_furniture(text: str) -> bool:
    """Banner, log-in, registration, navigation, trending: lines that are never a reader's words."""
    text = text.strip().strip("-–—|•·»›→ ")
    return any(pattern.fullmatch(text) for pattern in _FURNITURE_RE)


def is_loose_furniture(text: str) -> bool:
    """Furniture outside the discussion; inside it, perhaps a very short comment."""
    return bool(_LOOSE.fullmatch(text.strip())) or is_furniture(text)


def _number(text: str) -> int:
    text = text.replace(",", "").replace(" ", "").replace("−", "-").replace("–", "-")
    return int(text)
