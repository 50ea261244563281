"""The requests of the Egress service, as `livekit_egress.proto` has them (livekit/protocol, 2026-08-22).

What the service's own code asks beyond that (livekit/egress, pkg/config, 2026-08-21) is checked here too: one output of
each kind, sides of 16 pixels or more that are even, an identity, an http page.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from recorder_livekit.wire.values import BodyModel, EncodingPreset, FileType, StreamProtocol

__all__ = [
    "DEFAULT_INTERVAL_S",
    "DEFAULT_SEGMENT_S",
    "LONGEST_METADATA",
    "PRESETS",
    "SHORTEST_SIDE",
    "AliOssUpload",
    "AzureBlobUpload",
    "EncodedFileOutput",
    "EncodedRequest",
    "EncodingOptions",
    "GcpUpload",
    "ImageOutput",
    "ListEgressRequest",
    "PageToken",
    "ParticipantEgressRequest",
    "RoomCompositeEgressRequest",
    "S3Upload",
    "SegmentedFileOutput",
    "StopEgressRequest",
    "StreamOutput",
    "UpdateLayoutRequest",
    "UpdateStreamRequest",
    "UploadRequest",
    "WebEgressRequest",
    "WebhookConfig",
]

SHORTEST_SIDE = 16
"""Pixels."""
DEFAULT_SEGMENT_S = 4
"""Seconds of a segment where none are given."""
DEFAULT_INTERVAL_S = 10
"""Seconds from picture to picture where none are given."""
LONGEST_METADATA = 512 * 1024
"""Bytes of a participant's metadata, in which UpdateLayout hands the layout over (livekit-server, 2026-08-21)."""


def _side(value: int) -> int:
    if value % 2:
        raise ValueError("a side is even")
    return value


Side = Annotated[int, Field(ge=SHORTEST_SIDE, lt=2**31), AfterValidator(_side)]
Count = Annotated[int, Field(ge=1, lt=2**31)]


class S3Upload(BodyModel):
    """`S3Upload`: Amazon S3, or any store that speaks its protocol."""

    access_key: SecretStr | None = None
    secret: SecretStr | None = None
    session_token: SecretStr | None = None
    assume_role_arn: str | None = None
    assume_role_external_id: str | None = None
    region: str | None = None
    endpoint: str | None = None
    bucket: str
    force_path_style: bool | None = None
    tagging: str | None = None


class GcpUpload(BodyModel):
    """`GCPUpload`."""

    credentials: SecretStr
    """Content of a service account's key file."""
    bucket: str


class AzureBlobUpload(BodyModel):
    """`AzureBlobUpload`."""

    account_name: str
    account_key: SecretStr
    container_name: str


class AliOssUpload(BodyModel):
    """`AliOSSUpload`."""

    access_key: SecretStr
    secret: SecretStr
    region: str | None = None
    endpoint: str
    bucket: str


class UploadRequest(BodyModel):
    """What every output has: where it goes, one of four. None: where the server's own configuration says."""

    s3: S3Upload | None = None
    gcp: GcpUpload | None = None
    azure: AzureBlobUpload | None = None
    ali_oss: AliOssUpload | None = Field(default=None, validation_alias="aliOSS", serialization_alias="aliOSS")

    @property
    def upload(self) -> S3Upload | GcpUpload | AzureBlobUpload | AliOssUpload | None:
        """The one that is given."""
        return self.s3 or self.gcp or self.azure or self.ali_oss

    @model_validator(mode="after")
    def _one_of_four(self) -> Self:
        if sum(upload is not None for upload in (self.s3, self.gcp, self.azure, self.ali_oss)) > 1:
            raise ValueError("output is a oneof: one of s3, gcp, azure and aliOSS")
        return self


class EncodedFileOutput(UploadRequest):
    """`EncodedFileOutput`."""

    file_type: FileType | None = None
    filepath: str | None = None
    disable_manifest: bool | None = None


class SegmentedFileOutput(UploadRequest):
    """`SegmentedFileOutput`: HLS."""

    filename_prefix: str | None = None
    playlist_name: str | None = None
    segment_duration: Count | None = None
    """Seconds; `DEFAULT_SEGMENT_S` where it isn't given."""
    disable_manifest: bool | None = None


class ImageOutput(UploadRequest):
    """`ImageOutput`: JPEG at an interval."""

    capture_interval: Count | None = None
    """Seconds; `DEFAULT_INTERVAL_S` where it isn't given."""
    filename_prefix: str | None = None
    disable_manifest: bool | None = None


class StreamOutput(BodyModel):
    """`StreamOutput`."""

    protocol: StreamProtocol | None = None
    urls: tuple[SecretStr, ...] = ()


class EncodingOptions(BodyModel):
    """`EncodingOptions`: bit rates in kbps."""

    width: Side | None = None
    height: Side | None = None
    framerate: Count | None = None
    audio_bitrate: Count | None = None
    audio_frequency: Count | None = None
    video_bitrate: Count | None = None


def _preset(width: int, height: int, framerate: int, video_bitrate: int) -> EncodingOptions:
    return EncodingOptions(
        width=width,
        height=height,
        framerate=framerate,
        video_bitrate=video_bitrate,
        audio_bitrate=128,
        audio_frequency=44_100,
    )


PRESETS: Mapping[EncodingPreset, EncodingOptions] = MappingProxyType(
    {
        EncodingPreset.H264_720P_30: _preset(1280, 720, 30, 3000),
        EncodingPreset.H264_720P_60: _preset(1280, 720, 60, 4500),
        EncodingPreset.H264_1080P_30: _preset(1920, 1080, 30, 4500),
        EncodingPreset.H264_1080P_60: _preset(1920, 1080, 60, 6000),
        EncodingPreset.PORTRAIT_H264_720P_30: _preset(720, 1280, 30, 3000),
        EncodingPreset.PORTRAIT_H264_720P_60: _preset(720, 1280, 60, 4500),
        EncodingPreset.PORTRAIT_H264_1080P_30: _preset(1080, 1920, 30, 4500),
        EncodingPreset.PORTRAIT_H264_1080P_60: _preset(1080, 1920, 60, 6000),
    }
)
"""What each preset stands for (livekit/egress, pkg/config/encoding.go, 2026-08-21). The first is the default."""


class WebhookConfig(BodyModel):
    """`WebhookConfig`: who else is told, and with which API key's secret that is signed."""

    url: str
    signing_key: str


class EncodedRequest(BodyModel):
    """What the starts have in common."""

    preset: EncodingPreset | None = None
    advanced: EncodingOptions | None = None
    file_outputs: tuple[EncodedFileOutput, ...] = ()
    stream_outputs: tuple[StreamOutput, ...] = ()
    segment_outputs: tuple[SegmentedFileOutput, ...] = ()
    image_outputs: tuple[ImageOutput, ...] = ()
    webhooks: tuple[WebhookConfig, ...] = ()

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        for name in ("file_outputs", "stream_outputs", "segment_outputs"):
            if len(getattr(self, name)) > 1:
                raise ValueError(f"request has missing or invalid field: multiple {name.replace('_', ' ')}")
        if not (self.file_outputs or self.stream_outputs or self.segment_outputs or self.image_outputs):
            raise ValueError("request has missing or invalid field: output")
        if self.preset is not None and self.advanced is not None:
            raise ValueError("options is a oneof: one of preset and advanced")
        return self

    @property
    def encoding(self) -> EncodingOptions:
        """How it is encoded: the options, the rest as in the preset."""
        given = {} if self.advanced is None else self.advanced.model_dump(exclude_none=True)
        return PRESETS[self.preset or EncodingPreset.H264_720P_30].model_copy(update=given)

    @property
    def file_type(self) -> FileType | None:
        """What the file is, chosen by its codecs where none is given; None: there is no file."""
        if not self.file_outputs:
            return None
        # HLS and streams need AAC, which Ogg can't hold.
        sound_alone = self.has_audio and not (self.has_video or self.segment_outputs or self.stream_outputs)
        return self.file_outputs[0].file_type or (FileType.OGG if sound_alone else FileType.MP4)

    @property
    def room(self) -> str:
        """The room that is recorded; empty: none is."""
        return ""

    @property
    def has_audio(self) -> bool:
        """Whether sound is recorded."""
        return bool(self.file_outputs or self.stream_outputs or self.segment_outputs)

    @property
    def has_video(self) -> bool:
        """Whether pictures are recorded."""
        return True


class _AudioOrVideo(EncodedRequest):
    audio_only: bool | None = None
    video_only: bool | None = None

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.audio_only and self.video_only:
            raise ValueError("request has missing or invalid field: audio_only and video_only")
        if self.audio_only and self.image_outputs:
            raise ValueError("request has missing or invalid field: audio_only images")
        return self

    @property
    def has_audio(self) -> bool:
        """Whether sound is recorded."""
        return super().has_audio and not self.video_only

    @property
    def has_video(self) -> bool:
        """Whether pictures are recorded."""
        return not self.audio_only


def _page(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("request has missing or invalid field: web url")
    return url


class RoomCompositeEgressRequest(_AudioOrVideo):
    """`RoomCompositeEgressRequest`."""

    room_name: Annotated[str, Field(min_length=1)]
    layout: str | None = None
    custom_base_url: Annotated[str, AfterValidator(_page)] | None = None

    @property
    def room(self) -> str:
        """The room that is recorded."""
        return self.room_name


class WebEgressRequest(_AudioOrVideo):
    """`WebEgressRequest`."""

    url: Annotated[str, AfterValidator(_page)]
    await_start_signal: bool | None = None


class ParticipantEgressRequest(EncodedRequest):
    """`ParticipantEgressRequest`."""

    room_name: Annotated[str, Field(min_length=1)]
    identity: Annotated[str, Field(min_length=1)]
    screen_share: bool | None = None

    @property
    def room(self) -> str:
        """The room that is recorded."""
        return self.room_name


class UpdateLayoutRequest(BodyModel):
    """`UpdateLayoutRequest`."""

    egress_id: str
    layout: str


class UpdateStreamRequest(BodyModel):
    """`UpdateStreamRequest`."""

    egress_id: str
    add_output_urls: tuple[SecretStr, ...] = ()
    remove_output_urls: tuple[SecretStr, ...] = ()


class PageToken(BodyModel):
    """`TokenPagination`."""

    token: str


class ListEgressRequest(BodyModel):
    """`ListEgressRequest`."""

    room_name: str | None = None
    egress_id: str | None = None
    active: bool | None = None
    page_token: PageToken | None = None


class StopEgressRequest(BodyModel):
    """`StopEgressRequest`."""

    egress_id: str
