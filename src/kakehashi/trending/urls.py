"""Addresses of the room `trending`."""

from django.urls import path

from kakehashi.trending import views

urlpatterns = [
    path("trending.json", views.trending_json, name="trending-json"),
    path("trending.atom", views.trending_atom, name="trending-atom"),
]
