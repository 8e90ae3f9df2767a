"""Readers: one table for everybody with an account; what they may do follows from `role`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from kakehashi.lib import text

if TYPE_CHECKING:
    from kakehashi.readers.sessions import SessionStore

# Until when somebody is suspended who is banned: one column says both.
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


class Role(models.TextChoices):
    READER = "reader", _("Reader")
    MODERATOR = "moderator", _("Moderator")
    EDITOR = "editor", _("Editor")
    ADMINISTRATOR = "administrator", _("Administrator")


class Standing(models.TextChoices):
    """How far a member's comments are known to the moderators, as `moderation` keeps it (actions.set_standing)."""

    NEW = "new", _("New")
    ESTABLISHED = "established", _("Established")
    # Many of their comments of the last days were removed.
    WATCHED = "watched", _("Comments are read first")


class CommentOrder(models.TextChoices):
    OLDEST = "oldest", _("Oldest")
    NEWEST = "newest", _("Newest")
    POPULAR = "popular", _("Popular")
    COMMON_GROUND = "common-ground", _("Common ground")


class CommentLayout(models.TextChoices):
    FLAT = "flat", _("One after another")
    NESTED = "nested", _("Answers below what they answer")


class ReaderManager(BaseUserManager["Reader"]):
    def create_user(self, email: str, name: str, password: str | None = None, **fields: Any) -> Reader:
        """Make a reader row; no password means one that never matches. Registration goes through actions."""
        reader = self.model(email=email.strip().lower(), name=name, name_key=text.fold(name), **fields)
        reader.set_password(password)
        reader.save(using=self._db)
        return reader

    def create_superuser(self, email: str, name: str, password: str | None = None, **fields: Any) -> Reader:
        fields |= {"role": Role.ADMINISTRATOR, "is_staff": True, "is_superuser": True}
        return self.create_user(email, name, password, **fields)

    def get_by_natural_key(self, username: str | None) -> Reader:
        return self.get(email=(username or "").strip().lower())


class Reader(AbstractBaseUser, PermissionsMixin):
    """A person with an account."""

    email = models.EmailField(_("e-mail address"), unique=True, help_text=_("Never shown to other readers."))
    name = models.CharField(_("display name"), max_length=40)
    # Unique under folding (case, width, spaces, look-alikes), so nobody can pose as somebody else.
    name_key = models.CharField(max_length=80, unique=True, editable=False)
    name_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.READER)
    is_staff = models.BooleanField(default=False, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    # FOREVER: banned.
    suspended_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when a warning waits to be read; until it is, the reader writes no comments.
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    standing = models.CharField(_("standing"), max_length=12, choices=Standing, default=Standing.NEW, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Set while the reader has asked to leave and may still stay; then the worker erases, comments too where so wished.
    leaves_at = models.DateTimeField(null=True, blank=True, editable=False)
    leaves_with_comments = models.BooleanField(default=False, editable=False)
    comment_order = models.CharField(
        _("order of comments"), max_length=16, choices=CommentOrder, blank=True, default=""
    )
    comment_layout = models.CharField(
        _("layout of comments"), max_length=8, choices=CommentLayout, default=CommentLayout.FLAT
    )

    # Empty: the site's, or what the browser has chosen.
    language = models.CharField(_("language"), max_length=12, blank=True, default="")

    # Whether the ranking may work out with whom this reader tends to agree; where not, their votes are an unknown
    # reader's.
    is_modelled = models.BooleanField(default=True, editable=False)
    # The number on the bell, kept by `alerts`: here it comes with the session and costs no page a query.
    unread_notices = models.PositiveIntegerField(default=0, editable=False)

    # Where a moderator moderates, as the numbers of sections between commas: ",3,7,"; empty: on the whole site. A column, for
    # story pages ask it of everybody, and it comes with the session. A section that is gone leaves its number, so that nobody
    # is let into the rest of the site by that.
    sections = models.CharField(max_length=400, blank=True, default="", editable=False)

    # No column: whether the log-in that this row was read for has shown the second factor which the site asks of its staff
    # (readers.sessions). Until it has, they are a reader like any other.
    is_proven = True

    objects: ClassVar[ReaderManager] = ReaderManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("reader")
        verbose_name_plural = _("readers")
        indexes = [
            # Those whose comments are read first for now: the worker looks whether they still must be.
            models.Index(fields=["id"], name="readers_watched", condition=models.Q(standing="watched")),
            # The worker looks for those whose time has come.
            models.Index(fields=["leaves_at"], name="readers_leaving", condition=models.Q(leaves_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The member page; empty for somebody who has left."""
        return "" if self.is_erased else reverse("member", args=[self.name])

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None

    @property
    def has_moderators_role(self) -> bool:
        """Also before the second factor: for the ways to the doors that ask for it, and for nothing else."""
        return self.role in (Role.MODERATOR, Role.ADMINISTRATOR)

    @property
    def has_editors_role(self) -> bool:
        """As `has_moderators_role`."""
        return self.role in (Role.EDITOR, Role.ADMINISTRATOR)

    @property
    def is_moderator(self) -> bool:
        return self.is_proven and self.has_moderators_role

    @property
    def is_editor(self) -> bool:
        return self.is_proven and self.has_editors_role

    @property
    def moderates_everywhere(self) -> bool:
        return self.is_moderator and not self.sections

    def moderates(self, section: int) -> bool:
        """Whether this moderator's work reaches into the section of that number."""
        return self.is_moderator and (not self.sections or f",{section}," in self.sections)

    @property
    def section_ids(self) -> frozenset[int]:
        """The sections to which a moderator is confined; none: the whole site."""
        return frozenset(int(number) for number in self.sections.split(",") if number)

    @property
    def is_administrator(self) -> bool:
        return self.is_proven and self.role == Role.ADMINISTRATOR

    @property
    def is_banned(self) -> bool:
        return self.suspended_until == FOREVER

    def is_suspended(self, now: datetime) -> bool:
        return self.suspended_until is not None and self.suspended_until > now


class Session(AbstractBaseSession):
    """What is kept for one browser. `reader` is who is logged in there, so that both are read at once.

    `device` is browser and system in a few letters (readers.devices), `seen_at` the hour in which it was last used.
    """

    reader = models.ForeignKey(Reader, null=True, blank=True, on_delete=models.CASCADE, related_name="sessions")
    device = models.CharField(max_length=40, default="", blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        from kakehashi.readers.sessions import SessionStore

        return SessionStore


def retired_key(name_key: str) -> str:
    """The keyed hash under which the name of somebody who left stays taken; no folded name holds capitals."""
    return "RETIRED " + salted_hmac("kakehashi.readers.retired", name_key, algorithm="sha256").hexdigest()


class FormerName(models.Model):
    """A name a reader once had: old mentions and old links still find the reader, and nobody else may take it."""

    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="former_names")
    name = models.CharField(max_length=40)
    name_key = models.CharField(max_length=80, unique=True)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class RoleChange(models.Model):
    """Who gave whom which role, and when. Rows are added and never changed."""

    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="role_changes")
    # Empty: the operator at the command line, or somebody whose account is gone.
    actor = models.ForeignKey(Reader, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    role_before = models.CharField(max_length=16, choices=Role)
    role = models.CharField(max_length=16, choices=Role)
    # As Reader.sections, after the change.
    sections = models.CharField(max_length=400, blank=True, default="")
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.reader_id} is {self.role}"

    @property
    def section_ids(self) -> frozenset[int]:
        return frozenset(int(number) for number in self.sections.split(",") if number)


class Mute(models.Model):
    """`reader` does not want to see what `muted` writes."""

    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="mutes")
    muted = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="muted_by")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reader", "muted"], name="one_mute_per_pair"),
            models.CheckConstraint(condition=~models.Q(reader=models.F("muted")), name="nobody_mutes_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.reader} mutes {self.muted}"


class DataExport(models.Model):
    """The one copy of a reader's data: asked for, made by the worker, there for a day. One row a reader, so one at a time.

    The row is the queue: a worker takes it by raising `run`, and whoever holds an older run stops at its next part.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"

    reader = models.OneToOneField(Reader, on_delete=models.CASCADE, related_name="data_export")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    # When a worker may take it: at once, after a failure later, or when the worker that has it gives no more sign.
    due_at = models.DateTimeField()
    run = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    size = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            # What waits, the oldest first.
            models.Index(fields=["due_at"], name="readers_exports_due", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.reader}: {self.state}"


class ExportPart(models.Model):
    """A piece of the file. In the database and not among the media: those are public, and a worker on one machine makes
    what a server on another hands out."""

    export = models.ForeignKey(DataExport, on_delete=models.CASCADE, related_name="parts")
    run = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "run", "number"], name="one_export_part_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"


class EmailChange(models.Model):
    """A change of address that was asked for: until `ends_at` whoever reads the old address may undo it."""

    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="email_changes")
    old = models.EmailField()
    new = models.EmailField()
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


class Trace(models.Model):
    """That somebody's account was used on a day from a network and a kind of browser, both as keyed hashes (readers.traces).

    Kept for 30 days, so that one person behind several accounts can be found.
    """

    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="traces", db_index=False)
    day = models.DateField()
    network = models.CharField(max_length=24)
    device = models.CharField(max_length=24)
    is_joining = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reader", "day", "network", "device"], name="one_trace_a_day_and_place"),
        ]
        indexes = [
            # Who else was there.
            models.Index(fields=["network", "day"], name="readers_trace_network"),
            # What is to be forgotten, and what is new.
            models.Index(fields=["day"], name="readers_trace_day"),
        ]

    def __str__(self) -> str:
        return f"{self.reader_id} on {self.day}"


class Barred(models.Model):
    """What nobody may register with here: a mail domain (and all below it), or a name."""

    class Kind(models.TextChoices):
        DOMAIN = "domain", _("Mail domain")
        NAME = "name", _("Name")

    kind = models.CharField(max_length=6, choices=Kind)
    # A domain in ASCII; a name as readers.reserved folds it.
    key = models.CharField(max_length=253)
    # As it was typed, and why.
    words = models.CharField(max_length=253)
    note = models.CharField(max_length=200, blank=True, default="")
    added_by = models.ForeignKey(Reader, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        # Its index answers whether one of a few domains is barred, and lists them.
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="barred_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}"


class BannedAddress(models.Model):
    """An address of a member who is banned, as a keyed hash, for as long as the ban holds, also when they have left.

    `alias` is the hash of what remains without dots and what follows a plus: likely the same mailbox.
    """

    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="banned_addresses", db_index=False)
    key = models.CharField(max_length=64)
    alias = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "key"], name="one_banned_address")]
        indexes = [
            # Whether an address is banned.
            models.Index(fields=["key"], name="readers_banned_address"),
        ]

    def __str__(self) -> str:
        return f"an address of {self.reader_id}"
