"""Addresses of surveys and polls for readers."""

from django.urls import URLPattern, URLResolver, path

from kakehashi.surveys.views import filling, polls

urlpatterns: list[URLPattern | URLResolver] = [
    path("surveys/<number:pk>/", filling.survey, name="survey"),
    path("surveys/<number:pk>/thanks/", filling.thanks, name="survey-thanks"),
    path("surveys/<number:pk>/results/", filling.results, name="survey-results"),
    path("surveys/<number:pk>/not-now/", filling.not_now, name="survey-not-now"),
    path("polls/<number:pk>/", polls.poll, name="poll"),
    path("polls/<number:pk>/results/", polls.results, name="poll-results"),
]
