"""One comment as HTML: on the page, in every answer to htmx and in what the live door adds.

Plain Python instead of a template: a page holds up to a thousand of these, each is made in some microseconds. Everything
from outside passes `escape` but the comment's own HTML, which lib.text has cleaned; around it stand at most 500 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache, lru_cache
from html import escape
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from kakehashi.comments import reasons, rules
from kakehashi.comments.models import CommentState, waits_sentence
from kakehashi.comments.reasons import Reason
from kakehashi.comments.rows import Other, Row
from kakehashi.stories.models import VoteDisplay


class Look(NamedTuple):
    """How comments look to one kind of reader. Nobody in particular: all for whom this is the same share the HTML."""

    language: str
    vote_display: str
    votes_hidden_hours: int
    is_nested: bool = False
    is_moderator: bool = False
    can_vote: bool = False
    # Begins the addresses of "Answer" and "Quote" links; empty where the reader cannot comment.
    answering: str = ""

    @property
    def as_written(self) -> str:
        """The `lang` attribute of what readers wrote, within a page in another language than the site's."""
        return "" if self.language == settings.LANGUAGE_CODE else f' lang="{settings.LANGUAGE_CODE}"'

    def shows_votes_from(self, row: Row) -> datetime | None:
        """From when on the score is shown; None: always."""
        return rules.shows_votes_from(self.vote_display, self.votes_hidden_hours, row.created_at)

    def shows_votes(self, row: Row, now: datetime) -> bool:
        since = self.shows_votes_from(row)
        return since is None or now >= since

    def score(self, row: Row, now: datetime) -> str:
        """As `score`; empty while votes are hidden."""
        return score(self.vote_display, row.net, row.up, row.down) if self.shows_votes(row, now) else ""

    def reason(self, row: Row, found: Reason, now: datetime) -> str:
        """As `reasons.line`; empty where there is none, or while votes are hidden."""
        if not found or row.state != CommentState.VISIBLE or not self.shows_votes(row, now):
            return ""
        return reasons.line(found, self.language, has_figures=self.vote_display != VoteDisplay.NET)


@dataclass(frozen=True, slots=True)
class Own:
    """What one comment is to one reader: `reader_id` only where it decides what the reader sees."""

    reader_id: int | None = None
    vote: int = 0
    is_muted: bool = False
    # Just written or changed by the reader: it gets the focus.
    is_fresh: bool = False


NOTHING = Own()


def score(vote_display: str, net: int, up: int, down: int) -> str:
    """`2 ( +3 / -1 )`, or the net alone where the section wants that."""
    return str(net) if vote_display == VoteDisplay.NET else f"{net} ( +{up} / -{down} )"


def link_to_comments(path: str, count: int) -> str:
    """“15 Comments”, leading to the discussion of the story at this path."""
    words = ngettext("%(n)s Comment", "%(n)s Comments", count) % {"n": f"{count:,}"}
    return f'<a class="comment-count" href="{escape(path)}#comments">{escape(words)}</a>'


def article(row: Row, look: Look, here: frozenset[int], now: datetime, own: Own = NOTHING, reason: Reason = ()) -> str:
    """The comment. `here` are the ids on the same page: a link to one of those stays on it. `reason`: why it stands where
    it stands."""
    words = words_of(look.language)
    is_own = own.reader_id is not None and row.author_id == own.reader_id
    is_readable = rules.is_readable(row.state, is_own=is_own, is_moderator=look.is_moderator)
    depth = f" depth-{row.depth}" if look.is_nested and row.depth else ""
    state, note = "", ""
    if row.state != CommentState.VISIBLE:
        rule = _rule(row, words) if row.state == CommentState.REMOVED else ""
        if row.state == CommentState.HELD and row.waits_for and is_own:
            rule = f" {escape(waits_sentence(row.waits_for))}"
        state, note = f" is-{row.state}", f'<p class="state-note">{words.notes[row.state]}{rule}</p>\n'
    focus = ' tabindex="-1" autofocus' if own.is_fresh else ""
    why = look.reason(row, reason, now)
    readable = _readable(row, look, here, now, own, words, is_own=is_own, why=why) if is_readable else ""
    tools = _moderating(row, words) if look.is_moderator and row.state != CommentState.WITHDRAWN else ""
    return (
        f'<article id="c-{row.pk}" class="comment h-entry{depth}{state}"{focus}>\n{note}{readable}{tools}\n</article>'
    )


def _readable(
    row: Row, look: Look, here: frozenset[int], now: datetime, own: Own, words: Words, *, is_own: bool, why: str
) -> str:
    name = escape(row.writer or words.a_reader)
    person = f'<span class="p-author h-card">{name}</span>'
    if row.writer_has_page:
        person = f'<a class="p-author h-card" href="{member_url(row.writer)}">{name}</a>'
    time = _time(row.created_at, row.is_time_known, look.language, timezone.get_current_timezone())
    edited = ""
    if row.edited_at:
        edited = f'\n<span class="edited">{words.edited_by_staff if row.is_edited_by_staff else words.edited}</span>'
        edited += _rule(row, words)
    links = _links(row, look, here, own, words) if row.refers_to else ""
    begin = end = ""
    if own.is_muted:
        begin, end = f'<details class="muted"><summary>{words.muted % {"name": name}}</summary>\n', "</details>"
    can_vote = look.can_vote and not is_own and row.state == CommentState.VISIBLE
    buttons = votes(row.pk, name, look.score(row, now), words, can_vote=can_vote, own=own.vote)
    tools = ""
    if look.answering and row.state == CommentState.VISIBLE:
        tools = _answering(row.pk, name, look.answering, words)
    if is_own:
        tools += _own_tools(row, look, now, words)
    elif row.state == CommentState.VISIBLE and not look.is_moderator:
        tools += _report(row.pk, name, look, words)
    return (
        f'{begin}<header>{person}\n<a class="u-url" href="{_url("comment") % row.pk}">{time}</a>{edited}{links}</header>\n'
        f'<div class="e-content"{look.as_written}>{row.html}</div>{why}\n<footer>{buttons}{tools}</footer>{end}'
    )


def votes(pk: int, name: str, score: str, words: Words, *, can_vote: bool, own: int = 0) -> str:
    """Score and buttons of one comment; the buttons belong to the one form `act` of the page. `name` is escaped."""
    shown = f'<span class="score">{score}</span>' if score else ""
    if not can_vote:
        return shown
    address = _url("comment-vote") % pk
    up, is_up = ("0", "true") if own == 1 else ("1", "false")
    down, is_down = ("0", "true") if own == -1 else ("-1", "false")
    return (
        f'<span id="v-{pk}" class="votes"><button id="u-{pk}" type="submit" form="act" formaction="{address}" name="value"'
        f' value="{up}" class="up" aria-pressed="{is_up}" aria-label="{words.rate_up % {"name": name}}">+</button>\n{shown}\n'
        f'<button id="d-{pk}" type="submit" form="act" formaction="{address}" name="value" value="{down}" class="down"'
        f' aria-pressed="{is_down}" aria-label="{words.rate_down % {"name": name}}">−</button></span>'
    )


def _links(row: Row, look: Look, here: frozenset[int], own: Own, words: Words) -> str:
    """What it answers, then what else it quotes: one link says both where they are the same."""
    made = []
    answers = answered(row, look, own)
    if answers is not None:
        parent, is_readable = answers
        name = escape(parent.writer or words.a_reader) if is_readable else words.gone
        quotes, says = "", words.in_answer_to
        if any(quoted.pk == parent.pk for quoted in row.quotes):
            quotes, says = " quotes", words.quoting
        made.append(f'\n<a class="u-in-reply-to{quotes}" href="{_place(parent.pk, here)}">{says % {"name": name}}</a>')
    for quoted in row.quotes:
        if (row.parent is None or quoted.pk != row.parent.pk) and _is_readable(quoted, look, own):
            says = words.quoting % {"name": escape(quoted.writer or words.a_reader)}
            made.append(f'\n<a class="quotes" href="{_place(quoted.pk, here)}">{says}</a>')
    return "".join(made)


def answered(row: Row, look: Look, own: Own = NOTHING) -> tuple[Other, bool] | None:
    """The comment that this one answers, if its place is the reader's to know of, and whether its words are."""
    parent = row.parent
    if parent is None:
        return None
    is_own = own.reader_id is not None and parent.author_id == own.reader_id
    if not rules.has_place(parent.state, is_own=is_own, is_moderator=look.is_moderator):
        return None
    return parent, _is_readable(parent, look, own)


def _is_readable(other: Other, look: Look, own: Own) -> bool:
    is_own = own.reader_id is not None and other.author_id == own.reader_id
    return rules.is_readable(other.state, is_own=is_own, is_moderator=look.is_moderator)


def _place(pk: int, here: frozenset[int]) -> str:
    return f"#c-{pk}" if pk in here else _url("comment") % pk


def _answering(pk: int, name: str, answering: str, words: Words) -> str:
    address = escape(answering)
    return (
        f'\n<a class="answer" href="{address}answer={pk}#reply" rel="nofollow"'
        f' aria-label="{words.answer_name % {"name": name}}">{words.answer}</a>\n'
        f'<a class="quote" href="{address}quote={pk}#reply" rel="nofollow"'
        f' aria-label="{words.quote_name % {"name": name}}">{words.quote}</a>'
    )


def _report(pk: int, name: str, look: Look, words: Words) -> str:
    """Below each comment of others; who is logged in gets the form in its place."""
    address = _url("comment-report") % pk
    if not look.can_vote:
        return f'\n<a href="{address}">{words.report}</a>'
    return (
        f'\n<a href="{address}" hx-get="{address}" hx-swap="outerHTML"'
        f' aria-label="{words.report_name % {"name": name}}">{words.report}</a>'
    )


def _own_tools(row: Row, look: Look, now: datetime, words: Words) -> str:
    """Edit, only where comments are taken still (an edited comment is a new one to read) and no moderator has changed it; and
    withdraw."""
    if row.state not in rules.STANDING:
        return ""
    edit, withdraw = _url("comment-edit") % row.pk, _url("comment-withdraw") % row.pk
    tools = ""
    if look.answering and not row.is_edited_by_staff and now < row.created_at + rules.EDIT_WINDOW:
        tools = (
            f'\n<a class="edit" href="{edit}" hx-get="{edit}" hx-target="#c-{row.pk}" hx-swap="outerHTML">'
            f"{words.edit}</a>"
        )
    return (
        f'{tools}\n<a class="withdraw" href="{withdraw}" hx-post="{withdraw}" hx-include="#act" hx-target="#c-{row.pk}"'
        f' hx-swap="outerHTML" hx-confirm="{words.withdraw_question}">{words.withdraw}</a>'
    )


def _rule(row: Row, words: Words) -> str:
    """Under which rule a moderator removed or changed it, where readers are told."""
    if not row.rule_number:
        return ""
    return f' <a href="{reverse("rules")}#rule-{row.rule_number}">{words.rule % {"number": row.rule_number}}</a>'


def _moderating(row: Row, words: Words) -> str:
    """Publishing is one click; the rest asks for a rule, in this place or on a page of its own."""
    address = _url("moderation-comment") % row.pk
    tools = "".join(
        f'<a href="{address}?action={action}" hx-get="{address}?action={action}" hx-target="#c-{row.pk} > .moderate"'
        f' hx-swap="outerHTML" rel="nofollow">{verb}</a>\n'
        for action, verb in words.verbs.items()
        if action != row.state
    )
    if row.state != CommentState.VISIBLE:
        tools = (
            f'<button type="submit" form="act" formaction="{address}?was={row.state}" name="action" value="visible">'
            f"{words.publish}</button>\n{tools}"
        )
    return f'\n<details class="moderate"><summary>{words.moderate}</summary>{tools}</details>'


@cache
def _url(name: str) -> str:
    """The address of a comment's page or tool, `%d` in place of its number."""
    return reverse(name, args=[0]).replace("/0/", "/%d/")


@lru_cache(maxsize=4096)
def member_url(name: str) -> str:
    """The address of a member's page, escaped."""
    return escape(reverse("member", args=[name]))


@lru_cache(maxsize=4096)
def _time(moment: datetime, is_time_known: bool, language: str, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    exact, words = f"{local:%Y-%m-%dT%H:%M%z}", date_format(local, "SHORT_DATETIME_FORMAT")
    if not is_time_known:
        exact, words = f"{local:%Y-%m-%d}", date_format(local, "SHORT_DATE_FORMAT")
    return f'<time class="dt-published" datetime="{exact}">{escape(words)}</time>'


@dataclass(frozen=True, slots=True)
class Words:
    """What stands around comments in one language, escaped; `%(name)s` takes a name that is."""

    a_reader: str
    gone: str
    notes: dict[str, str]
    publish: str
    verbs: dict[str, str]
    rule: str
    muted: str
    edited: str
    edited_by_staff: str
    quoting: str
    in_answer_to: str
    rate_up: str
    rate_down: str
    answer: str
    answer_name: str
    quote: str
    quote_name: str
    report: str
    report_name: str
    edit: str
    withdraw: str
    withdraw_question: str
    moderate: str


@cache
def words_of(language: str) -> Words:
    """The words of the language in force, which is `language`."""
    return Words(
        a_reader=escape(_("A reader")),
        gone=escape(_("a comment that is gone")),
        notes={
            CommentState.HELD: escape(_("Waits for a moderator: nobody else sees it yet.")),
            CommentState.REMOVED: escape(_("A moderator has removed this comment.")),
            CommentState.WITHDRAWN: escape(_("Its author has withdrawn this comment.")),
        },
        publish=escape(_("Publish")),
        verbs={
            CommentState.REMOVED: escape(_("Remove")),
            CommentState.HELD: escape(_("Hold back")),
            "edited": escape(_("Change its words")),
        },
        rule=escape(_("(rule %(number)s)")),
        muted=escape(_("A comment by %(name)s, whom you have muted")),
        edited=escape(_("edited")),
        edited_by_staff=escape(_("changed by a moderator")),
        quoting=escape(_("quoting %(name)s")),
        in_answer_to=escape(_("in answer to %(name)s")),
        rate_up=escape(_("Rate the comment by %(name)s up")),
        rate_down=escape(_("Rate the comment by %(name)s down")),
        answer=escape(_("Answer")),
        answer_name=escape(_("Answer %(name)s")),
        quote=escape(_("Quote")),
        quote_name=escape(_("Quote %(name)s")),
        report=escape(pgettext("verb", "Report")),
        report_name=escape(_("Report the comment by %(name)s")),
        edit=escape(_("Edit")),
        withdraw=escape(_("Withdraw")),
        withdraw_question=escape(
            _("Withdraw this comment? Nobody will be able to read it any more, and this cannot be undone.")
        ),
        moderate=escape(_("Moderate")),
    )
