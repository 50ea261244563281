"""How a method is addressed, planned and sent: each at a path of the project's, those of a recording below its ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder_agora.config import AgoraConfig
from recorder_core.errors import UnexpectedResponse
from recorder_core.models import Recording
from recorder_core.plan import PlannedRequest
from recorder_core.transport import Answer, Call, Transport, quote_path

__all__ = ["Calls", "path_of", "planned"]

ECHOED = frozenset({"cname", "resourceId", "sid", "serverResponse"})
"""What answers to the methods of a recording have, some or all of it ("update", "query" and others, Agora, 2026); the
gateway's refusals have none of it."""


def planned(config: AgoraConfig, operation: str, path: str, body: Mapping[str, Any]) -> PlannedRequest:
    """A request as a plan shows it: at the first host. Pure."""
    return PlannedRequest(operation, "POST", f"{config.hosts()[0].rstrip('/')}{_root(config)}{path}", body)


def path_of(recording: Recording, operation: str) -> str:
    """The path of a method of one recording, below the project's."""
    native = recording.native
    ids = quote_path("resourceid", native["resourceId"], "sid", native["sid"], "mode", native["mode"])
    return f"{ids}/{operation}"


class Calls:
    """Sends the methods of one project.

    Args:
        transport: what carries them.
        config: of the project.
    """

    def __init__(self, transport: Transport, config: AgoraConfig) -> None:
        self.transport = transport
        self.config = config

    def of(self, recording: Recording, operation: str, body: Mapping[str, Any] | None = None) -> Answer:
        """The answer to a method of one recording; one without a body only asks.

        Raises:
            RecorderError: by what the vendor answered.
        """
        method = "GET" if body is None else "POST"
        path = _root(self.config) + path_of(recording, operation)
        call = Call(operation=operation, method=method, path=path, body=body, recording_id=recording.id)
        answer = self.transport.send(call)
        if answer.status == 200 and ECHOED.isdisjoint(answer.body):
            raise UnexpectedResponse(
                "accepted, by its status, but the answer names no recording",
                provider="agora",
                operation=operation,
                recording_id=recording.id,
                http_status=answer.status,
                vendor_message=answer.envelope.message,
                request_id=answer.envelope.request_id,
                hint="Something between here and the vendor may have answered in its place: check proxies and "
                "base_urls. Ask for the status, and do it again.",
            )
        return answer

    def send(
        self,
        operation: str,
        recording_id: str | None,
        path: str,
        body: Mapping[str, Any],
        *,
        base_url: str | None = None,
        requires: tuple[str, ...] = (),
    ) -> Answer:
        """The answer to a method that concerns no recording yet.

        Args:
            operation: its name.
            recording_id: whose it will be, for errors and the journal; None: no recording's.
            path: below the project's.
            body: whole.
            base_url: the host; None: the first that can be reached.
            requires: what an accepted answer must have.

        Raises:
            RecorderError: by what the vendor answered.
        """
        call = Call(
            operation=operation,
            method="POST",
            path=_root(self.config) + path,
            body=body,
            recording_id=recording_id,
            requires=requires,
            starts=operation == "start",
        )
        return self.transport.send(call, base_url=base_url)

    def ask(self, operation: str, path: str, *, base_url: str | None = None) -> Answer:
        """The answer to a method that concerns no project.

        Args:
            operation: its name.
            path: the whole one.
            base_url: the host; None: the first that can be reached.

        Raises:
            RecorderError: by what the vendor answered.
        """
        return self.transport.send(Call(operation=operation, method="GET", path=path), base_url=base_url)


def _root(config: AgoraConfig) -> str:
    return f"{quote_path('v1', 'apps', config.app_id)}/cloud_recording"
