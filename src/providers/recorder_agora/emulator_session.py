"""One emulated recording: its states over time, what it saw, and the files it leaves.

Times from the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026): its guides on files, on
layout and on best practices, and the reference of stop. Where it says "a few seconds", a number was chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from recorder_agora.emulator_picture import NOBODY, Canvas, Subscription, image_urls, scene
from recorder_agora.tables import AUDIO_PROFILES, FRAME_RATES, StorageVendor
from recorder_agora.wire import (
    AudioUidList,
    MixedLayout,
    RecordingConfig,
    StartClientRequest,
    StorageConfig,
    TranscodingConfig,
    VideoUidList,
)
from recorder_core.emulation.bucket import Bucket, BucketRefused, S3Bucket
from recorder_core.emulation.delivery import Delivery, Name, Output
from recorder_core.emulation.encoder import AudioSettings
from recorder_core.emulation.images import fetch
from recorder_core.emulation.room import Participant, Room, anybody
from recorder_core.emulation.taping import Tape

__all__ = ["SYNCHRONOUS_S", "Identity", "Session"]

READY_S: Final = 3.0
"""From start to status 4: a few seconds."""
FIRST_SLICE_S: Final = 15.0
"""From the first stream to status 5: no slice is shorter."""
DOOMED_S: Final = 30.0
"""From a start whose parameters turn out wrong to its 404."""
LEAVING_S: Final = 5.0
"""From the end to the exit: stop is answered with code 49."""
LAST_FRAME_S: Final = 3.5
"""How long a camera that went off leaves its last frame."""
SYNCHRONOUS_S: Final = 20.0
"""How long a synchronous stop waits for the upload."""


class Deliver(Protocol):
    """`EmulatedService.deliver`."""

    def __call__(
        self,
        tape: Tape,
        until: float,
        output: Output,
        *,
        name: Name,
        prefix: str = "",
        bucket: Bucket | None = None,
    ) -> Delivery:
        """Encode and store."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a recording on the wire."""

    cname: str
    uid: str
    resource_id: str
    sid: str

    def echo(self) -> dict[str, str]:
        """As answers repeat it."""
        return {"cname": self.cname, "uid": self.uid, "resourceId": self.resource_id, "sid": self.sid}


@dataclass(slots=True, kw_only=True)
class Session:
    """A recording from its start to its exit. Instants are Unix seconds of the emulated clock.

    Attributes:
        identity: its names.
        room: the room that it records.
        started_at: when start was answered.
        controllable_until: when calls stop to reach it, while it goes on.
        request: what start asked for.
        deliver: makes the files.
        upload_s: how long the upload takes after the end.
        frame_stays: a camera that went off leaves its last frame where no image is configured, as the page on
            composite recording says; False shows the background, as the page on layouts says.
        doomed: a parameter that is only checked after start was answered is wrong.
    """

    identity: Identity
    room: Room
    started_at: float
    controllable_until: float
    request: StartClientRequest
    deliver: Deliver
    upload_s: float = 0.0
    frame_stays: bool = True
    doomed: bool = False
    ended_at: float | None = None
    delivery: Delivery | None = None
    _stopped: bool = False
    _layouts: list[tuple[float, MixedLayout]] = field(default_factory=list)
    _subscriptions: list[tuple[float, Subscription]] = field(default_factory=list)
    _images: dict[str, bytes | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.change_layout(self.started_at, self.video)
        self.subscribe(self.started_at, self.config, self.config)

    # What was asked

    @property
    def config(self) -> RecordingConfig:
        """`recordingConfig`."""
        return self.request.recordingConfig or RecordingConfig()

    @property
    def video(self) -> TranscodingConfig:
        """`transcodingConfig`."""
        return self.config.transcodingConfig or TranscodingConfig()

    @property
    def streams(self) -> int:
        """`streamTypes`: 0 audio, 1 video, 2 both."""
        return 2 if self.config.streamTypes is None else self.config.streamTypes

    @property
    def with_mp4(self) -> bool:
        """Whether there is MP4 beside HLS, which also makes file lists arrays."""
        files = self.request.recordingFileConfig
        return files is not None and "mp4" in (files.avFileType or ())

    # What calls change

    def change_layout(self, now: float, layout: MixedLayout) -> None:
        """Replace the whole layout: what it omits returns to its default."""
        for url in image_urls(layout):
            if self._images.get(url) is None:
                self._images[url] = fetch(url, formats=("JPEG", "BMP"))
        self._layouts.append((now, layout))

    def subscribe(self, now: float, audio: AudioUidList, video: VideoUidList) -> None:
        """Replace the lists of both media."""
        self._subscriptions.append((now, Subscription.of(audio, video, self.streams)))

    def renew_storage(self, storage: StorageConfig) -> None:
        """Upload with these credentials."""
        self.request = self.request.model_copy(update={"storageConfig": storage})

    def stop(self, now: float, *, wait: bool) -> None:
        """End as a call of stop does; a synchronous one waits for the upload, and query finds it no more."""
        self._stopped = wait
        if wait and self.upload_s <= SYNCHRONOUS_S:
            self.upload_s = 0.0
        self._end(now)

    # What time changes

    def settle(self, now: float) -> None:
        """Let happen at its own instant what is due by `now`."""
        if self.ended_at is None:
            due = [at for at in self._ends(now) if at is not None and at <= now]
            if due:
                self._end(min(due))
        self._upload(now)

    def _ends(self, now: float) -> Iterator[float | None]:
        if self.doomed:
            yield self.started_at + DOOMED_S
            return
        # Whoever joins a room last with a uid puts the earlier one out.
        yield self.room.first_presence(since=self._ready_at, until=now, counts=self._is_recorder)
        # A live room is idle without a host: here, whoever has camera or microphone on.
        counts = _sends if self.config.channelType == 1 else anybody
        idle = float(self.config.maxIdleTime or 30)
        yield self.room.empty_for(idle, since=self._ready_at, until=now, counts=counts)

    def _end(self, at: float) -> None:
        self.ended_at = at
        self._upload(at)

    @property
    def _ready_at(self) -> float:
        return self.started_at + READY_S

    def status(self, now: float) -> int:
        """`serverResponse.status`."""
        if self.ended_at is not None:
            return min(8, 6 + int(now - self.ended_at))
        starting = int(4 * (now - self.started_at) / READY_S)
        if self.doomed:
            return min(starting, 2)
        began = self.began(now)
        return min(starting, 4) if began is None or now - began < FIRST_SLICE_S else 5

    def is_leaving(self, now: float) -> bool:
        """Whether it has ended and not exited yet."""
        return self.ended_at is not None and not self.doomed and now < self.ended_at + max(LEAVING_S, self.upload_s)

    def answers_query(self, now: float) -> bool:
        """Whether query finds it."""
        return self.ended_at is None or (self.is_leaving(now) and not self._stopped)

    # What was recorded

    def began(self, until: float) -> float | None:
        """When the first subscribed stream came, by `until` and before the end: the files begin there."""
        until = until if self.ended_at is None else min(until, self.ended_at)
        if self.doomed or until < self._ready_at:
            return None
        return self.room.first_presence(since=self._ready_at, until=until, counts=self._is_streamed)

    def _is_recorder(self, participant: Participant) -> bool:
        return participant.id == self.identity.uid

    def _is_streamed(self, participant: Participant) -> bool:
        return any(subscription.streams_of(participant) for _, subscription in self._subscriptions)

    def _is_taken(self, participant: Participant) -> bool:
        return any(subscription.takes(participant) for _, subscription in self._subscriptions)

    def file_list(self, now: float, *, with_prefix: bool) -> str | list[dict[str, Any]]:
        """`fileList`: the playlist's name, with MP4 an array of objects; empty before the first slice."""
        began = self.began(now)
        first_slice = began is not None and (self.ended_at is not None or now - began >= FIRST_SLICE_S)
        prefix = self._prefix if with_prefix else ""
        if not self.with_mp4:
            return prefix + self._name("m3u8", 0.0) if first_slice else ""
        if began is None or not first_slice:
            return []
        return [
            {
                "fileName": prefix + self._name(extension, began),
                "trackType": self._tracks,
                "uid": "0",
                "mixedAllUser": True,
                "isPlayable": True,
                "sliceStartTime": int(began * 1000),
            }
            for extension in ("mp4", "m3u8")
        ]

    @property
    def is_empty(self) -> bool:
        """Whether it ended without a file."""
        return self.delivery is not None and not self.delivery.files and self.delivery.refused is None

    @property
    def uploading_status(self) -> str:
        """`uploadingStatus`."""
        if self.delivery is None:
            return "unknown"
        return "uploaded" if self.delivery.refused is None else "backuped"

    @property
    def keys(self) -> tuple[str, ...]:
        """What lies in the bucket, slices included."""
        if self.delivery is None or self.delivery.refused is not None:
            return ()
        return tuple(file.key for file in self.delivery.files)

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

    @property
    def _prefix(self) -> str:
        return "".join(f"{segment}/" for segment in self.request.storageConfig.fileNamePrefix or ())

    def _name(self, extension: str, at: float) -> str:
        stem = f"{self.identity.sid}_{self.identity.cname}"
        if extension == "mp4":
            return f"{stem}_0.mp4"
        if extension == "ts":
            moment = datetime.fromtimestamp(int(at), UTC)
            return f"{stem}_{moment:%Y%m%d%H%M%S}{int(at * 1000) % 1000:03}.ts"
        return f"{stem}.{extension}"

    # Making the files

    def _upload(self, now: float) -> None:
        if self.delivery is not None or self.ended_at is None or now < self.ended_at + self.upload_s:
            return
        began = self.began(self.ended_at)
        if began is None:
            self.delivery = Delivery(files=())
            return
        # An empty room sends nothing, so the last slice ends with the last user's leaving.
        until = self.room.empty_since(self.ended_at, counts=self._is_taken) or self.ended_at
        if until <= began:
            self.delivery = Delivery(files=())
            return
        try:
            self.delivery = self.deliver(
                self._tape(began, until),
                until,
                self._output(),
                name=self._name,
                prefix=self._prefix,
                bucket=self._bucket(),
            )
        except BucketRefused as refused:
            self.delivery = Delivery(files=(), refused=str(refused))

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

    def _bucket(self) -> Bucket | None:
        storage = self.request.storageConfig
        if StorageVendor(storage.vendor) is not StorageVendor.S3_COMPATIBLE:
            return None
        return S3Bucket(
            endpoint=storage.extensionParams.endpoint if storage.extensionParams else None,
            region=None,
            bucket=storage.bucket,
            access_key=storage.accessKey.get_secret_value(),
            secret_key=storage.secretKey.get_secret_value(),
        )

    def _tape(self, began: float, until: float) -> Tape:
        canvas = Canvas(self.video.width or 360, self.video.height or 640)
        cameras = list(_cameras_off(self.room.presence(self._ready_at, until)))
        instants = {began}
        for history in (self._layouts, self._subscriptions, cameras):
            instants.update(at for at, _ in history)
        instants.update(since + LAST_FRAME_S for _, off in cameras for since in off.values())
        tape = Tape(self.room, began)
        for at in sorted(instant for instant in instants if began <= instant < until):
            subscription, off = _in_force(self._subscriptions, at), _in_force(cameras, at)
            render = partial(
                scene,
                _in_force(self._layouts, at),
                canvas,
                self._images,
                seen=subscription.seen,
                heard=subscription.heard,
                frozen=frozenset(uid for uid, since in off.items() if at - since < LAST_FRAME_S),
                held=frozenset(off) if self.frame_stays else frozenset(),
            )
            tape.cut(at, render)
        return tape


_Item = TypeVar("_Item")


def _in_force(history: Sequence[tuple[float, _Item]], at: float) -> _Item:
    return next((item for since, item in reversed(history) if since <= at), history[0][1])


def _sends(participant: Participant) -> bool:
    return participant.camera or participant.microphone


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
