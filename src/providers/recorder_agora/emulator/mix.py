"""A composite recording: one picture of everybody, one playlist, and MP4 beside it.

From the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026): its guides on files and on
layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final

from recorder_agora.emulator.channel import FIRST_SLICE_S, ChannelSession
from recorder_agora.emulator.picture import image_urls, scene
from recorder_agora.emulator.session import in_force
from recorder_agora.emulator.storage import Destination, slice_time
from recorder_agora.picture import NOBODY, Canvas
from recorder_agora.tables import AUDIO_PROFILES, FRAME_RATES
from recorder_agora.wire.layout import MixedLayout, TranscodingConfig
from recorder_agora.wire.recording import RecordingConfig
from recorder_agora.wire.requests import StartClientRequest
from recorder_core.emulation.delivery import Delivery, Output
from recorder_core.emulation.encoder import AudioSettings
from recorder_core.emulation.images import fetch
from recorder_core.emulation.room import Participant
from recorder_core.emulation.taping import Tape

__all__ = ["MixSession"]

LAST_FRAME_S: Final = 3.5
"""How long a camera that went off leaves its last frame."""


@dataclass(kw_only=True, eq=False)
class MixSession(ChannelSession):
    """A recording in mode `mix`.

    Attributes:
        request: what start asked for.
        frame_stays: a camera that went off leaves its last frame where no image is configured, as the page on
            composite recording says; False shows the background, as the page on layouts says.
    """

    mode: ClassVar[str] = "mix"

    request: StartClientRequest
    frame_stays: bool = True
    _layouts: list[tuple[float, MixedLayout]] = field(default_factory=list)
    _images: dict[str, bytes | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ChannelSession.__post_init__(self)
        self.change_layout(self.started_at, self.video)

    @property
    def config(self) -> RecordingConfig:
        """`recordingConfig`."""
        return self.request.recordingConfig or RecordingConfig()

    @property
    def video(self) -> TranscodingConfig:
        """`transcodingConfig`."""
        return self.config.transcodingConfig or TranscodingConfig()

    @property
    def with_mp4(self) -> bool:
        """Whether there is MP4 beside HLS, which also makes file lists arrays."""
        files = self.request.recordingFileConfig
        return files is not None and "mp4" in (files.avFileType or ())

    def change_layout(self, now: float, layout: MixedLayout) -> None:
        """Replace the whole layout: what it omits returns to its default."""
        for url in image_urls(layout):
            if self._images.get(url) is None:
                self._images[url] = fetch(url, formats=("JPEG", "BMP"))
        self._layouts.append((now, layout))

    def began(self, until: float) -> float | None:
        """When the first subscribed stream came."""
        until = until if self.ended_at is None else min(until, self.ended_at)
        if self.doomed or until < self.ready_at:
            return None
        return self.room.first_presence(since=self.ready_at, until=until, counts=self._is_streamed)

    def content(self, now: float) -> dict[str, Any]:
        """Files, and their start when there is one."""
        began = self.began(now)
        return self._files_of(now) | ({} if began is None else {"sliceStartTime": int(began * 1000)})

    def outcome(self, now: float) -> dict[str, Any]:
        """Files and where they went."""
        return self._files_of(now) | {"uploadingStatus": self.uploading_status}

    def _is_streamed(self, participant: Participant) -> bool:
        return any(subscription.streams_of(participant) for _, subscription in self._subscriptions)

    def _is_taken(self, participant: Participant) -> bool:
        return any(subscription.takes(participant) for _, subscription in self._subscriptions)

    def _has_uploaded(self, now: float) -> bool:
        began = self.began(now)
        return began is not None and now - began >= FIRST_SLICE_S

    def _files_of(self, now: float) -> dict[str, Any]:
        """The playlist's name, with MP4 an array of objects; empty before the first slice."""
        began = self.began(now)
        has_slice = began is not None and (self.ended_at is not None or now - began >= FIRST_SLICE_S)
        if not self.with_mp4:
            return {"fileListMode": "string", "fileList": self._listed(self._name("m3u8", 0.0)) if has_slice else ""}
        files = [
            {
                "fileName": self._listed(self._name(extension, began)),
                "trackType": self._tracks,
                "uid": "0",
                "mixedAllUser": True,
                "isPlayable": True,
                "sliceStartTime": int(began * 1000),
            }
            for extension in ("mp4", "m3u8")
            if began is not None and has_slice
        ]
        return {"fileListMode": "json", "fileList": files}

    @property
    def _media(self) -> tuple[bool, bool]:
        """Whether there is video and audio in the files."""
        subscriptions = [subscription for _, subscription in self._subscriptions]
        seen = any(subscription.seen != NOBODY for subscription in subscriptions)
        heard = any(subscription.heard != NOBODY for subscription in subscriptions)
        return seen, heard

    @property
    def _tracks(self) -> str:
        return {(True, False): "video", (False, True): "audio"}.get(self._media, "audio_and_video")

    def _name(self, extension: str, at: float) -> str:
        stem = f"{self.identity.sid}_{self.identity.cname}"
        return stem + {"mp4": "_0.mp4", "ts": f"_{slice_time(at)}.ts"}.get(extension, f".{extension}")

    # Making the files

    def _files(self, destination: Destination, ended_at: float) -> Iterator[Delivery]:
        began = self.began(ended_at)
        # An empty room sends nothing, so the last slice ends with the last user's leaving.
        until = self.room.empty_since(ended_at, counts=self._is_taken) or ended_at
        if began is not None and began < until:
            yield destination.deliver(self._tape(began, until), until, self._output(), name=self._name)

    def _output(self) -> Output:
        seen, heard = self._media
        profile = AUDIO_PROFILES[self.config.audioProfile or 0]
        sound = AudioSettings(
            sample_rate=profile.sample_rate, channels=profile.channels, bit_rate=profile.bitrate_kbps * 1000
        )
        return Output(
            formats=("hls", "mp4") if self.with_mp4 else ("hls",),
            fps=self.video.fps if self.video.fps in FRAME_RATES else 15,
            video=seen,
            audio=sound if heard else None,
        )

    def _tape(self, began: float, until: float) -> Tape:
        canvas = Canvas.of(self.video)
        cameras = list(_cameras_off(self.room.presence(self.ready_at, until)))
        instants = {began}
        for history in (self._layouts, self._subscriptions, cameras):
            instants.update(at for at, _ in history)
        instants.update(since + LAST_FRAME_S for _, off in cameras for since in off.values())
        tape = Tape(self.room, began)
        for at in sorted(instant for instant in instants if began <= instant < until):
            subscription, off = in_force(self._subscriptions, at), in_force(cameras, at)
            render = partial(
                scene,
                in_force(self._layouts, at),
                canvas,
                self._images,
                seen=subscription.seen,
                heard=subscription.heard,
                frozen=frozenset(uid for uid, since in off.items() if at - since < LAST_FRAME_S),
                held=frozenset(off) if self.frame_stays else frozenset(),
            )
            tape.cut(at, render)
        return tape


def _cameras_off(
    presence: Iterable[tuple[float, tuple[Participant, ...]]],
) -> Iterator[tuple[float, dict[str, float]]]:
    """From each instant on, since when the cameras of those who are present and were seen before are off."""
    seen: set[str] = set()
    off: dict[str, float] = {}
    for at, people in presence:
        dark = {participant.id for participant in people if not participant.camera}
        off = {uid: off.get(uid, at) for uid in dark if uid in off or uid in seen}
        seen = {participant.id for participant in people if participant.camera}
        yield at, off
