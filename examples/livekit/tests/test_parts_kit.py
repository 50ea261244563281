"""The kit's tests of recordings in several parts are red where something is wrong with the parts."""

from __future__ import annotations

import inspect
import itertools
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from pydantic import SecretStr
from recorder_core import (
    Link,
    Plan,
    RecordedFile,
    Recorder,
    RecorderError,
    Recording,
    RecordingEvent,
    RecordingNotFound,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    Recovery,
    RemoteRecording,
    StartIntent,
)
from recorder_core.testing import emulate
from recorder_core.testing.conformance import ProviderConformance, SkewedClock
from recorder_core.testing.watching import Watch

from asking import PEOPLE, parted, spec_of
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


class SaysOne(LivekitProvider):
    """What makes several ids doesn't say so."""

    several_ids = False


class LooksAtTheFirst(LivekitProvider):
    """The others may do what they like."""

    def status(self, recording: Recording) -> RecordingStatus:
        return super().status(first_of(recording))


class StopsTheFirst(LivekitProvider):
    """The others record on."""

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        return super().stop(first_of(recording), wait=wait, deadline=deadline)


class LosesWhose(LivekitProvider):
    """Nobody knows whom a file shows."""

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        status = super().stop(recording, wait=wait, deadline=deadline)
        files = tuple(file.model_copy(update={"participant": None}) for file in status.files)
        return status.model_copy(update={"files": files})


class FindsTheFirst(LivekitProvider):
    """A recovery is content with one."""

    def recover(self, intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
        found = super().recover(intent, spec)
        return found.model_copy(update={"recording": found.recording and first_of(found.recording)})


class IdentifiesTheFirst(LivekitProvider):
    """So is a callback."""

    def identify(self, intent: StartIntent, event: RecordingEvent) -> Recording | None:
        return self.revived(intent, egress_id=event.native["egress_id"])


class AdoptsTheFirst(LivekitProvider):
    """The others stay strangers."""

    def adopt(self, remote: RemoteRecording) -> Recording:
        first, *_ = remote.native["egress_id"]
        return super().adopt(remote.model_copy(update={"native": {"egress_id": first}}))


class Keeper(LivekitProvider):
    """Pauses, links and deletes, as a vendor would that has all this."""

    paused: ClassVar[set[str]] = set()
    deleted: ClassVar[set[str]] = set()

    def pause(self, recording: Recording) -> None:
        self.paused.update(recording.ids_under("egress_id"))

    def resume(self, recording: Recording) -> None:
        self.paused.difference_update(recording.ids_under("egress_id"))

    def status(self, recording: Recording) -> RecordingStatus:
        status = super().status(recording)
        is_paused = status.state.running and self.paused.issuperset(recording.ids_under("egress_id"))
        files = tuple(
            file.model_copy(update={"status": "expired"}) if self.part_of(recording, file) in self.deleted else file
            for file in status.files
        )
        state = RecordingState.PAUSED if is_paused else status.state
        return status.model_copy(update={"files": files, "state": state})

    def link(self, recording: Recording, file: RecordedFile, *, seconds: float) -> Link:
        if self.part_of(recording, file) in self.deleted:
            raise RecordingNotFound("there is no such file", provider=self.name, hint="Ask for others.")
        return Link(url=SecretStr(f"https://keep.example/{file.name}?signature=of-a-link"))

    def delete_files(self, recording: Recording) -> None:
        self.deleted.update(recording.ids_under("egress_id"))

    def part_of(self, recording: Recording, file: RecordedFile) -> str:
        """The id of the egress that has made a file."""
        ids = recording.ids_under("egress_id")
        return ids[0] if len(ids) == 1 else dict(zip(recording.native["identity"], ids, strict=True))[file.participant]


class PausesTheFirst(Keeper):
    """The others record on."""

    def pause(self, recording: Recording) -> None:
        super().pause(first_of(recording))


class LinksTheFirst(Keeper):
    """The others' files are asked for at the first one."""

    def link(self, recording: Recording, file: RecordedFile, *, seconds: float) -> Link:
        if self.part_of(recording, file) != recording.ids_under("egress_id")[0]:
            raise RecordingNotFound("there is no such file", provider=self.name, hint="Ask for others.")
        return super().link(recording, file, seconds=seconds)


class DeletesTheFirst(Keeper):
    """The others' files stay."""

    def delete_files(self, recording: Recording) -> None:
        super().delete_files(first_of(recording))


class DeletesOfOne(Keeper):
    """The others' files stay, and are said to be deleted."""

    def delete_files(self, recording: Recording) -> None:
        super().delete_files(first_of(recording))

    def status(self, recording: Recording) -> RecordingStatus:
        status = super().status(recording)
        if self.deleted.isdisjoint(recording.ids_under("egress_id")):
            return status
        files = tuple(file.model_copy(update={"status": "expired"}) for file in status.files)
        return status.model_copy(update={"files": files})


FAULTY: tuple[tuple[type[LivekitProvider], str], ...] = (
    (LeavesTheFirst, "test_a_start_of_several_parts_is_all_or_nothing"),
    (FindsTheFirst, "test_a_start_of_several_parts_is_all_or_nothing"),
    (NamesTheFirst, "test_a_handle_has_the_ids_of_all_parts"),
    (SaysOne, "test_a_handle_has_the_ids_of_all_parts"),
    (LooksAtTheFirst, "test_a_handle_has_the_ids_of_all_parts"),
    (LooksAtTheFirst, "test_what_goes_on_of_several_parts_is_told"),
    (StopsTheFirst, "test_a_handle_has_the_ids_of_all_parts"),
    (LosesWhose, "test_a_handle_has_the_ids_of_all_parts"),
    (IdentifiesTheFirst, "test_a_callback_of_a_part_is_no_handle"),
    (AdoptsTheFirst, "test_parts_that_others_began_are_adopted_together"),
    (PausesTheFirst, "test_a_pause_is_told"),
    (LinksTheFirst, "test_a_link_is_a_secret"),
    (DeletesTheFirst, "test_deleted_files_are_expired"),
    (DeletesOfOne, "test_deleted_files_are_expired"),
)


def tried(kind: type[LivekitProvider], test: str, **known: Any) -> None:
    """Put a provider to a test of the kit, at a service of its own."""
    clock = SkewedClock()
    numbers = itertools.count(1)
    watch = Watch()
    with emulate("livekit", clock=clock, media=False, rate_limits=False) as service:

        def made(service: Any) -> LivekitProvider:
            return kind(LivekitConfig.from_env(service.env))

        def in_a_room() -> str:
            room = f"room-{next(numbers)}"
            for one in PEOPLE:
                service.join(room, one)
            return room

        known |= {
            "clock": clock,
            "watch": watch,
            "service": service,
            "make_provider": made,
            "make_spec": lambda **fields: spec_of(**{"room": in_a_room(), **fields}),
            "make_parted": (lambda: parted(room=in_a_room())) if kind.several_ids else None,
            "post_callbacks": lambda service, url: setattr(service.callbacks, "url", url),
        }
        method = getattr(ProviderConformance(), test)
        with Recorder(made(service), clock=clock, hooks=(watch,)) as recorder:
            known["recorder"] = recorder
            method(**{name: known[name] for name in inspect.signature(method).parameters})


@pytest.mark.parametrize(("faulty", "test"), FAULTY)
def test_the_kit_sees_what_is_wrong_with_parts(
    faulty: type[LivekitProvider], test: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """R8, L14, L16, L17, R7: each of these faults turns a test of them red, which is green without the fault."""
    known = {"caplog": caplog, "always": False, "fault": "drop" if faulty is FindsTheFirst else "401"}
    folders = [tmp_path / name for name in ("faulty", "sound")]
    for folder in folders:
        folder.mkdir()
    with pytest.raises((AssertionError, RecorderError, pytest.fail.Exception)):
        tried(faulty, test, tmp_path=folders[0], **known)
    tried(Keeper if issubclass(faulty, Keeper) else LivekitProvider, test, tmp_path=folders[1], **known)
