"""A mixed task (RecordMode 2): one picture and one sound of everybody.

Where the vendor's documents are silent, the choices are these: without IsAlwaysMix a whiteboard begins the file
as a stream does; a pause leaves a gap in the file, which stays one, and both time-outs run on meanwhile; what
isn't running (still initialising, or paused) takes no snapshot and can't be paused: a bad parameter; a snapshot that
is asked for while a server is lost is accepted and never taken. In a `.sw` file, which lies beside the file with the
sound, a microphone that is on has volume 50, one that is off 0.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import partial

from recorder_core.emulation.delivery import Delivery
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape
from recorder_zegocloud.emulator.callbacks import Notifier
from recorder_zegocloud.emulator.files import OutputFile, tracks
from recorder_zegocloud.emulator.picture import Picture, publishes
from recorder_zegocloud.emulator.readings import Readings
from recorder_zegocloud.emulator.session import Server, Task
from recorder_zegocloud.picture import Layout
from recorder_zegocloud.wire.callbacks import EventType
from recorder_zegocloud.wire.layout import MixParams, check_windows
from recorder_zegocloud.wire.requests import StartRecordRequest, UpdateLayoutRequest
from recorder_zegocloud.wire.values import FileFormat, MediaTrackType, SoundWaveType, StreamType, TaskStatus, ViewType

__all__ = ["MixedTask"]

VOLUME = 50


class MixedTask(Task):
    """A mixed task; arguments as `Task`'s."""

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
        super().__init__(
            id,
            request,
            begun_at=begun_at,
            service=service,
            readings=readings,
            notifier=notifier,
            doomed=doomed,
        )
        params = request.RecordInputParams
        if params.MixConfig is None:
            raise ValueError("a mixed task has a MixConfig")
        self._mix: MixParams = params.MixConfig
        if self._mix.MixOutputVideoConfig:
            self._writer.fps = self._mix.MixOutputVideoConfig.Fps
        if self._mix.MixOutputAudioConfig:
            self._writer.audio_bitrate = self._mix.MixOutputAudioConfig.Bitrate
        self._pauses: list[tuple[float, float]] = []
        self._picture = Picture(
            params,
            self._stream_id,
            whiteboard=self.whiteboard,
            download=service.media,
            missing=readings.missing_images,
        )
        self._picture.change(begun_at, Layout.of(self._mix))

    @property
    def paused(self) -> bool:
        """Whether it waits to be resumed."""
        return bool(self._pauses) and self._pauses[-1][1] == math.inf

    def pause(self, now: float) -> None:
        """Capture nothing from now on.

        Raises:
            ValueError: the task isn't running.
        """
        self._check_runs(now, "paused")
        self._pauses.append((now, math.inf))
        self._outbox.add(now, EventType.PAUSED)

    def resume(self, now: float) -> None:
        """Capture again from now on; a paused task's."""
        self._pauses[-1] = (self._pauses[-1][0], now)
        self._outbox.add(now, EventType.RESUMED)

    def change_layout(self, now: float, body: UpdateLayoutRequest) -> None:
        """Replace the layout as a whole.

        Raises:
            ValueError: it doesn't fit the task's canvas, or shows a whiteboard that the task hasn't.
        """
        check_windows(
            body.MixMode,
            body.MixInputList,
            canvas=self._mix.canvas,
            has_whiteboard=self.request.RecordInputParams.HasWhiteboard,
        )
        self._picture.change(now, Layout.of(body))
        if now >= self._running_at:
            self._look_for_missing(now)

    def take_snapshot(self, now: float) -> None:
        """Store a JPG of the mixed picture.

        Raises:
            ValueError: the task isn't running, or has no picture.
        """
        self._check_runs(now, "photographed")
        if self.request.RecordInputParams.StreamType is StreamType.AUDIO:
            raise ValueError("a task with StreamType 1 has no picture")
        server = self._servers[-1]
        if server.begin <= now:
            self._take_picture(self._file(MediaTrackType.VIDEO, FileFormat.JPG, server, now), now)

    def _check_runs(self, now: float, done: str) -> None:
        if self.status(now) is not TaskStatus.RUNNING:
            raise ValueError(f"a running task can be {done}; this one's Status is {self.status(now):d}")

    # Files

    def _server_files(self, server: Server, until: float) -> Iterable[OutputFile]:
        begin = self._begin(server, until)
        if begin is None:
            return []
        params, asked = self.request.RecordInputParams, self.request.RecordOutputParams
        return [
            self._file(media, file_format, server, begin)
            for media, file_format in tracks(params.StreamType, asked.OutputFileFormat)
        ]

    def _file(self, media: MediaTrackType, file_format: FileFormat, server: Server, begin: float) -> OutputFile:
        owner = self._mix.MixOutputStreamId
        return OutputFile(
            user_id=owner,
            user_name=owner,
            stream_id=owner,
            stem=owner,
            media=media,
            format=file_format,
            begin=begin,
            end=None,
            tape=partial(self._tape, server),
            gaps=tuple(self._pauses),
        )

    def _tape(self, server: Server, begin: float, end: float) -> Tape:
        return self._picture.tape(self._room, seen_from=server.begin, begin=begin, end=end)

    def _begin(self, server: Server, until: float) -> float | None:
        """When a server's file begins, if it has by `until`: with the first stream, or sooner where asked."""
        begins = [self._room.first_presence(since=server.begin, until=until, counts=publishes)]
        if self._mix.IsAlwaysMix:
            begins.append(server.begin)
        if self.whiteboard and self.whiteboard.since is not None:
            begins.append(max(server.begin, self.whiteboard.since))
        if self._mix.ClearInputStreamTimeout is not None:
            begins.append(server.begin + self._mix.ClearInputStreamTimeout / 1000)
        begin = min((at for at in begins if at is not None), default=math.inf)
        for since, resumed in self._pauses:
            if since <= begin < resumed:
                begin = resumed
        return begin if begin <= until and begin < math.inf else None

    # What is missing

    def _named_streams(self) -> Iterable[str]:
        return [
            window.StreamId
            for window in self._picture.layout.windows
            if window.StreamId and window.ViewType is ViewType.STREAM
        ]

    def _look_for_missing(self, at: float) -> None:
        super()._look_for_missing(at)
        for image_type, url in self._picture.take_missing():
            self._outbox.add(at, EventType.IMAGE_NOT_DOWNLOADED, {"image_type": image_type, "image_url": url})

    # Volumes

    def _deliver(self, file: OutputFile, end: float) -> Delivery:
        delivery = super()._deliver(file, end)
        if self._mix.RecordSoundWave and file.media is not MediaTrackType.VIDEO and delivery.files:
            name = self._writer.name(file)("sw", file.begin)
            self._writer.write_text(name, json.dumps(self._volumes(file.taped(end), end)))
        return delivery

    def _volumes(self, tape: Tape, end: float) -> list[dict[str, object]]:
        """How loud each stream was, for every recorded second."""
        by_user = self._mix.SoundWaveType is SoundWaveType.USER
        volumes: list[dict[str, object]] = []
        for second in range(math.ceil(tape.elapsed(end))):
            present = self._room.present(tape.instant(second))
            volumes.append(
                {
                    "time": second,
                    "sound_wave": [
                        {
                            "user_id" if by_user else "stream_id": person.id if by_user else self._stream_id(person.id),
                            "volume": VOLUME if person.microphone else 0,
                        }
                        for person in present
                        if publishes(person)
                    ],
                }
            )
        return volumes
