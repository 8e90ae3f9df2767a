"""Transparency reports: each figure from rows, the template's files, and who reads what when."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.lib.errors import Conflict, Invalid, NotFound
from kakehashi.moderation import actions
from kakehashi.moderation.grounds import Ground, Machine
from kakehashi.moderation.models import Action, Flag, LegalNotice, Origin, Outcome, Report
from kakehashi.moderation.reports import periods, template
from kakehashi.moderation.reports.figures import MEASURES, figures
from kakehashi.moderation.reports.periods import Period
from kakehashi.readers.models import Reader, Role
from tests.factories import a_comment, a_reader, a_section
from tests.moderation.rows import a_ground, a_moderator, a_removal, an_alarm

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
WITHIN = datetime(2026, 2, 1, 12, tzinfo=UTC)
QUARTER = Period(date(2026, 1, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-h2", date(2026, 7, 1), date(2026, 12, 31)),
        ("2026-q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2024-q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("2026-01-15_2026-03-31", date(2026, 1, 15), date(2026, 3, 31)),
    ],
)
def test_names_of_periods(name: str, first: date, last: date) -> None:
    assert periods.read(name) == Period(first, last)
    assert Period(first, last).name == name


def test_what_people_call_them() -> None:
    names = ("2026", "2026-h1", "2026-h2", "2026-q3", "2026-01-15_2026-03-31")
    assert [periods.read(name).label for name in names] == [
        "2026",
        "First half of 2026",
        "Second half of 2026",
        "2026, quarter 3",
        "15 January 2026 – 31 March 2026",
    ]


@given(st.dates(date(1990, 1, 1), date(8000, 1, 1)), st.integers(0, 1000))
def test_every_period_has_a_name(first: date, days: int) -> None:
    period = Period(first, first + timedelta(days=days))
    assert periods.read(period.name) == period
    assert period.label


@given(st.text(max_size=25) | st.from_regex(r"\d{4}(-[hq]\d)?", fullmatch=True))
def test_other_names_are_refused(name: str) -> None:
    try:
        assert periods.read(name).name
    except Invalid as refusal:
        assert refusal.message  # noqa: PT017


def test_days_are_those_of_the_site() -> None:
    start, end = QUARTER.bounds(ZoneInfo("Asia/Tokyo"))
    assert (start, end) == (datetime(2025, 12, 31, 15, tzinfo=UTC), datetime(2026, 3, 31, 15, tzinfo=UTC))


@pytest.fixture
def mo(db: None) -> Reader:
    return a_moderator("Mo Moreau")


def remove(mo: Reader, at: datetime = WITHIN, **fields: Any) -> Any:
    return a_removal(a_comment(), by=mo, now=at, **fields)


class TestFigures:
    def test_measures_by_basis_category_and_kind(self, mo: Reader) -> None:
        for at in (START - timedelta(seconds=1), START, END - timedelta(seconds=1), END):
            remove(mo, at)
        remove(mo, ground=Ground(law="Penal Code, § 4", explanation="It threatens."))
        remove(mo, ground=a_ground(origin=Origin.NOTICE))
        actions.decide_comment(
            actor=Machine("links"),
            comment=a_comment(),
            action=Action.HELD,
            ground=a_ground(origin=Origin.CHECK),
            now=WITHIN,
        )
        ana = a_reader()
        actions.suspend(actor=mo, reader=ana, ground=a_ground(), hours=24, now=WITHIN)
        actions.warn(actor=mo, reader=ana, ground=a_ground(), now=WITHIN)
        found = figures(START, END)
        category = a_ground().rule.category  # type: ignore[union-attr]
        assert found["measures"] == [
            {"basis": "law", "category": "", "action": "removed", "n": 1, "automated": 0},
            {"basis": "terms", "category": category, "action": "held", "n": 1, "automated": 1},
            {"basis": "terms", "category": category, "action": "removed", "n": 2, "automated": 0},
            {"basis": "terms", "category": category, "action": "suspended", "n": 1, "automated": 0},
        ]
        assert found["decisions"] == {"held": 1, "removed": 4, "suspended": 1, "warned": 1}
        assert found["automated"] == {"all": 1, "people": 5, "own": 1, "own_people": 4, "wrong": 0, "own_wrong": 0}

    def test_a_slip_was_never_decided(self, mo: Reader) -> None:
        slip = remove(mo)
        actions.undo_slip(actor=mo, decision=slip, now=WITHIN)
        found = figures(START, END)
        assert (found["decisions"], found["measures"], found["undone"]) == ({}, [], 0)

    def test_what_was_taken_back(self, mo: Reader) -> None:
        machine = actions.decide_comment(
            actor=Machine("links"), comment=a_comment(), action=Action.REMOVED, ground=a_ground(), now=WITHIN
        )
        actions.undo(actor=mo, decision=machine, now=WITHIN)
        remove(mo)
        found = figures(START, END)
        assert found["undone"] == 1
        assert found["automated"]["wrong"] == 1
        assert sum(one["n"] for one in found["measures"]) == 2

    def test_notices_flags_and_appeals(self, mo: Reader) -> None:
        decision = remove(mo, ground=a_ground(origin=Origin.NOTICE))
        law = remove(mo, ground=Ground(law="§ 4", explanation="It threatens.", origin=Origin.NOTICE))
        fields: dict[str, Any] = {"place": "/", "explanation": "x", "name": "A", "email": "a@example.org"}
        for number, (made, hours, category, trusted) in enumerate(
            [(decision, 2, "violence", False), (law, 4, "violence", True), (None, None, "", False)]
        ):
            settled = WITHIN + timedelta(hours=hours) if hours else None
            LegalNotice.objects.create(
                reference=f"N{number}",
                is_in_good_faith=True,
                created_at=WITHIN,
                category=category,
                is_trusted=trusted,
                outcome=Outcome.UPHELD if made else Outcome.WAITING,
                settled_at=settled,
                decision=made,
                **fields,
            )
        Flag.objects.create(reader=a_reader(), comment=a_comment(), created_at=WITHIN)
        for is_granted, hours in ((True, 1), (False, 5)):
            one = remove(mo)
            appeal = actions.file_appeal(reader=one.reader, decision=one, words="No.", now=WITHIN)
            at = WITHIN + timedelta(hours=hours)
            actions.settle_appeal(actor=a_moderator(), appeal=appeal, is_granted=is_granted, answer="So.", now=at)
        found = figures(START, END)
        whole, unknown, violence = found["notices"]
        assert (whole["category"], unknown["category"], violence["category"]) == ("", "unknown", "violence")
        assert (whole["n"], whole["trusted"], whole["hours"], whole["hours_trusted"]) == (3, 1, 3.0, 4.0)
        assert (whole["law"], whole["law_trusted"], whole["terms"], whole["settled"]) == (1, 1, 1, 2)
        assert (unknown["n"], unknown["hours"], violence["n"]) == (1, None, 2)
        assert found["flags"] == {"n": 1, "upheld": 0, "declined": 0}
        expected = {"n": 2, "upheld": 1, "reversed": 1, "hours": 3.0}
        nothing = {"n": 0, "upheld": 0, "reversed": 0, "hours": None}
        assert found["appeals"] == {"all": expected, "texts": expected, "service": nothing}

    def test_warnings_of_senders_are_no_bars(self, mo: Reader) -> None:
        for days in (None, 30):
            actions.bar_sender(actor=mo, email="a@example.org", reason="Made up.", days=days, now=WITHIN)
        assert figures(START, END)["bars"] == 1

    def test_many_rows_ask_no_more(self, mo: Reader) -> None:
        counts = []
        for number in (1, 10):
            for _ in range(number):
                remove(mo)
            with CaptureQueriesContext(connection) as asked:
                figures(START, END)
            counts.append(len(asked))
        assert counts == [6, 6]


class TestTemplate:
    def test_its_files(self, mo: Reader) -> None:
        remove(mo)
        remove(mo, ground=Ground(law="§ 4", explanation="It threatens."))
        found = figures(START, END) | {"orders": {"act": 2, "inform": 1}}
        body = template.archive(found, QUARTER, service="=Courier", published=date(2026, 4, 2), previous=None)
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            tables = {
                name: list(csv.DictReader(io.StringIO(packed.read(name).decode("utf-8-sig"))))
                for name in packed.namelist()
            }
        assert sorted(tables) == sorted(
            f"{name}.csv"
            for name in (
                "1_report_identification",
                "3_member_states_orders",
                "4_notices",
                "5_own_initiative_illegal",
                "6_own_initiative_TC",
                "7_appeals_and_recidivism",
                "8_automated_means",
                "9_human_resources",
            )
        )
        # Nobody's name is a formula in a spreadsheet.
        assert tables["1_report_identification.csv"][0]["Value"] == "'=Courier"
        orders = tables["3_member_states_orders.csv"][0]
        assert orders["Number of orders to act against illegal content received"] == "2"
        assert orders["Reporting period"] == "2026-01-01/2026-03-31"
        for name, columns in (
            ("5_own_initiative_illegal.csv", 37),
            ("6_own_initiative_TC.csv", 37),
            ("4_notices.csv", 25),
        ):
            assert len(tables[name][0]) == columns
        illegal, terms = (tables[name] for name in ("5_own_initiative_illegal.csv", "6_own_initiative_TC.csv"))
        assert (len(illegal), len(terms)) == (15, 16)
        own = "Number of measures taken at the provider's own initiative"
        assert (illegal[0][own], terms[0][own]) == ("1", "1")
        assert sum(int(row["Visibility restriction Removal"]) for row in terms[1:]) == 1
        assert "none of the categories" in illegal[0][f"Contextual Information on {own}"]
        assert all(None not in row and None not in row.values() for table in tables.values() for row in table)

    def test_each_measure_has_its_column(self, mo: Reader) -> None:
        ana, other = a_reader(), a_reader()
        alarm = an_alarm(a_comment(), [ana, other])
        actions.discount(actor=mo, alarm=alarm, ground=a_ground(8), now=WITHIN)
        actions.discount_flags(actor=mo, reader=ana, ground=a_ground(), days=7, now=WITHIN)
        assert set(template._COLUMN) == set(MEASURES)
        found = figures(START, END)
        made = template.parts(found, QUARTER, service="S", published=date(2026, 4, 2), previous=None)
        heading, total, *_rest = made["6_own_initiative_TC"]
        row = dict(zip(heading, total, strict=True))
        assert row["Visibility restriction Interaction restricted"] == 2
        assert row["Provision of the service Suspension"] == 1

    def test_each_category_has_its_name(self) -> None:
        assert len(template.CATEGORIES) == len(set(template.CATEGORIES.values())) == 15


@pytest.mark.django_db
class TestPages:
    def test_a_draft_is_published_and_then_read_by_everybody(self, mo: Reader) -> None:
        removal = remove(mo)
        desk, reader = Client(), Client()
        desk.force_login(mo)
        assert "2026-q1" in desk.get("/moderation/report/").content.decode()
        draft = desk.get("/moderation/report/2026-q1/").content.decode()
        assert "Our own measures by our rules" in draft
        assert desk.get("/moderation/report/2026-q1/csv/")["Content-Type"] == "application/zip"
        assert reader.get("/rules/report/2026-q1/").status_code == 404
        sent = {"words": "Two people read.", "orders_to_act": "3", "orders_to_inform": "0"}
        assert desk.post("/moderation/report/2026-q1/", sent)["Location"] == "/rules/report/2026-q1/"
        page = reader.get("/rules/report/2026-q1/").content.decode()
        assert "Two people read." in page
        assert removal.reader.name not in page
        assert "Mo Moreau" not in page
        assert reader.get("/rules/report/2026-q1/csv/")["Content-Type"] == "application/zip"
        assert "2026-q1" in reader.get("/rules/report/").content.decode()
        # What is decided afterwards changes nothing in it, until it is published again.
        remove(mo)
        assert reader.get("/rules/report/2026-q1/").content.decode() == page
        draft = zipfile.ZipFile(io.BytesIO(desk.get("/moderation/report/2026-q1/csv/").content))
        assert ",TOTAL,,Total number,3,3," in draft.read("3_member_states_orders.csv").decode()
        desk.post("/moderation/report/2026-q1/", sent)
        assert Report.objects.get().figures["decisions"] == {"removed": 2}

    def test_odd_periods_and_input(self, mo: Reader) -> None:
        desk = Client()
        desk.force_login(mo)
        for name in ("2026-q5", "1", "x", "2026-02-30_2026-03-01", "2026-03-01_2026-02-01", "0001"):
            assert desk.get(f"/moderation/report/{name}/").status_code == 404
            assert desk.get(f"/rules/report/{name}/").status_code == 404
        assert (
            desk.get("/moderation/report/?from=2026-01-01&to=2026-03-31")["Location"] == "/moderation/report/2026-q1/"
        )
        assert desk.get("/moderation/report/?from=x&to=y").status_code == 422
        for sent in (
            {},
            {"orders_to_act": "-1", "orders_to_inform": "0"},
            {"orders_to_act": "x", "orders_to_inform": "9" * 30},
        ):
            assert desk.post("/moderation/report/2026-q1/", sent).status_code == 422

    def test_who_may_and_when(self, mo: Reader) -> None:
        future = Period(date(2999, 1, 1), date(2999, 12, 31))
        with pytest.raises(Conflict):
            actions.publish_report(actor=mo, period=future)
        for actor in (a_reader(), a_moderator("Lena", role=Role.MODERATOR)):
            Reader.objects.filter(pk=actor.pk).update(sections=f",{a_section().pk},")
            actor.refresh_from_db()
            with pytest.raises(NotFound):
                actions.publish_report(actor=actor, period=QUARTER)
        assert actions.publish_report(actor=a_moderator(role=Role.EDITOR), period=QUARTER).pk
