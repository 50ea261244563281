"""What recordings of a room have in common: who is in it, whose streams are subscribed, and when it is idle."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from recorder_agora.emulator.picture import Subscription
from recorder_agora.emulator.protocol import check_stricter_lists, refusal
from recorder_agora.emulator.session import Session
from recorder_agora.wire.recording import AudioUidList, ChannelRecordingConfig, VideoUidList
from recorder_agora.wire.requests import UpdateClientRequest
from recorder_core.emulation.room import Participant, Room, anybody

__all__ = ["FIRST_SLICE_S", "ChannelSession"]

FIRST_SLICE_S: Final = 15.0
"""From the first stream to status 5: no slice is shorter."""


@dataclass(kw_only=True, eq=False)
class ChannelSession(Session[UpdateClientRequest]):
    """A recorder that joins a room with a uid of its own.

    Attributes:
        room: the room that it records.
    """

    room: Room
    _subscriptions: list[tuple[float, Subscription]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._subscribe(self.started_at, self.config, self.config)

    @property
    @abstractmethod
    def config(self) -> ChannelRecordingConfig:
        """`recordingConfig`."""

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

    def _ends(self, now: float) -> Iterator[float | None]:
        # Whoever joins a room last with a uid puts the earlier one out.
        yield self.room.first_presence(since=self.ready_at, until=now, counts=self._is_recorder)
        # A live room is idle without a host: here, whoever has camera or microphone on.
        counts = _sends if self.config.channelType == 1 else anybody
        idle = float(self.config.maxIdleTime or 30)
        yield self.room.empty_for(idle, since=self.ready_at, until=now, counts=counts)

    def _is_recorder(self, participant: Participant) -> bool:
        return participant.id == self.identity.uid


def _sends(participant: Participant) -> bool:
    return participant.camera or participant.microphone
