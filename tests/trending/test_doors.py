"""Views over the wire: what each door counts, what it leaves out, and that all is written when the process ends."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.processes import ProcessSite, connect
from tests.server.visitor import Visitor, furnish

pytestmark = [pytest.mark.slow]

DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NAME = "User-Agent"


def test_views_are_counted_at_every_door_and_written_at_the_end(process_site: ProcessSite) -> None:
    room = furnish(process_site, "Views", {"Ana Views": "reader", "Bo Views": "reader"}, stories=4)
    (first, path), (_quiet, quiet), (third, third_path), _ = room["stories"]
    with process_site.serve("--workers", "1", "--no-worker") as address:
        host = urlsplit(address).netloc

        def get(path: str, number: int = 1, method: str = "GET", **headers: str) -> dict[str, str]:
            """As a reader behind a proxy on this machine."""
            sent = {"Host": host, NAME: DESK, "X-Forwarded-For": f"198.51.100.{number}"} | {
                name.replace("_", "-"): value for name, value in headers.items()
            }
            answer = Visitor(address).send(method, path, headers=sent)
            assert answer.status in {200, 304}
            return answer.headers

        # Three readers, one of them twice, and once more without anything new; one on another page of the comments.
        tag = get(path)["etag"]
        get(path, if_none_match=tag)
        get(path, 2)
        get(path + "?order=newest", 3, if_none_match=tag)
        # A member, who is answered by Django, twice.
        member = Visitor(address, {"sessionid": room["sessions"]["Ana Views"]})
        for _ in range(2):
            assert member.get(path, **{NAME: DESK}).status == 200
        # Nobody who reads.
        get(quiet, 1, "HEAD")
        get(quiet, 2, Sec_Purpose="prefetch")
        get(quiet, 3, **{"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"})
        get("/feed/")
        get("/")
        # Only a revalidation is a view as well.
        tag = get(third_path, 4, **{"User-Agent": "curl/8"})["etag"]
        get(third_path, 5, if_none_match=tag)
    with connect(process_site) as sql:
        found: Any = dict(sql("SELECT story_id, views FROM trending_readership"))  # type: ignore[arg-type]
        assert {story: found[story] for story in found if story in {pk for pk, _ in room["stories"]}} == {
            first: 4,
            third: 1,
        }
        tables = ["trending_readership", "trending_talk", "trending_pace"]
        written = str([sql(f"SELECT * FROM {table}") for table in tables])
    assert "198.51" not in written
