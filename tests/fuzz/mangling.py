"""How JSON that others wrote can be wrong: a few changes of a sound tree, anywhere in it, drawn beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

Tree = Any

EVERYWHERE: tuple[Tree, ...] = ("\ud83d", "\x00..", -1, None, [], {}, True, 10**30, 1e308)
"""What is put in the place of every leaf at once."""

DEEP: Tree = json.loads("[" * 60 + "]" * 60)
"""Deeper than anything that a vendor sends."""
ODD_TEXTS = (
    *("", " ", "0", "-1", "1e309", "nan", "true", "null", "..", "../../etc/passwd", "/", "?", "%2e%2e", "a" * 5_000),
    *("\x00", "\x1b[2J", "\r\nX-Injected: 1", "\u202e", "\ud83d", "\udc00", "{}", "${env:HOME}", "{0.__class__}"),
    *("2026-13-40T99:99:99Z", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59.999999999+23:59"),
    *("http://127.0.0.1:1/", "file:///etc/passwd", "s3://", "//", "http://[", "rtmp://"),
)
"""Texts that are no names, numbers, times, paths or addresses, or look like one; among them halves of characters."""
ODD_NUMBERS = (0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 1e308, -0.0, 0.1, 1e-320, 253402300800)
"""Numbers at the edges of what counters, clocks and floats hold."""

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from(ODD_TEXTS),
    st.text(max_size=8),
    st.integers(),
)
VALUES: st.SearchStrategy[Tree] = st.one_of(
    LEAVES,
    st.lists(LEAVES, max_size=3),
    st.dictionaries(st.sampled_from((*ODD_TEXTS, "code", "Data")), LEAVES, max_size=2),
    st.just(DEEP),
)
"""What may stand in the place of a part."""


class Change(NamedTuple):
    """One change of a tree.

    Attributes:
        at: which of its parts, counted in any order; taken by the number of parts.
        how: what becomes of the part.
        value: what is put there, where something is.
    """

    at: int
    how: str
    value: Tree


CHANGES = st.lists(
    st.builds(Change, st.integers(0, 10_000), st.sampled_from(("replace", "replace", "drop", "wrap", "add")), VALUES),
    min_size=1,
    max_size=4,
)
"""Some changes, for `mangled`."""

NO_OBJECTS = (
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"NaN",
    b'{"code": NaN}',
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}",
    b"[" * 9_000,
)

BODIES = st.one_of(
    st.sampled_from(NO_OBJECTS),
    st.binary(max_size=40),
    VALUES.map(lambda value: json.dumps(value).encode()),
)
"""Bodies that are no objects, or no JSON."""


def mangled(tree: Tree, changes: Sequence[Change]) -> Tree:
    """A copy of a JSON tree with changes."""
    for change in changes:
        copy = json.loads(json.dumps(tree))
        places = list(_places(copy))
        if not places:
            return change.value
        holder, key = places[change.at % len(places)]
        _CHANGED[change.how](holder, key, change.value)
        tree = copy
    return tree


def replaced(tree: Tree, value: Tree, *, kind: type = object) -> Tree:
    """A copy of a JSON tree with another value in the place of every leaf, or of those of a kind."""
    if isinstance(tree, dict):
        return {key: replaced(item, value, kind=kind) for key, item in tree.items()}
    if isinstance(tree, list):
        return [replaced(item, value, kind=kind) for item in tree]
    return value if isinstance(tree, kind) else tree


def extended(tree: Tree, key: str, value: Tree) -> Tree:
    """A copy of a JSON tree with one more member in every object."""
    if isinstance(tree, dict):
        return {**{name: extended(item, key, value) for name, item in tree.items()}, key: value}
    return [extended(item, key, value) for item in tree] if isinstance(tree, list) else tree


def _places(tree: Tree) -> list[tuple[Any, Any]]:
    """Every part of a tree, as what holds it and by which key."""
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        holder = waiting.pop()
        keys: Sequence[Any] = range(len(holder)) if isinstance(holder, list) else ()
        if isinstance(holder, dict):
            keys = list(holder)
        found += [(holder, key) for key in keys]
        waiting += [holder[key] for key in keys]
    return found


def _add(holder: Any, key: Any, value: Tree) -> None:
    if isinstance(holder, list):
        holder.append(value)
    else:
        holder[f"{key} "] = value


def _drop(holder: Any, key: Any, value: Tree) -> None:
    del holder[key]


def _replace(holder: Any, key: Any, value: Tree) -> None:
    holder[key] = value


def _wrap(holder: Any, key: Any, value: Tree) -> None:
    holder[key] = [holder[key], value]


_CHANGED: dict[str, Callable[[Any, Any, Tree], None]] = {"replace": _replace, "drop": _drop, "wrap": _wrap, "add": _add}
