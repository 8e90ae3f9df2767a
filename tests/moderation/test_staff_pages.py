"""The staff's pages through their addresses, without and with htmx."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from kakehashi.comments.models import Comment, CommentState
from kakehashi.moderation import actions, guard, queries
from kakehashi.moderation.models import Action, Appeal, Claim, Decision, LegalNotice
from kakehashi.readers import actions as reader_actions
from kakehashi.readers.models import Reader, Role
from tests.factories import a_comment, a_reader
from tests.moderation.rows import a_ground, a_moderator, a_removal, a_rule

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def mo() -> Reader:
    return a_moderator("Mo")


@pytest.fixture
def desk(mo: Reader) -> Client:
    client = Client()
    client.force_login(mo)
    return client


def text_of(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]


class TestTheDoor:
    def test_every_address_stands_behind_it(self) -> None:
        resolver: Any = get_resolver()
        assert resolver.url_patterns
        from kakehashi.moderation.staff_urls import urlpatterns

        assert len(urlpatterns) > 5
        for open_door, entry in zip(urlpatterns, guard.guarded(urlpatterns), strict=True):
            assert entry.callback.__wrapped__ is open_door.callback  # type: ignore[attr-defined]
            address = f"/moderation/{re.sub('<[a-z]+:[a-z]+>', '1', str(entry.pattern))}"
            assert resolver.resolve(address).func.__wrapped__ is open_door.callback

    @pytest.mark.parametrize("role", [None, Role.READER, Role.EDITOR])
    def test_for_others_there_is_nothing(self, role: str | None) -> None:
        comment, client = a_comment(), Client()
        if role is not None:
            client.force_login(a_moderator(role=role))
        for address in (f"/moderation/comment/{comment.pk}/", "/moderation/decisions/", "/moderation/comment/999999/"):
            assert client.get(address).status_code == 404
            assert client.post(address, {"action": "removed", "law": "§ 1"}).status_code == 404
        assert Comment.objects.get().state == CommentState.VISIBLE

    def test_editors_find_the_appeals(self) -> None:
        client = Client()
        client.force_login(a_moderator(role=Role.EDITOR))
        assert "Appeals" in text_of(client.get("/moderation/"))
        assert client.get("/moderation/appeals/").status_code == 200
        decision = a_removal(a_comment(author=a_reader("Ana")), by=a_moderator("Mo"))
        assert decision.reader is not None
        appeal = actions.file_appeal(reader=decision.reader, decision=decision, words="No.")
        actions.settle_appeal(actor=a_moderator("Ada"), appeal=appeal, is_granted=True, answer="Yes.")
        page = text_of(client.get(f"/moderation/appeals/{appeal.pk}/"))
        assert "Ana" in page
        for link in set(re.findall(r'href="(/moderation/[^"#?]*)', page)):
            assert client.get(link).status_code == 200, link

    def test_the_second_factor_comes_first(self) -> None:
        client = Client()
        client.force_login(a_reader(role=Role.MODERATOR))
        assert client.get("/moderation/")["Location"] == "/account/2fa/"
        assert client.post("/moderation/").status_code == 403

    def test_what_others_may_not_read_waits_for_it_too(self) -> None:
        """Until then a moderator is a reader like any other, wherever a held comment might show."""
        ana = a_reader("Ana")
        held = a_comment(author=ana, source="Unspeakable fair words", state=CommentState.HELD)
        removed = a_comment(held.thread, author=ana, source="Unthinkable", state=CommentState.REMOVED)
        story = held.thread.story
        moderator = a_reader("Mo", role=Role.MODERATOR)
        places = [
            story.url,
            f"{story.url}?order=newest&layout=nested",
            f"/comment/{held.pk}/",
            f"/comment/{removed.pk}/",
            f"/comment/{held.pk}/edit/",
            f"/comment/{held.pk}/withdraw/",
            f"/story/{story.pk}/comment/",
            f"/story/{story.pk}/mine.json",
            f"/story/{story.pk}/changes/0.json",
            f"/story/{story.pk}/new/0.html",
            f"/story/{story.pk}/comments.rss",
            f"/story/{story.pk}/comments.atom",
            "/member/Ana",
            "/search/?q=fair+words",
            f"/moderation/comment/{held.pk}/",
            f"/moderation/member/{ana.pk}/",
        ]
        client = Client()

        def seen() -> str:
            answers = [client.get(place, headers=more, follow=True) for place in places for more in ({}, HTMX)]
            return "".join(text_of(answer) for answer in answers)

        client.force_login(moderator)
        for has_one in (False, True):
            if has_one:
                Authenticator.objects.create(user=moderator, type=Authenticator.Type.TOTP, data={"secret": "x"})
            text = seen()
            assert "Unspeakable" not in text
            assert "Unthinkable" not in text
            assert f'id="c-{held.pk}"' not in text
            assert f"/moderation/comment/{removed.pk}/" not in text
        client.force_login(moderator)
        assert "Unspeakable" in text_of(client.get(story.url))
        assert "Unthinkable" in text_of(client.get(f"/moderation/comment/{removed.pk}/"))

    def test_a_role_that_is_taken_counts_at_once(self, desk: Client, mo: Reader) -> None:
        """In the middle of a comment, whose words were typed already; the next one gets it once the claim is over."""
        chief, comment = a_moderator("Chief", role=Role.ADMINISTRATOR), a_comment(state=CommentState.HELD)
        actions.settle_waiting(comments=[comment.pk], now=timezone.now())
        assert f'data-item="{comment.pk}"' in text_of(desk.get("/moderation/queue/"))
        reader_actions.set_role(actor=chief, reader=mo, role=Role.READER)
        sent = {"action": "removed", "rule": a_rule().pk, "state": "held"}
        for address in (f"/moderation/queue/{comment.pk}/", f"/moderation/comment/{comment.pk}/"):
            assert desk.post(address, sent).status_code == 404
        assert desk.post(f"/moderation/queue/{comment.pk}/claim/", {"wish": "take"}).status_code == 404
        assert Comment.objects.get().state == CommentState.HELD
        Claim.objects.update(until=timezone.now())
        other = Client()
        other.force_login(chief)
        assert f'data-item="{comment.pk}"' in text_of(other.get("/moderation/queue/"))

    def test_a_log_in_from_before_the_role_opens_nothing(self) -> None:
        """Also where it has an app or a passkey by now: it was not asked for it."""
        bea, client = a_reader("Bea"), Client()
        client.force_login(bea)
        Authenticator.objects.create(user=bea, type=Authenticator.Type.TOTP, data={"secret": "x"})
        reader_actions.set_role(actor=None, reader=bea, role=Role.MODERATOR)
        held = a_comment(source="Unspeakable", state=CommentState.HELD)
        assert "/account/2fa/" in client.get("/moderation/")["Location"]
        assert "Unspeakable" not in text_of(client.get(held.thread.story.url))

    def test_nothing_of_it_is_kept_by_anybody(self, desk: Client) -> None:
        assert desk.get("/moderation/")["Cache-Control"] == "private, no-store"


class TestDeciding:
    def test_a_removal_needs_its_rule(self, desk: Client) -> None:
        comment, rule = a_comment(source="Unspeakable"), a_rule(2)
        page = desk.get(f"/moderation/comment/{comment.pk}/?action=removed")
        assert "Unspeakable" in text_of(page)
        answer = desk.post(f"/moderation/comment/{comment.pk}/", {"action": "removed", "explanation": "Look here"})
        assert answer.status_code == 422
        assert "choose the rule" in text_of(answer)
        assert "Look here" in text_of(answer)
        sent = {"action": "removed", "rule": rule.pk, "explanation": "Look here"}
        answer = desk.post(f"/moderation/comment/{comment.pk}/", sent)
        assert answer["Location"] == f"{comment.thread.story.url}#c-{comment.pk}"
        story = text_of(Client().get(comment.thread.story.url))
        assert "Unspeakable" not in story
        assert '<a href="/rules/#rule-2">(rule 2)</a>' in story

    def test_a_rule_is_the_same_in_a_new_version_as_long_as_its_words_are(self, desk: Client) -> None:
        seen, changed = a_rule(1), a_rule(2)
        fields = ("number", "title", "text")
        kept = [actions.RuleText(**{name: getattr(rule, name) for name in fields}) for rule in queries.rules_in_force()]
        kept[1] = actions.RuleText(number=2, title="Other words", text="Other words.")
        actions.publish_policy(actor=None, texts=kept)
        comment = a_comment()
        address = f"/moderation/comment/{comment.pk}/"
        answer = desk.post(address, {"action": "removed", "rule": changed.pk})
        assert answer.status_code == 422
        assert "no longer in force" in text_of(answer)
        assert desk.post(address, {"action": "removed", "rule": seen.pk}).status_code == 302
        rule = Decision.objects.get().rule
        assert rule is not None
        assert (rule.number, rule.version.number) == (1, 2)

    def test_nothing_stands_above_a_page_that_it_does_not_say(self, desk: Client) -> None:
        """The frame of every page has a place for what pages that are kept for many say there."""
        comment, ana = a_comment(), a_reader()
        reader = Client()
        reader.force_login(ana)
        pages = {f"/moderation/comment/{comment.pk}/": desk, "/account/reports/": reader}
        for is_there in (False, True):
            if is_there:
                LegalNotice.objects.create(
                    reference="AAAA-BBBB-CCCC",
                    place="/",
                    comment=comment,
                    explanation="It names a witness.",
                    name="Nora",
                    email="nora@example.org",
                    is_in_good_faith=True,
                    reader=ana,
                )
            for page, client in pages.items():
                text = text_of(client.get(page))
                assert ("It names a witness." in text or "AAAA-BBBB-CCCC" in text) is is_there
                assert "[" not in text.partition('<main id="main"')[0].partition("</header>")[2]

    def test_in_place_and_published_again(self, desk: Client) -> None:
        comment, rule = a_comment(source="Unspeakable"), a_rule()
        address = f"/moderation/comment/{comment.pk}/"
        form = desk.get(f"{address}?action=removed", headers=HTMX)
        assert form["HX-Retarget"] == f"#c-{comment.pk} > .moderate"
        assert '<input type="hidden" name="action" value="removed">' in text_of(form)
        done = desk.post(address, {"action": "removed", "rule": rule.pk}, headers=HTMX)
        assert done["HX-Retarget"] == f"#c-{comment.pk}"
        assert json.loads(done["HX-Trigger"]) == {"say": "Decided and recorded."}
        desk.post(f"{address}?was=removed", {"action": "visible"}, headers=HTMX)
        assert [one.action for one in Decision.objects.order_by("pk")] == ["removed", "visible"]
        late = desk.post(f"{address}?was=removed", {"action": "visible"}, headers=HTMX)
        assert late.status_code == 409
        assert "Mo has decided" in text_of(late)

    def test_what_was_decided_meanwhile_is_said_and_the_words_stay(self, desk: Client) -> None:
        comment = a_comment()
        sent = {"action": "removed", "rule": a_rule().pk, "explanation": "My words", "revision": 0, "decision": 0}
        a_removal(comment, by=a_moderator("Ada"))
        answer = desk.post(f"/moderation/comment/{comment.pk}/", sent)
        assert answer.status_code == 409
        assert "Ada has decided" in text_of(answer)
        assert "My words" in text_of(answer)

    def test_with_a_suspension_by_the_record(self, desk: Client, mo: Reader) -> None:
        ana = a_reader()
        actions.suspend(actor=mo, reader=ana, ground=a_ground(), hours=24)
        comment = a_comment(author=ana)
        sent = {"action": "removed", "rule": a_rule().pk, "consequence": "suspended"}
        assert desk.post(f"/moderation/comment/{comment.pk}/", sent).status_code == 302
        last = Decision.objects.get(action=Action.SUSPENDED, comment=comment)
        assert last.until is not None
        assert round((last.until - last.decided_at).total_seconds() / 3600) == 72
        assert last.batch == Decision.objects.get(action=Action.REMOVED).batch

    def test_a_consequence_without_a_breach_is_refused(self, desk: Client) -> None:
        comment = a_comment()
        answer = desk.post(f"/moderation/comment/{comment.pk}/", {"action": "visible", "consequence": "banned"})
        assert answer.status_code == 422
        assert Decision.objects.count() == 0

    @pytest.mark.parametrize(
        "sent",
        [
            {},
            {"action": "deleted"},
            {"action": "removed", "rule": "999999"},
            {"action": "removed", "rule": "x\x00"},
            {"action": "removed", "law": "§" * 300},
            {"action": "visible", "revision": "-1"},
            {"action": "visible", "hours": "one"},
            {"action": "edited", "law": "§ 1", "text": ""},
            {"action": "edited", "law": "§ 1", "text": "x" * 200_000},
            {"action": "visible", "decision": "9" * 40},
        ],
    )
    def test_odd_input_gets_a_sentence(self, desk: Client, sent: dict[str, str]) -> None:
        comment = a_comment()
        assert desk.post(f"/moderation/comment/{comment.pk}/", sent).status_code in (409, 422)
        assert Decision.objects.count() == 0

    def test_a_thread_is_not_closed_without_a_rule_but_opened(self, desk: Client) -> None:
        story = a_comment().thread.story
        address = f"/moderation/story/{story.pk}/"
        for state in ("closed", "held_first"):
            asked = text_of(desk.get(address, {"state": state, "comment": "x"}))
            assert f'value="{state}" required id="id_state_{1 if state == "held_first" else 2}" checked' in asked
            refused = desk.post(address, {"state": state, "explanation": "Late already."})
            assert refused.status_code == 422
            assert "Please choose the rule" in text_of(refused)
            assert "Late already." in text_of(refused)
        assert not Decision.objects.exists()
        desk.post(address, {"state": "closed", "rule": a_rule(6).pk})
        assert "This discussion is closed" in text_of(Client().get(story.url))
        for _ in range(2):
            assert desk.post(address, {"state": "open"})["Location"] == f"{story.url}#comments"
        assert Decision.objects.count() == 2
        assert desk.post(address, {"state": ""}).status_code == 422

    def test_a_thread_under_a_rule_and_with_reasons(self, desk: Client) -> None:
        comment = a_comment()
        story = comment.thread.story
        address = f"/moderation/story/{story.pk}/"
        assert f'href="{address}?state=closed"' in text_of(desk.get(story.url))
        assert story.title in text_of(desk.get(address))
        sent = {"state": "closed", "rule": a_rule(6).pk, "explanation": "Sixty comments\r\nabout parking."}
        assert desk.post(address, sent)["Location"] == f"{story.url}#comments"
        decision = Decision.objects.get()
        assert (decision.rule, decision.explanation) == (a_rule(6), "Sixty comments\nabout parking.")
        assert "6. Stay with the story" in text_of(Client().get("/rules/log/"))
        told = text_of(Client().get(story.url))
        assert "A moderator has closed this discussion." in told
        assert "<q>Sixty comments\nabout parking.</q>" in told
        assert 'href="/rules/#rule-6">rule 6</a>' in told
        page = text_of(desk.get(address))
        assert f'name="seen" value="{decision.pk}"' in page
        assert "Sixty comments\nabout parking." in page
        assert f'href="{address}">Change the reasons</a>' in text_of(desk.get(story.url))
        better = {**sent, "explanation": "Sixty about parking.", "seen": decision.pk}
        assert desk.post(address, better).status_code == 302
        assert "<q>Sixty about parking.</q>" in text_of(Client().get(story.url))
        assert desk.post(address, {**sent, "seen": decision.pk}).status_code == 409
        late = desk.post(address, sent)
        assert late.status_code == 409
        assert "about parking." in text_of(late)
        assert desk.get("/moderation/story/999999/").status_code == 404

    def test_a_line_end_counts_as_one_character(self, desk: Client) -> None:
        comment, words = a_comment(), "line\r\n" * 399 + "12345"
        sent = {"action": "removed", "rule": a_rule().pk, "explanation": words}
        assert desk.post(f"/moderation/comment/{comment.pk}/", sent).status_code == 302
        assert len(Decision.objects.get().explanation) == 2000


class TestRecords:
    def test_a_member_is_warned_and_undone(self, desk: Client) -> None:
        ana = a_reader("Ana")
        address = f"/moderation/member/{ana.pk}/"
        assert "Ana" in text_of(desk.get(address))
        assert desk.post(address, {"action": "warned"}).status_code == 422
        assert desk.post(address, {"action": "warned", "rule": a_rule().pk}).status_code == 302
        decision = Decision.objects.get()
        assert "Undo this decision" in text_of(desk.get(f"/moderation/decisions/{decision.pk}/"))
        assert desk.post(f"/moderation/decisions/{decision.pk}/", {"explanation": "Wrong one."}).status_code == 302
        assert desk.post(f"/moderation/decisions/{decision.pk}/").status_code == 409
        ana.refresh_from_db()
        assert ana.warned_at is None
        assert desk.get("/moderation/member/999999/").status_code == 404

    def test_of_two_who_decide_on_a_member_the_second_is_told(self, desk: Client, mo: Reader) -> None:
        """Nor does a second click suspend again, and for longer."""
        ana = a_reader("Ana")
        address = f"/moderation/member/{ana.pk}/"
        assert 'name="seen" value="0"' in text_of(desk.get(address))
        sent = {"action": "suspended", "rule": a_rule().pk, "explanation": "Insults.", "seen": "0"}
        assert desk.post(address, sent).status_code == 302
        late = desk.post(address, sent)
        assert late.status_code == 409
        assert "Mo has decided on this member already: Suspended" in text_of(late)
        assert "Insults." in text_of(late)
        last = Decision.objects.get()
        assert f'name="seen" value="{last.pk}"' in text_of(late)
        assert desk.post(address, {**sent, "seen": last.pk}).status_code == 302
        assert Decision.objects.count() == 2

    def test_a_sweep_is_undone_as_one(self, desk: Client) -> None:
        ana = a_reader()
        comments = [a_comment(author=ana) for _ in range(2)]
        sent = {"action": "banned", "rule": a_rule(8).pk, "sweeps": "on"}
        assert desk.post(f"/moderation/member/{ana.pk}/", sent).status_code == 302
        ban = Decision.objects.get(action=Action.BANNED)
        assert "Undo all 3 decisions" in text_of(desk.get(f"/moderation/decisions/{ban.pk}/"))
        desk.post(f"/moderation/decisions/{ban.pk}/", {"all": "1"})
        assert Comment.objects.filter(pk__in=[one.pk for one in comments], state="visible").count() == 2

    @pytest.mark.parametrize(
        ("address", "queries"), [("decisions/", 7), ("appeals/", 8), ("member/{reader}/", 13), ("", 12)]
    )
    def test_pages_cost_the_same_with_many(self, desk: Client, address: str, queries: int) -> None:
        ana = a_reader()
        where = f"/moderation/{address.format(reader=ana.pk)}"

        def more(count: int) -> None:
            for _ in range(count):
                decision = a_removal(a_comment(author=ana))
                Appeal.objects.create(decision=decision, reader=ana, words="No.")

        more(1)
        desk.get(where)
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert desk.get(where).status_code == 200
            counts.append(len(captured))
            more(29 if len(counts) == 1 else 0)
        assert counts == [counts[0]] * 2, counts
        assert counts[0] == queries
