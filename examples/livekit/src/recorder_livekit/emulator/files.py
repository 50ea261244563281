"""The files of an emulated egress: what they are called, how they reach the storage, and how the wire lists them.

Names follow pkg/config/output_file.go, output_segment.go and output_image.go (livekit/egress, 2026-08-21).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from recorder_core.emulation.delivery import Delivery, Output
from recorder_core.emulation.encoder import AudioSettings
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape

from recorder_livekit.emulator.readings import Readings
from recorder_livekit.emulator.storage import Destination
from recorder_livekit.wire.requests import (
    DEFAULT_INTERVAL_S,
    DEFAULT_SEGMENT_S,
    EncodedFileOutput,
    EncodedRequest,
    ImageOutput,
    SegmentedFileOutput,
)

__all__ = ["Files", "nanoseconds"]

OPUS_RATE = 48_000
MOST_PICTURES = 200
"""Of one egress, so that a driven day stays cheap."""
KNOWN_SUFFIXES = frozenset({".raw", ".ogg", ".mp3", ".ivf", ".mp4", ".ts", ".webm", ".m3u8", ".jpeg"})


def nanoseconds(seconds: float) -> str:
    """Seconds as the wire has them: a 64-bit number, which protobuf's JSON writes as a text."""
    return str(round(seconds * 1_000_000) * 1000)


@dataclass(slots=True)
class Made:
    """An output, and what came of it."""

    key: str
    is_hls: bool = False
    size: int = 0
    duration_s: float = 0.0
    segments: int = 0
    location: str = ""
    refused: str | None = None
    keys: list[str] = field(default_factory=list)


class Files:
    """The files of one egress.

    Args:
        request: what was asked for.
        room: name and id of the room; empty for a page.
        begun_at: Unix s; file names may have it in them.
        service: whose clock and folder it uses.
        readings: which buckets there are, and whether the server has a backup storage.
    """

    def __init__(
        self,
        request: EncodedRequest,
        *,
        room: tuple[str, str],
        begun_at: float,
        service: EmulatedService,
        readings: Readings,
    ) -> None:
        self._request = request
        self._readings = readings
        self._service = service
        self._room = room
        self._begun_at = begun_at
        self.backup_used = False
        self.file = Made(self._file_key(request.file_outputs[0])) if request.file_outputs else None
        self.playlist = (
            Made(self._playlist_key(request.segment_outputs[0]), is_hls=True) if request.segment_outputs else None
        )
        self.pictures = [Made(self._filled(output.filename_prefix or "")) for output in request.image_outputs]

    @property
    def _form(self) -> str:
        """The container of the file."""
        return str(self._request.file_type or "").lower()

    # Writing

    def write(self, tape: Tape, until: float) -> str | None:
        """Encode and store everything; why the storage refused it, in the vendor's words. None: it didn't."""
        problems = []
        if self.file is not None:
            problems.append(self._deliver(self.file, self._form, self._request.file_outputs[0], tape, until))
        if self.playlist is not None:
            problems.append(self._deliver(self.playlist, "hls", self._request.segment_outputs[0], tape, until))
        for made, images in zip(self.pictures, self._request.image_outputs, strict=True):
            problems.append(self._take_pictures(made, images, tape, until))
        return next((problem for problem in problems if problem is not None), None)

    def _deliver(
        self, made: Made, form: str, output: EncodedFileOutput | SegmentedFileOutput, tape: Tape, until: float
    ) -> str | None:
        destination = self._destination(output)
        request, encoding = self._request, self._request.encoding
        key = PurePosixPath(made.key)
        starts: dict[float, int] = {}

        def name(extension: str, at: float) -> str:
            if extension != "ts":
                return key.name
            return f"{self._segment_prefix(output)}_{starts.setdefault(at, len(starts)):05d}.ts"

        rate = OPUS_RATE if form == "ogg" else encoding.audio_frequency or 0
        audio = AudioSettings(sample_rate=rate, channels=2, bit_rate=(encoding.audio_bitrate or 0) * 1000)
        wanted = Output(
            formats=(form,),
            fps=encoding.framerate or 0,
            video=request.has_video,
            audio=audio if request.has_audio else None,
            segment_s=float(self._segment_s(output)),
        )
        delivery = destination.deliver(tape, until, wanted, name=name, prefix=_folder(made.key))
        return self._kept(made, delivery, destination)

    def _take_pictures(self, made: Made, images: ImageOutput, tape: Tape, until: float) -> str | None:
        destination = self._destination(images)
        interval = images.capture_interval or DEFAULT_INTERVAL_S
        count = max(1, math.ceil((until - tape.started_at) / interval))
        step = max(1, math.ceil(count / MOST_PICTURES))
        instants = [tape.started_at + number * interval for number in range(0, count, step)]
        stem = PurePosixPath(made.key).name
        numbers: dict[float, int] = {at: index for index, at in enumerate(instants)}
        delivery = destination.take_pictures(
            tape,
            instants,
            name=lambda _, at: f"{stem}_{numbers[at]:05d}.jpeg",
            prefix=_folder(made.key),
        )
        made.segments = len(delivery.files)
        return self._kept(made, delivery, destination)

    def _kept(self, made: Made, delivery: Delivery, destination: Destination) -> str | None:
        main = next((file for file in delivery.files if file.format != "ts"), None)
        if main is None:
            return None
        made.duration_s = main.duration_s
        made.size = sum(file.size for file in delivery.files)
        if made.is_hls:
            made.segments = sum(file.format == "ts" for file in delivery.files)
        if delivery.refused is None or self._readings.backup:
            self.backup_used = self.backup_used or delivery.refused is not None
            in_backup = delivery.refused is not None
            made.location = (
                f"https://backup.emulated.invalid/{made.key}" if in_backup else destination.address(made.key)
            )
            made.keys = [] if in_backup else [file.key for file in delivery.files]
            return None
        return f"{destination.kind} upload failed: {delivery.refused}"

    def _destination(self, output: EncodedFileOutput | SegmentedFileOutput | ImageOutput) -> Destination:
        return Destination(output, service=self._service, buckets=self._readings.buckets)

    # Telling

    @property
    def keys(self) -> tuple[str, ...]:
        """What is in the customer's storage."""
        made = [self.file, self.playlist, *self.pictures]
        return tuple(key for one in made if one is not None for key in one.keys)

    def results(self, started_at: float | None, ended_at: float | None) -> Mapping[str, Any]:
        """`file_results`, `segment_results` and `image_results`."""
        times = {
            "started_at": nanoseconds(started_at) if started_at else "0",
            "ended_at": nanoseconds(ended_at) if ended_at else "0",
        }
        found: dict[str, Any] = {}
        if self.file is not None:
            found["file_results"] = [
                {
                    "filename": self.file.key,
                    **times,
                    "duration": nanoseconds(self.file.duration_s),
                    "size": str(self.file.size),
                    "location": self.file.location,
                }
            ]
        if self.playlist is not None:
            found["segment_results"] = [
                {
                    "playlist_name": self.playlist.key,
                    **times,
                    "duration": nanoseconds(self.playlist.duration_s),
                    "size": str(self.playlist.size),
                    "playlist_location": self.playlist.location,
                    "segment_count": str(self.playlist.segments),
                }
            ]
        if self.pictures:
            found["image_results"] = [
                {"filename_prefix": made.key, "image_count": str(made.segments), **times} for made in self.pictures
            ]
        return found

    # Names

    def _filled(self, path: str) -> str:
        """A path with the vendor's templates filled in."""
        at = datetime.fromtimestamp(self._begun_at, UTC)
        name, id = self._room
        replacements = {
            "{room_name}": name,
            "{room_id}": id,
            "{time}": f"{at:%Y-%m-%dT%H%M%S}",
            "{utc}": f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03}",
        }
        for template, value in replacements.items():
            if name or not template.startswith("{room"):
                path = path.replace(template, value)
        return path.lstrip("/")

    def _named(self, path: str, suffix: str) -> str:
        """A path that ends with a suffix; one that names no file gets a name."""
        if not path or path.endswith("/"):
            at = datetime.fromtimestamp(self._begun_at, UTC)
            return f"{path}{self._room[0] or 'web'}-{at:%Y-%m-%dT%H%M%S}{suffix}"
        found = PurePosixPath(path).suffix
        return path if found == suffix else f"{path.removesuffix(found) if found in KNOWN_SUFFIXES else path}{suffix}"

    def _file_key(self, output: EncodedFileOutput) -> str:
        return self._named(self._filled(output.filepath or ""), f".{self._form}")

    def _playlist_key(self, output: SegmentedFileOutput) -> str:
        prefix, playlist = self._filled(output.filename_prefix or ""), self._filled(output.playlist_name or "")
        if not playlist:
            return self._named(prefix, ".m3u8")
        key = self._named(playlist, ".m3u8")
        return key if _folder(key) else _folder(prefix) + key

    def _segment_prefix(self, output: EncodedFileOutput | SegmentedFileOutput) -> str:
        """What segments are called, beside their playlist."""
        given = self._filled(output.filename_prefix or "") if isinstance(output, SegmentedFileOutput) else ""
        folder = _folder(self.playlist.key) if self.playlist else ""
        return given.removeprefix(folder) or PurePosixPath(self.playlist.key if self.playlist else "").stem

    def _segment_s(self, output: EncodedFileOutput | SegmentedFileOutput) -> int:
        given = output.segment_duration if isinstance(output, SegmentedFileOutput) else None
        return given or DEFAULT_SEGMENT_S


def _folder(key: str) -> str:
    folder, slash, _ = key.rpartition("/")
    return folder + slash
