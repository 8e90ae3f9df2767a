"""Which stories are about the same: cosine of tf-idf weights among the candidates that a full-text search brings."""

from __future__ import annotations

import math
from collections import Counter
from datetime import datetime

from kakehashi.search import fulltext
from kakehashi.search.models import Entry
from kakehashi.stories.models import StoryPage

ASKED_WORDS = 14
CANDIDATES = 60
# The newest stories that hold one of the words.
AMONG = 20_000
KEPT = 8
# The words of a headline and standfirst say more of what a story is about than those of its body.
TITLE_WEIGHT = 3
SHORTEST_WORD = 4
FAINTEST = 0.1


def _counts(entry: Entry) -> Counter[str]:
    """How often each word that can carry meaning occurs; pairs of CJK characters count as words."""
    counts: Counter[str] = Counter()
    for words, weight in ((entry.title, TITLE_WEIGHT), (entry.body, 1)):
        for word in words.split():
            if len(word) >= SHORTEST_WORD or ord(word[0]) > 0x2E80:
                counts[word] += weight
    return counts


def _weights(counts: Counter[str], frequency: Counter[str], total: int) -> dict[str, float]:
    """Unit vector of (1 + log tf) · (1 + log((1 + N) / (1 + df))); the smoothed idf serves a handful of stories too."""
    weights = {w: (1 + math.log(n)) * (1 + math.log((1 + total) / (1 + frequency[w]))) for w, n in counts.items()}
    norm = math.sqrt(sum(x * x for x in weights.values())) or 1.0
    return {word: weight / norm for word, weight in weights.items()}


def alike(story: StoryPage, *, now: datetime) -> list[tuple[int, float]]:
    """(story id, cosine in 0..1) of the stories most like `story`, best first: at most KEPT, none below FAINTEST."""
    own = Entry.objects.filter(story=story, comment=None).first()
    if own is None:
        return []
    asked = [fulltext.Term(word) for word, _n in _counts(own).most_common(ASKED_WORDS)]
    found = fulltext.find(asked, kind="stories", any_of=True, now=now, most=AMONG).ids[:CANDIDATES]
    others = {e.story_id: _counts(e) for e in Entry.objects.filter(pk__in=found).exclude(story=story)}
    own_counts = _counts(own)
    frequency = Counter(word for counts in (own_counts, *others.values()) for word in counts)
    total = 1 + len(others)
    mine = _weights(own_counts, frequency, total)
    scores = []
    for pk, counts in others.items():
        theirs = _weights(counts, frequency, total)
        scores.append((pk, sum(weight * theirs.get(word, 0.0) for word, weight in mine.items())))
    return sorted((s for s in scores if s[1] >= FAINTEST), key=lambda s: (-s[1], s[0]))[:KEPT]
