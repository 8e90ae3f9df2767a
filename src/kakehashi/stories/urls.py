from django.contrib.sitemaps.views import sitemap
from django.urls import path, re_path
from django.views.decorators.http import require_safe

from kakehashi.stories import views
from kakehashi.stories.sitemaps import SITEMAPS

# Letters of every script, digits, - and _; what slugs are made of.
SLUG = r"(?P<slug>[-\w]{1,255})"

urlpatterns = [
    path("feed/", views.rss, name="feed"),
    path("feed/atom/", views.atom, name="feed-atom"),
    re_path(rf"^feed/section/{SLUG}/$", views.rss, name="section-feed"),
    re_path(rf"^feed/section/{SLUG}/atom/$", views.atom, name="section-feed-atom"),
    re_path(rf"^running/{SLUG}/$", views.running_story, name="running-story"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap_index, name="sitemap"),
    path("sitemap-<section>.xml", require_safe(sitemap), {"sitemaps": SITEMAPS}, name="sitemap-part"),
]
