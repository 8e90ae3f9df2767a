"""Who gets mail, what about and when; the mails themselves, whose rows are the queue; and notices on the site."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kakehashi.comments.models import Comment, CommentState
from kakehashi.moderation.models import Decision
from kakehashi.readers.models import Mute
from kakehashi.stories.models import StoryPage


class Rhythm(models.TextChoices):
    AT_ONCE = "at_once", _("As it happens")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")


class Receiver(models.Model):
    """Who gets mail: a member, at whatever address the account has, or an address without an account.

    A member needs a verified address and no opt-in; an address must have been confirmed.
    """

    reader = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="receiver"
    )
    # In small letters; empty for a member.
    email = models.EmailField(null=True, blank=True, unique=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # No mail at all since then.
    off_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    # Empty: the site's.
    language = models.CharField(max_length=10, blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")
    # When daily and weekly mails go out, by the receiver's own clock; Monday is 0.
    hour = models.PositiveSmallIntegerField(default=7)
    weekday = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reader__isnull=True) ^ models.Q(email__isnull=True), name="receiver_is_one_of_two"
            ),
            models.CheckConstraint(condition=models.Q(hour__lte=23, weekday__lte=6), name="receiver_hour_and_weekday"),
        ]

    def __str__(self) -> str:
        return f"receiver {self.pk}"


class Follow(models.Model):
    """A receiver wants to hear of a subject (`subjects.py`: "site", "section:12", "author:ana writer"), and how often."""

    # Without an index of its own: the constraint begins with it.
    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="follows", db_index=False)
    subject = models.CharField(max_length=200)
    rhythm = models.CharField(max_length=8, choices=Rhythm, default=Rhythm.DAILY)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["receiver", "subject"], name="one_follow_per_subject")]
        # Whom a new story or comment is for, receiver by receiver.
        indexes = [models.Index(fields=["subject", "rhythm", "receiver"], name="follow_by_subject")]

    def __str__(self) -> str:
        return f"{self.receiver_id} follows {self.subject}"


class Digest(models.Model):
    """When a receiver's next daily or weekly mail is due, and from when on it tells; there while anything is followed so."""

    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="digests", db_index=False)
    rhythm = models.CharField(max_length=8, choices=Rhythm)
    since = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["receiver", "rhythm"], name="one_digest_per_rhythm")]
        # Which are due.
        indexes = [models.Index(fields=["due_at"], name="digest_due")]

    def __str__(self) -> str:
        return f"{self.rhythm} digest of {self.receiver_id}"


class Wish(models.Model):
    """Somebody typed an address to subscribe it; nothing comes of it until whoever reads mail there confirms."""

    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="wishes")
    subjects = models.JSONField(default=list)
    rhythm = models.CharField(max_length=8, choices=Rhythm, default=Rhythm.DAILY)
    language = models.CharField(max_length=10, blank=True, default="")
    # Where it was typed, as a keyed hash that changes daily.
    address_key = models.CharField(max_length=32)
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # The limit per network address.
        indexes = [models.Index(fields=["address_key", "-created_at"], name="wish_by_address")]

    def __str__(self) -> str:
        return f"wish {self.pk}"


class MailState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    # A worker has it and has not begun to hand it over: whoever finds the claim too old takes it again.
    CLAIMED = "claimed", _("In a worker’s hands")
    # Written down before the mail server hears of it: from here on nobody sends it again by itself.
    HANDING = "handing", _("Being handed over")
    HANDED_OVER = "handed_over", _("Handed over")
    # The worker was gone, or the line, before the mail server said whether it took it.
    DOUBTFUL = "doubtful", _("Perhaps handed over")
    FAILED = "failed", _("Failed")
    # Nothing to say any more, or nobody to say it to.
    DROPPED = "dropped", _("Not needed any more")


class Urgency(models.IntegerChoices):
    AWAITED = 0, _("Somebody waits for it")
    NEWS = 1, _("News")
    DIGEST = 2, _("Digest")


class Mail(models.Model):
    """A mail to one receiver for one cause, which gets no second one; what it says is decided when it is sent (`kind`)."""

    # Without an index of its own: the constraint begins with it.
    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="mails", db_index=False)
    cause = models.CharField(max_length=120)
    kind = models.CharField(max_length=24)
    about = models.JSONField(default=dict)
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.NEWS)
    state = models.CharField(max_length=12, choices=MailState, default=MailState.WAITING)
    # Not before this time.
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=32, blank=True, default="")
    claimed_until = models.DateTimeField(null=True, blank=True)
    why = models.CharField(_("why"), max_length=300, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        constraints = [models.UniqueConstraint(fields=["receiver", "cause"], name="one_mail_per_cause")]
        indexes: ClassVar[list[models.Index]] = [
            # What is to be sent next, and how much waits.
            models.Index(fields=["state", "urgency", "due_at"], name="mail_queue"),
            # What may be forgotten.
            models.Index(fields=["finished_at"], name="mail_finished"),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"


class Trouble(models.Model):
    """What mail servers said of an address. Once `blocked_at` is set nothing goes there until it is confirmed anew."""

    class Kind(models.TextChoices):
        BOUNCE = "bounce", _("Mail comes back")
        COMPLAINT = "complaint", _("Reported as unwanted")

    email = models.EmailField(_("e-mail address"), unique=True)
    kind = models.CharField(_("what happened"), max_length=10, choices=Kind)
    count = models.PositiveIntegerField(_("times"), default=0)
    said = models.CharField(_("what was said"), max_length=300, blank=True, default="")
    last_at = models.DateTimeField(_("last time"))
    blocked_at = models.DateTimeField(_("switched off"), null=True, blank=True)

    class Meta:
        verbose_name = _("address with trouble")
        verbose_name_plural = _("addresses with trouble")
        # The latest first, for the staff.
        indexes = [models.Index(fields=["-last_at"], name="trouble_latest")]

    def __str__(self) -> str:
        return self.email


class BreakingNews(models.Model):
    """An editor's word that a story goes to all who want breaking news: once for each text that the story has had."""

    story = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="breaking_news", db_index=False)
    text_digest = models.CharField(max_length=64)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    # When every receiver's mail stood in the queue; how many.
    queued_at = models.DateTimeField(null=True, blank=True)
    receivers = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["story", "text_digest"], name="one_breaking_news_per_text"),
        ]

    def __str__(self) -> str:
        return f"breaking news {self.pk}"


class Look(models.Model):
    """How far a task had read when it last looked for what is new."""

    name = models.CharField(max_length=40, unique=True)
    last_id = models.PositiveBigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Announced(models.Model):
    """A story of which everybody has a mail in the queue who wanted one as it happens."""

    story = models.OneToOneField(StoryPage, primary_key=True, on_delete=models.CASCADE, related_name="+")
    queued_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"story {self.story_id} is announced"


class Merged(models.Model):
    """An address that went to a member who was a receiver already: links in its old mails lead to the member's row."""

    former = models.PositiveBigIntegerField(primary_key=True)
    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.former} is {self.receiver_id} now"


# Notices on the site -----------------------------------------------------------------------------------------------


class NoticeKind(models.TextChoices):
    """What a notice is about. Where one comment is several of these to a reader, it is told as the first that is wanted."""

    ANSWER = "answer", _("Answers to your comments")
    QUOTE = "quote", _("Quotes of your comments")
    MENTION = "mention", _("Mentions of your name")
    THREAD = "thread", _("New comments in discussions that you follow")
    DECISION = "decision", _("Decisions of moderators on your comments")
    APPEAL = "appeal", _("Answers to your objections")
    FLAG = "flag", _("What became of comments that you reported")
    CORRECTION = "correction", _("Corrections of stories that you commented on")


# These show words of somebody else's comment, and only while everybody may read it.
OF_COMMENTS = (NoticeKind.ANSWER, NoticeKind.QUOTE, NoticeKind.MENTION, NoticeKind.THREAD)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def readable(self) -> Self:
        """What their readers may be told now: nothing of comments that are gone or wait, of stories that are gone, or of
        members whom they have muted."""
        mutes = Mute.objects.filter(reader=OuterRef("reader"), muted=OuterRef("comment__author"))
        mutes = mutes.annotate(kind=ExpressionWrapper(OuterRef("kind"), models.CharField())).filter(
            kind__in=OF_COMMENTS
        )
        # Not within an "or": there a database reads everybody's mutes.
        return self.filter(
            Q(comment__state=CommentState.VISIBLE) | ~Q(kind__in=OF_COMMENTS),
            Q(story=None) | Q(story__live=True),
            ~Exists(mutes),
        )

    def shown(self) -> Self:
        """What their readers see on the site."""
        return self.readable().filter(is_on_site=True)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notice(models.Model):
    """Something that a reader is told. It holds no words: they are read anew where it is shown.

    `cause` says what happened, and nobody is told twice of the same. `heap` is the day, the kind and what it is about:
    what lies on one heap is shown as one ("3 answers to your comment").
    """

    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)
    cause = models.CharField(max_length=60)
    heap = models.CharField(max_length=100)
    # Where it leads: to the decision, the comment or the story, whichever of these there is first.
    story = models.ForeignKey(StoryPage, null=True, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, null=True, on_delete=models.CASCADE, related_name="+")
    decision = models.ForeignKey(Decision, null=True, on_delete=models.CASCADE, related_name="+")
    # Of a decision, an appeal or a flag: how it ended.
    outcome = models.CharField(max_length=16, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    # False: wanted by mail alone.
    is_on_site = models.BooleanField(default=True)
    # From when on a mail may tell of it, with others; empty where none is wanted, or `mail` does.
    mail_at = models.DateTimeField(null=True)
    mail = models.ForeignKey(Mail, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "cause"], name="one_notice_per_cause")]
        indexes: ClassVar[list[models.Index]] = [
            # A reader's page: what lies on each heap.
            models.Index(fields=["reader", "heap", "id"], name="alerts_notice_heaps"),
            # How many are unread.
            models.Index(
                fields=["reader", "heap"], condition=models.Q(read_at__isnull=True), name="alerts_notice_unread"
            ),
            # Those of which a mail is to tell.
            models.Index(fields=["mail_at"], condition=models.Q(mail_at__isnull=False), name="alerts_notice_to_mail"),
            # Those that are old enough to be forgotten.
            models.Index(fields=["at"], name="alerts_notice_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.cause} for {self.reader_id}"


class NoticeChoice(models.Model):
    """Where a reader wants to be told of one kind, in place of what is usual (`kinds.USUAL`)."""

    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)
    on_site = models.BooleanField()
    by_mail = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "kind"], name="one_notice_choice_per_kind")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.reader_id}"


class Told(models.Model):
    """A cause of which everybody who was there has been told; who comes later is not."""

    cause = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.cause
