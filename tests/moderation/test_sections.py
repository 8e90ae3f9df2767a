"""Moderators of some sections: what lies outside is not there for them, whichever way they come."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib.errors import DomainError, NotAllowed, NotFound
from kakehashi.moderation import actions, queries, rules
from kakehashi.moderation.models import Action, Decision, LegalNotice, Waiting
from kakehashi.readers import actions as reader_actions
from kakehashi.readers.models import Reader, Role, RoleChange
from kakehashi.stories.actions import place_story
from kakehashi.stories.models import SectionPage
from tests.factories import a_comment, a_reader, a_section, a_story, a_thread
from tests.moderation.rows import a_ground, a_moderator, a_removal, a_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> Reader:
    return a_moderator("Chief", role=Role.ADMINISTRATOR)


@pytest.fixture
def here() -> SectionPage:
    return a_section("Sport")


@pytest.fixture
def lena(chief: Reader, here: SectionPage) -> Reader:
    """She moderates the section Sport."""
    return reader_actions.confine(actor=chief, reader=a_moderator("Lena"), sections=[here.pk])


@pytest.fixture
def desk(lena: Reader) -> Client:
    client = Client()
    client.force_login(lena)
    return client


def comment_in(section: SectionPage, **fields: object) -> Comment:
    return a_comment(a_thread(a_story(section=section)), **fields)  # type: ignore[arg-type]


def refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except (NotFound, NotAllowed):
        return True
    return False


class TestDeciding:
    @pytest.mark.parametrize("is_theirs", [True, False])
    def test_every_action_asks_where(self, lena: Reader, chief: Reader, here: SectionPage, is_theirs: bool) -> None:
        section = here if is_theirs else a_section("Politics")
        ground = a_ground()
        first, second, third, fourth = (comment_in(section) for _ in range(4))
        removal, closed = a_removal(second, by=chief), a_removal(fourth, by=chief)
        appeal = actions.file_appeal(reader=closed.reader, decision=closed, words="No.")  # type: ignore[arg-type]
        shut = actions.decide_thread(actor=chief, thread=third.thread, action="closed", ground=ground)
        batch = a_removal(third, by=chief, batch=uuid.uuid4())
        assert batch.batch is not None
        acts: list[Callable[[], object]] = [
            lambda: actions.decide_comment(actor=lena, comment=first, action=Action.HELD),
            lambda: actions.judge(
                actor=lena, comment=first, action=Action.REMOVED, ground=ground, consequence="warned"
            ),
            lambda: actions.decide_thread(actor=lena, thread=first.thread, action="closed", ground=ground),
            lambda: actions.undo(actor=lena, decision=removal),
            lambda: actions.undo(actor=lena, decision=shut),
            lambda: actions.undo_batch(actor=lena, batch=batch.batch),  # type: ignore[arg-type]
            lambda: actions.settle_appeal(actor=lena, appeal=appeal, is_granted=True, answer="Yes."),
            lambda: actions.warn(actor=lena, reader=first.author, ground=ground, comment=first),  # type: ignore[arg-type]
            lambda: comment_actions.set_comment_state(actor=lena, comment=first, state="visible"),
            lambda: comment_actions.rewrite_comment(actor=lena, comment=first, source="Other words."),
            lambda: comment_actions.set_thread_state(actor=lena, thread=first.thread, state="open"),
        ]
        before = Decision.objects.count()
        assert [refused(act) for act in acts] == [not is_theirs] * len(acts)
        if not is_theirs:
            assert Decision.objects.count() == before

    def test_what_is_about_the_member_is_for_the_whole_site(
        self, lena: Reader, chief: Reader, here: SectionPage
    ) -> None:
        comment, ground = comment_in(here), a_ground()
        ana = comment.author
        assert ana is not None
        suspended = actions.suspend(actor=chief, reader=ana, ground=ground, hours=24, comment=comment)
        warned = actions.warn(actor=chief, reader=ana, ground=ground, comment=comment)
        sweep = actions.ban(actor=chief, reader=ana, ground=ground, comment=comment, sweeps=True)
        for act in (
            lambda: actions.warn(actor=lena, reader=ana, ground=ground),
            lambda: actions.suspend(actor=lena, reader=ana, ground=ground, hours=24),
            lambda: actions.suspend(actor=lena, reader=ana, ground=ground, hours=24, comment=comment),
            lambda: actions.ban(actor=lena, reader=ana, ground=ground, comment=comment),
            lambda: actions.judge(
                actor=lena, comment=comment, action=Action.VISIBLE, ground=ground, consequence="banned"
            ),
            lambda: actions.undo(actor=lena, decision=suspended),
            lambda: actions.undo(actor=lena, decision=sweep),
            lambda: actions.undo_batch(actor=lena, batch=sweep.batch),  # type: ignore[arg-type]
        ):
            with pytest.raises(DomainError):
                act()
        ana.refresh_from_db()
        assert ana.is_banned
        actions.undo(actor=lena, decision=warned)

    def test_the_present_section_of_the_story_counts(self, lena: Reader, here: SectionPage) -> None:
        elsewhere = a_section("Politics")
        comment = comment_in(elsewhere)
        story = comment.thread.story
        assert not rules.can_decide_on(lena, story.section_pk)
        story.move(here, pos="last-child")
        place_story(pk=story.pk)
        actions.decide_comment(actor=lena, comment=comment, action=Action.HELD)

    def test_they_count_for_appeals_in_their_section_only(self, lena: Reader, here: SectionPage) -> None:
        first = a_moderator("First")
        Reader.objects.filter(role=Role.ADMINISTRATOR).update(is_active=False)
        for section, others in ((here, 1), (a_section("Politics"), 0)):
            decision = queries.told().get(pk=a_removal(comment_in(section), by=first).pk)
            assert queries.other_moderators(decision) == others


class TestReading:
    def test_held_comments_elsewhere_are_not_theirs_to_read(self, desk: Client, here: SectionPage) -> None:
        for section, reads in ((here, True), (a_section("Politics"), False)):
            held = comment_in(section, source="Unspeakable", state=CommentState.HELD)
            story = held.thread.story
            page = desk.get(story.url).content.decode()
            assert ("Unspeakable" in page) is reads
            assert ("Moderate this discussion" in page) is reads
            assert (desk.get(f"/comment/{held.pk}/").status_code == 302) is reads
            assert (desk.get(f"/moderation/comment/{held.pk}/").status_code == 200) is reads
            changes = desk.get(f"/story/{story.pk}/new/0.html")
            assert "Unspeakable" not in changes.content.decode() or reads
            assert f"{held.pk}" not in desk.get(f"/story/{story.pk}/mine.json").content.decode()

    def test_lists_show_their_part(self, desk: Client, chief: Reader, here: SectionPage) -> None:
        ana = a_reader("Ana")
        ours = a_removal(comment_in(here, author=ana), by=chief)
        theirs = a_removal(comment_in(a_section("Politics"), author=ana), by=chief)
        about_her = actions.warn(actor=chief, reader=ana, ground=a_ground())
        appeals = [actions.file_appeal(reader=ana, decision=one, words="No.") for one in (ours, theirs, about_her)]
        for list_ in ("decisions/", f"member/{ana.pk}/"):
            page = desk.get(f"/moderation/{list_}").content.decode()
            assert f"/moderation/decisions/{ours.pk}/" in page
            assert f"/moderation/decisions/{theirs.pk}/" not in page
            assert f"/moderation/decisions/{about_her.pk}/" not in page
        page = desk.get("/moderation/appeals/").content.decode()
        assert [f"/moderation/appeals/{one.pk}/" in page for one in appeals] == [True, False, False]
        assert [desk.get(f"/moderation/decisions/{one.pk}/").status_code for one in (ours, theirs, about_her)] == [
            200,
            404,
            404,
        ]
        assert [desk.get(f"/moderation/appeals/{one.pk}/").status_code for one in appeals] == [200, 404, 404]
        assert '<span class="how-many">1</span>' in desk.get("/moderation/").content.decode()

    def test_what_was_moved_away_does_not_stand_in_their_queue(self, desk: Client, here: SectionPage) -> None:
        away = comment_in(a_section("Politics"), state=CommentState.HELD)
        ours = comment_in(here, state=CommentState.HELD)
        actions.settle_waiting(comments=[away.pk, ours.pk], now=timezone.now())
        Waiting.objects.filter(pk=away.pk).update(section=here.pk, weight=1)
        page = desk.get("/moderation/queue/").content.decode()
        assert f'data-item="{ours.pk}"' in page
        assert f"/moderation/queue/{away.pk}/" not in page

    def test_who_is_at_what_is_told_of_their_part_only(self, desk: Client, chief: Reader, here: SectionPage) -> None:
        for section, is_told in ((a_section("Politics"), False), (here, True)):
            comment = comment_in(section, state=CommentState.HELD)
            actions.settle_waiting(comments=[comment.pk], now=timezone.now())
            actions.claim_comment(actor=chief, comment=comment)
            told = desk.get("/moderation/queue/live.json").json()
            assert told["claims"] == ({str(comment.pk): "Chief"} if is_told else {})

    def test_together_they_decide_on_their_part_only(self, desk: Client, here: SectionPage) -> None:
        away, ours = (
            comment_in(a_section("Politics"), state=CommentState.HELD),
            comment_in(here, state=CommentState.HELD),
        )
        actions.settle_waiting(comments=[away.pk, ours.pk], now=timezone.now())
        # Moved since it was reckoned.
        Waiting.objects.filter(pk=away.pk).update(section=here.pk)
        assert "Decide on 1 comment" in desk.get("/moderation/queue/bulk/?kind=held").content.decode()
        desk.post(f"/moderation/queue/bulk/?pick={away.pk}&pick={ours.pk}", {"action": "visible"})
        assert list(Comment.objects.visible().values_list("pk", flat=True)) == [ours.pk]

    def test_forms_offer_what_they_may(self, desk: Client, here: SectionPage) -> None:
        comment = comment_in(here)
        page = desk.get(f"/moderation/comment/{comment.pk}/").content.decode()
        assert "Warning, to be confirmed" in page
        assert "Banned from writing" not in page
        sent = {"action": "removed", "rule": a_rule().pk, "consequence": "banned"}
        assert desk.post(f"/moderation/comment/{comment.pk}/", sent).status_code == 422
        # Nor does the queue promise it where it is usual.
        actions.flag_comment(reader=a_reader(), comment=comment, rule=8)
        assert a_rule(8).default_action == "banned"
        page = desk.get(f"/moderation/queue/{comment.pk}/").content.decode()
        assert 'data-consequence="warned"' in page
        assert 'data-consequence="banned"' not in page
        assert "<span data-also-shown></span>" in page

    def test_no_link_leads_to_a_page_that_is_shut(self, desk: Client, here: SectionPage) -> None:
        comment, ana = comment_in(here, author=a_reader("Ana")), a_reader("Finn")
        actions.flag_comment(reader=ana, comment=comment, rule=a_rule().number)
        notice = LegalNotice.objects.create(
            reference="RRRR-SSSS-TTTT", comment=comment, law="§ 1", explanation="x" * 40, name="Ines", email="i@example.org",
            is_in_good_faith=True,
        )  # fmt: skip
        actions.settle_waiting(comments=[comment.pk], now=notice.created_at)
        for address in (f"/moderation/comment/{comment.pk}/", f"/moderation/queue/{comment.pk}/"):
            page = desk.get(address).content.decode()
            assert "Finn" in page
            assert "RRRR-SSSS-TTTT" in page
            for link in set(re.findall(r'href="(/moderation/[^"#?]*)', page)):
                assert desk.get(link).status_code == 200, link

    def test_a_page_that_says_nothing_of_sections_is_shut(self, desk: Client, lena: Reader) -> None:
        assert desk.get("/moderation/roles/").status_code == 404
        assert desk.get("/moderation/").status_code == 200


class TestRoles:
    def test_an_administrator_confines_a_moderator(self, chief: Reader, here: SectionPage) -> None:
        mo, client = a_moderator("Mo"), Client()
        client.force_login(chief)
        address = f"/moderation/roles/{mo.pk}/"
        assert "Sport" in client.get(address).content.decode()
        assert client.post(address, {}).status_code == 422
        assert client.post(address, {"sections": ["999"]}).status_code == 422
        assert client.post(address, {"sections": [here.pk]}).status_code == 302
        mo.refresh_from_db()
        assert mo.section_ids == {here.pk}
        assert client.post(address, {"sections": [here.pk]}).status_code == 302
        [change] = RoleChange.objects.all()
        assert (change.actor, change.reader, change.section_ids) == (chief, mo, {here.pk})
        page = client.get("/moderation/roles/").content.decode()
        assert "Moderator: Sport" in page
        assert client.post(address, {"whole_site": "on", "sections": [here.pk]}).status_code == 302
        mo.refresh_from_db()
        assert mo.moderates_everywhere
        assert client.get(f"/moderation/roles/{chief.pk}/").status_code == 404

    def test_nobody_else_does(self, lena: Reader) -> None:
        mo, client = a_moderator("Mo"), Client()
        client.force_login(mo)
        assert client.get("/moderation/roles/").status_code == 404
        assert client.post(f"/moderation/roles/{lena.pk}/", {"whole_site": "on"}).status_code == 404
        with pytest.raises(NotAllowed):
            reader_actions.confine(actor=mo, reader=lena, sections=[])

    def test_roles_are_recorded_and_end_the_sections(self, chief: Reader, lena: Reader) -> None:
        reader_actions.set_role(actor=chief, reader=lena, role=Role.EDITOR)
        reader_actions.set_role(actor=chief, reader=lena, role=Role.EDITOR)
        lena.refresh_from_db()
        assert lena.sections == ""
        last = RoleChange.objects.order_by("pk").last()
        assert last is not None
        assert (last.actor, last.role_before, last.role) == (chief, Role.MODERATOR, Role.EDITOR)
        assert RoleChange.objects.count() == 2

    def test_a_section_that_is_gone_opens_nothing(self, lena: Reader, here: SectionPage) -> None:
        here.delete()
        lena.refresh_from_db()
        assert not lena.moderates_everywhere
        assert not lena.moderates(a_section("Politics").pk)

    def test_the_lists_of_roles_ask_the_same_with_many(self, chief: Reader, django_assert_num_queries: object) -> None:
        client = Client()
        client.force_login(chief)
        client.get("/moderation/roles/")
        for number in (0, 12):
            for _ in range(number):
                reader_actions.set_role(actor=chief, reader=a_reader(), role=Role.MODERATOR)
            with django_assert_num_queries(9):  # type: ignore[operator]
                client.get("/moderation/roles/")
