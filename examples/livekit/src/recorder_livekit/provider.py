"""The flow of calls: one start of three, ListEgress, UpdateLayout, StopEgress."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from recorder_core.budget import Limit
from recorder_core.clock import Deadline
from recorder_core.decoding import by_operation, refuse_other_options, refused
from recorder_core.errors import RecorderError, RecordingNotFound, UnsupportedOperation
from recorder_core.models import (
    Ending,
    FileStatus,
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
from recorder_core.plan import Change, Plan, PlannedRequest
from recorder_core.preview import Picture
from recorder_core.provider import Provider
from recorder_core.transport import Answer, RuleTable, Runtime, Transport

from recorder_livekit.calls import Calls, planned
from recorder_livekit.causes import CAUSES
from recorder_livekit.config import LivekitConfig, LivekitOptions
from recorder_livekit.decode.requests import REQUESTS, decoded
from recorder_livekit.picture import picture_of
from recorder_livekit.recovery import egresses, identified, recovered
from recorder_livekit.rules import RULES, STARTS
from recorder_livekit.signing import sign
from recorder_livekit.starting import start
from recorder_livekit.tables import CALLS_PER_MINUTE, TOKEN_S
from recorder_livekit.translate.answers import egress_in, read_envelope, status_of
from recorder_livekit.translate.events import SECRETS, located
from recorder_livekit.translate.layout import BY_THE_PAGE
from recorder_livekit.translate.modes import TRANSLATORS
from recorder_livekit.translate.start import Start
from recorder_livekit.translate.update import change_layout, change_participants
from recorder_livekit.webhooks import events_of, is_callback
from recorder_livekit.wire.requests import ListEgressRequest, StopEgressRequest
from recorder_livekit.wire.template import read_layout

__all__ = ["LivekitProvider"]

UPLOAD_DELAYS = (1.0, 2.0, 3.0, 5.0)
"""Seconds before each look at the files of a stopped recording; the last one repeats."""
NOT_LISTED_YET_S = 30.0
"""Seconds after its start for which an egress that isn't known may still become known."""
NO_SUCH_EGRESS = "EG_recorderCoreAsksForNone"
"""The id by which the account is tried: no egress has it."""


class LivekitProvider(Provider):
    """LiveKit Egress, of LiveKit Cloud or of one's own server.

    Args:
        config: the project or server.
    """

    name = "livekit"
    plugin_api = 1
    Config = LivekitConfig
    Options = LivekitOptions
    native_ids = ("egress_id",)
    native_key = "egress_id"
    start_is_unique = False
    operation_modes: ClassVar[Mapping[str, frozenset[Mode]]] = {
        "layout": frozenset({Mode.COMPOSITE}),
        "update_participants": frozenset({Mode.COMPOSITE}),
    }
    poll_delays: ClassVar[tuple[float, ...]] = (2.0, 3.0, 5.0, 10.0)
    limits: ClassVar[tuple[Limit, ...]] = (
        Limit(operations=("StopEgress", *STARTS, "UpdateLayout", "ListEgress"), calls=CALLS_PER_MINUTE, seconds=60.0),
    )
    """Of one project, for all calls together ("Quotas and limits", LiveKit Cloud docs, 2023; a server of one's own has
    no such limit)."""
    clock_tolerance = float(TOKEN_S)

    config: LivekitConfig

    @property
    def account(self) -> str:
        """The host of the project or server."""
        return self.config.project

    def connect(self, runtime: Runtime) -> Transport:
        """One pool of connections to the vendor's host."""
        return Transport(
            self.name,
            base_urls=self.config.hosts(),
            rules=RuleTable(RULES),
            read_envelope=read_envelope,
            auth=partial(sign, self.config),
            runtime=runtime,
            masked_answers=SECRETS,
        )

    def translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        """The one request of a start. Pure.

        Raises:
            InvalidSpec: the options are wrong.
        """
        options = self.options(spec, LivekitOptions)
        resolved = spec.resolved()
        translator = TRANSLATORS[spec.mode](Start(self.name, self.config, resolved, spec, options, intent))
        translator.walk_spec(resolved, given=spec, options=options, apart_from=intent.apart_from)
        requests = () if translator.refused else (planned(self.config, translator.operation, translator.body()),)
        return Plan(self.name, requests, translator.findings, translator.spec)

    def draft(self, plan: Plan, intent: StartIntent) -> Recording:
        """The handle without `egress_id`. Pure."""
        draft = super().draft(plan, intent)
        native: dict[str, Any] = {}
        body = plan.requests[0].payload
        if body.get("custom_base_url"):
            native = {"template": body["custom_base_url"], "page": _page_settings(body)}
        elif "identity" in body:
            native = {"identity": body["identity"]}
        return draft.model_copy(update={"native": freeze({**draft.native, **native})})

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        """StartRoomCompositeEgress, StartParticipantEgress or StartWebEgress, once.

        Raises:
            StartOutcomeUnknown: it may run, and the vendor didn't tell its id.
            RoomNotReady: there is no such room yet.
        """
        return start(self, self._calls, intent, plan)

    def recover(self, intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
        """Among the listed egresses, by their files, which are named after the recording. Nothing is started."""
        return recovered(self, self._calls, intent)

    def identify(self, intent: StartIntent, event: RecordingEvent) -> Recording | None:
        """The handle, if the files of the callback's egress are named after this recording. Pure."""
        return identified(self, intent, event)

    def status(self, recording: Recording) -> RecordingStatus:
        """ListEgress of one egress, which is known for a day after its end."""
        return self._looked_at(recording)

    def _looked_at(self, recording: Recording, ending: Ending | None = None) -> RecordingStatus:
        body = ListEgressRequest(egress_id=recording.native["egress_id"]).tree()
        return self._read("ListEgress", self._calls.send("ListEgress", recording.id, body), recording, ending)

    def _read(
        self, operation: str, answer: Answer, recording: Recording, ending: Ending | None = None
    ) -> RecordingStatus:
        info = None if answer.envelope.code else egress_in(operation, answer, recording.id)
        if info is not None:
            return status_of(recording, info, answer.body, ending)
        age = (self.now() - recording.started_at).total_seconds()
        if age < NOT_LISTED_YET_S:
            reason = "the vendor doesn't list it yet"
            return RecordingStatus(
                state=RecordingState.STARTING, started_at=recording.started_at, reason=reason, raw=answer.body
            )
        return RecordingStatus(
            state=RecordingState.GONE,
            started_at=recording.started_at,
            reason="the vendor doesn't know the egress: it lists one for a day after its end",
            raw=answer.body,
        )

    def translate_layout(self, recording: Recording, layout: Layout) -> Plan:
        """UpdateLayout for a whole layout. Pure.

        Raises:
            UnsupportedOperation: a template of the vendor's composes the picture, which keeps its layout.
        """
        if not recording.native.get("template"):
            raise self._kept_by_its_template("layout", recording)
        change = change_layout(self.name, recording, layout)
        requests = () if change.body is None else (planned(self.config, "UpdateLayout", change.body),)
        return Plan(self.name, requests, change.findings)

    def layout(self, recording: Recording, layout: Layout, plan: Plan) -> Recording:
        """Send an UpdateLayout. The page takes it up as soon as the recorder hears of it."""
        self._calls.send("UpdateLayout", recording.id, plan.request("UpdateLayout").payload)
        return recording

    def update_participants(self, recording: Recording, participants: Participants) -> Recording:
        """UpdateLayout with the layout as it stands, and the others.

        Raises:
            UnsupportedOperation: a template of the vendor's composes the picture, which shows everybody.
        """
        if not recording.native.get("template"):
            raise self._kept_by_its_template("update_participants", recording)
        change: Change = change_participants(self.name, recording, participants)
        self._calls.send("UpdateLayout", recording.id, self.accepted(recording, change))
        return recording

    def _kept_by_its_template(self, operation: str, recording: Recording) -> UnsupportedOperation:
        return UnsupportedOperation(
            "a template of the vendor's composes the picture, and takes no change up: its source keeps the layout that "
            "it began with (livekit/egress, template-default, 2026-08-21)",
            provider=self.name,
            operation=operation,
            recording_id=recording.id,
            hint=f"Nothing was sent. For the next recording, {BY_THE_PAGE}.",
        )

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        """StopEgress, which only begins the uploads; with `wait` the files are looked at until they are settled."""
        limit = Deadline(self.runtime.clock, deadline)
        body = StopEgressRequest(egress_id=recording.native["egress_id"]).tree()
        answer = self._calls.send("StopEgress", recording.id, body)
        if answer.envelope.code:
            status = self._refused_to_stop(recording, answer)
        else:
            status = self._stopped(self._read("StopEgress", answer, recording, Ending.STOPPED))
        for delay in itertools.chain(UPLOAD_DELAYS, itertools.repeat(UPLOAD_DELAYS[-1])):
            if not wait or status.state.terminal or limit.remaining() <= delay:
                break
            self.runtime.clock.sleep(delay)
            status = self._stopped(self._after_stop(recording, status))
        return status

    def _refused_to_stop(self, recording: Recording, answer: Answer) -> RecordingStatus:
        """The state of what has ended, or is about to, and so can't be stopped.

        Raises:
            RecordingNotFound: it is said to run all the same.
        """
        status = self._looked_at(recording)
        if not status.state.running:
            return status
        raise RecordingNotFound(
            f"the vendor can't stop it, and says that it is {status.state}: it may run on",
            provider=self.name,
            operation="StopEgress",
            recording_id=recording.id,
            http_status=answer.status,
            vendor_code=answer.envelope.code,
            vendor_message=answer.envelope.message,
            retryable=True,
            hint="Stop it again.",
        )

    def _after_stop(self, recording: Recording, before: RecordingStatus) -> RecordingStatus:
        """What is known after StopEgress was accepted; a look that fails takes nothing back."""
        try:
            return self._looked_at(recording, Ending.STOPPED)
        except RecorderError as error:
            return before.model_copy(update={"reason": f"stopped; its files aren't known yet: {error.message}"})

    def _stopped(self, status: RecordingStatus) -> RecordingStatus:
        """The status of what was told to stop: an egress that still runs is about to end."""
        if not status.state.running:
            return status
        files = tuple(file.model_copy(update={"status": FileStatus.UPLOADING}) for file in status.files)
        return status.model_copy(
            update={"state": RecordingState.STOPPING, "ending": Ending.STOPPED, "files": files, "reason": None}
        )

    def list_remote(self, since: datetime, until: datetime, room: str | None = None) -> Iterator[RemoteRecording]:
        """ListEgress: what runs, and what ended within a day. Recordings of web pages have no room."""
        for _, remote in egresses(self._calls, self.account, room):
            if remote.started_at is None or since <= remote.started_at <= until:
                yield remote

    def check_account(self, base_url: str) -> str:
        """ListEgress of an id that no egress has: it proves the key, its secret, its project and the service.

        Raises:
            AuthenticationError: the token isn't accepted.
            PermissionDenied: the key may not record.
            RecorderError: every other class, by what the vendor answered.
        """
        self._calls.send("ListEgress", None, ListEgressRequest(egress_id=NO_SUCH_EGRESS).tree(), base_url=base_url)
        return "api_key and api_secret are accepted, and may record; nothing was started"

    def decode(self, requests: Sequence[PlannedRequest], **options: Any) -> RecordingSpec:
        """The spec of a start.

        Args:
            requests: the planned start: a StartRoomCompositeEgress, StartParticipantEgress or StartWebEgress.
            options: of a StartWebEgress, `room`, which its body doesn't name, and `ready_timeout` in seconds, where the
                page is waited for.

        Raises:
            InvalidSpec: there is none, or it holds what no spec can say; with the path in the body.
        """
        sent = by_operation(requests)
        starts = [request for operation, request in sent.items() if operation in REQUESTS]
        if len(starts) != 1:
            raise refused(f"requests: there is no one start among {list(sent)}; it is one of {', '.join(REQUESTS)}")
        (start,) = starts
        refuse_other_options(options, ("room", "ready_timeout") if start.operation == "StartWebEgress" else ())
        return decoded(start.operation, start.payload, signing_key=self.config.api_key, **options)

    def picture(self, plan: Plan, participants: Sequence[str]) -> Picture:
        """The picture that the recording page composes, as the request describes it."""
        return picture_of(plan, participants)

    def causes(self, recording: Recording, status: RecordingStatus) -> tuple[str, ...]:
        """What ends an egress early; what the vendor says of it stands in the status's reason."""
        return CAUSES.get(recording.mode, CAUSES["composite"])

    def parse_webhook(self, request: WebhookRequest) -> list[RecordingEvent]:
        """The event that a callback tells; none where it is about a room and no egress.

        Raises:
            WebhookRejected: it is forged, stale or no callback of this vendor's.
        """
        return events_of(self.config, request, self.now().timestamp())

    @classmethod
    def recognises_webhook(cls, request: WebhookRequest) -> bool:
        """Whether it is sent as LiveKit's are, or has the members that all of them have."""
        return is_callback(request)

    def located(self, event: RecordingEvent, recording: Recording) -> RecordingEvent:
        """The event with where its files lie, and whether it ended because of max_duration."""
        return located(event, recording)

    @property
    def _calls(self) -> Calls:
        return Calls(self.transport)


def _page_settings(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the recording page is told at the start and no change alters."""
    told = read_layout(body.get("layout"))
    kept = told.model_dump(include={"idle", "longest", "watermarks", "clocks"}, exclude_none=True) if told else {}
    return {name: value for name, value in kept.items() if value}
