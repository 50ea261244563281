"""Individual recording, neutral to wire: files for every participant, snapshots beside them or alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from recorder_agora.translate.participants import GROUP_SIZES, group_of
from recorder_agora.translate.room import RoomTranslator
from recorder_agora.translate.start import Start
from recorder_agora.wire.recording import IndividualRecordingConfig, IndividualRecordingFileConfig, SnapshotConfig
from recorder_agora.wire.requests import (
    IndividualAcquireClientRequest,
    IndividualAcquireRequest,
    IndividualStartClientRequest,
    IndividualStartRequest,
)
from recorder_core.models import Format, Media, Tracks

__all__ = ["IndividualTranslator"]


class IndividualTranslator(RoomTranslator):
    """acquire and start of an individual recording."""

    mode = "individual"
    most_included = GROUP_SIZES[-2]  # the largest group is for rooms whose lists are open
    instead_of_more = "name fewer, or exclude those who must not be recorded"

    advice: ClassVar[Mapping[str, str]] = {
        **RoomTranslator.advice,
        "audio": "leave it out, or record in composite mode: only a mixed sound has a profile",
        "layout": "leave it out, or record in composite mode: here nothing is composed",
        "output.max_file_duration": "leave it out: a playlist goes on to the end, and its segments are 15 s long",
    }

    _records = True
    _snapshots: SnapshotConfig | None = None

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.takes_snapshots = start.spec.output.snapshots is not None

    @property
    def uid_group(self) -> int:
        """`subscribeUidGroup`: for how many participants the vendor keeps room."""
        expected = self.spec.expected_participants
        if self._included is None:
            return len(GROUP_SIZES) - 1 if expected is None else group_of(expected)
        return group_of(max(len(self._included), expected or 0))

    def _acquire_request(self, identity: Mapping[str, str]) -> IndividualAcquireRequest:
        return IndividualAcquireRequest(**identity, clientRequest=IndividualAcquireClientRequest(**self._acquire))

    def _start_request(self, identity: Mapping[str, str]) -> IndividualStartRequest:
        recording = self._recording | self._lists() | {"subscribeUidGroup": self.uid_group}
        return IndividualStartRequest(
            **identity,
            clientRequest=IndividualStartClientRequest(
                token=self.token,
                recordingConfig=IndividualRecordingConfig(**recording),
                recordingFileConfig=IndividualRecordingFileConfig(avFileType=("hls",)) if self._records else None,
                snapshotConfig=self._snapshots,
                storageConfig=self._storage_config(self._prefix),
            ),
        )

    def set_expected_participants(self, expected: int) -> None:
        if expected > GROUP_SIZES[-1]:
            self.unsupported(
                "",
                f"{expected}; the vendor records at most {GROUP_SIZES[-1]} participants one by one",
                "name those who matter, or record in composite mode",
            )

    def set_video(self, *, width: int | None, height: int | None, fps: int | None, bitrate_kbps: int | None) -> None:
        asked = {"width": width, "height": height, "fps": fps, "bitrate_kbps": bitrate_kbps}
        for part, value in asked.items():
            if value is not None:
                self.approximated(
                    part,
                    "the vendor stores each picture as it was published and converts none",
                    "the published one is kept; leave it out, or set it where the participant publishes",
                )

    def set_output(
        self,
        *,
        formats: frozenset[Format],
        prefix: str | None,
        tracks: Tracks | None,
        snapshots_interval: int | None,
        segment_duration: int | None,
    ) -> None:
        if formats - {Format.HLS}:
            self.unsupported("formats", "individual recording makes HLS alone", "use hls, and convert it afterwards")
        if snapshots_interval is not None:
            self._snapshots = SnapshotConfig(captureInterval=snapshots_interval, fileType=("jpg",))
        self._records = bool(formats)
        if self._records:
            self._take_tracks(tracks)
            self._check_segments(segment_duration)
        else:
            self._refuse_settings_of_files(tracks, segment_duration)
        self._take_prefix(prefix)

    def _take_tracks(self, tracks: Tracks | None) -> None:
        if self.spec.media is not Media.AUDIO_VIDEO or tracks is Tracks.SEPARATE:
            self._recording["streamMode"] = "default"
            return
        self._recording["streamMode"] = "standard"
        if self.demanded("tracks"):
            self.approximated(
                "tracks",
                "the vendor makes no playlist of sound and pictures together without one of each",
                "those come too; take the one whose name ends in _av, or ask for separate",
            )

    def _refuse_settings_of_files(self, tracks: Tracks | None, segment_duration: int | None) -> None:
        if tracks is Tracks.SEPARATE:
            self.unsupported("tracks", "snapshots alone have no tracks", "leave it out, or add hls to output.formats")
        if segment_duration is not None:
            self.unsupported(
                "segment_duration", "snapshots alone have no segments", "leave it out, or add hls to output.formats"
            )

    def option_stream_mode(self, mode: str) -> None:
        if self.spec.media is Media.AUDIO:
            self._recording["streamMode"] = mode
        else:
            self.unsupported("", "the vendor leaves only sound as it was published", "set media to audio")
