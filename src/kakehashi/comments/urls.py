"""Addresses of comments and of a story's discussion. The story page itself is Wagtail's."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from kakehashi.comments.feeds import ThreadAtomFeed, ThreadFeed
from kakehashi.comments.views import listening, mine, reading, voting, writing


class Number(IntConverter):
    """A number that a database can hold; of any other there is nothing here."""

    regex = "[0-9]{1,18}"


register_converter(Number, "number")

urlpatterns = [
    path("comment/<number:pk>/", reading.comment, name="comment"),
    path("comment/<number:pk>/vote/", voting.vote, name="comment-vote"),
    path("comment/<number:pk>/edit/", writing.edit, name="comment-edit"),
    path("comment/<number:pk>/withdraw/", writing.withdraw, name="comment-withdraw"),
    path("story/<number:pk>/comment/", writing.write, name="comment-write"),
    path("story/<number:pk>/mine.json", mine.mine, name="own-marks"),
    path("story/<number:pk>/changes/<number:since>.json", listening.changes_since, name="thread-changes"),
    path("story/<number:pk>/new/<number:after>.html", listening.new_comments, name="thread-new"),
    path("story/<number:pk>/new/<number:after>/", listening.look, name="thread-look"),
    path("story/<number:pk>/comments.rss", ThreadFeed(), name="thread-feed"),
    path("story/<number:pk>/comments.atom", ThreadAtomFeed(), name="thread-feed-atom"),
]
