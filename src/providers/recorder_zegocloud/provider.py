"""The flow of calls: StartRecord, DescribeRecordStatus, StopRecord, and what changes or lists tasks meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from recorder_core.budget import Limit
from recorder_core.clock import Deadline
from recorder_core.decoding import by_operation, refuse_other_options, refused
from recorder_core.errors import RecorderError, RecordingNotFound
from recorder_core.models import (
    Ending,
    Layout,
    Mode,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    Recovery,
    RemoteRecording,
    StartIntent,
    WebhookRequest,
)
from recorder_core.models.base import freeze, reveal
from recorder_core.plan import Change, Finding, Plan, PlannedRequest
from recorder_core.preview import Picture, composing
from recorder_core.provider import Provider
from recorder_core.tracebacks import forgetful
from recorder_core.transport import Answer, RuleTable, Runtime, Transport
from recorder_zegocloud.account import listed, try_account
from recorder_zegocloud.calls import Calls, planned
from recorder_zegocloud.causes import CAUSES
from recorder_zegocloud.config import DEFAULT_STREAM_ID, ZegocloudConfig, ZegocloudOptions
from recorder_zegocloud.decode.requests import decoded
from recorder_zegocloud.picture import picture_of
from recorder_zegocloud.recovery import Inquiry, identified
from recorder_zegocloud.rules import RULES
from recorder_zegocloud.signing import sign
from recorder_zegocloud.starting import start
from recorder_zegocloud.tables import BASE_URLS, CLOCK_TOLERANCE_S, KEPT_S, REGIONAL_BASE_URLS, Code
from recorder_zegocloud.translate.answers import adopted_task, described_status, read_envelope
from recorder_zegocloud.translate.events import located
from recorder_zegocloud.translate.modes import TRANSLATORS
from recorder_zegocloud.translate.start import Start, stream_names
from recorder_zegocloud.translate.update import change_layout, change_whiteboard, needed_later, take_snapshot
from recorder_zegocloud.webhooks import events_of, is_callback
from recorder_zegocloud.wire.values import FillMode

__all__ = ["ZegocloudProvider"]

UPLOAD_DELAYS = (1.0, 2.0, 3.0, 5.0)
"""Seconds before each look at the files of a stopped recording; the last one repeats."""
SLOWER = (
    *("UpdateLayout", "UpdateWhiteboard", "DescribeRecordStatus", "DescribeTasks"),
    *("PauseRecord", "ResumeRecord", "TakeSnapshot"),
)
"""Actions that may be called less often than the others."""
REFUSALS_OF_A_STATE = frozenset({Code.TASK_NOT_PAUSED, Code.BAD_PARAMETER, Code.OLD_BAD_PARAMETER, Code.SYSTEM_ERROR})
"""Codes that may mean that a task is paused, or isn't, already."""

ALIVE = frozenset({RecordingState.STARTING, RecordingState.RECORDING, RecordingState.PAUSED})
"""States of a task that no stop has reached."""


class ZegocloudProvider(Provider):
    """ZEGOCLOUD Cloud Recording.

    Args:
        config: the project.
    """

    name = "zegocloud"
    plugin_api = 1
    Config = ZegocloudConfig
    Options = ZegocloudOptions
    native_ids = ("TaskId", "stream_id")
    native_key = "TaskId"
    operation_modes: ClassVar[Mapping[str, frozenset[Mode]]] = {
        "layout": frozenset({Mode.COMPOSITE}),
        "pause": frozenset({Mode.COMPOSITE}),
        "resume": frozenset({Mode.COMPOSITE}),
        "snapshot": frozenset({Mode.COMPOSITE}),
        "switch_whiteboard": frozenset({Mode.COMPOSITE, Mode.INDIVIDUAL}),
    }
    native_examples: ClassVar[Mapping[str, Any]] = {"stream_id": "{participant}", "FillMode": int(FillMode.CROP)}
    poll_delays: ClassVar[tuple[float, ...]] = (2.0, 3.0, 5.0, 10.0)
    limits: ClassVar[tuple[Limit, ...]] = (
        Limit(calls=50, operations=("StopRecord",)),
        Limit(calls=50, operations=("StartRecord",)),
        *(Limit(calls=10, operations=(action,)) for action in SLOWER),
    )
    """In a second, for each action ("Cloud Recording Server API", ZEGOCLOUD, 2026)."""
    clock_tolerance = float(CLOCK_TOLERANCE_S)

    config: ZegocloudConfig

    @property
    def account(self) -> str:
        """The AppID."""
        return str(self.config.app_id)

    def connect(self, runtime: Runtime) -> Transport:
        """One pool of connections to the vendor's hosts."""
        return Transport(
            self.name,
            base_urls=self.config.hosts(),
            rules=RuleTable(RULES),
            read_envelope=read_envelope,
            auth=partial(sign, self.config),
            runtime=runtime,
            masked_query=frozenset({"Signature"}),
            pins=(*BASE_URLS, *REGIONAL_BASE_URLS.values()),
        )

    def translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        """StartRecord for a spec. Pure.

        Raises:
            InvalidSpec: the options are wrong.
        """
        options = self.options(spec, ZegocloudOptions)
        resolved = spec.resolved()
        chosen = TRANSLATORS.get(spec.mode)
        if chosen is None:
            missing = Finding(
                "mode",
                "unsupported",
                "the vendor records the streams of a room, and no web pages",
                "choose composite or individual, or record the page with another vendor",
            )
            return Plan(self.name, (), (missing,), resolved)
        translator = chosen(Start(self.name, self.config, resolved, options, intent))
        translator.walk_spec(resolved, given=spec, options=options, apart_from=intent.apart_from)
        requests = () if translator.refused else (planned(self.config, "StartRecord", translator.body()),)
        return Plan(self.name, requests, translator.findings, translator.spec)

    def draft(self, plan: Plan, intent: StartIntent) -> Recording:
        """The handle without `TaskId` and the task's host. Pure."""
        body, options = plan.request("StartRecord").payload, self.options(plan.spec, ZegocloudOptions)
        parts = {name: reveal(body[name]) for name in ("RecordInputParams", "RecordOutputParams")}
        known = {
            "controllable_until": intent.created_at + timedelta(seconds=KEPT_S),
            "native": freeze(needed_later(plan.spec, options, parts)),
        }
        return super().draft(plan, intent).model_copy(update=known)

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        """StartRecord. ClientTaskId is the recording's id, so that a repeat finds the same task.

        Raises:
            StartOutcomeUnknown: it may run, and the vendor didn't tell its TaskId.
            RecordingConflict: the key stands for a recording that has ended, or for another room.
        """
        return start(self, self._calls, intent, plan)

    def recover(self, intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
        """Among the listed tasks, by their files; then by the same ClientTaskId, where the spec is known.

        The vendor has no call that finds a task by its ClientTaskId but StartRecord, which begins one if there is none.
        So it is sent only where a listed task may be the one; a new one is stopped at once.
        """
        return Inquiry(self, self._calls, intent, spec).answer()

    def identify(self, intent: StartIntent, event: RecordingEvent) -> Recording | None:
        """The handle, if the callback came to the address of this recording or names its mixed stream. Pure."""
        return identified(self, intent, event)

    def status(self, recording: Recording) -> RecordingStatus:
        """DescribeRecordStatus; it answers for three days from the start, ended or not."""
        return self._described(recording)

    def _described(self, recording: Recording, ending: Ending | None = None) -> RecordingStatus:
        return described_status(recording, self._calls.of(recording, "DescribeRecordStatus"), ending)

    def translate_layout(self, recording: Recording, layout: Layout) -> Plan:
        """UpdateLayout for a whole layout. Pure."""
        change = change_layout(self.name, recording, layout)
        requests = () if change.body is None else (planned(self.config, "UpdateLayout", change.body),)
        return Plan(self.name, requests, change.findings)

    def layout(self, recording: Recording, layout: Layout, plan: Plan) -> Recording:
        """Send an UpdateLayout."""
        self._calls.of(recording, "UpdateLayout", plan.request("UpdateLayout").payload)
        return recording

    def pause(self, recording: Recording) -> None:
        """PauseRecord. A refusal is none where the task is paused already: the vendor documents no code for that."""
        self._turn("PauseRecord", recording, RecordingState.PAUSED)

    def resume(self, recording: Recording) -> None:
        """ResumeRecord. That the task isn't paused (300001004) is no error where it records."""
        self._turn("ResumeRecord", recording, RecordingState.RECORDING)

    def _turn(self, action: str, recording: Recording, wanted: RecordingState) -> None:
        """Bring the task into a state; a refusal counts only where it isn't in it."""
        try:
            self._calls.of(recording, action)
        except RecorderError as refusal:
            if refusal.vendor_code not in REFUSALS_OF_A_STATE or self._state(recording) is not wanted:
                raise

    def _state(self, recording: Recording) -> RecordingState:
        try:
            return self.status(recording).state
        except RecorderError:
            return RecordingState.UNREACHABLE

    def snapshot(self, recording: Recording) -> None:
        """TakeSnapshot. The picture comes into the bucket, its name with a callback; no list of files has it."""
        self._carry_out("TakeSnapshot", recording, take_snapshot(recording))

    def switch_whiteboard(self, recording: Recording, whiteboard_id: str) -> Recording:
        """UpdateWhiteboard."""
        self._carry_out("UpdateWhiteboard", recording, change_whiteboard(recording, whiteboard_id))
        return recording

    def _carry_out(self, action: str, recording: Recording, change: Change) -> None:
        """Send a change.

        Raises:
            UnsupportedFeature: something would be lost; nothing was sent.
        """
        self._calls.of(recording, action, self.accepted(recording, change))

    def list_remote(self, since: datetime, until: datetime, room: str | None = None) -> Iterator[RemoteRecording]:
        """DescribeTasks, for running and for ended tasks, all pages, at every host: one may not know another's tasks.

        Raises:
            InvalidSpec: the span begins more than three days ago; nothing was sent.
        """
        return listed(self._calls, since, until, room, self.now())

    def adopt(self, remote: RemoteRecording) -> Recording:
        """DescribeRecordStatus. Participants are called by their streams, as by default (`options.stream_id`).

        Raises:
            RecordingNotFound: no host knows the task.
        """
        native = {"TaskId": remote.native["TaskId"], "stream_id": DEFAULT_STREAM_ID}
        told = adopted_task(self._calls.of(self.adopted(remote, native), "DescribeRecordStatus"))
        return self.adopted(remote, {**native, **told.native}, **told.known)

    def check_account(self, base_url: str) -> str:
        """DescribeTasks for the last minute: it proves AppID, ServerSecret, this machine's clock and the service.

        Raises:
            AuthenticationError: the signature is wrong or has expired, or the AppID is unknown.
            PermissionDenied: Cloud Recording isn't enabled for the app.
            RecorderError: every other class, by what the vendor answered.
        """
        return try_account(self._calls, base_url, self.now())

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        """StopRecord, which only begins the uploads; with `wait` the files are looked at until they are settled."""
        limit = Deadline(self.runtime.clock, deadline)
        accepted = self._calls.of(recording, "StopRecord")
        status = self._after_stop(recording, accepted, None)
        for delay in itertools.chain(UPLOAD_DELAYS, itertools.repeat(UPLOAD_DELAYS[-1])):
            if not wait or status.state.terminal or limit.remaining() <= delay:
                break
            self.runtime.clock.sleep(delay)
            status = self._after_stop(recording, accepted, status)
        return status

    def _after_stop(self, recording: Recording, stop: Answer, before: RecordingStatus | None) -> RecordingStatus:
        """What is known after StopRecord was accepted; a look that fails takes nothing back.

        Raises:
            RecordingNotFound: StopRecord found no task, and yet one runs.
        """
        ending = Ending.STOPPED if stop.envelope.code == Code.ACCEPTED else None
        try:
            status = self._described(recording, ending)
        except RecorderError as error:
            known = before or RecordingStatus(
                state=RecordingState.STOPPING, started_at=recording.started_at, ending=ending
            )
            return known.model_copy(update={"reason": f"stopped; its files aren't known yet: {error.message}"})
        if status.state not in ALIVE:
            return status
        if stop.envelope.code == Code.NO_SUCH_TASK:
            raise RecordingNotFound(
                f"the vendor says that there is no such task, and that it is {status.state}: it may run on",
                provider=self.name,
                operation="StopRecord",
                recording_id=recording.id,
                vendor_code=stop.envelope.code,
                request_id=stop.envelope.request_id,
                retryable=True,
                hint="Stop it again.",
            )
        return status.model_copy(update={"state": RecordingState.STOPPING, "ending": ending})

    @forgetful
    def decode(self, requests: Sequence[PlannedRequest], **options: Any) -> RecordingSpec:
        """The spec of a StartRecord.

        Args:
            requests: the planned StartRecord.
            options: `stream_id` and `screen_stream_id`, by which streams are told to be somebody's camera or screen;
                without them a stream is taken for the camera of a participant of the same name.

        Raises:
            InvalidSpec: there is none, or it holds what no spec can say; with the path in the body.
        """
        refuse_other_options(options, ("stream_id", "screen_stream_id"))
        names = self.options_of(options, ZegocloudOptions)
        start = by_operation(requests).get("StartRecord")
        if start is None:
            raise refused(f"requests: there is no StartRecord among {[request.operation for request in requests]}")
        return decoded(start.payload, stream_id=names.stream_id, screen_stream_id=names.screen_stream_id)

    def picture(self, plan: Plan, participants: Sequence[str]) -> Picture:
        """The mixed picture, as the body of StartRecord describes it."""
        inputs = composing(plan, "StartRecord", "RecordInputParams")
        streams = stream_names(plan.spec, self.options(plan.spec, ZegocloudOptions))
        return picture_of(plan, inputs, participants, camera=streams.camera, screen=streams.screen)

    def causes(self, recording: Recording, status: RecordingStatus) -> tuple[str, ...]:
        """What ends a task early, as the vendor's callbacks and FAQ name it ("Recording status callback", 2025)."""
        return CAUSES[status.ending if status.ending in CAUSES else None]

    def parse_webhook(self, request: WebhookRequest) -> list[RecordingEvent]:
        """The event that a callback tells.

        Its signature covers `timestamp` and `nonce` and nothing else of the body: what depends on it that can't be
        taken back wants `receive(confirm=True)`, or another look at the status.

        Raises:
            WebhookRejected: it is forged, stale, another project's or no callback of this vendor's.
        """
        return events_of(self.config, request, self.now().timestamp())

    @classmethod
    def recognises_webhook(cls, request: WebhookRequest) -> bool:
        """Whether it is a JSON object with the members that all callbacks of this vendor's have."""
        return is_callback(request)

    def located(self, event: RecordingEvent, recording: Recording) -> RecordingEvent:
        """The event with the whole keys of its files, and whose they are by the application's stream ids."""
        return located(event, recording)

    # `restore` sends nothing: a task that moves to another server is taken to keep its layout. The vendor doesn't say,
    # and no event tells of a move.

    @property
    def _calls(self) -> Calls:
        return Calls(self.transport, self.config)
