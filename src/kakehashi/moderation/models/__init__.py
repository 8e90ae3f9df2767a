"""The room's tables, by subject."""

from kakehashi.moderation.models.alarms import (
    UNDER_WAY,
    AbuseLook,
    Alarm,
    AlarmAccount,
    AlarmKind,
    AlarmState,
    AlarmVote,
    DiscountedVote,
)
from kakehashi.moderation.models.appeals import Appeal, AppealState
from kakehashi.moderation.models.checks import Breakdown, CheckResult, Verdict
from kakehashi.moderation.models.decisions import (
    GROUNDED,
    IN_LOG,
    ON_COMMENTS,
    ON_READERS_RESTRICTED,
    RESTRICTIONS,
    Acknowledgement,
    Action,
    Decision,
    DecisionQuerySet,
    Origin,
)
from kakehashi.moderation.models.flags import (
    Flag,
    FlagDiscount,
    LegalNotice,
    NoticeBar,
    Outcome,
    TrustedFlagger,
)
from kakehashi.moderation.models.learning import ModelVersion, ModelWeights, ModelWork, VersionState
from kakehashi.moderation.models.policy import LAST_RULE, Category, DefaultAction, PolicyVersion, Rule
from kakehashi.moderation.models.reports import Report
from kakehashi.moderation.models.waiting import Claim, Waiting
from kakehashi.moderation.models.words import Nudge, Word, WordKind, WordList

__all__ = [
    "GROUNDED",
    "IN_LOG",
    "LAST_RULE",
    "ON_COMMENTS",
    "ON_READERS_RESTRICTED",
    "RESTRICTIONS",
    "UNDER_WAY",
    "AbuseLook",
    "Acknowledgement",
    "Action",
    "Alarm",
    "AlarmAccount",
    "AlarmKind",
    "AlarmState",
    "AlarmVote",
    "Appeal",
    "AppealState",
    "Breakdown",
    "Category",
    "CheckResult",
    "Claim",
    "Decision",
    "DecisionQuerySet",
    "DefaultAction",
    "DiscountedVote",
    "Flag",
    "FlagDiscount",
    "LegalNotice",
    "ModelVersion",
    "ModelWeights",
    "ModelWork",
    "NoticeBar",
    "Nudge",
    "Origin",
    "Outcome",
    "PolicyVersion",
    "Report",
    "Rule",
    "TrustedFlagger",
    "Verdict",
    "VersionState",
    "Waiting",
    "Word",
    "WordKind",
    "WordList",
]
