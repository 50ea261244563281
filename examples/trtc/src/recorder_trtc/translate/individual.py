"""Individual recording, neutral to wire: files for every stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from recorder_core.models import Format, Tracks, Video
from recorder_trtc.translate.start import StartTranslator
from recorder_trtc.wire.values import AvMerge, RecordMode

__all__ = ["IndividualTranslator"]

_OF_COMPOSITE = "leave it out: it belongs to composite recording"


class IndividualTranslator(StartTranslator):
    """CreateCloudRecording of a single-stream task."""

    record_mode = RecordMode.SINGLE

    advice: ClassVar[Mapping[str, str]] = {
        **StartTranslator.advice,
        "layout": "leave it out: every stream has files of its own; a composite recording lays them out",
        "watermarks": "leave them out: they belong to composite recording",
        "audio": "leave it out: a stream's sound stays as it is published",
        "options.trtc.sound_alone_takes_window": _OF_COMPOSITE,
        "options.trtc.time_zone": _OF_COMPOSITE,
    }

    def _arrange_tracks(self, tracks: Tracks) -> None:
        if tracks is Tracks.SEPARATE and self.spec.output.formats != {Format.HLS}:
            self.unsupported("tracks", "sound and pictures apart are HLS; an MP4 holds both", "make hls alone")
        self._record["AvMerge"] = AvMerge.MERGED if tracks is Tracks.MERGED else AvMerge.SEPARATE

    def set_video(self, *, width: int | None, height: int | None, fps: int | None, bitrate_kbps: int | None) -> None:
        given = {"width": width, "height": height, "fps": fps, "bitrate_kbps": bitrate_kbps}
        for part, value in given.items():
            if value is not None:
                self.approximated(
                    part, "a stream's pictures stay as they are published", "a composite recording has its own"
                )
        self.spec = self.spec.model_copy(update={"video": Video()})
