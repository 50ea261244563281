"""A web page recording: a page that is rendered, recorded, paused, and pushed to a CDN.

From the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026): the references of start, query,
update and stop, the guide on web page recording, and the page on callback events. Where they are silent, the choices
are these:

* any page is rendered within the few seconds that a start takes, and is what `emulator.page` draws;
* `maxRecordingHour` counts from then on, on hold or not;
* a slice's event is that of the page's sound and picture together, under the uid of what mixes all users;
* a push connects within 2 s, and nothing is really sent to its target; another target disconnects the former one;
* the key of event 71's files is the sample's, `filename`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, ClassVar, Final

from recorder_agora.emulator.callbacks import EventType, milliseconds
from recorder_agora.emulator.ends import End
from recorder_agora.emulator.page import Page
from recorder_agora.emulator.protocol import refusal
from recorder_agora.emulator.session import READY_S, Session
from recorder_agora.emulator.storage import Destination, slice_time
from recorder_agora.emulator.tracks import EVERYBODY, Track
from recorder_agora.tables import AUDIO_PROFILES
from recorder_agora.wire.requests import WebStartClientRequest, WebUpdateClientRequest
from recorder_agora.wire.web import RtmpPublishParam, WebRecorderParam
from recorder_core.emulation.delivery import Delivery, Output
from recorder_core.emulation.encoder import AudioSettings
from recorder_core.emulation.taping import Tape

__all__ = ["STOP_CODES", "WebSession"]

CONNECT_S: Final = 2.0
"""From `connecting` to `publishing`."""
SPECIAL: Final = re.compile(r"[!@#$%^&*()+_.=\[\]{}~|,;:?<>]")
"""Characters of `cname` that are a hyphen in file names."""
LOAD_TIMEOUT: Final = "page_load_timeout"
"""`reason` of event 73."""
STOP_CODES: Final[Mapping[End, tuple[int, str]]] = {
    End.STOPPED: (0, "ok"),
    End.LIMIT: (1, "max_recording_hour"),
    End.PAGE_LIMIT: (2, "capability_limit"),
    End.NO_ENGINE: (3, "start_engine_failed"),
    End.PAGE_TIMEOUT: (4, "page_load_timeout"),
    End.PAGE_ADDRESS: (5, "access_url_failed"),
    End.PAGE_RECORDER: (6, "recorder_error"),
}
"""`code` and `message` of event 71."""


@dataclass(kw_only=True, eq=False)
class WebSession(Session[WebUpdateClientRequest]):
    """A recording in mode `web`.

    Attributes:
        request: what start asked for.
        page_ready_s: how long after it was opened the page calls `navigator.notifyReady()`. With
            `readyTimeout`, the recording begins then; a page that takes longer than that is opened once more,
            and the second time the recording ends without a file.
    """

    mode: ClassVar[str] = "web"
    first_slice_s: ClassVar[float] = 5.0
    """From start or resumption."""

    request: WebStartClientRequest
    page_ready_s: float = 1.0
    _on_hold: bool = False
    _push: RtmpPublishParam | None = None
    _push_since: float = 0.0
    _told_push: tuple[str, str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._on_hold = bool(self.config.onhold)
        self._push = self.request.extensionServiceConfig.push
        timeout = self.config.readyTimeout
        if self.doom is None and timeout and self.page_ready_s > timeout:
            self._plans.add("reload", self.started_at + READY_S + timeout, partial(self.reload, reason=LOAD_TIMEOUT))
            self._plans.add("ready", self.ready_at, partial(self._end, end=End.PAGE_TIMEOUT))

    @property
    def config(self) -> WebRecorderParam:
        """`serviceParam` of the page's recorder."""
        return self.request.extensionServiceConfig.recorder

    @property
    def ready_at(self) -> float:
        """When the page is ready to be recorded, too, or was given up."""
        timeout = self.config.readyTimeout or 0
        page_s = self.page_ready_s if self.page_ready_s <= timeout else 2.0 * timeout
        return self.started_at + READY_S + page_s

    def check_update(self, change: WebUpdateClientRequest, *, strict: bool) -> None:
        """Refuse another target for a push that was never started."""
        if change.rtmpPublishConfig is not None and self._push is None:
            raise refusal(2, "update", "Update: invalid rtmpPublishConfig value! rtmp_publish_service wasn't started")

    def update(self, now: float, change: WebUpdateClientRequest) -> None:
        """Pause or resume, and push elsewhere."""
        if change.webRecordingConfig is not None:
            self._on_hold = bool(change.webRecordingConfig.onhold)
        if change.rtmpPublishConfig is not None:
            self._push = change.rtmpPublishConfig
            self._connect(now)

    def reload(self, at: float, *, reason: str) -> None:
        """Open the page anew, and go on."""
        self.tell(at, EventType.PAGE_RELOADED, reason=reason)

    def break_off(self, now: float, end: End, *, limit: str) -> None:
        """End by what is wrong with the page; `limit` says which limit it is that it exceeds."""
        if end is End.PAGE_LIMIT:
            self.tell(now, EventType.PAGE_LIMIT, limitType=limit)
        self._end(now, end)

    # What time changes

    def _forget_updates(self, now: float) -> None:
        self._on_hold = bool(self.config.onhold)
        self._push = self.request.extensionServiceConfig.push

    def _join(self, at: float) -> None:
        limit_at = self.ready_at + self.config.maxRecordingHour * 3600
        self._plans.add("limit", max(at, limit_at), partial(self._end, end=End.LIMIT))
        self._told_push = None
        self._connect(at)

    def _look(self, now: float) -> None:
        track = next(iter(self._reel.current), None)
        if track is None and not self._on_hold:
            self._reel.begin(now, EVERYBODY, "audio_and_video")
        elif track is not None and track.is_open and self._on_hold:
            self._reel.close(now, track)
        elif track is not None and not track.is_open and not self._on_hold:
            self._reel.open(now, track)
        self._tell_push(now)

    def _tell_start(self, at: float) -> None:
        self.tell(at, EventType.PAGE_STARTED, recorderStartTime=milliseconds(at))

    def _tell_end(self, at: float, end: End) -> None:
        self._tell_push(at)
        if end in STOP_CODES:
            code, message = STOP_CODES[end]
            files = self._file_list(at)
            self.tell(at, EventType.PAGE_STOPPED, code=code, message=message, details="", fileList=files)

    # The push

    def _connect(self, at: float) -> None:
        self._push_since = at
        if self._reel.server is not None:
            self._plans.add("connected", at + CONNECT_S, self._tell_push)

    def _push_status(self, now: float) -> str:
        if self.ended_at is not None:
            return "disconnected"
        if self._reel.server is None:
            return "connecting"
        if self._on_hold:
            return "onhold"
        return "connecting" if now < self._push_since + CONNECT_S else "publishing"

    def _tell_push(self, now: float) -> None:
        """Tell of the push if it changed, once the recorder has started."""
        if self._push is None or not self._has_started:
            return
        status = (self._push.outputs[0].rtmpUrl.get_secret_value(), self._push_status(now))
        if status == self._told_push:
            return
        if self._told_push is not None and self._told_push[0] != status[0]:
            self.tell(now, EventType.PUSH_STATUS, rtmpUrl=self._told_push[0], status="disconnected")
        self.tell(now, EventType.PUSH_STATUS, rtmpUrl=status[0], status=status[1])
        self._told_push = status

    # What is answered

    def content(self, now: float) -> dict[str, Any]:
        """What each service tells."""
        state = "exit" if self.ended_at is not None else "inProgress" if self._has_started else "init"
        services = [self._service("web_recorder_service", state=state, **self._recorder(now))]
        if self._push is not None:
            outputs = [
                {"rtmpUrl": output.rtmpUrl.get_secret_value(), "status": self._push_status(now)}
                for output in self._push.outputs
            ]
            services.append(self._service("rtmp_publish_service", state=state, outputs=outputs))
        return {"extensionServiceState": services}

    def outcome(self, now: float) -> dict[str, Any]:
        """Where the files went, and which they are."""
        return {
            "extensionServiceState": [
                self._service("upload_service", uploadingStatus=self.upload.status),
                self._service("web_recorder_service", state="exit", **self._recorder(now)),
            ]
        }

    def undecided(self) -> dict[str, Any]:
        """The upload's state alone."""
        return {"extensionServiceState": [self._service("upload_service", uploadingStatus="unknown")]}

    @staticmethod
    def _service(name: str, **payload: Any) -> dict[str, Any]:
        return {"serviceName": name, "payload": payload}

    def _recorder(self, now: float) -> dict[str, Any]:
        return {"onhold": self._on_hold, "fileList": self._file_list(now)}

    def _file_list(self, now: float) -> list[dict[str, Any]]:
        files: list[tuple[str, float]] = []
        for track in self._reel.tracks:
            if self.lists(track):
                pieces = self._pieces(track, min(now, track.ended)) if self._with_mp4 else ()
                files += (
                    (self._name("mp4", since, index, track=track), since) for index, (since, _) in enumerate(pieces)
                )
                files.append((self._name("m3u8", track.began, track=track), track.began))
        return [{"filename": self._listed(name), "sliceStartTime": milliseconds(since)} for name, since in files]

    def _upload_details(self) -> dict[str, Any]:
        return {}

    @property
    def _with_mp4(self) -> bool:
        files = self.request.recordingFileConfig
        return files is not None and "mp4" in (files.avFileType or ())

    def _pieces(self, track: Track, until: float) -> Iterator[tuple[float, float]]:
        """Start and end of each MP4 file, none with more than `maxVideoDuration` minutes of recording."""
        tape = self._tape(track, track.began)
        longest = 60.0 * (self.config.maxVideoDuration or 120)
        count = max(1, math.ceil(tape.elapsed(until) / longest))
        for index in range(count):
            end = until if index + 1 == count else tape.instant(longest * (index + 1))
            yield tape.instant(longest * index), end

    def _playlists(self, track: Track) -> Iterator[str]:
        yield self._name("m3u8", track.began, track=track)

    def _name(self, extension: str, at: float, index: int = 0, *, track: Track) -> str:
        stem = f"{track.server.prefix}{self.identity.sid}_{SPECIAL.sub('-', self.identity.cname)}"
        return stem + {"mp4": f"_{index}.mp4", "ts": f"_{slice_time(at)}.ts"}.get(extension, f".{extension}")

    # Making the files

    @cached_property
    def _page(self) -> Page:
        return Page(
            self.config.url,
            width=self.config.videoWidth,
            height=self.config.videoHeight,
            mobile=bool(self.config.mobile),
            opened_at=self.started_at,
        )

    def _tape(self, track: Track, since: float) -> Tape:
        """The page from `since` on, on hold where the recording was."""
        tape = Tape(self._page.room, since)
        tape.cut(since, lambda _present: self._page.scene)
        track.hold(tape)
        return tape

    def _files(self, destination: Destination) -> Iterator[Delivery]:
        for track in self._reel.tracks:
            if track.seconds(track.ended) > 0:
                yield from self._files_of(track, destination)

    def _files_of(self, track: Track, destination: Destination) -> Iterator[Delivery]:
        began, ended = track.began, track.ended
        name = partial(self._name, track=track)
        pieces = list(self._pieces(track, ended)) if self._with_mp4 else []
        if len(pieces) == 1:
            yield destination.deliver(self._tape(track, began), ended, self._output("hls", "mp4"), name=name)
            return
        yield destination.deliver(self._tape(track, began), ended, self._output("hls"), name=name)
        for index, (since, until) in enumerate(pieces):
            # The files together are as long as one of them may be: a long recording has many.
            limit = self.service.media_limit / len(pieces)
            piece = partial(self._name, index=index, track=track)
            yield destination.deliver(self._tape(track, since), until, self._output("mp4"), name=piece, limit=limit)

    def _output(self, *formats: str) -> Output:
        profile = AUDIO_PROFILES[self.config.audioProfile]
        return Output(
            formats=formats,
            fps=self.config.videoFps or 15,
            audio=AudioSettings(
                sample_rate=profile.sample_rate, channels=profile.channels, bit_rate=profile.bitrate_kbps * 1000
            ),
        )
