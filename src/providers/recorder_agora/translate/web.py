"""Web page recording, neutral to wire: a page as a browser shows it, and the push of its picture to a CDN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SecretStr

from recorder_agora.translate.start import Start, StartTranslator
from recorder_agora.wire.recording import RecordingFileConfig
from recorder_agora.wire.requests import (
    WebAcquireClientRequest,
    WebAcquireRequest,
    WebStartClientRequest,
    WebStartRequest,
)
from recorder_agora.wire.web import (
    ExtensionServiceConfig,
    RtmpOutput,
    RtmpPublishParam,
    RtmpPublishService,
    WebRecorderParam,
    WebRecorderService,
)
from recorder_core.models import Format, Media, Tracks

__all__ = ["WebTranslator"]

SIDES = range(240, 1921)
MOST_PIXELS = 1920 * 1080
DEFAULT_PAGE = (1280, 720)
"""Sent instead of a size that the vendor doesn't record, where the caller accepts that."""
FPS = range(5, 61)
KBPS = range(50, 8001)
MOST_HOURS = 720
DEFAULT_HOURS = 24
FILE_MINUTES = range(30, 241)
A_MINUTE, AN_HOUR = 60, 3600


class WebTranslator(StartTranslator):
    """acquire and start of a web page recording."""

    mode = "web"
    scene = 1

    advice: ClassVar[Mapping[str, str]] = {
        **StartTranslator.advice,
        "expected_participants": "leave it out: the page shows whom it shows",
        "layout": "leave it out: the page lays out what it shows",
        "idle_timeout": "leave it out: a page is never idle; max_duration ends it, or you do",
        "encryption": "leave it out: the page decrypts what it shows",
        "output.snapshots": "record the room itself in individual mode, which takes snapshots",
        "whiteboard": "put the board on the page",
        "watermarks": "put them on the page",
        **dict.fromkeys(
            (f"options.agora.{name}" for name in ("token", "channel_profile", "video_stream_type", "private_params")),
            "leave it out: a page is recorded, and no room is joined",
        ),
        "options.agora.stream_mode": "it belongs to individual recording",
    }

    def __init__(self, start: Start) -> None:
        if start.spec.max_duration is None:
            # The vendor wants an end, and no later one than that until which it can be controlled.
            hours = min(DEFAULT_HOURS, start.options.resource_expired_hours)
            spec = start.spec.model_copy(update={"max_duration": hours * AN_HOUR})
            start = start._replace(spec=spec)
        super().__init__(start)
        self._page: dict[str, Any] = {}
        self._push: tuple[RtmpOutput, ...] = ()

    def _acquire_request(self, identity: Mapping[str, str]) -> WebAcquireRequest:
        return WebAcquireRequest(**identity, clientRequest=WebAcquireClientRequest(**self._acquire))

    def _start_request(self, identity: Mapping[str, str]) -> WebStartRequest:
        recorder = WebRecorderService(
            serviceName="web_recorder_service",
            errorHandlePolicy="error_abort",
            serviceParam=WebRecorderParam(**self._page),
        )
        services: tuple[WebRecorderService | RtmpPublishService, ...] = (recorder,)
        if self._push:
            push = RtmpPublishService(
                serviceName="rtmp_publish_service",
                errorHandlePolicy="error_ignore",
                serviceParam=RtmpPublishParam(outputs=self._push),
            )
            services = (recorder, push)
        return WebStartRequest(
            **identity,
            clientRequest=WebStartClientRequest(
                extensionServiceConfig=ExtensionServiceConfig(
                    errorHandlePolicy="error_abort", extensionServices=services
                ),
                recordingFileConfig=RecordingFileConfig(avFileType=self._file_types),
                storageConfig=self._storage_config(self._prefix),
            ),
        )

    def set_room(self, room: str) -> None:
        """Any text is a label of the recording."""

    def set_media(self, media: Media) -> None:
        if media is not Media.AUDIO_VIDEO:
            self.unsupported("", f"a page is recorded with sound and pictures, not as {media} alone", "leave it out")

    def set_video(self, *, width: int, height: int, fps: int, bitrate_kbps: int) -> None:
        if width not in SIDES or height not in SIDES or width * height > MOST_PIXELS:
            self.unsupported(
                "",
                f"{width}x{height}; a side of a page has {SIDES[0]} to {SIDES[-1]} px, "
                f"both have {MOST_PIXELS} together at most",
                "choose a size in that range",
            )
            width, height, bitrate_kbps = self._instead(DEFAULT_PAGE, bitrate_kbps)
        self._page |= {
            "videoWidth": width,
            "videoHeight": height,
            "videoFps": self._within("fps", fps, FPS),
            "videoBitrate": self._within("bitrate_kbps", bitrate_kbps, KBPS),
        }

    def _within(self, part: str, value: int, taken: range, unit: str = "") -> int:
        """The value, or the nearest bound where it is out of range and dropped."""
        if value not in taken:
            self.unsupported(
                part,
                f"{value}{unit}; the vendor takes {taken[0]} to {taken[-1]}{unit}",
                "choose one in that range",
            )
        return min(max(value, taken[0]), taken[-1])

    def set_audio(self, *, bitrate_kbps: int, sample_rate: int | None, channels: int | None) -> None:
        self._page["audioProfile"] = self._audio_profile(bitrate_kbps, sample_rate, channels)

    def set_output(
        self,
        *,
        formats: frozenset[Format],
        prefix: str | None,
        tracks: Tracks | None,
        segment_duration: int | None,
        max_file_duration: int | None,
    ) -> None:
        self._take_hls_and_mp4(formats)
        if tracks is Tracks.SEPARATE:
            self.unsupported("tracks", "a page's files hold sound and pictures", "leave it out")
        if max_file_duration is not None:
            self._cut_files(formats, max_file_duration)
        self._check_segments(segment_duration)
        self._take_prefix(prefix)

    def _cut_files(self, formats: frozenset[Format], seconds: int) -> None:
        if Format.MP4 not in formats:
            self.unsupported(
                "max_file_duration", "only MP4 files are cut; HLS has segments", "leave it out, or add mp4 to formats"
            )
            return
        minutes = -(-seconds // A_MINUTE)
        sent = self._within("max_file_duration", minutes, FILE_MINUTES, " min")
        if sent == minutes and seconds % A_MINUTE:
            self.approximated("max_file_duration", "the vendor counts whole minutes", f"{minutes} minutes are sent")
        self._page["maxVideoDuration"] = sent

    def set_max_duration(self, seconds: int) -> None:
        hours, controllable = -(-seconds // AN_HOUR), self.options.resource_expired_hours
        if hours > MOST_HOURS:
            self.unsupported("", f"{seconds} s; the vendor records up to {MOST_HOURS} h", "shorten it")
        elif hours > controllable:
            self.unsupported(
                "",
                f"{hours} h; nothing could stop the recording after resource_expired_hours: {controllable}, "
                "and the vendor wants it to end before",
                f"raise options.agora.resource_expired_hours to {hours}, or shorten it",
            )
        elif seconds < hours * AN_HOUR:
            self.approximated("", "the vendor counts whole hours", f"{hours} h are sent; stop it yourself before that")
        self._page["maxRecordingHour"] = min(hours, controllable)

    def set_web_page(self, *, url: str, mobile: bool, ready_timeout: int | None) -> None:
        self._page |= {"url": url, "mobile": mobile or None, "readyTimeout": ready_timeout}

    def set_start_paused(self, paused: bool) -> None:
        self._page["onhold"] = paused or None

    def set_push_urls(self, urls: tuple[SecretStr, ...]) -> None:
        if len(urls) > 1:
            self.unsupported("", f"{len(urls)} addresses; the vendor pushes to one", "give one that fans out")
        self._push = tuple(RtmpOutput(rtmpUrl=url) for url in urls[:1])
