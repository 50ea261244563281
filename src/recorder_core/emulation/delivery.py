"""From a tape to files in a bucket: the one place that knows whether media is made at all."""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image

from recorder_core.emulation.bucket import Bucket, BucketRefused
from recorder_core.emulation.composer import compose
from recorder_core.emulation.encoder import AudioSettings, MediaFile, encode
from recorder_core.emulation.taping import Tape

Name = Callable[[str, float], str]
"""The name of a file from its extension (`mp4`, `m3u8`, `ts` …) and the Unix second at which it begins."""

JPEG_QUALITY: Final = 95
"""Of 100, so that flat colours survive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a recording is encoded to."""

    formats: tuple[str, ...]
    """Of `mp4`, `hls`, `flv`, `aac`, `mp3`, `ogg`."""
    fps: int = 15
    video: bool = True
    audio: AudioSettings | None = field(default_factory=AudioSettings)
    segment_s: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredFile:
    """A file that a recording made; all zero sizes when media is off."""

    name: str
    key: str
    format: str
    """As in `Output.formats`; `ts` for a segment, `jpg` for a picture."""
    playlist: bool
    started_at: float
    """Unix s of the emulated clock."""
    duration_s: float
    """Of the emulated time that it stands for; the media itself may be shortened to the media limit."""
    size: int = 0
    """Bytes."""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The files of a recording, and why the bucket didn't take them (None when it did)."""

    files: tuple[DeliveredFile, ...]
    refused: str | None = None


def deliver(
    tape: Tape,
    until: float,
    output: Output,
    *,
    name: Name,
    prefix: str,
    bucket: Bucket,
    media: bool,
    limit: float,
) -> Delivery:
    """Encode `tape` up to `until` and put the files into `bucket`.

    With `media` False nothing is encoded or stored, and the files are named all the same: one per format, for
    HLS the playlist alone. `limit` is the most seconds of media. A bucket that refuses makes no exception:
    the vendors' calls never fail because of it.
    """
    shots = tape.shots(until)
    length = tape.elapsed(until)
    if not shots or not length:
        return Delivery(files=())

    def file_name(extension: str, start_s: float) -> str:
        return name(extension, tape.instant(start_s))

    if not media:
        extensions = {"hls": "m3u8"}
        named = [(file_name(extensions.get(format, format), 0.0), format) for format in output.formats]
        return Delivery(
            files=tuple(
                DeliveredFile(
                    name=found,
                    key=prefix + found,
                    format=format,
                    playlist=format == "hls",
                    started_at=tape.started_at,
                    duration_s=length,
                )
                for found, format in named
            )
        )
    refused = None
    with tempfile.TemporaryDirectory(prefix="recorder-media-") as folder:
        made = encode(
            shots,
            length,
            fps=output.fps,
            video=output.video,
            audio=output.audio,
            into=Path(folder),
            name=file_name,
            formats=output.formats,
            segment_s=output.segment_s,
            limit=limit,
        )
        try:
            for file in made:
                bucket.put(prefix + file.name, file.path)
        except BucketRefused as error:
            refused = str(error)
    return Delivery(files=tuple(_delivered(file, tape, prefix) for file in made), refused=refused)


def take_pictures(
    tape: Tape, instants: Iterable[float], *, name: Name, prefix: str, bucket: Bucket, media: bool
) -> Delivery:
    """Put a JPG of the tape's picture at each of the instants (Unix s) into `bucket`.

    With `media` False nothing is drawn or stored, and the files are named all the same. A bucket that refuses
    makes no exception, and is asked for no further picture.
    """
    files: list[DeliveredFile] = []
    refused = None
    with tempfile.TemporaryDirectory(prefix="recorder-pictures-") as folder:
        for at in instants:
            scene, people = tape.scene(at)
            found, size = name("jpg", at), 0
            if media:
                path = Path(folder) / "picture.jpg"
                Image.fromarray(compose(scene, people)).save(path, quality=JPEG_QUALITY, subsampling=0)
                size = path.stat().st_size
                try:
                    if refused is None:
                        bucket.put(prefix + found, path)
                except BucketRefused as error:
                    refused = str(error)
            files.append(
                DeliveredFile(
                    name=found,
                    key=prefix + found,
                    format="jpg",
                    playlist=False,
                    started_at=at,
                    duration_s=0.0,
                    size=size,
                    width=scene.width,
                    height=scene.height,
                )
            )
    return Delivery(files=tuple(files), refused=refused)


def _delivered(file: MediaFile, tape: Tape, prefix: str) -> DeliveredFile:
    return DeliveredFile(
        name=file.name,
        key=prefix + file.name,
        format=file.format,
        playlist=file.playlist,
        started_at=tape.instant(file.start_s),
        duration_s=file.end_s - file.start_s,
        size=file.size,
        width=file.width,
        height=file.height,
    )
