"""Whatever a plan accepts the service accepts, and tells of it again."""

from __future__ import annotations

from recorder_core import Mode, RecordingSpec
from recorder_core.probes import PROBES
from recorder_core.testing import connect

from asking import ROOM, Emulated

ONE = {"audio": {"include": ["1001"]}, "video": {"include": ["1001"]}}


def test_whatever_is_planned_is_recorded(emulated: Emulated) -> None:
    """Everything that users ask, in each mode: it starts, is listed under the recording's name, stops, and its files
    are those that were asked for."""
    service = emulated()
    service.join(ROOM, "1001")
    recorded = 0
    with connect(service) as recorder:
        for probe in PROBES:
            for mode in probe.modes if not (probe.operation or probe.is_apart) else ():
                fields = {"room": ROOM, **({"participants": ONE} if mode is Mode.INDIVIDUAL else {})}
                spec = RecordingSpec.load({**fields, **probe.spec(mode).dump(reveal=True), "room": ROOM})
                if recorder.plan(spec).fidelity == "unsupported":
                    continue
                recording = recorder.start(spec)
                service.clock.advance(4)
                status = recorder.stop(recording)
                assert status.state.terminal, (probe.label, mode, status.reason)
                assert status.fault is None, (probe.label, mode, status.reason)
                assert {file.format for file in status.files} == set(spec.output.formats), (probe.label, mode)
                assert all(file.name.startswith(recording.id) for file in status.files)
                recorded += 1
    assert recorded > 150
