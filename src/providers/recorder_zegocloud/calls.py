"""How an action is addressed, planned and sent: all of them at one path, each by its name in the query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from recorder_core.models import Recording
from recorder_core.plan import PlannedRequest
from recorder_core.transport import Answer, Call, Transport
from recorder_zegocloud.config import ZegocloudConfig

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

        Raises:
            RecorderError: by what the vendor answered.
        """
        body = {"TaskId": recording.native["TaskId"]} if body is None else body
        return self.send(action, recording.id, body, base_url=recording.base_url)

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
        )
        return self.transport.send(call, base_url=base_url)


def _query(config: ZegocloudConfig, action: str) -> dict[str, str]:
    query = {"Action": action, "AppId": str(config.app_id)}
    if config.is_test is not None:
        query["IsTest"] = str(config.is_test).lower()
    return query
