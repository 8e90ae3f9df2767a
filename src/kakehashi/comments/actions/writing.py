"""What posting, editing and importing share: from a source text to rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from kakehashi.comments.actions import counting
from kakehashi.comments.models import DEEPEST, SEGMENT, Comment, CommentState, Mention, Quote, Thread
from kakehashi.lib import hot, text
from kakehashi.lib.errors import Invalid
from kakehashi.readers.models import FormerName, Reader
from kakehashi.stories.models import NewsroomSettings

# A text this many times longer than allowed is refused before any work is done on it.
HOPELESS = 20
# Ranks 0 to 2 take part in the thread.
LAST_RANK_HERE = 2

FIELDS = [field for field in Comment._meta.concrete_fields if not field.primary_key]
INSERT = (
    f"INSERT INTO comments_comment ({', '.join(str(field.column) for field in FIELDS)}) "  # noqa: S608 - names of ours
    f"VALUES ({', '.join(['%s'] * len(FIELDS))}) RETURNING id"
)
PLACE = "UPDATE comments_comment SET root_id = %s, path = %s WHERE id = %s"


def fitting(source: str, newsroom: NewsroomSettings) -> str:
    """The cleaned text, if its length in characters is allowed; raises `Invalid`."""
    longest = newsroom.comment_max
    too_long = _("Your comment has %(n)s characters; at most %(max)s fit. Please shorten it.")
    if len(source) > HOPELESS * longest:
        raise Invalid(too_long % {"n": f"{len(source):,}", "max": f"{longest:,}"}, code="too-long")
    cleaned = text.clean(source)
    length = text.length(cleaned)
    if length > longest:
        raise Invalid(too_long % {"n": f"{length:,}", "max": f"{longest:,}"}, code="too-long")
    if length == 0:
        raise Invalid(_("There is no text in your comment yet. Please write something."), code="empty")
    if length < newsroom.comment_min:
        raise Invalid(
            _("Your comment is very short: at least %(min)s characters are needed.") % {"min": newsroom.comment_min},
            code="too-short",
        )
    return cleaned


def people_named(source: str, thread: Thread) -> dict[str, text.Person]:
    """Whom the @names in `source` may mean, by folded name, in two queries at most.

    Of several with one name: a member in this thread, then somebody who wrote here without an account, then any
    member. Who takes part is meant before a member elsewhere whose name is longer.
    """
    keys = text.mention_keys(source)
    if not keys:
        return {}
    wanted = set(keys)
    found: dict[str, tuple[int, text.Person]] = {}

    def offer(key: str | None, rank: int, person: text.Person) -> None:
        if key is not None and key in wanted and (key not in found or rank < found[key][0]):
            found[key] = (rank, person)

    takes_part = Exists(Comment.objects.filter(thread=thread, author=OuterRef("pk")))
    # Two lists of ids, each from its index: asked for one name or the other, the database would read every member.
    now_so_called = Reader.objects.filter(name_key__in=keys).values("pk")
    once_so_called = FormerName.objects.filter(name_key__in=keys).values("reader")
    members = (
        Reader.objects.filter(pk__in=now_so_called.union(once_so_called), erased_at=None)
        .annotate(takes_part=takes_part)
        .values_list("pk", "name", "name_key", "former_names__name_key", "takes_part")
    )
    for pk, name, key, former_key, is_here in members:
        person = text.Person(name=name, url=reverse("member", args=[name]), id=pk)
        offer(key, 0 if is_here else 3, person)
        offer(former_key, 1 if is_here else 4, person)
    guests = thread.comments.filter(author=None).exclude(author_name="").order_by("created_at", "pk")
    for name, first in guests.values_list("author_name", "pk"):
        offer(text.fold(name), LAST_RANK_HERE, text.Person(name=name, url=reverse("comment", args=[first])))
    shadowed = _shadowed(keys, {key for key, (rank, _person) in found.items() if rank <= LAST_RANK_HERE})
    return {key: person for key, (_rank, person) in found.items() if key not in shadowed}


def _shadowed(keys: list[str], here: set[str]) -> set[str]:
    """The keys that lengthen somebody's who takes part: of one `@`, the participant's shorter name is meant.

    Candidates of one `@` stand together, each the beginning of the next.
    """
    shadowed: set[str] = set()
    shorter = ""
    is_met = False
    for key in keys:
        is_met = is_met and bool(shorter) and key.startswith(shorter)
        if key in here:
            is_met = True
        elif is_met:
            shadowed.add(key)
        shorter = key
    return shadowed


def rendered(source: str, thread: Thread, people: Mapping[str, text.Person] | None = None) -> text.Rendered:
    """Clean text as HTML; `people` overrides whom @names mean. Two queries at most, none without an @."""
    return text.render(source, people=people_named(source, thread) | dict(people or {}))


def add_comment(
    *,
    thread: Thread,
    thread_state: str = "",
    source: str,
    rendered: text.Rendered,
    author: Reader | None,
    parent: Comment | None,
    quoted: Comment | None,
    state: CommentState,
    created_at: datetime,
    **fields: object,
) -> Comment | None:
    """Move the thread on and insert the comment at its place in the tree, with its mentions and its quote.

    `source` is clean. None, and nothing written, where the thread is not in `thread_state` (empty: any) any more.
    """
    is_visible = state == CommentState.VISIBLE
    version = counting.raise_for_comment(thread.pk, state=thread_state, is_visible=is_visible, at=created_at)
    if version is None:
        return None
    comment = Comment(
        thread_id=thread.pk,
        author_id=author.pk if author else None,
        parent_id=parent.pk if parent else None,
        root_id=(parent.root_id or parent.pk) if parent else None,
        depth=min(parent.depth + 1, DEEPEST) if parent else 0,
        source=source,
        html=rendered.html,
        plain=rendered.plain,
        state=state.value,
        created_at=created_at,
        version=version,
        first_version=version if is_visible else 0,
        **fields,
    )
    _insert(comment)
    _place(comment, parent)
    add_mentions(comment, rendered.mentioned)
    if quoted is not None:
        Quote.objects.create(comment=comment, quoted=quoted)
    return comment


def _insert(comment: Comment) -> None:
    """As `save`, without what it does besides: one statement of one text. Only times are not what the database takes."""
    moment = connection.ops.adapt_datetimefield_value
    held = [getattr(comment, field.attname) for field in FIELDS]
    values = [moment(value) if isinstance(value, datetime) else value for value in held]
    with hot.cursor() as cursor:
        cursor.execute(INSERT, values)
        (comment.pk,) = cursor.fetchone()
    comment._state.adding, comment._state.db = False, connection.alias


def _place(comment: Comment, parent: Comment | None) -> None:
    """Its own id is part of its place, so the place is written second."""
    comment.root_id = comment.root_id or comment.pk
    if parent is not None:
        above = parent.path[:-SEGMENT] if parent.depth == DEEPEST else parent.path
        comment.path = f"{above}{comment.pk:0{SEGMENT}d}"
    with hot.cursor() as cursor:
        cursor.execute(PLACE, [comment.root_id, comment.path, comment.pk])


def add_mentions(comment: Comment, mentioned: Iterable[text.Person]) -> None:
    """One row for each member addressed, the author excepted."""
    ids = {person.id for person in mentioned if person.id is not None} - {comment.author_id}
    if ids:
        Mention.objects.bulk_create(
            [Mention(comment=comment, reader_id=pk) for pk in sorted(ids)], ignore_conflicts=True
        )
