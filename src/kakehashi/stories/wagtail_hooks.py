"""What the newsroom adds to Wagtail's editing pages."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.models import Page
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from kakehashi.readers.models import Reader
from kakehashi.stories import queries, rules
from kakehashi.stories.models import Agency, RunningStory


class AgencyViewSet(SnippetViewSet):
    model = Agency
    icon = "globe"
    list_display = ["name", "credit", "body_days"]
    search_fields = ["name"]


class RunningStoryViewSet(SnippetViewSet):
    model = RunningStory
    icon = "list-ul"
    list_display = ["title", "slug"]
    search_fields = ["title", "summary"]


class NewsroomGroup(SnippetViewSetGroup):
    items = (RunningStoryViewSet, AgencyViewSet)
    menu_label = _("Newsroom")
    menu_icon = "doc-full"
    menu_order = 150


register_snippet(NewsroomGroup)


@hooks.register("before_delete_page")
def keep_discussions(request: HttpRequest, page: Page) -> HttpResponse | None:
    """A story takes its readers' comments with it: whoever may not do that is led to taking it off the site."""
    if _may_delete(request, [page]):
        return None
    messages.error(request, _("Readers have seen this: take it off the site instead. Its discussion is kept."))
    return redirect("wagtailadmin_pages:unpublish" if page.live else "wagtailadmin_explore", page.pk)


@hooks.register("before_bulk_action")
def keep_discussions_of_many(
    request: HttpRequest, action_type: str, objects: Iterable[object], action: object
) -> HttpResponse | None:
    """The same for many pages at once."""
    pages = [item for item in objects if isinstance(item, Page)]
    if action_type != "delete" or _may_delete(request, pages):
        return None
    messages.error(request, _("Readers have seen some of these: take them off the site instead."))
    return redirect("wagtailadmin_explore_root")


def _may_delete(request: HttpRequest, pages: list[Page]) -> bool:
    is_allowed = isinstance(request.user, Reader) and rules.can_delete_published(request.user)
    return is_allowed or not queries.has_published_stories(pages)
