from django.contrib.sitemaps.views import sitemap
from django.urls import path, re_path

from kakehashi.stories import views
from kakehashi.stories.feeds import StoryAtomFeed, StoryFeed
from kakehashi.stories.sitemaps import SITEMAPS

# Letters of every script, digits, - and _; what slugs are made of.
SLUG = r"(?P<slug>[-\w]{1,255})"

urlpatterns = [
    path("feed/", StoryFeed(), name="feed"),
    path("feed/atom/", StoryAtomFeed(), name="feed-atom"),
    re_path(rf"^feed/section/{SLUG}/$", StoryFeed(), name="section-feed"),
    re_path(rf"^feed/section/{SLUG}/atom/$", StoryAtomFeed(), name="section-feed-atom"),
    re_path(rf"^running/{SLUG}/$", views.running_story, name="running-story"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap_index, name="sitemap"),
    path("sitemap-<section>.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap-part"),
]
