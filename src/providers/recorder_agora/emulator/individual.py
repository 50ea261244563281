"""An individual recording: files of their own for each participant's sound and picture, and snapshots.

From the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026): its guides on files, on
individual recording and on snapshots. Where they are silent, the choices are these:

* the first snapshot of a participant is taken with the first frame, and none while the camera is off; of very
  many only some are taken, evenly spaced;
* a camera that goes off leaves a gap, and so does a microphone in `streamMode` "original"; else there is silence;
* whoever publishes first gets one of the places that `subscribeUidGroup` counts, and keeps it until leaving the
  room or being left out by an update;
* what is merged by `streamMode` "standard" is a playlist of the two others, for whoever has both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Final, Literal

from recorder_agora.emulator.channel import FIRST_SLICE_S, ChannelSession
from recorder_agora.emulator.picture import Subscription
from recorder_agora.emulator.protocol import refusal
from recorder_agora.emulator.session import in_force
from recorder_agora.emulator.storage import Destination, slice_time
from recorder_agora.wire.recording import AudioUidList, IndividualRecordingConfig, VideoUidList
from recorder_agora.wire.requests import IndividualStartClientRequest, StreamSubscribe, UpdateClientRequest
from recorder_core.emulation.composer import Scene, Window
from recorder_core.emulation.delivery import Delivery, Output
from recorder_core.emulation.encoder import AudioSettings
from recorder_core.emulation.room import Participant, Room
from recorder_core.emulation.taping import Tape

__all__ = ["IndividualSession"]

MOST_UIDS: Final = (2, 7, 12, 17, 32, 49)
"""How many uids are recorded at once, by `subscribeUidGroup`."""
SNAPSHOT_S: Final = 10
"""`captureInterval` by default."""
MOST_PICTURES: Final = 500
"""How many snapshots of one participant are taken at most, so that a driven day stays cheap."""
MERGED: Final = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",DEFAULT=YES,AUTOSELECT=YES,URI="{audio}"
#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION={width}x{height},AUDIO="audio"
{video}
"""
"""A playlist whose sound and picture are other playlists, so that the slices are shared with them."""


@dataclass(slots=True)
class Track:
    """One participant's sound or picture, and when it was recorded."""

    participant: Participant
    """As published when it began."""
    medium: Literal["audio", "video"]
    stretches: list[tuple[float, float]] = field(default_factory=list)

    @property
    def began(self) -> float:
        """Its first instant."""
        return self.stretches[0][0]

    @property
    def ended(self) -> float:
        """Its last one."""
        return self.stretches[-1][1]

    def extend(self, since: float, until: float) -> None:
        """It was recorded between these two."""
        if self.stretches and self.stretches[-1][1] == since:
            since, _ = self.stretches.pop()
        self.stretches.append((since, until))

    def tape(self, room: Room) -> Tape:
        """What it saw or heard."""
        uid, width, height = self.participant.id, self.participant.width, self.participant.height
        scene = Scene(
            width=width,
            height=height,
            windows=(Window(left=0, top=0, right=width, bottom=height, participant=uid),),
            audible=(uid,) if self.medium == "audio" else (),
        )
        tape = Tape(room, self.began)
        tape.cut(self.began, lambda _present: scene)
        for (_, gone), (back, _) in pairwise(self.stretches):
            tape.hold(gone)
            tape.release(back)
        return tape


@dataclass(kw_only=True, eq=False)
class IndividualSession(ChannelSession):
    """A recording in mode `individual`.

    Attributes:
        request: what start asked for.
    """

    mode: ClassVar[str] = "individual"

    request: IndividualStartClientRequest

    @property
    def config(self) -> IndividualRecordingConfig:
        """`recordingConfig`."""
        return self.request.recordingConfig

    @property
    def records(self) -> bool:
        """Whether it makes more than snapshots."""
        return self.request.snapshotConfig is None or self.request.recordingFileConfig is not None

    def check_update(self, change: UpdateClientRequest, *, strict: bool) -> None:
        """Refuse also, as start does, a pair of lists that snapshots aren't taken with; that page is start's alone."""
        ChannelSession.check_update(self, change, strict=strict)
        lists = change.streamSubscribe or StreamSubscribe()
        audio, video = lists.audioUidList or AudioUidList(), lists.videoUidList or VideoUidList()
        pictures = strict and self.request.snapshotConfig is not None
        if pictures and audio.subscribeAudioUids is not None and video.subscribeVideoUids is None:
            raise refusal(2, "update", "Update: snapshots need subscribeVideoUids beside subscribeAudioUids")

    def began(self, until: float) -> float | None:
        """When the first recorded stream came."""
        return min((track.began for track in self._tracks(until)), default=None)

    def content(self, now: float) -> dict[str, Any]:
        """Playlists of all streams; snapshots alone have no list."""
        began = self.began(now)
        return self._files_of(now) | ({} if began is None else {"sliceStartTime": int(began * 1000)})

    def outcome(self, now: float) -> dict[str, Any]:
        """As query, and where the files went."""
        return self._files_of(now) | {"uploadingStatus": self.uploading_status}

    def _subscribe(self, now: float, audio: AudioUidList, video: VideoUidList) -> None:
        # Nobody is heard on a snapshot.
        streams = self.streams if self.records else 1
        self._subscriptions.append((now, Subscription.of(audio, video, streams)))

    def _has_uploaded(self, now: float) -> bool:
        pictures = self.request.snapshotConfig is not None
        return any(
            (pictures and track.medium == "video") or now - track.began >= FIRST_SLICE_S for track in self._tracks(now)
        )

    def _files_of(self, now: float) -> dict[str, Any]:
        if not self.records:
            return {}
        tracks = [
            track for track in self._tracks(now) if self.ended_at is not None or now - track.began >= FIRST_SLICE_S
        ]
        listed: list[tuple[str, str, float]] = [(track.participant.id, track.medium, track.began) for track in tracks]
        for audio, video in self._merged(tracks):
            listed.append((audio.participant.id, "av", min(audio.began, video.began)))
        files = [
            {
                "fileName": self._listed(self._name(uid, kind, "m3u8", 0.0)),
                "trackType": "audio_and_video" if kind == "av" else kind,
                "uid": uid,
                "mixedAllUser": False,
                "isPlayable": True,
                "sliceStartTime": int(began * 1000),
            }
            for uid, kind, began in listed
        ]
        return {"fileListMode": "json", "fileList": files}

    def _name(self, uid: str, kind: str, extension: str, at: float) -> str:
        stem = f"{self.identity.sid}_{self.identity.cname}__uid_s_{uid}__uid_e_{kind}"
        return f"{stem}.m3u8" if extension == "m3u8" else f"{stem}_{slice_time(at)}.{extension}"

    # What was recorded

    def _tracks(self, until: float) -> list[Track]:
        """The recorded streams, by `until` and before the end, in the order in which they began."""
        until = until if self.ended_at is None else min(until, self.ended_at)
        if self.doomed or until <= self.ready_at:
            return []
        instants = {self.ready_at, until, *self.room.changes(self.ready_at, until)}
        instants.update(at for at, _ in self._subscriptions if self.ready_at < at < until)
        tracks: dict[tuple[str, str], Track] = {}
        places: list[str] = []
        for since, next_change in pairwise(sorted(instants)):
            subscription = in_force(self._subscriptions, since)
            there = [participant for participant in self.room.present(since) if subscription.takes(participant)]
            kept = [uid for uid in places if uid in {participant.id for participant in there}]
            new = [user.id for user in there if user.id not in kept and subscription.streams_of(user)]
            places = (kept + new)[: MOST_UIDS[self.config.subscribeUidGroup]]
            for participant in there:
                if participant.id in places:
                    for medium in self._media_of(participant, subscription, tracks):
                        track = tracks.setdefault((participant.id, medium), Track(participant, medium))
                        track.extend(since, next_change)
        return list(tracks.values())

    def _media_of(
        self, participant: Participant, subscription: Subscription, tracks: dict[tuple[str, str], Track]
    ) -> Iterator[Literal["audio", "video"]]:
        if subscription.heard.takes(participant.id):
            goes_on = self.config.streamMode != "original" and (participant.id, "audio") in tracks
            if participant.microphone or goes_on:
                yield "audio"
        if participant.camera and subscription.seen.takes(participant.id):
            yield "video"

    def _merged(self, tracks: list[Track]) -> Iterator[tuple[Track, Track]]:
        """Sound and picture of everybody who has both, in stream mode "standard"."""
        if self.config.streamMode == "standard":
            videos = {track.participant.id: track for track in tracks if track.medium == "video"}
            for track in tracks:
                if track.medium == "audio" and track.participant.id in videos:
                    yield track, videos[track.participant.id]

    # Making the files

    def _files(self, destination: Destination, ended_at: float) -> Iterator[Delivery]:
        tracks = self._tracks(ended_at)
        if self.records:
            for track in tracks:
                output = Output(
                    formats=("hls",),
                    video=track.medium == "video",
                    audio=AudioSettings() if track.medium == "audio" else None,
                )
                name = partial(self._name, track.participant.id, track.medium)
                yield destination.deliver(track.tape(self.room), track.ended, output, name=name)
            for audio, video in self._merged(tracks):
                yield self._merge(destination, audio, video)
        if self.request.snapshotConfig is not None:
            interval = self.request.snapshotConfig.captureInterval or SNAPSHOT_S
            for track in tracks:
                if track.medium == "video":
                    name = partial(self._name, track.participant.id, "video")
                    yield destination.take_pictures(track.tape(self.room), _instants(track, interval), name=name)

    def _merge(self, destination: Destination, audio: Track, video: Track) -> Delivery:
        uid = audio.participant.id
        text = MERGED.format(
            audio=self._name(uid, "audio", "m3u8", 0.0),
            video=self._name(uid, "video", "m3u8", 0.0),
            width=video.participant.width,
            height=video.participant.height,
        )
        began, ended = min(audio.began, video.began), max(audio.ended, video.ended)
        return destination.write_playlist(self._name(uid, "av", "m3u8", 0.0), text, began=began, ended=ended)


def _instants(track: Track, interval: int) -> list[float]:
    """Every so many seconds from the first frame on, while there is a picture."""
    instants = []
    for since, until in track.stretches:
        count = math.ceil((since - track.began) / interval)
        while (at := track.began + count * interval) < until:
            instants.append(at)
            count += 1
    return instants[:: math.ceil(len(instants) / MOST_PICTURES)]
