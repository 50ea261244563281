"""What may have killed a recording that died young: data, no logic.

What the vendor's callbacks and FAQ name ("Recording status callback", 2025-11-26; FAQ entry of 2023-03-16).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CAUSES"]

_ROOM = (
    "room: nobody published in it for idle_timeout: check its name, that app_id is the application's project, and who "
    "publishes, or raise idle_timeout"
)
_STREAMS = (
    "participants: the stream ids aren't those that options.zegocloud.stream_id makes: compare them with what the "
    "application publishes"
)
_RECORDER = "vendor: its recorder failed to start or lost its connection: start again"
_LOGIN = "room: the recorder couldn't log in to it: check its name and app_id"
_NAME = "room: the file's name, which ids are parts of, was too long: shorten room, participants and stream ids"
_STORAGE = (
    "storage: not the cause, but never checked so far: the vendor tries bucket and keys only after the end, and keeps "
    "what they refuse in its backup; recorder.check_storage tells before a start"
)

CAUSES: Mapping[str | None, tuple[str, ...]] = MappingProxyType(
    {
        None: (_ROOM, _STREAMS, _RECORDER, _LOGIN, _NAME, _STORAGE),
        "idle": (_ROOM, _STREAMS, _STORAGE),
        "fault": (_RECORDER, _LOGIN, _NAME, _STORAGE),
    }
)
"""By what is known of its end, the likeliest first, each with what to check."""
