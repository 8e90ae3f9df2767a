"""What was decided, by whom and why. Rows are added and never changed: taking one back is another one."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kakehashi.comments.models import Comment, Thread
from kakehashi.moderation.models.policy import Rule


class Action(models.TextChoices):
    """On a comment, its author, or a discussion."""

    VISIBLE = "visible", _("Published")
    HELD = "held", _("Held back")
    REMOVED = "removed", _("Removed")
    EDITED = "edited", _("Changed by a moderator")
    WARNED = "warned", _("Warning")
    SUSPENDED = "suspended", _("Suspended from writing")
    BANNED = "banned", _("Banned from writing")
    # Votes of theirs count nothing any more: which ones, DiscountedVote says.
    DISCOUNTED = "discounted", _("Votes no longer counted")
    # Until when, its FlagDiscount says.
    UNHEARD = "unheard", _("Reports not counted for some time")
    # Undoes one of the five above.
    REINSTATED = "reinstated", _("Taken back")
    OPENED = "open", _("Discussion opened")
    HELD_FIRST = "held_first", _("Discussion read before publication")
    CLOSED = "closed", _("Discussion closed")


ON_COMMENTS = (Action.VISIBLE, Action.HELD, Action.REMOVED, Action.EDITED)
ON_READERS_RESTRICTED = (Action.WARNED, Action.SUSPENDED, Action.BANNED, Action.UNHEARD)
# What takes something from a reader: it states its reasons, and can be appealed against.
RESTRICTIONS = (Action.HELD, Action.REMOVED, Action.EDITED, *ON_READERS_RESTRICTED, Action.DISCOUNTED)
# Of these, what names a rule or a law. A comment may be held back before anybody knows of one.
_GROUNDED_FIRST = (Action.REMOVED, Action.EDITED, Action.WARNED, Action.SUSPENDED, Action.BANNED)
GROUNDED = (*_GROUNDED_FIRST, Action.DISCOUNTED, Action.UNHEARD)

# What everybody may know of: not what only lets a comment through. In these words the index below has it.
IN_LOG = ~Q(action=Action.VISIBLE) | Q(undoes__isnull=False)


class Origin(models.TextChoices):
    """How the staff came to look (DSA Art. 17(3)(b))."""

    OWN = "own", _("on the staff’s own initiative")
    FLAG = "flag", _("after readers had flagged it")
    NOTICE = "notice", _("after a legal notice")
    CHECK = "check", _("after an automated check")
    APPEAL = "appeal", _("after an appeal")


class DecisionQuerySet(models.QuerySet["Decision"]):
    def standing(self) -> Self:
        """What has not been undone."""
        return self.filter(undone_by=None)

    def meant(self) -> Self:
        """Without slips: what its moderator took back at once, before anybody was told, and the taking back."""
        return self.filter(is_slip=False).exclude(undone_by__is_slip=True)


class Decision(models.Model):
    """One decision. `reader` is whom it concerns: the author of the comment, the suspended member; nobody for a thread."""

    action = models.CharField(max_length=10, choices=Action)
    decided_at = models.DateTimeField(default=timezone.now)
    # Empty where it was automated, or where the moderator's account is gone.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    is_automated = models.BooleanField(default=False)
    # By which check, and where that is a model, by which version.
    check_name = models.CharField(max_length=60, blank=True, default="")
    model_version = models.CharField(max_length=40, blank=True, default="")
    # Whether a machine was used to find what a person then decided on (DSA Art. 17(3)(c)).
    is_found_by_machine = models.BooleanField(default=False)

    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="decisions",
        db_index=False,
    )
    comment = models.ForeignKey(
        Comment, null=True, blank=True, on_delete=models.SET_NULL, related_name="decisions", db_index=False
    )
    thread = models.ForeignKey(Thread, null=True, blank=True, on_delete=models.SET_NULL, related_name="decisions")
    # How many revisions the comment had when it was judged: the text is the comment's own, or the revision of this place.
    revision = models.PositiveIntegerField(default=0)
    # The state of the comment or thread before.
    state_before = models.CharField(max_length=10, blank=True, default="")

    rule = models.ForeignKey(
        Rule, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions", db_index=False
    )
    # The provision, where the ground is a law.
    law = models.CharField(max_length=200, blank=True, default="")
    # Why the rule or law is broken, in words to the author; what was found, in words for everybody who has to judge again.
    explanation = models.TextField(blank=True, default="", max_length=2000)
    facts = models.TextField(blank=True, default="", max_length=4000)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.OWN)
    until = models.DateTimeField(null=True, blank=True)

    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")
    # Takes back a slip of the finger, within the seconds in which nobody is told (rules.UNDO_WITHIN).
    is_slip = models.BooleanField(default=False)
    # The same for all that was decided by one click.
    batch = models.UUIDField(null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                # Without what came later: another constraint would be another table, on SQLite.
                condition=Q(undoes__isnull=False) | ~Q(action__in=_GROUNDED_FIRST) | Q(rule__isnull=False) | ~Q(law=""),
                name="decision_has_a_ground",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=False, action=Action.SUSPENDED)
                | Q(until__isnull=True) & ~Q(action=Action.SUSPENDED),
                name="decision_suspends_until",
            ),
            models.CheckConstraint(
                condition=Q(is_automated=False) | Q(actor__isnull=True) & ~Q(check_name=""),
                name="decision_automated_by_a_check",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The last decision on a comment, and all of them.
            models.Index(fields=["comment", "-id"], name="decision_by_comment"),
            # A reader's record and list of decisions, and the penalty steps.
            models.Index(fields=["reader", "-id"], name="decision_by_reader"),
            # What one moderator decided: figures of the team.
            models.Index(fields=["actor", "-id"], name="decision_by_actor"),
            # Whether a rule is cited, and how often.
            models.Index(fields=["rule", "-id"], name="decision_by_rule"),
            # A period's decisions: reports, and what is new since a room's last look.
            models.Index(fields=["decided_at", "id"], name="decision_by_time"),
            # The public log; what only lets a comment through is no part of it.
            models.Index(fields=["-id"], condition=IN_LOG, name="decision_in_log"),
            # Everything that one click decided, to undo it as one.
            models.Index(fields=["batch", "id"], condition=Q(batch__isnull=False), name="decision_by_batch"),
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}: {self.action}"

    def get_absolute_url(self) -> str:
        """The statement of reasons, for the reader whom it concerns."""
        return reverse("decision", args=[self.pk])

    @property
    def is_restriction(self) -> bool:
        return self.action in RESTRICTIONS

    @property
    def is_undone(self) -> bool:
        return hasattr(self, "undone_by")


class Acknowledgement(models.Model):
    """The reader has confirmed to have read a warning, and may write again."""

    decision = models.OneToOneField(
        Decision, primary_key=True, on_delete=models.CASCADE, related_name="acknowledgement"
    )
    acknowledged_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"decision {self.decision_id} was read"
