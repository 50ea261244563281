"""What a start has in every mode, neutral to wire: the recorder, the folder of the files, the vendor's own options."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar, Literal, NamedTuple

from recorder_agora.config import AgoraConfig, AgoraOptions
from recorder_agora.tables import AUDIO_PROFILES
from recorder_agora.translate.storage import StorageTranslator
from recorder_agora.wire.values import Request
from recorder_core.errors import ConfigurationError
from recorder_core.models import Format, Mode, Recording, RecordingSpec, StartIntent
from recorder_core.models.media import resized
from recorder_core.plan import merged

__all__ = ["Start", "StartTranslator", "derived_uid"]

LONGEST_PREFIX = 128
SEGMENT_S = 15


class Start(NamedTuple):
    """What a start is translated from.

    Attributes:
        provider: its name.
        config: the project.
        spec: the resolved spec.
        options: what only this vendor has.
        intent: whose id the recorder's uid is derived from.
        taken: uids that the recorder must not have.
    """

    provider: str
    config: AgoraConfig
    spec: RecordingSpec
    options: AgoraOptions
    intent: StartIntent
    taken: frozenset[str]


class StartTranslator(StorageTranslator, ABC):
    """acquire and start, as far as they are the same in every mode. A subclass is one mode."""

    mode: ClassVar[str]
    """The mode's name in the path of start and of every later call."""
    scene: ClassVar[int]
    """`scene` of acquire: 0 for a recorder that joins a room, 1 for one that renders a page."""

    advice: ClassVar[Mapping[str, str]] = {
        **StorageTranslator.advice,
        "callback_url": "set it in the vendor's console, for the whole project",
        "whiteboard": "put the board on a page of yours, and record that page in web mode",
    }

    def __init__(self, start: Start) -> None:
        super().__init__(start.provider)
        self.spec = start.spec
        self.options = start.options
        self.uid = start.options.uid or derived_uid(start.intent.id, start.config.recorder_uid_range, start.taken)
        self._taken = start.taken
        self._acquire: dict[str, Any] = {
            "scene": self.scene,
            "resourceExpiredHour": start.options.resource_expired_hours,
        }
        self._file_types: tuple[Literal["hls", "mp4"], ...] = ("hls",)
        self._prefix: tuple[str, ...] | None = None
        self._send_start_parameter = False
        self._extra: Mapping[str, Any] = {}

    def bodies(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The bodies of acquire and of start."""
        identity = {"cname": self.spec.room, "uid": self.uid}
        start = merged(self._start_request(identity).tree(), self._extra)
        acquire = self._acquire_request(identity).tree()
        if self._send_start_parameter:
            acquire["clientRequest"]["startParameter"] = start["clientRequest"]
        return acquire, start

    @abstractmethod
    def _acquire_request(self, identity: Mapping[str, str]) -> Request:
        """The body of acquire."""

    @abstractmethod
    def _start_request(self, identity: Mapping[str, str]) -> Request:
        """The body of start."""

    def set_mode(self, mode: Mode) -> None:
        """The mode has chosen this class."""

    def _take_hls_and_mp4(self, formats: frozenset[Format]) -> None:
        if formats == {Format.MP4}:
            self.approximated("formats", "the vendor makes no MP4 without HLS", "the HLS files come too")
        elif not formats or formats - {Format.HLS, Format.MP4}:
            self.unsupported("formats", "the vendor makes HLS, and MP4 beside it", "use hls, mp4 or both")
        if Format.MP4 in formats:
            self._file_types = ("hls", "mp4")

    def _take_prefix(self, prefix: str | None) -> None:
        segments = tuple(segment for segment in (prefix or "").split("/") if segment)
        if not all(re.fullmatch(r"[A-Za-z0-9]+", segment) for segment in segments):
            self.unsupported("prefix", "its parts may hold a-z, A-Z and 0-9 only", "choose other names")
        if sum(len(segment) + 1 for segment in segments) > LONGEST_PREFIX:
            self.unsupported("prefix", f"more than {LONGEST_PREFIX} characters with the slashes", "shorten it")
        self._prefix = segments or None

    def _check_segments(self, seconds: int | None) -> None:
        if seconds not in (None, SEGMENT_S):
            self.unsupported("segment_duration", f"the vendor cuts every {SEGMENT_S} s", "leave it out")

    def _instead(self, size: tuple[int, int], bitrate_kbps: int) -> tuple[int, int, int]:
        """Width, height and bit rate where our own size is sent: the rate that suits it, unless one is asked for."""
        video = resized(self.spec.video, *size, keeps_bitrate=self.demanded("bitrate_kbps"))
        self.spec = self.spec.model_copy(update={"video": video})
        return (*size, video.bitrate_kbps or bitrate_kbps)

    def _audio_profile(self, bitrate_kbps: int, sample_rate: int | None, channels: int | None) -> int:
        """The number of the profile that is nearest to a mixed sound."""
        if sample_rate not in (None, 48000):
            self.unsupported("sample_rate", "the vendor records 48000 Hz", "leave it out")
        profiles = [profile for profile in AUDIO_PROFILES if channels in (None, profile.channels)]
        profile = min(profiles, key=lambda profile: abs(profile.bitrate_kbps - bitrate_kbps))
        if profile.bitrate_kbps != bitrate_kbps and self.demanded("bitrate_kbps"):
            offered = ", ".join(f"{p.bitrate_kbps} ({p.channels} channel)" for p in AUDIO_PROFILES)
            self.approximated("bitrate_kbps", f"the vendor has {offered}", f"{profile.bitrate_kbps} is sent")
        elif profile.bitrate_kbps != bitrate_kbps:
            audio = self.spec.audio.model_copy(update={"bitrate_kbps": profile.bitrate_kbps})
            self.spec = self.spec.model_copy(update={"audio": audio})
        return profile.number

    def set_apart_from(self, recordings: Sequence[Recording]) -> None:
        mine = tuple(other.native.get("resourceId") for other in recordings if other.provider == self.provider)
        if None in mine:
            self.unsupported("", "a handle among them has no native.resourceId", "give it as start returned it")
            return
        if mine:
            self._acquire["excludeResourceIds"] = mine

    def option_uid(self, uid: str) -> None:
        """Stands in both bodies from the beginning."""

    def option_region(self, region: str) -> None:
        self._check_area(region)
        self._acquire["region"] = region

    def option_region_affinity(self, affinity: int) -> None:
        self.approximated("", "only the vendor's client libraries know it; it is a preference", "region is a fence")
        self._acquire["regionAffinity"] = affinity

    def option_resource_expired_hours(self, hours: int) -> None:
        """Stands in acquire from the beginning."""

    def option_send_start_parameter(self, send: bool) -> None:
        self._send_start_parameter = send

    def option_extra_body(self, extra: Mapping[str, Any]) -> None:
        self.approximated("", "it goes out as it is, unchecked", "use the neutral fields where there are some")
        self._extra = extra


def derived_uid(recording_id: str, uids: tuple[int, int], taken: frozenset[str]) -> str:
    """The recorder's uid: always the same for a recording's id, inside the range, and none that is taken."""
    low, high = uids
    start = int.from_bytes(sha256(recording_id.encode()).digest()[:8])
    candidates = (str(low + (start + step) % (high - low + 1)) for step in range(len(taken) + 1))
    free = next((uid for uid in candidates if uid not in taken), None)
    if free is None:
        raise ConfigurationError(
            f"recorder_uid_range {low}..{high} has no uid that the spec doesn't name",
            fault="caller",
            hint="Widen the range, or set options.agora.uid.",
        )
    return free
