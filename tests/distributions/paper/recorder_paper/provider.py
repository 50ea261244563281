"""The flow of calls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, SecretStr
from requests import PreparedRequest

from recorder_core import (
    AuthenticationError,
    Custom,
    FileStatus,
    Grid,
    Layout,
    Limit,
    Link,
    PermissionDenied,
    Plan,
    PlannedRequest,
    Provider,
    RecordedFile,
    Recording,
    RecordingEnded,
    RecordingEvent,
    RecordingNotFound,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    Recovery,
    RemoteRecording,
    ServiceUnavailable,
    StartIntent,
    Verdict,
    WebhookRequest,
)
from recorder_core.transport import Answer, Call, Envelope, Rule, RuleTable, Runtime, Then, Transport, quote_path
from recorder_paper.answers import Account, Address, NewTape, Tapes, TapeState
from recorder_paper.config import PaperConfig, PaperOptions
from recorder_paper.events import located
from recorder_paper.translate import TapeTranslator
from recorder_paper.webhooks import events_of, is_callback

STATES = {
    "running": RecordingState.RECORDING,
    "paused": RecordingState.PAUSED,
    "done": RecordingState.COMPLETED,
}

RULES = (
    Rule(statuses=(200, 201), codes=(None,), then=Then.ACCEPT),
    Rule(
        statuses=(401,),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the press doesn't know the key",
        hint="Check api_key.",
        fault="caller",
    ),
    Rule(
        statuses=(402,),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="the press is closed to this account",
        hint="Pay for the paper.",
        fault="caller",
    ),
    Rule(
        codes=("no_tape",),
        then=Then.RAISE,
        error=RecordingNotFound,
        meaning="there is no such tape",
        hint="The press keeps a tape for a year.",
    ),
    Rule(
        codes=("done",),
        then=Then.RAISE,
        error=RecordingEnded,
        meaning="the tape was taken out",
        hint="Nothing of it can be changed any more.",
    ),
    Rule(
        codes=("no_file",),
        then=Then.RAISE,
        error=RecordingNotFound,
        meaning="the press hasn't the file, or not any more",
        hint="Look at the status: it tells which files there are.",
    ),
    # By its code alone: a gateway's 503 doesn't say that no tape was put in.
    Rule(
        codes=("ink",),
        then=Then.REPEAT,
        delays=(0.01, 0.01),
        error=ServiceUnavailable,
        meaning="the press is out of ink",
        hint="Ink comes every morning.",
        fault="vendor",
        retryable=True,
    ),
)


class PaperProvider(Provider):
    """Paper Press."""

    name = "paper"
    plugin_api = 1
    Config = PaperConfig
    Options = PaperOptions
    native_ids = ("tape",)
    native_key = "tape"
    poll_delays = (0.01,)
    watch_interval = 0.02
    limits = (
        Limit(operations=("take", "new", "layout", "turn", "account", "look", "find", "link", "burn"), calls=200),
    )

    config: PaperConfig

    @property
    def account(self) -> str:
        """The press."""
        return self.config.press

    def connect(self, runtime: Runtime) -> Transport:
        """The connections to the press."""
        return Transport(
            self.name,
            base_urls=self.config.base_urls,
            rules=RuleTable(RULES),
            read_envelope=read_envelope,
            auth=self._sign,
            runtime=runtime,
        )

    def translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        """One request: a new tape."""
        options = self.options(spec, PaperOptions)
        resolved = spec.resolved()
        translator = TapeTranslator(self.name)
        translator.walk_spec(resolved, given=spec, options=options, apart_from=intent.apart_from)
        body = {"reference": intent.id, **translator.body}
        return Plan(self.name, (self._planned("new", "/tapes", body),), translator.findings, resolved)

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        """Put in a new tape."""
        body = plan.request("new").payload
        answer = self._send("new", "POST", "/tapes", NewTape, intent.id, body, starts=True)
        return self.begun(
            plan,
            intent,
            started_at=self.now(),
            native={"tape": answer.read.tape},
            request_id=answer.envelope.request_id,
        )

    def recover(self, intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
        """Ask for the tape by its reference, which is the recording's id. The press takes one in at once or never."""
        query = {"reference": intent.id}
        call = Call(operation="find", method="GET", path="/v1/tapes", query=query, answers=Tapes)
        tapes = self.transport.send(call).read.tapes
        recording = self.revived(intent, tape=tapes[0]) if tapes else None
        if recording is None:
            reason = "the press has no tape of its reference"
            return Recovery(intent=intent, verdict=Verdict.NEVER_STARTED, reason=reason)
        return self.found(recording, intent, "the press has a tape of its reference")

    def identify(self, intent: StartIntent, event: RecordingEvent) -> Recording | None:
        """By the reference, which callbacks have."""
        return self.revived(intent, **event.native) if event.native.get("reference") == intent.id else None

    def status(self, recording: Recording) -> RecordingStatus:
        """Look at the tape."""
        try:
            return self._asked("look", "GET", recording)
        except RecordingNotFound as error:
            return RecordingStatus(state=RecordingState.GONE, reason=error.message, request_id=error.request_id)

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        """Take the tape out."""
        return self._asked("take", "DELETE", recording)

    def adopt(self, remote: RemoteRecording) -> Recording:
        """Look at the tape: the press tells its name."""
        native = {"tape": remote.native["tape"]}
        recording = self.adopted(remote, native)
        tape = self._send("look", "GET", self._path(recording), TapeState, recording.id).read
        return self.adopted(remote, native, room=tape.name)

    def link(self, recording: Recording, file: RecordedFile, *, seconds: float) -> Link:
        """An address of a file that the press keeps, for ten minutes at most."""
        self._refuse_elsewhere("link", recording)
        body = {"file": file.name, "seconds": seconds}
        found = self._send("link", "POST", f"{self._path(recording)}/link", Address, recording.id, body).read
        return Link(url=SecretStr(found.url), expires_at=datetime.fromtimestamp(found.until, UTC))

    def delete_files(self, recording: Recording) -> None:
        """Burn what the press keeps."""
        self._refuse_elsewhere("delete_files", recording)
        self._send("burn", "DELETE", f"{self._path(recording)}/files", TapeState, recording.id)

    def _refuse_elsewhere(self, operation: str, recording: Recording) -> None:
        where = recording.location
        if where is None or where.kind != "vendor_managed":
            raise self.kept_elsewhere(operation, recording)

    def translate_layout(self, recording: Recording, layout: Layout) -> Plan:
        """One request."""
        translator = TapeTranslator(self.name)
        translator.walk_layout(layout, before=recording.layout)
        path = f"{self._path(recording)}/layout"
        return Plan(self.name, (self._planned("layout", path, translator.body),), translator.findings)

    def layout(self, recording: Recording, layout: Layout, plan: Plan) -> Recording:
        """Change the layout."""
        path = f"{self._path(recording)}/layout"
        self._send("layout", "PUT", path, TapeState, recording.id, plan.request("layout").payload)
        return recording

    def pause(self, recording: Recording) -> None:
        """Stop the tape for a while. What is paused stays so."""
        self._turn(recording, "paused")

    def resume(self, recording: Recording) -> None:
        """Let the tape run on."""
        self._turn(recording, "running")

    def _turn(self, recording: Recording, state: str) -> None:
        self._send("turn", "PUT", self._path(recording), TapeState, recording.id, {"state": state})

    def restore(self, recording: Recording, state: RecordingState | None = None) -> bool:
        """Send the layout again: a tape that is moved has the one that it began with."""
        if not recording.revision or not isinstance(recording.layout, Grid | Custom):
            return False
        self.layout(recording, recording.layout, self.translate_layout(recording, recording.layout))
        return True

    def parse_webhook(self, request: WebhookRequest) -> list[RecordingEvent]:
        """The one event of a callback."""
        return events_of(self.config, request, self.now().timestamp())

    @classmethod
    def recognises_webhook(cls, request: WebhookRequest) -> bool:
        """Whether it has the press's header or keys."""
        return is_callback(request)

    def located(self, event: RecordingEvent, recording: Recording) -> RecordingEvent:
        """The event with the addresses of its files."""
        return located(event, recording)

    def webhook_sources(self) -> tuple[str, ...]:
        """As the press tells them."""
        return tuple(self._send("account", "GET", "/account", Account, None).read.callbacks_from)

    def check_account(self, base_url: str) -> str:
        """Ask for the account."""
        call = Call(operation="account", method="GET", path="/v1/account", answers=Account)
        paper = self.transport.send(call, base_url=base_url).read.paper
        return f"api_key is accepted; there is paper for {paper} tapes"

    def _path(self, recording: Recording) -> str:
        return quote_path("tapes", recording.native["tape"])

    def _planned(self, operation: str, path: str, body: Mapping[str, Any]) -> PlannedRequest:
        return PlannedRequest(operation, "POST", f"{self.config.base_urls[0]}/v1{path}", body)

    def _send(
        self,
        operation: str,
        method: str,
        path: str,
        answers: type[BaseModel],
        recording_id: str | None,
        body: Mapping[str, Any] | None = None,
        *,
        starts: bool = False,
    ) -> Answer:
        call = Call(
            operation=operation,
            method=method,
            path=f"/v1{path}",
            body=body,
            recording_id=recording_id,
            answers=answers,
            starts=starts,
        )
        return self.transport.send(call)

    def _sign(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.config.api_key.get_secret_value()}"
        return request

    def _asked(self, operation: str, method: str, recording: Recording) -> RecordingStatus:
        answer = self._send(operation, method, self._path(recording), TapeState, recording.id)
        location, tape = recording.location, answer.read
        return RecordingStatus(
            state=STATES[tape.state],
            files=tuple(
                RecordedFile(
                    name=name,
                    uri=location.uri(name) if location else None,
                    status=FileStatus.EXPIRED if tape.deleted else FileStatus.UPLOADED,
                )
                for name in tape.files
            ),
            started_at=recording.started_at,
            request_id=answer.envelope.request_id,
            raw=answer.body,
        )


def read_envelope(status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> Envelope:
    """Code and message of the body; the request id is a header."""
    code = body.get("code")
    return Envelope(
        code=code if isinstance(code, str) else None,
        message=body.get("message"),
        request_id=headers.get("X-Request-Id"),
    )
