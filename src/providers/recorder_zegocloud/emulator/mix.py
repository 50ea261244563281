"""A mixed task (RecordMode 2): one picture and one sound of everybody.

Where the vendor's documents are silent, the choices are these: without IsAlwaysMix a whiteboard begins the file
as a stream does; a pause leaves a gap in the file, which stays one, and both time-outs run on meanwhile; what
isn't running (still initialising, or paused) takes no snapshot and can't be paused: a bad parameter. In a `.sw`
file, which lies beside the file with the sound, a microphone that is on has volume 50, one that is off 0.
"""

from __future__ import annotations

import json
import math
from functools import partial

from recorder_core.emulation.delivery import Delivery
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape
from recorder_zegocloud.emulator.picture import Picture, publishes
from recorder_zegocloud.emulator.session import OutputFile, Readings, Task, tracks
from recorder_zegocloud.picture import Layout
from recorder_zegocloud.wire.layout import MixParams, check_windows
from recorder_zegocloud.wire.requests import StartRecordRequest, UpdateLayoutRequest
from recorder_zegocloud.wire.values import FileFormat, MediaTrackType, SoundWaveType, StreamType, TaskStatus

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
        doomed: bool = False,
    ) -> None:
        super().__init__(id, request, begun_at=begun_at, service=service, readings=readings, doomed=doomed)
        params = request.RecordInputParams
        if params.MixConfig is None:
            raise ValueError("a mixed task has a MixConfig")
        self._mix: MixParams = params.MixConfig
        if self._mix.MixOutputVideoConfig:
            self.fps = self._mix.MixOutputVideoConfig.Fps
        if self._mix.MixOutputAudioConfig:
            self.audio_bitrate = self._mix.MixOutputAudioConfig.Bitrate
        self._pauses: list[tuple[float, float]] = []
        self._picture = Picture(params, self._stream_id, whiteboard=self.whiteboard, download=service.media)
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

    def resume(self, now: float) -> None:
        """Capture again from now on; a paused task's."""
        self._pauses[-1] = (self._pauses[-1][0], now)

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

    def take_snapshot(self, now: float) -> None:
        """Store a JPG of the mixed picture.

        Raises:
            ValueError: the task isn't running, or has no picture.
        """
        self._check_runs(now, "photographed")
        if self.request.RecordInputParams.StreamType is StreamType.AUDIO:
            raise ValueError("a task with StreamType 1 has no picture")
        file = self._file(MediaTrackType.VIDEO, FileFormat.JPG, now)
        self._store_pictures(file, [now], math.nextafter(now, math.inf))

    def _check_runs(self, now: float, done: str) -> None:
        if self.status(now) is not TaskStatus.RUNNING:
            raise ValueError(f"a running task can be {done}; this one's Status is {self.status(now):d}")

    # Files

    def _files(self, until: float) -> list[OutputFile]:
        begin = self._begin(until)
        if begin is None:
            return []
        params, asked = self.request.RecordInputParams, self.request.RecordOutputParams
        return [
            self._file(media, file_format, begin)
            for media, file_format in tracks(params.StreamType, asked.OutputFileFormat)
        ]

    def _file(self, media: MediaTrackType, file_format: FileFormat, begin: float) -> OutputFile:
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
            tape=partial(self._tape, begin),
            gaps=tuple(self._pauses),
        )

    def _tape(self, begin: float, end: float) -> Tape:
        return self._picture.tape(self._room, seen_from=self._running_at, begin=begin, end=end)

    def _begin(self, until: float) -> float | None:
        """When the file begins, if it has by `until`: with the first stream, or sooner where asked."""
        begins = [self._room.first_presence(since=self._running_at, until=until, counts=publishes)]
        if self._mix.IsAlwaysMix:
            begins.append(self._running_at)
        if self.whiteboard and self.whiteboard.since is not None:
            begins.append(max(self._running_at, self.whiteboard.since))
        if self._mix.ClearInputStreamTimeout is not None:
            begins.append(self._running_at + self._mix.ClearInputStreamTimeout / 1000)
        begin = min((at for at in begins if at is not None), default=math.inf)
        for since, resumed in self._pauses:
            if since <= begin < resumed:
                begin = resumed
        return begin if begin <= until else None

    # Volumes

    def _deliver(self, file: OutputFile, end: float) -> Delivery:
        delivery = super()._deliver(file, end)
        if self._mix.RecordSoundWave and file.media is not MediaTrackType.VIDEO and delivery.files:
            name = self._name(file)("sw", file.begin)
            key = self._destination.write(name, json.dumps(self._volumes(file.taped(end), end)))
            self._other_keys += [key] if key else []
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
