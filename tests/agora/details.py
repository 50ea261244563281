"""What notifications of the emulated service say in `details`, by seconds since the beginning."""

from __future__ import annotations

from typing import Any

EPOCH_MS = 1_800_000_000_000
RECEIVING, GONE = 0, 1


def ms(second: float) -> int:
    """A second since the beginning, as the wire has it."""
    return EPOCH_MS + int(second * 1000)


def stream(second: float, uid: str, state: int) -> dict[str, Any]:
    """Details of 43 and 44."""
    return {"streamUid": uid, "state": state, "UtcMs": ms(second)}


def slice_of(second: float, uid: str, tracks: str, last: float | None = None) -> dict[str, Any]:
    """Details of 42; `last` is the end of what was recorded of the stream before."""
    interrupted = second if last is None else last
    return {
        "startUtcMs": ms(second),
        "discontinueUtcMs": ms(interrupted),
        "mixedAllUser": uid == "0",
        "streamUid": uid,
        "trackType": tracks,
    }


def file(name: str, uid: str, tracks: str, second: float) -> dict[str, Any]:
    """An entry of the file list of 31 and 32."""
    return {
        "fileName": name,
        "trackType": tracks,
        "uid": uid,
        "mixedAllUser": uid == "0",
        "isPlayable": True,
        "sliceStartTime": ms(second),
    }
