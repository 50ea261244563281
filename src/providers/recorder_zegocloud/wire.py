"""The bodies of the vendor's Cloud Recording server API, key by key; mixed-stream tasks (RecordMode 2) only.

Requests forbid unknown keys and check every documented type, range, enum and conditional rule; a field that
is documented as valid only together with another one is refused without it, because it would have no effect.
Responses ignore unknown keys, and every one of their fields may be absent, as in the vendor's schema.

Defaults are the vendor's, so that a body read from the wire shows what the vendor would do; `tree()` gives
back only what was set. Names, ranges and rules come from "Cloud Recording Server API" (OpenAPI files,
ZEGOCLOUD, 2025-11 to 2026-08-18) where nothing else is named. The enumerations are in `wire_values`.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from recorder_zegocloud import tables
from recorder_zegocloud import wire_values as values

__all__ = [
    "AlibabaVodParams",
    "AudioConfig",
    "DescribeRecordStatusRequest",
    "DescribeRecordStatusResponse",
    "DescribeTasksRequest",
    "DescribeTasksResponse",
    "FillFrameParams",
    "InputParams",
    "ListedTask",
    "MixInput",
    "MixParams",
    "OutputParams",
    "RecordFile",
    "Request",
    "Response",
    "StartRecordRequest",
    "StartRecordResponse",
    "StartedTask",
    "StopRecordRequest",
    "Storage",
    "StreamConfig",
    "TaskList",
    "TaskRequest",
    "TaskState",
    "TencentVodParams",
    "UpdateLayoutRequest",
    "VideoConfig",
    "WatermarkImageConfig",
    "WatermarkTimestampConfig",
    "WhiteboardParams",
    "check_windows",
]

LARGEST_SIDE = 1920
LARGEST_CANVAS = 1920 * 1080
MOST_WINDOWS = 25
STREAM_ID = r"^[A-Za-z0-9_-]{1,256}$"
"""A stream id: at most 256 letters, digits, `-` and `_` (vendor FAQ of 2023-08-30)."""


Color = Annotated[int, Field(ge=-(2**31), le=2**32 - 1)]
"""`0xRRGGBB00` as a number. The schema calls it int32, but colours with a red of 128 or more don't fit, so
unsigned and signed are both taken."""

Url = Annotated[str, Field(pattern=r"^(?i:https?)://\S+$")]
Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
Corner = Annotated[int, Field(ge=0, le=LARGEST_SIDE)]
StreamId = Annotated[str, Field(pattern=STREAM_ID)]
StreamIdOrNone = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,256}$")]
NonEmpty = Annotated[str, Field(min_length=1)]


class Request(BaseModel):
    """What every object in a request has in common."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    def tree(self) -> dict[str, Any]:
        """The JSON tree of what was set, secret leaves still `SecretStr`."""
        return self.model_dump(exclude_unset=True, exclude_none=True)

    def _given(self, *names: str) -> str:
        """The first of these fields that was set, or the empty string."""
        return next((name for name in names if getattr(self, name) is not None and name in self.model_fields_set), "")


# --- StartRecord: input ---


class FillFrameParams(Request):
    """What a window shows while the camera is off and the sound goes on.

    Web publishers always get black, mini-program publishers their last frame.
    """

    FrameFillMode: values.FrameFillMode = values.FrameFillMode.LAST_FRAME
    FrameFillColor: Color = 0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self._given("FrameFillColor") and self.FrameFillMode is not values.FrameFillMode.COLOR:
            raise ValueError("FrameFillColor is valid only with FrameFillMode 2")
        return self


class WhiteboardParams(Request):
    """The whiteboard of a task. Width and Height matter in RecordMode 1 only."""

    HorizontalRatio: Annotated[int, Field(ge=1)]
    VerticalRatio: Annotated[int, Field(ge=1)]
    Width: Annotated[int, Field(ge=1)] = 1280
    Height: Annotated[int, Field(ge=1)] = 720
    WhiteboardId: str | None = None
    BackgroundColor: Color = 0xFFFFFF00
    IsPPTAnimation: bool = False
    PPTAnimationFps: Annotated[int, Field(ge=1, le=30)] = 15

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self._given("PPTAnimationFps") and not self.IsPPTAnimation:
            raise ValueError("PPTAnimationFps is valid only when IsPPTAnimation is true")
        return self


class MixInput(Request):
    """One window of MixMode 1: corners in whole pixels of the canvas, origin top left, y down.

    Without StreamId (absent or empty) it takes the next stream in join order. Larger Layer lies on top.
    """

    StreamId: StreamIdOrNone | None = None
    ViewType: values.ViewType = values.ViewType.STREAM
    Top: Corner
    Left: Corner
    Bottom: Corner
    Right: Corner
    Layer: int
    FillMode: values.FillMode = values.FillMode.CROP
    BackgroundImage: Url | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_corners(self, None)
        if self._given("BackgroundImage") and not self.StreamId:
            raise ValueError("BackgroundImage is valid only with StreamId")
        return self


class VideoConfig(Request):
    """The canvas: pixels (1920 x 1080 altogether), frames per second (5..30), bits per second."""

    Width: Side
    Height: Side
    Fps: Annotated[int, Field(ge=5, le=30)]
    Bitrate: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.Width * self.Height > LARGEST_CANVAS:
            raise ValueError(f"Width x Height is {self.Width * self.Height}, more than {LARGEST_CANVAS}")
        return self


class AudioConfig(Request):
    """The mixed sound; Bitrate in bits per second."""

    Bitrate: Annotated[int, Field(ge=1)] = 48000


class WatermarkImageConfig(Request):
    """Where the image watermark lies: corners in pixels of the canvas."""

    Left: Corner
    Top: Corner
    Right: Corner
    Bottom: Corner

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_corners(self, None)
        return self


class WatermarkTimestampConfig(Request):
    """The clock watermark at the top right; FontSize in pixels, 12..100."""

    FontSize: Annotated[int, Field(ge=12, le=100)]


class StreamConfig(Request):
    """Which media of one stream are recorded; without StreamId, of every stream that isn't listed."""

    StreamId: StreamIdOrNone | None = None
    StreamType: values.StreamMedia | None = None


def _check_corners(box: MixInput | WatermarkImageConfig, canvas: tuple[int, int] | None) -> None:
    if box.Left > box.Right:
        raise ValueError(f"Left {box.Left} is more than Right {box.Right}")
    if box.Top > box.Bottom:
        raise ValueError(f"Top {box.Top} is more than Bottom {box.Bottom}")
    if canvas and (box.Right > canvas[0] or box.Bottom > canvas[1]):
        raise ValueError(f"the corner ({box.Right}, {box.Bottom}) lies outside the canvas of {canvas[0]} x {canvas[1]}")


def check_windows(
    mode: values.MixMode,
    windows: list[MixInput] | None,
    *,
    canvas: tuple[int, int] | None,
    has_whiteboard: bool,
) -> None:
    """Check what a layout owes to the task that it belongs to.

    An UpdateLayout body names neither canvas nor whiteboard, so that whoever remembers them has to ask here.

    Args:
        mode: the layout's MixMode.
        windows: its MixInputList.
        canvas: width and height of the task's picture in pixels; None if the task has none.
        has_whiteboard: the task's HasWhiteboard.

    Raises:
        ValueError: no windows in MixMode 1, windows in another mode, a window outside the canvas, a
            whiteboard window in a task without whiteboard, or more than one of them.
    """
    if mode is values.MixMode.CUSTOM and not windows:
        raise ValueError("MixInputList is required when MixMode is 1")
    if mode is not values.MixMode.CUSTOM and windows:
        raise ValueError("MixInputList is valid only when MixMode is 1")
    boards = 0
    for index, window in enumerate(windows or ()):
        try:
            _check_corners(window, canvas)
        except ValueError as error:
            raise ValueError(f"MixInputList.{index}: {error}") from None
        boards += window.ViewType is values.ViewType.WHITEBOARD
    if boards > 1:
        raise ValueError(f"at most one window may have ViewType 2, {boards} have")
    if boards and not has_whiteboard:
        raise ValueError("ViewType 2 is valid only when HasWhiteboard is true")


def _check_large_window(layout: MixParams | UpdateLayoutRequest) -> None:
    if layout.MixMaxResolutionStreamId and layout.MixMode in (values.MixMode.CUSTOM, values.MixMode.GRID):
        raise ValueError("MixMaxResolutionStreamId is valid only when MixMode is 3, 4 or 5")


class MixParams(Request):
    """The mixed picture and sound of a RecordMode 2 task."""

    MixMode: values.MixMode = values.MixMode.GRID
    MixInputList: Annotated[list[MixInput], Field(max_length=MOST_WINDOWS)] | None = None
    FillMode: values.FillMode = values.FillMode.CROP
    MixOutputStreamId: StreamId
    MixOutputVideoConfig: VideoConfig | None = None
    MixOutputAudioConfig: AudioConfig | None = None
    MixOutputBackgroundColor: Color = 0
    MixOutputBackgroundImage: Url | None = None
    MixMaxResolutionStreamId: StreamIdOrNone | None = None
    MixOutputWatermarkImage: Url | None = None
    MixOutputWatermarkImageConfig: WatermarkImageConfig | None = None
    DefaultMixStreamBackgroundImage: Url | None = None
    IsAlwaysMix: bool = False
    MixOutputWatermarkTimestampConfig: WatermarkTimestampConfig | None = None
    RecordSoundWave: bool = False
    SoundWaveType: values.SoundWaveType = values.SoundWaveType.STREAM
    StreamConfigList: list[StreamConfig] | None = None
    ClearInputStreamTimeout: Annotated[int, Field(ge=0)] | None = None

    @property
    def canvas(self) -> tuple[int, int] | None:
        """Width and height of the picture in pixels, None where there is none."""
        video = self.MixOutputVideoConfig
        return (video.Width, video.Height) if video else None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_large_window(self)
        if self._given("FillMode") and self.MixMode is values.MixMode.CUSTOM:
            raise ValueError("FillMode is valid only when MixMode is 2 to 5; MixInputList has its own")
        if self.MixOutputWatermarkImageConfig:
            if not self.MixOutputWatermarkImage:
                raise ValueError("MixOutputWatermarkImageConfig is valid only with MixOutputWatermarkImage")
            _check_corners(self.MixOutputWatermarkImageConfig, self.canvas)
        if self._given("SoundWaveType") and not self.RecordSoundWave:
            raise ValueError("SoundWaveType is valid only when RecordSoundWave is true")
        return self


class RecordedStream(Request):
    """One stream that a single-stream task records; without a list it records them all."""

    StreamId: StreamId


SINGLE_STREAM_ONLY = (
    "RecordStreamList",
    "RecordMuteAudio",
    "RecordMuteAudioSplitThreshold",
    "ResumeWithoutInterruption",
)
"""Fields of RecordMode 1."""


class InputParams(Request):
    """What is recorded, and how. Times in seconds; MaxRecordTime over 86400 needs the vendor's agreement."""

    RecordMode: values.RecordMode
    StreamType: values.StreamType = values.StreamType.AUDIO_VIDEO
    ClientTaskId: str | None = None
    FillBlank: bool = False
    FillFrame: FillFrameParams | None = None
    HasWhiteboard: bool = False
    Whiteboard: Annotated[list[WhiteboardParams], Field(max_length=1)] | None = None
    MaxIdleTime: Annotated[int, Field(ge=5, le=86400)] = 30
    MaxRecordTime: Annotated[int, Field(ge=300, le=172800)] = 86400
    MixConfig: MixParams | None = None
    RecordStreamList: list[RecordedStream] | None = None
    RecordMuteAudio: Annotated[int, Field(ge=1, le=2)] = 1
    RecordMuteAudioSplitThreshold: int | None = None
    ResumeWithoutInterruption: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        name = self._given(*SINGLE_STREAM_ONLY)
        if name and self.RecordMode is not values.RecordMode.SINGLE:
            raise ValueError(f"{name} is valid only when RecordMode is 1")
        if self.HasWhiteboard and not self.Whiteboard:
            raise ValueError("Whiteboard is required when HasWhiteboard is true")
        if self.RecordMode is values.RecordMode.MIXED:
            if not self.MixConfig:
                raise ValueError("MixConfig is required when RecordMode is 2")
            self._check_mix(self.MixConfig)
        return self

    def _check_mix(self, mix: MixParams) -> None:
        if self.StreamType is not values.StreamType.AUDIO and not mix.MixOutputVideoConfig:
            raise ValueError("MixConfig.MixOutputVideoConfig is required when StreamType is 2, 3 or 4")
        if mix.StreamConfigList and self.StreamType not in (
            values.StreamType.AUDIO_VIDEO,
            values.StreamType.SEPARATE,
        ):
            raise ValueError("MixConfig.StreamConfigList is valid only when StreamType is 3 or 4")
        check_windows(mix.MixMode, mix.MixInputList, canvas=mix.canvas, has_whiteboard=self.HasWhiteboard)


# --- StartRecord: output and storage ---


class OutputParams(Request):
    """What is written, and where in the bucket. SnapshotInterval and FragmentSeconds in seconds."""

    OutputFileFormat: values.FileFormat = values.FileFormat.MP4
    OutputFolder: str | None = None
    OutputFileRule: Annotated[int, Field(ge=1, le=1)] = 1
    SnapshotInterval: Annotated[int, Field(ge=5, le=3600)] = 10
    CallbackUrl: Url | None = None
    FragmentSeconds: Annotated[int, Field(ge=2, le=60)] = 15
    RealtimeUploadFragment: bool | None = None
    ShortFragmentPath: bool | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        name = self._given("FragmentSeconds", "RealtimeUploadFragment", "ShortFragmentPath")
        if name and self.OutputFileFormat is not values.FileFormat.HLS:
            raise ValueError(f"{name} is valid only when OutputFileFormat is hls")
        if self._given("ShortFragmentPath") and not self.RealtimeUploadFragment:
            raise ValueError("ShortFragmentPath is valid only when RealtimeUploadFragment is true")
        if self._given("SnapshotInterval") and self.OutputFileFormat is not values.FileFormat.JPG:
            raise ValueError("SnapshotInterval is valid only when OutputFileFormat is jpg")
        return self


class AlibabaVodParams(Request):
    """Alibaba Cloud VOD; StorageLocation such as `xxxx.oss-cn-xxxx.aliyuncs.com`, Title the video's title."""

    Region: NonEmpty
    AccessKeyId: SecretStr
    AccessKeySecret: SecretStr
    Title: NonEmpty
    StorageLocation: NonEmpty


class TencentVodParams(Request):
    """Tencent Cloud VOD; Region such as `ap-beijing`."""

    SecretId: SecretStr
    SecretKey: SecretStr
    Region: NonEmpty
    SubAppId: int | None = None


class Storage(Request):
    """Where the files go. Each Vendor has fields of its own; no temporary keys (vendor FAQ of 2021-09-10)."""

    Vendor: values.StorageVendor
    Region: str | None = None
    Bucket: str | None = None
    AccessKeyId: SecretStr | None = None
    AccessKeySecret: SecretStr | None = None
    AlibabaCloudVodParams: AlibabaVodParams | None = None
    TencentCloudVodParams: TencentVodParams | None = None
    EndPoint: str | None = None
    S3ForcePathStyle: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in tables.REQUIRED[self.Vendor]:
            value = getattr(self, name)
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                raise ValueError(f"{name} is required when Vendor is {self.Vendor}")
        return self


_SOUND_FORMATS = (values.FileFormat.AAC, values.FileFormat.MP3, values.FileFormat.OGG)


class StartRecordRequest(Request):
    """Starts one recording task in one room; at most 50 a second."""

    RoomId: NonEmpty
    RecordInputParams: InputParams
    RecordOutputParams: OutputParams = Field(default_factory=OutputParams)
    StorageParams: Storage

    @field_validator("RecordOutputParams", mode="before")
    @classmethod
    def _absent(cls, value: object) -> object:
        return OutputParams() if value is None else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        file_format, stream_type = self.RecordOutputParams.OutputFileFormat, self.RecordInputParams.StreamType
        allowed = tables.FORMATS[self.StorageParams.Vendor]
        if file_format not in allowed:
            raise ValueError(
                f"RecordOutputParams.OutputFileFormat {file_format} can't be stored by Vendor "
                f"{self.StorageParams.Vendor}, which takes {', '.join(allowed)}"
            )
        if file_format in _SOUND_FORMATS and stream_type is not values.StreamType.AUDIO:
            raise ValueError(f"RecordOutputParams.OutputFileFormat {file_format} is valid only when StreamType is 1")
        if file_format is values.FileFormat.JPG and stream_type is values.StreamType.AUDIO:
            raise ValueError("RecordOutputParams.OutputFileFormat jpg needs a StreamType with pictures")
        return self


# --- The other actions ---


class TaskRequest(Request):
    """What every action on one task carries."""

    TaskId: NonEmpty


class StopRecordRequest(TaskRequest):
    """Leaves the room and begins uploading; at most 50 a second."""


class DescribeRecordStatusRequest(TaskRequest):
    """State and files of one task that was started within the last three days; at most 10 a second."""


class UpdateLayoutRequest(TaskRequest):
    """Changes the layout of a running mixed task; at most 10 a second. Send it whole: nothing is kept."""

    MixMode: values.MixMode = values.MixMode.GRID
    MixInputList: Annotated[list[MixInput], Field(max_length=MOST_WINDOWS)] | None = None
    MixMaxResolutionStreamId: StreamIdOrNone | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_large_window(self)
        check_windows(self.MixMode, self.MixInputList, canvas=None, has_whiteboard=True)
        return self


LONGEST_SPAN_MS = 3 * 86400 * 1000


class DescribeTasksRequest(Request):
    """Lists tasks by their start; at most 10 a second.

    Status 2 lists running tasks, 3 ended ones. StartTime and EndTime are Unix milliseconds, at most three
    days apart and not older than three days. PageOffset is a page number from 1 (0 is taken as 1), PageSize
    is 1..50.
    """

    Status: values.TaskStatus
    StartTime: int
    EndTime: int
    RoomId: str | None = None
    PageOffset: Annotated[int, Field(ge=0)] = 1
    PageSize: Annotated[int, Field(ge=1, le=50)] = 50

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.Status not in (values.TaskStatus.RUNNING, values.TaskStatus.ENDED):
            raise ValueError("Status may be 2 (running) or 3 (ended)")
        if self.EndTime <= self.StartTime:
            raise ValueError("EndTime must be later than StartTime")
        if self.EndTime - self.StartTime > LONGEST_SPAN_MS:
            raise ValueError("StartTime and EndTime may be at most three days apart")
        return self


# --- Responses ---


class ResponsePart(BaseModel):
    """What every object in a response has in common."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)


class Response(ResponsePart):
    """The envelope of every answer. Code 0 means accepted, whatever the HTTP status; Message is free text."""

    Code: int | None = None
    Message: str | None = None
    RequestId: str | None = None


class StartedTask(ResponsePart):
    """The new task; 16 characters."""

    TaskId: str | None = None


class StartRecordResponse(Response):
    """The answer to StartRecord."""

    Data: StartedTask | None = None


class RecordFile(ResponsePart):
    """One file. Duration in ms, FileSize in bytes, BeginTimestamp in Unix ms.

    FileUrl isn't returned for Vendor 4 and 5, VideoId only for 5 and 6. Numbers and formats are kept as they
    came: the vendor's response schema already lacks formats that can be asked for.
    """

    UserId: str | None = None
    UserName: str | None = None
    StreamId: str | None = None
    FileId: str | None = None
    VideoId: str | None = None
    FileUrl: str | None = None
    OutputFileFormat: str | None = None
    FileSize: int | None = None
    Duration: int | None = None
    ResolutionWidth: int | None = None
    ResolutionHeight: int | None = None
    MediaTrackType: int | None = None
    BeginTimestamp: int | None = None
    Status: int | None = None


class TaskState(ResponsePart):
    """State and files of one task; times in Unix ms. RecordFiles is absent when nobody published."""

    RoomId: str | None = None
    RecordMode: int | None = None
    StreamType: int | None = None
    RecordBeginTimestamp: int | None = None
    RecordEndTimestamp: int | None = None
    Status: int | None = None
    RecordFiles: list[RecordFile] | None = None


class DescribeRecordStatusResponse(Response):
    """The answer to DescribeRecordStatus."""

    Data: TaskState | None = None


class ListedTask(ResponsePart):
    """One task in a list."""

    RecordBeginTimestamp: int | None = None
    TaskId: str | None = None
    RoomId: str | None = None
    Status: int | None = None


class TaskList(ResponsePart):
    """One page of tasks. `TaskidList` is spelt so by the vendor; TotalCount counts all matches."""

    PageOffset: int | None = None
    PageSize: int | None = None
    TotalCount: int | None = None
    TaskidList: list[ListedTask] | None = None


class DescribeTasksResponse(Response):
    """The answer to DescribeTasks."""

    Data: TaskList | None = None
