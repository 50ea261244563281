"""Changes of a running recording: what is refused at the door, what the provider is asked, what the handle becomes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from recorder_core import (
    S3,
    AzureBlob,
    ClockWatermark,
    ConfigurationError,
    DeadlineExceeded,
    Finding,
    Grid,
    InvalidSpec,
    Mode,
    Participants,
    Provider,
    Recorder,
    Recording,
    RecordingEnded,
    RecordingSpec,
    RecordingState,
    RemoteRecording,
    Selection,
    UnsupportedFeature,
    UnsupportedOperation,
    hookimpl,
)
from recorder_core.changes import Changes
from recorder_core.clock import current_deadline

Make = Callable[..., RecordingSpec]
RENEWED = S3(bucket="lessons", region="eu-west-1", access_key="renewed-key", secret_key="renewed-secret")
ONLY_1001 = Participants(audio=Selection(include=("1001",)), video=Selection(include=("1001",)))
PUSH = "rtmp://live.example.com/app/push-key"

CHANGES: dict[str, tuple[Any, ...]] = {
    "pause": (),
    "resume": (),
    "snapshot": (),
    "update_participants": (ONLY_1001,),
    "refresh_storage": (RENEWED,),
    "switch_whiteboard": ("board-2",),
    "update_push": ([SecretStr(PUSH)],),
}
"""A call of every change but the layout, whose plan has tests of its own."""
KEEPING = ("pause", "resume", "snapshot")
"""Changes that leave the handle as it is."""
REVISING = tuple(name for name in CHANGES if name not in KEEPING)


@pytest.fixture
def tape_deck(memory: type[Provider]) -> type[Provider]:
    """A provider that offers every change, and notes with what it was called."""

    class TapeDeck(memory):  # type: ignore[misc, valid-type]
        operation_modes: ClassVar[dict[str, frozenset[Mode]]] = {"snapshot": frozenset({Mode.COMPOSITE, Mode.WEB})}

        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.asked: list[tuple[Any, ...]] = []
            self.deadline: float | None = None
            self.tapes = 1

        def _change(self, operation: str, *arguments: Any) -> None:
            self.asked.append((operation, *arguments))
            held = current_deadline()
            self.deadline = held.seconds if held else None
            self._call(operation)

        def _wound(self, recording: Recording) -> Recording:
            self.tapes += 1
            return recording.model_copy(update={"native": {**recording.native, "tapes": self.tapes}})

        def pause(self, recording: Recording) -> None:
            self._change("pause")

        def resume(self, recording: Recording) -> None:
            self._change("resume")

        def snapshot(self, recording: Recording) -> None:
            self._change("snapshot")

        def update_participants(self, recording: Recording, participants: Participants) -> Recording:
            self._change("update_participants", participants)
            return self._wound(recording)

        def refresh_storage(self, recording: Recording, storage: Any) -> Recording:
            self._change("refresh_storage", storage)
            return self._wound(recording)

        def switch_whiteboard(self, recording: Recording, whiteboard_id: str) -> Recording:
            self._change("switch_whiteboard", whiteboard_id)
            return self._wound(recording)

        def update_push(self, recording: Recording, push_urls: tuple[SecretStr, ...]) -> Recording:
            self._change("update_push", push_urls)
            return self._wound(recording)

        def list_remote(self, since: datetime, until: datetime, room: str | None = None) -> Iterator[RemoteRecording]:
            self._change("list_remote", since, until, room)
            yield RemoteRecording(provider=self.name, room=room, started_at=since)

    return TapeDeck


@pytest.fixture
def deck(tape_deck: type[Provider]) -> Any:
    return tape_deck()


@pytest.fixture
def recorder(deck: Any, clock: Any) -> Recorder:
    return Recorder(deck, clock=clock, hooks=[])


def change(recorder: Recorder, operation: str, recording: Recording, **keywords: Any) -> Any:
    """Call an operation with the arguments that the table above has for it."""
    return getattr(recorder, operation)(recording, *CHANGES[operation], **keywords)


# --- what is offered ---


def test_the_table_has_every_change() -> None:
    """No operation of `Changes` goes untested."""
    assert {name for name in vars(Changes) if not name.startswith("_")} == {*CHANGES, "layout"}


def test_an_operation_is_offered_by_being_overridden(memory, tape_deck) -> None:
    """`offers` says so for all modes, unless `operation_modes` names those that know it."""
    assert not any(memory.offers(operation) for operation in CHANGES)
    assert memory.offers("layout")
    assert memory.offers("layout", "web")
    assert all(tape_deck.offers(operation) for operation in CHANGES)
    assert tape_deck.offers("pause", Mode.INDIVIDUAL)
    assert [tape_deck.offers("snapshot", mode) for mode in Mode] == [True, False, True]
    assert not tape_deck.offers("pause", "a mode of a newer release")


@pytest.mark.parametrize("operation", CHANGES)
def test_what_the_vendor_lacks_is_refused_before_anything_is_sent(memory, clock, spec: Make, operation: str) -> None:
    """UnsupportedOperation names provider, operation and recording, and is the caller's fault."""
    provider = memory()
    recorder = Recorder(provider, clock=clock, hooks=[])
    recording = recorder.start(spec())
    with pytest.raises(UnsupportedOperation, match=f"memory has no {operation}") as caught:
        change(recorder, operation, recording)
    error = caught.value
    assert (error.provider, error.operation, error.recording_id) == ("memory", operation, recording.id)
    assert (error.fault, error.hint) == (
        "caller",
        "Nothing was sent. `recorder capabilities` tells which vendor has it.",
    )
    assert provider.calls == ["start"]


def test_what_another_mode_has_is_refused_with_those_modes(recorder, deck, spec: Make) -> None:
    """The error says for which recordings there is one."""
    recording = recorder.start(spec()).model_copy(update={"mode": Mode.INDIVIDUAL})
    with pytest.raises(UnsupportedOperation, match="memory has no snapshot for individual recordings") as caught:
        recorder.snapshot(recording)
    assert caught.value.hint == "Nothing was sent. There is one for composite and web recordings."
    assert deck.asked == []


def test_a_provider_without_an_operation_raises_by_itself(memory, spec: Make, recorder) -> None:
    """Who calls a provider past the recorder is told the same: nothing is overridden by default."""
    provider, recording = memory(), recorder.start(spec())
    for operation, arguments in CHANGES.items():
        with pytest.raises(UnsupportedOperation) as caught:
            getattr(provider, operation)(recording, *arguments)
        assert (caught.value.provider, caught.value.operation) == ("memory", operation)
    with pytest.raises(UnsupportedOperation):
        provider.list_remote(datetime.now(UTC), datetime.now(UTC))


# --- what every change has in common ---


@pytest.mark.parametrize("operation", KEEPING)
def test_an_operation_without_a_result_reaches_the_provider(recorder, deck, spec: Make, operation: str) -> None:
    """pause, resume and snapshot return nothing: the handle stays as it is."""
    assert change(recorder, operation, recorder.start(spec())) is None
    assert deck.asked == [(operation,)]


@pytest.mark.parametrize("operation", REVISING)
def test_a_change_revises_the_handle(recorder, deck, spec: Make, operation: str) -> None:
    """The new handle has what the provider put into it, and one revision more, each time."""
    recording = recorder.start(spec())
    once = change(recorder, operation, recording)
    twice = change(recorder, operation, once)
    assert [one.revision for one in (recording, once, twice)] == [0, 1, 2]
    assert [one.native.get("tapes") for one in (recording, once, twice)] == [None, 2, 3]
    assert twice.id == recording.id
    assert Recording.model_validate_json(twice.model_dump_json()) == twice


@pytest.mark.parametrize("operation", CHANGES)
def test_an_observer_is_told_of_every_change(deck, clock, spec: Make, operation: str) -> None:
    """`recorder_changed` has the new handle and the operation; a change that failed isn't told."""
    told: list[tuple[str, int]] = []
    hook = SimpleNamespace(
        recorder_changed=hookimpl(lambda recording, operation: told.append((operation, recording.revision)))
    )
    recorder = Recorder(deck, clock=clock, hooks=[hook])
    recording = recorder.start(spec())
    change(recorder, operation, recording)
    assert told == [(operation, 0 if operation in KEEPING else 1)]
    deck.failures[operation] = UnsupportedFeature("no", findings=[Finding("participants", "unsupported", "no")])
    with pytest.raises(UnsupportedFeature):
        change(recorder, operation, recording)
    assert len(told) == 1


@pytest.mark.parametrize("operation", CHANGES)
def test_an_error_of_the_provider_says_where_it_comes_from(recorder, deck, spec: Make, operation: str) -> None:
    """Provider, operation and recording are filled in where the provider left them out."""
    recording = recorder.start(spec())
    deck.failures[operation] = RecordingEnded("it is over")
    with pytest.raises(RecordingEnded) as caught:
        change(recorder, operation, recording)
    assert (caught.value.provider, caught.value.operation) == ("memory", operation)
    assert caught.value.recording_id == recording.id


@pytest.mark.parametrize("operation", CHANGES)
def test_what_has_ended_is_not_changed(recorder, deck, spec: Make, operation: str) -> None:
    """After a known end nothing is sent, and the hint fits every change."""
    recording = recorder.start(spec())
    deck.states[0] = RecordingState.COMPLETED
    recorder.stop(recording)
    with pytest.raises(RecordingEnded, match="is completed; nothing was sent") as caught:
        change(recorder, operation, recording)
    assert caught.value.operation == operation
    assert "layout" not in (caught.value.hint or "")
    assert deck.asked == []


@pytest.mark.parametrize("operation", CHANGES)
def test_a_handle_of_another_account_is_not_changed(recorder, deck, spec: Make, operation: str) -> None:
    """It is refused by name before anything is sent."""
    foreign = recorder.start(spec()).model_copy(update={"account": "tenant-2"})
    with pytest.raises(ConfigurationError, match="tenant-2"):
        change(recorder, operation, foreign)
    assert deck.asked == []


@pytest.mark.parametrize("operation", CHANGES)
def test_every_change_has_a_deadline(recorder, deck, clock, spec: Make, operation: str) -> None:
    """The recorder's own where none is given; what takes longer than the deadline is told the deadline."""
    recording = recorder.start(spec())
    change(recorder, operation, recording)
    assert deck.deadline == 60
    change(recorder, operation, recording, deadline=7)
    assert deck.deadline == 7
    with pytest.raises(ConfigurationError, match="deadline is 0"):
        change(recorder, operation, recording, deadline=0)


@pytest.mark.parametrize("operation", CHANGES)
def test_a_closed_recorder_changes_nothing(recorder, deck, spec: Make, operation: str) -> None:
    """It refuses every operation."""
    recording = recorder.start(spec())
    recorder.close()
    with pytest.raises(ConfigurationError, match="closed") as caught:
        change(recorder, operation, recording)
    assert caught.value.operation == operation
    assert deck.asked == []


def test_changes_of_one_recording_take_turns(recorder, deck, spec: Make) -> None:
    """A change that another thread's operation holds up fails at its deadline, and sends nothing."""
    recording = recorder.start(spec())
    entered, leave = threading.Event(), threading.Event()

    def hold(call: str) -> None:
        if call == "pause":
            entered.set()
            leave.wait(20)

    deck.during = hold
    thread = threading.Thread(target=recorder.pause, args=(recording,))
    thread.start()
    assert entered.wait(20)
    try:
        with pytest.raises(DeadlineExceeded, match="another operation"):
            recorder.resume(recording, deadline=0.01)
    finally:
        leave.set()
        thread.join()
    assert deck.asked == [("pause",)]


# --- who is recorded ---


def test_the_handle_says_who_is_recorded_now(recorder, deck, spec: Make) -> None:
    """The provider gets the whole new choice, and the handle has it."""
    changed = recorder.update_participants(recorder.start(spec()), ONLY_1001)
    assert changed.participants == ONLY_1001
    assert deck.asked == [("update_participants", ONLY_1001)]
    everybody = recorder.update_participants(changed, Participants())
    assert everybody.participants == Participants()


@pytest.mark.parametrize(("media", "kept"), [("audio", "audio"), ("video", "video")])
def test_a_medium_that_is_not_recorded_is_left_aside(recorder, deck, spec: Make, media: str, kept: str) -> None:
    """A choice of pictures says nothing about a sound recording, as at the start."""
    recording = recorder.start(spec(media=media))
    changed = recorder.update_participants(recording, ONLY_1001)
    assert changed.participants == Participants(**{kept: Selection(include=("1001",))})
    assert deck.asked == [("update_participants", changed.participants)]


@pytest.mark.parametrize("given", [["1001"], None, {"audio": {"include": ["1001"]}}, Grid()])
def test_what_is_no_choice_of_participants_is_refused(recorder, deck, spec: Make, given: Any) -> None:
    """The error says how one is made."""
    with pytest.raises(InvalidSpec, match="update_participants takes a Participants, not a") as caught:
        recorder.update_participants(recorder.start(spec()), given)
    assert "Participants() is everybody" in (caught.value.hint or "")
    assert deck.asked == []


# --- credentials ---


def test_renewed_credentials_reach_the_provider_and_no_handle(recorder, deck, spec: Make) -> None:
    """The provider gets them in clear; the handle holds none."""
    changed = recorder.refresh_storage(recorder.start(spec()), RENEWED)
    assert deck.asked == [("refresh_storage", RENEWED)]
    assert deck.asked[0][1].secret_key.get_secret_value() == "renewed-secret"
    assert "renewed" not in changed.model_dump_json()
    assert "renewed" not in repr(changed)


@pytest.mark.parametrize(
    ("storage", "problem"),
    [
        (
            RENEWED.model_copy(update={"bucket": "exams"}),
            "storage.bucket: is 'exams', but the recording goes to 'lessons'",
        ),
        (
            RENEWED.model_copy(update={"region": "us-east-1"}),
            "storage.region: is 'us-east-1', but the recording goes to 'eu-west-1'",
        ),
        (
            AzureBlob(container="lessons", account_name="lessons", account_key="renewed-key"),
            "storage.kind: is 'azure_blob', but the recording goes to 's3'",
        ),
    ],
)
def test_another_destination_is_no_renewal(recorder, deck, spec: Make, storage: Any, problem: str) -> None:
    """What differs is named with both values, and no credential is shown."""
    with pytest.raises(InvalidSpec) as caught:
        recorder.refresh_storage(recorder.start(spec()), storage)
    assert list(caught.value.problems) == [problem]
    assert not [secret for secret in ("renewed-key", "renewed-secret") if secret in str(caught.value)]
    assert caught.value.operation == "refresh_storage"
    assert deck.asked == []


def test_the_folder_needs_no_repeating(recorder, deck, spec: Make) -> None:
    """A renewal names the bucket; the folder in it stays that of the start."""
    recording = recorder.start(spec(output={"prefix": "lessons/2026"}))
    changed = recorder.refresh_storage(recording, RENEWED)
    assert changed.location == recording.location
    assert changed.location is not None
    assert changed.location.prefix == "lessons/2026"


@pytest.mark.parametrize("given", ["s3://lessons", None, ClockWatermark(font_size=20), Grid()])
def test_what_is_no_storage_is_refused(recorder, deck, spec: Make, given: Any) -> None:
    """Another model that has a kind isn't a storage either."""
    with pytest.raises(InvalidSpec):
        recorder.refresh_storage(recorder.start(spec()), given)
    assert deck.asked == []


# --- whiteboards and pushes ---


@pytest.mark.parametrize("given", ["", None, 7, "two\nlines"])
def test_a_whiteboards_id_is_a_text(recorder, deck, spec: Make, given: Any) -> None:
    """As in a spec: not empty, and without control characters."""
    with pytest.raises(InvalidSpec) as caught:
        recorder.switch_whiteboard(recorder.start(spec()), given)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["whiteboard_id"]
    assert deck.asked == []


def test_push_addresses_reach_the_provider_as_secrets(recorder, deck, spec: Make) -> None:
    """As texts or as secrets; the handle holds none of them."""
    changed = recorder.update_push(recorder.start(spec()), [PUSH, SecretStr("rtmps://live.example.org/b")])
    ((_, urls),) = deck.asked
    assert [url.get_secret_value() for url in urls] == [PUSH, "rtmps://live.example.org/b"]
    assert "push-key" not in changed.model_dump_json()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "push_urls: is empty"),
        (None, "push_urls: is empty"),
        (PUSH, "push_urls: is one address, not a list of them"),
        (SecretStr(PUSH), "push_urls: is one address, not a list of them"),
        ([PUSH, "https://live.example.com/push-key"], "push_urls.1: is no rtmp or rtmps URL: it begins otherwise"),
        ([""], "push_urls.0: is empty"),
        ([7], "push_urls.0: "),
        (7, "push_urls: "),
    ],
)
def test_a_push_address_is_checked_as_in_a_spec(recorder, deck, spec: Make, given: Any, problem: str) -> None:
    """The error has the place and the rule, never the address, whose last part is a secret."""
    with pytest.raises(InvalidSpec) as caught:
        recorder.update_push(recorder.start(spec()), given)
    assert [found.startswith(problem) for found in caught.value.problems] == [True]
    assert "push-key" not in repr(caught.value) + str(caught.value)
    assert caught.value.__context__ is None
    assert deck.asked == []


# --- the account's recordings ---

NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)


def test_the_accounts_recordings_are_listed(recorder, deck, clock) -> None:
    """A span and a room reach the provider; without an end it is now, by the recorder's clock."""
    (found,) = recorder.list_remote(NOON, NOON + timedelta(hours=1), room="lesson-42", deadline=5)
    assert isinstance(found, RemoteRecording)
    assert (found.room, found.started_at) == ("lesson-42", NOON)
    assert deck.deadline == 5
    since = datetime.fromtimestamp(clock.now - 60, UTC)
    recorder.list_remote(since)
    assert deck.asked[1:] == [("list_remote", since, datetime.fromtimestamp(clock.now, UTC), None)]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (NOON, NOON),
        (NOON, NOON - timedelta(seconds=1)),
        (NOON.replace(tzinfo=None), NOON),
        (NOON, NOON.replace(tzinfo=None) + timedelta(hours=1)),
        (NOON, NOON.astimezone(timezone(timedelta(hours=5)))),
        ("2027-01-15", NOON),
        (NOON, NOON.timestamp() + 60),
        (None, NOON),
    ],
)
def test_a_span_that_is_none_is_refused(recorder, deck, since: Any, until: Any) -> None:
    """Both ends need a time zone, and the first one is earlier, wherever the clocks stand."""
    with pytest.raises(InvalidSpec) as caught:
        recorder.list_remote(since, until)
    assert (caught.value.provider, caught.value.operation) == ("memory", "list_remote")
    assert deck.asked == []


def test_a_vendor_that_lists_nothing_says_so(memory, clock, deck) -> None:
    """UnsupportedOperation, as of a change."""
    with pytest.raises(UnsupportedOperation) as caught:
        Recorder(memory(), clock=clock, hooks=[]).list_remote(NOON, NOON + timedelta(hours=1))
    assert (caught.value.provider, caught.value.operation) == ("memory", "list_remote")


def test_a_closed_recorder_lists_nothing(recorder, deck) -> None:
    """It refuses every operation."""
    recorder.close()
    with pytest.raises(ConfigurationError, match="closed"):
        recorder.list_remote(NOON, NOON + timedelta(hours=1))
    assert deck.asked == []
