"""The flow of calls: one start of three, ListEgress, UpdateLayout, StopEgress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from recorder_core.budget import Limit
from recorder_core.decoding import refuse_other_options
from recorder_core.errors import UnsupportedOperation
from recorder_core.models import (
    Layout,
    Mode,
    Participants,
    Recording,
    RecordingEvent,
    RecordingSpec,
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
from recorder_core.transport import RuleTable, Runtime, Transport

from recorder_livekit.adopting import adopted
from recorder_livekit.calls import Calls, planned
from recorder_livekit.causes import CAUSES
from recorder_livekit.config import LivekitConfig, LivekitOptions
from recorder_livekit.decode.requests import decoded, starts_of
from recorder_livekit.listing import egresses
from recorder_livekit.looking import looked_at
from recorder_livekit.picture import picture_of
from recorder_livekit.recovery import identified, recovered
from recorder_livekit.rules import RULES, STARTS
from recorder_livekit.signing import sign
from recorder_livekit.starting import start
from recorder_livekit.stopping import stopped
from recorder_livekit.tables import CALLS_PER_MINUTE, TOKEN_S
from recorder_livekit.translate.adopted import page_settings
from recorder_livekit.translate.answers import read_envelope
from recorder_livekit.translate.events import SECRETS, located
from recorder_livekit.translate.layout import BY_THE_PAGE
from recorder_livekit.translate.modes import TRANSLATORS
from recorder_livekit.translate.start import Start
from recorder_livekit.translate.update import change_layout, change_participants
from recorder_livekit.webhooks import events_of, is_callback
from recorder_livekit.wire.requests import ListEgressRequest
from recorder_livekit.wire.template import read_layout

__all__ = ["LivekitProvider"]

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
    several_ids = True
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
        """The one request of a start; of named participants, one for each. Pure.

        Raises:
            InvalidSpec: the options are wrong.
        """
        options = self.options(spec, LivekitOptions)
        resolved = spec.resolved()
        translator = TRANSLATORS[spec.mode](Start(self.name, self.config, resolved, spec, options, intent))
        translator.walk_spec(resolved, given=spec, options=options, apart_from=intent.apart_from)
        bodies = () if translator.refused else translator.bodies()
        requests = tuple(planned(self.config, translator.operation, body) for body in bodies)
        return Plan(self.name, requests, translator.findings, translator.spec)

    def draft(self, plan: Plan, intent: StartIntent) -> Recording:
        """The handle without `egress_id`. Pure."""
        draft = super().draft(plan, intent)
        native: dict[str, Any] = {}
        body = plan.requests[0].payload
        if body.get("custom_base_url"):
            told = read_layout(body.get("layout"))
            native = {"template": body["custom_base_url"], "page": page_settings(told) if told else {}}
        elif "identity" in body:
            people = [request.payload["identity"] for request in plan.requests]
            native = {"identity": people[0] if len(people) == 1 else people}
        return draft.model_copy(update={"native": freeze({**draft.native, **native})})

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        """StartRoomCompositeEgress or StartWebEgress, once; StartParticipantEgress once for each participant.

        Several are all or nothing: where one is refused, those that had begun are stopped.

        Raises:
            StartOutcomeUnknown: it may run, or some of it, and the vendor didn't tell its id.
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
        """ListEgress, of the egress or of the room where there are several; it lists one for a day after its end."""
        return looked_at(self, self._calls, recording)

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
        """StopEgress of each egress, which only begins the uploads; with `wait` until the files are settled."""
        return stopped(self, self._calls, recording, wait=wait, deadline=deadline)

    def list_remote(self, since: datetime, until: datetime, room: str | None = None) -> Iterator[RemoteRecording]:
        """ListEgress: what runs, and what ended within a day. Recordings of web pages have no room."""
        for _, remote in egresses(self._calls, self.account, room):
            if remote.started_at is None or since <= remote.started_at <= until:
                yield remote

    def adopt(self, remote: RemoteRecording) -> Recording:
        """ListEgress of each egress: what its request told of it. The layout of a page of ours may have changed since.

        Several are one recording where each is another participant's, of one room.

        Raises:
            RecordingNotFound: there is no such egress, or it ended more than a day ago.
            ConfigurationError: several are no such recording.
        """
        return adopted(self, self._calls, remote)

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
            requests: the planned start: a StartRoomCompositeEgress, a StartWebEgress, or a StartParticipantEgress for
                each participant, which are alike but for whom they name.
            options: of a StartWebEgress, `room`, which its body doesn't name, and `ready_timeout` in seconds, where the
                page is waited for.

        Raises:
            InvalidSpec: there is none, or it holds what no spec can say; with the path in the body.
        """
        starts = starts_of(requests)
        refuse_other_options(options, ("room", "ready_timeout") if starts[0].operation == "StartWebEgress" else ())
        operation, bodies = starts[0].operation, [start.payload for start in starts]
        return decoded(operation, *bodies, signing_key=self.config.api_key, **options)

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
