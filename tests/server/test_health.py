"""What balancers and Prometheus are told, with a database and without."""

from __future__ import annotations

import re
import time
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from kakehashi.comments.models import Comment, CommentState
from kakehashi.server.health import MIGRATIONS_KEPT_SECONDS, Readiness
from kakehashi.server.jobs import FRESH, DatabaseBook, database_now
from kakehashi.server.models import Worker
from tests.factories import a_comment, a_story
from tests.processes import ProcessSite
from tests.server.visitor import Visitor

TOKEN = "a token for Prometheus"


def down(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    raise OperationalError("the server closed the connection")


def test_alive_asks_no_database_and_no_host(client: Client) -> None:
    answer = client.get("/healthz", headers={"Host": "no such host"})
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"ok\n", "no-store")
    assert client.head("/healthz").status_code == 200


@pytest.mark.django_db
class TestReadiness:
    def test_a_site_with_its_database_and_a_worker_is_ready(self, client: Client) -> None:
        DatabaseBook().beat()
        answer = client.get("/readyz", headers={"Host": "no such host"})
        assert (answer.status_code, answer.json(), answer["Cache-Control"]) == (200, {"status": "ready"}, "no-store")

    def test_a_worker_without_a_fresh_heartbeat_is_named(self) -> None:
        assert list(Readiness().problems()) == ["worker"]
        DatabaseBook().beat()
        assert Readiness().problems() == {}
        Worker.objects.update(beat_at=database_now() - FRESH - timedelta(seconds=1))
        assert "60 s" in Readiness().problems()["worker"]

    def test_a_missing_migration_is_named(self) -> None:
        DatabaseBook().beat()
        passed = [0.0]
        readiness = Readiness(clock=lambda: passed[0])
        assert readiness.problems() == {}
        MigrationRecorder(connection).record_unapplied("server", "0001_workers")
        passed[0] += MIGRATIONS_KEPT_SECONDS
        assert "kakehashi init" in readiness.problems()["migrations"]
        MigrationRecorder(connection).record_applied("server", "0001_workers")
        passed[0] += 1
        assert readiness.problems() == {}

    def test_a_database_that_does_not_answer_is_named(self, client: Client) -> None:
        with connection.execute_wrapper(down):
            answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"status": "not ready", "problems": {"database": "does not answer"}}

    def test_many_questions_at_once_are_one(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        DatabaseBook().beat()
        passed = [0.0]
        readiness = Readiness(clock=lambda: passed[0])
        readiness.problems()
        with django_assert_num_queries(0):
            readiness.problems()
        passed[0] += 2
        with django_assert_num_queries(2 if connection.vendor == "postgresql" else 1):
            readiness.problems()


@pytest.mark.django_db
class TestMetrics:
    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer ü", TOKEN])
    def test_without_the_token_there_is_no_such_page(self, client: Client, settings: Settings, header: str) -> None:
        settings.KAKEHASHI_METRICS_TOKEN = TOKEN
        a_story()
        assert client.get("/metrics", headers={"Authorization": header}).status_code == 404

    def test_without_a_token_set_there_is_none_for_anybody(self, client: Client) -> None:
        a_story()
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    def test_an_operator_reads_what_the_database_knows(self, client: Client, settings: Settings) -> None:
        settings.KAKEHASHI_METRICS_TOKEN = TOKEN
        held = a_comment()
        long_ago = database_now() - timedelta(hours=3)
        Comment.objects.filter(pk=held.pk).update(state=CommentState.HELD, created_at=long_ago)
        DatabaseBook().beat()
        figures = scraped(client)
        assert figures["kakehashi_database_up"] == 1
        assert figures["kakehashi_workers_alive"] == 1
        assert figures["kakehashi_database_bytes"] > 10_000
        assert figures['kakehashi_queue_length{queue="held_comments"}'] >= 1
        assert figures["kakehashi_oldest_held_comment_seconds"] >= 3 * 3600

    def test_it_says_so_while_the_database_is_away(self, client: Client, settings: Settings) -> None:
        settings.KAKEHASHI_METRICS_TOKEN = TOKEN
        with connection.execute_wrapper(down):
            figures = scraped(client)
        assert figures["kakehashi_database_up"] == 0
        assert "kakehashi_workers_alive" not in figures

    def test_requests_are_counted_by_route_and_never_by_address(self, client: Client, settings: Settings) -> None:
        settings.KAKEHASHI_METRICS_TOKEN = TOKEN
        story = a_story(slug="a-very-particular-address")
        before = scraped(client)
        series = 'kakehashi_requests_total{method="GET",route="wagtail_serve",status="200"}'
        assert client.get(story.url).status_code == 200
        text = text_of(client)
        assert parsed(text)[series] == before.get(series, 0) + 1
        assert 'kakehashi_request_seconds_bucket{le="+Inf",method="GET",route="wagtail_serve"}' in text
        assert "particular" not in text


def text_of(client: Client) -> str:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return answer.text


def parsed(text: str) -> dict[str, float]:
    return {found[1]: float(found[2]) for found in re.finditer(r"^([a-z_]+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE)}


def scraped(client: Client) -> dict[str, float]:
    return parsed(text_of(client))


@pytest.mark.slow
def test_processes_of_one_server_count_together(process_site: ProcessSite) -> None:
    process_site.extra["KAKEHASHI_METRICS_TOKEN"] = TOKEN
    try:
        with process_site.serve("--workers", "2") as address:
            assert wait_until_ready(address) == '{"status": "ready"}\n'
            for _ in range(40):
                assert Visitor(address).get("/account/login/").status == 200
            request = urllib.request.Request(f"{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                figures = parsed(answer.read().decode())
    finally:
        del process_site.extra["KAKEHASHI_METRICS_TOKEN"]
    # More than any one of the two has answered.
    assert figures['kakehashi_requests_total{method="GET",route="account_login",status="200"}'] == 40
    assert figures["kakehashi_workers_alive"] == 1
    assert figures["kakehashi_page_cache_pages"] >= 0


def wait_until_ready(address: str) -> str:
    until = time.monotonic() + 60
    while (answer := Visitor(address).get("/readyz")).status != 200:
        assert (answer.status, time.monotonic() < until) == (503, True), answer.text
        time.sleep(0.1)
    return answer.text
