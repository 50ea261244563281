"""T: what is asked for is sent, or said to be lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel

from recorder_core.errors import InvalidSpec, UnsupportedFeature, UnsupportedOperation
from recorder_core.models import Grid, Layout, Mode, Recording, RecordingSpec
from recorder_core.plan import Finding, Plan
from recorder_core.probes import PROBES, Ground, Probe
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeSpec, intent_of
from recorder_core.testing.watching import STORAGE, Watch, assert_hidden

__all__ = ["Translation"]

HINTS = frozenset({"expected_participants", "storage.path_style"})
"""Leaves that are no demands: a size that only helps, and how a store is addressed by a vendor that has no choice."""


class Translation(Fixtures):
    """T: what is asked for is sent, or said to be lost."""

    @clause("T1")
    def test_translating_is_pure(self, provider: Provider, make_spec: MakeSpec) -> None:
        """T1: the same spec and intent give the same plan, and nothing is sent: the provider isn't even opened."""
        spec = make_spec(joined=False)
        intent = intent_of(provider, spec)
        before = intent.model_dump()
        one, other = provider.translate(spec, intent), provider.translate(spec, intent)
        assert (one.requests, one.findings, one.resolved) == (other.requests, other.findings, other.resolved)
        assert intent.model_dump() == before

    @clause("T2", "T3")
    def test_nothing_is_lost_in_silence(self, provider: Provider, spec_fields: Mapping[str, Any]) -> None:
        """T2: whatever a user asks, the request is another one than without it, or a finding says why not.
        T3: a finding names a path of the spec, is approximated or unsupported, and says what is lost."""
        silent: list[str] = []
        wrong: list[str] = []
        for probe, mode, spec, plan, bare in self._probed(provider, spec_fields):
            wrong += [f"{probe.label} ({mode}): {finding}" for finding in plan.findings if not _is_sound(finding)]
            lost = _unheeded(probe, (spec, plan), (bare.spec, bare), lambda other: self._plan(provider, other))
            silent += [f"{probe.label} ({mode}): {path}" for path in lost]
        assert silent == [], "asked for, and neither sent nor found"
        assert wrong == []

    @clause("T4")
    def test_what_would_be_lost_is_refused_at_once(
        self, recorder: Recorder, spec_fields: Mapping[str, Any], watch: Watch
    ) -> None:
        """T4: `start` names everything that is unsupported, before anything is sent."""
        refused = 0
        for _, _, spec, plan, _ in self._probed(recorder.provider, spec_fields):
            if plan.fidelity != "unsupported":
                continue
            refused += 1
            with pytest.raises(UnsupportedFeature) as caught:
                recorder.start(spec)
            named = {finding.path for finding in caught.value.findings}
            assert named == {finding.path for finding in plan.findings if finding.lost}
        assert refused, "no vendor can do everything that the neutral spec can say"
        assert watch.exchanges == []

    @clause("T5")
    def test_plans_can_be_shown(self, recorder: Recorder, make_spec: MakeSpec) -> None:
        """T5: a plan is JSON, names one of the configured hosts, and shows no secret, not even in its repr."""
        plan = recorder.plan(make_spec(joined=False))
        assert_hidden(recorder.provider, json.dumps(plan.dump()), repr(plan), repr(plan.requests))
        hosts = recorder.provider.config.base_urls
        assert all(request.url.startswith(tuple(hosts)) for request in plan.requests if hosts)

    @clause("T6")
    def test_what_was_planned_is_sent(self, recorder: Recorder, make_spec: MakeSpec, watch: Watch) -> None:
        """T6: a start sends the planned requests, by their names and in their order."""
        spec = make_spec()
        planned = [request.operation for request in recorder.plan(spec).requests]
        recorder.start(spec)
        sent = [name for name in dict.fromkeys(watch.operations) if name in planned]
        assert sent == planned

    @clause("T7")
    def test_a_layout_change_is_planned(self, recorder: Recorder, make_spec: MakeSpec, watch: Watch) -> None:
        """T7: `translate_layout` is pure, and its findings are as sound as those of a start."""
        recording = recorder.start(make_spec())
        provider = recorder.provider
        if not provider.offers("layout", recording.mode):
            return
        del watch.exchanges[:]
        one, other = (provider.translate_layout(recording, Grid()) for _ in range(2))
        assert (one.requests, one.findings) == (other.requests, other.findings)
        assert all(map(_is_sound, one.findings)), one.findings
        assert watch.exchanges == []
        assert one.requests

    @clause("T7")
    def test_no_change_of_layout_is_lost_in_silence(self, recorder: Recorder, make_spec: MakeSpec) -> None:
        """T7: whatever layout is asked for while it records, its request is another one than that of a plain grid, or
        a finding says why not."""
        recording = recorder.start(make_spec())
        if not recorder.provider.offers("layout", recording.mode):
            return

        def planned(spec: RecordingSpec) -> Plan:
            return _changed(recorder.provider, recording, spec.layout or Grid())

        silent: list[str] = []
        wrong: list[str] = []
        for probe, spec, plain in _layouts():
            plan = planned(spec)
            silent += [
                f"{probe.label}: {path}" for path in _unheeded(probe, (spec, plan), (plain, planned(plain)), planned)
            ]
            wrong += [f"{probe.label}: {finding}" for finding in plan.findings if not _is_sound(finding)]
        assert silent == [], "asked for, and neither sent nor found"
        assert wrong == []

    @clause("T6")
    def test_layouts_are_sent_as_they_are_planned(self, recorder: Recorder, make_spec: MakeSpec, watch: Watch) -> None:
        """T6: a change of layout sends the planned requests too; layouts that are planned unlike are sent unlike."""
        recording = recorder.start(make_spec(), confirm=True)
        if not recorder.provider.offers("layout", recording.mode):
            return
        done: list[tuple[Plan, object]] = []
        for _, spec, _ in _layouts():
            layout = spec.layout or Grid()
            plan = _changed(recorder.provider, recording, layout)
            if _lost(plan) or any(plan.requests == other.requests for other, _ in done):
                continue
            del watch.exchanges[:]
            recording = recorder.layout(recording, layout)
            planned = [request.operation for request in plan.requests]
            assert [name for name in watch.names if name in planned] == planned
            sent = [exchange.request_body or exchange.url for exchange in watch.exchanges]
            assert sent not in [other for _, other in done], f"{layout} was sent as another one"
            done.append((plan, sent))
        assert done, "no layout can be changed to any other"

    def _probed(
        self, provider: Provider, spec_fields: Mapping[str, Any]
    ) -> Iterator[tuple[Probe, Mode, RecordingSpec, Plan, Plan]]:
        """Everything that users ask at the start, in the modes that the provider has, each with its plan."""
        base = RecordingSpec.load({"room": "lesson-42", "storage": STORAGE, **spec_fields})
        ground = Ground(spec_fields.get("storage", STORAGE))

        def whole(spec: RecordingSpec) -> RecordingSpec:
            missing = spec_fields.keys() - spec.model_fields_set
            return spec.model_copy(update={name: getattr(base, name) for name in missing})

        bare = {mode: whole(Probe("", "").baseline(mode, ground)) for mode in Mode}
        modes = [mode for mode in Mode if not _lost(self._plan(provider, bare[mode]))]
        assert modes, "no mode can be recorded"
        for probe in PROBES:
            if probe.operation or probe.is_apart:
                continue
            for mode in probe.modes:
                if mode in modes:
                    spec, plain = whole(probe.spec(mode, ground)), whole(probe.baseline(mode, ground))
                    yield probe, mode, spec, self._plan(provider, spec), self._plan(provider, plain)

    def _plan(self, provider: Provider, spec: RecordingSpec) -> Plan:
        return provider.translate(spec, intent_of(provider, spec))


def _layouts() -> Iterator[tuple[Probe, RecordingSpec, RecordingSpec]]:
    """All that users ask of layouts alone, each with its spec and one without what is asked."""
    for probe in PROBES:
        if probe.asks.keys() == {"layout"} and Mode.COMPOSITE in probe.modes:
            plain = probe.baseline(Mode.COMPOSITE)
            yield probe, probe.spec(Mode.COMPOSITE), plain.model_copy(update={"layout": plain.layout or Grid()})


def _changed(provider: Provider, recording: Recording, layout: Layout) -> Plan:
    """The plan of a change; a refusal is a finding."""
    try:
        return provider.translate_layout(recording, layout.over(recording.layout))
    except (InvalidSpec, UnsupportedFeature, UnsupportedOperation) as error:
        return Plan(provider.name, (), (Finding("layout", "unsupported", error.message, error.hint or ""),))


def _unheeded(
    probe: Probe,
    asked: tuple[RecordingSpec, Plan],
    without: tuple[RecordingSpec, Plan],
    planned: Callable[[RecordingSpec], Plan],
) -> Iterator[str]:
    """The paths of what a probe asks, and that is neither sent nor found: of its spec, and of one without it."""
    (spec, plan), (bare, other) = asked, without
    told = {finding.path.partition(".")[0] for finding in plan.findings}
    if plan.requests != other.requests or told & probe.asks.keys():
        return
    # What is asked may be what the vendor does anyway; then something else in its place isn't.
    for path in _differing(spec, bare, _leaves_of(probe.asks)):
        others = map(planned, _with_another(spec, path))
        heeded = any((other.requests, other.findings) != (plan.requests, plan.findings) for other in others)
        if not heeded and not _is_hint(path, spec):
            yield path


def _lost(plan: Plan) -> bool:
    return any(finding.lost for finding in plan.findings)


def _is_sound(finding: Finding) -> bool:
    """Whether it has all that a reader needs."""
    is_known = finding.path.partition(".")[0] in RecordingSpec.model_fields
    return is_known and finding.verdict in ("approximated", "unsupported") and bool(finding.detail)


def _is_hint(path: str, spec: RecordingSpec) -> bool:
    """Whether a leaf is no demand. What is said of storage that the vendor's account names makes addresses only."""
    return path in HINTS or (path.startswith("storage.") and spec.storage.kind == "account")


def _leaves_of(asks: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The paths of what is asked."""
    for name, value in asks.items():
        if isinstance(value, Mapping):
            yield from _leaves_of(value, f"{above}{name}.")
        else:
            yield f"{above}{name}"


def _differing(one: RecordingSpec, other: RecordingSpec, paths: Iterable[str]) -> Iterator[str]:
    """The paths at which two specs differ, or that one of them hasn't."""
    for path in paths:
        try:
            is_alike = _at(one, path) == _at(other, path)
        except (AttributeError, KeyError):
            is_alike = False
        if not is_alike:
            yield path


def _at(spec: RecordingSpec, path: str) -> Any:
    """What stands at a path."""
    value: Any = spec
    for step in path.split("."):
        value = value[step] if isinstance(value, Mapping) else getattr(value, step)
    return value


def _with_another(spec: RecordingSpec, path: str) -> Iterator[RecordingSpec]:
    """The spec with other values at a path, as far as there are any."""
    for value in _others(_at(spec, path)):
        tree = spec.dump(reveal=True)
        *parents, leaf = path.split(".")
        at = tree
        for name in parents:
            at = at[name]
        at[leaf] = value
        with suppress(InvalidSpec):
            yield RecordingSpec.load(tree)


def _others(value: Any) -> list[Any]:
    """Values of the same type."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, Enum):
        return [other for other in type(value) if other is not value]
    if isinstance(value, frozenset | tuple) and value and isinstance(first := next(iter(value)), Enum):
        return [[other] for other in type(first) if set(value) != {other}]
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        items = [item.model_dump() for item in value]
        changes = ((name, other) for name in value[0].model_fields_set for other in _others(getattr(value[0], name)))
        return [[{**items[0], name: other}, *items[1:]] for name, other in changes]
    if isinstance(value, int | float):
        return [value / 2, value // 2, value * 2, value + 15]
    return [f"{value}-2"] if isinstance(value, str) else []
