"""Addresses of the room: rules and reports for everybody, a reader's own decisions, and the staff's pages."""

from django.urls import URLPattern, URLResolver, include, path

from kakehashi.moderation import staff_urls
from kakehashi.moderation.guard import guarded
from kakehashi.moderation.views import legal, own, public, reporting, reports

urlpatterns: list[URLPattern | URLResolver] = [
    path("rules/", public.rules_now, name="rules"),
    path("rules/report/", reports.published, name="rules-reports"),
    path("rules/report/<str:name>/", reports.report, name="rules-report"),
    path("rules/report/<str:name>/csv/", reports.report_csv, name="rules-report-csv"),
    path("rules/log/", public.log, name="rules-log"),
    path("rules/<number:number>/", public.rules_then, name="rules-version"),
    path("rules/<number:number>/changes/", public.changes, name="rules-changes"),
    path("comment/<number:pk>/report/", reporting.report, name="comment-report"),
    path("notice/", legal.file, name="notice"),
    path("notice/state/", legal.look_up, name="notice-lookup"),
    path("notice/state/<str:token>/", legal.state, name="notice-state"),
    path("account/reports/", reporting.listed, name="reports"),
    path("account/decisions/", own.listed, name="decisions"),
    path("account/decisions/<number:pk>/", own.decision, name="decision"),
    path("account/decisions/<number:pk>/read/", own.acknowledge, name="decision-read"),
    path("account/decisions/<number:pk>/appeal/", own.appeal, name="decision-appeal"),
    path("moderation/", include(guarded(staff_urls.urlpatterns))),
]
