from django.http import HttpRequest, HttpResponse
from django.urls import path


def comment(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


urlpatterns = [path("comment/<int:pk>/", comment, name="comment")]
