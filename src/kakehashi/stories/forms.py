"""What the editor's forms check beyond their fields."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm

# Clocks differ.
LEEWAY = timedelta(minutes=10)


class StoryForm(WagtailAdminPageForm):
    """A story is not dated ahead of the moment it appears."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        published_at = cleaned.get("published_at")
        appears_at = max(timezone.now(), cleaned.get("go_live_at") or timezone.now())
        if published_at and published_at > appears_at + LEEWAY:
            self.add_error(
                "published_at",
                _("This is still to come. To publish later, leave it empty and set a schedule for publishing."),
            )
        return cleaned
