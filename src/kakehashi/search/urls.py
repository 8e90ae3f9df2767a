from django.urls import path

from kakehashi.search import views

urlpatterns = [path("search/", views.search, name="search")]
