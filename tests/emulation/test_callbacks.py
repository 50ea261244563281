"""Callbacks: real deliveries at exact instants, their repeats, and their faults."""

import logging
import math
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
import requests
import trustme

from emulation.telling import ASKED, IDLE_S, LEFT, STARTED, UPLOADED, Receiver, TellingService
from recorder_core import S3, RecordingSpec, WebhookRequest, hookimpl
from recorder_core.clock import answering, is_answering
from recorder_core.emulation import callbacks
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.journal import MASK


def begin(service: TellingService, room: str = "lesson", **body: Any) -> float:
    """Start a recording; when that was."""
    now = service.clock.time()
    requests.post(f"{service.base_url}/start", json={"room": room, **body}, timeout=10).raise_for_status()
    return now


def ask(service: TellingService) -> None:
    """Let the last recording tell of itself now, and wait until that was heard."""
    requests.post(f"{service.base_url}/ask", timeout=10).raise_for_status()
    service.callbacks.wait()


@pytest.fixture
def delivering() -> Callable[[], list[threading.Thread]]:
    """The threads that deliver callbacks and weren't there before the test."""
    before = set(threading.enumerate())
    return lambda: [thread for thread in set(threading.enumerate()) - before if thread.name == "callbacks"]


# When


def test_a_callback_in_the_midst_of_a_wait(telling: TellingService, receiver: Receiver) -> None:
    """What is due 3 s into a wait of 120 s is received at that instant, stamped with it, and the wait ends there."""
    telling.join("lesson", "1001")
    start = begin(telling)
    signal = threading.Event()
    receiver.then = lambda _received: signal.set()
    monotonic = telling.clock.monotonic()
    assert telling.clock.wait(signal, 120)
    assert receiver.events == [("0/0", STARTED, start + 3, 0)]
    assert receiver.received[0].body["sent"] == start + 3
    assert telling.clock.time() == start + 3
    assert telling.clock.monotonic() == pytest.approx(monotonic + 3)
    assert telling.clock.wait(signal, 120), "a signal that is set already needs no time"
    signal.clear()
    assert not telling.clock.wait(signal, 117)
    assert telling.clock.time() == start + 120


@pytest.mark.parametrize("move", [EmulatorClock.advance, EmulatorClock.sleep])
def test_a_day_passes_with_everything_at_its_instant(telling: TellingService, receiver: Receiver, move: Any) -> None:
    """However far the clock moves at once, recordings side by side tell each thing when it happens, in that order."""
    telling.join("long", "1001")
    first = begin(telling, "short")
    telling.clock.advance(1.25)
    second = begin(telling, "long")
    telling.clock.advance(0.25)
    telling.leave("long", "1001")
    left = telling.clock.time()
    move(telling.clock, 86_400)
    assert receiver.events == [
        ("0/0", STARTED, first + 3, 0),
        ("1/0", STARTED, second + 3, 0),
        ("0/1", LEFT, first + IDLE_S, 0),
        ("1/1", LEFT, left + IDLE_S, 0),
        ("0/2", UPLOADED, first + IDLE_S + 2, 0),
        ("1/2", UPLOADED, left + IDLE_S + 2, 0),
    ]
    assert telling.clock.time() == left + 86_400


def test_presence_waits_for_what_it_causes(telling: TellingService, receiver: Receiver, clock: EmulatorClock) -> None:
    """A migration without an outage is told at once; it is received when the call returns."""
    begin(telling)
    telling.migrate("lesson", 0)
    assert [event[:2] for event in receiver.events] == [("0/0", 4)]
    telling.join("lesson", "1001")
    assert telling.callbacks.deliveries[0].at == clock.time()


def test_a_request_waits_for_no_delivery(telling: TellingService, receiver: Receiver) -> None:
    """The service answers while a receiver still thinks about a callback."""
    begin(telling)
    release, entered = threading.Event(), threading.Event()

    def think(_received: Any) -> None:
        entered.set()
        release.wait(10)

    receiver.then = think
    requests.post(f"{telling.base_url}/ask", timeout=10).raise_for_status()
    assert entered.wait(10)
    requests.post(f"{telling.base_url}/ask", timeout=10).raise_for_status()
    assert len(receiver.received) == 1
    release.set()
    telling.callbacks.wait()
    assert [event[0] for event in receiver.events] == ["0/0", "0/1"]


def test_time_passes_by_itself_on_a_real_clock(receiver: Receiver) -> None:
    """Nobody asks and nobody drives: a callback comes when it is due, and its repeat after its pause."""
    heard = threading.Event()
    receiver.then = lambda _received: heard.set() if len(receiver.received) == 2 else None
    receiver.answers = [500]
    with TellingService(callback_url=receiver.url, clock=EmulatorClock()) as service:
        start = begin(service)
        service.clock.advance(2.9)
        assert heard.wait(20)
        service.callbacks.wait()
        assert {delivery.attempt for delivery in service.callbacks.deliveries} == {0, 1}
        assert all(start + 3 <= delivery.at < start + 30 for delivery in service.callbacks.deliveries)


def test_services_that_share_a_clock_both_stop_it(clock: EmulatorClock, receiver: Receiver) -> None:
    """The callbacks of two services come in the order of their instants."""
    with (
        TellingService(clock=clock, callback_url=f"{receiver.url}one") as one,
        TellingService(clock=clock, callback_url=f"{receiver.url}two") as two,
    ):
        begin(one)
        clock.advance(1)
        begin(two)
        start = clock.time()
        clock.advance(3600)
    paths = [(received.path, received.at) for received in receiver.received[:3]]
    assert paths == [("/one", start + 2), ("/two", start + 3), ("/one", start + 29)]
    assert len(receiver.received) == 6


# Who calls whom


def test_a_receiver_may_call_the_service(
    telling: TellingService, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """From its handler it asks the vendor, looks, moves people and even waits itself; nobody waits for anybody."""
    start = begin(telling)

    def react(received: Any) -> None:
        if received.body["event"] == STARTED:
            requests.post(f"{telling.base_url}/ask", timeout=10).raise_for_status()
            assert telling.recordings[0].running
            telling.join("lesson", "1001")
            telling.clock.sleep(7)

    receiver.then = react
    telling.clock.advance(60)
    telling.callbacks.wait()
    assert [event[1] for event in receiver.events] == [STARTED, ASKED]
    assert telling.clock.time() == start + 67
    assert telling.present("lesson")
    assert "more than" not in caplog.text


def test_a_receiver_that_does_not_answer_holds_time_for_a_while(
    telling: TellingService, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After some real seconds time goes on with a warning; later moves don't wait for the same delivery again."""
    release = threading.Event()
    receiver.then = lambda _received: release.wait(10) and None
    start = begin(telling)
    with monkeypatch.context() as shorter, caplog.at_level(logging.WARNING, "recorder_core.emulation"):
        shorter.setattr(callbacks, "PATIENCE_S", 0.05)
        telling.clock.advance(10)
        telling.clock.advance(10)
    assert telling.clock.time() == start + 20
    assert caplog.text.count("took more than 0.05 s to answer") == 1
    release.set()
    while not telling.callbacks.deliveries:
        time.sleep(0.01)
    telling.clock.advance(40)
    assert [event[1] for event in receiver.events] == [STARTED, LEFT, UPLOADED]


@pytest.mark.parametrize("known", [True, False])
def test_a_receiver_may_wait_while_nobody_else_does(
    telling: TellingService, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """A request caused the callback, and its receiver lets time pass: at once if it says that it answers a callback.

    Otherwise it waits for its own answer as long as anybody would, once; the test waits for that answer all the same.
    """
    monkeypatch.setattr(callbacks, "PATIENCE_S", 0.3 if not known else 60)
    start, slept = begin(telling), threading.Event()

    def sleep(_received: Any) -> None:
        with answering() if known else nullcontext():
            telling.clock.sleep(0.5)
            telling.clock.sleep(0.5)
        slept.set()

    receiver.then = sleep
    requests.post(f"{telling.base_url}/ask", timeout=10).raise_for_status()
    assert slept.wait(10)
    receiver.then = lambda _received: None
    telling.clock.advance(1.5)
    assert telling.clock.time() == start + 2.5
    assert [got.accepted for got in telling.callbacks.deliveries] == [True]


def test_threads_that_move_the_clock_together_lose_no_time(telling: TellingService, receiver: Receiver) -> None:
    """Each thread's seconds count in full, whoever stops where, and everything is told once."""
    start = begin(telling)
    threads = [threading.Thread(target=telling.clock.sleep, args=(10,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    telling.callbacks.wait()
    assert telling.clock.time() == start + 80
    assert [event[1] for event in receiver.events] == [STARTED, LEFT, UPLOADED]


# Repeats


def test_what_is_not_accepted_is_repeated(telling: TellingService, receiver: Receiver) -> None:
    """At the vendor's pauses, made anew each time, and given up after the last; each attempt is on record."""
    receiver.answers = [500, 302, 404]
    start = begin(telling)
    telling.clock.advance(20)
    assert receiver.events == [
        ("0/0", STARTED, start + 3, 0),
        ("0/0", STARTED, start + 3, 1),
        ("0/0", STARTED, start + 8, 2),
    ]
    assert [received.body["sent"] for received in receiver.received] == [start + 3, start + 3, start + 8]
    assert [(got.at, got.attempt, got.status, got.accepted) for got in telling.callbacks.deliveries] == [
        (start + 3, 0, 500, False),
        (start + 3, 1, 302, False),
        (start + 8, 2, 404, False),
    ]


def test_the_vendor_says_what_is_accepted(clock: EmulatorClock, receiver: Receiver) -> None:
    """One that takes nothing but 200 for received repeats after 204."""

    class Strict(TellingService):
        def callback_accepts(self, status: int) -> bool:
            return status == 200

    receiver.answers = [204]
    with Strict(clock=clock, callback_url=receiver.url) as service:
        begin(service)
        clock.advance(4)
        assert [got.status for got in service.callbacks.deliveries] == [204, 200]


def test_nobody_there(clock: EmulatorClock, receiver: Receiver) -> None:
    """A receiver that is down costs its attempts, told without the address's secrets; then time goes on."""
    receiver.close()
    url = receiver.url.replace("http://", "http://user:pa55@") + "path?token=t0k3n"
    with TellingService(clock=clock, callback_url=url) as service:
        start = begin(service)
        clock.advance(20)
        deliveries = service.callbacks.deliveries
        assert [(got.at - start, got.status) for got in deliveries] == [(3, None), (3, None), (8, None)]
        assert {got.error for got in deliveries} == {"no connection, or it was closed without an answer"}
        assert {got.url for got in deliveries} == {f"{receiver.url}path"}
        assert "pa55" not in str(deliveries)
        assert "t0k3n" not in str(deliveries)


# Faults on demand


def test_a_duplicate(telling: TellingService, receiver: Receiver) -> None:
    """The same notification again, as a repeat would be, though it was accepted; the next one comes once."""
    telling.fail_next("callback", "duplicate")
    start = begin(telling)
    telling.clock.advance(31)
    assert receiver.events == [
        ("0/0", STARTED, start + 3, 0),
        ("0/0", STARTED, start + 3, 1),
        ("0/1", LEFT, start + 30, 0),
    ]
    assert [got.fault for got in telling.callbacks.deliveries] == ["duplicate", "duplicate", None]


def test_a_double(telling: TellingService, receiver: Receiver) -> None:
    """Two notifications of one happening, each of its own, at one instant."""
    telling.fail_next("callback", "double")
    start = begin(telling)
    telling.clock.advance(4)
    assert receiver.events == [("0/0", STARTED, start + 3, 0), ("0/0double", STARTED, start + 3, 0)]
    assert {received.body["sequence"] for received in receiver.received} == {0}


def test_one_that_is_late(telling: TellingService, receiver: Receiver) -> None:
    """It comes after the next one, with its own number; where none follows, it never comes."""
    telling.fail_next("callback", "late", 2)
    start = begin(telling)
    telling.clock.advance(60)
    assert receiver.events == [
        ("0/2", UPLOADED, start + 32, 0),
        ("0/0", STARTED, start + 32, 0),
        ("0/1", LEFT, start + 32, 0),
    ]
    telling.fail_next("callback", "late")
    ask(telling)
    telling.clock.advance(60)
    assert len(receiver.received) == 3


def test_one_that_is_lost(telling: TellingService, receiver: Receiver) -> None:
    """It never comes, and leaves a gap in the numbers."""
    telling.fail_next("callback", "lose", times=2)
    begin(telling)
    telling.clock.advance(60)
    assert [event[0] for event in receiver.events] == ["0/2"]


def test_faults_of_requests_and_of_notifications_are_kept_apart(telling: TellingService, receiver: Receiver) -> None:
    """`*` is any request and no notification; neither has the other's faults."""
    telling.fail_next("*", "503")
    ordered = telling.fail_next
    ordered("callback", "lose")
    assert requests.post(f"{telling.base_url}/callback", timeout=10).status_code == 200, "no operation of that name"
    with pytest.raises(requests.HTTPError, match="503"):
        begin(telling)
    begin(telling)
    telling.clock.advance(31)
    assert [event[1] for event in receiver.events] == [LEFT]
    for operation, fault in (("callback", "503"), ("callback", "die"), ("callback", "code:1"), ("start", "late")):
        with pytest.raises(ValueError, match=f"unknown fault '{fault}' of '{operation}'; there are "):
            telling.fail_next(operation, fault)


# To whom


def test_without_an_address_nothing_is_told(clock: EmulatorClock, receiver: Receiver, delivering: Any) -> None:
    """No thread is begun and no step taken until there is an address; then what happens is told, not what happened."""
    with TellingService(clock=clock) as service:
        begin(service)
        clock.advance(10)
        assert not service.callbacks.active
        assert not delivering()
        service.callbacks.url = receiver.url
        assert service.callbacks.active
        clock.advance(50)
        service.callbacks.url = None
        ask(service)
    assert [event[1] for event in receiver.events] == [LEFT, UPLOADED]
    assert not delivering()


def test_a_request_may_name_an_address(clock: EmulatorClock, receiver: Receiver) -> None:
    """It is told of that recording alone, at the exact instants, with and without an address of the service."""
    with TellingService(clock=clock) as service:
        start = begin(service, url=f"{receiver.url}own")
        begin(service)
        clock.advance(4)
        assert receiver.events == [("0/0", STARTED, start + 3, 0)]
        assert receiver.received[0].path == "/own"


@pytest.mark.parametrize("named", ["http://[", "http://127.0.0.1:x/", "http://localhost:99999/", "mailto:me", "?"])
def test_a_named_address_may_be_none(telling: TellingService, receiver: Receiver, named: str) -> None:
    """What a request names isn't checked by the vendor; nothing can be sent there, and others are told as before."""
    begin(telling, url=named)
    begin(telling)
    telling.clock.advance(4)
    assert [event[0] for event in receiver.events] == ["1/0"]
    assert {got.body["recording"]: got.status for got in telling.callbacks.deliveries} == {0: None, 1: 200}
    assert all(got.error for got in telling.callbacks.deliveries if got.status is None)


@pytest.mark.parametrize("own", [None, "http://198.51.100.7/callbacks"])
def test_a_named_address_elsewhere_is_never_called(clock: EmulatorClock, own: str | None) -> None:
    """An address that a test made up doesn't leave the machine; the attempt says why."""
    with TellingService(clock=clock, callback_url=own) as service:
        begin(service, url="https://example.com/hooks")
        clock.advance(4)
        attempt = service.callbacks.deliveries[0]
        assert (attempt.status, attempt.accepted) == (None, False)
        assert "isn't on this machine" in (attempt.error or "")


def test_only_what_is_ticked_is_sent(clock: EmulatorClock, receiver: Receiver) -> None:
    """`callback_kinds` are the vendor's numbers; one that it doesn't have is refused."""
    with TellingService(clock=clock, callback_url=receiver.url, callback_kinds=[LEFT]) as service:
        begin(service)
        clock.advance(60)
    assert [event[:2] for event in receiver.events] == [("0/1", LEFT)]
    with pytest.raises(ValueError, match="telling has no event 77, 99; there are 1, 2, 3, 4, 5"):
        TellingService(callback_kinds={99, LEFT, 77})


@pytest.mark.parametrize(
    "url", ["", "callbacks", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:0/", "http://[/", "http://h:x/", 7]
)
def test_an_address_is_a_url(url: Any) -> None:
    """Nothing else is taken, neither at the beginning nor later."""
    with pytest.raises(ValueError, match=r"a callback URL is http://host/path or https://host/path"):
        TellingService(callback_url=url)
    with pytest.raises(ValueError, match="a callback URL is"):
        TellingService().callbacks.url = url


def test_the_environment_has_no_say(
    telling: TellingService, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No proxy comes between the service and its receiver."""
    begin(telling)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    telling.clock.advance(4)
    assert [got.status for got in telling.callbacks.deliveries] == [200]


# What is seen of them


def test_what_is_shown_is_masked(telling: TellingService, receiver: Receiver) -> None:
    """The deliveries show each body with its secrets masked, and no headers; the receiver gets it whole."""
    begin(telling)
    telling.clock.advance(4)
    (delivery,) = telling.callbacks.deliveries
    assert delivery.body["secretKey"] == MASK
    assert (delivery.event, delivery.body["notice"], delivery.url) == (STARTED, "0/0", receiver.url)
    assert receiver.received[0].body["secretKey"] == "s3cr3t"
    assert receiver.received[0].headers["X-Signed"] == "yes"


def test_the_secret_is_made_up_or_given() -> None:
    """Each service has a secret of its own unless one is given; an empty one is refused."""
    assert TellingService(webhook_secret="ours").webhook_secret == "ours"
    assert len({TellingService().webhook_secret, TellingService().webhook_secret}) == 2
    with pytest.raises(ValueError, match="webhook_secret"):
        TellingService(webhook_secret="")


def test_an_emulator_that_fails_at_a_callback_says_so(
    telling: TellingService, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """What can't be made isn't sent; the log says why, and the next one is."""

    def failing(now: float, delivery: int) -> tuple[dict[str, str], bytes]:
        raise ZeroDivisionError

    begin(telling)
    telling.callbacks.emit(telling.clock.time(), None, failing, event=ASKED)
    telling.clock.advance(6)
    assert [event[1] for event in receiver.events] == [STARTED]
    assert telling.callbacks.deliveries[0].error == "the emulator itself failed; its log says how"
    assert "ZeroDivisionError" in caplog.text


# Over TLS


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_is_verified(clock: EmulatorClock, monkeypatch: pytest.MonkeyPatch, trusted: bool) -> None:
    """A receiver with HTTPS is told if `REQUESTS_CA_BUNDLE` vouches for it, else the attempt says what is wrong."""
    authority = trustme.CA()
    receiver = Receiver()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    with authority.cert_pem.tempfile() as bundle:
        if trusted:
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        with TellingService(clock=clock, callback_url=receiver.url.replace("http:", "https:")) as service:
            begin(service)
            clock.advance(4)
            delivery = service.callbacks.deliveries[0]
    receiver.close()
    assert delivery.accepted is trusted
    assert delivery.error == (None if trusted else "the receiver's certificate isn't trusted, or it speaks no TLS")


# Its end


@pytest.fixture
def silent() -> Iterator[tuple[Receiver, threading.Event]]:
    """A receiver that answers nobody until it is released."""
    receiver, release = Receiver(), threading.Event()
    receiver.then = lambda _received: release.wait(20) and None
    yield receiver, release
    release.set()
    receiver.close()


def test_closing_drops_what_waits(clock: EmulatorClock, receiver: Receiver, delivering: Any) -> None:
    """No notification follows the end of the service, and its thread ends with it; it may be closed twice."""
    receiver.answers = [500, 500]
    service = TellingService(clock=clock, callback_url=receiver.url)
    with service:
        begin(service)
        clock.advance(4)
    service.close()
    clock.advance(3600)
    service.callbacks.begin()
    service.callbacks.emit(clock.time(), None, lambda now, delivery: ({}, b""), event=ASKED)
    assert len(receiver.received) == 2
    assert not service.callbacks.wait()
    assert not delivering()


def test_closing_does_not_wait_for_a_silent_receiver(
    clock: EmulatorClock,
    silent: tuple[Receiver, threading.Event],
    monkeypatch: pytest.MonkeyPatch,
    delivering: Any,
) -> None:
    """A delivery that nobody answers outlives the service by its time-out at most, and nothing comes of it."""
    monkeypatch.setattr(callbacks, "PATIENCE_S", 0.05)
    receiver, release = silent
    service = TellingService(clock=clock, callback_url=receiver.url)
    with service:
        begin(service)
        clock.advance(3)
    (thread,) = delivering()
    release.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(receiver.received) == 1


def test_a_process_ends_though_a_service_was_never_closed(silent: tuple[Receiver, threading.Event]) -> None:
    """Neither the thread nor a delivery that nobody answers keeps a program alive."""
    receiver, _ = silent
    program = (
        "import sys, threading\n"
        "from emulation.telling import TellingService\n"
        "assert threading.active_count() == 1\n"
        "service = TellingService(callback_url=sys.argv[1]).start()\n"
        "service.callbacks.emit(0, None, lambda now, delivery: ({}, b'{}'), event=5)\n"
        "print(service.callbacks.active)\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", program, receiver.url),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_far_away_is_no_trouble(receiver: Receiver) -> None:
    """What is due in a thousand years keeps nobody from anything."""
    with TellingService(clock=EmulatorClock(), callback_url=receiver.url) as service:
        service.callbacks.emit(3.2e10, None, lambda now, delivery: ({}, b"{}"), event=ASKED)
        service.callbacks.emit(math.inf, None, lambda now, delivery: ({}, b"{}"), event=ASKED)
        service.clock.advance(1)
        service.callbacks.emit(0, None, lambda now, delivery: ({}, b'{"notice": 1, "event": 5}'), event=ASKED)
        service.callbacks.wait()
        assert len(receiver.received) == 1


@pytest.mark.parametrize("vendor", ["agora", "zegocloud"])
def test_whoever_receives_for_a_recorder_is_known_to_answer(
    emulated: Any, connected: Any, clock: EmulatorClock, receiver: Receiver, vendor: str
) -> None:
    """Whatever `receive` calls, such as hooks, never waits for the callback's own answer."""
    told: list[bool] = []

    class Told:
        @hookimpl
        def recorder_event(self, event: Any) -> None:
            told.append(is_answering())

    service = emulated(vendor, clock=clock, media=False, callback_url=receiver.url)
    recorder = connected(service, hooks=[Told()])

    def receive(received: Any) -> None:
        request = WebhookRequest(method="POST", url=receiver.url, headers=received.headers, body=received.raw)
        recorder.events.receive(request)

    receiver.then = receive
    service.join("lesson", "1001")
    recording = recorder.start(
        RecordingSpec(room="lesson", storage=S3(bucket="b", region="eu-west-1", access_key="AK", secret_key="SK"))
    )
    clock.advance(20)
    recorder.stop(recording)
    clock.advance(20)
    assert len(told) > 1
    assert all(told)
    assert {got.accepted for got in service.callbacks.deliveries} == {True}
