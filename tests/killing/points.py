"""The points between two writes at which a process is killed, by name, and where each is."""

from __future__ import annotations

from killing.lives import Doom, Point

OPERATIONS = {
    "agora": {"acquire": "acquire", "start": "start", "stop": "stop"},
    "zegocloud": {"start": "StartRecord", "stop": "StopRecord"},
}
"""What each vendor calls what is sent."""


def _call(name: str, method: str, when: str, nth: int = 1) -> Point:
    return Point(name, call={"method": method, "when": when, "nth": nth})


def _requests(vendor: str, what: str) -> tuple[Point, ...]:
    operation = OPERATIONS[vendor].get(what)
    if operation is None:
        return ()
    return (
        Point(f"{what} sent, and lost on its way", doom=Doom(operation, "lost")),
        Point(f"{what} sent, and carried out late", doom=Doom(operation, "late")),
        Point(f"{what} carried out, its answer not read", doom=Doom(operation, "answered")),
    )


def points_of(vendor: str) -> tuple[Point, ...]:
    """All of them, in their order."""
    is_paired = "acquire" in OPERATIONS[vendor]
    resource = (
        _call("acquire answered, resource id not noted", "note", "before"),
        _call("resource id noted, start not sent", "note", "after"),
    )
    told = 2 if is_paired else 1
    return (
        _call("intent not written", "begin", "before"),
        _call("intent written, nothing sent", "begin", "after"),
        *_requests(vendor, "acquire"),
        *(resource if is_paired else ()),
        *_requests(vendor, "start"),
        _call("id known, not noted", "note", "before", told),
        _call("id noted", "note", "after", told),
        _call("handle not written", "started", "before"),
        _call("handle written", "started", "after"),
        _call("wish to stop not written", "wish_stop", "before"),
        _call("wish to stop written, stop not sent", "wish_stop", "after"),
        *_requests(vendor, "stop"),
        _call("outcome not written", "see", "before"),
        _call("outcome written", "see", "after"),
    )
