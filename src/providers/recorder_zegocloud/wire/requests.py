"""The bodies of the vendor's Cloud Recording server API, action by action, key by key.

Requests forbid unknown keys and check every documented type, range, enum and conditional rule; a field that
is documented as valid only together with another one is refused without it, because it would have no effect.
The parts of StartRecord have files of their own (`wire_layout`, `wire_storage`), and so have the answers
(`wire_answers`) and what all of them are made of (`wire_values`).

Defaults are the vendor's, so that a body read from the wire shows what the vendor would do; `tree()` gives
back only what was set. Names, ranges and rules come from "Cloud Recording Server API" (OpenAPI files,
ZEGOCLOUD, 2025-11 to 2026-08-18) where nothing else is named.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from recorder_zegocloud import tables
from recorder_zegocloud.wire import values
from recorder_zegocloud.wire.layout import MixParams, Windows, check_large_window, check_windows
from recorder_zegocloud.wire.storage import Storage
from recorder_zegocloud.wire.values import Color, NonEmpty, Request, StreamId, StreamIdOrNone, Url

__all__ = [
    "DescribeRecordStatusRequest",
    "DescribeTasksRequest",
    "FillFrameParams",
    "InputParams",
    "OutputParams",
    "PauseRecordRequest",
    "RecordedStream",
    "ResumeRecordRequest",
    "StartRecordRequest",
    "StopRecordRequest",
    "TakeSnapshotRequest",
    "TaskRequest",
    "UpdateLayoutRequest",
    "UpdateWhiteboardRequest",
    "WhiteboardParams",
]


# --- StartRecord ---


class FillFrameParams(Request):
    """What a window shows while the camera is off and the sound goes on; RecordMode 2.

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
    """The whiteboard of a task.

    HorizontalRatio and VerticalRatio must be those of the board in the clients, or it shrinks. Width and Height
    (pixels of the board's own file) are valid only in RecordMode 1. Without WhiteboardId nothing is shown until
    UpdateWhiteboard names a board. IsPPTAnimation is a paid option, silently without effect where it isn't
    enabled; PPTAnimationFps is 1..30.
    """

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


class RecordedStream(Request):
    """One stream that a single-stream task records; without a list, or with an empty one, it records them all."""

    StreamId: StreamId


SINGLE_STREAM_ONLY = (
    "RecordStreamList",
    "RecordMuteAudio",
    "RecordMuteAudioSplitThreshold",
    "ResumeWithoutInterruption",
)
MIXED_ONLY = ("FillFrame", "MixConfig")


class InputParams(Request):
    """What is recorded, and how.

    Times in seconds; MaxRecordTime over 86400 needs the vendor's agreement. RecordMuteAudioSplitThreshold is the
    length of a silence that begins a new file: 0 any, negative none.
    """

    RecordMode: values.RecordMode
    StreamType: values.StreamType = values.StreamType.AUDIO_VIDEO
    ClientTaskId: str | None = None
    RecordStreamList: list[RecordedStream] | None = None
    FillBlank: bool = False
    FillFrame: FillFrameParams | None = None
    RecordMuteAudio: values.RecordMuteAudio = values.RecordMuteAudio.KEEP
    RecordMuteAudioSplitThreshold: int | None = None
    HasWhiteboard: bool = False
    Whiteboard: Annotated[list[WhiteboardParams], Field(max_length=1)] | None = None
    MaxIdleTime: Annotated[int, Field(ge=5, le=86400)] = 30
    MaxRecordTime: Annotated[int, Field(ge=300, le=172800)] = 86400
    ResumeWithoutInterruption: bool = False
    MixConfig: MixParams | None = None

    @property
    def board(self) -> WhiteboardParams | None:
        """The whiteboard that is recorded, None where none is."""
        return self.Whiteboard[0] if self.HasWhiteboard and self.Whiteboard else None

    @property
    def mute_field(self) -> str:
        """The name of a field for muted sound that was given, or the empty string."""
        return self._given("RecordMuteAudio", "RecordMuteAudioSplitThreshold")

    @model_validator(mode="after")
    def _check(self) -> Self:
        single = self.RecordMode is values.RecordMode.SINGLE
        if name := self._given(*(MIXED_ONLY if single else SINGLE_STREAM_ONLY)):
            raise ValueError(f"{name} is valid only when RecordMode is {2 if single else 1}")
        if self.mute_field and self.StreamType is not values.StreamType.AUDIO:
            raise ValueError(f"{self.mute_field} is valid only when StreamType is 1")
        dropped = self.RecordMuteAudio is values.RecordMuteAudio.DROP
        if self._given("RecordMuteAudioSplitThreshold") and not dropped:
            raise ValueError("RecordMuteAudioSplitThreshold is valid only when RecordMuteAudio is 2")
        self._check_whiteboard(single)
        if not single:
            if not self.MixConfig:
                raise ValueError("MixConfig is required when RecordMode is 2")
            self._check_mix(self.MixConfig)
        return self

    def _check_whiteboard(self, single: bool) -> None:
        if self.HasWhiteboard and not self.Whiteboard:
            raise ValueError("Whiteboard is required when HasWhiteboard is true")
        if self.Whiteboard and not self.HasWhiteboard:
            raise ValueError("Whiteboard is valid only when HasWhiteboard is true")
        if single or not self.board:
            return
        if name := next((name for name in ("Width", "Height") if name in self.board.model_fields_set), None):
            raise ValueError(f"Whiteboard.0.{name} is valid only when RecordMode is 1")
        if self.StreamType is values.StreamType.AUDIO:
            raise ValueError("HasWhiteboard is valid only when StreamType is 2, 3 or 4 or RecordMode is 1")

    def _check_mix(self, mix: MixParams) -> None:
        if self.StreamType is not values.StreamType.AUDIO and not mix.MixOutputVideoConfig:
            raise ValueError("MixConfig.MixOutputVideoConfig is required when StreamType is 2, 3 or 4")
        if mix.StreamConfigList and self.StreamType not in (
            values.StreamType.AUDIO_VIDEO,
            values.StreamType.SEPARATE,
        ):
            raise ValueError("MixConfig.StreamConfigList is valid only when StreamType is 3 or 4")
        check_windows(mix.MixMode, mix.MixInputList, canvas=mix.canvas, has_whiteboard=self.HasWhiteboard)


class OutputParams(Request):
    """What is written, and where in the bucket.

    Seconds: SnapshotInterval 5..3600 between the pictures of a jpg task, FragmentSeconds 2..60 per segment of HLS.
    """

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
        mute_field = self.RecordInputParams.mute_field
        if mute_field and file_format is not values.FileFormat.MP3:
            raise ValueError(f"RecordInputParams.{mute_field} is valid only when OutputFileFormat is mp3")
        return self


# --- The other actions ---


class TaskRequest(Request):
    """What every action on one task carries."""

    TaskId: NonEmpty


class StopRecordRequest(TaskRequest):
    """Leaves the room and begins uploading; at most 50 a second."""


class DescribeRecordStatusRequest(TaskRequest):
    """State and files of one task that was started within the last three days; at most 10 a second."""


class PauseRecordRequest(TaskRequest):
    """Stops capturing streams and whiteboard until resumed; mixed tasks only; at most 10 a second."""


class ResumeRecordRequest(TaskRequest):
    """Goes on with a mixed task that was paused; at most 10 a second."""


class TakeSnapshotRequest(TaskRequest):
    """Takes one JPG of the mixed picture of a running mixed task; at most 10 a second."""


class UpdateWhiteboardRequest(TaskRequest):
    """Shows another whiteboard from now on; at most 10 a second."""

    WhiteboardId: NonEmpty


class UpdateLayoutRequest(TaskRequest):
    """Changes the layout of a running mixed task; at most 10 a second. Send it whole: nothing is kept."""

    MixMode: values.MixMode = values.MixMode.GRID
    MixInputList: Windows | None = None
    MixMaxResolutionStreamId: StreamIdOrNone | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_large_window(self.MixMode, self.MixMaxResolutionStreamId)
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
