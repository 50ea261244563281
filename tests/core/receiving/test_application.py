"""What both applications do alike, each over a real server: whom they answer how, and what follows the answer."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from queue import SimpleQueue
from typing import Any

import pytest

from recorder_core import (
    AsyncRecorder,
    AsyncWebhookApp,
    AuthenticationError,
    ConfigurationError,
    Recorder,
    RecordingState,
    UnverifiedWebhookWarning,
    WebhookApp,
    WebhookRequest,
)
from recorder_core.webhooks import BODY_LIMIT

SECRET = "callback-secret-of-the-tests"
ENDED = {"kind": "ended", "state": "completed", "ending": "stopped"}


# --- answers -----------------------------------------------------------------------------------------------


def test_a_true_callback_is_answered_with_an_empty_json_object(serve, kind: str) -> None:
    """Some vendors take nothing but status 200 with JSON for success. The event follows the answer."""
    served = serve(kind)
    for path in ("/hooks/memory", "/hooks/memory/", "/hooks/memory?recording=r-1"):
        answer = served.post(path=path, kind="paused")
        assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"{}", "application/json")
        event = served.event()
        assert (event.kind, event.recording_id, event.verified) == ("paused", served.recording.id, True)


def test_it_serves_at_the_root_too(serve, kind: str) -> None:
    """Without a mount point the path is the name alone."""
    served = serve(kind, mount=False)
    assert served.post(path="/memory").status == 200
    assert served.post(path="/hooks/memory").status == 404


def test_an_unknown_name_isn_t_found_and_no_name_is_told(serve, kind: str) -> None:
    """Nobody learns from a wrong address which addresses there are."""
    served = serve(kind)
    for path in (
        "/hooks",
        "/hooks/",
        "/hooks/other",
        "/hooks/memory/more",
        "/hooks//memory",
        "/hooks/memory2",
        "/memory2",
    ):
        for method in ("POST", "GET", "DELETE"):
            answer = served.request(method, path, b"{}" if method == "POST" else None)
            assert answer.status == 404, path
            assert b"memory" not in answer.body


def test_other_methods_aren_t_allowed(serve, kind: str) -> None:
    """The answer says which are."""
    served = serve(kind)
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = served.request(method, "/hooks/memory")
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_forged_stale_and_unsigned_callbacks_are_refused_alike(serve, kind: str, clock, caplog) -> None:
    """The answer doesn't tell why; the log does, without secrets. Nobody is told of them."""
    served = serve(kind)
    stale, true = served.callback(), served.callback()
    clock.sleep(1000)
    unsigned = WebhookRequest("POST", "/", {}, true.body)
    with caplog.at_level(logging.WARNING, "recorder_core.receiving"):
        answers = [served.post(one) for one in (stale, unsigned, served.callback(secret="wrong"))]
    assert {(answer.status, answer.body) for answer in answers} == {(403, answers[0].body)}
    assert list(json.loads(answers[0].body)) == ["error"]
    told = [record.getMessage() for record in caplog.records]
    assert ["s ago" in told[0], "is missing" in told[1], "forged" in told[2]] == [True] * 3
    assert SECRET not in caplog.text
    assert true.headers["memory-signature"] not in caplog.text
    assert served.post(kind="paused").status == 200
    assert served.event().kind == "paused"


def test_what_can_t_be_read_is_a_bad_request(serve, kind: str) -> None:
    """What isn't even JSON wasn't sent by a vendor."""
    served = serve(kind, covers_body=False)
    for body in (b"", b"[]", b"key=value", b"\xff"):
        assert served.request("POST", "/hooks/memory", body).status == 400


def test_a_load_balancer_can_ask_whether_callbacks_are_taken(serve, kind: str) -> None:
    """200 while they are; nothing is told, and nothing is read."""
    served = serve(kind)
    for method, body in (("GET", b"{}"), ("HEAD", b"")):
        answer = served.request(method, "/hooks/memory")
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, body, "2")


# --- bodies ------------------------------------------------------------------------------------------------


def test_the_largest_body_is_taken_and_a_larger_one_isn_t(serve, kind: str) -> None:
    """The limit counts bytes, whether their number was told beforehand or not."""
    request = serve(kind).callback()
    served = serve(kind, body_limit=len(request.body))
    assert served.post(request).status == 200
    assert served.event()
    larger = WebhookRequest("POST", "/", request.headers, request.body + b" ")
    assert served.post(larger).status == 413


def test_a_chunked_body_is_read_to_its_end(serve, kind: str) -> None:
    """Some senders don't know the length when they begin."""
    served = serve(kind)
    request = served.callback()
    pieces = iter([request.body[:7], request.body[7:]])
    assert served.request("POST", "/hooks/memory", pieces, dict(request.headers), encode_chunked=True).status == 200
    assert served.event()


def test_an_oversized_body_isn_t_waited_for(serve, kind: str) -> None:
    """The answer to a length that is too large comes before a byte of the body."""
    connection = serve(kind, body_limit=1000).connect()
    connection.sendall(b"POST /hooks/memory HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
    assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


def test_an_endless_body_is_read_to_the_limit_only(serve, kind: str) -> None:
    """A sender that never ends is answered all the same."""
    connection = serve(kind, body_limit=1000).connect()
    connection.sendall(b"POST /hooks/memory HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(4):
            connection.sendall(b"400\r\n" + b" " * 1024 + b"\r\n")
    assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_drips_is_given_up(serve, kind: str) -> None:
    """A sender can't hold a place in the server for as long as it likes."""
    connection = serve(kind, body_timeout=0.2).connect()
    connection.sendall(b"POST /hooks/memory HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
    connection.settimeout(0.05)
    answer = b""
    for _ in range(400):
        try:
            connection.sendall(b" ")
            answer = connection.recv(65_536)
            break
        except TimeoutError:
            continue
    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "0x10", "9" * 5000])
def test_a_length_that_is_none_is_refused(length: str, signing, clock) -> None:
    """Servers refuse most of these themselves; where one doesn't, nothing breaks."""
    provider, _ = signing()
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/memory", "CONTENT_LENGTH": length}
    answered: list[str] = []
    app = WebhookApp({"memory": Recorder(provider, clock=clock, hooks=[])})
    app(environ, lambda status, headers: answered.append(status[:3]))
    assert answered == ["413" if length.startswith("9") else "400"]


# --- after the answer --------------------------------------------------------------------------------------


def test_the_answer_doesn_t_wait_for_what_follows(serve, kind: str) -> None:
    """While one event is still being dealt with, further callbacks are answered, and told in their order later."""
    goes_on, told = threading.Event(), SimpleQueue[str]()

    def slowly(event: Any) -> None:
        assert goes_on.wait(20)
        told.put(event.reason)

    served = serve(kind, on_event=slowly)
    assert [served.post(reason=str(number)).status for number in range(3)] == [200, 200, 200]
    assert told.empty()
    goes_on.set()
    assert [told.get(timeout=20) for _ in range(3)] == ["0", "1", "2"]


def test_more_than_the_queue_holds_is_left_to_the_vendor_s_repeat(serve, kind: str) -> None:
    """What isn't queued isn't answered 200; health checks say the same. The repeat is taken when there is room."""
    goes_on, told = threading.Event(), SimpleQueue[str]()

    def slowly(event: Any) -> None:
        assert goes_on.wait(20)
        told.put(event.reason)

    served = serve(kind, queue_size=2, on_event=slowly)
    assert [served.post(reason="a").status, served.post(reason="b").status] == [200, 200]
    refused = served.callback(reason="c")
    answer = served.post(refused)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert served.request("GET", "/hooks/memory").status == 503
    goes_on.set()
    assert [told.get(timeout=20), told.get(timeout=20)] == ["a", "b"]
    statuses = (served.post(refused).status for _ in range(1000))  # the second may still be put away
    assert 200 in statuses
    assert told.get(timeout=20) == "c"


def test_on_event_may_fail(serve, kind: str, caplog) -> None:
    """It is logged with the event's key, and the next event comes all the same."""
    told = SimpleQueue[str]()

    def sometimes(event: Any) -> None:
        if event.reason == "bad":
            raise LookupError("no such lesson")
        told.put(event.reason)

    served = serve(kind, on_event=sometimes)
    with caplog.at_level(logging.ERROR, "recorder_core.receiving"):
        served.post(reason="bad", id="n-77")
        served.post(reason="good")
        assert told.get(timeout=20) == "good"
    assert f"on_event failed at the event {served.recording.native['tape']}:n-77" in caplog.text
    assert "no such lesson" in caplog.text


def test_no_text_of_a_callback_writes_a_line_of_the_log(serve, kind: str, caplog) -> None:
    """An event's key may hold anybody's text: it is logged cut, on one line, without codes for a terminal."""

    def fail(event: Any) -> None:
        raise ValueError("no room in the database")

    served = serve(kind, on_event=fail)
    with caplog.at_level(logging.ERROR, "recorder_core.receiving"):
        assert served.post(id="1\r\n2027 ERROR forged\x1b[2J" + "x" * 10_000).status == 200
        served.app.settle(20.0)
    (record,) = caplog.records
    message = record.getMessage()
    assert (message.isprintable(), len(message) < 400, "2027 ERROR forged [2J" in message) == (True, True, True)


def test_a_repeat_is_answered_as_the_first_and_told_once(serve, kind: str) -> None:
    """A vendor that missed the answer must not go on repeating."""
    served = serve(kind)
    request = served.callback(reason="once")
    assert [served.post(request).status, served.post(request).status] == [200, 200]
    served.post(reason="next")
    assert [served.event().reason, served.event().reason] == ["once", "next"]


def test_followers_and_waits_hear_it(serve, kind: str) -> None:
    """What arrives by HTTP reaches whoever listens to the recorder."""
    served = serve(kind)
    with served.recorder._listeners.hearing(served.recording.id) as heard:
        served.post(kind="paused")
        assert heard.signal.wait(20)
    assert [event.kind for event in heard.take()] == ["paused"]


def test_without_on_event_hooks_and_followers_are_told(serve, kind: str) -> None:
    """A server that only feeds followers needs no function."""
    served = serve(kind, on_event=None)
    with served.recorder._listeners.hearing(served.recording.id) as heard:
        assert served.post(kind="resumed").status == 200
        assert heard.signal.wait(20)


# --- confirmed ---------------------------------------------------------------------------------------------


def test_an_end_is_confirmed_after_the_answer(serve, kind: str) -> None:
    """The vendor has its answer before it is asked."""
    served = serve(kind, covers_body=False, confirm=True)
    asked, answered = threading.Event(), threading.Event()

    def look(call: str) -> None:
        if call == "status":
            asked.set()
            assert answered.wait(20)

    served.provider.during = look
    served.provider.states.appendleft(RecordingState.COMPLETED)
    assert served.post(**ENDED).status == 200
    assert asked.wait(20)
    answered.set()
    assert served.event().confirmed is True


def test_a_vendor_that_can_t_be_asked_is_asked_again(serve, kind: str, caplog) -> None:
    """The callback was answered, so that its vendor won't repeat it: the application does."""
    served = serve(kind, covers_body=False, confirm=True, retries=(0, 0))
    served.provider.states.extendleft(
        [RecordingState.COMPLETED, RecordingState.UNREACHABLE, RecordingState.UNREACHABLE]
    )
    with caplog.at_level(logging.INFO, "recorder_core.receiving"):
        assert served.post(**ENDED).status == 200
        assert served.event().confirmed is True
    assert caplog.text.count("couldn't be confirmed, again in 0 s") == 2


def test_settling_doesn_t_wait_for_another_try(serve, kind: str) -> None:
    """Its pause is real time, whatever the recorder's clock says; until then, or the end, nobody is told."""
    served = serve(kind, covers_body=False, confirm=True, retries=(3600,))
    tried = threading.Event()
    served.provider.states[0] = RecordingState.UNREACHABLE
    served.provider.during = lambda call: tried.set()
    served.post(**ENDED)
    assert tried.wait(20)
    served.app.settle()
    served.recorder._clock.sleep(7200)
    assert served.app.settle() is False
    assert served.told.empty()
    served.app._backlog.close()
    assert served.told.get_nowait().confirmed is False


def test_a_closed_recorder_leaves_callbacks_to_their_repeats(serve, kind: str, caplog) -> None:
    """Nobody would be told of them here; another process may take the vendor's repeat. The log says why."""
    served = serve(kind)
    served.recorder.close()
    assert served.post().status == 500
    assert served.told.empty()
    assert "the recorder is closed" in caplog.text


def test_a_status_that_lags_behind_its_callback_is_asked_for_again(serve, kind: str) -> None:
    """The end is told when the vendor's status has come as far, and then it is confirmed."""
    served = serve(kind, covers_body=False, confirm=True, retries=(0, 0))
    served.provider.states.extendleft([RecordingState.COMPLETED, RecordingState.UPLOADING, RecordingState.RECORDING])
    served.post(**ENDED)
    event = served.event()
    assert (event.confirmed, event.state) == (True, RecordingState.COMPLETED)


@pytest.mark.parametrize("state", ["recording", "gone"])
def test_an_end_that_the_status_goes_on_denying_is_told_as_that(serve, kind: str, state: str) -> None:
    """It is forged, or the vendor doesn't know the recording any more; that shows after two more looks, or at once."""
    served = serve(kind, covers_body=False, confirm=True, retries=(0,) * 9)
    served.provider.states[0] = RecordingState(state)
    served.post(**ENDED)
    event = served.event()
    assert (event.confirmed, event.verified, event.state) == (False, False, state)
    assert served.provider.calls.count("status") == (1 if state == "gone" else 3)


def test_a_stop_that_goes_on_holds_up_nobody(serve, kind: str) -> None:
    """While another operation on the recording goes on the vendor isn't asked; what needs no confirming comes at once,
    the end when the operation is over."""
    served = serve(kind, covers_body=False, confirm=True, retries=(0.01,) * 2000)
    stopping, goes_on = threading.Event(), threading.Event()

    def stop(call: str) -> None:
        if call.startswith("stop"):
            stopping.set()
            assert goes_on.wait(20)

    served.provider.during = stop
    served.provider.states[0] = RecordingState.COMPLETED
    thread = threading.Thread(target=served.recorder.stop, args=(served.recording,))
    thread.start()
    assert stopping.wait(20)
    served.post(**ENDED)
    served.post(kind="paused")
    assert served.event().kind == "paused"
    goes_on.set()
    assert served.event().confirmed is True
    thread.join()


def test_others_are_told_while_one_is_asked_for_again(serve, kind: str) -> None:
    """A vendor that is down holds up nothing that needn't be confirmed."""
    served = serve(kind, covers_body=False, confirm=True, retries=(3600,))
    served.provider.states[0] = RecordingState.UNREACHABLE
    served.post(**ENDED)
    served.post(kind="paused")
    assert served.event().kind == "paused"


@pytest.mark.parametrize(
    "answer", [RecordingState.UNREACHABLE, AuthenticationError("no such key")], ids=["down", "key"]
)
def test_what_can_t_be_confirmed_to_the_last_is_told_as_that(serve, kind: str, answer: Any, caplog) -> None:
    """It isn't lost: the event says that it isn't confirmed, and the log which it was. Wrong credentials stay wrong."""
    retries = () if isinstance(answer, RecordingState) else (3600,)
    served = serve(kind, covers_body=False, confirm=True, retries=retries)
    served.provider.states.appendleft(answer)
    with caplog.at_level(logging.ERROR, "recorder_core.receiving"):
        served.post(id="n-5", **ENDED)
        event = served.event()
    assert (event.confirmed, event.verified, event.kind) == (False, False, "ended")
    assert f"{served.recording.native['tape']}:n-5 couldn't be confirmed, and is told as it came" in caplog.text


def test_handles_are_found_by_the_application(serve, kind: str) -> None:
    """A web process that starts nothing confirms with the handles of its database, which may fail for a moment."""
    asked: list[str] = []

    def find(event: Any) -> Any:
        asked.append(event.native["tape"])
        if len(asked) == 1:
            raise ConnectionError("no database")
        return served.recording.model_copy(update={"id": "from-the-database", "native": {"tape": "elsewhere"}})

    served = serve(kind, covers_body=False, confirm=True, find_recording=find, retries=(0,))
    served.provider.states.appendleft(RecordingState.COMPLETED)
    served.post(tape="elsewhere", **ENDED)
    event = served.event()
    assert (event.recording_id, event.confirmed) == ("from-the-database", True)
    assert asked == ["elsewhere", "elsewhere"]


# --- closing -----------------------------------------------------------------------------------------------


def test_what_waits_is_processed_at_the_end_at_once(serve, kind: str) -> None:
    """Closing takes no more and finishes what was answered, a further try that lies an hour ahead among it."""
    served = serve(kind, covers_body=False, confirm=True, retries=(3600,))
    served.provider.states.appendleft(RecordingState.UNREACHABLE)
    served.post(**ENDED)
    served.post(kind="paused")
    assert served.event().kind == "paused"
    served.provider.states.appendleft(RecordingState.COMPLETED)
    served.app._backlog.close()
    assert served.told.get_nowait().confirmed is True
    assert served.post().status == 503
    assert served.request("HEAD", "/hooks/memory").status == 503


# --- set up ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("application", [WebhookApp, AsyncWebhookApp])
@pytest.mark.parametrize("name", ["", "a/b", "a b", "..", "-a", "é", "a%2f", 7])
def test_a_name_that_no_address_can_end_with_is_refused(application: Any, name: Any, recorder) -> None:
    """A name is the last part of a URL, and needs no quoting."""
    with pytest.raises(ConfigurationError, match="can't be the last part of a callback address"):
        application({name: recorder})


@pytest.mark.parametrize("application", [WebhookApp, AsyncWebhookApp])
@pytest.mark.parametrize(
    "wrong",
    [{"body_limit": 0}, {"body_limit": BODY_LIMIT + 1}, {"body_timeout": 0}, {"queue_size": 0}, {"retries": (1, -1)}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_limit_that_can_t_be_kept_is_refused(application: Any, wrong: dict[str, Any], recorder) -> None:
    """The error names it and what is allowed."""
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        application({"memory": recorder}, **wrong)


@pytest.mark.parametrize("application", [WebhookApp, AsyncWebhookApp])
def test_there_is_a_recorder(application: Any) -> None:
    """An application that answers nobody is a mistake."""
    with pytest.raises(ConfigurationError, match="no recorder"):
        application({})


@pytest.mark.parametrize("application", [WebhookApp, AsyncWebhookApp])
def test_a_missing_secret_is_told_when_the_application_is_made(application: Any, recorder) -> None:
    """Not only when the first callback comes, at night."""
    with pytest.warns(UnverifiedWebhookWarning, match="MEMORY_WEBHOOK_SECRET"):
        application({"memory": recorder})


def test_a_wsgi_application_calls_no_coroutine(signing, clock) -> None:
    """It has no event loop; the error says which application has."""

    async def on_event(event: Any) -> None:
        raise AssertionError(event)

    provider, _ = signing()
    with pytest.raises(ConfigurationError, match="on_event of a WebhookApp is a plain function") as caught:
        WebhookApp({"memory": AsyncRecorder(provider, clock=clock, hooks=[])}, on_event=on_event)
    assert "AsyncWebhookApp" in caught.value.hint
