"""W: what the vendor tells by callback (a webhook)."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from recorder_core.errors import RecorderError, UnsupportedOperation, WebhookRejected
from recorder_core.models import EventKind, Recording, RecordingEvent, WebhookRequest
from recorder_core.models.recording import ids_of
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeParted, MakeProvider, MakeSpec, included
from recorder_core.testing.conformance.parts import NOT_TOLD
from recorder_core.testing.conformance.recovery import SETTLED_S, lost_start, proxied
from recorder_core.testing.faults import FAULTS
from recorder_core.testing.service import Service, SkewedClock, running
from recorder_core.testing.watching import TIMEOUT_S, Watch, assert_hidden

__all__ = ["Callbacks"]

GARBAGE = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b"nonsense",
    b"\xff\xfe",
    b'{"a": NaN}',
    b"[" * 10_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b'{"signature": 1, "event": [], "payload": {"a": null}}',
    b"1" * 10_000,
)
LATEST_S = 30 * 86_400.0
"""Seconds after which a callback is old by any measure."""
UNSIGNED = 403
"""The HTTP status for a callback that lacks its signature, or has a wrong one."""
PostCallbacks = Callable[[Any, str], object]


class Callbacks(Fixtures):
    """W: what the vendor tells by callback. Where the provider reads none, that is all that is proved."""

    @pytest.fixture
    def post_callbacks(self) -> PostCallbacks:
        """What makes a service post its callbacks to an address, as `emulate` does by default."""

        def post(service: Any, url: str) -> None:
            service.callbacks.url = url

        return post

    @pytest.fixture
    def callbacks(
        self,
        provider: Provider,
        recorder: Recorder,
        make_spec: MakeSpec,
        service: Service,
        clock: SkewedClock,
        post_callbacks: PostCallbacks,
    ) -> Sequence[WebhookRequest]:
        """What the service posts of a recording from its start to its end, byte by byte, in its order. A provider whose
        service can't post overrides this with callbacks that the vendor has signed just now."""
        if not type(provider).offers("parse_webhook"):
            return ()
        with _receiving() as (url, received):
            post_callbacks(service, url)
            recording = recorder.start(make_spec(), confirm=True)
            clock.advance(5)
            recorder.stop(recording)
            clock.advance(5)
        return tuple(received)

    @clause("W1")
    def test_true_callbacks_are_events(
        self, recorder: Recorder, callbacks: Sequence[WebhookRequest], watch: Watch
    ) -> None:
        """W1: each is read as events with a kind and a key, of the very recording; the vendor isn't asked for that."""
        if self._has_none(recorder.provider):
            return
        assert callbacks, "no callback came of a whole recording"
        del watch.exchanges[:]
        events = _events(recorder.provider, callbacks)
        assert events
        assert all(event.dedup_key for event in events)
        named = [event for event in events if event.kind is not EventKind.UNKNOWN]
        assert named, "no event of a whole recording has a name"
        key = recorder.provider.native_key
        assert all(ids_of(event.native.get(key)) for event in named), f"native lacks {key}"
        assert any(event.state is not None and event.state.terminal for event in events), "none tells the end"
        assert watch.exchanges == []

    @clause("W2")
    def test_forged_callbacks_are_rejected(self, recorder: Recorder, callbacks: Sequence[WebhookRequest]) -> None:
        """W2: what was signed with another secret, or by nobody, is rejected; another body under a true signature is
        too, or has a nonce, by which the vendor is asked instead of believed."""
        if self._has_none(recorder.provider):
            return
        provider = recorder.provider
        other = SecretStr("another-secret-of-the-conformance-kit")
        config = provider.config.model_copy(update={"webhook_secret": (other,)})
        wary = type(provider)(config)
        with Recorder(wary, clock=recorder.provider.runtime.clock, hooks=()):
            for callback in callbacks:
                with pytest.raises(WebhookRejected):
                    wary.parse_webhook(callback)
        for callback in callbacks:
            assert _rejects_unsigned(provider, callback), "it is believed without a signature"
            changed = callback.body.rstrip()[:-1] + b', "added": 1}'
            with suppress(WebhookRejected):
                events = provider.parse_webhook(replace(callback, body=changed))
                assert all(event.nonce for event in events), "the signature doesn't cover the body, and has no nonce"

    @clause("W3")
    def test_any_body_is_taken_or_rejected(self, recorder: Recorder, callbacks: Sequence[WebhookRequest]) -> None:
        """W3: whatever arrives, the outcome is events or `WebhookRejected`, with the signature's headers or without."""
        if self._has_none(recorder.provider):
            return
        headers = [{}, *(dict(callback.headers) for callback in callbacks[:1])]
        for given in headers:
            for body in GARBAGE:
                request = WebhookRequest("POST", "/", given, body)
                assert isinstance(type(recorder.provider).recognises_webhook(request), bool)
                with pytest.raises(WebhookRejected):
                    recorder.provider.parse_webhook(request)

    @clause("W4")
    def test_old_callbacks_are_rejected(
        self, recorder: Recorder, callbacks: Sequence[WebhookRequest], clock: SkewedClock
    ) -> None:
        """W4: a true one that comes later than `webhook_max_age` may be a replay; one that doesn't tell its time has a
        nonce, by which the vendor is asked instead."""
        if self._has_none(recorder.provider):
            return
        clock.advance(recorder.provider.config.webhook_max_age + 60)
        believed: list[WebhookRequest] = []
        for callback in callbacks:
            with suppress(WebhookRejected):
                assert all(event.nonce for event in recorder.provider.parse_webhook(callback)), "it is old"
                believed.append(callback)
        clock.advance(LATEST_S)
        late = [_status_of(recorder.provider, callback) for callback in believed]
        assert late == [None] * len(believed), "it tells when it was sent, and is rejected too late"

    @clause("W5")
    def test_a_repeat_has_the_same_keys(self, recorder: Recorder, callbacks: Sequence[WebhookRequest]) -> None:
        """W5: so that it is told once; different events have different keys."""
        if self._has_none(recorder.provider):
            return
        once, again = ([event.dedup_key for event in _events(recorder.provider, callbacks)] for _ in range(2))
        assert once == again
        assert len(set(once)) == len(once)

    @clause("W6")
    def test_its_own_callbacks_are_recognised(self, recorder: Recorder, callbacks: Sequence[WebhookRequest]) -> None:
        """W6: by their shape alone, so that one which came to another vendor's address can be named."""
        if self._has_none(recorder.provider):
            return
        assert all(type(recorder.provider).recognises_webhook(callback) for callback in callbacks)
        stranger = WebhookRequest("POST", "/", {}, b'{"hello": "world"}')
        assert not type(recorder.provider).recognises_webhook(stranger)

    @clause("W7")
    def test_events_are_of_their_recording(self, recorder: Recorder, callbacks: Sequence[WebhookRequest]) -> None:
        """W7: a recorder that has started it knows which recording they are of; no secret is in any of them."""
        if self._has_none(recorder.provider):
            return
        told = [event for callback in callbacks for event in recorder.events.receive(callback)]
        (known,) = {event.recording_id for event in told if event.kind is not EventKind.UNKNOWN}
        assert known is not None
        assert_hidden(recorder.provider, *(event.model_dump_json() for event in told))

    @clause("R6")
    def test_a_callback_is_taken_for_no_other_start(
        self,
        recorder: Recorder,
        make_provider: MakeProvider,
        make_spec: MakeSpec,
        service: Service,
        clock: SkewedClock,
        post_callbacks: PostCallbacks,
    ) -> None:
        """R6: `identify` knows the recording of the intent alone, though others run in its room and elsewhere."""
        provider = recorder.provider
        if not (provider.offers("identify") and provider.offers("parse_webhook")):
            return
        others: list[Recording] = []
        with _receiving() as (url, received):
            post_callbacks(service, url)
            spec = make_spec()
            intent = lost_start(make_provider, service, clock, spec, FAULTS["drop"])
            clock.advance(10)
            for other in (spec, make_spec()):
                with suppress(RecorderError):
                    others.append(recorder.start(other))
            clock.advance(30)
            for recording in others:
                with suppress(RecorderError):
                    recorder.stop(recording)
            clock.advance(30)
        key = provider.native_key
        taken = {
            one
            for event in _events(provider, received)
            if provider.identify(intent, event) is not None
            for one in ids_of(event.native.get(key))
        }
        not_its = {one for recording in others for one in recording.ids_under(key)}
        assert not taken & not_its, "somebody else's was taken"
        assert len(taken) <= 1 or provider.several_ids

    @clause("R8")
    def test_a_callback_of_a_part_is_no_end(
        self,
        recorder: Recorder,
        make_parted: MakeParted | None,
        clock: SkewedClock,
        post_callbacks: PostCallbacks,
        service: Service,
    ) -> None:
        """R8: it is the recording's, whichever part it names, and what it says of that part alone isn't the whole's."""
        provider = recorder.provider
        if make_parted is None or not type(provider).offers("parse_webhook"):
            return
        with _receiving() as (url, received):
            post_callbacks(service, url)
            recording = recorder.start(make_parted())
            clock.advance(5)
            recorder.stop(recording)
            clock.advance(5)
        told = [event for callback in received for event in recorder.events.receive(callback)]
        named = [event for event in told if event.kind is not EventKind.UNKNOWN]
        assert named, "no event of a whole recording has a name"
        assert {event.recording_id for event in named} == {recording.id}
        ids = set(recording.ids_under(provider.native_key))
        for event in named:
            if not ids <= set(ids_of(event.native.get(provider.native_key))):
                assert event.is_partial, event
                assert event.state is None, event

    @clause("R8")
    def test_a_callback_of_a_part_is_no_handle(
        self,
        make_provider: MakeProvider,
        make_parted: MakeParted | None,
        service: Service,
        clock: SkewedClock,
        post_callbacks: PostCallbacks,
        tmp_path: Path,
    ) -> None:
        """R8: of a start that was cut short a callback gives the handle of all that began, or none: `recover` finds it
        then, and whatever was heard, stops all."""
        kind = type(make_provider(service))
        if make_parted is None or not (kind.offers("identify") and kind.offers("parse_webhook")):
            return
        ledger = f"sqlite:///{tmp_path}/ledger.db"
        spec = make_parted()
        with _receiving() as (url, received):
            post_callbacks(service, url)
            with proxied(make_provider, service) as (proxy, provider):
                proxy.fail_always(FAULTS["drop"], after=1)
                with (
                    Recorder(provider, clock=clock, hooks=(), timeout=TIMEOUT_S, ledger=ledger) as recorder,
                    pytest.raises(RecorderError) as caught,
                ):
                    recorder.start(spec)
            intent = caught.value.intent
            assert intent is not None
            with Recorder(make_provider(service), clock=clock, hooks=(), timeout=TIMEOUT_S, ledger=ledger) as another:
                for leaves in (None, min(included(spec))):
                    if leaves is not None:
                        service.leave(spec.room, leaves)
                    clock.advance(SETTLED_S)
                    _hear(another, intent.id, received, sum(one.room == spec.room for one in service.recordings))
                (recovery,) = another.recover(intent, spec=spec, stop=True).recoveries
        assert running(service, spec.room) == 0 or recovery.verdict in NOT_TOLD, recovery

    def _has_none(self, provider: Provider) -> bool:
        """Whether the provider reads no callbacks, which it says then."""
        if type(provider).offers("parse_webhook"):
            return False
        with pytest.raises(UnsupportedOperation):
            provider.parse_webhook(WebhookRequest("POST", "/", {}, b"{}"))
        return True


def _events(provider: Provider, callbacks: Sequence[WebhookRequest]) -> list[RecordingEvent]:
    return [event for callback in callbacks for event in provider.parse_webhook(callback)]


def _hear(recorder: Recorder, recording_id: str, received: list[WebhookRequest], parts: int) -> None:
    """Hand callbacks on; whatever they bring is a handle of all parts."""
    assert recorder.ledger is not None
    while received:
        with suppress(WebhookRejected):
            recorder.events.receive(received.pop(0))
        entry = recorder.ledger.entry(recording_id)
        if entry is not None and entry.recording is not None:
            ids = entry.recording.ids_under(recorder.provider.native_key)
            assert len(ids) == parts, "`identify` has made a handle of a part"


def _rejects_unsigned(provider: Provider, callback: WebhookRequest) -> bool:
    """Whether a true body without its signature is rejected, be that in a header or in the body."""
    bare = replace(callback, headers={})
    if _status_of(provider, bare) is not None:
        return True
    tree = json.loads(callback.body)
    without = {name: {key: value for key, value in tree.items() if key != name} for name in tree}
    signed = [name for name in tree if "sign" in name.lower()] or list(tree)
    refused = [_status_of(provider, replace(bare, body=json.dumps(without[name]).encode())) for name in signed]
    return UNSIGNED in refused and (None not in refused or len(signed) == len(tree))


def _status_of(provider: Provider, callback: WebhookRequest) -> int | None:
    """The HTTP status with which a callback is rejected; None: it is believed."""
    try:
        provider.parse_webhook(callback)
    except WebhookRejected as rejected:
        return rejected.response_status
    return None


@contextmanager
def _receiving() -> Iterator[tuple[str, list[WebhookRequest]]]:
    """An address on loopback, and what is posted there."""
    received: list[WebhookRequest] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            received.append(WebhookRequest("POST", self.path, dict(self.headers.items()), body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/callbacks", received
        finally:
            server.shutdown()
            thread.join()
