"""From a tape to a bucket."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from recorder_core.emulation.bucket import BucketRefused, FolderBucket
from recorder_core.emulation.composer import Scene
from recorder_core.emulation.delivery import Delivery, Output, deliver, take_pictures
from recorder_core.emulation.room import Participant, Room
from recorder_core.emulation.taping import Tape


class FullBucket(FolderBucket):
    """Refuses everything."""

    def put(self, key: str, path: Path) -> None:
        raise BucketRefused("no room left")


def delivered(
    folder: Path,
    render: Callable[..., Scene],
    *,
    seconds: float = 2.0,
    media: bool = True,
    full: bool = False,
) -> Delivery:
    """A recording of one participant that began at 1000."""
    room = Room("lesson")
    room.join(Participant.of("1"), 1000)
    tape = Tape(room, 1000)
    tape.cut(1000, render)
    return deliver(
        tape,
        1000 + seconds,
        Output(formats=("mp4", "hls"), fps=5, segment_s=1),
        name=lambda extension, at: f"lesson_{at:.0f}.{extension}",
        prefix="school/",
        bucket=FullBucket(folder) if full else FolderBucket(folder),
        media=media,
        limit=60,
    )


def test_files_reach_the_bucket(tmp_path: Path, render: Callable[..., Scene]) -> None:
    """Every file is stored under prefix and name, and reported with its true size and time."""
    delivery = delivered(tmp_path, render)
    assert delivery.refused is None
    assert [file.name for file in delivery.files] == [
        "lesson_1000.mp4",
        "lesson_1000.ts",
        "lesson_1001.ts",
        "lesson_1000.m3u8",
    ]
    bucket = FolderBucket(tmp_path)
    assert bucket.list() == tuple(sorted(file.key for file in delivery.files))
    for file in delivery.files:
        assert file.key == f"school/{file.name}"
        assert len(bucket.read(file.key)) == file.size > 0
        assert (file.width, file.height) == (320, 180)
    assert [file.playlist for file in delivery.files] == [False, False, False, True]
    assert [file.started_at for file in delivery.files] == [1000, 1000, 1001, 1000]
    assert delivery.files[0].duration_s == 2


def test_a_bucket_that_refuses_fails_nothing(tmp_path: Path, render: Callable[..., Scene]) -> None:
    """A recording whose storage is wrong has files all the same; the vendor says where they are."""
    delivery = delivered(tmp_path, render, full=True)
    assert delivery.refused == "no room left"
    assert len(delivery.files) == 4


def test_without_media_names_go_on(tmp_path: Path, render: Callable[..., Scene]) -> None:
    """A day without media takes no time and leaves no object, but the files have their names."""
    delivery = delivered(tmp_path, render, seconds=86_400, media=False)
    assert [file.key for file in delivery.files] == ["school/lesson_1000.mp4", "school/lesson_1000.m3u8"]
    assert [file.playlist for file in delivery.files] == [False, True]
    assert {file.duration_s for file in delivery.files} == {86_400}
    assert FolderBucket(tmp_path).list() == ()


def test_nothing_recorded_delivers_nothing(tmp_path: Path, render: Callable[..., Scene]) -> None:
    """A recording that ended as it began has no files."""
    assert delivered(tmp_path, render, seconds=0) == Delivery(files=())


def test_a_driven_day_is_delivered_within_the_limit(
    tmp_path: Path, render: Callable[..., Scene], decode: Callable[[Path], Any]
) -> None:
    """The report tells the day, the media a minute."""
    delivery = delivered(tmp_path, render, seconds=86_400)
    assert delivery.files[0].duration_s == 86_400
    assert len(decode(tmp_path / delivery.files[0].key).frames) == 60 * 5


def test_a_hold_is_missing_from_the_media(tmp_path: Path, render: Callable[..., Scene]) -> None:
    """The file is as long as what was recorded, and a segment after the hold is named by its own second."""
    room = Room("lesson")
    room.join(Participant.of("1"), 1000)
    tape = Tape(room, 1000)
    tape.cut(1000, render)
    tape.hold(1001)
    tape.release(1031)
    delivery = deliver(
        tape,
        1032,
        Output(formats=("hls",), fps=5, segment_s=1),
        name=lambda extension, at: f"lesson_{at:.0f}.{extension}",
        prefix="",
        bucket=FolderBucket(tmp_path),
        media=True,
        limit=60,
    )
    assert [(file.name, file.duration_s) for file in delivery.files] == [
        ("lesson_1000.ts", 1.0),
        ("lesson_1031.ts", 1.0),
        ("lesson_1000.m3u8", 2.0),
    ]


def pictures(folder: Path, render: Callable[..., Scene], *, media: bool = True, full: bool = False) -> Delivery:
    """Pictures at 1001 and 1003, between which the only participant leaves."""
    room = Room("lesson")
    room.join(Participant.of("1"), 1000)
    room.leave("1", 1002)
    tape = Tape(room, 1000)
    tape.cut(1000, render)
    return take_pictures(
        tape,
        [1001, 1003],
        name=lambda extension, at: f"{at:.0f}.{extension}",
        prefix="stills/",
        bucket=FullBucket(folder) if full else FolderBucket(folder),
        media=media,
    )


def test_pictures_show_their_instant(tmp_path: Path, render: Callable[..., Scene]) -> None:
    """A JPG of the canvas's size for each instant, with what was seen then."""
    delivery = pictures(tmp_path, render)
    assert [(file.key, file.format) for file in delivery.files] == [
        ("stills/1001.jpg", "jpg"),
        ("stills/1003.jpg", "jpg"),
    ]
    colors = []
    for file in delivery.files:
        with Image.open(tmp_path / file.key) as picture:
            assert (picture.format, picture.size) == ("JPEG", (file.width, file.height))
            colors.append(picture.getpixel((file.width // 2, file.height // 2)))
    present, absent = colors
    assert all(abs(a - b) < 6 for a, b in zip(present, Participant.of("1").color, strict=True)), present
    assert not all(abs(a - b) < 60 for a, b in zip(absent, present, strict=True)), absent


def test_pictures_without_media_are_named_alone(tmp_path: Path, render: Callable[..., Scene]) -> None:
    """With media off they have their names and no content."""
    assert [file.size for file in pictures(tmp_path, render, media=False).files] == [0, 0]
    assert not list(tmp_path.iterdir())


def test_a_bucket_that_refuses_pictures_is_reported(tmp_path: Path, render: Callable[..., Scene]) -> None:
    """A refusal is told, and the pictures are listed with their sizes, as for recordings."""
    delivery = pictures(tmp_path, render, full=True)
    assert delivery.refused == "no room left"
    assert [file.name for file in delivery.files] == ["1001.jpg", "1003.jpg"]
    assert all(file.size > 0 for file in delivery.files)
