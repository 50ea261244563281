"""How a call is addressed, planned and sent: Twirp, JSON over POST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder_core.plan import PlannedRequest
from recorder_core.transport import Answer, Call, Transport

from recorder_livekit.config import LivekitConfig
from recorder_livekit.rules import STARTS
from recorder_livekit.tables import PATH

__all__ = ["Calls", "planned"]

NAMED = ("egress_id|egressId",)
"""What an answer that tells of one egress must hold."""


def planned(config: LivekitConfig, operation: str, body: Mapping[str, Any]) -> PlannedRequest:
    """A request as a plan shows it: at the first host, without the token. Pure."""
    return PlannedRequest(operation, "POST", f"{config.hosts()[0].rstrip('/')}{PATH}/{operation}", body)


class Calls:
    """Sends the calls of one project.

    Args:
        transport: what carries them.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def send(
        self, operation: str, recording_id: str | None, body: Mapping[str, Any], *, base_url: str | None = None
    ) -> Answer:
        """The answer to a call.

        Args:
            operation: the vendor's name of it.
            recording_id: whose it is, for errors and the journal; None: no recording's.
            body: whole.
            base_url: the host; None: the first that can be reached.

        Raises:
            RecorderError: by what the vendor answered.
        """
        call = Call(
            operation=operation,
            method="POST",
            path=f"{PATH}/{operation}",
            body=body,
            recording_id=recording_id,
            requires=NAMED if operation in (*STARTS, "UpdateLayout") else (),
            starts=operation in STARTS,
        )
        return self.transport.send(call, base_url=base_url)
