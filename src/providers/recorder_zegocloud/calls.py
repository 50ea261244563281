"""How an action is addressed, planned and sent: all of them at one path, each by its name in the query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from recorder_core.errors import RecordingNotFound
from recorder_core.models import Recording
from recorder_core.plan import PlannedRequest
from recorder_core.transport import Answer, Call, Transport
from recorder_zegocloud.config import ZegocloudConfig
from recorder_zegocloud.tables import Code

__all__ = ["Calls", "planned"]


def planned(config: ZegocloudConfig, action: str, body: Mapping[str, Any]) -> PlannedRequest:
    """A request as a plan shows it: at the first host, without what is made anew for each sending. Pure."""
    return PlannedRequest(action, "POST", f"{config.hosts()[0].rstrip('/')}/?{urlencode(_query(config, action))}", body)


class Calls:
    """Sends the actions of one project.

    Args:
        transport: what carries them.
        config: of the project.
    """

    def __init__(self, transport: Transport, config: ZegocloudConfig) -> None:
        self.transport = transport
        self.config = config

    def of(self, recording: Recording, action: str, body: Mapping[str, Any] | None = None) -> Answer:
        """The answer to an action on a task, at the host that it was started at; None: its body is the TaskId alone.

        Where that host isn't known, as after a callback alone told of the task, the first one that knows the task.

        Raises:
            RecorderError: by what the vendor answered.
        """
        body = {"TaskId": recording.native["TaskId"]} if body is None else body
        *others, last = (recording.base_url,) if recording.base_url else self.config.hosts()
        for base_url in others:
            try:
                answer = self.send(action, recording.id, body, base_url=base_url)
            except RecordingNotFound as error:
                if error.vendor_code != Code.NO_SUCH_TASK:
                    raise
            else:
                if answer.envelope.code != Code.NO_SUCH_TASK:
                    return answer
        return self.send(action, recording.id, body, base_url=last)

    def send(
        self, action: str, recording_id: str | None, body: Mapping[str, Any], *, base_url: str | None = None
    ) -> Answer:
        """The answer to an action.

        Args:
            action: its name.
            recording_id: whose it is, for errors and the journal; None: no recording's.
            body: whole.
            base_url: the host; None: the first that can be reached.

        Raises:
            RecorderError: by what the vendor answered.
        """
        call = Call(
            operation=action,
            method="POST",
            path="/",
            query=_query(self.config, action),
            body=body,
            recording_id=recording_id,
            starts=action == "StartRecord",
        )
        return self.transport.send(call, base_url=base_url)


def _query(config: ZegocloudConfig, action: str) -> dict[str, str]:
    query = {"Action": action, "AppId": str(config.app_id)}
    if config.is_test is not None:
        query["IsTest"] = str(config.is_test).lower()
    return query
