"""Files of emulated tasks, decoded again: recorded over raw HTTP, from start to bucket."""

from collections.abc import Iterator
from typing import Any

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer

from recorder_core.emulation.room import Participant

WINDOWS = [
    {"StreamId": "1001", "Left": 0, "Top": 0, "Right": 201, "Bottom": 180, "Layer": 0},
    {"StreamId": "1002", "Left": 201, "Top": 0, "Right": 320, "Bottom": 91, "Layer": 1},
]
TURNED = [
    {"StreamId": "1002", "Left": 0, "Top": 0, "Right": 320, "Bottom": 180, "Layer": 0},
    {"StreamId": "1001", "Left": 220, "Top": 110, "Right": 310, "Bottom": 170, "Layer": 1},
]


def assert_shows(picture: Any, x: int, y: int, expected: tuple[int, int, int]) -> None:
    """Assert that a pixel has a colour, give or take what the codec does to it."""
    shown = picture[y, x].astype(int)
    assert np.abs(shown - expected).max() <= 12, (x, y, shown, expected)


def assert_window(picture: Any, window: dict[str, Any]) -> None:
    """The centre and points 2 px inside each edge have the participant's colour."""
    left, top, right, bottom = (window[side] for side in ("Left", "Top", "Right", "Bottom"))
    middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
    for x, y in (
        (middle_x, middle_y),
        (left + 2, middle_y),
        (right - 3, middle_y),
        (middle_x, top + 2),
        (middle_x, bottom - 3),
    ):
        assert_shows(picture, x, y, Participant.of(window["StreamId"]).color)


def test_the_picture_follows_the_layout(serve: Any, film: Any) -> None:
    """An MP4 shows the windows of the start, then those of the update, and who has no window isn't heard."""
    call = serve(media=True)
    service = call.service
    for participant in ("1001", "1002", "1003"):
        service.join("room-42", participant)
    task_id = call.start({"MixMode": 1, "MixInputList": WINDOWS, "MixOutputBackgroundColor": 0x10203000})
    service.clock.advance(6)
    change = {"TaskId": task_id, "MixMode": 1, "MixInputList": TURNED}
    assert call("UpdateLayout", change)["Code"] == 0
    service.clock.advance(4)
    call.stop(task_id)
    (file,) = call.describe(task_id)["RecordFiles"]
    assert service.bucket.list() == (file["FileId"],)
    content = service.bucket.read(file["FileId"])
    decoded = film(content)
    assert decoded.streams == ["audio", "video"]
    assert file["FileSize"] == len(content)
    assert decoded.at(0).shape == (file["ResolutionHeight"], file["ResolutionWidth"], 3) == (180, 320, 3)
    assert abs(file["Duration"] / 1000 - len(decoded.pictures) / 10) < 0.2
    for second in (0, 3.9):
        for window in WINDOWS:
            assert_window(decoded.at(second), window)
        assert_shows(decoded.at(second), 260, 140, (16, 32, 48))
    for second in (4, 7.9):
        assert_window(decoded.at(second), TURNED[1])
        assert_shows(decoded.at(second), 100, 90, Participant.of("1002").color)
    heard = {round(Participant.of(id).tone_hz / 10) * 10 for id in ("1001", "1002")}
    assert decoded.tones(1, 3) == heard
    assert decoded.tones(5, 7) == heard


def test_hls(serve: Any, film: Any) -> None:
    """A playlist lists its segments by bare names; they lie beside it and play one after another."""
    call = serve(media=True)
    call.service.join("room-42", "1001")
    task_id = call.start(
        RecordOutputParams={
            "OutputFileFormat": "hls",
            "OutputFolder": "record/2026/",
            "FragmentSeconds": 4,
            "RealtimeUploadFragment": True,
            "ShortFragmentPath": True,
        }
    )
    call.service.clock.advance(12)
    call.stop(task_id)
    bucket = call.service.bucket
    (file,) = call.describe(task_id)["RecordFiles"]
    assert file["FileId"].endswith(".m3u8")
    assert file["OutputFileFormat"] == "hls"
    playlist = bucket.read(f"record/2026/{file['FileId']}").decode()
    segments = [line for line in playlist.splitlines() if not line.startswith("#")]
    assert len(segments) == 3
    assert {f"record/2026/{name}" for name in (*segments, file["FileId"])} == set(bucket.list())
    assert call.service.recordings[0].files == tuple(sorted(bucket.list(), key=lambda key: key.endswith("m3u8")))
    assert file["FileSize"] == sum(len(bucket.read(key)) for key in bucket.list())
    played = sum(len(film(bucket.read(f"record/2026/{name}")).pictures) for name in segments)
    assert played == 100
    assert_shows(film(bucket.read(f"record/2026/{segments[1]}")).at(0), 160, 90, Participant.of("1001").color)


@pytest.mark.parametrize(
    ("stream_type", "file_format", "expected"),
    [
        (1, "mp4", [("A", "mp4", ["audio"])]),
        (1, "mp3", [("A", "mp3", ["audio"])]),
        (1, "ogg", [("A", "ogg", ["audio"])]),
        (1, "aac", [("A", "aac", ["audio"])]),
        (2, "mp4", [("V", "mp4", ["video"])]),
        (3, "flv", [("VA", "flv", ["audio", "video"])]),
        (4, "mp4", [("V", "mp4", ["video"]), ("A", "aac", ["audio"])]),
    ],
)
def test_formats(
    serve: Any, film: Any, stream_type: int, file_format: str, expected: list[tuple[str, str, list[str]]]
) -> None:
    """StreamType and OutputFileFormat decide how many files there are, their names, and what is in them."""
    call = serve(media=True)
    call.service.join("room-42", "1001")
    task_id = call.start(
        RecordInputParams={"StreamType": stream_type}, RecordOutputParams={"OutputFileFormat": file_format}
    )
    call.service.clock.advance(5)
    call.stop(task_id)
    files = call.describe(task_id)["RecordFiles"]
    found = []
    for file in files:
        letters, utc_and_extension = file["FileId"].split("_")[-2:]
        content = call.service.bucket.read(file["FileId"])
        assert file["FileSize"] == len(content)
        found.append((letters, utc_and_extension.split(".")[1], film(content).streams))
        assert file["OutputFileFormat"] == found[-1][1]
        assert file["MediaTrackType"] == {"A": 1, "V": 2, "VA": 3}[letters]
        assert bool(file["ResolutionWidth"]) is (letters != "A")
    assert found == expected


@pytest.fixture
def s3() -> Iterator[Any]:
    """An S3 endpoint on loopback, and a client of it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
    )
    server.stop()


def test_an_s3_endpoint_of_ones_own(serve: Any, film: Any, s3: Any) -> None:
    """Vendor 10 uploads to EndPoint; a bucket that isn't there makes file status 4."""
    s3.create_bucket(Bucket="lessons")
    call = serve(media=True)
    endpoint = {
        "Vendor": 10,
        "EndPoint": s3.meta.endpoint_url,
        "S3ForcePathStyle": True,
        "Region": "us-east-1",
    }
    call.service.join("room-42", "1001")
    stored, refused = (
        call.start(StorageParams=endpoint | {"Bucket": bucket}, RecordOutputParams={"OutputFolder": "a/"})
        for bucket in ("lessons", "missing")
    )
    call.service.clock.advance(5)
    call.stop(stored)
    call.stop(refused)
    (file,) = call.describe(stored)["RecordFiles"]
    assert file["Status"] == 3
    content = s3.get_object(Bucket="lessons", Key=f"a/{file['FileId']}")["Body"].read()
    assert len(film(content).pictures) == 30
    assert call.describe(refused)["RecordFiles"][0]["Status"] == 4


def test_a_driven_day_is_no_day_of_media(serve: Any, film: Any) -> None:
    """Reports speak of the whole time, the media itself is shortened to its limit."""
    call = serve(media=True, media_limit=4)
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(86400)
    call.service.clock.advance(5)
    (file,) = call.describe(task_id)["RecordFiles"]
    assert file["Duration"] == (86400 - 2) * 1000
    assert len(film(call.service.bucket.read(file["FileId"])).pictures) == 40


def test_media_can_be_switched_off(call: Any) -> None:
    """Without media the files have names and statuses, and nothing is stored."""
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(5)
    call.stop(task_id)
    (file,) = call.describe(task_id)["RecordFiles"]
    assert (file["Status"], file["FileSize"], file["Duration"]) == (3, 0, 3000)
    assert call.service.bucket.list() == ()
