"""The story page: a shell, the frame of the discussion, the comments' HTML, and what is one reader's own.

The first three are shared by all readers of a kind (scenes, listings). A reader's own are the name in the menu, the
CSRF token, messages, the text in the form, and those comments that the reader wrote, voted on or has muted: only these
are looked up and put in for each request, and none of it enters what is shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from kakehashi.comments import actions, articles, drafts, listings, lulls, queries, rows, rules, scenes, schema
from kakehashi.comments.articles import Look, Own
from kakehashi.comments.drafts import Draft
from kakehashi.comments.listings import Listing, earliest
from kakehashi.comments.orders import Choice, asked, has_chosen, preferred
from kakehashi.comments.queries import Standing
from kakehashi.comments.scenes import Kind, Scene, next_day
from kakehashi.comments.shown import Discussion, Door, address, answer_query
from kakehashi.comments.viewing import reader_of
from kakehashi.lib import pages
from kakehashi.lib.choices import Choices, choices_of
from kakehashi.lib.errors import NotFound
from kakehashi.readers.models import Reader
from kakehashi.stories.hours import Outside

# A discussion that nobody has written into has no number yet by which to say that it changed.
NEW = timedelta(seconds=1)


@dataclass(frozen=True, eq=False)
class Visit:
    """One reader (None: nobody in particular) at one page of one discussion, at one moment. `asked` need not be settled."""

    standing: Standing
    scene: Scene
    reader: Reader | None
    asked: Choice
    now: datetime
    # The number of the survey whose banner stands on the pages, where this browser has sent it away.
    survey: str = ""

    @cached_property
    def choice(self) -> Choice:
        """What is shown: in the section's order where no other is asked for."""
        return self.asked.settled(self.scene.usual_order)

    @cached_property
    def door(self) -> Door:
        published_at = self.scene.story.published_at or self.now
        days = self.scene.newsroom.close_after_days
        is_open = rules.is_open(self.standing, published_at=published_at, close_after_days=days, now=self.now)
        is_closed_by_hours = is_open and self.lull.kind == Outside.CLOSE
        return Door(
            is_open=is_open and not is_closed_by_hours,
            closes_at=rules.closes_at(published_at, days),
            is_member=self.reader is not None,
            is_suspended=self.reader is not None and not rules.can_write(self.reader, self.now),
            is_warned=self.reader is not None and self.reader.warned_at is not None,
            waits_for=self._waits_for(self.reader) if self.reader is not None else "",
            lull=self._lull_sentence() if is_open else "",
            is_closed_by_hours=is_closed_by_hours,
            rule_number=self.standing.rule_number,
            reason=self.standing.reason,
        )

    @cached_property
    def lull(self) -> rules.Lull:
        """What holds here because nobody of the team is there."""
        scene = self.scene
        published_at = scene.story.published_at or self.now
        return rules.lull(scene.newsroom, section=scene.section.pk, published_at=published_at, now=self.now)

    def _lull_sentence(self) -> str:
        """The staff write as always, but not where nobody does."""
        section, reader = self.scene.section.pk, self.reader
        is_free = reader is not None and rules.skips_the_wait(reader, section)
        return "" if is_free and self.lull.kind != Outside.CLOSE else lulls.sentence(self.lull, self.now)

    def _waits_for(self, reader: Reader) -> str:
        section = self.scene.section
        return rules.waits_for(
            reader,
            section=section.pk,
            thread_state=self.standing.state,
            section_holds=section.holds_comments,
            newsroom=self.scene.newsroom,
            lull=self.lull,
        )

    @cached_property
    def usual(self) -> Choice:
        """What the reader gets here where the address asks for nothing."""
        return preferred(self.reader).settled(self.scene.usual_order)

    @cached_property
    def listing(self) -> Listing:
        size = self.scene.newsroom.comments_per_page
        return listings.listing(
            self.standing.thread_id, self.standing.version, self.choice, size, self.reader, self.scene.section.pk
        )

    @cached_property
    def look(self) -> Look:
        section, reader = self.scene.section, self.reader
        return Look(
            language=get_language() or "",
            vote_display=section.vote_display,
            votes_hidden_hours=section.votes_hidden_hours,
            is_nested=self.choice.is_nested,
            is_moderator=rules.can_moderate(reader, section.pk),
            can_vote=reader is not None and not self.door.is_suspended,
            answering=answer_query(self.scene.path, self.choice, usual=self.usual) if self.door.can_comment else "",
        )

    @cached_property
    def discussion(self) -> Discussion:
        return Discussion(
            language=get_language() or "",
            edition=self.scene.edition,
            story_id=self.scene.story.pk,
            path=self.scene.path,
            comment_max=self.scene.newsroom.comment_max,
            thread_state=self.standing.state,
            door=self.door,
            is_moderator=rules.can_moderate(self.reader, self.scene.section.pk),
            choice=self.listing.choice,
            usual=self.usual,
            pages=self.listing.pages,
            length=min(self.listing.total, 2),
            has_people=self.listing.people > 1,
        )

    @cached_property
    def marks(self) -> tuple[dict[int, int], frozenset[int]]:
        """The reader's votes on the comments of this page, and whom the reader has muted: one query for a member."""
        if self.reader is None:
            return {}, frozenset()
        return queries.own_marks(self.reader.pk, [row.pk for row in self.listing.rows])

    def articles(self, fresh: int | None = None) -> bytes:
        """The comments of this page as this reader sees them; `fresh` is the one just written. One query for a member."""
        listing, look, now = self.listing, self.look, self.now
        if self.reader is None:
            return b"\n".join(listing.sheet(look, now).html)
        votes, muted = self.marks
        if self.reader.pk in listing.waiting and not look.is_moderator:
            own = range(len(listing.rows))
            html = [b""] * len(own)
        else:
            own = listing.places_by_author.get(self.reader.pk, [])  # type: ignore[assignment]
            html = listing.sheet(look, now).html.copy()
        for place in self._marked(votes, muted):
            row = listing.rows[place]
            vote, is_muted = votes.get(row.pk, 0), row.author_id in muted
            html[place] = listing.piece(row, look, now, vote=vote, is_muted=is_muted).html
        for place in own:
            row = listing.rows[place]
            mine = Own(self.reader.pk, votes.get(row.pk, 0), row.author_id in muted, row.pk == fresh)
            reason = listing.reasons.get(row.pk, ())
            html[place] = articles.article(row, look, listing.here, now, mine, reason).encode()
        return b"\n".join(html)

    def _marked(self, votes: dict[int, int], muted: frozenset[int]) -> list[int]:
        """The places of comments that the reader voted on or whose authors are muted."""
        places = [self.listing.places[pk] for pk in votes]
        for author in muted & self.listing.places_by_author.keys():
            places += self.listing.places_by_author[author]
        return places

    def discussion_html(self, token: str, draft: Draft | None = None, fresh: int | None = None) -> bytes:
        """The whole discussion: head, comments, pages, form."""
        frame, reply = scenes.parts(self.discussion)
        if draft is not None and draft != Draft():
            reply = scenes.reply(self.discussion, draft)
        csrf = {"csrf_token": token.encode()}
        return frame.filled(
            csrf
            | {
                "count": _count(self.standing.comments),
                "people": _people(self.listing.people),
                "version": b"%d" % self.standing.version,
                "comments": self.articles(fresh),
                "reply": reply.filled(csrf),
            }
        )

    def page_html(self, token: str = "", notices: bytes = b"", draft: Draft | None = None) -> bytes:
        """The whole story page."""
        reader, scene = self.reader, self.scene
        kind = Kind.of(reader, get_language() or "", self.survey)
        _scene, frame, article = scenes.shell(scene, kind, self.now)
        values = {
            "discussion": self.discussion_html(token, draft),
            "comment_link": articles.link_to_comments(scene.path, self.standing.comments).encode(),
            "article_json": schema.script(
                article,
                count=self.standing.comments,
                address=f"{scene.story.full_url}#comments",
                comments=self.listing.data(self.look, self.now),
            ),
            "notices": notices,
            "csrf_token": token.encode(),
        }
        values |= {name: fill(self) for name, fill in frame.later.items()}
        if reader is not None:
            values |= {"name": escape(reader.name).encode(), "own_page": articles.member_url(reader.name).encode()}
        return frame.filled(values)

    def lasts(self) -> timedelta:
        """How long the page of nobody in particular may be shown: until a licence or a score's rest ends, the thread
        closes, the team comes or goes, or, where the hour is named, the day ends."""
        expires_at = self.scene.story.body_expires_at
        closes_at = self.door.closes_at
        moments = (
            expires_at,
            closes_at,
            self.lull.until,
            self._ages_at(),
            self.listing.sheet(self.look, self.now).until,
        )
        until = earliest(moment for moment in moments if moment is not None and moment > self.now)
        return pages.LONGEST if until is None else until - self.now

    def _ages_at(self) -> datetime | None:
        """When the story is too old for what holds outside staffed hours, or "tomorrow" becomes today."""
        if self.lull.kind == Outside.NOTHING:
            return None
        new_hours = self.scene.newsroom.hours.new_hours
        published_at = self.scene.story.published_at or self.now
        ages_at = published_at + timedelta(hours=new_hours) if new_hours else None
        return earliest((ages_at, next_day(self.now)))


def visit(
    story_id: int,
    reader: Reader | None,
    choice: Choice,
    now: datetime | None = None,
    *,
    edition: int | None = None,
    cookies: Mapping[str, str] | None = None,
) -> Visit | None:
    """A look at the story's discussion; None where no such story is published, or not in this `edition` any more. Of
    `cookies` only lib.choices count."""
    now = now or timezone.now()
    standing = queries.standing(story_id)
    if standing is None or edition not in (None, standing.edition):
        return None
    scene = scenes.scene(story_id, standing.edition, now)
    survey = choices_of(cookies, standing.survey).survey if cookies else ""
    return Visit(standing, scene, reader, choice, now, survey) if scene is not None else None


def answer(
    request: HttpRequest, story_id: int, *, edition: int | None = None, is_public: bool = True
) -> HttpResponse | None:
    """The story page for this request, or where the address leads instead; None as `visit`."""
    reader = reader_of(request)
    found = visit(story_id, reader, asked(request, reader), edition=edition, cookies=request.COOKIES)
    if found is None:
        return None
    if reader is not None and has_chosen(request):
        choice, usual_order = found.choice, found.scene.usual_order
        actions.remember_choice(reader=reader, order=choice.order, layout=choice.layout, usual_order=usual_order)
    if (elsewhere := _elsewhere(request, found)) is not None:
        return HttpResponseRedirect(elsewhere)
    notices = _notices(request)
    if reader is not None:
        draft = drafts.draft_for(request, found.scene.story)
        response = HttpResponse(found.page_html(get_token(request), notices, draft))
    else:
        response = HttpResponse(found.page_html(notices=notices))
        if is_public and not notices:
            _share(response, found)
    pages.show_story(response, story_id)
    return response


def _share(response: HttpResponse, found: Visit) -> None:
    standing = found.standing
    pages.share(
        response,
        tags={f"thread:{standing.thread_id}": standing.version} if standing.thread_id is not None else {},
        lasts=found.lasts(),
        fresh_for=pages.LONGEST if standing.thread_id is not None else NEW,
        again=partial(_again, found.scene.story.pk, found.choice, found.survey),
    )


def _again(story_id: int, choice: Choice, survey: str) -> bytes:
    """The page of nobody in particular as it is now, in the language in force, in any thread that may use the database.
    Raises Http404 where it is gone."""
    found = visit(story_id, None, choice, cookies=Choices(survey=survey).cookies())
    if found is None or found.listing.choice != choice:
        raise Http404
    return found.page_html()


def _elsewhere(request: HttpRequest, found: Visit) -> str | None:
    """Where to go instead: from a page that is not there to the nearest, from another name of an order to its own."""
    number = request.GET.get("page")
    nearest = found.listing.choice
    if "comment-order" not in request.GET and number in (None, str(nearest.page)):
        return None
    return address(found.scene.path, nearest, nearest.page, usual=found.usual)


def _notices(request: HttpRequest) -> bytes:
    waiting, reader = messages.get_messages(request), reader_of(request)
    leaves_at = reader.leaves_at if reader is not None else None
    if not len(waiting) and leaves_at is None:
        return b""
    return render_to_string("partials/messages.html", {"messages": waiting, "leaves_at": leaves_at}).encode()


def _count(number: int) -> bytes:
    return escape(ngettext("%(count)s Comment", "%(count)s Comments", number) % {"count": number}).encode()


def _people(number: int) -> bytes:
    return escape(ngettext("by %(people)s member", "by %(people)s members", number) % {"people": number}).encode()


def visit_or_404(story_id: int, reader: Reader | None, choice: Choice) -> Visit:
    """As `visit`. Raises `NotFound`."""
    found = visit(story_id, reader, choice)
    if found is None:
        raise NotFound(_("This story is not here."))
    return found


def articles_of(found: Visit, ids: Sequence[int], *, fresh: int | None = None) -> bytes:
    """These comments alone, for htmx and the live door; those whose place is not the reader's to know of are left out.

    Three queries, four for a member.
    """
    by_id = rows.fetch(ids)
    votes, muted = queries.own_marks(found.reader.pk, ids) if found.reader is not None else ({}, frozenset())
    reader_id = found.reader.pk if found.reader is not None else None
    html = []
    for row in (by_id[pk] for pk in ids if pk in by_id):
        is_own = reader_id is not None and row.author_id == reader_id
        if rules.has_place(row.state, is_own=is_own, is_moderator=found.look.is_moderator):
            own = Own(reader_id, votes.get(row.pk, 0), row.author_id in muted, row.pk == fresh)
            html.append(articles.article(row, found.look, frozenset(ids), found.now, own))
    return "\n".join(html).encode()


def forget() -> None:
    """Forget all that is remembered between requests, as after a start."""
    scenes.forget()
    listings.forget()
