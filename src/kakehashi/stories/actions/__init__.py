"""Every write of the newsroom that is not an editor's own in Wagtail."""

from kakehashi.stories.actions.banner import set_banner
from kakehashi.stories.actions.edition import new_edition, show_banner_of
from kakehashi.stories.actions.hours import set_staffed_hours
from kakehashi.stories.actions.placing import find_misplaced, place_story
from kakehashi.stories.actions.publishing import import_story, publish_story
from kakehashi.stories.actions.roles import EDITORS, MODERATORS, ensure_roles
from kakehashi.stories.actions.scheduling import publish_due, retire_due
from kakehashi.stories.actions.site import ensure_agency, ensure_running_story, ensure_section, ensure_site

__all__ = [
    "EDITORS",
    "MODERATORS",
    "ensure_agency",
    "ensure_roles",
    "ensure_running_story",
    "ensure_section",
    "ensure_site",
    "find_misplaced",
    "import_story",
    "new_edition",
    "place_story",
    "publish_due",
    "publish_story",
    "retire_due",
    "set_banner",
    "set_staffed_hours",
    "show_banner_of",
]
