"""An individual recording: files of their own for each participant's sound and picture, and snapshots.

From the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026): its guides on files, on
individual recording and on snapshots. Where they are silent, the choices are these:

* the first snapshot of a participant is taken with the first frame, and none while the camera is off; of very
  many fewer and fewer are taken; each is told as soon as it is taken;
* where there are only snapshots, the event of the upload lists no file;
* a camera that goes off leaves a gap, and so does a microphone in `streamMode` "original"; else there is silence;
* whoever publishes first gets one of the places that `subscribeUidGroup` counts, and keeps it until leaving the
  room or being left out by an update;
* what is merged by `streamMode` "standard" is a playlist of the two others, for whoever has both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final

from recorder_agora.emulator.callbacks import EventType
from recorder_agora.emulator.channel import ChannelSession
from recorder_agora.emulator.picture import Subscription
from recorder_agora.emulator.pictures import instant, instants, number_from
from recorder_agora.emulator.protocol import refusal
from recorder_agora.emulator.storage import Destination, prefix_of, slice_time
from recorder_agora.emulator.tracks import Medium, Track
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
MERGED: Final = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",DEFAULT=YES,AUTOSELECT=YES,URI="{audio}"
#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION={width}x{height},AUDIO="audio"
{video}
"""
"""A playlist whose sound and picture are other playlists, so that the slices are shared with them."""


@dataclass(kw_only=True, eq=False)
class IndividualSession(ChannelSession):
    """A recording in mode `individual`.

    Attributes:
        request: what start asked for.
    """

    mode: ClassVar[str] = "individual"
    recording_mode: ClassVar[int | None] = 0

    request: IndividualStartClientRequest
    _places: list[str] = field(default_factory=list)
    _published: dict[Track, Participant] = field(default_factory=dict)
    _next_pictures: dict[Track, int] = field(default_factory=dict)

    @property
    def token(self) -> str | None:
        """The room token that start gave."""
        return self.request.token.get_secret_value() if self.request.token else None

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

    def content(self, now: float) -> dict[str, Any]:
        """Playlists of all streams; snapshots alone have no list."""
        return self._file_list() | self._began()

    def outcome(self, now: float) -> dict[str, Any]:
        """As query, and where the files went."""
        return self._file_list() | {"uploadingStatus": self.upload.status}

    def _file_list(self) -> dict[str, Any]:
        return {"fileListMode": "json", "fileList": self._entries()} if self.records else {}

    def _entries(self) -> list[dict[str, Any]]:
        if not self.records:
            return []
        tracks = [track for track in self._reel.tracks if self.lists(track)]
        listed: list[tuple[Track, Medium, float]] = [(track, track.medium, track.began) for track in tracks]
        for audio, video in self._merged(tracks):
            listed.append((audio, "audio_and_video", min(audio.began, video.began)))
        return [
            self._entry(self._name(track, medium, "m3u8", 0.0), track.uid, medium, began)
            for track, medium, began in listed
        ]

    def _subscribe(self, now: float, audio: AudioUidList, video: VideoUidList) -> None:
        # Nobody is heard on a snapshot.
        streams = self.streams if self.records else 1
        self._subscriptions.append((now, Subscription.of(audio, video, streams)))

    @property
    def _has_playlists(self) -> bool:
        return self.records

    @property
    def _has_uploaded(self) -> bool:
        pictures = self.request.snapshotConfig is not None
        return super()._has_uploaded or (pictures and any(track.medium == "video" for track in self._reel.tracks))

    def _playlists(self, track: Track) -> Iterator[str]:
        yield self._name(track, track.medium, "m3u8", 0.0)
        for pair in self._merged([other for other in self._reel.tracks if other.listed]):
            if track in pair:
                yield self._name(track, "audio_and_video", "m3u8", 0.0)

    def _name(self, track: Track, medium: Medium, extension: str, at: float) -> str:
        kind = "av" if medium == "audio_and_video" else medium
        stem = f"{track.server.prefix}{self.identity.sid}_{self.identity.cname}__uid_s_{track.uid}__uid_e_{kind}"
        return f"{stem}.m3u8" if extension == "m3u8" else f"{stem}_{slice_time(at)}.{extension}"

    # What is recorded

    def _join(self, at: float) -> None:
        super()._join(at)
        self._places = []

    def _record(self, now: float, present: tuple[Participant, ...], subscription: Subscription) -> None:
        there = [participant for participant in present if subscription.takes(participant)]
        kept = [uid for uid in self._places if uid in {participant.id for participant in there}]
        new = [user.id for user in there if user.id not in kept and subscription.streams_of(user)]
        self._places = (kept + new)[: MOST_UIDS[self.config.subscribeUidGroup]]
        tracks = {(track.uid, track.medium): track for track in self._reel.current}
        wanted = {
            (user.id, medium): user
            for user in there
            if user.id in self._places
            for medium in self._media_of(user, subscription, sounded=(user.id, "audio") in tracks)
        }
        for key, track in tracks.items():
            if track.is_open and key not in wanted:
                self._plans.drop(("picture", track))
                self._reel.close(now, track)
        for key, user in wanted.items():
            if key not in tracks:
                tracks[key] = self._reel.begin(now, *key)
                self._published[tracks[key]] = user
            elif not tracks[key].is_open:
                self._reel.open(now, tracks[key])
            else:
                continue
            self._plan_picture(now, tracks[key])

    def _media_of(self, participant: Participant, subscription: Subscription, *, sounded: bool) -> Iterator[Medium]:
        goes_on = sounded and self.config.streamMode != "original"
        if subscription.heard.takes(participant.id) and (participant.microphone or goes_on):
            yield "audio"
        if subscription.seen.takes(participant.id) and participant.camera:
            yield "video"

    def _merged(self, tracks: list[Track]) -> Iterator[tuple[Track, Track]]:
        """Sound and picture of everybody who has both on one server, in stream mode "standard"."""
        if self.config.streamMode == "standard":
            videos = {(track.uid, track.server): track for track in tracks if track.medium == "video"}
            for track in tracks:
                if track.medium == "audio" and (track.uid, track.server) in videos:
                    yield track, videos[track.uid, track.server]

    def _plan_picture(self, now: float, track: Track) -> None:
        """Tell of the next snapshot when it is taken; where nobody listens, time needs no stops for it."""
        config = self.request.snapshotConfig
        if config is None or track.medium != "video" or not self._outbox.active:
            return
        interval = config.captureInterval or SNAPSHOT_S
        number = number_from(track, interval, now, least=self._next_pictures.get(track, 0))
        due = instant(track, interval, number)
        if due > now:
            self._plans.add(("picture", track), due, partial(self._plan_picture, track=track))
            return
        self._next_pictures[track] = number + 1
        name = self._name(track, "video", "jpg", due)
        self.tell(now, EventType.SNAPSHOT, fileName=prefix_of(self.storage) + name)
        self._reel.begin_upload(now)
        self._plan_picture(now, track)

    # Making the files

    def _files(self, destination: Destination) -> Iterator[Delivery]:
        tracks = [track for track in self._reel.tracks if track.seconds(track.ended) > 0]
        if self.records:
            for track in tracks:
                output = Output(
                    formats=("hls",),
                    video=track.medium == "video",
                    audio=AudioSettings() if track.medium == "audio" else None,
                )
                name = partial(self._name, track, track.medium)
                yield destination.deliver(self._tape(track, self.room), track.ended, output, name=name)
            for audio, video in self._merged(tracks):
                yield self._merge(destination, audio, video)
        if self.request.snapshotConfig is not None:
            interval = self.request.snapshotConfig.captureInterval or SNAPSHOT_S
            for track in tracks:
                if track.medium == "video":
                    name = partial(self._name, track, "video")
                    yield destination.take_pictures(
                        self._tape(track, self._alone(track)), instants(track, interval), name=name
                    )

    def _merge(self, destination: Destination, audio: Track, video: Track) -> Delivery:
        published = self._published[video]
        text = MERGED.format(
            audio=self._name(audio, "audio", "m3u8", 0.0),
            video=self._name(video, "video", "m3u8", 0.0),
            width=published.width,
            height=published.height,
        )
        began, ended = min(audio.began, video.began), max(audio.ended, video.ended)
        name = self._name(audio, "audio_and_video", "m3u8", 0.0)
        return destination.write_playlist(name, text, began=began, ended=ended)

    def _tape(self, track: Track, room: Room) -> Tape:
        """What a track saw or heard of somebody in that room."""
        published = self._published[track]
        window = Window(left=0, top=0, right=published.width, bottom=published.height, participant=track.uid)
        scene = Scene(
            width=published.width,
            height=published.height,
            windows=(window,),
            audible=(track.uid,) if track.medium == "audio" else (),
        )
        tape = Tape(room, track.began)
        tape.cut(track.began, lambda _present: scene)
        track.hold(tape)
        return tape

    def _alone(self, track: Track) -> Room:
        """Where a picture is still to be seen at the instant at which its owner goes."""
        room = Room(self.room.name)
        room.join(self._published[track], track.began)
        return room
