"""A web page recording: a page that is rendered, recorded, paused, and pushed to a CDN.

From the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026): the references of start, query,
update and stop, and the guide on web page recording. Where they are silent, the choices are these:

* any page is rendered within the few seconds that a start takes, and is what `emulator_page` draws;
* `maxRecordingHour` counts from then on, on hold or not;
* a push connects within 2 s, and nothing is really sent to its target.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, ClassVar, Final

from recorder_agora.emulator.page import Page
from recorder_agora.emulator.protocol import refusal
from recorder_agora.emulator.session import READY_S, Session, in_force
from recorder_agora.emulator.storage import Destination, slice_time
from recorder_agora.tables import AUDIO_PROFILES
from recorder_agora.wire.requests import WebStartClientRequest, WebUpdateClientRequest
from recorder_agora.wire.web import RtmpPublishParam, WebRecorderParam
from recorder_core.emulation.delivery import Delivery, Output
from recorder_core.emulation.encoder import AudioSettings
from recorder_core.emulation.taping import Tape

__all__ = ["WebSession"]

FIRST_SLICE_S: Final = 5.0
"""From start or resumption to a slice."""
CONNECT_S: Final = 2.0
"""From `connecting` to `publishing`."""
SPECIAL: Final = re.compile(r"[!@#$%^&*()+_.=\[\]{}~|,;:?<>]")
"""Characters of `cname` that are a hyphen in file names."""


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

    request: WebStartClientRequest
    page_ready_s: float = 1.0
    _holds: list[tuple[float, bool]] = field(default_factory=list)
    _pushes: list[tuple[float, RtmpPublishParam]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._holds.append((self.started_at, bool(self.config.onhold)))
        if (push := self.request.extensionServiceConfig.push) is not None:
            self._pushes.append((self.ready_at, push))

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
        if change.rtmpPublishConfig is not None and not self._pushes:
            raise refusal(2, "update", "Update: invalid rtmpPublishConfig value! rtmp_publish_service wasn't started")

    def update(self, now: float, change: WebUpdateClientRequest) -> None:
        """Pause or resume, and push elsewhere."""
        if change.webRecordingConfig is not None:
            self._holds.append((now, bool(change.webRecordingConfig.onhold)))
        if change.rtmpPublishConfig is not None:
            self._pushes.append((max(now, self.ready_at), change.rtmpPublishConfig))

    # What time changes

    def _ends(self, now: float) -> Iterator[float | None]:
        timeout = self.config.readyTimeout
        if timeout and self.page_ready_s > timeout:
            yield self.ready_at
        yield self.ready_at + self.config.maxRecordingHour * 3600

    def _has_uploaded(self, now: float) -> bool:
        return self._recorded_s(now) >= FIRST_SLICE_S

    def _is_on_hold(self, now: float) -> bool:
        return in_force(self._holds, now)

    # What was recorded

    def began(self, until: float) -> float | None:
        """When the page was first recorded: when it was ready, or released."""
        until = until if self.ended_at is None else min(until, self.ended_at)
        if self.doomed or until < self.ready_at:
            return None
        if not self._is_on_hold(self.ready_at):
            return self.ready_at
        releases = (at for at, on_hold in self._holds if not on_hold and self.ready_at < at <= until)
        return next(releases, None)

    def _recorded_s(self, until: float) -> float:
        until = until if self.ended_at is None else min(until, self.ended_at)
        began = self.began(until)
        return 0.0 if began is None else self._tape(began).elapsed(until)

    def content(self, now: float) -> dict[str, Any]:
        """What each service tells."""
        renders = now >= self.ready_at and not self.doomed
        state = "exit" if self.ended_at is not None else "inProgress" if renders else "init"
        services = [self._service("web_recorder_service", state=state, **self._recorder(now))]
        if self._pushes:
            _, push = self._pushes[-1]
            outputs = [
                {"rtmpUrl": output.rtmpUrl.get_secret_value(), "status": self._push_status(now)}
                for output in push.outputs
            ]
            services.append(self._service("rtmp_publish_service", state=state, outputs=outputs))
        return {"extensionServiceState": services}

    def outcome(self, now: float) -> dict[str, Any]:
        """Where the files went, and which they are."""
        return {
            "extensionServiceState": [
                self._service("upload_service", uploadingStatus=self.uploading_status),
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
        return {"onhold": self._is_on_hold(now), "fileList": self._file_list(now)}

    def _push_status(self, now: float) -> str:
        if self.ended_at is not None:
            return "disconnected"
        if now < self.ready_at:
            return "connecting"
        if self._is_on_hold(now):
            return "onhold"
        since, _ = self._pushes[-1]
        return "connecting" if now - since < CONNECT_S else "publishing"

    def _file_list(self, now: float) -> list[dict[str, Any]]:
        began = self.began(now)
        if began is None or (self.ended_at is None and not self._has_uploaded(now)):
            return []
        files = [(self._name("m3u8", began), began)]
        if self._with_mp4:
            pieces = enumerate(self._pieces(began, now if self.ended_at is None else self.ended_at))
            files = [*((self._name("mp4", since, index), since) for index, (since, _) in pieces), *files]
        return [{"filename": self._listed(name), "sliceStartTime": int(since * 1000)} for name, since in files]

    @property
    def _with_mp4(self) -> bool:
        files = self.request.recordingFileConfig
        return files is not None and "mp4" in (files.avFileType or ())

    def _pieces(self, began: float, until: float) -> Iterator[tuple[float, float]]:
        """Start and end of each MP4 file, none with more than `maxVideoDuration` minutes of recording."""
        tape = self._tape(began)
        longest = 60.0 * (self.config.maxVideoDuration or 120)
        count = max(1, math.ceil(tape.elapsed(until) / longest))
        for index in range(count):
            end = until if index + 1 == count else tape.instant(longest * (index + 1))
            yield tape.instant(longest * index), end

    def _name(self, extension: str, at: float, index: int = 0) -> str:
        stem = f"{self.identity.sid}_{SPECIAL.sub('-', self.identity.cname)}"
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

    def _tape(self, began: float) -> Tape:
        """The page from `began` on, on hold where the recording was."""
        tape = Tape(self._page.room, began)
        tape.cut(began, lambda _present: self._page.scene)
        for at, on_hold in self._holds:
            if on_hold:
                tape.hold(at)
            else:
                tape.release(at)
        return tape

    def _files(self, destination: Destination, ended_at: float) -> Iterator[Delivery]:
        began = self.began(ended_at)
        if began is None:
            return
        pieces = list(self._pieces(began, ended_at)) if self._with_mp4 else []
        if len(pieces) == 1:
            yield destination.deliver(self._tape(began), ended_at, self._output("hls", "mp4"), name=self._name)
            return
        yield destination.deliver(self._tape(began), ended_at, self._output("hls"), name=self._name)
        for index, (since, until) in enumerate(pieces):
            # The files together are as long as one of them may be: a long recording has many.
            limit = self.service.media_limit / len(pieces)
            name = partial(self._name, index=index)
            yield destination.deliver(self._tape(since), until, self._output("mp4"), name=name, limit=limit)

    def _output(self, *formats: str) -> Output:
        profile = AUDIO_PROFILES[self.config.audioProfile]
        return Output(
            formats=formats,
            fps=self.config.videoFps or 15,
            audio=AudioSettings(
                sample_rate=profile.sample_rate, channels=profile.channels, bit_rate=profile.bitrate_kbps * 1000
            ),
        )
