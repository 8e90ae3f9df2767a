"""Addresses that explain the order “common ground”, and show where the readers of a story agree."""

from django.urls import path

from kakehashi.ranking import views

urlpatterns = [
    path("common-ground/", views.explanation, name="common-ground"),
    path("story/<number:pk>/common-ground/", views.discussion, name="discussion-ground"),
]
