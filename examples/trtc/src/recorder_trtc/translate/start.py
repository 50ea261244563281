"""What a start has in every mode, neutral to wire: room, media, files, the vendor's own options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from pydantic import SecretStr

from recorder_core.models import Format, Media, Mode, RecordingSpec, StartIntent, Tracks
from recorder_trtc.config import TrtcConfig, TrtcOptions
from recorder_trtc.signing import user_sig
from recorder_trtc.tables import LONGEST_CONTROL_H, ROOM
from recorder_trtc.translate.participants import ParticipantsTranslator
from recorder_trtc.translate.storage import FOLDER, VODS, StorageTranslator
from recorder_trtc.wire.requests import LARGEST_ROOM_NUMBER, CreateCloudRecordingRequest, RecordParameters
from recorder_trtc.wire.values import (
    FillType,
    OutputFormat,
    RecordMode,
    RoomIdType,
    StreamChoice,
    StreamType,
    VodFormat,
)

__all__ = ["OUTPUT_FORMATS", "ROOM_ID_TYPES", "STREAMS", "VOD_FORMATS", "Start", "StartTranslator", "recorder_of"]

IDLE_S = range(5, 86_401)
FILE_MINUTES = range(1, 1441)
STREAM_TYPES = {
    Media.AUDIO_VIDEO: StreamType.AUDIO_VIDEO,
    Media.AUDIO: StreamType.AUDIO,
    Media.VIDEO: StreamType.VIDEO,
}
OUTPUT_FORMATS: Mapping[frozenset[Format], OutputFormat] = {
    frozenset({Format.HLS}): OutputFormat.HLS,
    frozenset({Format.HLS, Format.MP4}): OutputFormat.HLS_MP4,
    frozenset({Format.HLS, Format.AAC}): OutputFormat.HLS_AAC,
    frozenset({Format.MP4}): OutputFormat.MP4,
    frozenset({Format.AAC}): OutputFormat.AAC,
}
"""What a task can make, in a bucket."""
VOD_FORMATS: Mapping[frozenset[Format], VodFormat] = {
    formats: VodFormat[chosen.name] for formats, chosen in OUTPUT_FORMATS.items()
}
"""The same in Video on Demand."""
ROOM_ID_TYPES = {"string": RoomIdType.STRING, "number": RoomIdType.NUMBER}
STREAMS = {"both": StreamChoice.BOTH, "camera": StreamChoice.MAIN, "screen": StreamChoice.AUXILIARY}
FILLS = {"last_frame": FillType.LAST_FRAME, "black": FillType.BLACK}


def recorder_of(options: TrtcOptions, intent: StartIntent) -> str:
    """Under which user id the recorder enters the room: one that no other recording has, unless the options give it."""
    return options.user_id or intent.id


class Start(NamedTuple):
    """What a start is translated from.

    Attributes:
        provider: its name.
        config: the application.
        spec: the resolved spec.
        options: what only this vendor has.
        intent: whose id is the recorder's user id, and whose time its UserSig begins at.
    """

    provider: str
    config: TrtcConfig
    spec: RecordingSpec
    options: TrtcOptions
    intent: StartIntent


class StartTranslator(StorageTranslator, ParticipantsTranslator):
    """CreateCloudRecording, as far as it is the same in every mode. A subclass is one mode."""

    record_mode: ClassVar[RecordMode]
    """The vendor's number of the mode."""

    advice: ClassVar[Mapping[str, str]] = {
        **StorageTranslator.advice,
        "max_duration": "stop it after that time: the vendor ends a recording only when the room is empty",
        "output.snapshots": "leave them out; the vendor takes pictures by another product",
        "output.segment_duration": "leave it out: the vendor chooses it",
        "callback_url": "set it in the vendor's console: one address for all recordings of the application",
        "encryption": "turn the room's own encryption off, or record with another vendor",
        "start_paused": "leave it out; the vendor can't pause",
        "push_urls": "leave them out: this recorder only writes files",
        "whiteboard": "leave it out: the vendor records no whiteboards",
        "apart_from": "leave it out: the vendor doesn't tell where it records",
    }

    def __init__(self, start: Start) -> None:
        super().__init__(start.provider, start.config)
        self.spec = start.spec
        self.options = start.options
        user_id = recorder_of(start.options, start.intent)
        self._start: dict[str, Any] = {
            "SdkAppId": start.config.sdk_app_id,
            "UserId": user_id,
            "UserSig": user_sig(start.config, user_id, start.intent.created_at),
            "ResourceExpiredHour": LONGEST_CONTROL_H,
            "RoomIdType": ROOM_ID_TYPES[start.options.room_id_type],
        }
        self._record: dict[str, Any] = {"RecordMode": self.record_mode}
        self._folders: list[str] = []
        self._vod_format: VodFormat | None = None

    def body(self) -> dict[str, Any]:
        """The body of CreateCloudRecording."""
        return CreateCloudRecordingRequest(
            **self._start,
            **self._mixed(),
            RecordParams=RecordParameters(**self._record, **self._subscription()),
            StorageParams=self._storage_params(self._folders, self._vod_format),
        ).tree()

    def _mixed(self) -> dict[str, Any]:
        """What only a mixed task has."""
        return {}

    def set_room(self, room: str) -> None:
        if self._start["RoomIdType"] is RoomIdType.NUMBER:
            if not (room.isascii() and room.isdecimal() and 1 <= int(room) <= LARGEST_ROOM_NUMBER):
                self.unsupported(
                    "",
                    f"{room!r} is no number from 1 to {LARGEST_ROOM_NUMBER}, and options.trtc.room_id_type is number",
                    "leave room_id_type out where the application's room ids are texts",
                )
        elif not re.fullmatch(ROOM, room):
            self.unsupported(
                "",
                "the vendor's room ids have up to 64 Latin letters, digits, spaces and signs",
                "give the id under which the application enters the room",
            )
        self._start["RoomId"] = room

    def set_mode(self, mode: Mode) -> None:
        """`TRANSLATORS` has chosen the class by it."""

    def set_media(self, media: Media) -> None:
        self._record["StreamType"] = STREAM_TYPES[media]

    def set_expected_participants(self, expected: int) -> None:
        """Sizes synthesised layouts; the vendor has no knob for it."""

    def set_output(
        self, *, formats: frozenset[Format], prefix: str | None, tracks: Tracks | None, max_file_duration: int | None
    ) -> None:
        self._choose_format(formats)
        if prefix is not None:
            self._choose_folder(prefix)
        if tracks is not None:
            self._arrange_tracks(tracks)
        if max_file_duration is not None:
            self._cut_files(formats, max_file_duration)

    def _choose_format(self, formats: frozenset[Format]) -> None:
        is_vod = self.spec.storage.kind in VODS
        chosen = OUTPUT_FORMATS.get(formats)
        if chosen is None:
            self.unsupported(
                "formats",
                "the vendor makes HLS, MP4 or AAC, or HLS together with one of the others",
                "choose one of these, or start two recordings",
            )
        elif Format.AAC in formats and self.spec.media.has_video:
            self.unsupported("formats", "aac holds sound only", "set media to audio, or use hls or mp4")
        elif is_vod:
            self._vod_format = VOD_FORMATS[formats]
        else:
            self._record["OutputFormat"] = chosen

    def _choose_folder(self, prefix: str) -> None:
        steps = prefix.split("/")
        if self.spec.storage.kind in VODS:
            self.unsupported("prefix", "Video on Demand has no folders", "leave it out, or choose a bucket")
        elif not all(map(FOLDER.fullmatch, steps)):
            self.unsupported(
                "prefix", "the names of folders have Latin letters, digits, - and _ here", "choose another one"
            )
        else:
            self.approximated(
                "prefix",
                "the vendor puts a folder below it, named after its own id of the recording, and the files into that",
                "take their places from the files' keys",
            )
            self._folders = steps

    def _arrange_tracks(self, tracks: Tracks) -> None:
        """Whether sound and pictures share their files: a matter of the mode."""

    def _cut_files(self, formats: frozenset[Format], seconds: int) -> None:
        minutes = -(-seconds // 60)
        if formats == {Format.HLS}:
            self.unsupported("max_file_duration", "an HLS playlist goes on to the end", "make MP4, or leave it out")
        elif minutes not in FILE_MINUTES:
            self.unsupported(
                "max_file_duration", f"{seconds}; the vendor takes 1 to 1440 minutes", "choose one in that range"
            )
        else:
            self._record["MaxMediaFileDuration"] = minutes
            if seconds % 60:
                self.approximated("max_file_duration", "the vendor counts whole minutes", f"it is {minutes * 60} s")
            elif Format.HLS in formats:
                self.approximated("max_file_duration", "the HLS playlist goes on to the end", "leave hls out")

    def set_idle_timeout(self, seconds: int) -> None:
        if seconds not in IDLE_S:
            self.unsupported("", f"{seconds}; the vendor takes 5 to 86400 s", "choose one in that range")
        # Sent at its bound where it is dropped: the vendor's own default is 30 s.
        self._record["MaxIdleTime"] = min(max(seconds, IDLE_S[0]), IDLE_S[-1])

    # Its own options

    def option_room_id_type(self, kind: str) -> None:
        """The constructor and `set_room` read it."""

    def option_user_id(self, user_id: str) -> None:
        """The constructor reads it."""

    def option_private_map_key(self, key: SecretStr) -> None:
        self._start["PrivateMapKey"] = key

    def option_controllable_hours(self, hours: int) -> None:
        self._start["ResourceExpiredHour"] = hours

    def option_streams(self, streams: str) -> None:
        self._record["MediaId"] = STREAMS[streams]

    def option_camera_off(self, shows: str) -> None:
        if self.spec.media.has_video:
            self._record["FillType"] = FILLS[shows]
        else:
            self.unsupported("", "no pictures are recorded", "leave it out")
