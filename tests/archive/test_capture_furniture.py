"""Lines of pages in many wordings, and readers' words that only resemble them."""

from __future__ import annotations

import pytest

from kakehashi.archive.capture.credits import credit_of
from kakehashi.archive.capture.furniture import is_furniture
from kakehashi.archive.capture.shapes import is_expired_notice, stated_count
from kakehashi.archive.capture.stamps import is_stamp_line

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "line",
    """Log in to comment
Log in to leave a comment
Please sign in to reply
You must be logged in to post a comment.
Sign in or register to join the discussion
Want to comment? Log in or register
Facebook users
Google login
Facebook Connect
Continue with Apple
Login with your Harbour Post account
Sign in using your library card
Use your Google account to sign up with the Harbour Post.
User registration
Member login
Register now
Forgot your password?
Not a member yet? Join us today
By registering, you agree to our terms.
You will also receive an e-mail inviting you to our alerts.
Subscribe to our weekly newsletter
Fill out our annual reader survey
Take the reader survey
Answer our poll and win nothing
Speak up and make your voice heard!
News, Offers & Handy Resources
Stories and offers from our friends
A selection of what people read elsewhere
What's trending on our sister sites
More from our network
Related stories
Most read articles
You may also like
Sponsored content
Reply
Load more comments
Sort by: oldest
Newest first
» Back to top
Terms of use | Privacy policy""".splitlines(),
)
def test_lines_of_the_page(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize(
    "line",
    """Log in the river, that is all the council ever saw
Sign in the window says closed
Register of Ships
I took our survey twice and nobody asked me anything
Take the poll with a grain of salt
Related, but not the same
Facebook users are the only ones who believe this
More from the same old hymn sheet, then
Reply to my letter first
User
The article is wrong about the bell
Use your head
Connect the two piers and be done with it
All about the oars""".splitlines(),
)
def test_words_of_readers(line: str) -> None:
    assert not is_furniture(line)


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("15 Comments", 15),
        ("1 comment", 1),
        ("1,204 comments so far", 1204),
        ("Comments (7)", 7),
        ("Comments: 12", 12),
        ("コメント（3件）", 3),
        ("8件のコメント", 8),
        ("No comments yet", 0),
        ("Comments", -1),
        ("15 comments were removed by the moderators", None),
        ("No comment.", None),
        ("I have 15 comments", None),
    ],
)
def test_counts(line: str, count: int | None) -> None:
    assert stated_count(line) == count


@pytest.mark.parametrize(
    ("line", "before", "holder", "year", "is_company"),
    [
        ("© (c) 2014 LANTERN", "", "LANTERN", 2014, False),
        ("© TIDEWATER", "", "TIDEWATER", 0, False),
        ("It ended.© TIDEWATER", "It ended.", "TIDEWATER", 0, False),
        ("It ended. © 2019 The Beacon Agency", "It ended.", "The Beacon Agency", 2019, False),
        ("Copyright 2014 The Beacon Agency. All rights reserved.", "", "The Beacon Agency", 2014, False),
        ("© Thorn Wire 2014.", "", "Thorn Wire", 2014, False),
        ("©2024 Paper Boat Inc.", "", "Paper Boat Inc", 2024, True),
    ],
)
def test_credits(line: str, before: str, holder: str, year: int, is_company: bool) -> None:
    credit = credit_of(line)
    assert credit is not None
    assert (credit.before, credit.holder, credit.year, credit.is_company) == (before, holder, year, is_company)


@pytest.mark.parametrize(
    "line",
    [
        "The sign © is older than the bell, they say.",
        "Copyright law is a mess and nobody reads it",
        "Call (c) later",
        "©",
    ],
)
def test_sentences_are_no_credits(line: str) -> None:
    assert credit_of(line) is None


def test_notices_of_an_ended_licence() -> None:
    assert is_expired_notice("This article has expired and is no longer available.")
    assert is_expired_notice("This story is no longer available; comments are below.")
    assert not is_expired_notice("My patience has expired.")


@pytest.mark.parametrize(
    "line",
    [
        "JUN. 3, 2015 - 10:41PM JST",
        "14 May 2014, 18:30",
        "Posted: 2014-05-14 18:30",
        "Today 03:22 pm JST",
        "3 hours ago",
    ],
)
def test_dates(line: str) -> None:
    assert is_stamp_line(line)


@pytest.mark.parametrize("line", ["I was there on May 14, 2014", "May be", "32 May 2014", "13:99", "March on"])
def test_sentences_are_no_dates(line: str) -> None:
    assert not is_stamp_line(line)
