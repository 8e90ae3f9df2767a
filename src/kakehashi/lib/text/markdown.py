"""The Markdown of comments: quotes, lists, emphasis, links and code; everything else is shown as typed.

Each rule here stands beside or in place of one of markdown-it's own and says why.
"""

import re
from collections.abc import Sequence
from typing import Final

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, blockquote, list_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, link
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from kakehashi.lib.text.mentions import Collector, Finder
from kakehashi.lib.text.sanitising import LINK_REL, is_good_link

QUOTE_DEPTH: Final = 6
_LIST_LEVEL = 12  # the parser drops what lies deeper than its own bound of 20
_FINDER = "finder"
PERSON: Final = "person"
_LAST_LINK_ENDS = "last_link_ends"

_SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])(https?)$", re.IGNORECASE).search
_ADDRESS_MAX = 2000
# Bare addresses without `https://`: only endings that are not words too, or `yes.it is` would become a link.
_BARE_DOMAINS = ["com", "org", "net", "edu", "gov", "jp", "kr", "cn", "tw", "hk", "uk", "eu", "fr", "nz"]
_MAY_HOLD_LINK = re.compile(rf"://|mailto:|\w@\w|\.(?:{'|'.join(_BARE_DOMAINS)})\b", re.IGNORECASE).search
_QUOTE_SIGNS = re.compile(r"^(?:>[ ]?)+", re.MULTILINE)


def code_text(fence: Token) -> str:
    """What a code block shows: what is typed behind the opening fence too, unless it only names a language."""
    heading = fence.info.strip()
    names_language = fence.content.strip() and len(heading.split()) == 1
    return fence.content if names_language or not heading else f"{heading}\n{fence.content}"


class _Renderer(RendererHTML):
    """Writes links with `rel` and no title, code with no class."""

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        href = escapeHtml(str(tokens[idx].attrs["href"]))
        if PERSON in tokens[idx].meta:
            return f'<a class="mention" href="{href}">'
        return f'<a href="{href}" rel="{LINK_REL}">'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<pre><code>{escapeHtml(code_text(tokens[idx]))}</code></pre>\n"


class _Links(LinkifyIt):
    """Finds bare addresses; asks a quick question before the slow ones."""

    def __init__(self) -> None:
        super().__init__()
        self.tlds(_BARE_DOMAINS)

    def test(self, text: str) -> bool:
        return bool(_MAY_HOLD_LINK(text)) and bool(super().test(text))

    def pretest(self, text: str) -> bool:
        return bool(_MAY_HOLD_LINK(text))


class _Markdown(MarkdownIt):
    """Accepts only addresses of the web and of mail, and shows them as they were typed."""

    linkify: _Links

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return is_good_link(url)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


def _mention(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "@" or state.linkLevel > 0:
        return False
    found = state.env[_FINDER].at(state.src, state.pos, state.posMax, is_lookahead=silent)
    if found is None:
        return False
    end, person = found
    if not silent:
        token = state.push("link_open", "a", 1)
        token.attrs = {"href": person.url}
        token.meta = {PERSON: person}
        state.push("text", "", 0).content = state.src[state.pos : end]
        state.push("link_close", "a", -1)
    state.pos = end
    return True


def _address(state: StateInline, silent: bool) -> bool:
    """Link a bare `https://…`, before its signs are taken for emphasis.

    Stands in for the parser's own rule, which looks through all the text before each `://` again.
    """
    if state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME(state.pending[-6:])
    if scheme is None:
        return False
    start = state.pos - len(scheme[1])
    found = _LINKS.match_at_start(state.src[start : start + _ADDRESS_MAX])
    typed = found.url.rstrip("*") if found else ""
    if start + len(typed) <= state.pos:
        return False
    href = state.md.normalizeLink(typed)
    if not state.md.validateLink(href):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text", "", 0).content = typed
        state.push("link_close", "a", -1)
    state.pos = start + len(typed)
    return True


def _link(state: StateInline, silent: bool) -> bool:
    """Parse `[text](address)`, but look for the end of a `[` only if there can be one: heaps of `[` stay cheap."""
    if state.src[state.pos] != "[":
        return False
    last_ends: dict[str, int] = state.env.setdefault(_LAST_LINK_ENDS, {})
    if state.src not in last_ends:
        last_ends[state.src] = state.src.rfind("](")
    return state.pos < last_ends[state.src] and link(state, silent)


def _quote(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    return state.level < QUOTE_DEPTH and blockquote(state, start_line, end_line, silent)


def _quote_end(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """End a quote at the first line without `>`, so that an answer typed right below is not taken for the quote."""
    return silent


def _list(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    return state.level < _LIST_LEVEL and list_block(state, start_line, end_line, silent)


def _flatten(state: StateCore) -> None:
    """Drop the quote signs that are left where quotes were nested too deep to be shown as such."""
    for token in state.tokens:
        if token.type == "inline" and token.level > QUOTE_DEPTH:
            token.content = _QUOTE_SIGNS.sub("", token.content)


def _build() -> _Markdown:
    markdown = _Markdown("zero", {"breaks": True, "linkify": True}, renderer_cls=_Renderer)
    markdown.enable(["linkify", "fence", "newline", "escape", "backticks", "emphasis", "link"])
    markdown.linkify = _LINKS
    markdown.inline.ruler.at("linkify", _address)
    markdown.inline.ruler.at("link", _link)
    block = markdown.block.ruler
    block.at("blockquote", _quote, {"alt": ["paragraph", "list"]})
    block.at("list", _list, {"alt": ["paragraph", "blockquote"]})
    block.before("paragraph", "quote_end", _quote_end, {"alt": ["blockquote"]})
    markdown.inline.ruler.after("text", "mention", _mention)
    markdown.core.ruler.after("block", "flatten", _flatten)
    markdown.enable(["blockquote", "list", "quote_end", "mention", "flatten"])
    return markdown


_LINKS = _Links()
_MARKDOWN = _build()


def parse(clean_text: str, finder: Finder | Collector) -> list[Token]:
    """Parse a cleaned text; `finder` is asked about each `@` outside code and links."""
    return _MARKDOWN.parse(clean_text, {_FINDER: finder})


def to_html(tokens: Sequence[Token]) -> str:
    """Write the tokens as HTML, every character of the text escaped."""
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))
