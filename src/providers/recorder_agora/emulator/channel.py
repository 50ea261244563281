"""What recordings of a room have in common: who is in it, whose streams are subscribed, and when it is idle."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, Literal

from recorder_agora.emulator.callbacks import EventType, milliseconds
from recorder_agora.emulator.ends import End
from recorder_agora.emulator.picture import Subscription
from recorder_agora.emulator.protocol import check_stricter_lists, refusal
from recorder_agora.emulator.session import Session
from recorder_agora.emulator.tracks import EVERYBODY, SLICE_S
from recorder_agora.wire.recording import AudioUidList, ChannelRecordingConfig, VideoUidList
from recorder_agora.wire.requests import UpdateClientRequest
from recorder_core.emulation.room import Participant, Room, anybody

__all__ = ["ChannelSession"]

LEAVE_CODES: Final[Mapping[End, int]] = {End.NEVER_JOINED: 0, End.STOPPED: 2, End.IDLE: 4, End.PUT_OUT: 16}
"""`leaveCode` of event 41."""
STATE_EVENTS: Final = {"audio": EventType.AUDIO_STATE, "video": EventType.VIDEO_STATE}
RECEIVING, NOT_RECEIVING = 0, 1

Stream = tuple[str, Literal["audio", "video"]]
"""Whose, and which."""


@dataclass(kw_only=True, eq=False)
class ChannelSession(Session[UpdateClientRequest]):
    """A recorder that joins a room with a uid of its own.

    Attributes:
        room: the room that it records.
    """

    first_slice_s: ClassVar[float] = SLICE_S
    """No slice is shorter, unless it is cut short."""

    room: Room
    _subscriptions: list[tuple[float, Subscription]] = field(default_factory=list)
    _received: list[Stream] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._subscribe(self.started_at, self.config, self.config)

    @property
    @abstractmethod
    def config(self) -> ChannelRecordingConfig:
        """`recordingConfig`."""

    @property
    @abstractmethod
    def token(self) -> str | None:
        """The room token that start gave."""

    @abstractmethod
    def _record(self, now: float, present: tuple[Participant, ...], subscription: Subscription) -> None:
        """Record what there is to record now, and nothing else."""

    @abstractmethod
    def _entries(self) -> list[dict[str, Any]]:
        """The files as lists of objects name them: those that are uploaded, after the end all."""

    @property
    def streams(self) -> int:
        """`streamTypes`: 0 audio, 1 video, 2 both."""
        return 2 if self.config.streamTypes is None else self.config.streamTypes

    def check_update(self, change: UpdateClientRequest, *, strict: bool) -> None:
        """Refuse lists of a medium that isn't recorded."""
        lists = change.streamSubscribe
        if lists is not None:
            for absent, part in ((1, lists.audioUidList), (0, lists.videoUidList)):
                if self.streams == absent and part is not None:
                    raise refusal(2, "update", f"Update: the recording has streamTypes {absent}")
            if strict:
                check_stricter_lists(lists, "update")

    def update(self, now: float, change: UpdateClientRequest) -> None:
        """Replace the lists of both media."""
        lists = change.streamSubscribe
        if lists is not None:
            self._subscribe(now, lists.audioUidList or AudioUidList(), lists.videoUidList or VideoUidList())

    def undecided(self) -> dict[str, Any]:
        """`unknown`, and no list."""
        return {"uploadingStatus": "unknown"}

    def _subscribe(self, now: float, audio: AudioUidList, video: VideoUidList) -> None:
        self._subscriptions.append((now, Subscription.of(audio, video, self.streams)))

    def _forget_updates(self, now: float) -> None:
        self._subscribe(now, self.config, self.config)

    def _join(self, at: float) -> None:
        self._received = []

    def _look(self, now: float) -> None:
        present = self.room.present(now)
        # Whoever joins a room last with a uid puts the earlier one out.
        if any(participant.id == self.uid for participant in present):
            self._end(now, End.PUT_OUT)
            return
        self._wait_for_idleness(now, present)
        _, subscription = self._subscriptions[-1]
        self._tell_received(now, list(_streams(present, subscription)))
        self._record(now, present, subscription)

    def _wait_for_idleness(self, now: float, present: tuple[Participant, ...]) -> None:
        # A live room is idle without a host: here, whoever has camera or microphone on.
        counts = _sends if self.config.channelType == 1 else anybody
        if any(map(counts, present)):
            self._plans.drop("idle")
        elif "idle" not in self._plans:
            idle_at = now + float(self.config.maxIdleTime or 30)
            self._plans.add("idle", idle_at, partial(self._end, end=End.IDLE))

    def _tell_received(self, now: float, received: list[Stream]) -> None:
        gone = [(stream, NOT_RECEIVING) for stream in self._received if stream not in received]
        come = [(stream, RECEIVING) for stream in received if stream not in self._received]
        for (uid, medium), state in gone + come:
            self.tell(now, STATE_EVENTS[medium], streamUid=uid, state=state, UtcMs=milliseconds(now))
        self._received = received

    def _tell_start(self, at: float) -> None:
        self.tell(at, EventType.RECORDER_STARTED, status=0)

    def _tell_end(self, at: float, end: End) -> None:
        # A stop may come before the recorder has joined.
        if end in LEAVE_CODES and (end is not End.STOPPED or self._has_started):
            self.tell(at, EventType.RECORDER_LEFT, leaveCode=LEAVE_CODES[end])

    def _upload_details(self) -> dict[str, Any]:
        return {"fileList": self._entries()}

    def _entry(self, name: str, uid: str, medium: str, began: float) -> dict[str, Any]:
        """A file as a list of objects names it."""
        return {
            "fileName": self._listed(name),
            "trackType": medium,
            "uid": uid,
            "mixedAllUser": uid == EVERYBODY,
            "isPlayable": True,
            "sliceStartTime": milliseconds(began),
        }

    def _began(self) -> dict[str, Any]:
        """When the files begin, as query tells; nothing before."""
        began = self._reel.began
        return {} if began is None else {"sliceStartTime": milliseconds(began)}


def _sends(participant: Participant) -> bool:
    return participant.camera or participant.microphone


def _streams(present: tuple[Participant, ...], subscription: Subscription) -> Iterator[Stream]:
    """What arrives of those who are present: sound, then picture of each."""
    for participant in present:
        if participant.microphone and subscription.heard.takes(participant.id):
            yield participant.id, "audio"
        if participant.camera and subscription.seen.takes(participant.id):
            yield participant.id, "video"
