"""What each provider makes of everything that users ask, computed and never typed: it fills the capability matrix.

Every probe is translated by every provider; what its plan finds beyond the findings of the same spec without the asked
thing is the answer. Operations of a running recording are those that the provider offers for the mode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import product
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from recorder_core.errors import (
    ConfigurationError,
    InvalidSpec,
    RecorderError,
    UnsupportedFeature,
    UnsupportedOperation,
)
from recorder_core.matrix import CapabilityCell, CapabilityColumn, CapabilityMatrix, CapabilityRow
from recorder_core.models import Layout, Mode, Recording, RecordingSpec, StartIntent
from recorder_core.plan import Finding, Plan
from recorder_core.plugins import PROVIDERS, installed, load_provider
from recorder_core.probes import CONTAINERS, KINDS, PROBES, TWO, Ground, Probe
from recorder_core.provider import Provider

__all__ = ["capabilities"]

EPOCH = datetime.fromtimestamp(0, UTC)
ANY_LAYOUT: TypeAdapter[Any] = TypeAdapter(Layout)
NOTHING = Probe("", "")
EVERYBODY: Mapping[str, Any] = {}
NAMED: Mapping[str, Any] = {"audio": TWO, "video": TWO}


def capabilities(providers: Sequence[str] | None = None) -> CapabilityMatrix:
    """What each provider can do. No network, no credentials; hooks are not asked.

    A provider that can't be loaded or asked has a column that says why, and harms no other.

    Args:
        providers: names of installed providers; None takes all that are installed.

    Raises:
        ConfigurationError: the names are one text.
        ProviderNotFound: no provider of such a name is installed; the error has the nearest name.
    """
    if isinstance(providers, str):
        raise ConfigurationError(
            f"capabilities takes a list of names, not the text {providers!r}",
            fault="caller",
            hint=f"capabilities([{providers!r}])",
        )
    known = [found.name for found in installed(PROVIDERS)]
    for name in providers or ():
        if name not in known:
            load_provider(name)
    asked = [_Asked(name) for name in dict.fromkeys(known if providers is None else providers)]
    rows = tuple(
        CapabilityRow(
            group=probe.group,
            label=probe.label,
            modes=(mode,),
            operation=probe.operation,
            asks={name: value for name, value in probe.spec(mode).dump().items() if name in probe.asks},
            cells={one.name: one.answer(probe, mode) for one in asked},
        )
        for probe in PROBES
        for mode in probe.modes
    )
    return CapabilityMatrix(tuple(one.column for one in asked), rows)


class _Asked:
    """A provider that is asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._plans: dict[RecordingSpec, Plan] = {}
        self._grounds: dict[Mode, Ground] = {}

    @cached_property
    def column(self) -> CapabilityColumn:
        """The modes that it has, or what is wrong with it."""
        try:
            modes = tuple(mode for mode in Mode if not _lost(self._plan(self._bare(mode)).findings))
        except Exception as error:
            return CapabilityColumn(self.name, problem=_told(error))
        return CapabilityColumn(self.name, modes)

    @cached_property
    def _provider(self) -> Provider:
        """One without credentials, which can plan and no more."""
        found = load_provider(self.name)
        return found(found.Config.placeholder())

    @cached_property
    def _storage(self) -> Mapping[str, Any]:
        """The first kind of storage that it takes, so that no other answer depends on it."""
        grounds = (Ground(storage, formats) for storage in KINDS.values() for formats in CONTAINERS[:2])
        for ground in grounds:
            findings = self._plan(NOTHING.baseline(Mode.COMPOSITE, ground)).findings
            if not any(finding.path.startswith("storage") for finding in _lost(findings)):
                return ground.storage
        return KINDS["Amazon S3"]

    def _ground(self, mode: Mode) -> Ground:
        """The first one of which it can record everything in a mode, so that no other answer depends on it.

        Where there is none, the first one of which it loses least.
        """
        if mode not in self._grounds:
            people = (EVERYBODY, NAMED) if mode is Mode.INDIVIDUAL else (EVERYBODY,)
            first, *others = (Ground(self._storage, *choice) for choice in product(CONTAINERS, people))
            best, losses = first, self._losses(mode, first)
            for ground in others if losses else ():
                with suppress(Exception):  # what it can't be asked isn't what it records
                    if (fewer := self._losses(mode, ground)) < losses:
                        best, losses = ground, fewer
            self._grounds[mode] = best
        return self._grounds[mode]

    def _losses(self, mode: Mode, ground: Ground) -> int:
        return len(_lost(self._plan(NOTHING.baseline(mode, ground)).findings))

    def _bare(self, mode: Mode) -> RecordingSpec:
        return NOTHING.baseline(mode, self._ground(mode))

    def answer(self, probe: Probe, mode: Mode) -> CapabilityCell:
        """The cell of a probe in a mode."""
        if self.column.problem:
            return CapabilityCell("unknown")
        try:
            findings = self._findings(probe, mode)
        except UnsupportedFeature as error:
            findings = tuple(error.findings)
        except (InvalidSpec, UnsupportedOperation) as error:
            findings = (Finding(probe.operation or "", "unsupported", error.message, error.hint or ""),)
        except Exception as error:
            return CapabilityCell("unknown", (Finding(probe.operation or "", "unsupported", _told(error)),))
        if lost := _lost(findings):
            return CapabilityCell("no", lost)
        return CapabilityCell("approximated" if findings else "exact", findings)

    def _findings(self, probe: Probe, mode: Mode) -> tuple[Finding, ...]:
        """What is lost of the asked thing; where what has to be there for it is lost already, that."""
        ground = beside = self._ground(mode)
        if probe.is_about_mode:
            ground, beside = replace(ground, participants=EVERYBODY), self._ground(Mode.COMPOSITE)
        baseline = probe.baseline(mode, beside)
        before = self._plan(baseline).findings
        lost = _lost(before)
        if lost and not probe.is_about_mode:
            return lost
        if probe.operation:
            return self._findings_of_operation(probe, probe.operation, mode)
        if probe.is_apart:
            after = self._provider.translate(baseline, self._intent(baseline, self._handle(baseline))).findings
        else:
            after = self._plan(probe.spec(mode, ground)).findings
        kept = [] if lost else [finding for finding in before if not _is_replaced(finding, probe)]
        return tuple(finding for finding in after if finding not in kept)

    def _findings_of_operation(self, probe: Probe, operation: str, mode: Mode) -> tuple[Finding, ...]:
        provider = self._provider
        if not provider.offers(operation, mode):
            detail = "there is no such operation"
            if provider.offers(operation):
                detail = f"only {' and '.join(sorted(provider.operation_modes[operation]))} recordings have it"
            return (Finding(operation, "unsupported", detail),)
        if "layout" not in probe.asks:
            return ()
        handle = self._handle(self._bare(mode))
        layout = ANY_LAYOUT.validate_python(probe.asks["layout"]).over(handle.layout)
        return provider.translate_layout(handle, layout).findings

    def _plan(self, spec: RecordingSpec) -> Plan:
        if spec not in self._plans:
            self._plans[spec] = self._provider.translate(spec, self._intent(spec))
        return self._plans[spec]

    def _intent(self, spec: RecordingSpec, *apart_from: Recording) -> StartIntent:
        provider = self._provider
        return StartIntent(
            id=UUID(int=0).hex,
            provider=provider.name,
            account=provider.account,
            room=spec.room,
            created_at=EPOCH,
            apart_from=apart_from,
        )

    def _handle(self, spec: RecordingSpec) -> Recording:
        """The handle of a recording that never was."""
        provider = self._provider
        native = {**dict.fromkeys(provider.native_ids, "1"), **provider.native_examples}
        return provider.begun(self._plan(spec), self._intent(spec), started_at=EPOCH, native=native)


def _lost(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.lost)


def _is_replaced(finding: Finding, probe: Probe) -> bool:
    """Whether the asked fields replace what is found, so that the same finding afterwards is the asked thing's."""
    section, _, name = finding.path.partition(".")
    if section == "output" and name.partition(".")[0] == "formats":
        return "formats" in probe.asks.get("output", {}) and "formats" not in probe.given.get("output", {})
    return section in probe.asks.keys() - probe.given.keys()


def _told(error: Exception) -> str:
    if isinstance(error, RecorderError):
        return error.message
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
