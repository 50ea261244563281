"""One emulated task: its state machine, its files and its pictures. What is in them is the mode's to say.

Where the vendor's documents are silent, the choices are these: a task initialises for 2 s and an upload takes
3 s; a task whose start failed dies after 20 s; a file name of more than 255 bytes is too long; while a task
runs, its files' sizes and durations are 0 and it has no RecordEndTimestamp. Files are uploaded at the end, also
those that ended before and the segments of HLS (RealtimeUploadFragment has no effect), whose playlist lists bare
names. The pictures of a jpg task are uploaded as they are taken: one when its stream begins, then one after each
interval; of very many that are due at once only some are taken, evenly spaced.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, takewhile

from recorder_core.emulation.delivery import Delivery, Name, Output
from recorder_core.emulation.encoder import AudioSettings
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape
from recorder_zegocloud.emulator.picture import publishes
from recorder_zegocloud.emulator.storage import Destination
from recorder_zegocloud.emulator.whiteboard import Whiteboard
from recorder_zegocloud.tables import KEPT_S
from recorder_zegocloud.wire.answers import ListedTask, RecordFile, TaskState
from recorder_zegocloud.wire.requests import StartRecordRequest
from recorder_zegocloud.wire.values import FileFormat, FileStatus, MediaTrackType, QuitReason, StreamType, TaskStatus

__all__ = ["OutputFile", "Readings", "Task", "tracks"]

INITIALISING_S = 2.0
UPLOADING_S = 3.0
DYING_S = 20.0
LONGEST_NAME = 255
MOST_PICTURES = 500
"""How many pictures of one stream are taken at once at most, so that a driven day stays cheap."""
EXTENSIONS = {FileFormat.HLS: "m3u8"}
TYPE_LETTERS = {MediaTrackType.AUDIO: "A", MediaTrackType.VIDEO: "V", MediaTrackType.AUDIO_VIDEO: "VA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """How the service behaves where the vendor's documents leave two readings, and where its storage fails.

    Attributes:
        buckets: the buckets that the customer's cloud has; None for any.
        backup: whether the vendor's own storage takes what the customer's refused.
        time_outs_are_abnormal: whether MaxIdleTime and MaxRecordTime end with Status 4 instead of 3.
        stream_ids: the id of the stream that somebody publishes, made from `{room}` and `{participant}`.
    """

    buckets: Collection[str] | None = None
    backup: bool = True
    time_outs_are_abnormal: bool = False
    stream_ids: str = "{participant}"


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
        tape: what it shows and lets hear up to a Unix second.
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
    tape: Callable[[float], Tape]
    gaps: Sequence[tuple[float, float]] = ()

    def taped(self, end: float) -> Tape:
        """Its tape up to `end` (Unix s), without the gaps."""
        tape = self.tape(end)
        for since, until in self.gaps:
            tape.hold(since)
            if until <= end:
                tape.release(until)
        return tape

    def captures(self, at: float) -> bool:
        """Whether `at` (Unix s) lies in no gap."""
        return not any(since <= at < until for since, until in self.gaps)


class Task(ABC):
    """A recording task, from StartRecord to the end of its uploads.

    Args:
        id: the TaskId.
        request: what was asked for.
        begun_at: Unix s.
        service: whose room, clock and bucket it uses.
        readings: how to behave where the documents leave it open.
        doomed: the start fails: the task never runs and ends within 30 s.
    """

    fps = 15
    """Frames per second of its files."""
    audio_bitrate = 48000
    """Bits per second of their sound."""

    def __init__(
        self,
        id: str,
        request: StartRecordRequest,
        *,
        begun_at: float,
        service: EmulatedService,
        readings: Readings,
        doomed: bool = False,
    ) -> None:
        board = request.RecordInputParams.board
        self.id = id
        self.request = request
        self.begun_at = begun_at
        self.ended_at: float | None = None
        self.reason: QuitReason | None = None
        self.whiteboard = Whiteboard(board, begun_at) if board else None
        self._readings = readings
        self._doomed = doomed
        self._room = service.room(request.RoomId)
        self._running_at = begun_at + INITIALISING_S
        self._end_status = TaskStatus.ENDED
        self._destination = Destination(request, service=service, buckets=readings.buckets)
        self._video_ids: dict[str, str] = {}
        self._delivered: list[tuple[OutputFile, Delivery]] = []
        self._other_keys: list[str] = []
        self._pictured_until = begun_at
        self._picture_names: set[str] = set()

    @abstractmethod
    def _files(self, until: float) -> list[OutputFile]:
        """The files that have begun by `until` (Unix s), in the order of their begin."""

    # What happens to it

    @property
    def running(self) -> bool:
        """Whether it hasn't ended as far as it was settled."""
        return self.ended_at is None

    @property
    def paused(self) -> bool:
        """Whether nothing is captured at the moment, because that was asked for."""
        return False

    def known(self, now: float) -> bool:
        """Whether it can still be asked about: for three days after its start."""
        return now - self.begun_at <= KEPT_S

    def settle(self, now: float) -> None:
        """Let everything happen that is due by `now` (Unix s), at its own instant."""
        if not self.running:
            return
        params = self.request.RecordInputParams
        time_out = TaskStatus.ENDED_ABNORMALLY if self._readings.time_outs_are_abnormal else TaskStatus.ENDED
        ends: list[tuple[float | None, TaskStatus, QuitReason]] = [
            (self.begun_at + params.MaxRecordTime, time_out, QuitReason.MAX_DURATION),
        ]
        if self._doomed:
            ends.append((self.begun_at + DYING_S, TaskStatus.ENDED_ABNORMALLY, QuitReason.SERVICE_FAILED))
        if self.whiteboard is None or self.whiteboard.since is None:
            idle = self._room.empty_for(params.MaxIdleTime, since=self._running_at, until=now, counts=publishes)
            ends.append((idle, time_out, QuitReason.IDLE))
        too_long = min((file.begin for file in self._begun(now) if self._is_too_long(file)), default=None)
        ends.append((too_long, TaskStatus.ENDED_ABNORMALLY, QuitReason.FILE_NAME_TOO_LONG))
        due = [(at, status, reason) for at, status, reason in ends if at is not None and at <= now]
        if due:
            self._finish(*min(due))
        elif self._takes_pictures:
            self._take_pictures(now)

    def stop(self, now: float) -> None:
        """Leave the room and begin the uploads."""
        self._finish(now, TaskStatus.ENDED, None)

    def switch_whiteboard(self, now: float, board: str) -> None:
        """Show another board from now on.

        Raises:
            ValueError: the task has no whiteboard.
        """
        if self.whiteboard is None:
            raise ValueError("a WhiteboardId is valid only when HasWhiteboard was true at the start")
        self.whiteboard.switch(now, board)

    # What is seen from outside

    def status(self, now: float) -> TaskStatus:
        """Where it stands."""
        if not self.running:
            return self._end_status
        if self._doomed or now < self._running_at:
            return TaskStatus.INITIALISING
        return TaskStatus.PAUSED if self.paused else TaskStatus.RUNNING

    def state(self, now: float) -> TaskState:
        """The Data of DescribeRecordStatus."""
        params = self.request.RecordInputParams
        return TaskState(
            RoomId=self.request.RoomId,
            RecordMode=params.RecordMode,
            StreamType=params.StreamType,
            RecordBeginTimestamp=_ms(self.begun_at),
            RecordEndTimestamp=None if self.ended_at is None else _ms(self.ended_at),
            Status=self.status(now),
            RecordFiles=list(self._described(now)) or None,
        )

    def listed(self, now: float) -> ListedTask:
        """Its item in DescribeTasks."""
        return ListedTask(
            RecordBeginTimestamp=_ms(self.begun_at),
            TaskId=self.id,
            RoomId=self.request.RoomId,
            Status=self.status(now),
        )

    def recording(self) -> EmulatedRecording:
        """As the control API shows it."""
        stored = [delivery for _, delivery in self._delivered if delivery.refused is None]
        return EmulatedRecording(
            ids={"TaskId": self.id, "RoomId": self.request.RoomId},
            room=self.request.RoomId,
            running=self.running,
            started_at=self.begun_at,
            ended_at=self.ended_at,
            files=(*self._other_keys, *(file.key for delivery in stored for file in delivery.files)),
        )

    def _described(self, now: float) -> Iterator[RecordFile]:
        if self._takes_pictures:
            return
        if self.running:
            for file in self._begun(now):
                yield self._record_file(file, None, FileStatus.RECORDING)
        for file, delivery in self._delivered:
            if delivery.files:
                yield self._record_file(file, delivery, self._file_status(delivery, now))

    def _file_status(self, delivery: Delivery, now: float) -> FileStatus:
        if self.ended_at is None or now < self.ended_at + UPLOADING_S:
            return FileStatus.UPLOADING
        if delivery.refused is None:
            return FileStatus.UPLOADED
        return FileStatus.BACKUP if self._readings.backup else FileStatus.LOST

    def _record_file(self, file: OutputFile, delivery: Delivery | None, status: FileStatus) -> RecordFile:
        made = delivery.files if delivery else ()
        main = next((part for part in made if part.format == file.format), None)
        name = self._file_name(file)
        return RecordFile(
            UserId=file.user_id,
            UserName=file.user_name,
            StreamId=file.stream_id,
            FileId=name,
            VideoId=self._video_ids.setdefault(name, self._destination.new_video_id()),
            FileUrl=self._destination.address(name, status),
            OutputFileFormat=file.format,
            FileSize=sum(part.size for part in made),
            Duration=_ms(main.duration_s) if main else 0,
            ResolutionWidth=main.width if main else 0,
            ResolutionHeight=main.height if main else 0,
            MediaTrackType=file.media,
            BeginTimestamp=_ms(file.begin),
            Status=status,
        )

    # Files and pictures

    def _begun(self, now: float) -> list[OutputFile]:
        return [] if self._doomed else self._files(now)

    def _finish(self, at: float, status: TaskStatus, reason: QuitReason | None) -> None:
        self.ended_at, self._end_status, self.reason = at, status, reason
        if self._takes_pictures:
            self._take_pictures(at)
            return
        for file in self._begun(at):
            end = at if file.end is None else min(at, file.end)
            if file.begin < end:
                self._delivered.append((file, self._deliver(file, end)))

    def _deliver(self, file: OutputFile, end: float) -> Delivery:
        return self._destination.deliver(file.taped(end), end, self._output(file), name=self._name(file))

    def _output(self, file: OutputFile) -> Output:
        audio = AudioSettings(bit_rate=self.audio_bitrate)
        return Output(
            formats=(file.format.value,),
            fps=self.fps,
            video=file.media is not MediaTrackType.AUDIO,
            audio=None if file.media is MediaTrackType.VIDEO else audio,
            segment_s=float(self.request.RecordOutputParams.FragmentSeconds),
        )

    @property
    def _takes_pictures(self) -> bool:
        return self.request.RecordOutputParams.OutputFileFormat is FileFormat.JPG

    def _take_pictures(self, until: float) -> None:
        """Take what is due before `until` (Unix s) and wasn't taken yet."""
        interval = self.request.RecordOutputParams.SnapshotInterval
        for file in self._begun(until):
            end = until if file.end is None else min(until, file.end)
            # One too early at most: a division that rounds up would leave out the picture that is due.
            first = max(0, math.floor((self._pictured_until - file.begin) / interval))
            planned = takewhile(end.__gt__, (file.begin + number * interval for number in count(first)))
            instants = [at for at in planned if at >= self._pictured_until and file.captures(at)]
            if instants:
                step = -(-len(instants) // MOST_PICTURES)
                self._store_pictures(file, instants[::step], end)
        self._pictured_until = until

    def _store_pictures(self, file: OutputFile, instants: Sequence[float], end: float) -> None:
        """Store the pictures of a file at some instants before `end` (all Unix s)."""
        delivery = self._destination.take_pictures(file.tape(end), instants, name=self._new_picture_name(file))
        if delivery.refused is None:
            self._other_keys += [picture.key for picture in delivery.files]

    # Names

    def _stream_id(self, participant: str) -> str:
        return self._readings.stream_ids.format(room=self.request.RoomId, participant=participant)

    def _name(self, file: OutputFile) -> Name:
        """TaskId_RoomId, the stem, Type_UTC and the extension; a slash can't be in a file's name."""
        parts = (self.id, self.request.RoomId, file.stem, TYPE_LETTERS[file.media])
        start = "_".join(parts).replace("/", "_")

        def name(extension: str, begin: float) -> str:
            utc = datetime.fromtimestamp(_ms(begin) / 1000, UTC)
            return f"{start}_{utc:%Y%m%d%H%M%S}{utc.microsecond // 1000:03}.{extension}"

        return name

    def _file_name(self, file: OutputFile) -> str:
        return self._name(file)(EXTENSIONS.get(file.format, file.format), file.begin)

    def _new_picture_name(self, file: OutputFile) -> Name:
        """As other names, but no two pictures of one instant share theirs."""

        def name(extension: str, at: float) -> str:
            names = (self._name(file)(extension, at + number / 1000) for number in count())
            found = next(name for name in names if name not in self._picture_names)
            self._picture_names.add(found)
            return found

        return name

    def _is_too_long(self, file: OutputFile) -> bool:
        return len(self._file_name(file).encode()) > LONGEST_NAME


def _ms(seconds: float) -> int:
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
