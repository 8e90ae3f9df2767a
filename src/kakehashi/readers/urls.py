"""Addresses of members."""

from django.urls import path

from kakehashi.readers.views import members
from kakehashi.readers.views.language import language

urlpatterns = [
    path("language/", language, name="language"),
    path("member/<str:name>/", members.member, name="member"),
    path("member/<str:name>/mute/", members.mute, name="mute"),
]
