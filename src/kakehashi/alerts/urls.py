"""Addresses of the room `alerts`."""

from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from kakehashi.alerts.views import agreeing, following, notices, preferring, reporting

urlpatterns: list[URLPattern | URLResolver] = [
    path("alerts/", following.choose, name="alerts"),
    path("alerts/asked/", following.asked, name="alerts-asked"),
    path("alerts/follow/", following.follow, name="alerts-follow"),
    path("alerts/confirm/<str:token>/", agreeing.confirm, name="alerts-confirm"),
    path("alerts/accept/<str:token>/", agreeing.accept, name="alerts-accept"),
    path("alerts/unsubscribe/<str:token>/", agreeing.unsubscribe, name="alerts-unsubscribe"),
    path("alerts/preferences/<str:token>/", preferring.by_link, name="alerts-preferences"),
    path("alerts/hook/", reporting.hook, name="alerts-hook"),
    path("account/alerts/", preferring.own, name="alerts-own"),
    path("account/notices/", notices.overview, name="notices"),
    path("account/notices/read/", notices.read, name="notices-read"),
    path("account/notices/<number:pk>/open/", notices.open_notice, name="notice-open"),
]

# Without the secret anybody could report anything there.
if apps.is_installed("anymail") and "WEBHOOK_SECRET" in settings.ANYMAIL:
    urlpatterns.append(path("anymail/", include("anymail.urls")))
