"""What the newsroom adds to Wagtail's editing pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

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
