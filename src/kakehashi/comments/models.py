"""Threads, comments and votes. Nothing is deleted by a click: a comment changes its state."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kakehashi.stories.models import StoryPage

# Answers to answers deeper than this stand beside what they answer, so a path stays short.
DEEPEST = 8
# Characters of one path segment: a comment's id, zero-padded.
SEGMENT = 10


class ThreadState(models.TextChoices):
    OPEN = "open", _("Open")
    HELD_FIRST = "held_first", _("Comments are read by a moderator first")
    CLOSED = "closed", _("Closed")


# Of what is said to everybody about a discussion that was closed, or is read first.
LONGEST_REASON = 500


class Thread(models.Model):
    """The discussion of one story. `comment_count` counts visible comments; `version` grows with every change.

    `rule_number` (0: none is told) and `reason` say to everybody why it is not simply open.
    """

    story = models.OneToOneField(StoryPage, on_delete=models.CASCADE, related_name="thread")
    state = models.CharField(max_length=10, choices=ThreadState, default=ThreadState.OPEN)
    comment_count = models.PositiveIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=0)
    last_comment_at = models.DateTimeField(null=True, blank=True)
    rule_number = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True, default="")

    def __str__(self) -> str:
        return f"thread of {self.story_id}"


class CommentState(models.TextChoices):
    VISIBLE = "visible", _("Visible")
    HELD = "held", _("Waiting for a moderator")
    REMOVED = "removed", _("Removed by a moderator")
    WITHDRAWN = "withdrawn", _("Withdrawn by its author")


class Waits(models.TextChoices):
    """Why a comment is held until a moderator has read it, in words to its author."""

    HOURS = "hours", _("Nobody of our team is here at this hour, so a moderator reads comments before others see them.")
    SITE = "site", _("On this site a moderator reads comments before others see them.")
    SECTION = "section", _("In this section a moderator reads comments before others see them.")
    THREAD = "thread", _("A moderator reads comments here before others see them.")
    NEW = "new", _("A moderator reads the first comments of every new member before others see them.")
    RECORD = (
        "record",
        _(
            "Several of your comments were removed within the last days, so for now a moderator reads yours before others see "
            "them."
        ),
    )
    WORDS = "words", _("Some of its words are often used to hurt people, so a moderator reads it first.")
    LINKS = "links", _("A moderator reads comments of new members that hold links before others see them.")
    REPEATS = "repeats", _("The same text was posted here before, so a moderator reads it first.")
    PACE = "pace", _("You have posted many comments within a few minutes, so a moderator reads this one first.")
    MENTIONS = "mentions", _("It addresses many people at once, so a moderator reads it first.")
    CHECK = "check", _("An automated check has put it aside for a moderator, who decides.")
    BROKEN = "broken", _("A check that each comment passes could not be made, so a moderator reads it first.")


def waits_sentence(reason: str) -> str:
    """What the author is told of a comment that waits (Waits); empty for no reason."""
    return str(Waits(reason).label) if reason in Waits.values else ""


class CommentQuerySet(models.QuerySet["Comment"]):
    def listed(self) -> Self:
        """What everybody sees in its place in the thread: comments and tombstones, not held ones."""
        return self.exclude(state=CommentState.HELD)

    def visible(self) -> Self:
        """What everybody may read."""
        return self.filter(state=CommentState.VISIBLE)


class Comment(models.Model):
    """One comment. `author` is empty for imported comments whose writer has no account; `author_name` is as printed."""

    # Without indexes of their own: those below begin with them.
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="comments",
        db_index=False,
    )
    author_name = models.CharField(max_length=80, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="answers")
    root = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    # One fixed-width segment a level below the root: sorting by it walks the tree depth-first. Empty for a root.
    path = models.CharField(max_length=SEGMENT * DEEPEST, blank=True, default="")
    depth = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=CommentState, default=CommentState.VISIBLE)
    created_at = models.DateTimeField(default=timezone.now)
    # False for imported comments whose page printed no time: their day is shown, and `created_at` keeps their order.
    is_time_known = models.BooleanField(default=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    state_changed_at = models.DateTimeField(null=True, blank=True)
    # Why it is held, where it was before anybody decided on it (Waits).
    waits_for = models.CharField(max_length=10, blank=True, default="")
    # A keyed digest of its text, by which the same text is found again; empty for short texts, and after some days.
    digest = models.BigIntegerField(null=True, blank=True)
    # The thread's version when a reader could last see a change here: posted, voted on, edited, its state or its author's
    # name changed, or that of what it answers or quotes.
    version = models.PositiveBigIntegerField(default=0)
    # The thread's version when everybody could first see it; 0 while nobody else has, and for comments older than this
    # column.
    first_version = models.PositiveBigIntegerField(default=0)
    # Live votes that count: as many as the rows say; they move by difference, `kakehashi check` counts them anew.
    up = models.PositiveIntegerField(default=0)
    down = models.PositiveIntegerField(default=0)
    # Totals found on an imported page; its net need not equal up minus down.
    archived_net = models.IntegerField(default=0)
    archived_up = models.PositiveIntegerField(default=0)
    archived_down = models.PositiveIntegerField(default=0)
    # Wilson lower bound of all ups and downs, kept with the counters.
    popularity = models.FloatField(default=0.0)
    # What the ranking says (actions.placing): the score, 0.0 without votes, and who agrees, "34/39,12/15" by camp.
    common_ground = models.FloatField(default=0.0)
    agreement = models.CharField(max_length=80, blank=True, default="")
    # Under which rule of the site it was removed or changed, where readers are told; 0: they are not.
    rule_number = models.PositiveSmallIntegerField(default=0)
    # Its words are not all its author's any more.
    is_edited_by_staff = models.BooleanField(default=False)
    # Last in the row: sorting and counting read only what stands before.
    source = models.TextField()
    html = models.TextField()
    plain = models.TextField(blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # Oldest and newest order of a thread, its counts, and how many stand before one (permalinks): state and
            # author are there so that all this is answered without reading the rows.
            models.Index(fields=["thread", "created_at", "id", "state", "author"], name="comment_by_time"),
            # Popular order.
            models.Index(fields=["thread", "-popularity", "created_at", "id", "state"], name="comment_by_popularity"),
            # Common ground.
            models.Index(
                fields=["thread", "-common_ground", "created_at", "id", "state"], name="comment_by_common_ground"
            ),
            # Nested layout: the trees of a thread.
            models.Index(fields=["thread", "root", "path", "state"], name="comment_tree"),
            # Member pages and the limits on posting.
            models.Index(fields=["author", "-created_at"], name="comment_by_author"),
            # What changed in a thread since a version: the live door.
            models.Index(fields=["thread", "version"], name="comment_by_version"),
            # Upper rooms reading what was edited since their last look (new ones are found by id).
            models.Index(fields=["edited_at"], name="comment_edited"),
            # What waits for a moderator, of all discussions.
            models.Index(fields=["id"], condition=models.Q(state="held"), name="comment_held"),
            # The same for what a moderator or its author did with it.
            models.Index(
                fields=["state_changed_at"],
                condition=models.Q(state_changed_at__isnull=False),
                name="comment_state_changed",
            ),
            # The same text, by whomever, within the last days.
            models.Index(
                fields=["digest", "created_at"], condition=models.Q(digest__isnull=False), name="comment_by_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    def get_absolute_url(self) -> str:
        from django.urls import reverse

        return reverse("comment", args=[self.pk])

    @property
    def writer(self) -> str:
        """The name to print; the author must have been fetched with the comment."""
        if self.author is not None:
            return self.author.name
        return self.author_name or gettext("A reader")

    @property
    def writer_url(self) -> str:
        """The author's member page; empty for somebody without one."""
        if self.author is None or self.author.erased_at is not None:
            return ""
        return self.author.get_absolute_url()

    @property
    def is_visible(self) -> bool:
        return self.state == CommentState.VISIBLE

    @property
    def total_up(self) -> int:
        return self.archived_up + self.up

    @property
    def total_down(self) -> int:
        return self.archived_down + self.down

    @property
    def net(self) -> int:
        return self.archived_net + self.up - self.down


class Revision(models.Model):
    """What a comment said before an edit."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="revisions")
    source = models.TextField()
    replaced_at = models.DateTimeField(default=timezone.now)
    replaced_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"revision of {self.comment_id}"


class Quote(models.Model):
    """`comment` repeats words of `quoted`."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="quotes", db_index=False)
    quoted = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="quoted_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "quoted"], name="one_quote_per_pair")]

    def __str__(self) -> str:
        return f"{self.comment_id} quotes {self.quoted_id}"


class Mention(models.Model):
    """`comment` addresses `reader`."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentioned_in")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "reader"], name="one_mention_per_pair")]

    def __str__(self) -> str:
        return f"{self.comment_id} mentions {self.reader_id}"


class Vote(models.Model):
    """What a reader thinks of a comment: +1, -1, or 0 for a vote taken back."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="votes", db_index=False)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="votes", db_index=False)
    value = models.SmallIntegerField()
    changed_at = models.DateTimeField(default=timezone.now)
    # How often it was set without a minute's rest: what the limit on voting counts.
    changes = models.PositiveSmallIntegerField(default=1)
    # It stands, and counts in no score, order or ranking (actions.discounting); voting again does not lift it.
    is_discounted = models.BooleanField(default=False)
    # When it last began or ceased to count for another reason than its voter's; empty for nearly all.
    recounted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "reader"], name="one_vote_per_reader"),
            models.CheckConstraint(condition=models.Q(value__in=(-1, 0, 1)), name="vote_value"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The limits on voting.
            models.Index(fields=["reader", "-changed_at"], name="vote_by_reader"),
            # The ranking reads what is new since its last look.
            models.Index(fields=["changed_at"], name="vote_changed"),
            # The same for what was discounted or counted again.
            models.Index(
                fields=["recounted_at"], condition=models.Q(recounted_at__isnull=False), name="vote_recounted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value:+d} on {self.comment_id}"
