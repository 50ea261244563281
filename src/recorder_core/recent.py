"""What came lately, by its key."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Generic, TypeVar

from recorder_core.forking import Guarded

__all__ = ["Recent"]

Value = TypeVar("Value")


class Recent(Guarded, Generic[Value]):
    """The latest keys, each with a value. Thread-safe.

    Args:
        size: how many are kept; the oldest are forgotten first.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._values: OrderedDict[bytes, Value] = OrderedDict()

    def add(self, key: str, value: Value) -> bool:
        """Keep a new key; False: it isn't new, and keeps its value."""
        short = _short(key)
        with self._guard:
            if short in self._values:
                return False
            self._values[short] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return True

    def get(self, key: str) -> Value | None:
        """The value of a key."""
        with self._guard:
            return self._values.get(_short(key))

    def __contains__(self, key: str) -> bool:
        """Whether a key is kept."""
        with self._guard:
            return _short(key) in self._values

    def discard(self, key: str) -> None:
        """Forget a key."""
        with self._guard:
            self._values.pop(_short(key), None)


def _short(key: str) -> bytes:
    # Keys hold whole ids; a digest of 16 bytes keeps the memory of a busy day small.
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).digest()
