"""What the vendor lists, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recorder_core.models import RemoteRecording
from recorder_core.transport import Answer

from recorder_livekit.calls import Calls
from recorder_livekit.translate.answers import listed
from recorder_livekit.wire.answers import EgressInfo
from recorder_livekit.wire.requests import ListEgressRequest, PageToken

__all__ = ["egresses", "pages"]

MOST_PAGES = 1000
"""Of one list; each page of another token."""


def pages(
    calls: Calls, account: str, room: str | None, *, recording_id: str | None = None
) -> Iterator[tuple[Answer, tuple[tuple[EgressInfo, RemoteRecording], ...]]]:
    """The answers of a list of a room, or (None) of the whole project, each with what it lists.

    Raises:
        RecorderError: by what the vendor answered; a list that isn't whole is none.
    """
    token: str | None = None
    for _ in range(MOST_PAGES):
        wanted: dict[str, Any] = {"room_name": room, "page_token": None if token is None else PageToken(token=token)}
        answer = calls.send("ListEgress", recording_id, ListEgressRequest(**wanted).tree())
        page, token = listed(account, answer)
        yield answer, page
        if token is None:
            return


def egresses(
    calls: Calls, account: str, room: str | None, *, recording_id: str | None = None
) -> Iterator[tuple[EgressInfo, RemoteRecording]]:
    """What the vendor lists of a room, or (None) of the whole project.

    Raises:
        RecorderError: by what the vendor answered; a list that isn't whole is none.
    """
    for _, page in pages(calls, account, room, recording_id=recording_id):
        yield from page
