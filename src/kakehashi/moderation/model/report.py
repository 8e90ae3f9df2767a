"""What held-out decisions say of a way to score texts, in figures for the staff's page. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.moderation.model.lesson import Lesson

# The queue's top: so many comments.
TOPS = (10, 20, 50, 100)
BINS = 10
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
# A word is told if it stands in so many decisions; so many of each kind are told.
WORD_IN_DECISIONS = 4
WORDS_TOLD = 20
# Of what is drawn by chance to say how far chance reaches.
DRAWS, SEED = 400, 0
# No score is taken to be more certain than this.
SUREST = 0.999

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_WORD = re.compile("[^\\W\\d_]{3,}")
_UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff]{2,}")
_KOREAN = re.compile("[\uac00-\ud7af]{2,}")


def average_precision(scores: Floats, is_removed: Bools) -> float:
    """The mean of the precision at each removed text, from the highest score down; equal scores count as one step.

    As scikit-learn's `average_precision_score`; 0 where nothing was removed. By chance it is the share removed.
    """
    total = int(is_removed.sum())
    if not total:
        return 0.0
    order = np.argsort(-scores, kind="stable")
    sorted_scores, hits = scores[order], np.cumsum(is_removed[order])
    last = np.flatnonzero(np.append(np.diff(sorted_scores) != 0, True))
    recall = np.diff(hits[last], prepend=0) / total
    return float((recall * hits[last] / (last + 1)).sum())


def log_loss(scores: Floats, is_removed: Bools) -> float:
    """Nats a decision; smaller is better."""
    sure = np.clip(scores, 1 - SUREST, SUREST)
    return float(-np.log(np.where(is_removed, sure, 1 - sure)).mean())


def calibration_error(scores: Floats, is_removed: Bools) -> float:
    """How far what is said and what is done lie apart, on average over the decisions, by tenths of the score: the expected
    calibration error (Naeini, Cooper and Hauskrecht 2015). 0 is best."""
    apart = (abs(row["said"] - row["was"]) * row["decisions"] for row in _bins(scores, is_removed))
    return float(sum(apart)) / len(scores)


def figures(scores: Floats, lessons: Sequence[Lesson]) -> dict[str, Any]:
    """All that the page tells of held-out `lessons` that got these `scores`; rounded, for JSON."""
    is_removed = np.array([lesson.is_removed for lesson in lessons], dtype=bool)
    if not len(lessons):
        return {"decisions": 0, "removed": 0}
    share = float(is_removed.mean())
    found: dict[str, Any] = _rounded(
        {
            "decisions": len(lessons),
            "removed": int(is_removed.sum()),
            "base_rate": share,
            "average_precision": average_precision(scores, is_removed),
            "log_loss": log_loss(scores, is_removed),
            "log_loss_of_base_rate": log_loss(np.full(len(scores), share), is_removed),
            "calibration_error": calibration_error(scores, is_removed),
            "tops": _tops(scores, is_removed),
            "bins": _bins(scores, is_removed),
            "thresholds": [_threshold(scores, is_removed, at) for at in THRESHOLDS],
            "rules": _rules(scores, lessons),
            "languages": _languages(scores, is_removed, lessons),
        }
    )
    return found


def add_alarms(found: dict[str, Any], untouched: Floats) -> None:
    """Add what the thresholds would have held of comments that nobody minded, by the scores of those held out."""
    found["untouched"] = len(untouched)
    for row in found.get("thresholds", []):
        row["alarms"] = round(float((untouched >= row["at"]).mean()), 4) if len(untouched) else None


def add_judges(found: dict[str, Any], learned: Sequence[Lesson]) -> None:
    """Add how many people made the decisions that were learned from, and the share of whoever made most of them."""
    made = Counter(lesson.judge for lesson in learned)
    if made:
        found["judges"] = {"people": len(made), "most": round(max(made.values()) / len(learned), 4)}


def _tops(scores: Floats, is_removed: Bools) -> list[dict[str, Any]]:
    """How many of the first k were removed. Among equal scores, as many as chance would give."""
    order = np.argsort(-scores, kind="stable")
    _, group = np.unique(-scores, return_inverse=True)
    mean = np.bincount(group, is_removed) / np.bincount(group)
    hits = np.cumsum(mean[group[order]])
    return [
        {"k": k, "removed": float(hits[k - 1]), "precision": float(hits[k - 1]) / k} for k in TOPS if k <= len(order)
    ]


def _bins(scores: Floats, is_removed: Bools) -> list[dict[str, Any]]:
    """By tenths of the score: how many, what was said on average, what was removed."""
    place = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        {
            "from": low / BINS,
            "decisions": int((place == low).sum()),
            "said": float(scores[place == low].mean()),
            "was": float(is_removed[place == low].mean()),
        }
        for low in range(BINS)
        if (place == low).any()
    ]


def _threshold(scores: Floats, is_removed: Bools, at: float) -> dict[str, Any]:
    """What holding from here on would have done: how many, which share rightly, which share of all removed ones."""
    held = scores >= at
    right = int((held & is_removed).sum())
    return {
        "at": at,
        "held": int(held.sum()),
        "precision": right / int(held.sum()) if held.any() else None,
        "recall": right / int(is_removed.sum()) if is_removed.any() else None,
    }


def _rules(scores: Floats, lessons: Sequence[Lesson]) -> list[dict[str, Any]]:
    """By rule: how high what was removed under it stood, and which share of it above the middle of all."""
    middle = float(np.median(scores))
    by_rule: dict[int, list[float]] = defaultdict(list)
    for value, lesson in zip(scores, lessons, strict=True):
        if lesson.is_removed:
            by_rule[lesson.rule].append(float(value))
    return [
        {
            "rule": rule,
            "removed": len(values),
            "mean": float(np.mean(values)),
            "upper_half": sum(value > middle for value in values) / len(values),
        }
        for rule, values in sorted(by_rule.items())
    ]


def _languages(scores: Floats, is_removed: Bools, lessons: Sequence[Lesson]) -> list[dict[str, Any]]:
    languages = np.array([lesson.language for lesson in lessons])
    found = []
    for language, count in sorted(Counter(languages.tolist()).items(), key=lambda one: (-one[1], one[0])):
        here = languages == language
        found.append(
            {
                "language": language,
                "decisions": count,
                "base_rate": float(is_removed[here].mean()),
                "average_precision": average_precision(scores[here], is_removed[here]),
            }
        )
    return found


def is_better(scores: Floats, before: Floats, is_removed: Bools) -> tuple[bool, bool]:
    """Whether the new `scores` order the decisions better than those `before`, and better than chance explains.

    The decisions are drawn anew with replacement, some hundred times (the bootstrap, Efron 1979). Better than before: the
    average precision is higher, on all decisions and in three of four draws. Better than chance: in 19 of 20 draws it lies
    above the share removed.
    """
    chance = np.random.default_rng(SEED)
    wins = above = 0
    for _ in range(DRAWS):
        drawn = chance.integers(0, len(scores), len(scores))
        now = average_precision(scores[drawn], is_removed[drawn])
        wins += now > average_precision(before[drawn], is_removed[drawn])
        above += now > float(is_removed[drawn].mean())
    is_higher = average_precision(scores, is_removed) > average_precision(before, is_removed)
    return is_higher and wins >= 0.75 * DRAWS, above >= 0.95 * DRAWS


def words(lessons: Sequence[Lesson], logit: Callable[[str], float]) -> dict[str, list[dict[str, Any]]]:
    """The words (of Japanese and Chinese: pairs of characters) that weigh most towards a removal and away from one.

    Only what stands in WORD_IN_DECISIONS decisions is told. `weight`: by how much a text of this word alone differs from an
    empty one, in logits.
    """
    met: Counter[str] = Counter()
    for lesson in lessons:
        met.update(_words_of(lesson.plain.casefold()))
    nothing = logit("")
    known = [(logit(word) - nothing, word) for word, count in met.items() if count >= WORD_IN_DECISIONS]
    known.sort(key=lambda one: (-one[0], one[1]))

    def told(rows: list[tuple[float, str]]) -> list[dict[str, Any]]:
        return [{"word": word, "weight": round(weight, 2), "decisions": met[word]} for weight, word in rows]

    return {
        "towards": told([row for row in known if row[0] > 0][:WORDS_TOLD]),
        "away": told([row for row in reversed(known) if row[0] < 0][:WORDS_TOLD]),
    }


def _words_of(plain: str) -> set[str]:
    pairs = {run[i : i + 2] for run in _UNSPACED.findall(plain) for i in range(len(run) - 1)}
    spaced = _UNSPACED.sub(" ", plain)
    return pairs | set(_WORD.findall(spaced)) | set(_KOREAN.findall(spaced))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value
