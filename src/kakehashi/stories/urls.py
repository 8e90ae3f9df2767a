from django.urls import path, re_path

from kakehashi.stories import views

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
    path("sitemap-<section>.xml", views.sitemap_part, name="sitemap-part"),
]
