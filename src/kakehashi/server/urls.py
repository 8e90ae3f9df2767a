"""Every address of the site. Wagtail's pages (front, sections, stories) come last."""

from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from kakehashi.comments.views.reading import page
from kakehashi.server.views import media

handler400 = "kakehashi.server.views.bad_request"
handler403 = "kakehashi.server.views.forbidden"
handler404 = "kakehashi.server.views.not_found"
handler500 = "kakehashi.server.views.server_error"
# allauth answers its limits through this name.
handler429 = "kakehashi.readers.throttle.too_many"

urlpatterns = [
    # First, for votes and comments come most often.
    path("", include("kakehashi.comments.urls")),
    path("admin/", include("kakehashi.readers.admin_urls")),
    path("admin/", include(wagtailadmin_urls)),
    path("account/", include("kakehashi.readers.account_urls")),
    path("", include("kakehashi.readers.urls")),
    path("", include("kakehashi.stories.urls")),
    path("", include("kakehashi.search.urls")),
    path("", include("kakehashi.ranking.urls")),
    path("", include("kakehashi.moderation.urls")),
    path("", include("kakehashi.alerts.urls")),
    path("", include("kakehashi.surveys.urls")),
    path("", include("kakehashi.trending.urls")),
    re_path(r"^media/(?P<path>.*)$", media),
    path("documents/", include(wagtaildocs_urls)),
    re_path(wagtail_urls.serve_pattern, page, name="wagtail_serve"),
    path("", include(wagtail_urls)),
]
