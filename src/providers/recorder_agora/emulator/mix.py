"""A composite recording: one picture of everybody, one playlist, and MP4 beside it.

From the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026): its guides on files and on
layout. Where they are silent, the choices are these: a file list that is a text names the playlist that appeared
last; after a move to another server, one that is an array names the files of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final

from recorder_agora.emulator.channel import ChannelSession
from recorder_agora.emulator.picture import Subscription, image_urls, scene
from recorder_agora.emulator.session import in_force
from recorder_agora.emulator.storage import Destination, slice_time
from recorder_agora.emulator.tracks import EVERYBODY, Medium, Track
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
    recording_mode: ClassVar[int | None] = 1

    request: StartClientRequest
    frame_stays: bool = True
    _layouts: list[tuple[float, MixedLayout]] = field(default_factory=list)
    _images: dict[str, bytes | None] = field(default_factory=dict)
    _empty_since: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.change_layout(self.started_at, self.video)

    @property
    def token(self) -> str | None:
        """The room token that start gave."""
        return self.request.token.get_secret_value() if self.request.token else None

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

    def content(self, now: float) -> dict[str, Any]:
        """Files, and their start when there is one."""
        return self._file_list() | self._began()

    def outcome(self, now: float) -> dict[str, Any]:
        """Files and where they went."""
        return self._file_list() | {"uploadingStatus": self.upload.status}

    def _file_list(self) -> dict[str, Any]:
        """The playlist's name, with MP4 an array of objects; empty before the first slice."""
        if self.with_mp4:
            return {"fileListMode": "json", "fileList": self._entries()}
        playlists = [entry["fileName"] for entry in self._entries()]
        return {"fileListMode": "string", "fileList": playlists[-1] if playlists else ""}

    def _entries(self) -> list[dict[str, Any]]:
        return [
            self._entry(self._name(extension, track.began, track=track), EVERYBODY, self._medium, track.began)
            for track in self._reel.tracks
            if self.lists(track)
            for extension in (("mp4", "m3u8") if self.with_mp4 else ("m3u8",))
        ]

    # What is recorded

    def _forget_updates(self, now: float) -> None:
        super()._forget_updates(now)
        self._layouts.append((now, self.video))

    def _join(self, at: float) -> None:
        super()._join(at)
        self._empty_since = None

    def _record(self, now: float, present: tuple[Participant, ...], subscription: Subscription) -> None:
        if any(map(subscription.takes, present)):
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = now
        if not self._reel.current and any(map(subscription.streams_of, present)):
            self._reel.begin(now, EVERYBODY, self._medium)

    def _part(self, at: float) -> None:
        # An empty room sends nothing, so the last slice ends with the last user's leaving.
        super()._part(at if self._empty_since is None else self._empty_since)

    @property
    def _media(self) -> tuple[bool, bool]:
        """Whether there is video and audio in the files."""
        subscriptions = [subscription for _, subscription in self._subscriptions]
        seen = any(subscription.seen != NOBODY for subscription in subscriptions)
        heard = any(subscription.heard != NOBODY for subscription in subscriptions)
        return seen, heard

    @property
    def _medium(self) -> Medium:
        seen, heard = self._media
        if seen == heard:
            return "audio_and_video"
        return "video" if seen else "audio"

    def _playlists(self, track: Track) -> Iterator[str]:
        yield self._name("m3u8", track.began, track=track)

    def _name(self, extension: str, at: float, *, track: Track) -> str:
        stem = f"{track.server.prefix}{self.identity.sid}_{self.identity.cname}"
        return stem + {"mp4": "_0.mp4", "ts": f"_{slice_time(at)}.ts"}.get(extension, f".{extension}")

    # Making the files

    def _files(self, destination: Destination) -> Iterator[Delivery]:
        for track in self._reel.tracks:
            if track.began < track.ended:
                name = partial(self._name, track=track)
                yield destination.deliver(self._tape(track), track.ended, self._output(), name=name)

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

    def _tape(self, track: Track) -> Tape:
        began, until = track.began, track.ended
        canvas = Canvas.of(self.video)
        cameras = list(_cameras_off(self.room.presence(track.server.since, until)))
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
