"""Receiving callbacks: what is believed, what is dropped, what is confirmed, and who is told."""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from recorder_core import (
    ConfigurationError,
    DeadlineExceeded,
    Ending,
    EventKind,
    InvalidSpec,
    RecordedFile,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    ServiceUnavailable,
    UnsupportedOperation,
    UnverifiedWebhookWarning,
    WebhookRejected,
    WebhookRequest,
    callbacks,
    hookimpl,
    recognising,
)
from recorder_core.plugins import load_provider

SECRET = "callback-secret-of-the-tests"
Make = Callable[..., RecordingSpec]


class Told:
    """A hook that keeps the events."""

    def __init__(self) -> None:
        self.events: list[RecordingEvent] = []

    @hookimpl
    def recorder_event(self, event: RecordingEvent) -> None:
        self.events.append(event)


def test_events_that_came_by_a_queue_are_told_like_any_other(recorder: Recorder, spec: Make) -> None:
    """Whoever reads the vendor's queue gives them to `process`: named by our id, told once, and none of another's."""
    told = Told()
    recorder = Recorder(recorder.provider, hooks=[told])
    recording = recorder.start(spec())
    native = {"tape": recording.native["tape"]}
    event = RecordingEvent(kind=EventKind.RECORDING, provider="memory", native=native, dedup_key="message-1")
    (first,) = recorder.events.process([event])
    assert first.recording_id == recording.id
    assert recorder.events.process([event]) == ()
    assert told.events == [first]
    other = event.model_copy(update={"provider": "another", "dedup_key": "message-2"})
    with pytest.raises(ConfigurationError, match="the event is one of another"):
        recorder.events.process([event.model_copy(update={"dedup_key": "message-3"}), other])
    with pytest.raises(InvalidSpec, match="RecordingEvent"):
        recorder.events.process([{"kind": "recording"}])
    assert told.events == [first]


class Receiving(SimpleNamespace):
    """A recorder, its vendor, a recording that was started, and who was told."""

    recorder: Recorder
    provider: Any
    vendor: Any
    recording: Recording
    told: Told

    def receive(self, request: WebhookRequest | None = None, **fields: Any) -> tuple[RecordingEvent, ...]:
        """What the recorder makes of a callback about the recording."""
        how = {name: fields.pop(name) for name in ("confirm", "recording") if name in fields}
        request = request or self.callback(**fields)
        return self.recorder.events.receive(request, **how)

    def callback(self, **fields: Any) -> WebhookRequest:
        """A callback about the recording."""
        return self.vendor.callback(**{"tape": self.recording.native["tape"], **fields})


@pytest.fixture
def receiving(signing, clock, spec: Make) -> Callable[..., Receiving]:
    """Everything that takes part, for a provider whose signature covers the body or doesn't."""

    def make(**how: Any) -> Receiving:
        provider, vendor = signing(**how)
        told = Told()
        recorder = Recorder(provider, clock=clock, hooks=[told])
        recording = recorder.start(spec())
        return Receiving(recorder=recorder, provider=provider, vendor=vendor, recording=recording, told=told)

    return make


# --- what is believed --------------------------------------------------------------------------------------


def test_a_true_callback_is_told_to_everybody_with_our_id(receiving) -> None:
    """The event has the recording's id, is marked as verified, and reaches hooks and listeners once."""
    all_of_it = receiving()
    heard: list[RecordingEvent] = []
    all_of_it.recorder._listeners.subscribe(heard.append, all_of_it.recording.id)
    (event,) = all_of_it.receive(kind="paused", state="paused", sequence=3)
    assert (event.kind, event.state, event.sequence) == (EventKind.PAUSED, RecordingState.PAUSED, 3)
    assert event.recording_id == all_of_it.recording.id
    assert (event.verified, event.confirmed, event.source) == (True, None, "callback")
    assert all_of_it.told.events == heard == [event]


def test_a_callback_of_a_recording_that_nobody_knows_is_told_too(receiving) -> None:
    """Another process may have started it: the event has the vendor's id, and none of ours."""
    (event,) = receiving().receive(tape="somebody's")
    assert (event.recording_id, event.native["tape"]) == (None, "somebody's")


@pytest.mark.parametrize("position", [0, 20, -1])
def test_one_flipped_byte_is_refused_before_it_is_parsed(receiving, position: int) -> None:
    """Where the signature covers the body, no forged byte reaches the parser."""
    all_of_it = receiving()
    true = all_of_it.callback()
    body = bytearray(true.body)
    body[position] ^= 1
    with pytest.raises(WebhookRejected, match="forged") as caught:
        all_of_it.receive(WebhookRequest("POST", true.url, true.headers, bytes(body)))
    assert (caught.value.provider, caught.value.operation, caught.value.fault) == ("memory", "events.receive", "caller")
    assert all_of_it.provider.parsed == 0
    assert all_of_it.told.events == []


def test_secrets_can_be_rotated(receiving) -> None:
    """With two secrets, callbacks signed by either are true, and no third is."""
    all_of_it = receiving(webhook_secret=("old", "new"))
    assert all_of_it.receive(secret="old")
    assert all_of_it.receive(secret="new")
    with pytest.raises(WebhookRejected):
        all_of_it.receive(secret="older")


def test_the_window_can_be_set(receiving, clock) -> None:
    """A callback that lay longer than `webhook_max_age` is refused, though its signature is right."""
    all_of_it = receiving(webhook_max_age=60)
    first, second = all_of_it.callback(), all_of_it.callback()
    clock.sleep(60)
    assert all_of_it.receive(first)
    clock.sleep(1)
    with pytest.raises(WebhookRejected, match="61 s ago") as caught:
        all_of_it.receive(second)
    assert caught.value.response_status == 403


def test_the_headers_names_may_be_in_any_case(receiving) -> None:
    """Web frameworks disagree about the case of header names."""
    all_of_it = receiving()
    true = all_of_it.callback()
    headers = {name.title(): value for name, value in true.headers.items()}
    assert all_of_it.receive(WebhookRequest("POST", true.url, headers, true.body))


@pytest.mark.parametrize(("method", "size", "status"), [("GET", 10, 405), ("POST", 1_048_577, 413)])
def test_what_can_t_be_a_callback_isn_t_looked_at(receiving, method: str, size: int, status: int) -> None:
    """A wrong method and an oversized body are refused before any work is done on them."""
    with pytest.raises(WebhookRejected) as caught:
        receiving().receive(WebhookRequest(method, "/", {}, b"x" * size))
    assert caught.value.response_status == status


def test_a_parser_s_own_fault_is_a_rejection(receiving, caplog) -> None:
    """A body that a provider didn't foresee never raises anything else; the log has what happened, without secrets."""
    all_of_it = receiving()
    with caplog.at_level(logging.ERROR, "recorder_core.callbacks"), pytest.raises(WebhookRejected, match="KeyError"):
        all_of_it.receive(id=None)
    assert "memory failed at a callback" in caplog.text
    assert SECRET not in caplog.text


def test_a_provider_without_callbacks_says_so(receiving, monkeypatch) -> None:
    """What the provider can't do is no fault of the callback's."""
    all_of_it = receiving()
    monkeypatch.delattr(type(all_of_it.provider), "parse_webhook")
    with pytest.raises(UnsupportedOperation):
        all_of_it.receive()


def test_another_vendor_s_callback_is_called_that(receiving, monkeypatch) -> None:
    """The error says whose callback it is and whose address: both are told apart by shape, whatever is signed."""
    stranger = load_provider("agora")
    monkeypatch.setattr(stranger, "recognises_webhook", classmethod(lambda cls, request: b"theirs" in request.body))
    with pytest.raises(WebhookRejected, match="a callback of agora, and the address is that of memory") as caught:
        receiving().receive(WebhookRequest("POST", "/", {}, b'{"theirs": 1}'))
    assert "agora that of its own recorder" in caught.value.hint


def test_a_forged_callback_of_one_s_own_vendor_isn_t_taken_for_another_s(receiving, monkeypatch) -> None:
    """What looks like one's own is told for what it is."""
    monkeypatch.setattr(load_provider("agora"), "recognises_webhook", classmethod(lambda cls, request: True))
    with pytest.raises(WebhookRejected, match="forged"):
        receiving().receive(secret="wrong")


def test_forged_callbacks_don_t_cost_a_look_at_what_is_installed(receiving, monkeypatch) -> None:
    """The other providers are looked for once, so that nobody can keep the process busy with garbage."""
    all_of_it = receiving()
    garbage = WebhookRequest("POST", "/", {}, b"garbage")
    with pytest.raises(WebhookRejected):
        all_of_it.receive(garbage)

    def looked(*_: object) -> None:
        raise AssertionError("looked again")

    monkeypatch.setattr(recognising, "installed", looked)
    with pytest.raises(WebhookRejected):
        all_of_it.receive(garbage)


# --- without a secret --------------------------------------------------------------------------------------


def test_without_a_secret_there_is_one_warning_and_nothing_is_believed(provider, signing, clock, spec: Make) -> None:
    """The event comes marked, and neither its state nor its files become what is known of the recording."""
    _, vendor = signing()
    recorder = Recorder(provider, clock=clock, hooks=[])
    recording = recorder.start(spec())
    forged = {"tape": recording.native["tape"], "kind": "ended", "state": "completed", "ending": "stopped"}
    with pytest.warns(UnverifiedWebhookWarning, match=r"without webhook_secret \(or MEMORY_WEBHOOK_SECRET\)"):
        (event,) = recorder.events.receive(vendor.callback(secret="whoever's", **forged))
    assert event.verified is False
    assert recorder.status(recording).state is RecordingState.RECORDING
    assert recorder.events.receive(vendor.callback(**forged))  # a second warning would be an error


# --- repeats -----------------------------------------------------------------------------------------------


def test_a_repeat_is_dropped(receiving) -> None:
    """The same event in a delivery of its own, with another time and signature, is told once."""
    all_of_it = receiving()
    assert len(all_of_it.receive(id="n-1")) == 1
    assert all_of_it.receive(id="n-1", reason="sent again") == ()
    assert len(all_of_it.told.events) == 1


def test_repeats_in_many_threads_are_told_once(receiving) -> None:
    """Web servers deliver at the same moment; exactly one delivery counts."""
    all_of_it = receiving()
    request = all_of_it.callback()
    together = threading.Barrier(8)

    def deliver() -> None:
        together.wait()
        all_of_it.receive(request)

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(all_of_it.told.events) == 1


def test_what_is_remembered_is_bounded(receiving, monkeypatch) -> None:
    """The oldest repeats are forgotten first; a process that runs for years doesn't grow."""
    monkeypatch.setattr(callbacks, "REMEMBERED", 3)
    all_of_it = receiving()
    for number in range(4):
        all_of_it.receive(id=number)
    assert all_of_it.receive(id=1) == ()
    assert len(all_of_it.receive(id=0)) == 1


def test_a_second_body_with_the_same_signature_isn_t_believed(receiving) -> None:
    """Where the signature doesn't cover the body, one that came before proves nothing; the true one is still known."""
    all_of_it = receiving(covers_body=False)
    true = all_of_it.callback(nonce="n-7", id="n-1")
    assert all_of_it.receive(true)[0].verified is True
    (doubtful,) = all_of_it.receive(nonce="n-7", id="n-1", kind="ended", state="completed", ending="stopped")
    assert doubtful.verified is False
    assert all_of_it.recorder.status(all_of_it.recording).state is RecordingState.RECORDING
    assert all_of_it.receive(true) == ()


def test_a_forged_body_doesn_t_stand_in_the_way_of_the_true_one(receiving) -> None:
    """Whoever is faster than the vendor takes nothing away: the true callback is told too, and can be confirmed."""
    all_of_it = receiving(covers_body=False)
    all_of_it.provider.states[0] = RecordingState.COMPLETED
    assert all_of_it.receive(nonce="n-7", id="n-1", kind="paused")
    (event,) = all_of_it.receive(nonce="n-7", id="n-1", confirm=True, **ENDED)
    assert (event.kind, event.verified, event.confirmed) == ("ended", False, True)


def test_an_unverified_event_isn_t_taken_for_the_first_of_a_true_one(receiving) -> None:
    """A body around a used signature can name any event: that one is told when it comes with a signature of its own."""
    all_of_it = receiving(covers_body=False)
    all_of_it.receive(nonce="n-7", id="n-1")
    (forged,) = all_of_it.receive(nonce="n-7", id="n-2", kind="paused")
    (true,) = all_of_it.receive(nonce="n-8", id="n-2", kind="resumed")
    assert (forged.verified, true.verified) == (False, True)
    assert all_of_it.receive(nonce="n-9", id="n-2", kind="resumed") == ()


def test_a_signature_that_comes_with_ever_more_bodies_is_refused(receiving) -> None:
    """Two true callbacks may share a random number; many are somebody's who has one signature."""
    all_of_it = receiving(covers_body=False)
    for _ in range(callbacks.BODIES):
        assert all_of_it.receive(nonce="n-7")
    with pytest.raises(WebhookRejected, match="with other bodies") as caught:
        all_of_it.receive(nonce="n-7")
    assert caught.value.response_status == 403


def test_what_couldn_t_be_dealt_with_counts_again(receiving) -> None:
    """An application whose database fails forgets the events, so that the vendor's repeat isn't dropped."""
    all_of_it = receiving()
    request = all_of_it.callback()
    events = all_of_it.receive(request)
    all_of_it.recorder.events.forget(events)
    assert all_of_it.receive(request) == events
    assert all_of_it.receive(request) == ()


# --- confirmed ---------------------------------------------------------------------------------------------

ENDED = {"kind": "ended", "state": "completed", "ending": "stopped", "files": [{"name": "forged.mp4"}]}


def asked(all_of_it: Receiving) -> int:
    """How often the vendor was asked for the status."""
    return all_of_it.provider.calls.count("status")


def test_an_end_is_believed_when_the_status_agrees(receiving) -> None:
    """State and files are those of the vendor's status, whatever the callback says of them."""
    all_of_it = receiving(covers_body=False)
    true = RecordedFile(name="lesson.mp4", status="uploaded")
    all_of_it.provider.states.appendleft(RecordingStatus(state=RecordingState.COMPLETED, files=(true,)))
    (event,) = all_of_it.receive(confirm=True, **ENDED)
    assert (event.confirmed, event.verified, event.ending) == (True, True, Ending.STOPPED)
    assert (event.state, event.files) == (RecordingState.COMPLETED, (true,))


def test_files_that_the_final_status_doesn_t_know_aren_t_there(receiving) -> None:
    """When all is over the vendor's list is whole: what only the callback names was never recorded."""
    all_of_it = receiving(covers_body=False)
    all_of_it.provider.states.appendleft(RecordingState.COMPLETED)
    (event,) = all_of_it.receive(confirm=True, **ENDED)
    assert (event.confirmed, event.files) == (True, ())


@pytest.mark.parametrize(
    ("claim", "state"),
    [
        (ENDED, RecordingState.RECORDING),
        (ENDED, RecordingState.UPLOADING),
        (ENDED, RecordingState.GONE),
        ({"kind": "stopped", "state": "uploading"}, RecordingState.PAUSED),
        ({"kind": "ended", "ending": "idle"}, RecordingState.RECORDING),
    ],
    ids=["runs", "uploads", "unknown", "stopped", "without a state"],
)
def test_an_end_that_the_status_denies_isn_t_believed(receiving, claim: dict[str, Any], state) -> None:
    """The event comes with the vendor's state, and what the process knows of the recording doesn't change by it."""
    all_of_it = receiving(covers_body=False)
    all_of_it.provider.states.appendleft(state)
    (event,) = all_of_it.receive(confirm=True, **claim)
    assert (event.confirmed, event.verified, event.ending, event.files) == (False, False, None, ())
    assert event.state is state
    assert f"the vendor's status {state}" in event.reason
    assert all_of_it.recorder.status(all_of_it.recording).state is RecordingState.RECORDING


def test_what_the_signature_proves_isn_t_asked_for(receiving) -> None:
    """Where it covers the body, a status call would say no more; some vendors know nothing after the end."""
    all_of_it = receiving()
    (event,) = all_of_it.receive(confirm=True, **ENDED)
    assert (event.confirmed, event.state, asked(all_of_it)) == (None, RecordingState.COMPLETED, 0)


@pytest.mark.parametrize("kind", ["paused", "snapshot", "upload_progress"])
def test_what_can_be_taken_back_isn_t_asked_for(receiving, kind: str) -> None:
    """A status call for each pause would use up the account's rate."""
    all_of_it = receiving(covers_body=False)
    (event,) = all_of_it.receive(confirm=True, kind=kind)
    assert (event.confirmed, asked(all_of_it)) == (None, 0)


def test_without_confirm_the_vendor_isn_t_asked(receiving) -> None:
    """Receiving is cheap unless it is asked to be sure."""
    all_of_it = receiving(covers_body=False)
    (event,) = all_of_it.receive(**ENDED)
    assert (event.confirmed, asked(all_of_it)) == (None, 0)


def test_an_event_without_a_handle_can_t_be_confirmed(receiving) -> None:
    """The vendor is asked by the handle; where there is none the event says that it isn't confirmed."""
    (event,) = receiving(covers_body=False).receive(confirm=True, tape="somebody's", **ENDED)
    assert (event.confirmed, event.verified) == (False, False)


def test_the_handle_can_be_given(receiving, signing, clock) -> None:
    """A process that neither started nor follows the recording confirms with the handle from its own storage."""
    all_of_it = receiving()
    provider, vendor = signing(covers_body=False)
    provider.states.appendleft(RecordingState.COMPLETED)
    other_process = Recorder(provider, clock=clock, hooks=[])
    request = vendor.callback(tape=all_of_it.recording.native["tape"], **ENDED)
    (event,) = other_process.events.receive(request, confirm=True, recording=all_of_it.recording)
    assert (event.confirmed, event.recording_id) == (True, all_of_it.recording.id)


@pytest.mark.parametrize(
    "answer",
    [
        RecordingState.UNREACHABLE,
        ServiceUnavailable("busy", retryable=True),
        ServiceUnavailable("shut", fault="vendor"),
    ],
    ids=["unreachable", "busy", "shut"],
)
def test_a_vendor_that_can_t_be_asked_leaves_the_event_to_its_repeat(receiving, answer: Any) -> None:
    """Nobody is told, the error says so, and the vendor's repeat counts as new."""
    all_of_it = receiving(covers_body=False)
    all_of_it.provider.states.extendleft([RecordingState.COMPLETED, answer])
    with pytest.raises(ServiceUnavailable):
        all_of_it.receive(confirm=True, id="n-1", **ENDED)
    assert all_of_it.told.events == []
    (event,) = all_of_it.receive(confirm=True, id="n-1", **ENDED)
    assert event.confirmed is True


def test_a_handler_doesn_t_wait_for_a_long_stop(receiving, monkeypatch) -> None:
    """The vendor waits for an answer: where another operation on the recording goes on, it is asked to repeat."""
    monkeypatch.setattr(callbacks, "PATIENCE_S", 0.01)
    all_of_it = receiving(covers_body=False)
    all_of_it.provider.states[0] = RecordingState.COMPLETED
    failed: list[BaseException] = []

    def meanwhile(call: str) -> None:
        if call.startswith("stop"):
            with pytest.raises(DeadlineExceeded, match="another operation on the recording") as caught:
                in_a_thread(lambda: all_of_it.receive(confirm=True, id="n-1", **ENDED))
            failed.append(caught.value)

    all_of_it.provider.during = meanwhile
    all_of_it.recorder.stop(all_of_it.recording)
    assert [error.retryable for error in failed] == [True]
    assert all_of_it.receive(confirm=True, id="n-1", **ENDED)[0].confirmed is True


def in_a_thread(work: Callable[[], Any]) -> Any:
    """The result of work in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_several_events_of_one_callback_are_told_together_or_not_at_all(receiving) -> None:
    """Where the second can't be confirmed, the first isn't told either, and both count when they are sent again."""
    all_of_it = receiving(covers_body=False)
    events = [
        event
        for fields in ({"id": "n-1"}, {"id": "n-2", **ENDED})
        for event in all_of_it.recorder.events.verify(all_of_it.callback(**fields))
    ]
    all_of_it.provider.states.extendleft([RecordingState.COMPLETED, RecordingState.UNREACHABLE])
    with pytest.raises(ServiceUnavailable):
        all_of_it.recorder.events.process(events, confirm=True)
    assert all_of_it.told.events == []
    assert [event.kind for event in all_of_it.recorder.events.process(events, confirm=True)] == ["recording", "ended"]


def test_a_denied_end_doesn_t_stand_in_the_way_of_the_true_one(receiving) -> None:
    """A forged event that comes first has the key of the true one, which is told all the same when it is true."""
    all_of_it = receiving(covers_body=False)
    all_of_it.provider.states.appendleft(RecordingState.RECORDING)
    forged = all_of_it.callback(id="n-1", **ENDED)
    (denied,) = all_of_it.receive(forged, confirm=True)
    assert denied.confirmed is False
    assert all_of_it.receive(forged, confirm=True) == ()
    assert asked(all_of_it) == 1
    all_of_it.provider.states[0] = RecordingState.COMPLETED
    (true,) = all_of_it.receive(confirm=True, id="n-1", **ENDED)
    assert (true.confirmed, true.dedup_key != denied.dedup_key) == (True, True)
    assert all_of_it.receive(confirm=True, id="n-1", **ENDED) == ()


def test_what_couldn_t_be_confirmed_doesn_t_stand_in_the_way(receiving) -> None:
    """Of a recording that nobody knew the forged end was told; when its handle is known, the true one is told too."""
    all_of_it = receiving(covers_body=False)
    tape = "another's"
    assert all_of_it.receive(confirm=True, tape=tape, id="n-1", **ENDED)[0].confirmed is False
    assert all_of_it.receive(confirm=True, tape=tape, id="n-1", **ENDED) == ()
    all_of_it.provider.states[0] = RecordingState.COMPLETED
    handle = all_of_it.recording.model_copy(update={"id": "r-2", "native": {"tape": tape}})
    (true,) = all_of_it.receive(confirm=True, recording=handle, tape=tape, id="n-1", **ENDED)
    assert (true.confirmed, true.verified) == (True, True)


# --- floods without a proof --------------------------------------------------------------------------------


@pytest.fixture
def unsigned(receiving) -> Receiving:
    """Everything that takes part, without a secret."""
    all_of_it = receiving(webhook_secret=())
    with pytest.warns(UnverifiedWebhookWarning):
        all_of_it.receive(id="the first")
    all_of_it.told.events.clear()
    return all_of_it


def test_without_a_secret_a_forged_event_takes_no_true_one_s_place(unsigned: Receiving, clock) -> None:
    """Events with the same number are told apart by what they say; a repeat says the same and is dropped."""
    (forged,) = unsigned.receive(id="n-1", kind="paused")
    (true,) = unsigned.receive(id="n-1", kind="resumed")
    assert len({forged.dedup_key, true.dedup_key}) == 2
    clock.sleep(5)
    assert unsigned.receive(id="n-1", kind="resumed") == ()
    assert [event.kind for event in unsigned.told.events] == ["paused", "resumed"]


def test_without_a_secret_a_denied_end_is_told_again_when_it_is_true(unsigned: Receiving, clock) -> None:
    """Whoever forges the very words of a coming event doesn't keep it from being told."""
    assert unsigned.receive(confirm=True, id="n-1", **ENDED)[0].confirmed is False
    unsigned.provider.states[0] = RecordingState.COMPLETED
    clock.sleep(2)
    (event,) = unsigned.receive(confirm=True, id="n-1", **ENDED)
    assert (event.confirmed, event.verified) == (True, False)


def test_forged_callbacks_don_t_decide_how_often_the_vendor_is_asked(unsigned: Receiving, clock) -> None:
    """Once in two seconds for a recording; the others are left to the vendor's repeat, and nobody is told of them."""
    unsigned.provider.states[0] = RecordingState.UPLOADING
    assert unsigned.receive(confirm=True, **ENDED)
    for _ in range(20):
        with pytest.raises(ServiceUnavailable, match="asked less than 2 s ago") as caught:
            unsigned.receive(confirm=True, **ENDED)
        assert caught.value.retryable is True
    assert (asked(unsigned), len(unsigned.told.events)) == (1, 1)
    clock.sleep(2)
    assert unsigned.receive(confirm=True, **ENDED)
    assert asked(unsigned) == 2


def test_callbacks_of_recordings_that_nobody_follows_send_nothing(unsigned: Receiving) -> None:
    """Whatever they say, with `confirm` or without."""
    for number in range(20):
        unsigned.receive(confirm=bool(number % 2), tape=f"t-{number}", **ENDED)
    assert asked(unsigned) == 0


# --- what a web framework may have changed -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"body": "{}"}, "body is a str; give the bytes as they arrived"),
        ({"body": {}}, "body is a dict"),
        ({"headers": {b"memory-signature": b"00"}}, "headers are texts"),
        ({"headers": {"memory-signature": b"00"}}, "headers are texts"),
        ({"method": b"POST"}, "method"),
    ],
)
def test_a_request_that_isn_t_as_it_arrived_is_called_that(receiving, changed: dict[str, Any], problem: str) -> None:
    """It is the application's fault, not the vendor's: the callback isn't refused, so that it comes again."""
    all_of_it = receiving()
    with pytest.raises(ConfigurationError, match=problem):
        all_of_it.receive(dataclasses.replace(all_of_it.callback(), **changed))


def test_the_headers_of_a_framework_are_taken_as_they_are(receiving) -> None:
    """Some iterate over pairs; what counts is that they have items."""
    all_of_it = receiving()
    true = all_of_it.callback()
    assert all_of_it.receive(dataclasses.replace(true, headers=Headers(list(true.headers.items()))))


def test_no_variable_of_a_rejection_s_traceback_holds_what_was_refused(receiving) -> None:
    """Error trackers send them along: a signature or a body that came isn't among them."""
    all_of_it = receiving()
    request = all_of_it.callback(secret="wrong")
    with pytest.raises(WebhookRejected) as caught:
        all_of_it.recorder.events.verify(request)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)][1:]
    shown = [repr(value) for frame in frames for value in frame.f_locals.values()]
    assert shown
    assert not [text for text in shown if request.headers["memory-signature"] in text or "sent_at" in text]


# --- two halves --------------------------------------------------------------------------------------------


def test_verifying_tells_nobody_and_uses_nothing_up(receiving) -> None:
    """What was verified can be processed later, by another thread, once."""
    all_of_it = receiving()
    request = all_of_it.callback()
    first = all_of_it.recorder.events.verify(request)
    assert all_of_it.recorder.events.verify(request) == first
    assert all_of_it.told.events == []
    assert len(all_of_it.recorder.events.process(first)) == 1
    assert all_of_it.recorder.events.process(first) == ()


def test_handles_are_found_where_the_process_knows_none(receiving, signing, clock) -> None:
    """The application is asked once for each recording, and never for one that is known."""
    all_of_it = receiving()
    provider, vendor = signing()
    other_process = Recorder(provider, clock=clock, hooks=[])
    wanted: list[Any] = []

    def find(event: RecordingEvent) -> Recording | None:
        wanted.append(event.native["tape"])
        return all_of_it.recording if event.native["tape"] == all_of_it.recording.native["tape"] else None

    def process(tape: str) -> str | None:
        events = other_process.events.verify(vendor.callback(tape=tape))
        return other_process.events.process(events, find_recording=find)[0].recording_id

    tape = all_of_it.recording.native["tape"]
    assert [process(tape), process(tape), process("nobody's")] == [all_of_it.recording.id, all_of_it.recording.id, None]
    assert wanted == [tape, "nobody's"]


# --- hearing -----------------------------------------------------------------------------------------------


def test_a_wait_is_woken_by_a_callback(receiving, clock) -> None:
    """Nobody waits for the next look when the vendor has told already."""
    all_of_it = receiving()
    all_of_it.provider.states.appendleft(RecordingState.STARTING)

    def while_it_waits(call: str) -> None:
        if call == "status":
            all_of_it.receive(kind="recording", state="recording")

    all_of_it.provider.during = while_it_waits
    assert all_of_it.recorder.wait(all_of_it.recording).state is RecordingState.RECORDING
    assert clock.slept == [2.0]  # before the first look


def test_files_that_a_callback_told_are_known_after_the_end(receiving) -> None:
    """Vendors forget: what a verified callback listed is in the status of a recording that they list no files of."""
    all_of_it = receiving()
    all_of_it.receive(kind="uploaded", state="completed", files=[{"name": "lesson.mp4", "status": "uploaded"}])
    status = all_of_it.recorder.status(all_of_it.recording)
    assert (status.state, [file.name for file in status.files]) == (RecordingState.COMPLETED, ["lesson.mp4"])
    assert asked(all_of_it) == 0


def test_no_secret_is_in_an_event_a_request_or_an_error(receiving) -> None:
    """Neither repr nor dump of what goes around holds the secret or the signature."""
    all_of_it = receiving()
    request = all_of_it.callback()
    (event,) = all_of_it.receive(request)
    signature = request.headers["memory-signature"]
    with pytest.raises(WebhookRejected) as caught:
        all_of_it.receive(secret="wrong")
    shown = repr(request) + repr(event) + event.model_dump_json() + repr(caught.value) + str(caught.value)
    assert SECRET not in shown
    assert signature not in shown
    assert json.loads(event.model_dump_json())["raw"]["kind"] == "recording"
