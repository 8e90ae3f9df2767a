"""The first step of every text that a person typed: what is stored is clean."""

import re
import unicodedata

from kakehashi.lib.text import characters as ch

_STACKED_MARKS = 2
_SCRIPT_MARKS = 4
_DEEP_MARKS = 6
_RUN_BEFORE_NFC = 24

_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_ASCII_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c]")
_ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_UNSEEN = re.compile(f"[{ch.UNSEEN}]+")
# Tag characters spell the flags of England, Scotland and Wales; anywhere else they are hidden writing.
_TAGS = re.compile(r"(\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)|[\U000e0020-\U000e007f]+")
_STACKABLE = re.compile(f"[{ch.STACKABLE_MARKS}]").match
_DEEP = re.compile(f"[{ch.DEEP_MARKS}]").match
_JOINERS = re.compile(
    rf"\u200d(?<![{ch.JOINING}{ch.EMOJI}\ufe0f\U000e007f].)"
    rf"|\u200d(?<=[{ch.EMOJI}\ufe0f\U000e007f].)(?![{ch.EMOJI}])"
    rf"|\u200c(?<![{ch.JOINING}].)|\u200c(?![{ch.JOINING}])"
)
_DIRECTION_MARKS = re.compile(r"[\u200e\u200f\u061c]+")
_HAS_RIGHT_TO_LEFT = re.compile(f"[{ch.RIGHT_TO_LEFT}]").search
_LINE_TAILS = re.compile(r"(?<=\S)[^\S\n]+$|^[^\S\n]+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{4,}")
_IS_RARE_MARK = re.compile(f"[{ch.RARE_MARKS}]").search


class _Patterns:
    """The patterns that know marks: all of them, or only the common ones, which is much quicker."""

    def __init__(self, marks: str) -> None:
        self.mark = re.compile(rf"[{marks}\u200c\u200d]")
        self.long_run = re.compile(f"([{marks}]{{{_RUN_BEFORE_NFC}}})[{marks}]+")
        self.run = re.compile(rf"[{marks}\u200c\u200d]{{{_STACKED_MARKS + 1},}}")
        self.head = re.compile(rf"\A[\s{marks}\u200c-\u200f\u061c]+")
        # A variation selector belongs to a sign or a letter of a script that has variants, never to a Latin letter or
        # a mark.
        self.selectors = re.compile(
            rf"[\ufe00-\ufe0f](?<![^\sA-Za-z\u00c0-\u052f\u1e00-\u1fff{marks}\u200c-\u200f\u061c].)"
            rf"|[\U000e0100-\U000e01ef](?<![{ch.HAN}].)",
            re.DOTALL,
        )


_COMMON = _Patterns(ch.COMMON_MARKS)
_ALL = _Patterns(ch.MARKS)


def clean(source: str) -> str:
    r"""Return the text as it is stored: NFC, lines ended by `\n`, nothing unseen, no heaped marks, trimmed.

    Tabs become four spaces, more than two blank lines become two. Joiners, variation selectors and direction marks stay
    where a script or an emoji needs them. Cleaning a clean text changes nothing. Linear in the length of the text.
    """
    if source.isascii():
        text = _ASCII_LINE_ENDS.sub("\n", source) if _ASCII_CONTROL.search(source) else source
        text = _ASCII_CONTROL.sub("", text)
    else:
        text = _clean_unicode(_LINE_ENDS.sub("\n", source))
    text = _LINE_TAILS.sub("", text.replace("\t", "    "))
    return _BLANK_LINES.sub("\n\n\n", text).strip()


def length(source: str) -> int:
    """Count the characters (not bytes) of a text as it would be stored."""
    return len(clean(source))


def _clean_unicode(text: str) -> str:
    # A text has far fewer distinct characters than characters: ask those which passes it needs.
    alphabet = "".join(set(text))
    if _UNSEEN.search(alphabet):
        text = _UNSEEN.sub("", text)
    text = text.replace("\u2800", " ")
    if _TAGS.search(alphabet):
        text = _TAGS.sub(r"\1", text)
    patterns = _ALL if _IS_RARE_MARK(unicodedata.normalize("NFC", alphabet)) else _COMMON
    has_marks = patterns.mark.search(alphabet)
    if has_marks:
        # Sorting marks into canonical order takes the square of a run's length, so runs are cut before.
        text = patterns.long_run.sub(r"\1", text)
    text = unicodedata.normalize("NFC", text)
    if has_marks:
        text = patterns.selectors.sub("", text)
        text = _JOINERS.sub("", text)
    if _DIRECTION_MARKS.search(alphabet):
        text = _DIRECTION_MARKS.sub(_one_direction_mark if _HAS_RIGHT_TO_LEFT(alphabet) else "", text)
    if has_marks or patterns.mark.search("".join(set(text))):
        text = unicodedata.normalize("NFC", patterns.run.sub(_cap, text))
    return patterns.head.sub("", text)


def _one_direction_mark(run: re.Match[str]) -> str:
    return run.group()[0]


def _cap(run: re.Match[str]) -> str:
    """Keep as many marks of one letter as its script can need."""
    kept: list[str] = []
    stacked = scripted = 0
    for mark in run.group():
        if _STACKABLE(mark):
            stacked += 1
            wanted = stacked <= _STACKED_MARKS
        elif _DEEP(mark):
            wanted = True
        else:
            scripted += 1
            wanted = scripted <= _SCRIPT_MARKS
        if wanted:
            kept.append(mark)
        if len(kept) == _DEEP_MARKS:
            break
    return "".join(kept)
