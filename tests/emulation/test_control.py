"""The control API, for programs in any language."""

from typing import Any

import pytest
import requests

from emulation.telling import MOVED, Receiver, TellingService
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.journal import MASK


def test_a_lesson_driven_over_http(service: Any) -> None:
    """Join, record, leave, let time pass, look: everything that a test needs, without Python."""
    control = f"{service.base_url}/_emulator"
    with requests.Session() as session:
        answer = session.post(
            f"{control}/participants",
            json={"room": "lesson", "participant": "1001", "action": "join", "microphone": False},
        )
        assert answer.json() == {"room": "lesson", "present": ["1001"]}
        assert not service.present("lesson")[0].microphone
        session.post(f"{service.base_url}/start", json={"room": "lesson", "secretKey": "SK-EXAMPLE"})
        answer = session.post(
            f"{control}/participants", json={"room": "lesson", "participant": "1001", "action": "leave"}
        )
        assert answer.json() == {"room": "lesson", "present": []}
        now = service.clock.time()
        assert session.post(f"{control}/clock", json={"advance": 31.5}).json() == {"time": now + 31.5}
        assert session.get(f"{control}/recordings").json() == [
            {
                "ids": {"id": "1"},
                "room": "lesson",
                "running": False,
                "started_at": now,
                "ended_at": now + 30,
                "files": ["x.mp4"],
            }
        ]
        order = {"operation": "start", "fault": "503", "times": 2}
        assert session.post(f"{control}/faults", json=order).json() == order
        statuses = [session.post(f"{service.base_url}/start", json={"room": "a"}).status_code for _ in range(3)]
        assert statuses == [503, 503, 200]
        journal = session.get(f"{control}/journal").json()
    assert [entry["status"] for entry in journal] == [200, 503, 503, 200]
    assert "SK-EXAMPLE" not in str(journal)


@pytest.mark.parametrize(
    ("order", "body", "sentence"),
    [
        ("participants", {"room": "r", "participant": "1"}, "action: Field required"),
        (
            "participants",
            {"room": "r", "participant": "1", "action": "sing"},
            "action: Input should be 'join' or",
        ),
        (
            "participants",
            {"room": "r", "participant": 1, "action": "join"},
            "participant: Input should be a valid",
        ),
        (
            "participants",
            {"room": "", "participant": "1", "action": "join"},
            "room: String should have at least 1",
        ),
        ("participants", {"room": "r", "participant": "1", "action": "leave"}, "'1' is not in room 'r'"),
        ("participants", {"room": "r", "participant": "1", "action": "join", "x": 1}, "x: Extra inputs"),
        ("clock", {"advance": -1}, "advance: Input should be greater than or equal to 0"),
        ("clock", {"advance": 1e9}, "advance: Input should be less than or equal to 315360000"),
        ("clock", {"advance": 1e300}, "advance: Input should be less than or equal to 315360000"),
        ("clock", {"advance": "1"}, "advance: Input should be a valid number"),
        ("clock", [], "the body: Input should be an object"),
        ("faults", {"operation": "start", "fault": "explode"}, "unknown fault 'explode'"),
        ("faults", {"operation": "sing", "fault": "503"}, "unknown operation 'sing'"),
        ("faults", {"operation": "start", "fault": "503", "times": 0}, "times: Input should be greater than"),
        ("clock", None, "the body: Invalid JSON"),
        ("faults", {"operation": "callback", "fault": "503"}, "unknown fault '503' of 'callback'; there are duplicate"),
        ("faults", {"operation": "start", "fault": "late"}, "unknown fault 'late' of 'start'; there are refuse"),
        ("callbacks", {}, "url: Field required"),
        ("callbacks", {"url": "here"}, "a callback URL is http://host/path or https://host/path"),
        ("callbacks", {"url": 7}, "url: Input should be a valid string"),
        ("migrations", {"room": "r"}, "nothing is recorded in room 'r'"),
        ("migrations", {"room": ""}, "room: String should have at least 1"),
        ("migrations", {"room": "r", "outage": -1}, "outage: Input should be greater than or equal to 0"),
        ("migrations", {"room": "r", "outage": 1e9}, "outage is a number of seconds, 0 to 3600"),
    ],
)
def test_a_bad_order_is_told_why(service: Any, order: str, body: Any, sentence: str) -> None:
    """Status 400 and a sentence that names the key."""
    content = {"json": body} if body is not None else {"data": b"{"}
    answer = requests.post(f"{service.base_url}/_emulator/{order}", timeout=5, **content)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_unknown_paths_and_methods(service: Any) -> None:
    """A wrong path is answered with the right ones, a wrong method with the right one."""
    answer = requests.get(f"{service.base_url}/_emulator/nothing", timeout=5)
    assert answer.status_code == 404
    assert "/_emulator/recordings" in answer.json()["error"]
    answer = requests.post(f"{service.base_url}/_emulator/journal", json={}, timeout=5)
    assert answer.status_code == 405
    answer = requests.get(f"{service.base_url}/_emulator/clock", timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (405, "/_emulator/clock takes POST, not GET")
    answer = requests.delete(f"{service.base_url}/_emulator/callbacks", timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (
        405,
        "/_emulator/callbacks takes GET or POST, not DELETE",
    )
    assert not service.journal


def test_callbacks_driven_over_http(clock: EmulatorClock, receiver: Receiver) -> None:
    """The address is set while it serves, faults are ordered, a server is lost, and every attempt can be seen."""
    with TellingService(clock=clock) as service, requests.Session() as session:
        control = f"{service.base_url}/_emulator"
        assert session.get(f"{control}/callbacks").json() == []
        assert session.post(f"{control}/callbacks", json={"url": receiver.url}).json() == {"url": receiver.url}
        session.post(f"{service.base_url}/start", json={"room": "lesson"})
        start = clock.time()
        assert session.post(f"{control}/faults", json={"operation": "callback", "fault": "lose"}).status_code == 200
        session.post(f"{control}/clock", json={"advance": 4})
        answer = session.post(f"{control}/migrations", json={"room": "lesson", "outage": 2}).json()
        assert answer == {"room": "lesson", "outage": 2}
        session.post(f"{control}/clock", json={"advance": 2})
        assert session.get(f"{control}/callbacks").json() == [
            {
                "at": start + 6,
                "event": MOVED,
                "url": receiver.url,
                "attempt": 0,
                "body": {
                    "recording": 0,
                    "event": MOVED,
                    "sequence": 1,
                    "secretKey": MASK,
                    "notice": "0/1",
                    "sent": start + 6,
                    "delivery": 0,
                },
                "status": 200,
                "accepted": True,
                "error": None,
                "fault": None,
            }
        ]
        assert session.post(f"{control}/callbacks", json={"url": None}).json() == {"url": None}
        session.post(f"{control}/clock", json={"advance": 60})
    assert len(receiver.received) == 1
