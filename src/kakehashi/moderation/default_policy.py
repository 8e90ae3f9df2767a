"""The rules that a new site comes with, in its language; editors make them their own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from kakehashi.moderation.models import Category, DefaultAction


def preamble() -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return _(
            "You are welcome to disagree here, with us and with each other. These rules keep the discussion worth reading. "
            "They hold for everybody; whoever moderates names the rule, says why, and can be asked to look again."
        )


def rules() -> list[dict[str, Any]]:
    """Ten rules, as `actions.RuleText` takes them."""
    with translation.override(settings.LANGUAGE_CODE):
        return [_rule(number, *found) for number, found in enumerate(_texts(), start=1)]


def _rule(
    number: int, title: str, text: str, examples: str, to_author: str, action: str, category: str
) -> dict[str, Any]:
    return {
        "number": number,
        "title": title,
        "text": text,
        "examples": examples,
        "to_author": to_author,
        "default_action": action,
        "category": category,
    }


def _texts() -> list[tuple[str, str, str, str, str, str]]:
    return [
        (
            _("Argue with what was said, not with who said it"),
            _(
                "Criticise ideas, arguments and public acts as sharply as you like. Do not insult, mock or belittle people."
            ),
            _(
                "Not allowed: “Only a fool could write this.”\nAllowed: “This overlooks what the repairs cost last year.”"
            ),
            _(
                "Your comment speaks about the person instead of about what was said. You are welcome to make the "
                "point again without that."
            ),
            DefaultAction.REMOVED,
            Category.CYBER_VIOLENCE,
        ),
        (
            _("No contempt for groups of people"),
            _(
                "Nobody is worth less for origin, skin, faith, sex, gender, whom they love, disability, age or poverty. What "
                "says or implies that they are goes, also as a joke or a question."
            ),
            _(
                "Not allowed: “People like them should not be let in anywhere.”\nAllowed: “I think this law lets in too few.”"
            ),
            _(
                "Your comment says or implies that some people are worth less than others. We do not publish that, "
                "whatever the point is."
            ),
            DefaultAction.WARNED,
            Category.ILLEGAL_SPEECH,
        ),
        (
            _("No threats, and no applause for violence"),
            _(
                "Do not threaten anybody, wish them harm, or praise those who did harm. We report threats that seem serious."
            ),
            _(
                "Not allowed: “Somebody should wait for him at his door.”\nAllowed: “He should answer for this in court.”"
            ),
            _("Your comment threatens somebody, or applauds violence."),
            DefaultAction.SUSPENDED,
            Category.VIOLENCE,
        ),
        (
            _("Leave private lives private"),
            _(
                "No addresses, telephone numbers, workplaces, health or family matters of people who have not made them "
                "public themselves, and no real names of members who write under another one."
            ),
            _(
                "Not allowed: “She lives in the yellow house behind the school.”\nAllowed: “As mayor she signed the contract.”"
            ),
            _("Your comment tells things about a person that are nobody’s business but theirs."),
            DefaultAction.REMOVED,
            Category.DATA_PROTECTION,
        ),
        (
            _("Claims of fact can be checked"),
            _(
                "Who accuses somebody of a crime or of dishonesty names a source that others can read. Inventing facts about "
                "people, elections or health on purpose is not an opinion."
            ),
            _("Not allowed: “Everybody knows that he was bribed.”\nAllowed: “The audit of March says on page 12 …”"),
            _(
                "Your comment accuses somebody, or states as a fact what cannot be checked. With a source that "
                "others can read it may stay."
            ),
            DefaultAction.REMOVED,
            Category.ELECTIONS,
        ),
        (
            _("Stay with the story"),
            _(
                "Write about what the story is about, or about what was said under it. For other subjects there are other "
                "stories."
            ),
            _(
                "Not allowed: the same complaint about parking under every story.\nAllowed: a comparison with another town."
            ),
            _("Your comment is about something else than the story and what was said under it."),
            DefaultAction.REMOVED,
            Category.OTHER_TERMS,
        ),
        (
            _("No advertising, and no copies"),
            _(
                "No offers, no links that earn you money, no campaigns, and the same text only once. Repeat of others only "
                "what you answer, and say whose it is."
            ),
            _("Not allowed: “Cheap tickets on my page!”\nAllowed: a link to the study that you quote."),
            _("Your comment advertises, or repeats a text that stands here already."),
            DefaultAction.REMOVED,
            Category.SCAMS,
        ),
        (
            _("One person, one voice"),
            _(
                "Use one account. Do not arrange votes or reports with others, do not report what breaks no rule to be rid of "
                "it, and do not pose as somebody else."
            ),
            _("Not allowed: answering yourself under a second name.\nAllowed: a pen name that you keep."),
            _(
                "Your comment was written with more than one account, by arrangement with others, or in somebody "
                "else’s name."
            ),
            DefaultAction.BANNED,
            Category.OTHER_TERMS,
        ),
        (
            _("Care for those in danger, and for the young"),
            _(
                "No instructions or encouragement to hurt oneself, nothing sexual about minors, nothing that puts children in "
                "danger. Whoever needs help now: please call the emergency number of your country."
            ),
            _("Not allowed: ways to harm oneself.\nAllowed: where somebody has found help."),
            _(
                "Your comment can put somebody in danger. If it is you who needs help, please call the emergency "
                "number of your country."
            ),
            DefaultAction.BANNED,
            Category.MINORS,
        ),
        (
            _("Keep to the law"),
            _("What the law forbids where we publish, we may not leave here, whatever else these rules say."),
            _(
                "Not allowed: films and texts that belong to others, put up whole.\nAllowed: a short quotation with its source."
            ),
            _("The law forbids us to publish your comment."),
            DefaultAction.REMOVED,
            Category.ILLEGAL_SPEECH,
        ),
    ]
