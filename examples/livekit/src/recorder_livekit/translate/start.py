"""What a start has in every mode, neutral to wire: files, quality, callbacks, streams, ends."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from pydantic import SecretStr
from recorder_core.models import Format, Mode, RecordingSpec, StartIntent, Tracks

from recorder_livekit.config import LivekitConfig, LivekitOptions
from recorder_livekit.tables import FILE_TEMPLATES
from recorder_livekit.translate.storage import StorageTranslator
from recorder_livekit.wire.requests import (
    SHORTEST_SIDE,
    EncodedFileOutput,
    EncodedRequest,
    EncodingOptions,
    ImageOutput,
    SegmentedFileOutput,
    StreamOutput,
    WebhookConfig,
)
from recorder_livekit.wire.values import FileType, StreamProtocol

__all__ = ["Start", "StartTranslator"]

FILE_TYPES = {Format.MP4: FileType.MP4, Format.OGG: FileType.OGG, Format.MP3: FileType.MP3}
NEVER_MADE = frozenset(Format) - FILE_TYPES.keys() - {Format.HLS}
OPUS_RATE = 48_000
"""Samples per second of an Ogg file, whatever was asked for."""
STREAM_ADDRESS = re.compile(r"rtmps?://.*/.*/\S*")
"""What the vendor takes for an address of a stream: rtmp(s)://{host}(/{path})/{app}/{stream_key}."""
STEREO = 2
LARGEST = 2**31 - 2


class Start(NamedTuple):
    """What a start is translated from.

    Attributes:
        provider: its name.
        config: the project.
        spec: the resolved spec.
        given: the spec as the caller gave it.
        options: what only this vendor has.
        intent: whose id names the files.
    """

    provider: str
    config: LivekitConfig
    spec: RecordingSpec
    given: RecordingSpec
    options: LivekitOptions
    intent: StartIntent


class StartTranslator(StorageTranslator, ABC):
    """A start, as far as it is the same in every mode. A subclass is one mode."""

    operation: ClassVar[str]
    """The vendor's call."""

    advice: ClassVar[Mapping[str, str]] = {
        **StorageTranslator.advice,
        "encryption": "turn the room's end-to-end encryption off: the recorder joins without its key",
        "whiteboard": "share the board as a screen, or record a page of the application's own in web mode",
        "start_paused": "start it when it is to begin",
        "apart_from": "leave it out: the vendor doesn't tell where it records",
        "output.max_file_duration": "leave it out: a file goes on until the recording ends",
        "max_duration": "stop it yourself, or set session_limits of the server",
        "options.livekit.screen_share": "leave it out: it belongs to individual recording",
    }

    def __init__(self, start: Start) -> None:
        super().__init__(start.provider)
        self.config = start.config
        self.spec = start.spec
        self.given = start.given
        self.options = start.options
        self.id = start.intent.id
        self._encoding: dict[str, Any] = {}
        self._formats: frozenset[Format] = frozenset()
        self._folder = ""
        self._segment_s: int | None = None
        self._picture_s: int | None = None
        self._streams: tuple[SecretStr, ...] = ()
        self._webhook: str | None = None

    def bodies(self) -> tuple[dict[str, Any], ...]:
        """The bodies of the calls: one, where a mode isn't recorded in parts."""
        return (self._request(self._outputs(self.id)).tree(),)

    @abstractmethod
    def _request(self, outputs: Mapping[str, Any]) -> EncodedRequest:
        """The request of the mode."""

    def _outputs(self, named: str) -> dict[str, Any]:
        """What every start carries: the outputs, each with its upload, the encoding, the callbacks.

        Args:
            named: what the files are called, without folder and suffix.
        """
        upload, name = self.upload(), f"{self._folder}{named}"
        outputs: dict[str, Any] = {}
        if self._encoding:
            outputs["advanced"] = EncodingOptions(**self._encoding)
        for wanted in self._formats & FILE_TYPES.keys():
            path = f"{name}.{wanted.value}"
            outputs["file_outputs"] = (
                EncodedFileOutput(file_type=FILE_TYPES[wanted], filepath=path, disable_manifest=True, **upload),
            )
        if Format.HLS in self._formats:
            outputs["segment_outputs"] = (
                SegmentedFileOutput(
                    filename_prefix=name,
                    playlist_name=f"{name}.m3u8",
                    segment_duration=self._segment_s,
                    disable_manifest=True,
                    **upload,
                ),
            )
        if self._picture_s is not None:
            outputs["image_outputs"] = (
                ImageOutput(capture_interval=self._picture_s, filename_prefix=name, disable_manifest=True, **upload),
            )
        if self._streams:
            outputs["stream_outputs"] = (StreamOutput(protocol=StreamProtocol.RTMP, urls=self._streams),)
        if self._webhook is not None:
            outputs["webhooks"] = (WebhookConfig(url=self._webhook, signing_key=self.config.api_key),)
        return outputs

    def set_room(self, room: str) -> None:
        """Any text is the name of a room."""

    def set_mode(self, mode: Mode) -> None:
        """`TRANSLATORS` has chosen the class by it."""

    def set_expected_participants(self, expected: int) -> None:
        """The vendor has no knob for it."""

    def set_output(
        self,
        *,
        formats: frozenset[Format],
        prefix: str | None,
        tracks: Tracks | None,
        snapshots_interval: int | None,
        segment_duration: int | None,
    ) -> None:
        self._take_formats(formats)
        self._picture_s = snapshots_interval
        if segment_duration is not None:
            self._segment_s = self._number("segment_duration", segment_duration)
        if Format.HLS not in formats and self.demanded("segment_duration"):
            self.unsupported("segment_duration", "only HLS has segments", "leave it out, or make HLS")
        if tracks is Tracks.SEPARATE:
            self.unsupported("tracks", "sound and pictures share the vendor's files", "leave it out")
        if prefix is not None:
            filled = [template for template in FILE_TEMPLATES if template in prefix]
            if filled:
                self.unsupported("prefix", f"the vendor fills in {', '.join(filled)}", "choose another folder")
            self._folder = f"{prefix.rstrip('/')}/"

    def _take_formats(self, formats: frozenset[Format]) -> None:
        self._formats = formats
        files = sorted(formats & FILE_TYPES.keys())
        never = sorted(formats & NEVER_MADE)
        if never:
            self.unsupported("formats", f"the vendor makes no {' and no '.join(never)}", "choose mp4, hls, ogg or mp3")
        if len(files) > 1:
            self.unsupported(
                "formats", f"{' and '.join(files)}; an egress makes one file", "start a recording for each of them"
            )
        sound = sorted(formats & {Format.OGG, Format.MP3})
        if sound and self.spec.media.has_video:
            self.unsupported("formats", f"{sound[0]} holds sound only", "set media to audio, or choose mp4 or hls")
        elif sound and Format.HLS in formats:
            self.unsupported(
                "formats", f"hls and {sound[0]} need different codecs", "start a recording for each of them"
            )

    def set_video(self, *, width: int, height: int, fps: int, bitrate_kbps: int) -> None:
        for side, length in (("width", width), ("height", height)):
            if length < SHORTEST_SIDE:
                self.unsupported(side, f"{length}; a side has at least {SHORTEST_SIDE} px", "make it larger")
        # Sent at its bound where it is dropped: the vendor's own default is 1280x720.
        self._encoding |= {
            "width": max(self._number("width", width), SHORTEST_SIDE),
            "height": max(self._number("height", height), SHORTEST_SIDE),
            "framerate": self._number("fps", fps),
            "video_bitrate": self._number("bitrate_kbps", bitrate_kbps),
        }

    def _number(self, part: str, value: int) -> int:
        """The value, or the largest even one of 32 bits where it is larger and dropped."""
        if value > LARGEST:
            self.unsupported(part, f"{value}; the vendor takes numbers up to {LARGEST}", "lower it")
        return min(value, LARGEST)

    def set_audio(self, *, sample_rate: int | None, channels: int | None, bitrate_kbps: int | None) -> None:
        if bitrate_kbps is not None:
            self._encoding["audio_bitrate"] = self._number("bitrate_kbps", bitrate_kbps)
        if sample_rate is not None:
            self._encoding["audio_frequency"] = self._number("sample_rate", sample_rate)
            if Format.OGG in self._formats_asked and sample_rate != OPUS_RATE:
                self.approximated("sample_rate", f"an Ogg file has {OPUS_RATE} Hz", "choose mp4 or mp3")
        if channels is not None and channels != STEREO:
            self.approximated("channels", "the vendor records two channels", "both hold the same where all is mono")

    @property
    def _formats_asked(self) -> frozenset[Format]:
        """Those of the spec: the walk comes to the sound before it comes to the files."""
        return self.spec.output.formats

    def set_push_urls(self, urls: tuple[SecretStr, ...]) -> None:
        sound = sorted(self._formats & {Format.OGG, Format.MP3})
        if urls and sound:
            self.unsupported("", f"a stream and {sound[0]} need different codecs", "choose mp4 or hls")
            return
        for index, url in enumerate(urls):
            if not STREAM_ADDRESS.fullmatch(url.get_secret_value()):
                self.unsupported(
                    str(index), "it isn't of the form rtmp(s)://host/app/stream_key", "give the stream key in the path"
                )
                return
        self._streams = urls

    def set_callback_url(self, url: str) -> None:
        self._webhook = url

    def option_screen_share(self, share: bool) -> None:
        self.unsupported("", "it belongs to individual recording", "leave it out")

    def set_idle_timeout(self, seconds: int) -> None:
        if self.given.idle_timeout is not None:
            self.unsupported(
                "",
                "a recording ends when its room does",
                "leave it out, and give the room its empty_timeout and departure_timeout where it is created",
            )
