"""Addresses of members."""

from django.urls import path

from kakehashi.readers.views import members

urlpatterns = [
    path("member/<str:name>/", members.member, name="member"),
    path("member/<str:name>/mute/", members.mute, name="mute"),
]
