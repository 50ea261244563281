"""The files of an emulated task: what they are called, how they reach the storage, and how the wire lists them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from recorder_core.emulation.delivery import Delivery, Name, Output
from recorder_core.emulation.encoder import AudioSettings
from recorder_core.emulation.taping import Tape
from recorder_zegocloud.emulator.storage import Destination
from recorder_zegocloud.wire.answers import RecordFile
from recorder_zegocloud.wire.requests import StartRecordRequest
from recorder_zegocloud.wire.values import FileFormat, FileStatus, MediaTrackType, StreamType

__all__ = ["FileWriter", "OutputFile", "milliseconds", "tracks"]

LONGEST_NAME = 255
EXTENSIONS = {FileFormat.HLS: "m3u8"}
TYPE_LETTERS = {MediaTrackType.AUDIO: "A", MediaTrackType.VIDEO: "V", MediaTrackType.AUDIO_VIDEO: "VA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """One file of a task, or the pictures of one stream.

    Attributes:
        user_id: whose it is, as `user_name` and `stream_id`.
        stem: what the file's name says between the room and the type.
        media: which tracks it has.
        format: what it is encoded to.
        begin: Unix s.
        end: Unix s; None: the task's own end.
        tape: what it shows and lets hear from one Unix second to another.
        gaps: from and to which Unix seconds nothing is captured.
    """

    user_id: str
    user_name: str
    stream_id: str
    stem: str
    media: MediaTrackType
    format: FileFormat
    begin: float
    end: float | None
    tape: Callable[[float, float], Tape]
    gaps: Sequence[tuple[float, float]] = ()

    def taped(self, end: float) -> Tape:
        """Its tape up to `end` (Unix s), without the gaps."""
        tape = self.tape(self.begin, end)
        for since, until in self.gaps:
            tape.hold(since)
            if until <= end:
                tape.release(until)
        return tape

    def recorded(self, seconds: float) -> float:
        """The Unix second at which so much of it has been captured; infinity while a gap has no end."""
        at = self.begin + seconds
        for since, until in self.gaps:
            if since < at and until > self.begin:
                at += until - max(since, self.begin)
        return at

    def instants(self, interval: float, since: float) -> Iterator[float]:
        """The instants (Unix s) from `since` on at which a picture is due: at its begin, then after each interval."""
        # One too early at most: a division that rounds up would leave out the picture that is due.
        first = max(0, math.floor((since - self.begin) / interval))
        for at in (self.begin + number * interval for number in count(first)):
            gap = next((until for begin, until in self.gaps if begin <= at < until), None)
            if gap == math.inf:
                return
            if gap is None and at >= since:
                yield at


class FileWriter:
    """Writes the files of one task.

    Args:
        task_id: the task's.
        request: what was asked for.
        destination: the task's storage.
        backup: whether the vendor's own storage takes what the customer's refused.
    """

    def __init__(self, task_id: str, request: StartRecordRequest, *, destination: Destination, backup: bool) -> None:
        self._task_id = task_id
        self._request = request
        self._destination = destination
        self._backup = backup
        self._video_ids: dict[str, str] = {}
        self._picture_names: set[str] = set()
        self._keys: dict[str, None] = {}
        self.fps = 15
        """Frames per second."""
        self.audio_bitrate = 48000
        """Bits per second of the sound."""

    @property
    def keys(self) -> tuple[str, ...]:
        """What is in the customer's storage by now."""
        return tuple(self._keys)

    # Writing

    def write(self, file: OutputFile, end: float) -> Delivery:
        """Encode a file up to `end` (Unix s) and upload it; of a later call of the same file the content counts."""
        output = Output(
            formats=(file.format.value,),
            fps=self.fps,
            video=file.media is not MediaTrackType.AUDIO,
            audio=None if file.media is MediaTrackType.VIDEO else AudioSettings(bit_rate=self.audio_bitrate),
            segment_s=float(self._request.RecordOutputParams.FragmentSeconds),
        )
        return self._kept(self._destination.deliver(file.taped(end), end, output, name=self.name(file)))

    def write_text(self, name: str, text: str) -> None:
        """Upload a text."""
        key = self._destination.write(name, text)
        if key is not None:
            self._keys[key] = None

    def take_picture(self, file: OutputFile, at: float) -> RecordFile:
        """Upload a JPG of what a file shows at `at` (Unix s)."""
        tape = file.tape(at, math.nextafter(at, math.inf))
        delivery = self._kept(self._destination.take_pictures(tape, [at], name=self._new_picture_name(file)))
        (picture,) = delivery.files
        return self._described(file, delivery, picture.name, at, self.status(delivery))

    def _kept(self, delivery: Delivery) -> Delivery:
        if delivery.refused is None:
            for file in delivery.files:
                # What is written anew comes last: segments before their playlist.
                self._keys.pop(file.key, None)
                self._keys[file.key] = None
        return delivery

    # Telling

    def status(self, delivery: Delivery) -> FileStatus:
        """Where it is once the uploads have ended."""
        if delivery.refused is None:
            return FileStatus.UPLOADED
        return FileStatus.BACKUP if self._backup else FileStatus.LOST

    def described(self, file: OutputFile, delivery: Delivery | None, status: FileStatus) -> RecordFile:
        """Its item in RecordFiles; `delivery` is None while it is being recorded."""
        return self._described(file, delivery, self.file_name(file), file.begin, status)

    def _described(
        self, file: OutputFile, delivery: Delivery | None, name: str, begin: float, status: FileStatus
    ) -> RecordFile:
        made = delivery.files if delivery else ()
        main = next((part for part in made if part.format == file.format), None)
        return RecordFile(
            UserId=file.user_id,
            UserName=file.user_name,
            StreamId=file.stream_id,
            FileId=name,
            VideoId=self._video_ids.setdefault(name, self._destination.new_video_id()),
            FileUrl=self._destination.address(name, status),
            OutputFileFormat=file.format,
            FileSize=sum(part.size for part in made),
            Duration=milliseconds(main.duration_s) if main else 0,
            ResolutionWidth=main.width if main else 0,
            ResolutionHeight=main.height if main else 0,
            MediaTrackType=file.media,
            BeginTimestamp=milliseconds(begin),
            Status=status,
        )

    # Names

    def name(self, file: OutputFile) -> Name:
        """TaskId_RoomId, the stem, Type_UTC and the extension; a slash can't be in a file's name."""
        parts = (self._task_id, self._request.RoomId, file.stem, TYPE_LETTERS[file.media])
        start = "_".join(parts).replace("/", "_")

        def name(extension: str, begin: float) -> str:
            utc = datetime.fromtimestamp(milliseconds(begin) / 1000, UTC)
            return f"{start}_{utc:%Y%m%d%H%M%S}{utc.microsecond // 1000:03}.{extension}"

        return name

    def file_name(self, file: OutputFile) -> str:
        """The FileId."""
        return self.name(file)(EXTENSIONS.get(file.format, file.format), file.begin)

    def is_too_long(self, file: OutputFile) -> bool:
        """Whether its name has more bytes than a file system takes."""
        return len(self.file_name(file).encode()) > LONGEST_NAME

    def _new_picture_name(self, file: OutputFile) -> Name:
        """As other names, but no two pictures of one instant share theirs."""

        def name(extension: str, at: float) -> str:
            names = (self.name(file)(extension, at + number / 1000) for number in count())
            found = next(name for name in names if name not in self._picture_names)
            self._picture_names.add(found)
            return found

        return name


def milliseconds(seconds: float) -> int:
    """Seconds as the wire has them."""
    return round(seconds * 1000)


def tracks(stream_type: StreamType, file_format: FileFormat) -> tuple[tuple[MediaTrackType, FileFormat], ...]:
    """The files that a StreamType writes at once: what is in each, and its format.

    Sound beside a picture file is always aac. Pictures have no sound, whatever the StreamType.
    """
    if file_format is FileFormat.JPG:
        return ((MediaTrackType.VIDEO, file_format),)
    if stream_type is StreamType.SEPARATE:
        return (MediaTrackType.VIDEO, file_format), (MediaTrackType.AUDIO, FileFormat.AAC)
    return ((MediaTrackType(stream_type), file_format),)
