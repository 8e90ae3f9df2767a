"""The groups through which Wagtail knows our roles; readers.actions puts people into them by name."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission

from kakehashi.stories.models import FrontPage

EDITORS = "Editors"
MODERATORS = "Moderators"

_ON_PAGES = ("add_page", "change_page", "publish_page", "lock_page", "unlock_page")
_ON_IMAGES = ("add_image", "change_image", "choose_image")
_ON_SNIPPETS = ("add_agency", "change_agency", "add_runningstory", "change_runningstory", "delete_runningstory")


@transaction.atomic
def ensure_roles() -> None:
    """Give Editors what they need below the front page, and take from both groups what Wagtail put there at first
    (its own Editors may not publish, its Moderators may edit everything)."""
    editors, _ = Group.objects.get_or_create(name=EDITORS)
    moderators, _ = Group.objects.get_or_create(name=MODERATORS)
    for group in (editors, moderators):
        GroupPagePermission.objects.filter(group=group).delete()
        GroupCollectionPermission.objects.filter(group=group).delete()
    moderators.permissions.clear()
    editors.permissions.set(
        [_permission("wagtailadmin", "access_admin"), *(_permission("stories", c) for c in _ON_SNIPPETS)]
    )
    front = FrontPage.objects.first()
    if front is not None:
        for codename in _ON_PAGES:
            GroupPagePermission.objects.create(
                group=editors, page=front, permission=_permission("wagtailcore", codename)
            )
    root = Collection.get_first_root_node()
    for codename in _ON_IMAGES:
        GroupCollectionPermission.objects.create(
            group=editors, collection=root, permission=_permission("wagtailimages", codename)
        )


def _permission(app: str, codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label=app, codename=codename)
