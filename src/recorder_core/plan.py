"""What would be sent for a spec, and the truth about what that loses."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pydantic import Secret, SecretStr

from recorder_core.errors import UnsupportedFeature
from recorder_core.models import RecordingSpec
from recorder_core.models.base import MASK

__all__ = ["Change", "Fidelity", "Finding", "FindingVerdict", "Plan", "PlannedRequest"]

logger = logging.getLogger("recorder_core")

FindingVerdict = Literal["approximated", "unsupported"]
Fidelity = Literal["exact", "approximated", "unsupported"]

NEVER_DROPPED = ("room", "mode", "media", "participants", "storage", "encryption", "output.formats", "output.prefix")
"""What `on_unsupported="warn"` doesn't cover: a warning must not record other people, elsewhere, or in the clear."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between what was asked and what the vendor will do.

    Attributes:
        path: where in the spec, such as `layout.regions.3.fit`.
        verdict: `approximated` (recorded, not quite as asked) or `unsupported` (would be lost).
        detail: what the vendor can't do.
        instead: what will happen instead, or what to change to get it exactly.
    """

    path: str
    verdict: FindingVerdict
    detail: str
    instead: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.verdict}: {self.detail}{self.instead and f' ({self.instead})'}"

    @property
    def lost(self) -> bool:
        """Whether what was asked would be lost."""
        return self.verdict == "unsupported"

    @property
    def droppable(self) -> bool:
        """Whether `on_unsupported="warn"` may turn it into a warning."""
        steps = self.path.split(".")
        if steps[0] == "layout" and steps[-1] in ("participant", "content", "regions", "screen_share"):
            return False
        return not any(self.path == path or self.path.startswith(f"{path}.") for path in NEVER_DROPPED)


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request as it would be sent.

    Attributes:
        operation: the vendor call, such as `start`.
        method: HTTP method.
        url: the whole URL; ids that only an earlier answer can give stand in braces, what authenticates is left out.
        payload: the JSON tree as a provider sends it; its secret leaves are `SecretStr`, so that printing shows none.
    """

    operation: str
    method: str
    url: str
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """The JSON tree as plain values, secrets masked."""
        shown: dict[str, Any] = masked(self.payload)
        return shown

    def dump(self) -> dict[str, Any]:
        """`method`, `url` and `body` as plain JSON values, secrets masked."""
        return {"method": self.method, "url": self.url, "body": self.body}


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be sent for a spec or a layout, and what that loses. Nothing was sent.

    Attributes:
        provider: name of the provider.
        requests: in the order in which they would be sent.
        findings: every difference, in the order of the spec.
        resolved: the spec with our own values filled in; None for what changes a running recording.
    """

    provider: str
    requests: tuple[PlannedRequest, ...]
    findings: tuple[Finding, ...]
    resolved: RecordingSpec | None = None

    @property
    def fidelity(self) -> Fidelity:
        """The worst finding, `exact` where there is none."""
        verdicts = {finding.verdict for finding in self.findings}
        if "unsupported" in verdicts:
            return "unsupported"
        return "approximated" if verdicts else "exact"

    @property
    def spec(self) -> RecordingSpec:
        """The resolved spec.

        Raises:
            ValueError: this is the plan of a change, not of a start.
        """
        if self.resolved is None:
            raise ValueError("the plan of a change has no spec")
        return self.resolved

    @property
    def dropped(self) -> tuple[str, ...]:
        """The paths of what `on_unsupported="warn"` gives up; without it, they are refused."""
        return tuple(finding.path for finding in self.findings if finding.lost and finding.droppable)

    def request(self, operation: str) -> PlannedRequest:
        """The planned request of that operation."""
        return next(request for request in self.requests if request.operation == operation)

    def dump(self) -> dict[str, Any]:
        """The plan as plain JSON values, secrets masked."""
        return {
            "provider": self.provider,
            "fidelity": self.fidelity,
            "findings": [
                {"path": f.path, "verdict": f.verdict, "detail": f.detail, "instead": f.instead} for f in self.findings
            ],
            "requests": [request.dump() for request in self.requests],
        }

    def report(self, recording_id: str) -> None:
        """Log every finding, once."""
        for finding in self.findings:
            logger.warning("%s, recording %s: %s", self.provider, recording_id, finding)

    def lost(self, *, warn: bool | None = None) -> tuple[str, ...]:
        """The paths that this plan drops, where dropping was allowed.

        Args:
            warn: whether the caller accepts losses (`on_unsupported="warn"`). None: there is no such choice, as for
                what is changed of a running recording.

        Raises:
            UnsupportedFeature: something would be lost that the caller didn't allow or that never may be.
        """
        refused = [finding for finding in self.findings if finding.lost and not (warn and finding.droppable)]
        if refused:
            would_do = warn is False and all(finding.droppable for finding in refused)
            hint = (
                "Nothing was sent. Change or leave out what is named; the recording goes on as it was."
                if warn is None
                else "Change or leave out what is named, or choose another provider."
            )
            raise UnsupportedFeature(
                f"{self.provider} can't do what is asked:\n" + "\n".join(f"  {finding}" for finding in refused),
                findings=refused,
                provider=self.provider,
                fault="caller",
                hint=hint + (' `on_unsupported="warn"` drops what is named.' if would_do else ""),
            )
        return self.dropped


class Change(NamedTuple):
    """What would be sent to change a running recording, and what that loses. Nothing was sent.

    Attributes:
        body: the JSON tree of the request, None where something would be lost.
        findings: every difference.
    """

    body: dict[str, Any] | None
    findings: tuple[Finding, ...] = ()


def masked(tree: Any) -> Any:
    """The JSON tree with every `SecretStr` and `Secret` replaced by asterisks."""
    if isinstance(tree, Mapping):
        return {key: masked(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [masked(value) for value in tree]
    return MASK if isinstance(tree, SecretStr | Secret) else tree


def merged(tree: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """`tree` with `extra` laid over it, objects merged at any depth, everything else replaced."""
    result = dict(tree)
    for key, value in extra.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(below, value) if both and isinstance(below, Mapping) else value
    return result
