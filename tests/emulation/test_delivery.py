"""From a tape to a bucket."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from recorder_core.emulation.bucket import BucketRefused, FolderBucket
from recorder_core.emulation.composer import Scene
from recorder_core.emulation.delivery import Delivery, Output, deliver
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
