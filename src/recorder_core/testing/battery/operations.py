"""The operations that the battery puts to the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from recorder_core.changes import DONE
from recorder_core.models import (
    Grid,
    Participants,
    RecordedFile,
    Recording,
    RecordingSpec,
    RemoteRecording,
    Selection,
)
from recorder_core.recorder import Recorder
from recorder_core.testing.battery.stage import BOARD, KEPT, PAGE, PUSH_URL, PUSHED, ROOM, Stage
from recorder_core.testing.watching import STORAGE

Subject = Any
"""A spec for a start, a lost start for a recovery, a handle for everything else."""


@dataclass(frozen=True)
class Operation:
    """An operation of a recorder.

    Attributes:
        name: as the provider offers it.
        call: does it, in so many seconds.
        of: what the recordings have that it can be done to; the first that the vendor makes are taken.
        changes: whether a result says that the vendor has done something.
        thorough: whether what is repeated is seen to its end; changes that are sent alike needn't be.
        again: whether the next time it is done to the same recording, for as long as that runs.
        before: brings the recording into the state that it is changed from.
    """

    name: str
    call: Callable[[Recorder, Subject, float], object]
    of: tuple[Mapping[str, Any], ...] = (ROOM,)
    changes: bool = True
    thorough: bool = False
    again: bool = True
    before: Callable[[Recorder, Recording], object] | None = None

    def subject(self, stage: Stage) -> Subject:
        """What it is done to; None: the vendor has no such operation."""
        offers = stage.direct.provider.offers
        if self.name == "start":
            return stage.spec()
        if self.name == "recover":
            return stage.lost() if offers("recover") else None
        handles = (stage.kept(f"{self.name} {number}", of) for number, of in enumerate(self.of))
        handle = next((one for one in handles if one is not None and offers(self.name, one.mode)), None)
        if self.before is not None and handle is not None:
            self.before(stage.direct, handle)
        return handle


def _since(recorder: Recorder) -> datetime:
    return datetime.fromtimestamp(recorder.provider.runtime.clock.time(), UTC) - timedelta(days=2)


def _resumed(recorder: Recorder, recording: Recording) -> None:
    recorder.resume(recording)


def _paused(recorder: Recorder, recording: Recording) -> None:
    recorder.pause(recording)


def _stopped(recorder: Recorder, recording: Recording) -> None:
    recorder.stop(recording)


def _remote_of(recorder: Recorder, recording: Recording) -> RemoteRecording:
    """The recording as the vendor's list has it."""
    key = recorder.provider.native_key
    return RemoteRecording(
        provider=recording.provider,
        account=recording.account,
        room=recording.room,
        base_url=recording.base_url,
        native={key: recording.ids_under(key)[0]},
    )


def _file_of(recorder: Recorder, recording: Recording, seconds: float) -> RecordedFile:
    """A file of the recording; one that it hasn't where the vendor tells none."""
    return next(iter(recorder.status(recording, deadline=seconds).files), RecordedFile(name="a.mp4"))


def only(participant: str) -> Participants:
    """One of them alone, heard and seen."""
    return Participants(audio=Selection(include=(participant,)), video=Selection(include=(participant,)))


def operations(spec_fields: Mapping[str, Any] = ROOM) -> tuple[Operation, ...]:
    """Every operation, at a vendor whose specs need these fields beside room and storage.

    Changes that carry secrets come before others, for of those that are one call of a vendor's the first one is taken.
    """
    storage = RecordingSpec.load({"room": "lesson", "storage": STORAGE, **spec_fields}).storage
    return (
        Operation(
            "start", lambda recorder, spec, seconds: recorder.start(spec, deadline=seconds), thorough=True, again=False
        ),
        Operation(
            "adopt",
            lambda recorder, it, seconds: recorder.adopt(_remote_of(recorder, it), deadline=seconds),
            changes=False,
        ),
        Operation(
            "status", lambda recorder, it, seconds: recorder.status(it, deadline=seconds), changes=False, thorough=True
        ),
        Operation("layout", lambda recorder, it, seconds: recorder.layout(it, Grid(), deadline=seconds), thorough=True),
        Operation(
            "update_push",
            lambda recorder, it, seconds: recorder.update_push(it, (PUSH_URL,), deadline=seconds),
            (PUSHED,),
        ),
        Operation(
            "refresh_storage",
            lambda recorder, it, seconds: recorder.refresh_storage(it, storage, deadline=seconds),
        ),
        Operation(
            "update_participants",
            lambda recorder, it, seconds: recorder.update_participants(it, only("1001"), deadline=seconds),
        ),
        Operation(
            "pause", lambda recorder, it, seconds: recorder.pause(it, deadline=seconds), (ROOM, PAGE), before=_resumed
        ),
        Operation(
            "resume", lambda recorder, it, seconds: recorder.resume(it, deadline=seconds), (ROOM, PAGE), before=_paused
        ),
        Operation("snapshot", lambda recorder, it, seconds: recorder.snapshot(it, deadline=seconds)),
        Operation(
            "switch_whiteboard",
            lambda recorder, it, seconds: recorder.switch_whiteboard(it, "wb-7", deadline=seconds),
            (BOARD,),
        ),
        Operation(
            "list_remote",
            lambda recorder, it, seconds: recorder.list_remote(_since(recorder), room=it.room, deadline=seconds),
            changes=False,
        ),
        Operation(
            "recover",
            lambda recorder, it, seconds: recorder.recover(it.intent, spec=it.spec, deadline=seconds),
            changes=False,
            thorough=True,
            again=False,
        ),
        Operation("stop", lambda recorder, it, seconds: recorder.stop(it, deadline=seconds), thorough=True),
        Operation(
            "link",
            lambda recorder, it, seconds: recorder.link(it, _file_of(recorder, it, seconds), deadline=seconds),
            (KEPT,),
            changes=False,
            before=_stopped,
        ),
        Operation(
            "delete_files",
            lambda recorder, it, seconds: recorder.delete_files(it, deadline=seconds),
            (KEPT,),
            before=_stopped,
        ),
    )


def changes(spec_fields: Mapping[str, Any] = ROOM) -> tuple[Operation, ...]:
    """Those that change a running recording."""
    return tuple(operation for operation in operations(spec_fields) if operation.name in DONE)
