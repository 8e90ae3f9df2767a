from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save

# What Wagtail logs of pages that no reader sees: work on drafts, plans, locks, what editors say to each other.
UNSEEN = {
    "wagtail.create",
    "wagtail.edit",
    "wagtail.lock",
    "wagtail.publish.schedule",
    "wagtail.revert",
    "wagtail.schedule.cancel",
    "wagtail.unlock",
}
UNSEEN_KINDS = ("wagtail.comments.", "wagtail.moderation.", "wagtail.workflow.")


class StoriesConfig(AppConfig):
    name = "kakehashi.stories"
    label = "stories"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Wagtail writes a log entry, in the same transaction, for everything that somebody does in its editing pages.
        post_save.connect(_log_entry_written, sender="wagtailcore.PageLogEntry", dispatch_uid="edition-of-pages")
        post_save.connect(_log_entry_written, sender="wagtailcore.ModelLogEntry", dispatch_uid="edition-of-models")


def _log_entry_written(sender: Any, instance: Any, **_: Any) -> None:
    from kakehashi.stories.actions import new_edition, place_story

    if instance.action == "wagtail.move":
        place_story(pk=instance.page_id)
    # An agency or a picture just made stands on no page yet; one that is edited may.
    unseen = UNSEEN if sender.__name__ == "PageLogEntry" else {"wagtail.create"}
    if instance.action not in unseen and not instance.action.startswith(UNSEEN_KINDS):
        new_edition()
