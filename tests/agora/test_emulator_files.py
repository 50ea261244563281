"""The files that an emulated recording leaves, decoded again."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

STORAGE = {"vendor": 1, "region": 4, "bucket": "b", "accessKey": "AK", "secretKey": "SK"}
VIDEO = {"width": 640, "height": 360, "fps": 15, "bitrate": 800}
BOTH = {"avFileType": ["hls", "mp4"]}


def pictures(path: Path) -> NDArray[np.uint8]:
    """All frames in RGB."""
    with av.open(path) as container:
        return np.array([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def tones(path: Path, start_s: float, end_s: float) -> set[int]:
    """The tones in Hz, to the nearest 20, that stand out between two seconds."""
    with av.open(path) as container:
        stream = container.streams.audio[0]
        rate = stream.codec_context.sample_rate
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream)])
    part = sound[int(start_s * rate) : int(end_s * rate)]
    strength = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    loud = np.fft.rfftfreq(len(part), 1 / rate)[strength > 0.2 * strength.max()]
    return {round(frequency / 20) * 20 for frequency in loud}


def shows(picture: NDArray[np.uint8], x: int, y: int, color: tuple[int, int, int]) -> bool:
    """Whether a pixel has a colour, but for what the codec does to it."""
    return bool(np.abs(picture[y, x].astype(int) - color).max() <= 12)


def inner_points(left: int, top: int, right: int, bottom: int) -> list[tuple[int, int]]:
    """The centre and points 2 px inside each edge."""
    return [
        (x, y) for x in (left + 2, (left + right) // 2, right - 3) for y in (top + 2, (top + bottom) // 2, bottom - 3)
    ]


@pytest.fixture(scope="module")
def image_server() -> Iterator[str]:
    """Serves one orange BMP at every path but `/missing`."""
    written = io.BytesIO()
    Image.new("RGB", (64, 36), (250, 120, 10)).save(written, "BMP")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if self.path == "/missing" else 200)
            self.end_headers()
            self.wfile.write(written.getvalue())

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_recording_with_a_layout_change(serve: Any, call: Any) -> None:
    """The picture follows the wire layout, before and after updateLayout; who is left out isn't heard."""
    service = serve(media=True)
    caller = call(service)
    anna, bert, carl = (service.join(caller.cname, uid) for uid in ("11", "12", "13"))
    regions = [
        {"uid": "12", "x_axis": 0, "y_axis": 0, "width": 0.75, "height": 1},
        {"x_axis": 0.75, "y_axis": 0, "width": 0.25, "height": 0.5},
        {"x_axis": 0.75, "y_axis": 0.5, "width": 0.25, "height": 0.5},
    ]
    caller.begin(
        {
            "unSubscribeAudioUids": ["13"],
            "subscribeVideoUids": ["#allstream#"],
            "transcodingConfig": VIDEO | {"mixedVideoLayout": 3, "layoutConfig": regions},
        },
        recordingFileConfig=BOTH,
        storageConfig=STORAGE | {"fileNamePrefix": ["school", "room7"]},
    )
    service.clock.advance(3 + 10)
    layout = {"mixedVideoLayout": 1, "backgroundColor": "#404040"}
    assert caller.layout(layout).status_code == 200
    service.clock.advance(10)
    assert caller.stop().json()["serverResponse"]["uploadingStatus"] == "uploaded"

    stem = f"school/room7/{caller.sid}_{caller.cname}"
    keys = service.bucket.list()
    assert keys == service.bucket.list()
    assert set(keys) == set(service.recordings[0].files)
    assert sorted(re.sub(r"_\d{17}\.ts", "_UTC.ts", key) for key in keys) == [
        f"{stem}.m3u8",
        f"{stem}_0.mp4",
        f"{stem}_UTC.ts",
        f"{stem}_UTC.ts",
    ]
    for name in (f"{stem}_0.mp4", f"{stem}.m3u8"):
        frames = pictures(service.bucket.path(name))
        assert frames.shape == (300, 360, 640, 3)
        for frame, windows in (
            (frames[75], {bert: (0, 0, 480, 360), anna: (480, 0, 640, 180), carl: (480, 180, 640, 360)}),
            (frames[145], {bert: (0, 0, 480, 360), anna: (480, 0, 640, 180), carl: (480, 180, 640, 360)}),
            (frames[155], {anna: (0, 0, 320, 180), bert: (320, 0, 640, 180), carl: (0, 180, 320, 360)}),
            (frames[290], {anna: (0, 0, 320, 180), bert: (320, 0, 640, 180), carl: (0, 180, 320, 360)}),
        ):
            for person, box in windows.items():
                assert all(shows(frame, x, y, person.color) for x, y in inner_points(*box))
        assert shows(frames[290], 480, 270, (0x40, 0x40, 0x40))
        heard = {round(person.tone_hz / 20) * 20 for person in (anna, bert)}
        assert tones(service.bucket.path(name), 2, 8) == tones(service.bucket.path(name), 12, 18) == heard


def test_canvas_without_transcoding_config(serve: Any, call: Any) -> None:
    """Without `transcodingConfig`: 360x640 at 15 fps, floating, HLS alone."""
    service = serve(media=True)
    caller = call(service)
    anna = service.join(caller.cname, "11")
    caller.begin()
    service.clock.advance(3 + 4)
    caller.stop()
    frames = pictures(service.bucket.path(f"{caller.sid}_{caller.cname}.m3u8"))
    assert frames.shape == (60, 640, 360, 3)
    assert all(shows(frames[30], x, y, anna.color) for x, y in inner_points(0, 0, 360, 640))


def test_camera_off(serve: Any, call: Any, image_server: str) -> None:
    """A camera goes off: its last frame for 3.5 s, then the configured image that could be downloaded."""
    service = serve(media=True)
    caller = call(service)
    anna = service.join(caller.cname, "11")
    caller.begin(
        {
            "transcodingConfig": VIDEO
            | {
                "mixedVideoLayout": 1,
                "defaultUserBackgroundImage": f"{image_server}/image.bmp",
                "backgroundConfig": [{"uid": "11", "image_url": f"{image_server}/missing"}],
            }
        },
        recordingFileConfig=BOTH,
    )
    service.clock.advance(3 + 4)
    service.set_media(caller.cname, "11", camera=False)
    service.clock.advance(8)
    caller.stop()
    frames = pictures(service.bucket.path(f"{caller.sid}_{caller.cname}_0.mp4"))
    for second, color in ((3.5, anna.color), (7, anna.color), (8, (250, 120, 10)), (11, (250, 120, 10))):
        assert shows(frames[int(second * 15)], 320, 180, color)


def test_lists_can_change(serve: Any, call: Any) -> None:
    """update replaces the lists: from then on others are seen."""
    service = serve(media=True)
    caller = call(service)
    anna, bert = (service.join(caller.cname, uid) for uid in ("11", "12"))
    caller.begin(
        {"subscribeVideoUids": ["11"], "transcodingConfig": VIDEO | {"mixedVideoLayout": 1}},
        recordingFileConfig=BOTH,
    )
    service.clock.advance(3 + 4)
    caller.update({"streamSubscribe": {"videoUidList": {"subscribeVideoUids": ["12"]}}})
    service.clock.advance(4)
    caller.stop()
    path = service.bucket.path(f"{caller.sid}_{caller.cname}_0.mp4")
    frames = pictures(path)
    assert shows(frames[30], 320, 180, anna.color)
    assert shows(frames[90], 320, 180, bert.color)
    with av.open(path) as container:
        assert not container.streams.audio


@pytest.mark.parametrize(("profile", "channels"), [(0, 1), (1, 1), (2, 2)])
def test_sound_only(serve: Any, call: Any, profile: int, channels: int) -> None:
    """`streamTypes` 0 makes files without a picture; `audioProfile` says how many channels."""
    service = serve(media=True)
    caller = call(service)
    service.join(caller.cname, "11")
    caller.begin({"streamTypes": 0, "audioProfile": profile}, recordingFileConfig=BOTH)
    service.clock.advance(3 + 2)
    caller.stop()
    with av.open(service.bucket.path(f"{caller.sid}_{caller.cname}_0.mp4")) as container:
        assert not container.streams.video
        assert container.streams.audio[0].codec_context.sample_rate == 48000
        assert container.streams.audio[0].channels == channels


def test_file_lasts_from_first_stream_to_last_user(serve: Any, call: Any) -> None:
    """The file begins with the first stream and ends with the last user's leaving."""
    service = serve(media=True)
    caller = call(service)
    caller.begin({"maxIdleTime": 100, "transcodingConfig": VIDEO}, recordingFileConfig=BOTH)
    service.clock.advance(50)
    service.join(caller.cname, "11")
    service.clock.advance(6)
    service.leave(caller.cname, "11")
    service.clock.advance(1000)
    recording = service.recordings[0]
    assert recording.ended_at == pytest.approx(recording.started_at + 156)
    assert len(pictures(service.bucket.path(f"{caller.sid}_{caller.cname}_0.mp4"))) == 90


def test_bucket_that_refuses(serve: Any, call: Any) -> None:
    """An S3-compatible endpoint that can't be reached: the answer is `backuped`, the bucket empty."""
    service = serve(media=True)
    caller = call(service)
    service.join(caller.cname, "11")
    endpoint = {"extensionParams": {"endpoint": "127.0.0.1:1"}}
    caller.begin(storageConfig=STORAGE | {"vendor": 11, "region": 0} | endpoint)
    service.clock.advance(3 + 2)
    answer = caller.stop()
    assert answer.status_code == 200
    assert answer.json()["serverResponse"]["uploadingStatus"] == "backuped"
    assert service.recordings[0].files == service.bucket.list() == ()
