"""Composite recording ("mix"), neutral to wire: everybody on one canvas and in one sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from recorder_agora.tables import FRAME_RATES
from recorder_agora.translate.layout import LayoutTranslator
from recorder_agora.translate.room import RoomTranslator
from recorder_agora.translate.start import Start
from recorder_agora.wire.layout import TranscodingConfig
from recorder_agora.wire.recording import RecordingConfig, RecordingFileConfig
from recorder_agora.wire.requests import AcquireClientRequest, AcquireRequest, StartClientRequest, StartRequest
from recorder_core.models import Format, Tracks

__all__ = ["CompositeTranslator"]

LONGEST_SIDE = 1920
MOST_PIXELS = 1920 * 1080
DEFAULT_CANVAS = (1280, 720)
"""Sent instead of a canvas that is too large, where the caller accepts that."""
MOST_KBPS = 6500


class CompositeTranslator(RoomTranslator, LayoutTranslator):
    """acquire and start of a composite recording."""

    mode = "mix"

    advice: ClassVar[Mapping[str, str]] = {
        **RoomTranslator.advice,
        **LayoutTranslator.advice,
        "output.snapshots": "start an individual recording beside this one, with output.formats: []",
        "output.max_file_duration": "composite files are cut every 2 h or 2 GB by the vendor",
        "options.agora.stream_mode": "it belongs to individual recording",
    }

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.layout = start.spec.layout
        self.expected_participants = start.spec.expected_participants
        self._canvas: dict[str, Any] = {}

    def _acquire_request(self, identity: Mapping[str, str]) -> AcquireRequest:
        return AcquireRequest(**identity, clientRequest=AcquireClientRequest(**self._acquire))

    def _start_request(self, identity: Mapping[str, str]) -> StartRequest:
        recording = self._recording | self._lists()
        if self.spec.media.has_video:
            recording["transcodingConfig"] = TranscodingConfig(**self._canvas, **self._mixed, **self._drawn())
        return StartRequest(
            **identity,
            clientRequest=StartClientRequest(
                token=self.token,
                recordingConfig=RecordingConfig(**recording),
                recordingFileConfig=RecordingFileConfig(avFileType=self._file_types),
                storageConfig=self._storage_config(self._prefix),
            ),
        )

    def set_expected_participants(self, expected: int) -> None:
        """Sizes synthesised layouts; composite recording has no knob for it."""

    def set_video(self, *, width: int, height: int, fps: int, bitrate_kbps: int) -> None:
        if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
            self.unsupported(
                "",
                f"{width}x{height}; a side has at most {LONGEST_SIDE} px, both {MOST_PIXELS} together",
                "shrink it",
            )
            width, height, bitrate_kbps = self._instead(DEFAULT_CANVAS, bitrate_kbps)
        if bitrate_kbps > MOST_KBPS:
            self.unsupported("bitrate_kbps", f"{bitrate_kbps}; the vendor takes at most {MOST_KBPS}", "lower it")
        nearest = min(FRAME_RATES, key=lambda rate: (abs(rate - fps), -rate))
        if fps > FRAME_RATES[-1]:
            self.unsupported("fps", f"{fps}; the vendor records at most {FRAME_RATES[-1]}", "lower it")
        elif nearest != fps:
            self.approximated("fps", f"the vendor records {', '.join(map(str, FRAME_RATES))}", f"{nearest} is sent")
        # The vendor takes the four together or none of them, so what is dropped is sent at its bound.
        bitrate = min(bitrate_kbps, MOST_KBPS)
        self._canvas |= {"width": width, "height": height, "fps": nearest, "bitrate": bitrate}

    def set_audio(self, *, bitrate_kbps: int, sample_rate: int | None, channels: int | None) -> None:
        self._recording["audioProfile"] = self._audio_profile(bitrate_kbps, sample_rate, channels)

    def set_output(
        self,
        *,
        formats: frozenset[Format],
        prefix: str | None,
        tracks: Tracks | None,
        segment_duration: int | None,
    ) -> None:
        self._take_hls_and_mp4(formats)
        if tracks is Tracks.SEPARATE:
            self.unsupported("tracks", "a composite file holds sound and pictures", "record twice, audio and video")
        self._check_segments(segment_duration)
        self._take_prefix(prefix)
