"""Every request that a service saw, with its secrets masked."""

import json
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, overload

MASK: Final = "**********"
SHORTEST_SECRET: Final = 4
"""Characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request and what was answered."""

    at: float
    """Emulated instant, Unix seconds."""
    operation: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    """The masked JSON tree; None without a body; a short remark when the body isn't JSON."""
    status: int | None
    """None when no answer was sent."""
    answer: Any
    """The masked JSON tree or a short text; None when no answer was sent."""
    fault: str | None = None


class Journal(Sequence[Entry]):
    """The entries in the order in which they were answered. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []

    def append(self, entry: Entry) -> None:
        """Add one entry at the end."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()

    def operations(self) -> list[str]:
        """The names of the operations, in order."""
        return [entry.operation for entry in self]

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        with self._lock:
            return self._entries[index]

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(tuple(self._entries))

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)


def mask(tree: Any, secret_names: Collection[str], secrets: Collection[str] = ()) -> Any:
    """A copy of a JSON tree in which the value of every key of `secret_names`, at any depth, is asterisks.

    A key in another case counts too: a misspelt field holds the same secret. None and the empty text stay.
    `secrets` are texts that are replaced wherever they stand, as in a message that quotes them.
    """
    return _mask(tree, {name.lower() for name in secret_names}, secrets)


def secrets_in(tree: Any, secret_names: Collection[str]) -> set[str]:
    """The texts under keys of `secret_names`, apart from those too short to be told from any other text."""
    found: set[str] = set()
    _collect(tree, {name.lower() for name in secret_names}, found, secret=False)
    return {text for text in found if len(text) >= SHORTEST_SECRET}


def readable(body: bytes) -> Any:
    """The JSON tree of a body, unmasked; None for an empty one, a short remark for one that isn't JSON."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return f"{len(body)} bytes that are not JSON"


def _mask(tree: Any, secret_names: set[str], secrets: Collection[str]) -> Any:
    if isinstance(tree, Mapping):
        return {
            key: MASK
            if key.lower() in secret_names and value not in (None, "")
            else _mask(value, secret_names, secrets)
            for key, value in tree.items()
        }
    if isinstance(tree, list | tuple):
        return [_mask(item, secret_names, secrets) for item in tree]
    if isinstance(tree, str):
        for secret in secrets:
            tree = tree.replace(secret, MASK)
    return tree


def _collect(tree: Any, secret_names: set[str], found: set[str], *, secret: bool) -> None:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            _collect(value, secret_names, found, secret=secret or key.lower() in secret_names)
    elif isinstance(tree, list | tuple):
        for item in tree:
            _collect(item, secret_names, found, secret=secret)
    elif secret and isinstance(tree, str):
        found.add(tree)
