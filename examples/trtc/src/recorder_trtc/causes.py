"""What may have killed a recording that died young: data, no logic.

What the vendor's callbacks and best practices name ("On-Cloud Recording", Tencent Cloud, 2024-04-26).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CAUSES"]

_ROOM = (
    'room: nobody published in it for idle_timeout: check its name, options.trtc.room_id_type (room "42" and room 42 '
    "are two rooms), and that sdk_app_id is the application's"
)
_USER = (
    "options.trtc.user_id: somebody else entered the room under the recorder's user id, another recording perhaps: "
    "leave the option out"
)
_TICKET = "app_key: the recorder couldn't enter the room: check that it is the application's SDKSecretKey"
_STORAGE = "storage: the bucket refused the files: recorder.check_storage tells before a start"
_RECORDER = "vendor: its recorder failed: start again"

CAUSES: Mapping[str | None, tuple[str, ...]] = MappingProxyType(
    {
        None: (_ROOM, _TICKET, _USER, _STORAGE, _RECORDER),
        "idle": (_ROOM, _STORAGE),
        "fault": (_TICKET, _USER, _RECORDER, _STORAGE),
    }
)
"""By what is known of its end, the likeliest first, each with what to check."""
