"""The way back from a vendor's bodies to a spec: every field knows where in them it comes from, and errors say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from recorder_core.errors import InvalidSpec
from recorder_core.models import RecordingSpec
from recorder_core.models.loading import describe_errors
from recorder_core.plan import PlannedRequest

__all__ = ["SpecTree", "by_operation", "object_in", "refuse_other_options", "refused"]


def refused(*problems: str) -> InvalidSpec:
    """The error of a body that no spec stands for; each problem as `path: what is wrong`."""
    return InvalidSpec(
        "\n".join(["no spec says what these requests ask for:", *problems]),
        problems=problems,
        fault="caller",
        hint="Paths lead into the bodies. Nothing was sent.",
    )


def by_operation(requests: Sequence[PlannedRequest]) -> dict[str, PlannedRequest]:
    """The requests of one start, by what they are.

    Raises:
        InvalidSpec: they are no requests, or there are two of a kind.
    """
    known = isinstance(requests, list | tuple) and all(isinstance(request, PlannedRequest) for request in requests)
    if not known:
        raise refused("requests: is no list of PlannedRequest(operation, method, url, payload)")
    found = {request.operation: request for request in requests}
    if len(found) < len(requests):
        raise refused(f"requests: {', '.join(request.operation for request in requests)}: a start has one of each")
    return found


def refuse_other_options(options: Mapping[str, Any], known: Sequence[str] = ()) -> None:
    """Refuse options of which a body tells more than the caller.

    Raises:
        InvalidSpec: with those that may be given.
    """
    if strange := sorted(options.keys() - set(known)):
        may = f"no body tells {' and '.join(known)} alone" if known else "the bodies tell them all"
        raise refused(*(f"options.{name}: is not needed to read the bodies; {may}" for name in strange))


def object_in(tree: Any, key: str) -> Mapping[str, Any]:
    """The object under a key of a JSON tree; an empty one where there is none."""
    value = tree.get(key) if isinstance(tree, Mapping) else None
    return value if isinstance(value, Mapping) else {}


class SpecTree:
    """The fields of a spec, and the places in the bodies that they come from."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}
        self._sources: dict[str, str] = {}

    def put(self, path: str, value: Any, source: str) -> None:
        """Put a field, unless its value is None; `source` is its path in the bodies, also of what is missing there.

        Below a list that was put, a step is the number of an item: `layout.regions.0.x`. Items begin in their order.
        """
        self._sources[path] = source
        if value is None:
            return
        *above, last = path.split(".")
        tree: Any = self._tree
        for step in above:
            tree = _below(tree, step)
        tree[last] = value

    def validated(self) -> RecordingSpec:
        """The spec.

        Raises:
            InvalidSpec: a field isn't what a spec takes; named by its place in the bodies.
        """
        try:
            return RecordingSpec.model_validate(self._tree)
        except ValidationError as error:
            problems = describe_errors(error, RecordingSpec)
        raise refused(*map(self._located, problems))

    def _located(self, problem: str) -> str:
        path, _, what = problem.partition(": ")
        known = [field for field in self._sources if path == field or path.startswith(f"{field}.")]
        if not known:
            return problem
        field = max(known, key=len)
        return f"{self._sources[field]}{path[len(field) :]}: {what} (as {path} of a spec)"


def _below(tree: Any, step: str) -> Any:
    """The object one step further down, which begins where it is first asked for."""
    if not isinstance(tree, list):
        return tree.setdefault(step, {})
    if int(step) == len(tree):
        tree.append({})
    return tree[int(step)]
