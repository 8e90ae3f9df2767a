from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save

# What Wagtail logs that no reader sees: work on drafts, locks, workflow.
UNSEEN = ("wagtail.create", "wagtail.edit", "wagtail.lock", "wagtail.unlock", "wagtail.workflow", "wagtail.comments")


class StoriesConfig(AppConfig):
    name = "kakehashi.stories"
    label = "stories"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Wagtail writes a log entry, in the same transaction, for everything that somebody does in its editing pages.
        post_save.connect(_log_entry_written, sender="wagtailcore.PageLogEntry", dispatch_uid="edition-of-pages")
        post_save.connect(_log_entry_written, sender="wagtailcore.ModelLogEntry", dispatch_uid="edition-of-models")


def _log_entry_written(sender: Any, instance: Any, **_: Any) -> None:
    from kakehashi.stories.actions import new_edition

    is_page = sender.__name__ == "PageLogEntry"
    if not (is_page and instance.action.startswith(UNSEEN)):
        new_edition()
