"""What can be found: one entry a story and a comment, with the words it is found by; and which stories are alike."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from kakehashi.comments.models import Comment
from kakehashi.stories.models import StoryPage


class Entry(models.Model):
    """A story (`comment` empty) or a comment under it. The full-text index beside this table follows it by itself."""

    story = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="+")
    comment = models.OneToOneField(Comment, null=True, on_delete=models.CASCADE, related_name="+")
    title = models.TextField()
    body = models.TextField()
    # The end of the licence for the body; past it the entry is silent until it is indexed anew without its body.
    body_until = models.DateTimeField(null=True)
    indexed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(
                fields=["story"], condition=models.Q(comment__isnull=True), name="one_entry_per_story"
            )
        ]
        indexes = [
            # The worker looks for bodies whose licence has just ended.
            models.Index(fields=["body_until"], name="entry_body_until", condition=models.Q(body_until__isnull=False))
        ]

    def __str__(self) -> str:
        return f"entry of comment {self.comment_id}" if self.comment_id else f"entry of story {self.story_id}"


class Look(models.Model):
    """How far a task had read when it last looked for what is new."""

    name = models.CharField(max_length=40, unique=True)
    last_id = models.PositiveBigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)
    # Of stories: each agency's days for a body, by its id, as they were then.
    terms = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class Likeness(models.Model):
    """`other` is about what `story` is about; the larger the `score`, the more."""

    story = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()

    class Meta:
        verbose_name_plural = "likenesses"
        constraints = [models.UniqueConstraint(fields=["story", "other"], name="one_likeness_per_pair")]
        # The box of related stories.
        indexes = [models.Index(fields=["story", "-score"], name="likeness_of_story")]

    def __str__(self) -> str:
        return f"{self.other_id} is like {self.story_id}: {self.score:.2f}"
