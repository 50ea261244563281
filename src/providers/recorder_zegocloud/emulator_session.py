"""One emulated task: its state machine and its files.

Where the vendor's documents are silent, the choices are these: a task initialises for 2 s and an upload takes
3 s; a task whose start failed dies after 20 s; a file name of more than 255 bytes is too long; while a task
runs, its file's size and duration are 0 and it has no RecordEndTimestamp; without IsAlwaysMix a whiteboard
begins the file as a stream does. Segments of HLS are uploaded at the end, and the playlist lists bare names.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from recorder_core.emulation.bucket import Bucket, BucketRefused, S3Bucket
from recorder_core.emulation.delivery import Delivery, Output
from recorder_core.emulation.encoder import AudioSettings
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape
from recorder_zegocloud.emulator_picture import Layout, Picture, publishes
from recorder_zegocloud.tables import KEPT_S, WITHOUT_FILE_URL
from recorder_zegocloud.wire import (
    ListedTask,
    MixParams,
    RecordFile,
    StartRecordRequest,
    Storage,
    TaskState,
    UpdateLayoutRequest,
    check_windows,
)
from recorder_zegocloud.wire_values import (
    FileFormat,
    FileStatus,
    MediaTrackType,
    QuitReason,
    StorageVendor,
    StreamType,
    TaskStatus,
)

__all__ = ["Readings", "Task"]

INITIALISING_S = 2.0
UPLOADING_S = 3.0
DYING_S = 20.0
LONGEST_NAME = 255
DEFAULT_AUDIO_BITRATE = 48000
EXTENSIONS = {FileFormat.HLS: "m3u8"}
TYPE_LETTERS = {MediaTrackType.AUDIO: "A", MediaTrackType.VIDEO: "V", MediaTrackType.AUDIO_VIDEO: "VA"}

OBJECT_ADDRESSES: Mapping[StorageVendor, str] = {
    StorageVendor.AMAZON_S3: "https://{bucket}.s3.{region}.amazonaws.com/{key}",
    StorageVendor.ALIBABA_OSS: "https://{bucket}.{region}.aliyuncs.com/{key}",
    StorageVendor.TENCENT_COS: "https://{bucket}.cos.{region}.myqcloud.com/{key}",
    StorageVendor.TENCENT_VOD: "https://vod2.myqcloud.com/{key}",
    StorageVendor.HUAWEI_OBS: "https://{bucket}.obs.{region}.myhuaweicloud.com/{key}",
    StorageVendor.GOOGLE_CLOUD_STORAGE: "https://storage.googleapis.com/{bucket}/{key}",
    StorageVendor.CHINA_MOBILE_EOS: "https://{bucket}.{region}.cmecloud.cn/{key}",
    StorageVendor.S3_COMPATIBLE: "{endpoint}/{bucket}/{key}",
}
BACKUP_ADDRESS = "https://backup.emulated.invalid/{key}"
"""An address in the vendor's backup storage; nothing is there."""


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


class MissingBucket(Bucket):
    """A bucket that the customer's cloud doesn't have."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def put(self, key: str, path: Path) -> NoReturn:
        """Never succeeds."""
        raise BucketRefused(f"{path.name} was not stored as {key!r}: {self.reason}")

    def list(self) -> NoReturn:
        """Never succeeds."""
        raise BucketRefused(self.reason)

    def read(self, key: str) -> NoReturn:
        """Never succeeds."""
        raise BucketRefused(f"{key!r} was not found: {self.reason}")


@dataclass(frozen=True, slots=True)
class Track:
    """One output of a task, and what became of it."""

    media: MediaTrackType
    format: FileFormat
    output: Output
    delivery: Delivery | None = None


class Task:
    """A mixed recording task, from StartRecord to the end of its uploads.

    Args:
        id: the TaskId.
        request: what was asked for; RecordMode 2.
        begun_at: Unix s.
        service: whose room, clock and bucket it uses.
        readings: how to behave where the documents leave it open.
        doomed: the start fails: the task never runs and ends within 30 s.
    """

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
        params = request.RecordInputParams
        if params.MixConfig is None:
            raise ValueError("a mixed task has a MixConfig")
        self.id = id
        self.request = request
        self.begun_at = begun_at
        self.ended_at: float | None = None
        self.reason: QuitReason | None = None
        self._service = service
        self._readings = readings
        self._doomed = doomed
        self._mix: MixParams = params.MixConfig
        self._room = service.room(request.RoomId)
        self._running_at = begun_at + INITIALISING_S
        self._end_status = TaskStatus.ENDED
        self._tracks = _tracks(request)
        self._video_id = _video_id(request.StorageParams.Vendor)
        self._picture = Picture(params, self._stream_id, download=service.media)
        self._picture.change(begun_at, Layout.of(self._mix))

    @property
    def running(self) -> bool:
        """Whether it hasn't ended as far as it was settled."""
        return self.ended_at is None

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
        if not self._picture.has_whiteboard:
            idle = self._room.empty_for(params.MaxIdleTime, since=self._running_at, until=now, counts=publishes)
            ends.append((idle, time_out, QuitReason.IDLE))
        if any(len(self._name(track)("m3u8", now).encode()) > LONGEST_NAME for track in self._tracks):
            begin = self._file_begin(now)
            ends.append((begin, TaskStatus.ENDED_ABNORMALLY, QuitReason.FILE_NAME_TOO_LONG))
        due = [(at, status, reason) for at, status, reason in ends if at is not None and at <= now]
        if due:
            self._finish(*min(due))

    def stop(self, now: float) -> None:
        """Leave the room and begin the uploads."""
        self._finish(now, TaskStatus.ENDED, None)

    def change_layout(self, now: float, body: UpdateLayoutRequest) -> None:
        """Replace the layout as a whole.

        Raises:
            ValueError: it doesn't fit the task's canvas, or shows a whiteboard that the task hasn't.
        """
        check_windows(
            body.MixMode,
            body.MixInputList,
            canvas=self._mix.canvas,
            has_whiteboard=self.request.RecordInputParams.HasWhiteboard,
        )
        self._picture.change(now, Layout.of(body))

    # What is seen from outside

    def status(self, now: float) -> TaskStatus:
        """Where it stands."""
        if not self.running:
            return self._end_status
        return TaskStatus.INITIALISING if self._doomed or now < self._running_at else TaskStatus.RUNNING

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
            RecordFiles=self._files(now) or None,
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
        deliveries = [track.delivery for track in self._tracks if track.delivery]
        return EmulatedRecording(
            ids={"TaskId": self.id, "RoomId": self.request.RoomId},
            room=self.request.RoomId,
            running=self.running,
            started_at=self.begun_at,
            ended_at=self.ended_at,
            files=tuple(file.key for delivery in deliveries if delivery.refused is None for file in delivery.files),
        )

    def _files(self, now: float) -> list[RecordFile]:
        if self.running:
            begin = None if self._doomed else self._file_begin(now)
            return [] if begin is None else [self._file(track, begin, FileStatus.RECORDING) for track in self._tracks]
        files = []
        for track in self._tracks:
            if track.delivery and track.delivery.files:
                main = next(file for file in track.delivery.files if file.format == track.format)
                files.append(self._file(track, main.started_at, self._file_status(track.delivery, now)))
        return files

    def _file_status(self, delivery: Delivery, now: float) -> FileStatus:
        if self.ended_at is None or now < self.ended_at + UPLOADING_S:
            return FileStatus.UPLOADING
        if delivery.refused is None:
            return FileStatus.UPLOADED
        return FileStatus.BACKUP if self._readings.backup else FileStatus.LOST

    def _file(self, track: Track, begin: float, status: FileStatus) -> RecordFile:
        name = self._name(track)(EXTENSIONS.get(track.format, track.format), begin)
        made = {file.format: file for file in track.delivery.files} if track.delivery else {}
        main = made.get(track.format)
        owner = self._mix.MixOutputStreamId
        return RecordFile(
            UserId=owner,
            UserName=owner,
            StreamId=owner,
            FileId=name,
            VideoId=self._video_id,
            FileUrl=_address(self.request.StorageParams, self._prefix + name, status),
            OutputFileFormat=track.format,
            FileSize=sum(file.size for file in track.delivery.files) if track.delivery else 0,
            Duration=_ms(main.duration_s) if main else 0,
            ResolutionWidth=main.width if main else 0,
            ResolutionHeight=main.height if main else 0,
            MediaTrackType=track.media,
            BeginTimestamp=_ms(begin),
            Status=status,
        )

    # The end

    def _finish(self, at: float, status: TaskStatus, reason: QuitReason | None) -> None:
        self.ended_at, self._end_status, self.reason = at, status, reason
        begin = None if self._doomed else self._file_begin(at)
        if begin is None or begin >= at or reason is QuitReason.FILE_NAME_TOO_LONG:
            return
        tape = self._picture.tape(self._room, seen_from=self._running_at, begin=begin, end=at)
        bucket = self._bucket()
        self._tracks = [replace(track, delivery=self._deliver(tape, at, track, bucket)) for track in self._tracks]

    def _deliver(self, tape: Tape, at: float, track: Track, bucket: Bucket) -> Delivery:
        delivery = self._service.deliver(
            tape, at, track.output, name=self._name(track), prefix=self._prefix, bucket=bucket
        )
        # A bucket that doesn't exist refuses files even where none are made.
        return replace(delivery, refused=bucket.reason) if isinstance(bucket, MissingBucket) else delivery

    def _file_begin(self, until: float) -> float | None:
        """When the file begins, if it has by `until`: with the first stream, or sooner where asked."""
        begins = [self._room.first_presence(since=self._running_at, until=until, counts=publishes)]
        if self._mix.IsAlwaysMix or self._picture.has_whiteboard:
            begins.append(self._running_at)
        if self._mix.ClearInputStreamTimeout is not None:
            begins.append(self._running_at + self._mix.ClearInputStreamTimeout / 1000)
        return min((at for at in begins if at is not None and at <= until), default=None)

    def _bucket(self) -> Bucket:
        storage, buckets = self.request.StorageParams, self._readings.buckets
        if storage.Bucket and buckets is not None and storage.Bucket not in buckets:
            return MissingBucket(f"there is no bucket {storage.Bucket!r}")
        if storage.Vendor is not StorageVendor.S3_COMPATIBLE or not self._service.media:
            return self._service.bucket
        keys = (storage.AccessKeyId, storage.AccessKeySecret)
        access_key, secret_key = (key.get_secret_value() if key else "" for key in keys)
        try:
            return S3Bucket(
                endpoint=storage.EndPoint,
                region=storage.Region,
                bucket=storage.Bucket or "",
                access_key=access_key,
                secret_key=secret_key,
                path_style=storage.S3ForcePathStyle,
            )
        except BucketRefused as error:
            return MissingBucket(str(error))

    # Names

    @property
    def _prefix(self) -> str:
        return (self.request.RecordOutputParams.OutputFolder or "").lstrip("/")

    def _stream_id(self, participant: str) -> str:
        return self._readings.stream_ids.format(room=self.request.RoomId, participant=participant)

    def _name(self, track: Track) -> Callable[[str, float], str]:
        """TaskId_RoomId_MixOutputStreamId_Type_UTC and the extension; a slash can't be in a file's name."""
        room = self.request.RoomId.replace("/", "_")
        stem = f"{self.id}_{room}_{self._mix.MixOutputStreamId}_{TYPE_LETTERS[track.media]}"

        def name(extension: str, begin: float) -> str:
            utc = datetime.fromtimestamp(_ms(begin) / 1000, UTC)
            return f"{stem}_{utc:%Y%m%d%H%M%S}{utc.microsecond // 1000:03}.{extension}"

        return name


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _tracks(request: StartRecordRequest) -> list[Track]:
    params, asked = request.RecordInputParams, request.RecordOutputParams
    mix = params.MixConfig
    sound = mix.MixOutputAudioConfig if mix else None
    audio = AudioSettings(bit_rate=sound.Bitrate if sound else DEFAULT_AUDIO_BITRATE)
    fps = mix.MixOutputVideoConfig.Fps if mix and mix.MixOutputVideoConfig else 15

    def track(media: MediaTrackType, file_format: FileFormat) -> Track:
        return Track(
            media,
            file_format,
            Output(
                formats=(file_format.value,),
                fps=fps,
                video=media is not MediaTrackType.AUDIO,
                audio=None if media is MediaTrackType.VIDEO else audio,
                segment_s=float(asked.FragmentSeconds),
            ),
        )

    if params.StreamType is StreamType.SEPARATE:
        return [
            track(MediaTrackType.VIDEO, asked.OutputFileFormat),
            track(MediaTrackType.AUDIO, FileFormat.AAC),
        ]
    return [track(MediaTrackType(params.StreamType), asked.OutputFileFormat)]


def _video_id(vendor: StorageVendor) -> str:
    if vendor is StorageVendor.ALIBABA_VOD:
        return secrets.token_hex(16)
    return str(10**18 + secrets.randbelow(9 * 10**18)) if vendor is StorageVendor.TENCENT_VOD else ""


def _address(storage: Storage, key: str, status: FileStatus) -> str | None:
    if status is FileStatus.LOST or storage.Vendor in WITHOUT_FILE_URL:
        return None
    if status is FileStatus.BACKUP:
        return BACKUP_ADDRESS.format(key=key)
    endpoint = storage.EndPoint or ""
    return OBJECT_ADDRESSES[storage.Vendor].format(
        bucket=storage.Bucket,
        region=storage.Region,
        key=key,
        endpoint=(endpoint if "://" in endpoint else f"https://{endpoint}").rstrip("/"),
    )
