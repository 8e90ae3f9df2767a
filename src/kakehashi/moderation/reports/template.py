"""A report in the tables of Commission Implementing Regulation (EU) 2024/2835, Annex I, as CSV: one file for each part.

Headings, their order and the words in the cells are the template's own, in English. What a site like ours cannot have
(money, demotion, labels …) is 0; what is not measured is left empty, with the reason beside it. docs/transparency.md says
which is which.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date
from typing import Any

from kakehashi.moderation.models import Action, Category
from kakehashi.moderation.reports.figures import LAW, TERMS, Figures
from kakehashi.moderation.reports.periods import Period

CATEGORIES = {
    Category.ANIMAL_WELFARE: "ANIMAL_WELFARE",
    Category.CONSUMERS: "CONSUMER_INFORMATION",
    Category.CYBER_VIOLENCE: "CYBER_VIOLENCE",
    Category.CYBER_VIOLENCE_WOMEN: "CYBER_VIOLENCE_AGAINST_WOMEN",
    Category.DATA_PROTECTION: "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
    Category.ILLEGAL_SPEECH: "ILLEGAL_OR_HARMFUL_SPEECH",
    Category.INTELLECTUAL_PROPERTY: "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
    Category.ELECTIONS: "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
    Category.MINORS: "PROTECTION_OF_MINORS",
    Category.PUBLIC_SECURITY: "RISK_FOR_PUBLIC_SECURITY",
    Category.SCAMS: "SCAMS_AND_FRAUD",
    Category.SELF_HARM: "SELF_HARM",
    Category.PRODUCTS: "UNSAFE_AND_PROHIBITED_PRODUCTS",
    Category.VIOLENCE: "VIOLENCE",
    Category.OTHER_TERMS: "OTHER_VIOLATION_TC",
}
ALL, HOSTING, PLATFORMS, LARGEST = (
    "All",
    "Only for providers of hosting services, including online platforms",
    "Only for providers of online platforms",
    "Only for VLOPs",
)
_OTHER = 'Description of the sub-category "Other"'
_BEGIN = ("Applicability", "Service", "Reporting period")
_ORDERS = (
    "Number of orders to act against illegal content received",
    "Number of specific items of information included in the total number of orders to act against illegal content",
    "Median time to inform the authority of the receipt of the order to act against illegal content",
    "Median time to give effect to the order to act against illegal content",
    "Number of orders to provide information",
    "Median time to inform the authority of the receipt of the order to provide information",
    "Median time to give effect to the order to provide information",
)
_TRUSTED = "(Trusted Flagger notices)"
_ITEMS = "Number of specific items of information included in the total number of notices"
_NOTICES = (
    "Number of notices received",
    "Number of notices received from Trusted flaggers",
    _ITEMS,
    f"{_ITEMS} by Trusted Flaggers {_TRUSTED}",
    "Median time to take action",
    f"Median time to take action {_TRUSTED}",
    "Number of actions taken on the basis of the law",
    f"Number of actions taken on the basis of the law {_TRUSTED}",
    "Number of actions taken on the basis of the terms and conditions of the service",
    f"Number of actions taken on the basis of the terms and conditions of the service {_TRUSTED}",
)
_OWN = (
    "Number of measures taken at the provider's own initiative",
    "Number of measures taken after detection with solely automated means",
    *(
        f"Visibility restriction {kind}"
        for kind in (
            *("Removal", "Disable", "Demoted", "Age restricted"),
            *("Interaction restricted", "Labelled", "Other"),
        )
    ),
    *(f"Monetary restriction {kind}" for kind in ("Suspension", "Termination", "Other")),
    *(f"Provision of the service {kind}" for kind in ("Suspension", "Termination")),
    *(f"Account restriction {kind}" for kind in ("Suspension", "Termination")),
)
# In which of these columns each of figures.MEASURES counts. Where writing, or being heard as a reporter, is taken, the account
# stays: that is a part of the service.
_COLUMN = {
    Action.REMOVED: "Visibility restriction Removal",
    Action.HELD: "Visibility restriction Disable",
    Action.EDITED: "Visibility restriction Other",
    Action.DISCOUNTED: "Visibility restriction Interaction restricted",
    Action.UNHEARD: "Provision of the service Suspension",
    Action.SUSPENDED: "Provision of the service Suspension",
    Action.BANNED: "Provision of the service Termination",
}
_LONG = (*_BEGIN, "Section", "Indicator", "Scope", "Value", "Contextual Information")
_MEANS = "Use of automated means for content moderation"
_ACCURACY = "Accuracy of the automated means - "
_COMPLAINTS = "Internal complaints mechanism"

Row = list[Any]


def archive(found: Figures, period: Period, *, service: str, published: date, previous: date | None) -> bytes:
    """All parts as a ZIP of CSV files, named as the template names them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, rows in parts(found, period, service=service, published=published, previous=previous).items():
            text = io.StringIO()
            csv.writer(text, lineterminator="\r\n").writerows(rows)
            entry = zipfile.ZipInfo(f"{name}.csv", (published.year, published.month, published.day, 0, 0, 0))
            file.writestr(entry, text.getvalue().encode("utf-8-sig"), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def parts(
    found: Figures, period: Period, *, service: str, published: date, previous: date | None
) -> dict[str, list[Row]]:
    """The parts that apply, each with its heading. The tenth is for the very largest platforms alone; the second explains
    the names of the categories, and is the template's own; the eleventh is in words, which the published page has."""
    span = f"{period.first.isoformat()}/{period.last.isoformat()}"
    return {
        "1_report_identification": _identification(service, period, published, previous),
        "3_member_states_orders": _orders(found, service, span),
        "4_notices": _notices(found, service, span),
        "5_own_initiative_illegal": _own(found, service, span, LAW),
        "6_own_initiative_TC": _own(found, service, span, TERMS),
        "7_appeals_and_recidivism": _appeals(found, service, span),
        "8_automated_means": _automated(found, service, span),
        "9_human_resources": _people(found, service, span),
    }


def _with_context(columns: Iterable[str], word: str) -> list[str]:
    columns = list(columns)
    return [*columns, *(f"Contextual {word} on {name}" for name in columns)]


def _identification(service: str, period: Period, published: date, previous: date | None) -> list[Row]:
    facts = {
        "Name of the service provider": service,
        "Date of the publication of the report": published.isoformat(),
        "Date of the publication of the latest previous report": previous.isoformat() if previous else "",
        "Starting date of reporting period": period.first.isoformat(),
        "Ending date of reporting period": period.last.isoformat(),
    }
    heading = ["Applicability", "Service", "Indicator", "Value"]
    return [heading, *([ALL, _cell(service), name, _cell(value)] for name, value in facts.items())]


def _orders(found: Figures, service: str, span: str) -> list[Row]:
    heading = [*_BEGIN, "Category of illegal content", _OTHER, "Scope", *_with_context(_ORDERS, "information")]
    orders = found.get("orders", {})
    values = [orders.get("act", 0), orders.get("act", 0), "", "", orders.get("inform", 0), "", ""]
    said = "Counted by hand by whoever published the report; times are not recorded."
    row = [ALL, _cell(service), span, "TOTAL", "", "Total number", *values, said, "", "", "", said, "", ""]
    return [heading, row]


def _notices(found: Figures, service: str, span: str) -> list[Row]:
    heading = [*_BEGIN, "Category of illegal content", _OTHER, *_with_context(_NOTICES, "information")]
    piles = {pile["category"]: pile for pile in found["notices"]}
    names = {"": "TOTAL"} | {category: f"STATEMENT_CATEGORY_{name}" for category, name in CATEGORIES.items()}
    names["unknown"] = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"
    rows = []
    for category, name in names.items():
        pile = piles.get(category, {})
        numbers = [pile.get(key, 0) for key in ("n", "trusted", "n", "trusted")]
        times = [_blank(pile.get(key)) for key in ("hours", "hours_trusted")]
        acts = [pile.get(key, 0) for key in ("law", "law_trusted", "terms", "terms_trusted")]
        rows.append([HOSTING, _cell(service), span, name, "", *numbers, *times, *acts, *[""] * len(_NOTICES)])
    return [heading, *rows]


def _own(found: Figures, service: str, span: str, basis: str) -> list[Row]:
    about = (
        "Category of illegal content"
        if basis == LAW
        else ("Category of incompatibility with the provider's terms and conditions")
    )
    heading = [*_BEGIN, about, _OTHER, *_with_context(_OWN, "Information")]
    measures = [one for one in found["measures"] if one["basis"] == basis]
    piles: dict[str, list[Any]] = {"TOTAL": measures}
    for category, name in CATEGORIES.items():
        if basis == TERMS or category != Category.OTHER_TERMS:
            piles[f"STATEMENT_CATEGORY_{name}"] = [one for one in measures if one["category"] == category]
    rows = []
    for name, pile in piles.items():
        values = dict.fromkeys(_OWN, 0)
        for one in pile:
            values[_OWN[0]] += one["n"]
            values[_OWN[1]] += one["automated"]
            values[_COLUMN[one["action"]]] += one["n"]
        said = [""] * len(_OWN)
        if name == "TOTAL" and any(not one["category"] for one in measures):
            said[0] = "Measures that name a law and no rule of the site belong to none of the categories below."
        rows.append([ALL, _cell(service), span, name, "", *values.values(), *said])
    return [heading, *rows]


def _appeals(found: Figures, service: str, span: str) -> list[Row]:
    kinds = (
        ("Number of complaints submitted to the internal-complaints mechanism", found["appeals"]["all"]),
        (
            "Complaint regarding a decision to remove or disable access to or restrict visibility of information",
            found["appeals"]["texts"],
        ),
        (
            "Complaint regarding a decision to suspend or terminate the provision of the service",
            found["appeals"]["service"],
        ),
    )
    rows: list[Row] = []
    for indicator, pile in kinds:
        values = {
            "Total number": pile["n"],
            "Decisions upheld": pile["upheld"],
            "Decisions partially reversed": 0,
            "Decisions reversed": pile["reversed"],
            "Median time": _blank(pile["hours"]),
        }
        rows += [[_COMPLAINTS, indicator, scope, value, ""] for scope, value in values.items()]
    law = sum(one["n"] for one in found["measures"] if one["basis"] == LAW and one["action"] == Action.SUSPENDED)
    offenders = "Suspensions imposed on repeated offenders"
    for what, value in (
        ("manifestly illegal content", law),
        ("manifestly unfounded notices", found["bars"]),
        ("manifestly unfounded complaints", 0),
    ):
        rows.append(
            [offenders, f"Number of suspensions enacted for the provision of {what}", "Total number", value, ""]
        )
    return [list(_LONG), *([PLATFORMS, _cell(service), span, *row] for row in rows)]


def _automated(found: Figures, service: str, span: str) -> list[Row]:
    means, notices = found["automated"], next((one for one in found["notices"] if not one["category"]), None)
    unknown = "Nobody looks at what was let through, so this is not measured."
    rows: list[Row] = []
    for scope, machine, people, wrong in (
        ("Total number", means["all"], means["people"], means["wrong"]),
        ("Own-initiative", means["own"], means["own_people"], means["own_wrong"]),
    ):
        precise = "Share of automated measures that were not taken back since." if machine else "No automated measures."
        rows += [
            [_MEANS, "Number of measures solely taken by automated means", scope, machine, ""],
            [_MEANS, "Number of measures not taken by automated means", scope, people, ""],
            [_MEANS, f"{_ACCURACY}Accuracy", scope, "", unknown],
            [_MEANS, f"{_ACCURACY}Precision", scope, round(1 - wrong / machine, 4) if machine else "", precise],
            [_MEANS, f"{_ACCURACY}Recall", scope, "", unknown],
        ]
    rows = [[ALL, *row] for row in rows]
    rows.append([HOSTING, _MEANS, "Number of notices solely processed by automated means", "NAM Total", 0, ""])
    settled = notices["settled"] if notices else 0
    rows.append([HOSTING, _MEANS, "Number of notices not processed by automated means", "NAM Total", settled, ""])
    return [list(_LONG), *([row[0], _cell(service), span, *row[1:]] for row in rows)]


def _people(found: Figures, service: str, span: str) -> list[Row]:
    section = "Human resources dedicated to content moderation"
    said = "Given freely: members with the role of moderator or administrator, whatever their contract."
    row = [section, "Number of moderators employed under an internal contract by the provider", "Total number"]
    return [list(_LONG), [LARGEST, _cell(service), span, *row, found["moderators"], said]]


def _blank(value: float | None) -> float | str:
    return "" if value is None else value


def _cell(text: str) -> str:
    """So that no name can be a formula where somebody opens the file in a spreadsheet."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
