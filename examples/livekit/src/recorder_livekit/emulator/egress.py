"""An egress, from its start to its last callback.

Where the vendor's sources are silent, the choices are these: the recorder has joined the room after a second and begins
two seconds after the start at the earliest, once somebody publishes; files are there two seconds after the end.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.room import Participant
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape

from recorder_livekit.emulator.callbacks import EgressEvent, Notifier
from recorder_livekit.emulator.files import Files, nanoseconds
from recorder_livekit.emulator.protocol import RefusedError
from recorder_livekit.emulator.readings import CLOUD_LIMITS, Readings
from recorder_livekit.emulator.scene import Film, minutes, publishes
from recorder_livekit.wire.requests import (
    EncodedRequest,
    ParticipantEgressRequest,
    RoomCompositeEgressRequest,
    WebEgressRequest,
)
from recorder_livekit.wire.template import TemplateLayout, read_layout
from recorder_livekit.wire.values import EgressStatus, StreamStatus

__all__ = ["Egress"]

JOINING_S = 1.0
BEGINNING_S = 2.0
UPLOADING_S = 2.0
DYING_S = 5.0
LOOKING_FOR_S = 30.0
"""How long a participant is waited for."""
KINDS: Mapping[type[EncodedRequest], str] = {
    RoomCompositeEgressRequest: "room_composite",
    WebEgressRequest: "web",
    ParticipantEgressRequest: "participant",
}
SECRETS = frozenset(
    {"access_key", "secret", "session_token", "assume_role_external_id", "credentials", "account_name", "account_key"}
)
API, CLOSED, LIMIT, STREAMS = "StopEgress API", "Source closed", "Session limit reached", "All streams stopped"
FAILURE = "Failure"


class Egress:
    """One egress.

    Args:
        id: the egress id.
        request: what was asked for.
        begun_at: Unix s.
        service: whose room, clock and folder it uses.
        readings: how to behave where the sources leave it open.
        notifier: who sends its callbacks.
        doomed: its browser never starts.
    """

    def __init__(
        self,
        id: str,
        request: EncodedRequest,
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
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self.settled_at: float | None = None
        self._readings = readings
        self._notifier = notifier
        self._doomed = doomed
        self._room = service.room(request.room or f"page of {id}")
        self._room_id = f"RM_{secrets.token_hex(6)}" if request.room else ""
        self._film = Film(request, download=service.media)
        self._layouts: list[tuple[float, str]] = [(begun_at, getattr(request, "layout", None) or "")]
        self._urls = [url.get_secret_value() for stream in request.stream_outputs for url in stream.urls]
        self._streams = dict.fromkeys(self._urls, StreamStatus.ACTIVE)
        self._files = Files(
            request, room=(request.room, self._room_id), begun_at=begun_at, service=service, readings=readings
        )
        self._reason = ""
        self._final = EgressStatus.COMPLETE
        self._error, self._error_code = "", 0
        self._updated_at = begun_at
        self._tell(begun_at, EgressEvent.STARTED)

    # What happens to it

    @property
    def running(self) -> bool:
        """Whether it hasn't ended as far as it was settled."""
        return self.ended_at is None

    @property
    def over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.settled_at is not None

    @property
    def status(self) -> EgressStatus:
        """Where it stands."""
        if self.settled_at is not None:
            return self._final
        if self.ended_at is not None:
            # That a limit was reached is told with the end.
            return EgressStatus.ACTIVE if self._reason == LIMIT else EgressStatus.ENDING
        return EgressStatus.STARTING if self.started_at is None else EgressStatus.ACTIVE

    def settle(self, now: float) -> None:
        """Let everything happen that is due by `now` (Unix s), each thing at its own instant."""
        while True:
            at, act = self._next()
            if at > now:
                return
            act(at)

    def next_due(self, now: float) -> float | None:
        """The first instant after `now` (both Unix s) at which something happens by itself; None: nothing will."""
        at, _ = self._next()
        return at if now < at < math.inf else None

    def stop(self, now: float) -> None:
        """End it, because that was asked for.

        Raises:
            RefusedError: it has ended.
        """
        if not self.running:
            raise RefusedError("failed_precondition", f"egress with status {self.status} cannot be stopped")
        self._end(now, API)

    def change_layout(self, now: float, layout: str) -> None:
        """Hand a layout over to the page, as the metadata of the recorder that is in the room.

        Raises:
            RefusedError: it isn't there.
        """
        if not self.request.room or not self.running or now < self.begun_at + JOINING_S:
            raise RefusedError("not_found", "participant does not exist")
        if read_layout(layout) is not None if self._film.has_page else self._readings.templates_follow:
            self._layouts.append((now, layout))

    def change_streams(self, now: float, add: list[str], remove: list[str]) -> None:
        """Stream to other addresses from now on.

        Raises:
            RefusedError: it doesn't stream, or not to one of these, or has ended.
        """
        if not self.running:
            raise RefusedError("failed_precondition", f"egress with status {self.status} cannot be updated")
        if not self.request.stream_outputs:
            raise RefusedError("invalid_argument", "UpdateStream called on non-streaming egress")
        for url in remove:
            if self._streams.get(url) is not StreamStatus.ACTIVE:
                raise RefusedError("not_found", f"stream {_redacted(url)} not found")
        self._streams |= dict.fromkeys(add, StreamStatus.ACTIVE)
        self._streams |= dict.fromkeys(remove, StreamStatus.FINISHED)
        has_files = self.request.file_outputs or self.request.segment_outputs or self.request.image_outputs
        if not has_files and StreamStatus.ACTIVE not in self._streams.values():
            self._end(now, STREAMS)
        else:
            self._tell(now, EgressEvent.UPDATED)

    # Its life

    def _next(self) -> tuple[float, Callable[[float], None]]:
        """The next thing that happens if nobody does anything, and when (Unix s)."""
        if self.settled_at is not None:
            return math.inf, self._settle_files
        if self.ended_at is not None:
            return self.ended_at + UPLOADING_S, self._settle_files
        starts = math.inf if self.started_at is not None else self._begins()
        ends, reason = min(self._ends())
        if starts <= ends:
            return starts, self._begin
        return ends, lambda at: self._end(at, reason)

    def _begins(self) -> float:
        """When there is something to record (Unix s)."""
        if self._doomed or self._has_missing_page:
            return math.inf
        earliest = self.begun_at + BEGINNING_S
        if not self.request.room:
            return earliest
        found = self._room.first_presence(since=earliest, until=math.inf, counts=self._counts)
        return math.inf if found is None else found

    def _counts(self, person: Participant) -> bool:
        identity = getattr(self.request, "identity", None)
        return publishes(person) and identity in (None, person.id)

    def _ends(self) -> Iterator[tuple[float, str]]:
        """When (Unix s) and why it ends, if nobody does anything; the first one counts."""
        yield math.inf, CLOSED
        if self._doomed:
            yield self.begun_at + DYING_S, "failed to launch chrome: context deadline exceeded"
        if self._has_missing_page:
            yield self.begun_at + BEGINNING_S, "page load error: Not Found"
        if self._readings.cloud_limits:
            for kind, seconds in CLOUD_LIMITS.items():
                if getattr(self.request, kind):
                    yield self.begun_at + seconds, LIMIT
        if self.request.room:
            yield self._room_ends(), CLOSED
        if isinstance(self.request, ParticipantEgressRequest):
            yield from self._participant_ends(self.request.identity)
        page = self._page
        if page is not None and self.started_at is not None:
            if page.longest is not None:
                yield self.started_at + page.longest, CLOSED
            idle = page.idle and self._room.empty_for(
                page.idle, since=self.started_at, until=math.inf, counts=self._is_recorded
            )
            if idle:
                yield idle, CLOSED

    def _participant_ends(self, identity: str) -> Iterator[tuple[float, str]]:
        """One who doesn't come, or leaves."""

        def is_it(person: Participant) -> bool:
            return person.id == identity

        came = self._room.first_presence(since=self.begun_at, until=math.inf, counts=is_it)
        if came is None or came > self.begun_at + LOOKING_FOR_S:
            yield self.begun_at + LOOKING_FOR_S, f"participant {identity} not found"
        else:
            left = self._room.empty_for(0.0, since=came, until=math.inf, counts=is_it)
            if left is not None:
                yield max(left, self.begun_at), CLOSED

    def _is_recorded(self, person: Participant) -> bool:
        page = self._page or TemplateLayout()
        sound = person.microphone and self.request.has_audio and page.hears(person.id)
        return sound or (person.camera and self.request.has_video and page.sees(person.id))

    def _room_ends(self) -> float:
        """When the room ends, for want of people (Unix s)."""
        first = self._room.first_presence(since=-math.inf, until=math.inf)
        unused = self.begun_at + self._readings.empty_timeout
        if first is None or first > unused:
            return unused
        since = max(first, self.begun_at)
        left = self._room.empty_for(self._readings.departure_timeout, since=since, until=math.inf)
        return math.inf if left is None else left

    @property
    def _page(self) -> TemplateLayout | None:
        return read_layout(self._layouts[-1][1]) if self._film.has_page else None

    @property
    def _has_missing_page(self) -> bool:
        page = getattr(self.request, "custom_base_url", None) or getattr(self.request, "url", None)
        return page in self._readings.missing_pages

    def _begin(self, at: float) -> None:
        self.started_at = at
        self._tell(at, EgressEvent.UPDATED)

    def _end(self, at: float, reason: str) -> None:
        """Film nothing more; what was filmed is uploaded."""
        self._reason, self.ended_at = reason, at
        if reason not in (API, CLOSED, LIMIT, STREAMS):
            self._fail(reason)
            self._settle_files(at)
        elif self.started_at is None:
            self._final, self._error_code = EgressStatus.ABORTED, 412
            before = "Session limit reached before start signal"
            self._error = before if reason == LIMIT else "Stop called before pipeline could start"
            self._settle_files(at)
        elif reason == LIMIT:
            self._final, self._error, self._error_code = EgressStatus.LIMIT_REACHED, LIMIT, 413
        else:
            self._tell(at, EgressEvent.UPDATED)

    def _fail(self, error: str) -> None:
        codes = {"page load error": 400, "participant": 404, "S3": 400, "GCP": 400, "Azure": 400, "AliOSS": 400}
        self._final, self._error = EgressStatus.FAILED, error
        self._error_code = next((code for words, code in codes.items() if error.startswith(words)), 500)
        if self._reason == error:
            self._reason = FAILURE

    def _settle_files(self, at: float) -> None:
        """The upload is over."""
        if self.started_at is not None and self.ended_at is not None and self.started_at < self.ended_at:
            problem = self._files.write(self._tape(self.started_at), self.ended_at)
            if problem is not None and self._final is not EgressStatus.FAILED:
                self._fail(problem)
        self._streams = {
            url: StreamStatus.FINISHED if status is StreamStatus.ACTIVE else status
            for url, status in self._streams.items()
        }
        self.settled_at = at
        self._tell(at, EgressEvent.ENDED)

    def _tape(self, begin: float) -> Tape:
        tape = Tape(self._room, begin)
        for at, layout in self._shown(begin):
            tape.cut(at, lambda present, at=at, layout=layout: self._film.scene(layout, present, at))  # type: ignore[misc]
        return tape

    def _shown(self, begin: float) -> Iterator[tuple[float, str]]:
        """The layouts from `begin` on, each from when on it is shown (Unix s); with a clock anew at each minute."""
        ends = [*(at for at, _ in self._layouts[1:]), self.ended_at or math.inf]
        for (since, layout), end in zip(self._layouts, ends, strict=True):
            yield since, layout
            page = read_layout(layout)
            if page is not None and page.clocks:
                for at in minutes(max(since, begin), end):
                    yield at, layout

    # What is seen from outside

    def info(self) -> dict[str, Any]:
        """The `EgressInfo`."""
        told: dict[str, Any] = {
            "egress_id": self.id,
            "room_id": self._room_id,
            "room_name": self.request.room,
            "source_type": "EGRESS_SOURCE_TYPE_SDK"
            if isinstance(self.request, ParticipantEgressRequest)
            else "EGRESS_SOURCE_TYPE_WEB",
            "status": self.status.value,
            "started_at": nanoseconds(self.begun_at),
            "ended_at": nanoseconds(self.settled_at) if self.settled_at else "0",
            "updated_at": nanoseconds(self._updated_at),
            KINDS[type(self.request)]: redacted(self.request.tree()),
            **self._files.results(self.started_at, self.ended_at),
            "error": self._error if self.over else "",
            "error_code": self._error_code if self.over else 0,
            "details": f"End reason: {self._reason}" if self._reason else "",
            "backup_storage_used": self._files.backup_used,
        }
        if self._streams:
            told["stream_results"] = [
                {"url": _redacted(url), "status": status.value} for url, status in self._streams.items()
            ]
        return told

    def recording(self) -> EmulatedRecording:
        """As the control API shows it."""
        return EmulatedRecording(
            ids={"egress_id": self.id},
            room=self.request.room,
            running=self.running,
            started_at=self.begun_at,
            ended_at=self.ended_at,
            files=self._files.keys,
        )

    def _tell(self, at: float, event: EgressEvent) -> None:
        self._updated_at = at
        self._notifier.send(at, [webhook.url for webhook in self.request.webhooks], event, self.info())


def redacted(tree: Any) -> Any:
    """A request as the vendor shows it again: secrets by their names in braces, stream keys by their ends."""
    if isinstance(tree, Mapping):
        return {
            name: f"{{{name}}}"
            if name in SECRETS
            else [_redacted(url) for url in _plain(value)]
            if name == "urls"
            else redacted(value)
            for name, value in tree.items()
        }
    return [redacted(item) for item in tree] if isinstance(tree, list | tuple) else tree


def _plain(urls: Any) -> list[str]:
    return [url if isinstance(url, str) else url.get_secret_value() for url in urls]


def _redacted(url: str) -> str:
    """A stream's address with its key cut short."""
    base, slash, key = url.rpartition("/")
    return f"{base}{slash}{{{key[:2]}...{key[-2:]}}}"
