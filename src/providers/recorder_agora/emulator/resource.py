"""What acquire gives out, and which starts it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from recorder_agora.emulator.protocol import refusal
from recorder_agora.emulator.session import Session

__all__ = ["Resource"]

RESOURCE_LIFE_S: Final = 300.0


@dataclass(slots=True, kw_only=True)
class Resource:
    """Serves one start.

    Attributes:
        id: `resourceId`.
        cname: as in acquire.
        uid: as in acquire.
        is_web: `scene` 1 was acquired.
        region: the area that must record, if acquire named one.
        acquired_at: Unix s of the emulated clock.
        hours: how long calls reach the recording.
        start_parameter: what start has to say, if acquire was told.
        session: what was started with it.
    """

    id: str
    cname: str
    uid: str
    is_web: bool
    region: str | None
    acquired_at: float
    hours: int
    start_parameter: Any
    session: Session[Any] | None = None

    def check_mode(self, mode: str) -> None:
        """Refuse a start in a mode that the acquired scene isn't for."""
        if self.is_web != (mode == "web"):
            raise refusal(2, "start", "Start: invalid mode value! Scene 1 of acquire is for mode web, 0 for the others")

    def check_identity(self, cname: str, uid: str, operation: str) -> None:
        """Refuse another recorder's call."""
        if (cname, uid) != (self.cname, self.uid):
            raise refusal(432, operation, cname=cname, uid=uid, resourceId=self.id)

    def check_startable(
        self, client_request: Any, now: float, running: Session[Any] | None, *, sid_in_201: bool
    ) -> None:
        """Refuse a start that comes twice, too late, other than announced, or beside the same recorder's `running` one.

        A recording that runs already tells that the call doesn't suit it.
        """
        echo = {"cname": self.cname, "uid": self.uid, "resourceId": self.id}
        started = self.session
        if started is not None and started.ended_at is None:
            started.complain(now)
            raise refusal(7, "start", **echo, sid=started.identity.sid if sid_in_201 else None)
        if started is not None:
            raise refusal(1005, "start", **echo)
        if now - self.acquired_at > RESOURCE_LIFE_S:
            raise refusal(433, "start", **echo)
        if self.start_parameter is not None and self.start_parameter != client_request:
            raise refusal(432, "start", "startParameter of acquire differs", **echo)
        if running is not None:
            running.complain(now)
            raise refusal(53, "start", **echo)
