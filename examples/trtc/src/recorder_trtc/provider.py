"""The flow of calls: CreateCloudRecording, DescribeCloudRecording, DeleteCloudRecording, and ModifyCloudRecording."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

from recorder_core.budget import Limit
from recorder_core.clock import Deadline, deadline_scope
from recorder_core.errors import RecorderError
from recorder_core.models import (
    Ending,
    Layout,
    Mode,
    Participants,
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
from recorder_core.models.base import freeze
from recorder_core.plan import Change, Finding, Plan
from recorder_core.preview import Picture, composing
from recorder_core.provider import Provider
from recorder_core.transport import RuleTable, Runtime, Transport
from recorder_trtc.account import try_account
from recorder_trtc.calls import Calls, planned, task_of
from recorder_trtc.causes import CAUSES
from recorder_trtc.config import TrtcConfig, TrtcOptions
from recorder_trtc.picture import picture_of
from recorder_trtc.recovery import identified, recovered
from recorder_trtc.rules import RULES
from recorder_trtc.signing import sign
from recorder_trtc.starting import controllable_until, start
from recorder_trtc.tables import CALLS_PER_SECOND, CLOCK_TOLERANCE_S, VERSION
from recorder_trtc.translate.answers import adopted_task, described_status, is_gone, read_envelope, stopped_status
from recorder_trtc.translate.events import located
from recorder_trtc.translate.modes import TRANSLATORS
from recorder_trtc.translate.start import Start
from recorder_trtc.translate.update import change_layout, change_participants, needed_later, renewed
from recorder_trtc.webhooks import events_of, is_callback
from recorder_trtc.wire.values import OutputFormat, RoomIdType

__all__ = ["TrtcProvider"]

CREATE, DESCRIBE, MODIFY, DELETE = (f"{verb}CloudRecording" for verb in ("Create", "Describe", "Modify", "Delete"))
ENDING_DELAYS = (1.0, 2.0, 3.0, 5.0)
"""Seconds before each look at a stopped recording; the last one repeats."""
LAST_LOOK_S = 5.0
"""Seconds for the look at a recording's files before it is stopped: afterwards the vendor may not know it."""


class TrtcProvider(Provider):
    """Tencent RTC On-Cloud Recording.

    Args:
        config: the application.
    """

    name = "trtc"
    plugin_api = 1
    Config = TrtcConfig
    Options = TrtcOptions
    native_ids = ("TaskId",)
    native_key = "TaskId"
    start_is_unique = False
    operation_modes: ClassVar[Mapping[str, frozenset[Mode]]] = {
        "layout": frozenset({Mode.COMPOSITE}),
        "update_participants": frozenset({Mode.COMPOSITE, Mode.INDIVIDUAL}),
    }
    native_examples: ClassVar[Mapping[str, Any]] = {
        "RoomIdType": int(RoomIdType.STRING),
        "OutputFormat": int(OutputFormat.HLS),
    }
    poll_delays: ClassVar[tuple[float, ...]] = (3.0, 5.0, 10.0, 15.0)
    limits: ClassVar[tuple[Limit, ...]] = tuple(
        Limit(calls=CALLS_PER_SECOND, operations=(action,))
        for action in (DELETE, CREATE, MODIFY, DESCRIBE, "RemoveUser", "RemoveUserByStrRoomId")
    )
    """In a second, for each action ("CreateCloudRecording", Tencent Cloud, 2026-01-22, and the others' pages)."""
    clock_tolerance = float(CLOCK_TOLERANCE_S)

    config: TrtcConfig

    @property
    def account(self) -> str:
        """The SDKAppID."""
        return str(self.config.sdk_app_id)

    def connect(self, runtime: Runtime) -> Transport:
        """One pool of connections to the vendor's host."""
        return Transport(
            self.name,
            base_urls=self.config.hosts(),
            rules=RuleTable(RULES),
            read_envelope=read_envelope,
            auth=partial(sign, self.config),
            runtime=runtime,
            headers={"X-TC-Version": VERSION, "X-TC-Language": "en-US"},
        )

    def translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        """CreateCloudRecording for a spec. Pure: the recorder's UserSig begins when the intent was made.

        Raises:
            InvalidSpec: the options are wrong.
        """
        options = self.options(spec, TrtcOptions)
        resolved = spec.resolved()
        chosen = TRANSLATORS.get(spec.mode)
        if chosen is None:
            missing = Finding(
                "mode",
                "unsupported",
                "On-Cloud Recording records rooms; web pages are another product of the vendor's",
                "choose composite or individual, or record the page with another vendor",
            )
            return Plan(self.name, (), (missing,), resolved)
        translator = chosen(Start(self.name, self.config, resolved, options, intent))
        translator.walk_spec(resolved, given=spec, options=options, apart_from=intent.apart_from)
        requests = () if translator.refused else (planned(self.config, CREATE, translator.body()),)
        return Plan(self.name, requests, translator.findings, translator.spec)

    def draft(self, plan: Plan, intent: StartIntent) -> Recording:
        """The handle without `TaskId`. Pure."""
        native = needed_later(plan.spec, self.config.region, plan.request(CREATE).body)
        known = {
            "controllable_until": controllable_until(plan, intent.created_at),
            "native": freeze(native),
        }
        return super().draft(plan, intent).model_copy(update=known)

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        """CreateCloudRecording. A second one under the same user id, as with the same key, ends the first.

        Raises:
            StartOutcomeUnknown: it may run, and the vendor didn't tell its TaskId.
        """
        return start(self, self._calls, intent, plan)

    def recover(self, intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
        """What can be told without its TaskId; with `end_lost` it is ended, by removing its recorder from the room."""
        return recovered(self, self._calls, intent)

    def identify(self, intent: StartIntent, event: RecordingEvent) -> Recording | None:
        """The handle, if the event's recorder bears the recording's id as its user id. Pure."""
        return identified(self, intent, event)

    def status(self, recording: Recording) -> RecordingStatus:
        """DescribeCloudRecording; the vendor answers for what runs or is ending."""
        return described_status(recording, self._calls.of(recording, DESCRIBE), self.now())

    def translate_layout(self, recording: Recording, layout: Layout) -> Plan:
        """ModifyCloudRecording for a whole layout, with the participants in force. Pure."""
        if recording.mode != Mode.COMPOSITE:
            raise self._unsupported("layout", recording)
        change = change_layout(self.name, task_of(self.config, recording), recording, layout)
        requests = () if change.body is None else (planned(self.config, MODIFY, change.body),)
        return Plan(self.name, requests, change.findings)

    def layout(self, recording: Recording, layout: Layout, plan: Plan) -> Recording:
        """Send a ModifyCloudRecording."""
        self._calls.of(recording, MODIFY, plan.request(MODIFY).payload)
        return recording

    def update_participants(self, recording: Recording, participants: Participants) -> Recording:
        """ModifyCloudRecording with the layout in force."""
        task = task_of(self.config, recording)
        self._modify(recording, change_participants(self.name, task, recording, participants))
        return recording

    def restore(self, recording: Recording, state: RecordingState | None = None) -> bool:
        """Send layout and participants again: whether changes survive a move isn't documented."""
        if not recording.revision:
            return False
        self._modify(recording, renewed(self.name, task_of(self.config, recording), recording))
        return True

    def _modify(self, recording: Recording, change: Change) -> None:
        """Send a change.

        Raises:
            UnsupportedFeature: something would be lost; nothing was sent.
        """
        self._calls.of(recording, MODIFY, self.accepted(recording, change))

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        """DeleteCloudRecording, which only begins the end; with `wait` it is looked at until the vendor forgets it.

        Whether the files arrived is told by callbacks alone: without them they are `unknown`, and their names are by
        the vendor's rule.
        """
        limit = Deadline(self.runtime.clock, deadline)
        last = RecordingStatus(state=RecordingState.STOPPING, started_at=recording.started_at)
        with suppress(RecorderError), deadline_scope(Deadline(self.runtime.clock, min(LAST_LOOK_S, deadline / 4))):
            last = self.status(recording)
        accepted = self._calls.of(recording, DELETE)
        ending: Ending | None = Ending.STOPPED
        if is_gone(accepted) and not last.state.running:
            if not last.files:
                return described_status(recording, accepted, self.now())
            ending = None  # it was ending before, and still tells its files
        last = last.model_copy(update={"state": RecordingState.STOPPING, "ending": ending, "reason": None})
        last = self._after_stop(recording, last)
        for delay in itertools.chain(ENDING_DELAYS, itertools.repeat(ENDING_DELAYS[-1])):
            if not wait or last.state.terminal or limit.remaining() <= delay:
                break
            self.runtime.clock.sleep(delay)
            last = self._after_stop(recording, last)
        return last

    def _after_stop(self, recording: Recording, last: RecordingStatus) -> RecordingStatus:
        """What is known after the stop was accepted; a look that fails takes nothing back."""
        try:
            look = self.status(recording)
        except RecorderError as error:
            return last.model_copy(update={"reason": f"stopped; its end isn't known yet: {error.message}"})
        if look.state is RecordingState.GONE:
            return stopped_status(recording, last, ending=last.ending)
        told = {"state": RecordingState.STOPPING, "ending": last.ending, "files": look.files or last.files}
        return look.model_copy(update={**told, "reason": None})

    def adopt(self, remote: RemoteRecording) -> Recording:
        """DescribeCloudRecording, in the configured region. The vendor has no list: a callback names the task.

        Raises:
            RecordingNotFound: there is no such task, or it has ended.
        """
        native = {name: remote.native[name] for name in ("TaskId", "UserId") if remote.native.get(name)}
        handle = self.adopted(remote, {**native, "Region": self.config.region})
        return handle.model_copy(update=adopted_task(handle, self._calls.of(handle, DESCRIBE)))

    def check_account(self, base_url: str) -> str:
        """DescribeCloudRecording of a task that can't be.

        Raises:
            AuthenticationError: the API key or the signature isn't accepted.
            PermissionDenied: the key may not use the application's recording.
            RecorderError: every other class, by what the vendor answered.
        """
        return try_account(self._calls, base_url)

    def picture(self, plan: Plan, participants: Sequence[str]) -> Picture:
        """The mixed picture, as the body of CreateCloudRecording describes it."""
        composing(plan, CREATE, "MixTranscodeParams")
        return picture_of(plan, plan.request(CREATE).body, participants)

    def causes(self, recording: Recording, status: RecordingStatus) -> tuple[str, ...]:
        """What ends a task early, as the vendor's callbacks and best practices name it."""
        return CAUSES[status.ending if status.ending in CAUSES else None]

    def parse_webhook(self, request: WebhookRequest) -> list[RecordingEvent]:
        """The event that a callback tells. Its signature covers the whole body.

        Raises:
            WebhookRejected: it is forged, stale, another application's or no callback of a recording.
        """
        return events_of(self.config, request, self.now().timestamp())

    @classmethod
    def recognises_webhook(cls, request: WebhookRequest) -> bool:
        """Whether it is a JSON object with the members that all callbacks of this vendor's have."""
        return is_callback(request)

    def located(self, event: RecordingEvent, recording: Recording) -> RecordingEvent:
        """The event with the whole keys of its files, and the end where no further files are to come."""
        return located(event, recording)

    @property
    def _calls(self) -> Calls:
        return Calls(self.transport, self.config)
