"""What the Egress service answers, and what its callbacks tell: `EgressInfo` and `WebhookEvent`.

From `livekit_egress.proto` and `livekit_webhook.proto` (livekit/protocol, 2026-08-22). Times are Unix nanoseconds, but
for `WebhookEvent.created_at`, which is in seconds.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from recorder_livekit.wire.values import AnswerModel, Number, Word

__all__ = [
    "EgressInfo",
    "FileInfo",
    "ImagesInfo",
    "ListEgressResponse",
    "NextPage",
    "Requested",
    "SegmentsInfo",
    "StreamInfo",
    "WebhookEvent",
]


def _items(value: Any) -> Any:
    """The objects of a list; what is no list of objects is taken for absent."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list | tuple) else []


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else None


def _yes(value: Any) -> Any:
    return value is True


Yes = Annotated[bool, BeforeValidator(_yes)]


class FileInfo(AnswerModel):
    """`FileInfo`."""

    filename: Word = ""
    started_at: Number = 0
    ended_at: Number = 0
    duration: Number = 0
    size: Number = 0
    location: Word = ""


class SegmentsInfo(AnswerModel):
    """`SegmentsInfo`."""

    playlist_name: Word = ""
    duration: Number = 0
    size: Number = 0
    playlist_location: Word = ""
    segment_count: Number = 0
    started_at: Number = 0
    ended_at: Number = 0


class ImagesInfo(AnswerModel):
    """`ImagesInfo`."""

    filename_prefix: Word = ""
    image_count: Number = 0
    started_at: Number = 0
    ended_at: Number = 0


class StreamInfo(AnswerModel):
    """`StreamInfo`."""

    url: Word = ""
    started_at: Number = 0
    ended_at: Number = 0
    duration: Number = 0
    status: Word = ""
    error: Word = ""


class Store(AnswerModel):
    """Where an output goes, without what the vendor takes out."""

    region: Word = ""
    endpoint: Word = ""
    bucket: Word = ""
    container_name: Word = ""


AsStore = Annotated[Store | None, BeforeValidator(_object)]


class RequestedOutput(AnswerModel):
    """An output of the request that an egress was started with: what it is called, and where it goes."""

    filepath: Word = ""
    playlist_name: Word = ""
    filename_prefix: Word = ""
    s3: AsStore = None
    gcp: AsStore = None
    azure: AsStore = None
    ali_oss: Annotated[AsStore, Field(alias="aliOSS")] = None


class RequestedSize(AnswerModel):
    """The picture that was asked for, as far as `EncodingOptions` says."""

    width: Number = 0
    height: Number = 0


Outputs = Annotated[tuple[RequestedOutput, ...], BeforeValidator(_items)]


class Requested(AnswerModel):
    """The request that an egress was started with, its secrets taken out by the vendor."""

    file_outputs: Outputs = ()
    segment_outputs: Outputs = ()
    image_outputs: Outputs = ()
    layout: Word = ""
    custom_base_url: Word = ""
    identity: Word = ""
    audio_only: Yes = False
    video_only: Yes = False
    preset: Word = ""
    advanced: Annotated[RequestedSize | None, BeforeValidator(_object)] = None

    @property
    def outputs(self) -> tuple[RequestedOutput, ...]:
        """What is written: files, segments, pictures."""
        return (*self.file_outputs, *self.segment_outputs, *self.image_outputs)

    @property
    def names(self) -> tuple[str, ...]:
        """What its files are called."""
        found = ((output.filepath, output.playlist_name, output.filename_prefix) for output in self.outputs)
        return tuple(name for names in found for name in names if name)


AsRequested = Annotated[Requested | None, BeforeValidator(_object)]


class EgressInfo(AnswerModel):
    """`EgressInfo`."""

    egress_id: Word = ""
    room_id: Word = ""
    room_name: Word = ""
    status: Word = ""
    started_at: Number = 0
    ended_at: Number = 0
    updated_at: Number = 0
    room_composite: AsRequested = None
    web: AsRequested = None
    participant: AsRequested = None
    file_results: Annotated[tuple[FileInfo, ...], BeforeValidator(_items)] = ()
    segment_results: Annotated[tuple[SegmentsInfo, ...], BeforeValidator(_items)] = ()
    image_results: Annotated[tuple[ImagesInfo, ...], BeforeValidator(_items)] = ()
    stream_results: Annotated[tuple[StreamInfo, ...], BeforeValidator(_items)] = ()
    error: Word = ""
    error_code: Number = 0
    details: Word = ""
    backup_storage_used: Yes = False

    @property
    def identity(self) -> str:
        """Whose it is; empty: it isn't one participant's."""
        return self.participant.identity if self.participant else ""

    @property
    def names(self) -> tuple[str, ...]:
        """What its files are called, as it was asked for and as they are."""
        asked = [one.names for one in (self.room_composite, self.web, self.participant) if one]
        made = [
            *(file.filename for file in self.file_results),
            *(segments.playlist_name for segments in self.segment_results),
            *(images.filename_prefix for images in self.image_results),
        ]
        return (*(name for names in asked for name in names), *(name for name in made if name))


class NextPage(AnswerModel):
    """`TokenPagination`."""

    token: Word = ""


class ListEgressResponse(AnswerModel):
    """`ListEgressResponse`."""

    items: tuple[EgressInfo, ...] = ()
    next_page_token: Annotated[NextPage | None, BeforeValidator(_object)] = None


class WebhookEvent(AnswerModel):
    """`WebhookEvent`."""

    event: Word = ""
    id: Word = ""
    created_at: Number = 0
    egress_info: Annotated[EgressInfo | None, BeforeValidator(_object)] = Field(default=None)
