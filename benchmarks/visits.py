"""Visits to every kind of page, within this process: what each of them asks of the database can be watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from kakehashi.readers.models import Reader, Role
from kakehashi.server import versions

Visit = tuple[str, Callable[[], None]]


class Unexpected(Exception):
    """A page that does not answer as it should."""


def visits(
    filled: dict[str, Any], addresses: dict[str, str], *, length: int, with_staff: bool = True
) -> Iterator[Visit]:
    """(name, what to do) of each; pages that only members have are not visited by others."""
    anybody, member, moderator = _client(), _client(filled["sessions"][0][0]), _client(filled["sessions"][1][0])
    Reader.objects.filter(pk=filled["sessions"][1][1]).update(role=Role.MODERATOR)
    for name, address in addresses.items():
        if "form" not in name and "personal" not in name:
            yield name, lambda address=address: _get(anybody, address)  # type: ignore[misc]
        yield f"{name}, signed in", lambda address=address: _get(member, address)  # type: ignore[misc]
    story, path, first = filled["stories"][length]
    yield "story, moderator", lambda: _get(moderator, path)
    if with_staff:
        with override_settings(KAKEHASHI_STAFF_MFA="optional"):
            yield from _moderates(moderator, member, first + length // 2)
    yield "post", lambda: _post(member, f"/story/{story}/comment/", {"text": f"A word more, {timezone.now():%f}."})
    yield from _acts(member, Reader.objects.get(pk=filled["sessions"][0][1]), first, length)
    yield "versions", lambda: _look([1, 2, 3])


def _moderates(moderator: Client, member: Client, comment: int) -> Iterator[Visit]:
    """A member reports a comment; what a moderator has open all day, and decides; what the worker looks for. Not the pages
    that add up what happened in weeks or a year, nor the look at all places of a month: they read all of it."""
    from kakehashi.moderation.actions import ensure_policy
    from kakehashi.moderation.queries import rules_in_force

    ensure_policy()
    yield "report", lambda: _post(member, f"/comment/{comment}/report/", {"rule": "1", "words": "Look here."})
    yield "own reports", lambda: _get(member, "/account/reports/")
    for address in (
        "", "queue/", "queue/?kind=flagged", f"queue/{comment}/", "queue/live.json", f"comment/{comment}/", "decisions/",
        "appeals/", "notices/", "model/", "abuse/",
    ):  # fmt: skip
        yield f"moderation/{address}", lambda address=address: _get(moderator, f"/moderation/{address}", only=200)  # type: ignore[misc]
    form = {"action": "removed", "rule": str(rules_in_force()[0].pk), "explanation": "Off the story.", "hours": ""}
    form |= {"state": "visible", "revision": "0", "decision": "0"}
    yield "claim", lambda: _post(moderator, f"/moderation/queue/{comment}/claim/", {})
    yield "decide", lambda: _post(moderator, f"/moderation/comment/{comment}/", form)
    yield "log", lambda: _get(member, "/rules/log/")
    for look in ("find_waiting", "score_new", "watch_votes", "go_on_discounting", "settle_withdrawn"):
        yield look, lambda look=look: _work(look)  # type: ignore[misc]


def _work(look: str) -> None:
    from kakehashi.moderation import tasks

    getattr(tasks, look)(timezone.now())


def _acts(member: Client, reader: Reader, first: int, length: int) -> Iterator[Visit]:
    """What a member does with somebody's comment, and then with the last of their own."""
    from kakehashi.comments.models import Comment

    other = Comment.objects.exclude(author=reader).filter(pk__gte=first, pk__lt=first + length).earliest("pk").pk
    own = Comment.objects.filter(author=reader).latest("pk").pk
    yield "vote 0", lambda: _post(member, f"/comment/{other}/vote/", {"value": "0"})
    for value in ("1", "-1"):
        yield (
            f"vote {value}",
            lambda value=value: _post(member, f"/comment/{other}/vote/", {"value": value}),  # type: ignore[misc]
        )
    yield "vote, in place", lambda: _post(member, f"/comment/{other}/vote/", {"value": "1"}, htmx=True)
    yield "edit", lambda: _post(member, f"/comment/{own}/edit/", {"text": "Said otherwise, @Bench Reader 3."})
    yield "withdraw", lambda: _post(member, f"/comment/{own}/withdraw/", {})


def _client(session: str = "") -> Client:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0].replace("*", "localhost")})
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
    return client


def _get(client: Client, address: str, *, only: int = 0) -> None:
    answer = client.get(address)
    if only and answer.status_code != only:
        raise Unexpected(f"{address} answers {answer.status_code}")
    # A small site has no second page.
    if answer.status_code not in (200, 302) and "page=" not in address:
        raise Unexpected(f"{address} answers {answer.status_code}")


def _post(client: Client, address: str, data: dict[str, str], *, htmx: bool = False) -> None:
    answer = client.post(address, data, headers={"HX-Request": "true"} if htmx else None)
    if answer.status_code not in (200, 302):
        raise Unexpected(f"{address} answers {answer.status_code}")


def _look(threads: list[int]) -> None:
    versions.read_versions(threads)
