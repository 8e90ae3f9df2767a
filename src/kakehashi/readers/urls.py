from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path


def member(request: HttpRequest, name: str) -> HttpResponse:
    raise Http404


urlpatterns = [path("member/<str:name>/", member, name="member")]
