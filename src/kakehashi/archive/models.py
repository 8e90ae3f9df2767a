"""What was imported from where: so that a second run changes nothing, and what was not understood is not forgotten."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from kakehashi.comments.models import Comment
from kakehashi.stories.models import StoryPage


class ImportRecord(models.Model):
    """One file that was read into the archive.

    `notes` is a list of `{"line": int | null, "kind": str, "text": str}`: lines that were not understood, and what was
    concluded rather than read. Deleting the story deletes its records, so that it can be imported anew.
    """

    format = models.CharField(max_length=20)
    file_name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)  # SHA-256 of the file's bytes, in hexadecimal
    url = models.URLField(max_length=500, blank=True)
    story = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="imports")
    comments_found = models.PositiveIntegerField(default=0)
    comments_added = models.PositiveIntegerField(default=0)
    notes = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        # The same bytes are imported once, also by two commands at the same moment.
        constraints = [models.UniqueConstraint(fields=["format", "digest"], name="one_import_per_file")]

    def __str__(self) -> str:
        return f"{self.format} {self.file_name}"


class ImportedComment(models.Model):
    """Where an imported comment stood: its place on the page (from 1) and its first line in the file (from 1)."""

    record = models.ForeignKey(ImportRecord, on_delete=models.CASCADE, related_name="comments")
    comment = models.OneToOneField(Comment, on_delete=models.CASCADE, related_name="imported_as")
    position = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    # SHA-256 of author, text and how often both came before: a later capture of the same page adds only what is new.
    fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "position"], name="one_comment_per_position")]
        # Finding the story that an earlier capture of the same page made.
        indexes = [models.Index(fields=["fingerprint"], name="imported_fingerprint")]

    def __str__(self) -> str:
        return f"comment {self.position} of {self.record_id}"
