"""Editors write the rules among Wagtail's pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kakehashi.moderation import actions, queries
from kakehashi.moderation.models import PolicyVersion
from kakehashi.readers.models import Role
from kakehashi.stories.actions.roles import ensure_roles
from tests.factories import a_front
from tests.moderation.rows import a_moderator, a_removal

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/rules/"


def editor(role: str = Role.ADMINISTRATOR) -> Client:
    client = Client()
    client.force_login(a_moderator(role=role))
    return client


def as_sent(page: Any, **changed: str) -> dict[str, str]:
    """What a browser sends of this page's form."""
    form, rules = page.context["form"], page.context["rules"]
    sent = {"version": str(page.context["policy"].number)}
    for one in (form, rules.management_form, *rules.forms):
        for field in one:
            value = field.value()
            if value not in (None, False):
                sent[field.html_name] = "on" if value is True else str(value)
    return sent | changed


@pytest.fixture
def _rules() -> None:
    a_front()
    ensure_roles()
    actions.ensure_policy()


@pytest.mark.usefixtures("_rules")
class TestEditing:
    def test_saving_makes_the_next_version(self) -> None:
        client = editor()
        page = client.get(ADDRESS)
        sent = as_sent(page, **{"rules-0-text": "Be kind.", "rules-10-title": "Eleven", "rules-10-text": "New."})
        answer = client.post(ADDRESS, sent | {"changes": "Shorter."})
        assert answer.status_code == 302, answer.context["rules"].errors
        policy = queries.policy_in_force()
        assert policy is not None
        assert (policy.number, policy.changes, policy.rules.count()) == (2, "Shorter.", 11)
        assert policy.rules.get(number=1).text == "Be kind."

    def test_a_rule_that_is_cited_is_not_deleted_and_nothing_typed_is_lost(self) -> None:
        a_removal()
        client = editor()
        page = client.get(ADDRESS)
        sent = as_sent(page, **{"rules-0-DELETE": "on", "rules-1-text": "My new words."})
        answer = client.post(ADDRESS, sent)
        assert answer.status_code == 409
        assert "Rule 1 is cited by 1 decision" in answer.content.decode()
        assert "My new words." in answer.content.decode()
        client.post(ADDRESS, as_sent(page, **{"rules-1-DELETE": "on"}))
        assert [rule.number for rule in queries.rules_in_force()][:2] == [1, 3]

    def test_of_two_editors_the_second_is_told(self) -> None:
        first, second = editor(), editor()
        page = second.get(ADDRESS)
        first.post(ADDRESS, as_sent(first.get(ADDRESS), preamble="First."))
        answer = second.post(ADDRESS, as_sent(page, preamble="Second."))
        assert answer.status_code == 409
        assert "Somebody else has changed the rules" in answer.content.decode()
        assert "Second." in answer.content.decode()
        assert PolicyVersion.objects.count() == 2

    def test_half_a_rule_comes_back(self) -> None:
        client = editor()
        answer = client.post(ADDRESS, as_sent(client.get(ADDRESS), **{"rules-10-title": "Only a title"}))
        assert answer.status_code == 422
        assert "Only a title" in answer.content.decode()

    def test_who_comes_in(self) -> None:
        assert editor(Role.MODERATOR).get(ADDRESS).status_code == 404
        client = Client()
        reader = a_moderator(role=Role.EDITOR)
        from django.contrib.auth.models import Group

        reader.groups.add(Group.objects.get(name="Editors"))
        client.force_login(reader)
        assert client.get(ADDRESS).status_code == 200
