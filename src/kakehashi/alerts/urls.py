"""Addresses of the room `alerts`."""

from django.urls import URLPattern, URLResolver, path

from kakehashi.alerts.views import notices

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/notices/", notices.overview, name="notices"),
    path("account/notices/read/", notices.read, name="notices-read"),
    path("account/notices/<number:pk>/open/", notices.open_notice, name="notice-open"),
]
