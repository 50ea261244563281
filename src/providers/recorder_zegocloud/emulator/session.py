"""One emulated task: its state machine, its ends and what it tells. What its files hold is the mode's to say.

Where the vendor's documents are silent, the choices are these:

* a task initialises for 2 s and an upload takes 3 s, that of a picture 1 s; a task whose start failed dies after 20 s
  and uploads nothing, not even an empty list of files;
* while a task runs, its files' sizes and durations are 0 and it has no RecordEndTimestamp; files are uploaded at the
  end, also those that ended before and the segments of HLS, whose playlist lists bare names. With
  RealtimeUploadFragment the first segment and its playlist are uploaded, and announced, when that segment is complete;
* the pictures of a jpg task are uploaded as they are taken: one when its stream begins, then one after each interval;
  of very many that are due at once only some are taken, evenly spaced. There is no upload to be told of at its end;
* that the room has no stream is told after 10 s, then every 30 s, a whiteboard and a pause notwithstanding;
* a stream that is named, in RecordStreamList or by a window, and isn't there when the task begins to run or the window
  is made, is told of once, as an image is for each layout that names it;
* the idle time-out and the longest duration run on while a server is lost and while the task is paused;
* another server begins new files of its own, whatever FillBlank and ResumeWithoutInterruption say, and knows only the
  streams that are there then; the layout and a pause stay.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, takewhile

from recorder_core.emulation.delivery import Delivery
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService
from recorder_zegocloud.emulator.callbacks import Notifier, Outbox, upload
from recorder_zegocloud.emulator.files import FileWriter, OutputFile, milliseconds
from recorder_zegocloud.emulator.picture import publishes
from recorder_zegocloud.emulator.readings import Readings
from recorder_zegocloud.emulator.storage import Destination
from recorder_zegocloud.emulator.whiteboard import Whiteboard
from recorder_zegocloud.tables import KEPT_S
from recorder_zegocloud.wire.answers import ListedTask, RecordFile, TaskState
from recorder_zegocloud.wire.callbacks import EventType
from recorder_zegocloud.wire.requests import StartRecordRequest
from recorder_zegocloud.wire.values import FileFormat, FileStatus, QuitReason, TaskStatus

__all__ = ["Server", "Task"]

INITIALISING_S = 2.0
UPLOADING_S = 3.0
PICTURE_UPLOADING_S = 1.0
DYING_S = 20.0
NO_STREAM_FIRST_S = 10.0
NO_STREAM_INTERVAL_S = 30.0
TIME_OUTS = frozenset({QuitReason.IDLE, QuitReason.MAX_DURATION})
AFTER_THE_END: Mapping[int, float] = {EventType.EXITED: 1.0, EventType.UPLOAD_FINISHED: UPLOADING_S}
"""How many seconds after the end an event is told at the earliest; the others of the end are told at once."""
MOST_PICTURES = 500
"""How many pictures of one stream are taken at once at most, so that a driven day stays cheap."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server of the vendor's that records a task from `begin` to `end` (Unix s)."""

    begin: float
    end: float = math.inf


class Task(ABC):
    """A recording task, from StartRecord to its last callback.

    Args:
        id: the TaskId.
        request: what was asked for.
        begun_at: Unix s.
        service: whose room, clock and bucket it uses.
        readings: how to behave where the documents leave it open.
        notifier: who sends its callbacks.
        doomed: the start fails: the task never runs and ends within 30 s.
    """

    def __init__(
        self,
        id: str,
        request: StartRecordRequest,
        *,
        begun_at: float,
        service: EmulatedService,
        readings: Readings,
        notifier: Notifier,
        doomed: bool = False,
    ) -> None:
        board = request.RecordInputParams.board
        self.id = id
        self.request = request
        self.begun_at = begun_at
        self.ended_at: float | None = None
        self.reason: int | None = None
        self.whiteboard = Whiteboard(board, begun_at) if board else None
        self._readings = readings
        self._doomed = doomed
        self._room = service.room(request.RoomId)
        self._running_at = begun_at + INITIALISING_S
        self._servers = [] if doomed else [Server(self._running_at)]
        self._settled_at = begun_at
        destination = Destination(request, service=service, buckets=readings.buckets)
        self._writer = FileWriter(id, request, destination=destination, backup=readings.backup)
        self._delivered: list[tuple[OutputFile, Delivery]] = []
        self._playlists: set[str] = set()
        self._missing_streams: set[str] = set()
        self._outbox = Outbox(
            {"task_id": id, "room_id": request.RoomId},
            url=request.RecordOutputParams.CallbackUrl,
            notifier=notifier,
        )

    # What the mode says

    @abstractmethod
    def _server_files(self, server: Server, until: float) -> Iterable[OutputFile]:
        """The files of one server that have begun by `until` (Unix s), in the order of their begin."""

    @abstractmethod
    def _named_streams(self) -> Iterable[str]:
        """The ids of the streams that are to be recorded by name."""

    # What happens to it

    @property
    def running(self) -> bool:
        """Whether it hasn't ended as far as it was settled."""
        return self.ended_at is None

    @property
    def over(self) -> bool:
        """Whether nothing will happen to it by itself any more."""
        return not self.running and self._outbox.next_at is None

    @property
    def paused(self) -> bool:
        """Whether nothing is captured at the moment, because that was asked for."""
        return False

    def known(self, now: float) -> bool:
        """Whether it can still be asked about: for three days after its start."""
        return now - self.begun_at <= KEPT_S

    def settle(self, now: float) -> None:
        """Let everything happen that is due by `now` (Unix s), at its own instant."""
        if self.running:
            at, reason = min(self._ends())
            if at <= now:
                self._finish(at, reason)
            else:
                self._go_on(now)
        self._outbox.send(now)

    def next_due(self, now: float) -> float | None:
        """The first instant after `now` (both Unix s) at which something happens by itself; None: nothing will."""
        dues = [self._outbox.next_at]
        if self.running:
            ends = min(self._ends())[0]
            dues += [ends, self._running_at, next(self._without_stream(), None)]
            dues += [at for _, at in self._coming_playlists(math.inf)]
            dues += [at + PICTURE_UPLOADING_S for at in self._next_pictures() if at < ends]
        return min((due for due in dues if due is not None and now < due < math.inf), default=None)

    def stop(self, now: float) -> None:
        """Leave the room and begin the uploads."""
        self._finish(now, None)

    def quit(self, now: float, reason: int) -> None:
        """End by itself, as a failing engine does."""
        self._finish(now, reason)

    def lose_server(self, now: float, outage: float) -> None:
        """Let the server be gone that records it; after `outage` seconds another one goes on."""
        if not self._servers:
            return
        lost = self._servers.pop()
        if lost.begin < now:
            self._servers.append(replace(lost, end=now))
        self._servers.append(Server(max(now + outage, self._running_at)))

    def switch_whiteboard(self, now: float, board: str) -> None:
        """Show another board from now on.

        Raises:
            ValueError: the task has no whiteboard.
        """
        if self.whiteboard is None:
            raise ValueError("a WhiteboardId is valid only when HasWhiteboard was true at the start")
        self.whiteboard.switch(now, board)

    def notify(self, now: float, event_type: int, detail: Mapping[str, object] | None = None) -> None:
        """Tell something by callback."""
        self._outbox.add(now, event_type, detail)

    # What is seen from outside

    def status(self, now: float) -> TaskStatus:
        """Where it stands."""
        if not self.running:
            ended = self.reason is None or (self.reason in TIME_OUTS and not self._readings.time_outs_are_abnormal)
            return TaskStatus.ENDED if ended else TaskStatus.ENDED_ABNORMALLY
        if self._doomed or now < self._running_at:
            return TaskStatus.INITIALISING
        return TaskStatus.PAUSED if self.paused else TaskStatus.RUNNING

    def state(self, now: float) -> TaskState:
        """The Data of DescribeRecordStatus."""
        params = self.request.RecordInputParams
        return TaskState(
            RoomId=self.request.RoomId,
            RecordMode=params.RecordMode,
            StreamType=params.StreamType,
            RecordBeginTimestamp=milliseconds(self.begun_at),
            RecordEndTimestamp=None if self.ended_at is None else milliseconds(self.ended_at),
            Status=self.status(now),
            RecordFiles=self._described(now) or None,
        )

    def listed(self, now: float) -> ListedTask:
        """Its item in DescribeTasks."""
        return ListedTask(
            RecordBeginTimestamp=milliseconds(self.begun_at),
            TaskId=self.id,
            RoomId=self.request.RoomId,
            Status=self.status(now),
        )

    def recording(self) -> EmulatedRecording:
        """As the control API shows it."""
        return EmulatedRecording(
            ids={"TaskId": self.id, "RoomId": self.request.RoomId},
            room=self.request.RoomId,
            running=self.running,
            started_at=self.begun_at,
            ended_at=self.ended_at,
            files=self._writer.keys,
        )

    def _described(self, now: float) -> list[RecordFile]:
        if self._takes_pictures:
            return []
        if self.ended_at is None:
            return [self._writer.described(file, None, FileStatus.RECORDING) for file in self._files(now)]
        uploading = now < self.ended_at + UPLOADING_S
        return [
            self._writer.described(file, made, FileStatus.UPLOADING if uploading else self._writer.status(made))
            for file, made in self._delivered
            if made.files
        ]

    # Its ends

    def _ends(self) -> Iterator[tuple[float, int]]:
        """When (Unix s) and why it ends, if nobody does anything; the first one counts."""
        params = self.request.RecordInputParams
        yield self.begun_at + params.MaxRecordTime, QuitReason.MAX_DURATION
        if self._doomed:
            yield self.begun_at + DYING_S, QuitReason.SERVICE_FAILED
        if self.whiteboard is None or self.whiteboard.since is None:
            idle = self._room.empty_for(params.MaxIdleTime, since=self._running_at, until=math.inf, counts=publishes)
            if idle is not None:
                yield idle, QuitReason.IDLE
        for file in self._files(math.inf):
            if self._writer.is_too_long(file):
                yield file.begin, QuitReason.FILE_NAME_TOO_LONG

    def _finish(self, at: float, reason: int | None) -> None:
        self._go_on(at, ends=True)
        self.ended_at, self.reason = at, reason
        if not self._takes_pictures:
            for file in self._files(at):
                end = at if file.end is None else min(at, file.end)
                if file.begin < end:
                    self._delivered.append((file, self._deliver(file, end)))
        told = at
        for event in self._readings.stop_events if reason is None else self._readings.quit_events:
            if event != EventType.UPLOAD_FINISHED or not (self._takes_pictures or self._doomed):
                told = max(told, at + AFTER_THE_END.get(event, 0.0))
                self._outbox.add(told, event, self._end_detail(event, told))

    def _end_detail(self, event: int, at: float) -> Mapping[str, object]:
        if event == EventType.ENDED_ABNORMALLY:
            return {"quit_reason": self.reason}
        return upload(self._described(at)) if event == EventType.UPLOAD_FINISHED else {}

    def _deliver(self, file: OutputFile, end: float) -> Delivery:
        return self._writer.write(file, end)

    # What happens while it runs

    def _go_on(self, until: float, *, ends: bool = False) -> None:
        """Let everything but its end happen that is due by `until` (Unix s), when it may end."""
        if self._servers and self._settled_at < self._running_at <= until:
            self._look_for_missing(self._running_at)
        for at in takewhile(until.__gt__ if ends else until.__ge__, self._without_stream()):
            self._outbox.add(at, EventType.NO_STREAMS)
        for file, at in list(self._coming_playlists(until)):
            if at <= until:
                self._announce(file, at)
        if self._takes_pictures:
            self._take_pictures(until)
        self._settled_at = until

    def _look_for_missing(self, at: float) -> None:
        """Tell what isn't there at `at` (Unix s) of what the recording is to be made of."""
        there = {self._stream_id(person.id) for person in self._room.present(at) if publishes(person)}
        for stream in self._named_streams():
            if stream not in there | self._missing_streams:
                self._missing_streams.add(stream)
                self._outbox.add(at, EventType.STREAM_MISSING, {"stream_id": stream})

    def _without_stream(self) -> Iterator[float]:
        """The instants (Unix s), from now on, at which it is told that the room has no stream."""
        for begin, end in self._empty_stretches():
            first = begin + NO_STREAM_FIRST_S
            number = max(0, math.floor((self._settled_at - first) / NO_STREAM_INTERVAL_S))
            instants = (first + number * NO_STREAM_INTERVAL_S for number in count(number))
            yield from (at for at in takewhile(end.__gt__, instants) if at > self._settled_at)

    def _empty_stretches(self) -> Iterator[tuple[float, float]]:
        """From and to which Unix seconds a server saw no stream in the room."""
        for server in self._servers:
            empty: float | None = None
            for at, people in self._room.presence(server.begin, server.end):
                if not any(map(publishes, people)):
                    empty = at if empty is None else empty
                elif empty is not None:
                    yield empty, at
                    empty = None
            if empty is not None:
                yield empty, server.end

    def _coming_playlists(self, until: float) -> Iterator[tuple[OutputFile, float]]:
        """The playlists to be announced of files that have begun by `until`, and when (both Unix s)."""
        asked = self.request.RecordOutputParams
        if asked.RealtimeUploadFragment:
            for file in self._files(until):
                if file.format is FileFormat.HLS and self._writer.file_name(file) not in self._playlists:
                    at = file.recorded(asked.FragmentSeconds)
                    yield file, at if file.end is None else min(at, file.end)

    def _announce(self, file: OutputFile, at: float) -> None:
        """Upload what there is of a file at `at` (Unix s), and tell its address if the storage took it."""
        self._playlists.add(self._writer.file_name(file))
        made = self._writer.write(file, at)
        if made.files and made.refused is None:
            listed = self._writer.described(file, made, FileStatus.UPLOADED)
            detail = {
                "stream_id": listed.StreamId,
                "file_id": listed.FileId,
                "file_url": listed.FileUrl or "",
                "media_track_type": listed.MediaTrackType,
            }
            self._outbox.add(at, EventType.PLAYLIST, detail)

    # Files and pictures

    def _files(self, until: float) -> list[OutputFile]:
        """The files that have begun by `until` (Unix s), server by server."""
        return [
            file if server.end == math.inf else replace(file, end=min(server.end, file.end or math.inf))
            for server in self._servers
            if server.begin <= until
            for file in self._server_files(server, min(until, server.end))
            if file.begin < server.end
        ]

    def _stream_id(self, participant: str) -> str:
        return self._readings.stream_ids.format(room=self.request.RoomId, participant=participant)

    @property
    def _takes_pictures(self) -> bool:
        return self.request.RecordOutputParams.OutputFileFormat is FileFormat.JPG

    def _next_pictures(self) -> Iterator[float]:
        """When (Unix s) the next picture of each stream is due."""
        if self._takes_pictures:
            for file in self._files(math.inf):
                at = next(file.instants(self._interval, self._settled_at), math.inf)
                if file.end is None or at < file.end:
                    yield at

    def _take_pictures(self, until: float) -> None:
        """Take what is due before `until` (Unix s) and wasn't taken yet."""
        for file in self._files(until):
            end = until if file.end is None else min(until, file.end)
            instants = list(takewhile(end.__gt__, file.instants(self._interval, self._settled_at)))
            for at in instants[:: -(-len(instants) // MOST_PICTURES) or 1]:
                self._take_picture(file, at)

    def _take_picture(self, file: OutputFile, at: float) -> None:
        """Upload what a file shows at `at` (Unix s)."""
        self._outbox.add(
            at + PICTURE_UPLOADING_S, EventType.UPLOAD_FINISHED, upload([self._writer.take_picture(file, at)])
        )

    @property
    def _interval(self) -> float:
        return float(self.request.RecordOutputParams.SnapshotInterval)
