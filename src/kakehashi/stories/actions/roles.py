"""The groups through which Wagtail knows our roles; readers.actions puts people into them by name."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, WorkflowPage

from kakehashi.stories.models import FrontPage

EDITORS = "Editors"
MODERATORS = "Moderators"

_ON_PAGES = ("add_page", "change_page", "publish_page", "lock_page", "unlock_page")
_ON_IMAGES = ("add_image", "change_image", "choose_image")
_ON_SNIPPETS = ("add_agency", "change_agency", "add_runningstory", "change_runningstory", "delete_runningstory")


@transaction.atomic
def ensure_roles() -> None:
    """Give Editors what they need below the front page, once there is one; what an administrator changed since is kept.

    Wagtail's migrations made both groups with its own idea of them (its Editors may not publish, its Moderators may
    edit everything): that goes, and so does its approval by Moderators. Ours work on the discussion, not in Wagtail.
    """
    front = FrontPage.objects.first()
    editors, _ = Group.objects.get_or_create(name=EDITORS)
    moderators, _ = Group.objects.get_or_create(name=MODERATORS)
    if front is None or GroupPagePermission.objects.filter(group=editors, page=front).exists():
        return
    for group in (editors, moderators):
        GroupPagePermission.objects.filter(group=group).delete()
        GroupCollectionPermission.objects.filter(group=group).delete()
        group.permissions.clear()
    WorkflowPage.objects.filter(workflow__name="Moderators approval", page__depth=1).delete()
    editors.permissions.add(
        _permission("wagtailadmin", "access_admin"), *(_permission("stories", name) for name in _ON_SNIPPETS)
    )
    GroupPagePermission.objects.bulk_create(
        GroupPagePermission(group=editors, page=front, permission=_permission("wagtailcore", name))
        for name in _ON_PAGES
    )
    root = Collection.get_first_root_node()
    GroupCollectionPermission.objects.bulk_create(
        GroupCollectionPermission(group=editors, collection=root, permission=_permission("wagtailimages", name))
        for name in _ON_IMAGES
    )


def _permission(app: str, codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label=app, codename=codename)
