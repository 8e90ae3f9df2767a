"""The page's own lines, known by shape and not by one site's wording: banners, log-in, registration, navigation."""

from __future__ import annotations

import re

_LOG_IN = r"(?:log(?:ged)?[ -]?in|sign(?:ed)?[ -]?(?:in|up)|register(?:ed)?|connect|subscribe|become a member)"
_PROVIDER = r"(?:facebook|google|twitter|apple|yahoo!?|line|linkedin|microsoft|github|amazon|e-?mail)"
_TO_COMMENT = (
    r"(?:comment|reply|respond|(?:leave|post|write|add|make) an? (?:comment|reply)"
    r"|(?:join|take part in) the (?:discussion|conversation)|(?:see|read|view) (?:all )?comments)"
)
_SURVEY = r"(?:survey|poll|questionnaire)\b.{0,80}"

_ACCOUNTS = [
    rf"(?:please,? |kindly )?(?:you (?:must|need to|have to|should) (?:be )?)?{_LOG_IN}\b.{{0,30}}?"
    rf"\b(?:to|and|or|before you can)\b (?:be able to )?{_TO_COMMENT}\b.{{0,30}}",
    rf"(?:want|wish|would you like) to {_TO_COMMENT}\b.{{0,10}}\b{_LOG_IN}\b.{{0,40}}",
    r"(?:log[ -]?in|sign[ -]?in|sign[ -]?up|register|connect) (?:with|using|via) (?:\S+ ){0,4}\S+",
    rf"(?:continue|connect|share|follow us) (?:with|using|via|on) (?:your )?{_PROVIDER}(?: account)?",
    rf"use your .{{1,40}} account to {_LOG_IN}\b.{{0,300}}",
    rf"{_PROVIDER} (?:users?|connect|log[ -]?in|sign[ -]?in|accounts?)",
    r"(?:user|member|reader|new user|account|new members?) (?:registration|log[ -]?in|sign[ -]?(?:up|in)|area)",
    r"log[ -]?(?:in|out)|sign[ -]?(?:in|up|out)|register(?: now| here)?|registration|subscribe(?: now)?",
    r"create an? (?:new |free )?account|(?:forgot(?:ten)?|lost)(?: your| my)? password\??",
    r"(?:not (?:yet )?a member|already (?:a member|registered|have an account))\b.{0,60}",
    r"by (?:doing so|registering|signing up|logging in|continuing),? you (?:will|agree|accept|consent|can|also)\b.{0,240}",
    r"you(?: wi|['’])ll (?:also )?receive (?:an? )?e-?mails?\b.{0,160}",
    r"(?:sign up|subscribe|register) (?:for|to) (?:our|the|free) .{0,60}\b(?:newsletters?|alerts?|updates|digests?)\b.{0,20}",
]
_BANNERS = [
    rf"(?:please )?(?:take|join|complete|fill (?:in|out)|answer|try) (?:part in )?our (?:\S+ ){{0,3}}{_SURVEY}",
    r"(?:please )?(?:take|complete|fill (?:in|out)|answer) (?:the|this|a|an) (?:(?:short|quick|online|annual|brief) )*"
    rf"(?:user|reader|visitor|customer|readership) {_SURVEY}",
    r"(?:\S+ ){0,8}make your voice heard[.!]?",
    r"(?:tell us what you think|help us improve|we value your (?:opinion|feedback))\b.{0,60}",
    r"(?:sponsored|promoted)(?: (?:content|links|stories|by .{1,30}))?|advertisements?",
]
_ELSEWHERE = [
    r"(?:articles|stories|news)\b.{0,20}\b(?:offers|resources)\b.{0,30}",
    r"an? (?:mix|selection|round-?up|choice) of (?:what|the best|stories|articles)\b.{0,60}",
    r"(?:what['’]?s )?(?:trending|popular|new|more|latest|stories|also)(?: (?:now|today|stories|news))?"
    r" (?:on|from|across) (?:our|the) (?:\S+ ){0,3}(?:sites?|partners?|network|family)",
    r"(?:related|recommended|trending|most (?:read|popular|discussed|commented|viewed)|latest|top|similar|further|more)"
    r" (?:articles?|stories|news|posts|headlines|coverage|reading)",
    r"you (?:may|might) also (?:like|enjoy|be interested in).{0,20}|around the web",
]
_BUTTONS = [
    r"reply|report(?: abuse| comment)?|permalink|see in context|load more(?: comments)?|read more|back to top",
    r"(?:view|show) (?:all|more) (?:comments|replies)|skip to (?:main )?content|post comment|add (?:your )?comment",
    r"(?:leave|post|write|add) a (?:comment|reply)|join the (?:discussion|conversation)",
    r"sort (?:comments )?by\b.{0,30}|(?:newest|oldest|latest|popular) first",
    r"\d{1,7} (?:shares?|likes?|views?)|\d{1,3} min(?:ute)?s?(?: read)?|(?:loading|please wait)(?:…|\.+)?",
    r"all rights reserved\.?|(?:terms of (?:use|service)|(?:privacy|moderation) policy|cookie settings)(?:[ |·].{0,60})?",
]
_FURNITURE = [re.compile(shape, re.IGNORECASE) for shape in (*_ACCOUNTS, *_BANNERS, *_ELSEWHERE, *_BUTTONS)]

# Words that a reader, too, may write: the page's only outside the discussion.
_LOOSE = re.compile(
    r"(?:share|tweet|print|e-?mail|like|good|bad|quote|flag|follow(?: us)?|save|bookmark|copy link|facebook|twitter|line"
    r"|linkedin|whatsapp|x|home|menu|search|close|news|contact(?: us)?|about(?: us)?|privacy|terms|newest|oldest|latest"
    r"|popular|best|top|discussion|have your say.{0,40}|comment policy)[.!:]?",
    re.IGNORECASE,
)
_ORDERS = frozenset({"newest", "oldest", "latest", "popular", "best", "top"})
_WITH_EACH_COMMENT = frozenset({"reply", "report", "report abuse", "report comment", "permalink"})
_LONGEST = 420


def is_furniture(text: str) -> bool:
    """Banner, log-in, registration, navigation, trending: lines that are never a reader's words."""
    text = " ".join(text.strip("-–—|•·»›→ \t").split()) if len(text) <= _LONGEST else ""
    return bool(text) and any(shape.fullmatch(text) for shape in _FURNITURE)


def is_loose_furniture(text: str) -> bool:
    """Furniture outside the discussion; inside it, perhaps a very short comment."""
    return bool(_LOOSE.fullmatch(text.strip())) or is_furniture(text)


def is_order(text: str) -> bool:
    """One of the orders that a page offers above its comments."""
    return text.strip().lower() in _ORDERS


def is_button_of_a_comment(text: str) -> bool:
    """What pages print with each comment, so that it does not end the discussion."""
    return text.strip().lower() in _WITH_EACH_COMMENT
