"""The vendor's service on loopback, as its documents have it. It knows nothing of the neutral models."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.room import Room
from recorder_core.emulation.service import EmulatedService

ACCOUNT, KEY = "account-1", "the-api-key-of-account-1"
IDLE_S = 300.0
"""Seconds after which the vendor ends the recording of an empty room."""
REFUSALS = {
    401: EmulatedResponse(401, {"code": "unauthorized", "message": "who are you?"}),
    404: EmulatedResponse(404, {"code": "not_found", "message": "no such recording"}),
    405: EmulatedResponse(405, {"code": "bad_request", "message": "there is no such call"}),
}


@dataclass(eq=False)
class Made:
    """A recording at the vendor."""

    room: Room
    body: dict[str, Any]
    started_at: float
    idle_from: float | None
    ended_at: float | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def over(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.ended_at is not None

    def next_due(self, now: float) -> float | None:
        """When it ends by itself."""
        return None if self.idle_from is None else self.idle_from + IDLE_S

    def settle(self, now: float) -> None:
        """Let happen what is due, and see whether anybody is there."""
        if self.idle_from is not None and now >= self.idle_from + IDLE_S:
            self.ended_at = self.ended_at or self.idle_from + IDLE_S
        self.idle_from = None if self.room.present(now) else self.idle_from or now

    def described(self) -> dict[str, Any]:
        """The vendor's words for it."""
        if self.ended_at is not None:
            ending = {"hls": "m3u8"}.get(self.body["format"], self.body["format"])
            return {"id": self.id, "state": "done", "files": [f"{self.id}.{ending}"]}
        return {"id": self.id, "state": "starting" if self.idle_from is not None else "recording", "files": []}


class VendornameEmulator(EmulatedService):
    """Vendorname's service."""

    name = "vendorname"
    operations = frozenset({"start", "find", "status", "stop"})
    secret_names = frozenset({"key", "secret"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._made: dict[str, Made] = {}

    @property
    def env(self) -> dict[str, str]:
        """What points a recorder at it."""
        return {"VENDORNAME_ACCOUNT_ID": ACCOUNT, "VENDORNAME_API_KEY": KEY, "VENDORNAME_BASE_URLS": self.base_url}

    def emulated_recordings(self) -> list[EmulatedRecording]:
        """All recordings."""
        return [
            EmulatedRecording(
                ids={"id": one.id},
                room=one.room.name,
                running=not one.over,
                started_at=one.started_at,
                ended_at=one.ended_at,
            )
            for one in self._made.values()
        ]

    def operation(self, request: EmulatedRequest) -> str:
        """What a request asks."""
        named = {"POST": "start", "DELETE": "stop"}.get(request.method)
        return named or ("find" if request.segments == ("recordings",) else "status")

    def rate_limited(self) -> EmulatedResponse:
        """Too many calls."""
        return EmulatedResponse(429, {"code": "too_many", "message": "wait"})

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        """Carry a request out."""
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return REFUSALS[401]
        if request.fault_code is not None:  # what a test has ordered: the battery orders every code of the rules
            return EmulatedResponse(400, {"code": request.fault_code, "message": "as ordered"})
        match request.method, request.segments:
            case "POST", ("recordings",):
                return self._start(request.json())
            case "GET", ("recordings",):
                wanted = request.query.get("reference")
                found = [one.id for one in self._made.values() if one.body["reference"] == wanted]
                return EmulatedResponse(200, {"recordings": found})
            case "GET" | "DELETE", ("recordings", number) if number in self._made:
                made = self._made[number]
                if request.method == "DELETE" and not made.over:
                    made.ended_at = self.clock.time()
                    self.replan(made)
                return EmulatedResponse(200, made.described())
            case "GET" | "DELETE", ("recordings", _):
                return REFUSALS[404]
            case _:
                return REFUSALS[405]

    def _start(self, body: dict[str, Any]) -> EmulatedResponse:
        for one in self._made.values():
            if one.body["reference"] == body["reference"]:
                return EmulatedResponse(200, one.described())
        made = Made(self.room(body["room"]), body, self.clock.time(), None)
        self._made[made.id] = made
        self.watch(made, made.room.name)
        return EmulatedResponse(201, made.described())
