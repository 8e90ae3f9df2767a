"""A report's figures as tables with words, for pages."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from kakehashi.moderation.models import Action, Category
from kakehashi.moderation.reports.figures import LAW, TERMS, Figures


class Table(NamedTuple):
    """Rows of a name and a figure; `note` says what is counted."""

    title: str
    rows: list[tuple[str, str]]
    note: str = ""


def tables(found: Figures) -> list[Table]:
    """What the report says, in the order of the law's template."""
    return [_orders(found), _notices(found), _flags(found), _own(found, LAW), _own(found, TERMS), *_rest(found)]


def _orders(found: Figures) -> Table:
    orders = found.get("orders", {})
    return Table(
        _("Orders of authorities"),
        [
            (_("To act against content"), _n(orders.get("act", 0))),
            (_("To give information"), _n(orders.get("inform", 0))),
        ],
        _("As told by whoever published the report."),
    )


def _notices(found: Figures) -> Table:
    piles = {pile["category"]: pile for pile in found["notices"]}
    whole = piles.get("", {})
    rows = [
        (_("Legal notices received"), _n(whole.get("n", 0))),
        (_("of these from trusted flaggers"), _n(whole.get("trusted", 0))),
        (_("Hours until they were answered, in the middle"), _hours(whole.get("hours"))),
        (_("Followed on the basis of a law"), _n(whole.get("law", 0))),
        (_("Followed on the basis of our rules"), _n(whole.get("terms", 0))),
    ]
    rows += [(_category(name), _n(pile["n"])) for name, pile in piles.items() if name]
    return Table(
        _("Legal notices"), rows, _("Notices under Article 16 of the Digital Services Act, with what they were about.")
    )


def _flags(found: Figures) -> Table:
    flags = found["flags"]
    rows = [
        (_("Flags of members"), _n(flags["n"])),
        (_("followed"), _n(flags["upheld"])),
        (_("not followed"), _n(flags["declined"])),
    ]
    return Table(_("Flags"), rows)


def _own(found: Figures, basis: str) -> Table:
    measures = [one for one in found["measures"] if one["basis"] == basis]
    by_action = {action: sum(one["n"] for one in measures if one["action"] == action) for action in Action}
    rows = [(_("All measures"), _n(sum(by_action.values())))]
    rows.append((_("of these by a machine alone"), _n(sum(one["automated"] for one in measures))))
    rows += [(str(action.label), _n(n)) for action, n in by_action.items() if n]
    for category in sorted({one["category"] for one in measures}):
        rows.append((_category(category), _n(sum(one["n"] for one in measures if one["category"] == category))))
    title = _("Our own measures against illegal content") if basis == LAW else _("Our own measures by our rules")
    return Table(
        title, rows, _("What was found without a legal notice: by the staff, by flags of members, or by a check.")
    )


def _rest(found: Figures) -> list[Table]:
    appeals, means = found["appeals"], found["automated"]
    wrong = means["wrong"] / means["all"] if means["all"] else None
    return [
        Table(
            _("Objections"),
            [
                (_("Objections received"), _n(appeals["all"]["n"])),
                (_("The decision stands"), _n(appeals["all"]["upheld"])),
                (_("The decision was overturned"), _n(appeals["all"]["reversed"])),
                (_("Hours until they were answered, in the middle"), _hours(appeals["all"]["hours"])),
                (_("against what was done with a text or a vote"), _n(appeals["texts"]["n"])),
                (_("against what was done with an account"), _n(appeals["service"]["n"])),
                (_("Measures taken back since, with an objection or without"), _n(found["undone"])),
            ],
        ),
        Table(
            _("Automated means"),
            [
                (_("Measures by a machine alone"), _n(means["all"])),
                (_("Measures by people"), _n(means["people"])),
                (
                    _("Share of the former that was taken back"),
                    "–" if wrong is None else f"{number_format(100 * wrong, 1)} %",
                ),
            ],
        ),
        Table(
            _("People"),
            [
                (_("Moderators"), _n(found["moderators"])),
                (_("Senders barred from sending notices, for sending unfounded ones"), _n(found["bars"])),
            ],
        ),
    ]


def _category(name: str) -> str:
    return str(Category(name).label) if name in Category.values else _("without a category")


def _n(value: int) -> str:
    return number_format(value, 0, force_grouping=True)


def _hours(value: float | None) -> str:
    return "–" if value is None else number_format(value, 1)
