"""The HTTP service, over real sockets."""

import json
import logging
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.journal import MASK
from recorder_core.emulation.limits import RateLimit
from recorder_core.emulation.room import Participant


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """One client with kept connections."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_a_request_arrives_as_it_was_sent(service: Any, session: requests.Session) -> None:
    """The path stays quoted, so that a quoted slash is no separator; query, headers and body are whole."""
    answer = session.put(
        f"{service.base_url}/rooms/a%2Fb%20c//?x=1%262&x=3&empty=", data=b"body", headers={"X-Case": "kept"}
    ).json()
    assert answer["path"] == "/rooms/a%2Fb%20c//"
    assert answer["segments"] == ["rooms", "a/b c"]
    assert answer["query"] == {"x": "1&2", "empty": ""}
    assert answer["header"] == "kept"
    assert answer["body"] == "body"


def test_a_body_may_come_in_chunks(service: Any, session: requests.Session) -> None:
    """Clients that don't know the length of their body are understood."""
    answer = session.post(f"{service.base_url}/x", data=iter([b"one ", b"two"]))
    assert answer.json()["body"] == "one two"


def test_connections_are_kept(service: Any) -> None:
    """Requests follow each other on one connection; a client that wants it closed gets it closed."""
    with socket.create_connection(("127.0.0.1", int(service.base_url.rpartition(":")[2]))) as client:
        stream = client.makefile("rb")
        for wish in ("keep-alive", "keep-alive", "close"):
            client.sendall(
                f"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: {wish}\r\n\r\n{{}}".encode()
            )
            assert stream.readline().startswith(b"HTTP/1.1 200 ")
            headers = dict(line.decode().split(": ", 1) for line in iter(stream.readline, b"\r\n"))
            assert json.loads(stream.read(int(headers["Content-Length"])))["body"] == "{}"
        assert stream.read() == b""
        stream.close()


@pytest.mark.parametrize(
    ("fault", "error", "acted"),
    [
        ("refuse", "RemoteDisconnected", False),
        ("reset", "ConnectionResetError", False),
        ("drop", "RemoteDisconnected", True),
        ("truncate", "IncompleteRead", True),
        ("stall", "Read timed out", False),
    ],
)
def test_faults_of_the_connection(service: Any, session: requests.Session, fault: str, error: str, acted: bool) -> None:
    """Each ends the connection in its own way, before or after the act; the next request is well."""
    service.fail_next("start", fault)
    body = {"room": "lesson"}
    with pytest.raises(requests.RequestException, match=error):
        session.post(f"{service.base_url}/start", json=body, timeout=0.5 if fault == "stall" else 10)
    assert service.handled == acted
    assert session.post(f"{service.base_url}/start", json=body, timeout=5).status_code == 200
    assert [entry.fault for entry in service.journal] == [fault, None]
    assert service.journal[0].status == (200 if fault == "truncate" else None)


def test_a_slow_answer_is_whole_in_the_end(service: Any, session: requests.Session) -> None:
    """A dripping body arrives in many pieces, to the last byte."""
    service.fail_next("*", "slow")
    with session.get(f"{service.base_url}/x", stream=True) as answer:
        pieces = list(answer.raw.stream(1))
    assert json.loads(b"".join(pieces))["path"] == "/x"


@pytest.mark.parametrize("fault", ["stall", "slow"])
def test_closing_ends_what_is_still_open(plain_service: type[Any], fault: str) -> None:
    """Neither a stalled nor a dripping answer outlives the service."""
    with plain_service() as service:
        service.fail_next("*", fault)
        ended = threading.Event()

        def ask() -> None:
            with pytest.raises(requests.RequestException):
                requests.get(f"{service.base_url}/x", timeout=60)
            ended.set()

        client = threading.Thread(target=ask)
        client.start()
        while not service.journal:
            client.join(0.01)
    assert ended.wait(10)
    client.join()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_bare_statuses(service: Any, session: requests.Session, status: int) -> None:
    """A gateway's answer has a status and nothing else, and nothing is done."""
    service.fail_next("*", str(status))
    answer = session.get(f"{service.base_url}/x")
    assert (answer.status_code, answer.content, service.handled) == (status, b"", 0)


def test_faults_of_the_answer(service: Any, session: requests.Session) -> None:
    """A captive portal answers after the request was carried out; the vendor's own 429 before."""
    service.fail_next("*", "not-json")
    answer = session.get(f"{service.base_url}/x")
    assert (answer.status_code, answer.headers["Content-Type"], service.handled) == (200, "text/html", 1)
    service.fail_next("*", "429")
    answer = session.get(f"{service.base_url}/x")
    assert (answer.status_code, answer.json(), service.handled) == (429, {"message": "too many"}, 1)


def test_the_vendors_own_faults_are_left_to_it(service: Any, session: requests.Session) -> None:
    """`die` and `code:<n>` reach the handler."""
    for fault, code in (
        ("die", None),
        ("code:53", 53),
        ("code:-7", -7),
        ("code:vendor_over_load", "vendor_over_load"),
    ):
        service.fail_next("*", fault)
        answer = session.get(f"{service.base_url}/x").json()
        assert (answer["fault"], answer["fault_code"]) == (fault, code)


def test_the_journal_keeps_every_request_masked(service: Any, session: requests.Session) -> None:
    """Query, body and answer are kept without their secrets; a body that isn't JSON only by its length."""
    session.post(f"{service.base_url}/a/b?Signature=abc&x=1", json={"secretKey": "abc", "room": "r"})
    session.post(f"{service.base_url}/a", data='{"secretKey": "abc"')
    first, second = service.journal
    assert (first.operation, first.method, first.path, first.status) == ("a", "POST", "/a/b", 200)
    assert first.query == {"Signature": MASK, "x": "1"}
    assert first.body == {"secretKey": MASK, "room": "r"}
    assert first.answer["secretKey"] == MASK
    assert second.body == "19 bytes that are not JSON"


def test_a_failure_of_the_emulator_is_an_answer(
    service: Any, session: requests.Session, caplog: pytest.LogCaptureFixture
) -> None:
    """An error in the emulator is a 500 that says so, and its trace is logged."""
    with caplog.at_level(logging.ERROR):
        answer = session.get(f"{service.base_url}/crash")
    assert answer.status_code == 500
    assert "the emulator itself failed" in answer.json()["message"]
    assert "ZeroDivisionError" in caplog.text


def test_ends_happen_at_their_own_instant(service: Any, session: requests.Session) -> None:
    """Driven over a day, a recording ended when it was due, and its files were made by then."""
    service.join("lesson", "1001")
    start = service.clock.time()
    session.post(f"{service.base_url}/start", json={"room": "lesson"})
    service.clock.advance(5)
    service.leave("lesson", "1001")
    assert service.recordings[0].running
    service.clock.advance(86_400)
    service.join("lesson", "1002")
    (recording,) = service.recordings
    assert (recording.running, recording.started_at, recording.ended_at) == (False, start, start + 35)
    assert recording.files == service.bucket.list() == ("x.mp4",)


def test_people_come_and_go(service: Any) -> None:
    """By id or as they are, with fields chosen; media on and off; the room is known afterwards."""
    ada = Participant.of("ada", name="Ada")
    assert service.join("lesson", ada, width=320).width == 320
    assert service.join("lesson", "1001", camera=False) == Participant.of("1001", camera=False)
    service.set_media("lesson", "1001", camera=True, microphone=False)
    assert [(person.name, person.camera, person.microphone) for person in service.present("lesson")] == [
        ("Ada", True, True),
        ("1001", True, False),
    ]
    service.leave("lesson", ada)
    assert list(service.rooms) == ["lesson"]
    with pytest.raises(ValueError, match="'ada' is not in room"):
        service.leave("lesson", "ada")


def test_a_whole_number_names_a_participant_by_its_digits(service: Any) -> None:
    """Numeric ids may be written as numbers, wherever somebody is named."""
    assert service.join("lesson", 1001) == Participant.of("1001")
    service.set_media("lesson", 1001, camera=False)
    assert [(person.id, person.camera) for person in service.present("lesson")] == [("1001", False)]
    service.leave("lesson", 1001)
    assert not service.present("lesson")


@pytest.mark.parametrize("method", ["join", "leave", "set_media"])
@pytest.mark.parametrize(
    ("room", "participant", "error", "sentence"),
    [
        ("lesson", "", ValueError, "a participant's id has at least one character; got ''"),
        *(
            ("lesson", wrong, TypeError, f"a participant's id is a text, such as '1001'; got {wrong!r}")
            for wrong in (None, 1001.0, True, b"1001", ["1001"])
        ),
        ("", "1001", ValueError, "a room's name has at least one character; got ''"),
        *(
            (wrong, "1001", TypeError, f"a room's name is a text, such as '1001'; got {wrong!r}")
            for wrong in (None, 42, ["lesson"])
        ),
    ],
)
def test_what_names_nobody_is_told(
    service: Any, method: str, room: Any, participant: Any, error: type[Exception], sentence: str
) -> None:
    """A room or a participant of the wrong type, or without a name, is refused and leaves no trace."""
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        getattr(service, method)(room, participant)
    assert not any(map(service.present, service.rooms))


def test_an_unknown_operation_cannot_fail(service: Any) -> None:
    """A fault for an operation that the vendor doesn't have is a typing error."""
    with pytest.raises(ValueError, match="unknown operation 'stop'; there are start, status and"):
        service.fail_next("stop", "503")


def test_rate_limits_count_driven_time_and_can_be_lifted(plain_service: type[Any]) -> None:
    """A driven wait spaces calls as a real one would; `rate_limits=False` lifts the limits."""
    limited, free = plain_service(), plain_service(rate_limits=False)
    limit = RateLimit(1, seconds=10_000)
    assert limited.allows(limit, "account")
    assert not limited.allows(limit, "account")
    limited.clock.advance(10_000)
    assert limited.allows(limit, "account")
    assert free.allows(limit, "account")


def test_limits_may_slide(plain_service: type[Any]) -> None:
    """With `sliding_limits` the edge of a second gives no second chance."""
    sliding, fixed = plain_service(sliding_limits=True), plain_service()
    for service, allowed in ((sliding, [True, False, True]), (fixed, [True, True, False])):
        limit = RateLimit(1, seconds=10_000)
        service.clock.advance(9_999.0 - service.clock.paced() % 10_000)
        answers = [service.allows(limit, "account")]
        service.clock.advance(500)
        answers.append(service.allows(limit, "account"))
        service.clock.advance(9_000 + 500)
        answers.append(service.allows(limit, "account"))
        assert answers == allowed


def test_latency_comes_before_everything(plain_service: type[Any], session: requests.Session) -> None:
    """Each request takes its real time before it is counted or handled; the control API takes none."""
    taken: list[int] = []
    handled_before: list[int] = []

    def latency() -> float:
        handled_before.append(service.handled)
        taken.append(len(taken))
        return 0.001

    with plain_service(latency=latency, media=False) as service:
        service.fail_next("start", "503")
        session.post(f"{service.base_url}/start", json={"room": "r"})
        session.post(f"{service.base_url}/start", json={"room": "r"})
        session.post(f"{service.base_url}/start", json={"room": "r"})
        session.get(f"{service.base_url}/_emulator/journal")
    assert (taken, handled_before) == ([0, 1, 2], [0, 0, 1])


def test_a_service_lives_once(plain_service: type[Any], tmp_path: Path) -> None:
    """Address and temporary bucket last as long as it serves; a given folder stays; a port can be fixed."""
    service = plain_service()
    for attribute in ("base_url", "bucket"):
        with pytest.raises(RuntimeError, match="before it is started"):
            getattr(service, attribute)
    with service:
        root = service.bucket.root
        assert root.is_dir()
        assert service.env == {"PLAIN_BASE_URLS": service.base_url}
        port = int(service.base_url.rpartition(":")[2])
        with pytest.raises(RuntimeError, match="once"):
            service.start()
    service.close()
    assert not root.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(service.base_url, timeout=5)
    kept = tmp_path / "kept"
    kept.mkdir()
    with plain_service(bucket=kept, port=port) as again:
        assert again.base_url == service.base_url
    assert kept.is_dir()


def test_a_media_limit_of_nothing_is_refused(plain_service: type[Any]) -> None:
    """The limit is more than 0 s."""
    with pytest.raises(ValueError, match="media_limit"):
        plain_service(media_limit=0)


def test_services_may_share_a_clock(plain_service: type[Any]) -> None:
    """Two services on one clock are both settled when it moves."""
    clock = EmulatorClock(frozen=True)
    with plain_service(clock=clock, media=False) as one, plain_service(clock=clock, media=False) as two:
        for service in (one, two):
            service.join("lesson", "1001")
            requests.post(f"{service.base_url}/start", json={"room": "lesson"}, timeout=5)
            service.leave("lesson", "1001")
        clock.advance(31)
        assert one.ended_at == two.ended_at == clock.time() - 1
