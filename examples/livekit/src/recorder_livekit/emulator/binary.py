"""Protobuf's binary form, which the vendor's own clients speak: by its published types, where they are installed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

__all__ = ["BINARY", "BinaryError", "from_binary", "to_binary"]

BINARY = "application/protobuf"
NAMES = {
    "StartRoomCompositeEgress": ("RoomCompositeEgressRequest", "EgressInfo"),
    "StartParticipantEgress": ("ParticipantEgressRequest", "EgressInfo"),
    "StartWebEgress": ("WebEgressRequest", "EgressInfo"),
    "UpdateLayout": ("UpdateLayoutRequest", "EgressInfo"),
    "UpdateStream": ("UpdateStreamRequest", "EgressInfo"),
    "StopEgress": ("StopEgressRequest", "EgressInfo"),
    "ListEgress": ("ListEgressRequest", "ListEgressResponse"),
}
"""The types of each call's request and answer."""


class BinaryError(Exception):
    """The body is none of the call's type, or the vendor's types aren't installed."""


def from_binary(operation: str, body: bytes) -> dict[str, Any]:
    """A request as JSON has it.

    Raises:
        BinaryError: it can't be read.
    """
    protobuf, (request, _) = _json_format(), _types(operation)
    message = request()
    try:
        message.ParseFromString(body)
    except import_module("google.protobuf.message").DecodeError:
        raise BinaryError("the protobuf request could not be decoded") from None
    tree: dict[str, Any] = protobuf.MessageToDict(message, preserving_proto_field_name=True)
    return tree


def to_binary(operation: str, tree: Mapping[str, Any]) -> bytes:
    """An answer in protobuf's binary form.

    Raises:
        BinaryError: the vendor's types aren't installed.
    """
    _, answer = _types(operation)
    return bytes(_json_format().ParseDict(dict(tree), answer()).SerializeToString())


def _types(operation: str) -> tuple[Any, Any]:
    try:
        types = import_module("livekit.protocol.egress")
    except ModuleNotFoundError:
        raise BinaryError("livekit-protocol is not installed, so that only JSON is spoken") from None
    request, answer = NAMES[operation]
    return getattr(types, request), getattr(types, answer)


def _json_format() -> Any:
    try:
        return import_module("google.protobuf.json_format")
    except ModuleNotFoundError:
        raise BinaryError("protobuf is not installed, so that only JSON is spoken") from None
