"""The kit's tests of recordings in several parts are red where something is wrong with the parts."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from recorder_core import Plan, Recorder, Recording, RecordingSpec, RecordingStatus, Recovery, StartIntent
from recorder_core.testing.conformance import SkewedClock
from recorder_core.testing.conformance.parts import Parts

from asking import PEOPLE, ROOM, Caller, Emulated, parted, spec_of
from recorder_livekit.config import LivekitConfig
from recorder_livekit.provider import LivekitProvider


def first_of(recording: Recording) -> Recording:
    """The handle as it would be of its first egress alone."""
    first, *_ = recording.ids_under("egress_id")
    return recording.model_copy(update={"native": {**recording.native, "egress_id": first}})


class LeavesTheFirst(LivekitProvider):
    """What had begun of a refused start runs on."""

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        with patch("recorder_livekit.starting._give_up"):
            return super().start(plan, intent)


class NamesTheFirst(LivekitProvider):
    """The handle lacks ids."""

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        return first_of(super().start(plan, intent))


class StopsTheFirst(LivekitProvider):
    """The others record on."""

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        return super().stop(first_of(recording), wait=wait, deadline=deadline)


class FindsTheFirst(LivekitProvider):
    """A recovery is content with one."""

    def recover(self, intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
        found = super().recover(intent, spec)
        return found.model_copy(update={"recording": found.recording and first_of(found.recording)})


@pytest.mark.parametrize(
    ("faulty", "fault"),
    [(LeavesTheFirst, "401"), (NamesTheFirst, None), (StopsTheFirst, None), (FindsTheFirst, "drop")],
)
def test_the_kit_sees_what_is_wrong_with_parts(
    emulated: Emulated, faulty: type[LivekitProvider], fault: str | None
) -> None:
    """R8: each of these faults turns a test of it red, which is green without the fault."""
    clock = SkewedClock()
    service = emulated(clock=clock)
    for one in PEOPLE:
        service.join(ROOM, one)

    def tried(kind: type[LivekitProvider]) -> None:
        def made(service: Any, **config: Any) -> LivekitProvider:
            return kind(LivekitConfig.from_env(service.env, **config))

        if fault is None:
            with Recorder(made(service), clock=clock, hooks=()) as recorder:
                Parts().test_a_handle_has_the_ids_of_all_parts(recorder, spec_of, parted, service)
        else:
            Parts().test_a_start_of_several_parts_is_all_or_nothing(made, parted, service, clock, fault, False)

    with pytest.raises(AssertionError):
        tried(faulty)
    for left in service.recordings:
        if left.running:
            Caller(service)("StopEgress", egress_id=left.ids["egress_id"])
    tried(LivekitProvider)
