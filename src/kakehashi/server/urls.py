"""Every address of the site. Wagtail's pages (front, sections, stories) come last."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

# allauth answers its limits through this name.
handler429 = "kakehashi.readers.throttle.too_many"

urlpatterns = [
    path("admin/", include("kakehashi.readers.admin_urls")),
    path("admin/", include(wagtailadmin_urls)),
    path("account/", include("kakehashi.readers.account_urls")),
    path("", include("kakehashi.readers.urls")),
    path("", include("kakehashi.stories.urls")),
    path("", include("kakehashi.comments.urls")),
    path("", include("kakehashi.search.urls")),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include(wagtail_urls)),
]
