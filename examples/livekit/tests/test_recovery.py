"""What became of a start whose egress id is lost, and whether a callback brings it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from recorder_core import EventKind, Grid, Recorder, RecordingEvent, StartIntent, StartOutcomeUnknown, Verdict
from recorder_core.testing import connect

from asking import ROOM, Emulated, spec_of
from recorder_livekit.emulator.service import LivekitEmulator


def lost(recorder: Recorder, service: LivekitEmulator, fault: str = "drop", **fields: Any) -> StartIntent:
    """The intent of a start of which nobody knows whether it was carried out."""
    operation = "StartWebEgress" if fields.get("mode") == "web" else "StartRoomCompositeEgress"
    service.fail_next(operation, fault)
    with pytest.raises(StartOutcomeUnknown) as caught:
        recorder.start(spec_of(**fields))
    assert caught.value.intent is not None
    return caught.value.intent


@pytest.mark.parametrize("fields", [{}, {"mode": "web", "web_page": {"url": "https://class.example/room"}}])
def test_a_lost_start_is_found_by_its_files(
    recorder: Recorder, service: LivekitEmulator, fields: dict[str, Any]
) -> None:
    """Among those of its room, or of the whole project where the vendor isn't told the room; it can be stopped then."""
    recorder.start(spec_of())
    intent = lost(recorder, service, **fields)
    recorder.start(spec_of())
    (recovery,) = recorder.recover(intent).recoveries
    assert recovery.verdict is Verdict.RUNNING
    assert recovery.recording is not None
    assert recovery.recording.id == intent.id
    running = [one.ids["egress_id"] for one in service.recordings if one.running]
    assert recovery.recording.native["egress_id"] == running[1]
    assert not recorder.stop(recovery.recording).state.running
    assert sum(one.running for one in service.recordings) == 2


def test_a_recovered_handle_can_be_changed(recorder: Recorder, service: LivekitEmulator) -> None:
    """It has what a change of the layout needs: the page, and what it was told."""
    intent = lost(recorder, service, idle_timeout=99)
    (recovery,) = recorder.recover(intent).recoveries
    assert recovery.recording is not None
    service.clock.advance(5)
    recorder.layout(recovery.recording, Grid())
    (change,) = [entry.body for entry in service.journal if entry.operation == "UpdateLayout"]
    assert json.loads(change["layout"])["idle"] == 99


def test_what_never_began_is_told_so_in_time(recorder: Recorder, service: LivekitEmulator) -> None:
    """Not at once: what was just sent may not be listed yet; after two minutes for certain."""
    intent = lost(recorder, service, "503")
    (early,) = recorder.recover(intent).recoveries
    assert early.verdict is Verdict.UNCLEAR
    assert "ask again from" in early.reason
    service.clock.advance(121)
    (later,) = recorder.recover(intent).recoveries
    assert later.verdict is Verdict.NEVER_STARTED


def test_what_is_listed_late_is_found_late(emulated: Emulated) -> None:
    """The list lags: until it can't any more, nothing is certain."""
    service = emulated(listed_after=60.0)
    service.join(ROOM, "1001")
    with connect(service) as recorder:
        intent = lost(recorder, service)
        assert recorder.recover(intent).recoveries[0].verdict is Verdict.UNCLEAR
        service.clock.advance(61)
        assert recorder.recover(intent).recoveries[0].verdict is Verdict.RUNNING


def test_what_ended_is_told_with_its_end(recorder: Recorder, service: LivekitEmulator) -> None:
    """It ran, the room ended, and its files are known; a day later only that it doesn't run."""
    intent = lost(recorder, service)
    service.clock.advance(30)
    service.leave(ROOM, "1001")
    service.clock.advance(60)
    (recovery,) = recorder.recover(intent).recoveries
    assert recovery.verdict is Verdict.ENDED
    assert recovery.status is not None
    assert [file.name for file in recovery.status.files] == [f"{intent.id}.mp4"]
    service.clock.advance(90_000)
    with connect(service) as another:
        fresh = intent.model_copy(update={"noted": {}})
        (late,) = another.recover(fresh).recoveries
    assert (late.verdict, late.recording) == (Verdict.ENDED, None)


def test_a_callback_brings_a_lost_id(recorder: Recorder, service: LivekitEmulator) -> None:
    """By the names of its files, and by nothing else."""
    intent = lost(recorder, service)

    def event(name: str) -> RecordingEvent:
        info = {"egressId": "EG_7", "roomComposite": {"fileOutputs": [{"filepath": name}]}}
        return RecordingEvent(
            kind=EventKind.STARTED,
            provider="livekit",
            native={"egress_id": "EG_7"},
            raw={"event": "egress_started", "id": "EV_1", "egressInfo": info},
            dedup_key="EV_1",
        )

    identify = recorder.provider.identify
    found = identify(intent, event(f"lessons/{intent.id}.mp4"))
    assert found is not None
    assert found.native["egress_id"] == "EG_7"
    assert identify(intent, event("lessons/another.mp4")) is None
    assert identify(intent, event(f"{intent.id}/another.mp4")) is None


def test_a_start_with_a_key_takes_a_ledger(service: LivekitEmulator, tmp_path: Path) -> None:
    """The vendor has no key by which it would tell a repeat: with a ledger it is told, without one refused."""
    with connect(service) as recorder, pytest.raises(Exception, match="takes a ledger"):
        recorder.start(spec_of(), key="lesson")
    assert len(service.journal) == 0
    with connect(service, ledger=f"sqlite:///{tmp_path}/recordings.db") as recorder:
        first = recorder.start(spec_of(), key="lesson")
        assert recorder.start(spec_of(), key="lesson").native == first.native
    assert len(service.recordings) == 1
