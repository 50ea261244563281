"""What may have killed a recording that died young: data, no logic.

What pkg/errors names (livekit/egress, 2026-08-21) and "Egress overview" (LiveKit docs, 2026) says.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CAUSES"]

_STORAGE = (
    "storage: it is first tried when there is something to upload. Check bucket, region and that the keys may write "
    "there; recorder.check_storage tells before a start"
)
_ROOM = (
    "room: it ended, or nobody published in it. Check its name, that url is its project, who publishes, and the room's "
    "empty_timeout and departure_timeout"
)
_PAGE = (
    "page: template_url can't be loaded by the vendor, or shows an error. Open it in a browser from outside your "
    "network: it has to be reachable, and so has the address of livekit-client in it"
)
_RECORDER = "vendor: its recorder had no processor or memory left, or was shut down: start again"

CAUSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "composite": (_ROOM, _PAGE, _STORAGE, _RECORDER),
        "individual": (
            "participant: nobody of that identity was in the room within 30 s, or they published nothing: compare it "
            "with the identity in their token",
            _ROOM,
            _STORAGE,
            _RECORDER,
        ),
        "web": (
            "page: web_page.url can't be loaded by the vendor, or with ready_timeout never logs START_RECORDING: open "
            "it in a browser without a session",
            _STORAGE,
            _RECORDER,
        ),
    }
)
"""By mode, the likeliest first, each with what to check."""
