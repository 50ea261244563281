"""LiveKit's own client is satisfied by the emulator, unchanged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from livekit import api
from livekit.protocol import egress

from asking import ROOM
from recorder_livekit.emulator.service import LivekitEmulator


def asked(service: LivekitEmulator, ask: Callable[[Any], Awaitable[Any]], **credentials: str) -> Any:
    """What the client's egress service makes of something."""

    async def run() -> Any:
        secret = credentials.get("api_secret", service.api_secret)
        async with api.LiveKitAPI(service.base_url, service.api_key, secret) as client:
            return await ask(client.egress)

    return asyncio.run(run())


def request() -> Any:
    """A recording of the room to a file."""
    upload = egress.S3Upload(access_key="AK", secret="SK", bucket="b", region="r")
    file = egress.EncodedFileOutput(filepath="lessons/{room_name}", file_type=egress.EncodedFileType.MP4, s3=upload)
    return egress.RoomCompositeEgressRequest(room_name=ROOM, layout="grid", file_outputs=[file])


def test_the_client_records(service: LivekitEmulator) -> None:
    """Start, layout, list, stop: in protobuf's binary form, as its own types."""
    status = egress.EgressStatus
    started = asked(service, lambda client: client.start_room_composite_egress(request()))
    assert (started.status, started.room_name) == (status.EGRESS_STARTING, ROOM)
    service.clock.advance(3)
    id = started.egress_id
    update = egress.UpdateLayoutRequest(egress_id=id, layout="speaker")
    assert asked(service, lambda client: client.update_layout(update)).egress_id == id
    (info,) = asked(service, lambda client: client.list_egress(egress.ListEgressRequest(room_name=ROOM))).items
    assert info.status == status.EGRESS_ACTIVE
    assert info.room_composite.file_outputs[0].s3.access_key == "{access_key}"
    service.clock.advance(10)
    stop = egress.StopEgressRequest(egress_id=id)
    assert asked(service, lambda client: client.stop_egress(stop)).status == status.EGRESS_ENDING
    service.clock.advance(3)
    (ended,) = asked(service, lambda client: client.list_egress(egress.ListEgressRequest(egress_id=id))).items
    assert ended.status == status.EGRESS_COMPLETE
    (file,) = ended.file_results
    assert (file.filename, file.duration) == (f"lessons/{ROOM}.mp4", 11 * 10**9)


def test_the_client_is_refused_in_its_own_words(service: LivekitEmulator) -> None:
    """By Twirp's codes: a wrong secret, an unknown egress, a start without an output."""
    for code, ask, credentials in (
        (
            "unauthenticated",
            lambda client: client.list_egress(egress.ListEgressRequest()),
            {"api_secret": "another-secret-of-forty-signs-or-even-more"},
        ),
        ("not_found", lambda client: client.stop_egress(egress.StopEgressRequest(egress_id="EG_none")), {}),
        (
            "invalid_argument",
            lambda client: client.start_web_egress(egress.WebEgressRequest(url="https://a.example")),
            {},
        ),
    ):
        with pytest.raises(api.TwirpError) as caught:
            asked(service, ask, **credentials)
        assert caught.value.code == code
