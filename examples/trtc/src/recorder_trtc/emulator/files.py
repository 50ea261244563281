"""The files of an emulated task: what they are called, and how they reach the storage.

Names by "On-Cloud Recording" (Tencent Cloud, 2024-04-26). Where it is silent: the index of sound and pictures that
share their files ends in `_audio_video`; an AAC is called as the MP4 would be.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from recorder_core.emulation.delivery import Delivery, Name, Output
from recorder_core.emulation.encoder import AudioSettings
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape
from recorder_trtc.emulator.readings import Readings
from recorder_trtc.wire.requests import CreateCloudRecordingRequest
from recorder_trtc.wire.values import OutputFormat, RoomIdType, SampleRate, VodFormat

__all__ = ["FileWriter", "OutputFile", "encoded", "milliseconds"]

FORMATS = {
    "HLS": ("hls",),
    "HLS_MP4": ("hls", "mp4"),
    "HLS_AAC": ("hls", "aac"),
    "MP4": ("mp4",),
    "AAC": ("aac",),
}
SEGMENT_S = 10.0
RATES = {SampleRate.HZ_48000: 48_000, SampleRate.HZ_44100: 44_100, SampleRate.HZ_16000: 16_000}


def encoded(text: str) -> str:
    """An id as file names have it: base64, without slashes and equals signs."""
    return base64.b64encode(text.encode()).decode().replace("/", "-").replace("=", ".")


def milliseconds(seconds: float) -> int:
    """Seconds as the wire has them."""
    return round(seconds * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """What becomes one file of each format.

    Attributes:
        user_id: whose it is; empty for the mixed one.
        stem: its name without the kind of its tracks.
        track_type: `audio`, `video` or `audio_video`.
        begin: Unix s.
        end: Unix s; None: the task's own end.
        tape: what it shows and lets hear from one Unix second to another.
    """

    user_id: str
    stem: str
    track_type: str
    begin: float
    end: float | None
    tape: Callable[[float, float], Tape]

    @property
    def index_stem(self) -> str:
        """The name of its index, without the suffix."""
        return f"{self.stem}_{self.track_type}" if self.user_id else self.stem

    @property
    def media_id(self) -> str:
        """Which stream it is of, as callbacks call it."""
        return "main" if self.user_id else "mix"


class FileWriter:
    """Writes the files of one task.

    Args:
        task_id: the task's.
        request: what was asked for.
        service: whose bucket stands for every cloud.
        readings: which buckets there are.
    """

    def __init__(
        self, task_id: str, request: CreateCloudRecordingRequest, *, service: EmulatedService, readings: Readings
    ) -> None:
        self._request = request
        self._service = service
        self._keys: dict[str, None] = {}
        self._vod_ids: dict[str, str] = {}
        bucket, vod = request.StorageParams.CloudStorage, request.StorageParams.CloudVod
        self.is_vod = vod is not None
        chosen = vod.TencentVod.MediaType if vod else request.RecordParams.OutputFormat
        self.formats: Sequence[str] = FORMATS[(VodFormat if vod else OutputFormat)(chosen).name]
        is_missing = bucket is not None and readings.buckets is not None and bucket.Bucket not in readings.buckets
        self.refused = f"there is no bucket {bucket.Bucket!r}" if bucket is not None and is_missing else None
        folders = (bucket.FileNamePrefix or []) if bucket else []
        self._prefix = "/".join((*folders, task_id)) + "/"

    @property
    def keys(self) -> tuple[str, ...]:
        """What is in the customer's storage by now."""
        return tuple(self._keys)

    def room_stem(self, moves: int) -> str:
        """How every name begins, after so many moves to other servers."""
        request = self._request
        room = request.RoomId if request.RoomIdType is RoomIdType.NUMBER else encoded(request.RoomId)
        return f"{f'ha{moves}_' if moves else ''}{request.SdkAppId}_{room}"

    def write(self, file: OutputFile, end: float) -> Delivery:
        """Encode a file up to `end` (Unix s) and upload it."""
        audio = self._request.MixTranscodeParams and self._request.MixTranscodeParams.AudioParams
        video = self._request.MixTranscodeParams and self._request.MixTranscodeParams.VideoParams
        settings = (
            AudioSettings(sample_rate=RATES[audio.SampleRate], channels=int(audio.Channel), bit_rate=audio.BitRate)
            if audio
            else AudioSettings(channels=2, bit_rate=64_000)
        )
        output = Output(
            formats=tuple(self.formats),
            fps=video.Fps if video else 15,
            video=file.track_type != "audio",
            audio=None if file.track_type == "video" else settings,
            segment_s=SEGMENT_S,
        )
        delivery = self._service.deliver(
            file.tape(file.begin, end), end, output, name=self._name(file), prefix=self._prefix
        )
        if self.refused is not None:
            return replace(delivery, refused=self.refused)
        if delivery.refused is None:
            self._keys.update(dict.fromkeys(made.key for made in delivery.files))
        return delivery

    def vod_id(self, name: str) -> str:
        """What Video on Demand calls a file."""
        return self._vod_ids.setdefault(name, str(10**18 + secrets.randbelow(9 * 10**18)))

    @staticmethod
    def _name(file: OutputFile) -> Name:
        def name(extension: str, begin: float) -> str:
            if extension == "m3u8":
                return f"{file.index_stem}.m3u8"
            if extension == "ts":
                utc = datetime.fromtimestamp(milliseconds(begin) / 1000, UTC)
                return f"{file.index_stem}_{utc:%Y%m%d%H%M%S}{utc.microsecond // 1000:03}.ts"
            return f"{file.stem}.{extension}"

        return name
