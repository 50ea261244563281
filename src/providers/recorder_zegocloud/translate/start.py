"""What a start has in every mode, neutral to wire: room, media, files, whiteboard, the vendor's own options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from recorder_core.models import Format, Media, Mode, RecordingSpec, StartIntent, Tracks
from recorder_core.plan import merged
from recorder_zegocloud.config import ZegocloudConfig, ZegocloudOptions
from recorder_zegocloud.tables import FORMATS
from recorder_zegocloud.translate.layout import color_number
from recorder_zegocloud.translate.storage import StorageTranslator
from recorder_zegocloud.translate.streams import StreamNames, StreamTranslator
from recorder_zegocloud.wire.requests import InputParams, OutputParams, StartRecordRequest, WhiteboardParams
from recorder_zegocloud.wire.values import FileFormat, RecordMode, StorageVendor, StreamType

__all__ = [
    "CALLBACK_KEY",
    "STREAM_TYPES",
    "Start",
    "StartTranslator",
    "stream_names",
    "with_recording",
    "without_recording",
]

CALLBACK_KEY = "recording"
"""The parameter of the callbacks' address that has the recording's id."""
SEGMENT_S = range(2, 61)
IDLE_S = range(5, 86_401)
SHORTEST_RECORDING_S = 300
MOST_ANIMATION_FPS = 30
SOUND_FORMATS = frozenset({Format.AAC, Format.MP3, Format.OGG})
NEVER_MADE = frozenset(Format) - {Format(made.value) for made in FileFormat if made is not FileFormat.JPG}
VODS = {"alibaba_vod": StorageVendor.ALIBABA_VOD, "tencent_vod": StorageVendor.TENCENT_VOD}
STREAM_TYPES = {
    Media.AUDIO: StreamType.AUDIO,
    Media.VIDEO: StreamType.VIDEO,
    Media.AUDIO_VIDEO: StreamType.AUDIO_VIDEO,
}


def with_recording(url: str, recording_id: str) -> str:
    """An address with the recording's id in its query: whatever is told there tells whose task it is."""
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{CALLBACK_KEY}={recording_id}{mark}{fragment}"


def without_recording(url: str, recording_id: str) -> str:
    """The address that `with_recording` was given; any other one as it is."""
    address, mark, fragment = url.partition("#")
    for sign in "?&":
        address = address.removesuffix(f"{sign}{CALLBACK_KEY}={recording_id}")
    return address + mark + fragment


def stream_names(spec: RecordingSpec, options: ZegocloudOptions) -> StreamNames:
    """How the application of this spec names its streams."""
    return StreamNames(spec.room, options.stream_id, options.screen_stream_id)


class Start(NamedTuple):
    """What a start is translated from.

    Attributes:
        provider: its name.
        config: the project.
        spec: the resolved spec.
        options: what only this vendor has.
        intent: whose id makes ClientTaskId.
    """

    provider: str
    config: ZegocloudConfig
    spec: RecordingSpec
    options: ZegocloudOptions
    intent: StartIntent


class StartTranslator(StorageTranslator, StreamTranslator):
    """StartRecord, as far as it is the same in every mode. A subclass is one mode."""

    record_mode: ClassVar[RecordMode]
    """The vendor's number of the mode."""

    advice: ClassVar[Mapping[str, str]] = {
        **StorageTranslator.advice,
        "audio.sample_rate": "leave it out: the vendor chooses it",
        "audio.channels": "leave them out: the vendor chooses them",
        "output.max_file_duration": "leave it out: a file goes on until the recording ends",
        "encryption": "turn the room's own encryption off, or record with another vendor",
        "start_paused": "leave it out; a composite recording can be paused once it runs",
        "push_urls": "leave them out: this recorder only writes files",
        "apart_from": "leave it out: the vendor doesn't tell where it records",
    }

    def __init__(self, start: Start) -> None:
        super().__init__(start.provider)
        self.config = start.config
        self.spec = start.spec
        self.streams = stream_names(start.spec, start.options)
        self._input: dict[str, Any] = {"RecordMode": self.record_mode, "ClientTaskId": start.intent.id}
        self._output: dict[str, Any] = {"OutputFileRule": 1}
        self._extra: Mapping[str, Any] = {}

    def body(self) -> dict[str, Any]:
        """The body of StartRecord."""
        request = StartRecordRequest(
            RoomId=self.spec.room,
            RecordInputParams=InputParams(**self._inputs()),
            RecordOutputParams=OutputParams(**self._output),
            StorageParams=self._storage_params(),
        )
        return merged(request.tree(), self._extra)

    @property
    def records_sound(self) -> bool:
        """Whether anything is heard: a task that takes pictures records no sound, whatever its media."""
        return self.spec.media.has_audio and bool(self.spec.output.formats)

    def _inputs(self) -> dict[str, Any]:
        """RecordInputParams."""
        return dict(self._input)

    def set_room(self, room: str) -> None:
        """Any text is a RoomId."""

    def set_mode(self, mode: Mode) -> None:
        """`TRANSLATORS` has chosen the class by it."""

    def set_media(self, media: Media) -> None:
        self._input["StreamType"] = STREAM_TYPES[media]

    def set_expected_participants(self, expected: int) -> None:
        """Sizes synthesised layouts; the vendor has no knob for it."""

    def set_output(
        self,
        *,
        formats: frozenset[Format],
        prefix: str | None,
        tracks: Tracks | None,
        snapshots_interval: int | None,
        segment_duration: int | None,
    ) -> None:
        chosen = self._format(formats, snapshots_interval)
        if chosen is not None:
            self._output["OutputFileFormat"] = chosen
        if prefix is not None:
            self._output["OutputFolder"] = f"{prefix.rstrip('/')}/"
        if tracks is Tracks.SEPARATE:
            self._separate(chosen)
        if chosen is FileFormat.HLS:
            self._output |= {"RealtimeUploadFragment": True, "ShortFragmentPath": True}
            if segment_duration in SEGMENT_S:
                self._output["FragmentSeconds"] = segment_duration
            elif segment_duration is not None:
                self.unsupported(
                    "segment_duration",
                    f"{segment_duration}; the vendor takes {SEGMENT_S[0]} to {SEGMENT_S[-1]} s",
                    "choose one in that range",
                )
        elif self.demanded("segment_duration"):
            self.unsupported("segment_duration", "only HLS has segments", "leave it out, or make HLS")

    def _separate(self, chosen: FileFormat | None) -> None:
        """Pictures in a file of the format, sound in one of aac."""
        if self.spec.storage.kind in VODS:
            self.unsupported("tracks", "sound apart is aac, which no VOD takes", "choose a bucket, or merge them")
        elif chosen is FileFormat.JPG:
            self.unsupported("tracks", "a task that takes pictures records no sound", "leave it out")
        else:
            self._input["StreamType"] = StreamType.SEPARATE

    def _format(self, formats: frozenset[Format], interval: int | None) -> FileFormat | None:
        storable = FORMATS[VODS[self.spec.storage.kind]] if self.spec.storage.kind in VODS else tuple(FileFormat)
        if not formats and interval is not None:
            if FileFormat.JPG not in storable:
                self.unsupported("formats", f"no pictures: this VOD takes {', '.join(storable)}", "choose a bucket")
                return None
            self._output["SnapshotInterval"] = interval
            return FileFormat.JPG
        if interval is not None:
            self.unsupported(
                "snapshots.interval",
                "a task records or takes pictures, not both",
                "start another recording with formats: []",
            )
        lacking = sorted(formats & NEVER_MADE)
        if len(formats) != 1:
            never = f", and the vendor makes no {' and no '.join(lacking)}" if lacking else ""
            self.unsupported(
                "formats", f"{len(formats)} formats; a task makes exactly one{never}", "start one recording for each"
            )
            return None
        wanted = next(iter(formats))
        if lacking:
            self.unsupported("formats", f"the vendor makes no {wanted}", "use hls or mp4")
            return None
        if wanted in SOUND_FORMATS and self.spec.media.has_video:
            self.unsupported("formats", f"{wanted} holds sound only", "set media to audio, or use hls or mp4")
            return None
        if wanted.value not in storable:
            self.unsupported("formats", f"this VOD takes {', '.join(storable)}", "choose one of them, or a bucket")
            return None
        return FileFormat(wanted.value)

    def set_idle_timeout(self, seconds: int) -> None:
        if seconds not in IDLE_S:
            self.unsupported("", f"{seconds}; the vendor takes 5 to 86400 s", "choose one in that range")
        # Sent at its bound where it is dropped: the vendor's own default is 30 s.
        self._input["MaxIdleTime"] = min(max(seconds, IDLE_S[0]), IDLE_S[-1])

    def set_max_duration(self, seconds: int) -> None:
        shortest, longest = SHORTEST_RECORDING_S, self.config.longest_recording
        if not shortest <= seconds <= longest:
            self.unsupported("", f"{seconds}; the vendor takes {shortest} to {longest} s", "choose one in that range")
        # Sent at its bound where it is dropped: the vendor's own default is a day.
        self._input["MaxRecordTime"] = min(max(seconds, shortest), longest)

    def _record_board(
        self, id: str | None, aspect: str, background: str | None, animation_fps: int | None, **size: int | None
    ) -> None:
        """The whiteboard of the task; `size` is that of its own file."""
        across, down = aspect.split(":")
        board: dict[str, Any] = {"HorizontalRatio": int(across), "VerticalRatio": int(down), "WhiteboardId": id, **size}
        if background is not None:
            board["BackgroundColor"] = color_number(background)
        if animation_fps is not None and animation_fps > MOST_ANIMATION_FPS:
            self.unsupported(
                "animation_fps", f"{animation_fps}; the vendor takes 1 to {MOST_ANIMATION_FPS}", "lower it"
            )
        elif animation_fps is not None:
            board |= {"IsPPTAnimation": True, "PPTAnimationFps": animation_fps}
        given = {name: value for name, value in board.items() if value is not None}
        self._input |= {"HasWhiteboard": True, "Whiteboard": [WhiteboardParams(**given)]}

    def set_callback_url(self, url: str) -> None:
        self._output["CallbackUrl"] = with_recording(url, self._input["ClientTaskId"])

    def option_stream_id(self, template: str) -> None:
        """`stream_names` reads it."""

    def option_screen_stream_id(self, template: str) -> None:
        """`stream_names` reads it."""

    def option_realtime_upload(self, upload: bool) -> None:
        if self._is_hls():
            self._output["RealtimeUploadFragment"] = upload
            if not upload:
                self._output.pop("ShortFragmentPath", None)

    def option_short_fragment_path(self, short: bool) -> None:
        if self._is_hls():
            if self._output["RealtimeUploadFragment"]:
                self._output["ShortFragmentPath"] = short
            else:
                self.unsupported("", "it belongs to realtime_upload", "leave it out")

    def _is_hls(self) -> bool:
        is_hls = self._output.get("OutputFileFormat") is FileFormat.HLS
        if not is_hls:
            self.unsupported("", "it belongs to HLS", "leave it out")
        return is_hls

    def option_extra_body(self, extra: Mapping[str, Any]) -> None:
        self.approximated("", "it goes out as it is, unchecked", "use the neutral fields where there are some")
        self._extra = extra
