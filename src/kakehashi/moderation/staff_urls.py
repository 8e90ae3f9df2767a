"""Addresses below /moderation/, for the staff only: `urls.py` puts all of them behind the door (guard.py)."""

from django.urls import path

from kakehashi.moderation.views import (
    abuse,
    appeals,
    barred,
    bulk,
    comments,
    decisions,
    home,
    hours,
    members,
    model,
    queue,
    roles,
)

urlpatterns = [
    path("", home.home, name="moderation"),
    path("queue/", queue.listed, name="moderation-queue"),
    path("queue/live.json", queue.live, name="moderation-queue-live"),
    path("queue/bulk/", bulk.decide, name="moderation-queue-bulk"),
    path("queue/<number:pk>/", queue.item, name="moderation-queue-item"),
    path("queue/<number:pk>/claim/", queue.claim, name="moderation-queue-claim"),
    path("queue/undo/<number:pk>/", queue.undo, name="moderation-queue-undo"),
    path("comment/<number:pk>/", comments.decide, name="moderation-comment"),
    path("story/<number:pk>/", comments.thread, name="moderation-thread"),
    path("member/<number:pk>/", members.member, name="moderation-member"),
    path("decisions/", decisions.listed, name="moderation-decisions"),
    path("decisions/<number:pk>/", decisions.decision, name="moderation-decision"),
    path("model/", model.report, name="moderation-model"),
    path("model/train/", model.train, name="moderation-model-train"),
    path("model/<number:number>/use/", model.use, name="moderation-model-use"),
    path("appeals/", appeals.listed, name="moderation-appeals"),
    path("appeals/<number:pk>/", appeals.appeal, name="moderation-appeal"),
    path("hours/", hours.hours, name="moderation-hours"),
    path("roles/", roles.listed, name="moderation-roles"),
    path("roles/<number:pk>/", roles.sections, name="moderation-role"),
    path("abuse/", abuse.listed, name="moderation-abuse"),
    path("abuse/<number:pk>/", abuse.alarm, name="moderation-alarm"),
    path("barred/", barred.listed, name="moderation-barred"),
]
