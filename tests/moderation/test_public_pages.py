"""What everybody reads: the rules, their history and differences, and the log."""

from __future__ import annotations

import pytest
from django.test import Client

from benchmarks import plans
from kakehashi.comments.models import Comment
from kakehashi.lib import pages
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed
from kakehashi.moderation import actions, comparing, queries
from kakehashi.moderation.actions import RuleText
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import Action, Appeal, PolicyVersion, Rule
from kakehashi.readers.models import Role
from kakehashi.stories.models import Edition
from tests.factories import a_comment, a_reader
from tests.moderation.rows import a_moderator, a_removal

pytestmark = pytest.mark.django_db


def texts() -> list[RuleText]:
    """The rules in force, as the next version would take them."""
    fields = ("number", "title", "text", "examples", "default_action", "category", "is_in_force")
    return [RuleText(**{name: getattr(rule, name) for name in fields}) for rule in queries.rules_in_force()]


def test_a_new_site_comes_with_ten_rules() -> None:
    actions.ensure_policy()
    actions.ensure_policy()
    assert PolicyVersion.objects.count() == 1
    page = Client().get("/rules/")
    assert pages.shared(page) is not None
    assert 'id="rule-10"' in page.content.decode()
    assert "Argue with what was said" in page.content.decode()


def test_an_edit_makes_a_version_and_the_old_one_stays_readable() -> None:
    actions.ensure_policy()
    before = Edition.objects.get(pk=1).version
    changed = texts()
    changed[0] = RuleText(**{**vars(changed[0]), "text": "Criticise ideas as sharply as you please."})
    changed.append(RuleText(title="Write in whole sentences", text="Please."))
    actions.publish_policy(actor=a_reader(role=Role.EDITOR), texts=changed, changes="Clearer first rule.")
    assert Edition.objects.get(pk=1).version > before
    client = Client()
    now, then = client.get("/rules/").content.decode(), client.get("/rules/1/").content.decode()
    assert "as sharply as you please" in now
    assert "as sharply as you like" in then
    assert "This is an earlier version." in then
    difference = client.get("/rules/2/changes/").content.decode()
    assert "<ins>please</ins>" in difference
    assert "11." in difference
    assert client.get("/rules/3/").status_code == 404
    assert client.get("/rules/1/changes/").status_code == 200


def test_the_history_has_every_version_and_all_that_changed() -> None:
    actions.ensure_policy()
    editor, kept = a_reader(role=Role.EDITOR), texts()
    kept[5] = RuleText(**{**vars(kept[5]), "default_action": "banned"})
    actions.publish_policy(actor=editor, texts=kept, shows_rule=False)
    for _ in range(60):
        actions.publish_policy(actor=editor, texts=kept, shows_rule=False)
    client = Client()
    difference = client.get("/rules/2/changes/").content.decode()
    assert "<del>Remove the comment</del><ins>Ban the author</ins>" in difference
    assert "does not name the rule" in difference
    page = client.get("/rules/").content.decode()
    assert all(f'href="/rules/{number}/"' in page for number in range(1, 63))
    assert "Nothing in the words of the rules" in client.get("/rules/3/changes/").content.decode()


def test_a_decision_shows_the_words_of_its_version_for_ever() -> None:
    decision = a_removal(a_comment(author=(ana := a_reader())))
    kept = texts()
    kept[0] = RuleText(**{**vars(kept[0]), "title": "Be kind", "text": "Be kind.", "is_in_force": False})
    actions.publish_policy(actor=None, texts=kept)
    client = Client()
    client.force_login(ana)
    page = client.get(f"/account/decisions/{decision.pk}/").content.decode()
    assert "1. Argue with what was said" in page
    assert 'href="/rules/1/#rule-1"' in page
    assert "as sharply as you like" in client.get("/rules/1/").content.decode()
    assert "1. Argue with what was said" in client.get("/rules/log/").content.decode()


def test_a_cited_rule_cannot_be_deleted_but_taken_out_of_force() -> None:
    a_removal()
    editor, kept = a_reader(role=Role.EDITOR), texts()
    with pytest.raises(Conflict, match="Rule 1 is cited by 1 decision"):
        actions.publish_policy(actor=editor, texts=kept[1:])
    kept[0] = RuleText(**{**vars(kept[0]), "is_in_force": False})
    actions.publish_policy(actor=editor, texts=[kept[0], *kept[2:]])
    assert [rule.number for rule in queries.rules_in_force()] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert "No longer in force" in Client().get("/rules/").content.decode()
    # The number of a rule that is gone is not given away again.
    version = actions.publish_policy(actor=editor, texts=[kept[0], RuleText(title="New", text="New.")])
    assert list(version.rules.values_list("number", flat=True)) == [1, 11]


def test_a_rule_that_was_deleted_in_the_moment_of_a_decision_holds_up_no_later_version() -> None:
    actions.ensure_policy()
    seen, kept = queries.rules_in_force().select_related("version").get(number=1), texts()
    actions.publish_policy(actor=None, texts=kept[1:])
    decision = a_removal(ground=Ground(rule=seen))
    assert str(decision.rule) == "1. Argue with what was said, not with who said it"
    assert actions.publish_policy(actor=None, texts=kept[1:]).number == 3
    assert "as sharply as you like" in Client().get("/rules/1/").content.decode()


def test_what_no_policy_can_be() -> None:
    actions.ensure_policy()
    editor = a_reader(role=Role.EDITOR)
    with pytest.raises(Invalid, match="at least one"):
        actions.publish_policy(actor=editor, texts=[])
    with pytest.raises(Invalid, match="same number"):
        actions.publish_policy(actor=editor, texts=[texts()[0], texts()[0]])
    with pytest.raises(NotAllowed):
        actions.publish_policy(actor=a_moderator(), texts=texts())


@pytest.mark.once
def test_differences_are_told_by_words() -> None:
    found = comparing.pieces("No names, please.", "No real names.")
    assert "".join(piece.words for piece in found if piece.kind != "gone") == "No real names."
    assert "".join(piece.words for piece in found if piece.kind != "new") == "No names, please."


def test_a_tombstone_names_the_rule_only_where_the_policy_says_so() -> None:
    actions.ensure_policy()
    actions.publish_policy(actor=None, texts=texts(), shows_rule=False)
    decision = a_removal(ground=None)
    assert decision.rule is not None
    assert Comment.objects.get(pk=decision.comment_id).rule_number == 0


def test_the_log_says_what_was_decided_and_not_about_whom() -> None:
    ana = a_reader("Ana Unmistakable")
    comment = a_comment(author=ana, source="Words that went")
    decision = a_removal(comment, by=a_moderator("Mo Unmistakable"))
    actions.undo(actor=a_moderator(), decision=decision, explanation="Secret reasons")
    held = a_comment(state="held")
    actions.decide_comment(actor=a_moderator(), comment=held, action=Action.VISIBLE)
    page = Client().get("/rules/log/")
    # Who has just decided finds it there.
    kept = pages.shared(page)
    assert kept is not None
    assert kept.fresh_for == pages.SOON
    html = page.content.decode()
    assert pages.shared(page) is not None
    assert html.count("<tr>") == 3
    for secret in ("Unmistakable", "Words that went", "Secret reasons", comment.thread.story.title):
        assert secret not in html
    assert "1. Argue with what was said" in html


def test_the_log_is_paged_by_number() -> None:
    a_removal()
    first = a_removal()
    for odd in ("x", "-1", "9" * 30, "0"):
        assert Client().get("/rules/log/", {"before": odd}).status_code == 200
    assert Client().get("/rules/log/", {"before": first.pk}).content.decode().count("<tr>") == 2


def test_rules_are_linked_where_people_join_and_write() -> None:
    actions.ensure_policy()
    assert 'href="/rules/"' in Client().get("/account/signup/").content.decode()
    comment, client = a_comment(), Client()
    client.force_login(a_reader())
    assert 'href="/rules/"' in client.get(comment.thread.story.url).content.decode()
    assert Rule.objects.count() == 10


def test_no_list_reads_all_decisions() -> None:
    """The first page of all walks the table itself from its end, which SQLite's plan does not tell from reading it all."""
    decision = a_removal()
    Appeal.objects.create(decision=decision, reader=a_reader(), words="No.")
    plans.pretend_growth()
    desk = Client()
    desk.force_login(a_moderator())
    places = ["decisions/?before=999", "appeals/", f"decisions/{decision.pk}/", f"member/{decision.reader_id}/"]
    for path in ("/rules/log/", "/rules/log/?before=999", *[f"/moderation/{place}" for place in places]):
        with plans.watching() as watcher:
            assert desk.get(path).status_code == 200
        assert [str(scan) for scan in plans.scans(path, watcher) if scan.table.startswith("moderation_")] == []
