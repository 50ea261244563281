"""One emulated task: its state machine, its ends, its files and what it tells.

Where the vendor's documents are silent, the choices are these:

* the recorder enters the room 2 s after the start; who may not enter it fails then (event 301 with Status 1) and is
  forgotten; nothing is recorded before;
* a task is idle while nobody who is recorded publishes; the room counts as empty while nobody publishes at all;
* the first segment of an index file is complete after 10 s of it (event 307), and uploaded a second later (304);
* the HLS files are there 3 s after the end (305), an MP4 or AAC 4 s later (310), of Video on Demand as long (311, then
  312); so long the task is described as ending, then it isn't known;
* of a stream that comes back its file goes on, and the gap isn't in it;
* another server begins new files of its own, under names with `ha1_`, `ha2_`, …, and tells so (306) when it goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from recorder_core.emulation.composer import Scene, Window
from recorder_core.emulation.delivery import Delivery
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.room import Room
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape
from recorder_trtc.emulator.callbacks import Notifier, Outbox
from recorder_trtc.emulator.files import FileWriter, OutputFile, encoded, milliseconds
from recorder_trtc.emulator.picture import MixedPicture, publishes
from recorder_trtc.emulator.readings import Readings
from recorder_trtc.wire.callbacks import EventType, LeaveCode, UploadStatus
from recorder_trtc.wire.layout import Layout, check_canvas
from recorder_trtc.wire.requests import CreateCloudRecordingRequest, ModifyCloudRecordingRequest
from recorder_trtc.wire.values import AvMerge, RecordMode, RoomIdType, StreamType, TaskStatus

__all__ = ["Task"]

ENTERING_S = 2.0
FIRST_SEGMENT_S = 10.0
INDEX_UPLOAD_S = 1.0
UPLOADING_S = 3.0
CONVERTING_S = 4.0
MOST_STREAMS = 25
"""Streams of a single-stream task."""
TRACKS = {StreamType.AUDIO_VIDEO: "audio_video", StreamType.AUDIO: "audio", StreamType.VIDEO: "video"}


@dataclass(frozen=True, slots=True)
class Server:
    """A server of the vendor's that records a task from `begin` to `end` (Unix s), the how-manieth it is."""

    begin: float
    end: float = math.inf
    number: int = 0


class Task:
    """A recording task, from CreateCloudRecording to its last callback. Equality is identity.

    Args:
        id: the TaskId.
        request: what was asked for.
        begun_at: Unix s.
        service: whose room, clock and bucket it uses.
        readings: how to behave where the documents leave it open.
        notifier: who sends its callbacks.
        doomed: the recorder never gets into the room.
    """

    def __init__(
        self,
        id: str,
        request: CreateCloudRecordingRequest,
        *,
        begun_at: float,
        service: EmulatedService,
        readings: Readings,
        notifier: Notifier,
        doomed: bool = False,
    ) -> None:
        self.id = id
        self.request = request
        self.begun_at = begun_at
        self.ended_at: float | None = None
        self._readings = readings
        self._doomed = doomed
        self._room: Room = service.room(request.RoomId)
        self._running_at = begun_at + ENTERING_S
        self._servers = [] if doomed else [Server(self._running_at)]
        self._has_begun = False
        self._announced: set[str] = set()
        self._delivered: list[tuple[OutputFile, Delivery]] = []
        self._writer = FileWriter(id, request, service=service, readings=readings)
        self._picture = MixedPicture(
            request.RecordParams, request.canvas, download=service.media, missing=readings.missing_images
        )
        self._first = (request.MixLayoutParams or Layout(), request.RecordParams.SubscribeStreamUserIds)
        self._picture.change(begun_at, *self._first)
        is_number = request.RoomIdType is RoomIdType.NUMBER
        ids = {
            "RoomId": int(request.RoomId) if is_number else request.RoomId,
            "UserId": request.UserId,
            "TaskId": id,
        }
        self._outbox = Outbox(ids, notifier)

    # What happens to it

    @property
    def running(self) -> bool:
        """Whether it hasn't ended as far as it was settled."""
        return self.ended_at is None

    @property
    def over(self) -> bool:
        """Whether nothing will happen to it by itself any more."""
        return not self.running and self._outbox.next_at is None

    def known(self, now: float) -> bool:
        """Whether it can be asked for."""
        if now - self.begun_at > self.request.ResourceExpiredHour * 3600:
            return False
        return self.ended_at is None or (not self._readings.forgets_at_once and now < self._settled_at)

    def settle(self, now: float) -> None:
        """Let everything happen that is due by `now` (Unix s), at its own instant."""
        if self.running:
            at, code = self._end()
            self._go_on(min(now, at))
            if at <= now:
                self._finish(at, code)
        self._outbox.send(now)

    def next_due(self, now: float) -> float | None:
        """The first instant after `now` (both Unix s) at which something happens by itself; None: nothing will."""
        dues = [self._outbox.next_at]
        if self.running:
            dues += [self._end()[0], self._running_at, *(at for _, at in self._coming_indexes(math.inf))]
            dues += [server.begin for server in self._servers]
        return min((due for due in dues if due is not None and now < due < math.inf), default=None)

    def stop(self, now: float, code: int = LeaveCode.STOPPED) -> None:
        """Leave the room, and upload what isn't there yet."""
        self._go_on(now)
        self._finish(now, code)

    def modify(self, now: float, body: ModifyCloudRecordingRequest) -> None:
        """Replace layout and participants; what the body leaves out is at its default from now on.

        Raises:
            ValueError: a window leaves the canvas, or the task has no layout.
        """
        layout = body.MixLayoutParams
        if layout is not None and self.request.RecordParams.RecordMode is RecordMode.SINGLE:
            raise ValueError("MixLayoutParams is valid only with RecordMode 2")
        check_canvas(layout.MixLayoutList if layout else None, self.request.canvas)
        self._picture.change(now, layout or Layout(), body.SubscribeStreamUserIds)
        self._tell_missing(now)

    def lose_server(self, now: float, outage: float) -> None:
        """Let the server be gone that records it; after `outage` seconds another one goes on."""
        if not self._servers:
            return
        lost = self._servers.pop()
        if lost.begin < now:
            self._servers.append(replace(lost, end=now))
        back = max(now + outage, self._running_at)
        self._servers.append(Server(back, number=lost.number + 1))
        self._outbox.add(back, EventType.FAILOVER, {"Status": 0})
        if not self._readings.layout_survives:
            self._picture.change(back, *self._first)

    def notify(self, now: float, event_type: int, payload: dict[str, Any]) -> None:
        """Tell something by callback."""
        self._outbox.add(now, event_type, payload)

    # What is seen from outside

    def described(self, now: float) -> dict[str, Any]:
        """DescribeCloudRecording."""
        files = [] if self._writer.is_vod else [self._index(file) for file in self._files(now)]
        return {"TaskId": self.id, "Status": self._status(now).value, "StorageFileList": files}

    def recording(self) -> EmulatedRecording:
        """As the control API shows it."""
        return EmulatedRecording(
            ids={"TaskId": self.id, "UserId": self.request.UserId, "RoomId": self.request.RoomId},
            room=self.request.RoomId,
            running=self.running,
            started_at=self.begun_at,
            ended_at=self.ended_at,
            files=self._writer.keys,
        )

    def _status(self, now: float) -> TaskStatus:
        if not self.running:
            return TaskStatus.EXITED
        selection = self._picture.selection
        is_busy = any(server.begin <= now < server.end for server in self._servers)
        someone = any(map(selection.records, self._room.present(now)))
        return TaskStatus.IN_PROGRESS if is_busy and someone else TaskStatus.IDLE

    @staticmethod
    def _index(file: OutputFile) -> dict[str, Any]:
        return {
            "UserId": file.user_id,
            "FileName": f"{file.index_stem}.m3u8",
            "TrackType": file.track_type,
            "BeginTimeStamp": milliseconds(file.begin),
        }

    # Its ends

    @property
    def _settled_at(self) -> float:
        """When all its files are where they stay (Unix s), of a task that has ended."""
        if self._doomed:
            return self.ended_at or 0.0
        converts = set(self._writer.formats) != {"hls"} or self._writer.is_vod
        return (self.ended_at or 0.0) + UPLOADING_S + (CONVERTING_S if converts else 0.0)

    def _end(self) -> tuple[float, int]:
        """When (Unix s) and why it ends, if nobody does anything."""
        if self._doomed:
            return self._running_at, LeaveCode.REMOVED_BY_SERVER
        idle = self._room.empty_for(
            self.request.RecordParams.MaxIdleTime, since=self._running_at, until=math.inf, counts=publishes
        )
        return (math.inf if idle is None else idle), LeaveCode.IDLE

    def _finish(self, at: float, code: int) -> None:
        self.ended_at = at
        if self._doomed:
            self._outbox.add(at, EventType.RECORDER_START, {"Status": 1})
            return
        for file in self._files(at):
            end = at if file.end is None else min(at, file.end)
            if file.begin < end:
                self._delivered.append((file, self._writer.write(file, end)))
        self._outbox.add(at, EventType.RECORDER_STOP, {"LeaveCode": int(code)})
        made = [(file, delivery) for file, delivery in self._delivered if delivery.files]
        refused = next((delivery.refused for _, delivery in made if delivery.refused), None)
        status = UploadStatus.BACKED_UP if refused else UploadStatus.UPLOADED
        if self._writer.is_vod:
            self._tell_vod(made, self._settled_at)
            return
        if refused:
            self._outbox.add(
                at + UPLOADING_S, EventType.UPLOAD_ERROR, {"Code": "NoSuchBucket", "Message": "it doesn't exist"}
            )
        self._outbox.add(at + UPLOADING_S, EventType.UPLOAD_STOP, {self._readings.upload_member: int(status)})
        if "mp4" in self._writer.formats:
            self._tell_mp4(made, status, at + UPLOADING_S + CONVERTING_S)

    def _tell_mp4(self, made: Sequence[tuple[OutputFile, Delivery]], status: UploadStatus, at: float) -> None:
        for file, delivery in made:
            messages = [
                {
                    "FileName": part.name,
                    "UserId": file.user_id,
                    "TrackType": file.track_type,
                    "MediaId": file.media_id,
                    "StartTimeStamp": milliseconds(part.started_at),
                    "EndTimeStamp": milliseconds(part.started_at + part.duration_s),
                }
                for part in delivery.files
                if part.format == "mp4"
            ]
            names = [message["FileName"] for message in messages]
            payload = {"Status": int(status), "FileList": names, "FileMessage": messages}
            self._outbox.add(at, EventType.MP4_STOP, payload)

    def _tell_vod(self, made: Sequence[tuple[OutputFile, Delivery]], at: float) -> None:
        for file, delivery in made:
            for part in delivery.files:
                if part.format == "ts":
                    continue
                vod = {
                    "UserId": file.user_id,
                    "TrackType": file.track_type,
                    "MediaId": file.media_id,
                    "FileId": self._writer.vod_id(part.name),
                    "VideoUrl": f"https://vod.emulated.invalid/{part.key}",
                    "CacheFile": part.name,
                    "StartTimeStamp": milliseconds(part.started_at),
                    "EndTimeStamp": milliseconds(part.started_at + part.duration_s),
                }
                self._outbox.add(at, EventType.VOD_COMMIT, {"Status": 0, "TencentVod": vod})
        self._outbox.add(at, EventType.VOD_STOP, {"Status": 0})

    # What happens while it runs

    def _go_on(self, until: float) -> None:
        """Let everything but its end happen that is due by `until` (Unix s)."""
        if not self._has_begun and not self._doomed and self._running_at <= until:
            self._has_begun = True
            self._outbox.add(self._running_at, EventType.RECORDER_START, {"Status": 0})
            if not self._writer.is_vod:
                self._outbox.add(self._running_at, EventType.UPLOAD_START, {"Status": 0})
            self._tell_missing(self._running_at)
        for file, at in list(self._coming_indexes(until)):
            if at <= until:
                self._announced.add(file.index_stem)
                told = self._index(file)
                self._outbox.add(at, EventType.FILE_SLICE, told)
                self._outbox.add(at + INDEX_UPLOAD_S, EventType.FILE_INFO, {"FileList": told["FileName"]})

    def _tell_missing(self, at: float) -> None:
        for url in self._picture.take_missing():
            self._outbox.add(at, EventType.DOWNLOAD_IMAGE_ERROR, {"Url": url})

    def _coming_indexes(self, until: float) -> Iterator[tuple[OutputFile, float]]:
        """The index files to be announced that have begun by `until`, and when (both Unix s)."""
        if self._writer.is_vod:
            return
        for file in self._files(until):
            if file.index_stem not in self._announced:
                at = file.begin + FIRST_SEGMENT_S
                if file.end is None or at <= file.end:
                    yield file, at

    # Files

    def _files(self, until: float) -> list[OutputFile]:
        """The files that have begun by `until` (Unix s), server by server."""
        found: list[OutputFile] = []
        is_mixed = self.request.RecordParams.RecordMode is RecordMode.MIXED
        for server in self._servers:
            if server.begin <= until:
                made = self._mixed_file if is_mixed else self._single_files
                found += made(server, min(until, server.end))
        return found

    def _mixed_file(self, server: Server, until: float) -> list[OutputFile]:
        begin = self._room.first_presence(since=server.begin, until=until, counts=self._picture.selection.takes)
        if begin is None or begin >= server.end:
            return []
        file = OutputFile(
            user_id="",
            stem=self._writer.room_stem(server.number),
            track_type=TRACKS[self.request.RecordParams.StreamType],
            begin=begin,
            end=None if server.end == math.inf else server.end,
            tape=lambda since, end: self._picture.tape(self._room, begin=since, end=end),
        )
        return [file]

    def _single_files(self, server: Server, until: float) -> list[OutputFile]:
        record = self.request.RecordParams
        begun: dict[str, float] = {}
        for at, people in self._room.presence(server.begin, until):
            for person in people:
                if self._picture.selection.takes(person):
                    begun.setdefault(person.id, at)
        kinds = ["audio_video"]
        if record.StreamType is not StreamType.AUDIO_VIDEO:
            kinds = [TRACKS[record.StreamType]]
        elif record.AvMerge is AvMerge.SEPARATE:
            kinds = ["audio", "video"]
        return [
            OutputFile(
                user_id=user,
                stem=f"{self._writer.room_stem(server.number)}__UserId_s_{encoded(user)}__UserId_e_main",
                track_type=kind,
                begin=begin,
                end=None if server.end == math.inf else server.end,
                tape=partial(self._single_tape, user),
            )
            for user, begin in list(begun.items())[:MOST_STREAMS]
            for kind in kinds
            if begin < server.end
        ]

    def _single_tape(self, user: str, begin: float, end: float) -> Tape:
        """The stream alone, as large as it was first published."""
        tape = Tape(self._room, begin)
        someone = next(person for person in self._room.everyone(begin) if person.id == user)
        scene = Scene(width=someone.width, height=someone.height, audible=(user,))
        window = Window(left=0, top=0, right=someone.width, bottom=someone.height, participant=user, frozen=True)
        filmed = replace(scene, windows=(window,))
        was_filmed = False
        for at, people in self._room.presence(begin, end):
            person = next((person for person in people if person.id == user and publishes(person)), None)
            if person is None:
                tape.hold(at)
                continue
            tape.release(at)
            was_filmed = was_filmed or person.camera
            chosen = filmed if was_filmed else scene
            tape.cut(at, lambda _, chosen=chosen: chosen)  # type: ignore[misc]
        return tape
