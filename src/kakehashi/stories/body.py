"""The body of a story: its kinds of block, and the ways from text to blocks and from blocks to text."""

from __future__ import annotations

from collections.abc import Iterable
from html import unescape
from typing import Any

from django.utils.html import escape, format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import BlockQuoteBlock, CharBlock, RichTextBlock
from wagtail.rich_text import RichText, expand_db_html
from wagtail.snippets.blocks import SnippetChooserBlock

from kakehashi.lib import text

RICH_TEXT_FEATURES = ["bold", "italic", "link", "ol", "ul"]
KINDS = ("paragraph", "heading", "quote")
POLL = "poll"

BLOCKS: list[tuple[str, Any]] = [
    ("paragraph", RichTextBlock(features=RICH_TEXT_FEATURES, label=_("Text"))),
    ("heading", CharBlock(max_length=160, icon="title", label=_("Heading"))),
    ("quote", BlockQuoteBlock(label=_("Quote"))),
    # Of a room above, by its name only; how a poll looks says that room's tag.
    (POLL, SnippetChooserBlock("surveys.Poll", icon="list-ol", label=_("Poll"))),
]


def from_paragraphs(paragraphs: Iterable[str | tuple[str, str]]) -> list[tuple[str, str]]:
    """Plain texts, or (kind, plain text) with a kind of KINDS, as blocks; what looks like markup is escaped. Empty
    ones are left out. Raises ValueError for a kind that is not one of KINDS."""
    blocks = []
    for item in paragraphs:
        kind, source = ("paragraph", item) if isinstance(item, str) else item
        if kind not in KINDS:
            raise ValueError(f"a body has no block of kind {kind!r}")
        plain = text.clean(source)
        if plain:
            blocks.append((kind, f"<p>{escape(plain)}</p>" if kind == "paragraph" else plain))
    return blocks


def plain_text(blocks: Iterable[Any]) -> str:
    """The words alone, a blank line between paragraphs."""
    parts: list[str] = []
    for block in blocks:
        if block.block_type == POLL:
            # It is asked on the page; its words are not the story's.
            continue
        if isinstance(block.value, RichText):
            spaced = block.value.source.replace("</p>", "\n\n").replace("</li>", "\n").replace("<br/>", "\n")
            parts.append(unescape(strip_tags(spaced)).strip())
        else:
            parts.append(str(block.value).strip())
    return "\n\n".join(part for part in parts if part)


def html(blocks: Iterable[Any]) -> SafeString:
    """HTML without classes or wrappers, for feeds."""
    written = (block for block in blocks if block.block_type != POLL)
    return format_html_join("\n", "{}", ((_block_html(block),) for block in written))


def _block_html(block: Any) -> SafeString:
    if isinstance(block.value, RichText):
        return SafeString(expand_db_html(block.value.source))
    if block.block_type == "heading":
        return format_html("<h2>{}</h2>", block.value)
    return format_html("<blockquote><p>{}</p></blockquote>", block.value)
