"""Addresses of comments and of a story's discussion. The story page itself is Wagtail's."""

from django.urls import path

from kakehashi.comments.feeds import ThreadAtomFeed, ThreadFeed
from kakehashi.comments.views import moderating, reading, voting, writing

urlpatterns = [
    path("comment/<int:pk>/", reading.comment, name="comment"),
    path("comment/<int:pk>/vote/", voting.vote, name="comment-vote"),
    path("comment/<int:pk>/edit/", writing.edit, name="comment-edit"),
    path("comment/<int:pk>/withdraw/", writing.withdraw, name="comment-withdraw"),
    path("comment/<int:pk>/state/", moderating.comment_state, name="comment-state"),
    path("story/<int:pk>/comment/", writing.write, name="comment-write"),
    path("story/<int:pk>/discussion/", moderating.thread_state, name="thread-state"),
    path("story/<int:pk>/comments.rss", ThreadFeed(), name="thread-feed"),
    path("story/<int:pk>/comments.atom", ThreadAtomFeed(), name="thread-feed-atom"),
]
