"""Which version is in use, and its weights, kept in memory until another one is."""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from kakehashi.moderation.model import prior, stored
from kakehashi.moderation.model.stored import Unreadable
from kakehashi.moderation.models import ModelVersion, ModelWeights, VersionState

if TYPE_CHECKING:
    from kakehashi.moderation.model.weights import Weights

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_kept: tuple[str, Weights] | None = None


@dataclass(frozen=True)
class Reckoner:
    """What scores texts now. Without `weights` it is the word list, and `trouble` says so where it should not be."""

    number: int = 0
    weights: Weights | None = None
    trouble: str = ""

    @property
    def is_prior(self) -> bool:
        return self.weights is None

    @property
    def version(self) -> str:
        """As it is written down with what it scored."""
        return prior.VERSION if self.is_prior else str(self.number)

    def probability(self, plain: str, language: str) -> float:
        if self.weights is None:
            return prior.probability(plain, language)
        return self.weights.probability(plain)


def version_in_use() -> ModelVersion | None:
    """1 query; None where the word list is in use."""
    return ModelVersion.objects.filter(used_since__isnull=False).order_by("-used_since", "-pk").first()


def last_judged() -> ModelVersion | None:
    """The latest attempt that came to an end, kept or not: decisions after it are new. 1 query."""
    return ModelVersion.objects.filter(state__in=(VersionState.KEPT, VersionState.DISMISSED)).order_by("-pk").first()


def in_use() -> Reckoner:
    """What scores texts now: 1 query, one more for a version that this process has not read yet."""
    found = ModelVersion.objects.filter(used_since__isnull=False).order_by("-used_since", "-pk")
    row = found.values_list("pk", "number", "digest").first()
    return Reckoner() if row is None else _read(*row)


def trouble_with(version: ModelVersion) -> str:
    """Why a version cannot be used; "" where it can. 1 query, and no NumPy."""
    try:
        stored.unpack(_sound_bytes(version.pk, version.digest))
    except Unreadable as error:
        return _told(version.number, error)
    return ""


def find_unreadable() -> list[ModelVersion]:
    """Versions whose weights are kept, and damaged or of another release; reads all that are kept."""
    kept = ModelVersion.objects.filter(weights__isnull=False).order_by("pk")
    return [version for version in kept if trouble_with(version)]


def _read(pk: int, number: int, digest: str) -> Reckoner:
    # Only who reckons pays for NumPy: a server process that shows pages starts without.
    from kakehashi.moderation.model.weights import Weights

    global _kept  # noqa: PLW0603 - one model a process
    with _lock:
        if _kept is not None and _kept[0] == digest:
            return Reckoner(number, _kept[1])
        try:
            weights = Weights.from_bytes(_sound_bytes(pk, digest))
        except Unreadable as error:
            logger.error("model version %d cannot be read, the word list is used: %s", number, error)
            return Reckoner(trouble=_told(number, error))
        _kept = (digest, weights)
        return Reckoner(number, weights)


def _sound_bytes(pk: int, digest: str) -> bytes:
    """Those that were trained. Raises `Unreadable`."""
    content = ModelWeights.objects.filter(pk=pk).values_list("content", flat=True).first()
    if content is None:
        raise Unreadable("its bytes are not kept any more")
    if hashlib.sha256(content).hexdigest() != digest:
        raise Unreadable("its bytes are not those that were trained")
    return bytes(content)


def _told(number: int, error: Unreadable) -> str:
    return _("Version %(number)s cannot be read (%(why)s).") % {"number": number, "why": error}


def forget() -> None:
    """Keep no weights in memory."""
    global _kept  # noqa: PLW0603
    with _lock:
        _kept = None
