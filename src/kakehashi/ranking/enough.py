"""What is enough to say something of where a discussion agrees. Pure."""

from __future__ import annotations

# A group of fewer readers is not drawn, and how it rated is not told: nobody may be recognised in it.
LEAST_GROUP = 5
# Comments that so many readers of every camp have rated, before anything is said.
LEAST_COMMENTS = 5
# In the box beside a discussion, and at most on the page of its own.
AGREED, DIVIDED = 3, 2
AGREED_ON_PAGE, DIVIDED_ON_PAGE = 10, 10
# By which a camp is known: the comments most typical of it.
TYPICAL = 3
# Who has voted on fewer comments of a discussion sees no place of their own on its map.
LEAST_OWN_VOTES = 5
