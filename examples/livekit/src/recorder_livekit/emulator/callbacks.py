"""What an emulated egress tells by callback: `WebhookEvent` in protobuf's JSON, signed by a token."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from pydantic.alias_generators import to_camel
from recorder_core.emulation.callbacks import CallbackSender

from recorder_livekit.emulator.protocol import webhook_token

__all__ = ["EgressEvent", "Notifier", "camel_case"]


class EgressEvent(IntEnum):
    """The events of an egress. The vendor has names for them and no numbers: these are the emulator's."""

    STARTED = 1
    UPDATED = 2
    ENDED = 3

    @property
    def event(self) -> str:
        """The vendor's name of it."""
        return f"egress_{self.name.lower()}"


class Notifier:
    """Signs the callbacks of one project, and hands them over for delivery.

    Args:
        api_key: the project's key.
        secret: what signs them.
        callbacks: who delivers.
    """

    def __init__(self, api_key: str, secret: str, callbacks: CallbackSender) -> None:
        self._api_key = api_key
        self._secret = secret
        self._callbacks = callbacks

    def send(self, at: float, urls: Sequence[str], event: EgressEvent, info: Mapping[str, Any]) -> None:
        """Send an event of `at` (Unix s) to the project's address, and to those of the request."""
        told = {
            "event": event.event,
            "egressInfo": camel_case(info),
            "id": f"EV_{secrets.token_urlsafe(9)}",
            "createdAt": str(int(at)),
        }
        body = json.dumps(told, ensure_ascii=False).encode()

        def render(now: float, _deliveries: int) -> tuple[dict[str, str], bytes]:
            token = webhook_token(body, api_key=self._api_key, secret=self._secret, now=now)
            return {"Content-Type": "application/webhook+json", "Authorization": token}, body

        for url in (None, *urls):
            self._callbacks.emit(at, url, render, event=event)


def camel_case(tree: Any) -> Any:
    """A tree with the names that protobuf's JSON has by default."""
    if isinstance(tree, Mapping):
        return {to_camel(name): camel_case(value) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [camel_case(item) for item in tree]
    return tree
