"""Composite recording, neutral to wire. Layouts and storage have files of their own; `answers` is the way back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar

from pydantic import SecretStr

from recorder_agora.config import AgoraConfig, AgoraOptions
from recorder_agora.tables import AUDIO_PROFILES, DECRYPTION_MODES, FRAME_RATES
from recorder_agora.translate_layout import LayoutTranslator
from recorder_agora.translate_storage import StorageTranslator
from recorder_agora.wire import (
    AcquireClientRequest,
    AcquireRequest,
    RecordingConfig,
    RecordingFileConfig,
    StartClientRequest,
    StartRequest,
    TranscodingConfig,
)
from recorder_agora.wire_values import ALL_STREAMS, CNAME_CHARACTERS
from recorder_core.errors import ConfigurationError
from recorder_core.models import Cipher, Format, Media, Mode, Recording, RecordingSpec, StartIntent, Tracks
from recorder_core.plan import merged

__all__ = ["CompositeTranslator", "derived_uid", "named"]

MOST_LISTED_UIDS = 32
LONGEST_SIDE = 1920
MOST_PIXELS = 1920 * 1080
DEFAULT_CANVAS = (1280, 720)
"""Sent instead of a canvas that is too large, where the caller accepts that."""
MOST_KBPS = 6500
LONGEST_ROOM = 63
LONGEST_PREFIX = 128
SCENE_ROOM = 0
"""`scene` of a recording that joins a room, rather than rendering a web page."""
STREAM_TYPES = {Media.AUDIO: 0, Media.VIDEO: 1, Media.AUDIO_VIDEO: 2}


class CompositeTranslator(LayoutTranslator, StorageTranslator):
    """acquire and start of a composite recording ("mix").

    Args:
        name: name of the provider.
        config: the project.
        spec: the resolved spec.
        options: what only this vendor has.
        intent: whose id the recorder's uid is derived from.
    """

    advice: ClassVar[Mapping[str, str]] = {
        "callback_url": "set it in the vendor's console, for the whole project",
        "max_duration": "stop the recording yourself",
        "output.snapshots.interval": "snapshots come with individual recording",
        "output.max_file_duration": "composite files are cut every 2 h or 2 GB by the vendor",
        "start_paused": "only web page recordings can start paused",
        "push_urls": "only web page recordings can be pushed on",
        "options.agora.stream_mode": "it belongs to individual recording",
    }

    def __init__(
        self,
        name: str,
        config: AgoraConfig,
        spec: RecordingSpec,
        options: AgoraOptions,
        intent: StartIntent,
        taken: frozenset[str],
    ) -> None:
        super().__init__(name, spec.layout, spec.expected_participants)
        self.spec = spec
        self.uid = options.uid or derived_uid(intent.id, config.recorder_uid_range, taken)
        self._taken = taken
        self.token = options.token
        if config.token_factory is not None and self.token is None:
            self.token = SecretStr("made by token_factory when it starts")
        self._acquire: dict[str, Any] = {
            "scene": SCENE_ROOM,
            "resourceExpiredHour": options.resource_expired_hours,
        }
        self._recording: dict[str, Any] = {"channelType": 0}
        self._canvas: dict[str, Any] = {}
        self._files: dict[str, Any] = {}
        self._prefix: tuple[str, ...] | None = None
        self._send_start_parameter = False
        self._extra: Mapping[str, Any] = {}

    def bodies(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The bodies of acquire and of start."""
        identity = {"cname": self.spec.room, "uid": self.uid}
        recording = dict(self._recording)
        if self.spec.media.has_video:
            recording["transcodingConfig"] = TranscodingConfig(**self._canvas, **self._mixed, **self._lists())
        client = StartClientRequest(
            token=self.token,
            recordingConfig=RecordingConfig(**recording),
            recordingFileConfig=RecordingFileConfig(**self._files),
            storageConfig=self._storage_config(self._prefix),
        )
        start = merged(StartRequest(**identity, clientRequest=client).tree(), self._extra)
        acquire = AcquireRequest(**identity, clientRequest=AcquireClientRequest(**self._acquire)).tree()
        if self._send_start_parameter:
            acquire["clientRequest"]["startParameter"] = start["clientRequest"]
        return acquire, start

    def set_room(self, room: str) -> None:
        strange = sorted(set(room) - CNAME_CHARACTERS)
        if strange:
            self.unsupported("", f"a room name can't contain {' '.join(map(repr, strange))}", "rename the room")
        if len(room.encode()) > LONGEST_ROOM:
            self.unsupported("", f"{len(room.encode())} bytes; the vendor takes {LONGEST_ROOM}", "rename the room")

    def set_mode(self, mode: Mode) -> None:
        """The provider has chosen this class by it."""

    def set_media(self, media: Media) -> None:
        self._recording["streamTypes"] = STREAM_TYPES[media]

    def set_participants(
        self,
        *,
        audio_include: tuple[str, ...] | None,
        audio_exclude: tuple[str, ...] | None,
        video_include: tuple[str, ...] | None,
        video_exclude: tuple[str, ...] | None,
    ) -> None:
        lists = {}
        if self.spec.media.has_audio:
            lists["Audio"] = (audio_include, audio_exclude)
        if self.spec.media.has_video:
            lists["Video"] = (video_include, video_exclude)
        if not any(include or exclude for include, exclude in lists.values()):
            return
        for medium, (include, exclude) in lists.items():
            self._check_uids(f"{medium.lower()}.include", include or ())
            self._check_uids(f"{medium.lower()}.exclude", exclude or ())
            if exclude:
                self._recording[f"unSubscribe{medium}Uids"] = exclude
            else:
                # A list for one medium and none for the other would switch the other one off.
                self._recording[f"subscribe{medium}Uids"] = include or (ALL_STREAMS,)

    def _check_uids(self, part: str, uids: Sequence[str]) -> None:
        for uid in uids:
            self._is_uid(part, uid)
        if len(uids) > MOST_LISTED_UIDS:
            self.unsupported(part, f"{len(uids)} participants; the vendor takes {MOST_LISTED_UIDS}", "list fewer")

    def set_expected_participants(self, expected: int) -> None:
        """Sizes synthesised layouts; composite recording has no knob for it."""

    def set_video(self, *, width: int, height: int, fps: int, bitrate_kbps: int) -> None:
        if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
            self.unsupported(
                "",
                f"{width}x{height}; a side has at most {LONGEST_SIDE} px, both {MOST_PIXELS} together",
                "shrink it",
            )
            width, height = DEFAULT_CANVAS
            video = self.spec.video.model_copy(update={"width": width, "height": height})
            self.spec = self.spec.model_copy(update={"video": video})
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
        if sample_rate not in (None, 48000):
            self.unsupported("sample_rate", "the vendor records 48000 Hz", "leave it out")
        profiles = [profile for profile in AUDIO_PROFILES if channels in (None, profile.channels)]
        profile = min(profiles, key=lambda profile: abs(profile.bitrate_kbps - bitrate_kbps))
        if profile.bitrate_kbps != bitrate_kbps and self.demanded("bitrate_kbps"):
            offered = ", ".join(f"{p.bitrate_kbps} ({p.channels} channel)" for p in AUDIO_PROFILES)
            self.approximated("bitrate_kbps", f"the vendor has {offered}", f"{profile.bitrate_kbps} is sent")
        self._recording["audioProfile"] = profile.number

    def set_output(
        self,
        *,
        formats: frozenset[Format],
        prefix: str | None,
        tracks: Tracks | None,
        segment_duration: int | None,
    ) -> None:
        kinds = {Format.HLS, Format.MP4}
        if formats == {Format.MP4}:
            self.approximated("formats", "the vendor makes no MP4 without HLS", "the HLS files come too")
        elif not formats or formats - kinds:
            self.unsupported("formats", "the vendor makes HLS, and MP4 beside it", "use hls, mp4 or both")
        self._files["avFileType"] = ("hls", "mp4") if Format.MP4 in formats else ("hls",)
        if tracks is Tracks.SEPARATE:
            self.unsupported("tracks", "a composite file holds sound and pictures", "record twice, audio and video")
        if segment_duration not in (None, 15):
            self.unsupported("segment_duration", "the vendor cuts every 15 s", "leave it out")
        segments = tuple(segment for segment in (prefix or "").split("/") if segment)
        if not all(re.fullmatch(r"[A-Za-z0-9]+", segment) for segment in segments):
            self.unsupported("prefix", "its parts may hold a-z, A-Z and 0-9 only", "choose other names")
        if sum(len(segment) + 1 for segment in segments) > LONGEST_PREFIX:
            self.unsupported("prefix", f"more than {LONGEST_PREFIX} characters with the slashes", "shorten it")
        self._prefix = segments or None

    def set_idle_timeout(self, seconds: int) -> None:
        if not 5 <= seconds <= 2_592_000:
            self.unsupported("", f"{seconds}; the vendor takes 5 to 2592000 s", "choose one in that range")
        # Sent at its bound where it is dropped: the vendor's own default is 30 s.
        self._recording["maxIdleTime"] = min(max(seconds, 5), 2_592_000)

    def set_encryption(self, *, cipher: Cipher, secret: SecretStr, salt: SecretStr | None) -> None:
        self._recording |= {"decryptionMode": DECRYPTION_MODES[cipher], "secret": secret, "salt": salt}

    def set_apart_from(self, recordings: Sequence[Recording]) -> None:
        mine = tuple(r.native["resourceId"] for r in recordings if r.provider == self.provider)
        if mine:
            self._acquire["excludeResourceIds"] = mine

    def option_uid(self, uid: str) -> None:
        if uid in self._taken:
            self.unsupported("", "a participant of the spec has that uid, and would be put out", "choose a free one")

    def option_token(self, token: SecretStr) -> None:
        self.token = token

    def option_channel_profile(self, profile: str) -> None:
        self._recording["channelType"] = {"communication": 0, "live": 1}[profile]

    def option_region(self, region: str) -> None:
        self._acquire["region"] = region

    def option_region_affinity(self, affinity: int) -> None:
        self.approximated("", "only the vendor's client libraries know it; it is a preference", "region is a fence")
        self._acquire["regionAffinity"] = affinity

    def option_video_stream_type(self, kind: str) -> None:
        self._recording["videoStreamType"] = {"high": 0, "low": 1}[kind]

    def option_private_params(self, params: SecretStr) -> None:
        self._recording["privateParams"] = params

    def option_resource_expired_hours(self, hours: int) -> None:
        self._acquire["resourceExpiredHour"] = hours

    def option_send_start_parameter(self, send: bool) -> None:
        self._send_start_parameter = send

    def option_extra_body(self, extra: Mapping[str, Any]) -> None:
        self.approximated("", "it goes out as it is, unchecked", "use the neutral fields where there are some")
        self._extra = extra


def named(spec: RecordingSpec) -> frozenset[str]:
    """Every participant that the spec names: uids that the recorder must not take."""
    names: set[str | None] = set()
    if spec.participants:
        for selection in (spec.participants.audio, spec.participants.video):
            if selection:
                names.update(selection.include or (), selection.exclude or ())
    if spec.layout:
        names.update(spec.layout.placeholders)
        names.add(getattr(spec.layout, "participant", None))
        names.update(region.participant for region in getattr(spec.layout, "regions", ()))
    return frozenset(name for name in names if name is not None)


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
