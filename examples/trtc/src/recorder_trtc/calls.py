"""How an action is addressed, planned and sent: all of them at one path, each by its name in a header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder_core.models import Recording
from recorder_core.plan import PlannedRequest
from recorder_core.transport import Answer, Call, Transport
from recorder_trtc.config import TrtcConfig
from recorder_trtc.tables import REMOVING_REGION

__all__ = ["Calls", "planned", "task_of"]

REMOVING = frozenset({"RemoveUser", "RemoveUserByStrRoomId"})


def planned(config: TrtcConfig, action: str, body: Mapping[str, Any]) -> PlannedRequest:
    """A request as a plan shows it: at the first host. Its name stands in the header X-TC-Action. Pure."""
    return PlannedRequest(action, "POST", f"{config.hosts()[0].rstrip('/')}/", body)


def task_of(config: TrtcConfig, recording: Recording) -> dict[str, Any]:
    """What names a recording's task in every body."""
    return {"SdkAppId": config.sdk_app_id, "TaskId": recording.native["TaskId"]}


class Calls:
    """Sends the actions of one application.

    Args:
        transport: what carries them.
        config: of the application.
    """

    def __init__(self, transport: Transport, config: TrtcConfig) -> None:
        self.transport = transport
        self.config = config

    def of(self, recording: Recording, action: str, body: Mapping[str, Any] | None = None) -> Answer:
        """The answer to an action on a task, in the region of its start; None: the body names the task alone.

        Raises:
            RecorderError: by what the vendor answered.
        """
        body = task_of(self.config, recording) if body is None else body
        return self.send(action, recording.id, body, region=recording.native.get("Region"))

    def send(
        self,
        action: str,
        recording_id: str | None,
        body: Mapping[str, Any],
        *,
        region: str | None = None,
        base_url: str | None = None,
    ) -> Answer:
        """The answer to an action.

        Args:
            action: its name.
            recording_id: whose it is, for errors and the journal; None: no recording's.
            body: whole.
            region: that carries it out; None: the configured one.
            base_url: the host; None: the first that can be reached.

        Raises:
            RecorderError: by what the vendor answered.
        """
        region = region or self.config.region
        if action in REMOVING:
            region = REMOVING_REGION.get(region, region)
        call = Call(
            operation=action,
            method="POST",
            path="/",
            headers={"X-TC-Action": action, "X-TC-Region": region},
            body=body,
            recording_id=recording_id,
            requires=("Response",),
            starts=action == "CreateCloudRecording",
        )
        return self.transport.send(call, base_url=base_url)
