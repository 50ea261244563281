"""What may have killed a recording that died young: data, no logic.

It is what the vendor checks only after start has answered 200 ("Best practices" and "Cloud Recording API callback
service", Agora, 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CAUSES"]

_STORAGE = (
    "storage: it is never checked at start. Check that bucket and region are right, that the keys may write there "
    "(recorder.check_storage tries it), and that it lies in options.agora.region where that is set"
)
_OF_A_ROOM = (
    _STORAGE,
    "token: missing, expired, or made for another uid or room, while the project's App Certificate is on. Check that "
    "token_factory, or options.agora.token, makes it for the recorder's own uid, and that it outlives the recording",
    "uid: somebody in the room has the recorder's uid and put it out. Check recorder_uid_range and options.agora.uid "
    "against the uids of the room's users",
    "room: nobody is in it. Check that the users join a room of this very name, letter by letter, with this app_id, "
    "and with the same encryption",
    "idle_timeout: nobody came, or everybody left, for as long as it lasts. Check when people come, and set it longer; "
    "the vendor advises 300 s",
)

CAUSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "mix": _OF_A_ROOM,
        "individual": _OF_A_ROOM,
        "web": (
            "page: it can't be loaded, asks for a login, leads to another domain, or doesn't call "
            "navigator.notifyReady() within ready_timeout. Check web_page.url in a browser without a session",
            _STORAGE,
            "page: it is more than the vendor's browser can show. Check it for WebGL and for sources above 1280x720",
        ),
    }
)
"""By mode, the likeliest first, each with what to check."""
