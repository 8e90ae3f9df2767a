"""Who quotes and addresses whom: paragraphs that repeat earlier words become quotes, names lead to comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kakehashi.archive.capture.names import Address, Naming, addresses_of
from kakehashi.archive.capture.page import ELSEWHERE, STORY, Block, CapturedComment, Note
from kakehashi.archive.capture.quotes import Match, Passages, is_telling, tokens
from kakehashi.archive.capture.shapes import Line, Score

_QUOTE_SIGN = re.compile(r"^\s*(?:>|＞|»(?=\s))+\s*")
_QUOTED = re.compile(r"^\s*(?P<passage>[\"“”«「『](?P<inner>.{8,}?)[\"”“»」』])(?P<rest>.*)$", re.DOTALL)
_INNER = re.compile(r"[\"“”«「『]([^\"“”«»「」『』]{24,})[\"”“»」』]")


@dataclass
class Draft:
    """A comment while it is being understood."""

    position: int
    lines: list[Line]
    author_name: str = ""
    score: Score | None = None
    written_at: datetime | None = None
    is_name_inferred: bool = False
    blocks: list[Block] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    quoted: list[int] = field(default_factory=list)  # comments quoted, in order; the story is not among them

    @property
    def own_text(self) -> str:
        return "\n".join(block.text for block in self.blocks if block.quotes is None)


def link_comments(drafts: Sequence[Draft], *, story: Iterable[str]) -> tuple[list[CapturedComment], list[Note]]:
    """Understand the drafts, in the order of the page; `story` are headline and body, which comments quote too."""
    passages = Passages()
    for paragraph in story:
        passages.add(paragraph, STORY)
    for draft in drafts:
        _understand(draft, passages)
        for block in draft.blocks:
            # Words quoted are indexed once, where they were first said.
            if block.quotes is None:
                passages.add(block.text, draft.position)
    naming = Naming(drafts)
    return [naming.finish(draft) for draft in drafts], naming.notes


def _understand(draft: Draft, passages: Passages) -> None:
    """Fill the draft's blocks, addresses and quoted comments."""
    has_blanks = any(line.after_blank for line in draft.lines[1:])
    for index, line in enumerate(draft.lines):
        before = len(draft.blocks)
        _read_paragraph(draft, line, passages)
        if index and has_blanks and not line.after_blank:
            first = draft.blocks[before]
            draft.blocks[before] = Block(first.text, first.line, first.quotes, joins=True)
    if not any(character.isalnum() for character in _without_addresses(draft)):
        _take_back_bare_quotes(draft)
    for block in draft.blocks:
        if block.quotes is not None and block.quotes > STORY and block.quotes not in draft.quoted:
            draft.quoted.append(block.quotes)
    for address in draft.addresses:
        behind = draft.blocks[address.block + 1 :][:1] if address.is_alone else []
        if behind and behind[0].quotes is not None and behind[0].quotes > STORY:
            address.answers = behind[0].quotes
    _note_inline_quotes(draft, passages)


def _read_paragraph(draft: Draft, line: Line, passages: Passages) -> None:
    """Add the paragraph's blocks: as it stands, or parted into the name addressed, the words quoted and the answer."""
    text = line.text.strip()
    if (sign := _QUOTE_SIGN.match(text)) and (inner := text[sign.end() :]):
        match = passages.find(inner)
        draft.blocks.append(Block(inner, line.number, match.owner if match else ELSEWHERE))
        return
    for address in addresses_of(text, line.number, is_first=not draft.blocks):
        pieces = _quoting(address.rest, passages, follows_address=True) if address.rest else []
        if pieces is None:
            continue
        address.block, address.is_alone = len(draft.blocks), True
        draft.addresses.append(address)
        draft.blocks.append(Block(address.head, line.number))
        draft.blocks += [Block(piece, line.number, owner) for piece, owner in pieces]
        return
    for address in addresses_of(text, line.number, is_first=not draft.blocks):
        address.block = len(draft.blocks)
        draft.addresses.append(address)
        draft.blocks.append(Block(address.written, line.number))
        return
    follows = (
        bool(draft.addresses) and draft.addresses[-1].is_alone and draft.addresses[-1].block == len(draft.blocks) - 1
    )
    pieces = _quoting(text, passages, follows_address=follows)
    draft.blocks += [Block(piece, line.number, owner) for piece, owner in pieces or [(text, None)]]


def _quoting(text: str, passages: Passages, *, follows_address: bool) -> list[tuple[str, int | None]] | None:
    """The paragraph as quote, or as quote and answer; None where it repeats nobody."""
    quoted = _QUOTED.match(text)
    is_marked = quoted is not None and not quoted["rest"].strip(" .,;:")
    match = passages.find(text)
    if match is not None and _is_no_coincidence(text, match, is_marked=is_marked or follows_address):
        return [(text, match.owner)]
    if quoted is None:
        return None
    match = passages.find(quoted["inner"])
    if match is None or not _is_no_coincidence(quoted["inner"], match, is_marked=True):
        return None
    rest = quoted["rest"].strip()
    # A letter or a full stop that stuck to the closing mark stays with the quote.
    if sum(character.isalnum() for character in rest) <= 1:
        return [(text, match.owner)]
    # A sentence that goes on behind the closing mark is not torn apart.
    return None if rest[0].islower() else [(quoted["passage"], match.owner), (rest, None)]


def _is_no_coincidence(text: str, match: Match, *, is_marked: bool) -> bool:
    words = tokens(text)
    if is_marked:
        return is_telling(words, least=4) if match.is_whole else len(words) >= 4
    return is_telling(words, least=5) if match.is_whole else len(words) >= 6


def _without_addresses(draft: Draft) -> str:
    heads = {address.block: address.head for address in draft.addresses if address.is_exact}
    return "".join(
        block.text.removeprefix(heads.get(index, ""))
        for index, block in enumerate(draft.blocks)
        if block.quotes is None
    )


def _take_back_bare_quotes(draft: Draft) -> None:
    """A comment of nothing but somebody's words without quotation marks repeats them; it does not quote."""
    originals = {line.number: line.text for line in draft.lines}
    for index, block in enumerate(draft.blocks):
        is_marked = block.quotes == ELSEWHERE or _QUOTED.match(block.text) or _QUOTE_SIGN.match(originals[block.line])
        if block.quotes is not None and not is_marked and not draft.addresses:
            draft.blocks[index] = Block(block.text, block.line, None, block.joins)


def _note_inline_quotes(draft: Draft, passages: Passages) -> None:
    """Passages in quotation marks inside a sentence stay where they are, and still tell what is answered."""
    for block in draft.blocks:
        if block.quotes is not None:
            continue
        for found in _INNER.finditer(block.text[:20_000]):
            words = tokens(found[1])
            match = passages.find(found[1]) if len(words) >= 6 else None
            if match is not None and match.owner and match.owner not in draft.quoted:
                draft.quoted.append(match.owner)
