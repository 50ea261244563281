"""What is recorded, and in which quality and container."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainSerializer, ValidationInfo, field_validator

from recorder_core.models.base import (
    NOT_BOOL,
    CanvasSide,
    Count,
    Demanded,
    Model,
    Text,
    invalid,
)


class Mode(StrEnum):
    """How a room becomes files."""

    COMPOSITE = "composite"
    """Everybody on one canvas and in one sound."""

    INDIVIDUAL = "individual"
    """Every participant in files of their own."""

    WEB = "web"
    """A web page, as a browser shows it."""


class Media(StrEnum):
    """What is recorded."""

    AUDIO_VIDEO = "audio_video"
    """Sound and pictures."""

    AUDIO = "audio"
    """Sound alone; what describes the picture is without effect."""

    VIDEO = "video"
    """Pictures alone; what describes the sound is without effect."""

    @property
    def has_audio(self) -> bool:
        """Whether there is sound."""
        return self is not Media.VIDEO

    @property
    def has_video(self) -> bool:
        """Whether there are pictures."""
        return self is not Media.AUDIO


class Format(StrEnum):
    """A container that files are written in."""

    HLS = "hls"
    """A playlist (M3U8) and its segments; it grows while the recording runs."""

    MP4 = "mp4"
    """MPEG-4."""

    FLV = "flv"
    """Flash Video."""

    AAC = "aac"
    """Sound alone: Advanced Audio Coding."""

    MP3 = "mp3"
    """Sound alone: MPEG-1 Audio Layer III."""

    OGG = "ogg"
    """Sound alone: Ogg."""

    WEBM = "webm"
    """WebM."""

    MKV = "mkv"
    """Matroska."""

    MKA = "mka"
    """Sound alone: Matroska."""

    ZIP = "zip"
    """One archive that holds the files of everybody."""


class Tracks(StrEnum):
    """Whether sound and pictures share their files."""

    MERGED = "merged"
    """Both in one file."""

    SEPARATE = "separate"
    """Each in files of its own."""


class Fit(StrEnum):
    """How a picture fills a space of another shape."""

    COVER = "cover"
    """Fills it and is cropped."""

    CONTAIN = "contain"
    """Is whole, with bars."""

    STRETCH = "stretch"
    """Fills it and is distorted."""


class Video(Model):
    """The composed or browsed picture. None: see each field; a published picture keeps what it has."""

    width: CanvasSide | None = None
    """Width of the canvas in pixels, even. None: 1280 (composite, web)."""

    height: CanvasSide | None = None
    """Height of the canvas in pixels, even. None: 720 (composite, web)."""

    fps: Count | None = None
    """Frames per second, 1 or more. None: 15 (composite, web)."""

    bitrate_kbps: Count | None = None
    """Video bit rate in kbps (1000 bit/s). None: `default_bitrate_kbps` of the size and the frame rate."""


class Audio(Model):
    """The sound."""

    sample_rate: Count | None = None
    """Samples per second in Hz, such as 48000. None: the vendor's."""

    channels: Annotated[int, NOT_BOOL, Field(ge=1, le=2)] | None = None
    """Channels: 1 (mono) or 2 (stereo). None: the vendor's."""

    bitrate_kbps: Count | None = None
    """Audio bit rate in kbps (1000 bit/s). None: 48 (composite, web)."""


class Snapshots(Model):
    """Still pictures (JPG) taken at an interval."""

    interval: Annotated[int, NOT_BOOL, Field(ge=5, le=3600)]
    """Seconds between two pictures, 5..3600."""


def _folder(value: str) -> str:
    value = value.removesuffix("/")
    segments = value.split("/")
    if "" in segments:
        raise invalid("begins with a slash or has two in a row; it is a folder such as lessons/2026")
    if "." in segments or ".." in segments:
        raise invalid("has a segment . or .., which object stores keep as it is")
    return value


def _sorted_names(formats: frozenset[Format]) -> list[str]:
    return sorted(formats)


class Output(Model):
    """The files."""

    formats: Annotated[frozenset[Format], PlainSerializer(_sorted_names), Demanded()] = frozenset({Format.HLS})
    """Containers: any of hls, mp4, flv, aac, mp3, ogg, webm, mkv, mka, zip. Empty only with `snapshots`: pictures
    alone."""

    prefix: Annotated[Text, AfterValidator(_folder)] | None = None
    """Folder in the bucket, such as `lessons/2026`; a slash at its end is dropped. None: the root."""

    tracks: Tracks | None = None
    """Sound and pictures in one file (merged) or in files of their own (separate). None: merged."""

    snapshots: Snapshots | None = Field(default=None, validate_default=True)
    """Still pictures at an interval. None: none."""

    segment_duration: Count | None = None
    """Length of an HLS segment in seconds, 1 or more. None: 15."""

    max_file_duration: Count | None = None
    """Length in seconds after which a new file begins, 1 or more. None: the vendor's rule."""

    @field_validator("snapshots")
    @classmethod
    def _something_is_recorded(cls, snapshots: Snapshots | None, info: ValidationInfo) -> Snapshots | None:
        if snapshots is None and info.data.get("formats", ...) == frozenset():
            raise invalid("is missing, and formats is empty, so nothing would be recorded")
        return snapshots


# --- the bit rate of a canvas ------------------------------------------------------------------------------

_AT_15_FPS: Final = (
    (120 * 120, 50),
    (160 * 120, 65),
    (180 * 180, 100),
    (240 * 180, 120),
    (320 * 180, 140),
    (320 * 240, 200),
    (424 * 240, 220),
    (360 * 360, 260),
    (480 * 360, 320),
    (640 * 360, 400),
    (640 * 480, 500),
    (848 * 480, 610),
    (960 * 720, 910),
    (1280 * 720, 1130),
    (1920 * 1080, 2080),
)
_AT_30_FPS: Final = (
    (360 * 360, 400),
    (480 * 360, 490),
    (640 * 360, 600),
    (640 * 480, 750),
    (848 * 480, 930),
    (960 * 720, 1380),
    (1280 * 720, 1710),
    (1920 * 1080, 3150),
)
_LEAST_KBPS: Final = 50
_MOST_KBPS: Final = 6500


def default_bitrate_kbps(width: int, height: int, fps: int) -> int:
    """The video bit rate in kbps that suits a canvas, whichever vendor encodes it.

    The vendors' guides print one and the same table of sizes and frame rates (here its column for
    communication). A row of the table is met exactly; portrait is as landscape. Elsewhere the rate follows
    the number of pixels and the frame rate on logarithmic scales, beyond the table with its last slope. It
    never falls when the canvas or the frame rate grows, and stays within 50..6500 kbps.

    Args:
        width: pixels.
        height: pixels.
        fps: frames per second.
    """
    pixels = width * height
    at_15 = _interpolate(_AT_15_FPS, pixels)
    # Below the smallest size at 30 fps, and for frame rates with a single row, that row's ratio counts.
    at_30 = _interpolate(_AT_30_FPS, pixels) if pixels >= _AT_30_FPS[0][0] else at_15 * 400 / 260
    by_fps = ((5, at_15 * 0.5), (10, at_15 * 400 / 500), (15, at_15), (30, at_30), (60, at_30 * 4780 / 3150))
    return max(_LEAST_KBPS, min(_MOST_KBPS, round(_interpolate(by_fps, fps))))


def resized(video: Video, width: int, height: int, *, keeps_bitrate: bool) -> Video:
    """The picture in another size, with the bit rate that suits it unless it keeps its own.

    Args:
        video: with its frame rate filled in.
        width: pixels.
        height: pixels.
        keeps_bitrate: whether the bit rate stays, because it was asked for.
    """
    bitrate_kbps = video.bitrate_kbps if keeps_bitrate else default_bitrate_kbps(width, height, video.fps or 15)
    return video.model_copy(update={"width": width, "height": height, "bitrate_kbps": bitrate_kbps})


def _interpolate(points: Sequence[tuple[int, float]], x: float) -> float:
    """The value at `x` on straight lines through the points, both axes logarithmic, prolonged at the ends."""
    upper = next((index for index, (at, _) in enumerate(points) if at >= x), len(points) - 1)
    (x0, y0), (x1, y1) = points[max(upper, 1) - 1], points[max(upper, 1)]
    share = math.log(x / x0) / math.log(x1 / x0)
    return float(y0 * (y1 / y0) ** share)
