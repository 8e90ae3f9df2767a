"""What a process remembers to spare itself the work: bounded, the least recently used goes first."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memo(Generic[K, V]):
    """Values by key, together no heavier than `most`; for use by many threads. Whether one still holds, the caller says."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        self._lock = Lock()
        self._kept: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        with self._lock:
            found = self._kept.pop(key, None)
            if found is None:
                return None
            self._kept[key] = found
            return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep `value`; one heavier than the whole memo is not kept."""
        with self._lock:
            self._drop(key)
            if weight > self._most:
                return
            self._kept[key] = value, weight
            self._weight += weight
            while self._weight > self._most:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: K) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._weight -= found[1]

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._weight = 0

    def values(self) -> list[V]:
        with self._lock:
            return [value for value, _weight in self._kept.values()]
