"""The flow of calls: acquire and start as a pair, query, update and updateLayout, stop."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import SecretStr
from requests.auth import HTTPBasicAuth

from recorder_agora.account import addresses, try_account
from recorder_agora.calls import Calls, path_of, planned
from recorder_agora.causes import CAUSES
from recorder_agora.config import AgoraConfig, AgoraOptions
from recorder_agora.decode.requests import decoded
from recorder_agora.picture import picture_of
from recorder_agora.recovery import Inquiry, identified
from recorder_agora.rules import RULES
from recorder_agora.sightings import FORGOTTEN, RECOVERY_S, SETTLED_S, Sightings, is_over
from recorder_agora.starting import start
from recorder_agora.translate.answers import query_status, read_envelope, source_addresses, stop_status
from recorder_agora.translate.events import located
from recorder_agora.translate.modes import TRANSLATORS
from recorder_agora.translate.start import Start
from recorder_agora.translate.update import (
    change_hold,
    change_layout,
    change_participants,
    change_push,
    change_storage,
    needed_later,
    restoring,
    stopping,
)
from recorder_agora.webhooks import events_of, is_callback
from recorder_core.budget import Limit
from recorder_core.clock import Deadline
from recorder_core.decoding import refuse_other_options
from recorder_core.errors import RecordingNotFound, UnsupportedOperation
from recorder_core.models import (
    Layout,
    Mode,
    Participants,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    Recovery,
    StartIntent,
    Storage,
    WebhookRequest,
)
from recorder_core.models.base import freeze
from recorder_core.plan import Change, Plan, PlannedRequest
from recorder_core.preview import Picture, composing
from recorder_core.provider import Provider
from recorder_core.tracebacks import forgetful
from recorder_core.transport import Answer, RuleTable, Runtime, Transport

__all__ = ["AgoraProvider"]

SYNCHRONOUS_S = 25.0
"""What a synchronous stop may take: the vendor answers after about 20 s at the latest."""
LAST_TRY_S = 2.0
"""Seconds that the last try of a stop has for its answer."""
EXITING = 501
"""Query's code for a session that is exiting, in older documents; newer ones have 404."""
SHORTEST_SESSION_S = 4 * 3600.0
"""How long temporary keys of a storage must live at least ("start", Agora, 2026)."""


class AgoraProvider(Provider):
    """Agora Cloud Recording.

    Args:
        config: the project.
    """

    name = "agora"
    plugin_api = 1
    Config = AgoraConfig
    Options = AgoraOptions
    native_ids = ("cname", "uid", "resourceId", "sid", "mode")
    native_key = "sid"
    operation_modes: ClassVar[Mapping[str, frozenset[Mode]]] = {
        "layout": frozenset({Mode.COMPOSITE}),
        "pause": frozenset({Mode.WEB}),
        "resume": frozenset({Mode.WEB}),
        "update_participants": frozenset({Mode.COMPOSITE, Mode.INDIVIDUAL}),
        "update_push": frozenset({Mode.WEB}),
    }
    poll_delays: ClassVar[tuple[float, ...]] = (5.0, 5.0, 10.0, 15.0, 15.0, 15.0, 15.0, 10.0, 15.0)
    """After 5 s, at growing intervals up to 15 s, and 90 s after the start, when what never came up is given up ("Best
    practices", Agora, 2026)."""
    watch_interval: ClassVar[float] = 120.0
    """About two minutes ("Best practices", Agora, 2026)."""
    limits: ClassVar[tuple[Limit, ...]] = (
        Limit(calls=10, operations=("stop", "start", "acquire", "updateLayout", "update", "query", "ncs/ip")),
    )
    """10 in a second over all methods: the strictest reading of "Best practices" (Agora, 2026), which doesn't say
    whether an App ID, an account or a method has them."""
    shortest_session = SHORTEST_SESSION_S

    config: AgoraConfig

    def __init__(self, config: AgoraConfig) -> None:
        super().__init__(config)
        self._sightings = Sightings()

    @property
    def account(self) -> str:
        """The App ID."""
        return self.config.app_id

    def connect(self, runtime: Runtime) -> Transport:
        """One pool of connections to the vendor's hosts."""
        return Transport(
            self.name,
            base_urls=self.config.hosts(),
            rules=RuleTable(RULES),
            read_envelope=read_envelope,
            auth=HTTPBasicAuth(self.config.customer_id, self.config.customer_secret.get_secret_value()),
            runtime=runtime,
            masked_answers=frozenset({"rtmpUrl"}),
        )

    def translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        """acquire and start for a spec. Pure.

        Raises:
            InvalidSpec: the options are wrong.
        """
        options = self.options(spec, AgoraOptions)
        taken = frozenset(spec.named_participants)
        translator = TRANSLATORS[spec.mode](Start(self.name, self.config, spec.resolved(), options, intent, taken))
        translator.walk_spec(translator.spec, given=spec, options=options, apart_from=intent.apart_from)
        requests: tuple[PlannedRequest, ...] = ()
        if not translator.refused:
            acquire, start = translator.bodies()
            resource = "/resourceid/{resourceId}/mode/" + translator.mode
            requests = (
                planned(self.config, "acquire", "/acquire", acquire),
                planned(self.config, "start", f"{resource}/start", start),
            )
        return Plan(self.name, requests, translator.findings, translator.spec)

    @forgetful
    def decode(self, requests: Sequence[PlannedRequest], **options: Any) -> RecordingSpec:
        """The neutral spec of a start, with or without its acquire. Pure.

        What neither body says is filled in as the vendor documents it (360x640, 30 s of idle time, …), or left out
        where that means the same. A body in JSON is taken as it is; one that a plan masked is refused.

        Raises:
            InvalidSpec: with the path in the body of what is wrong or what no spec can say.
        """
        refuse_other_options(options)
        return decoded(requests)

    def draft(self, plan: Plan, intent: StartIntent) -> Recording:
        """The handle without `resourceId` and `sid`. Pure."""
        acquire, start = plan.request("acquire").payload, plan.request("start").payload
        identity = {"cname": acquire["cname"], "uid": acquire["uid"], "mode": TRANSLATORS[plan.spec.mode].mode}
        known = {
            "controllable_until": intent.created_at + timedelta(hours=acquire["clientRequest"]["resourceExpiredHour"]),
            "native": freeze({**identity, **needed_later(plan.spec, start["clientRequest"])}),
        }
        return super().draft(plan, intent).model_copy(update=known)

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        """Acquire a resource and start at once; once more with a fresh resource where the first had no capacity.

        Raises:
            StartOutcomeUnknown: it runs, or may run, and the vendor didn't tell its id.
        """
        return start(self, self._calls, intent, plan)

    def recover(self, intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
        """By the same start again, while its resource id is good for that; then by another one for the same recorder.

        The vendor lists no recordings. It refuses two of one room and uid: what tells whether one runs is to start it.
        One that was started to find out is stopped at once. Without the spec nothing can be sent.
        """
        return Inquiry(self, self._calls, intent, spec).answer()

    def identify(self, intent: StartIntent, event: RecordingEvent) -> Recording | None:
        """The handle, if the event is one of a recording with the noted room and uid, and brings its `sid`. Pure.

        After a move to another server events have a random uid, by which nothing is told.
        """
        return identified(self, intent, event)

    def status(self, recording: Recording) -> RecordingStatus:
        """query. A 404 is `starting` in the first 90 s, `gone` after 90 s of it, `unreachable` in between."""
        try:
            answer = self._calls.of(recording, "query")
        except RecordingNotFound as error:
            # Its ids lead nowhere (any more), which says nothing about whether it still records.
            return RecordingStatus(
                state=RecordingState.UNREACHABLE,
                started_at=recording.started_at,
                reason=f"{error.message}; {error.hint}",
                request_id=error.request_id,
            )
        if answer.status == 200:
            status = query_status(recording, answer)
            self._sightings.see(recording, status.state, self._time())
            return status
        return self._missing(recording, answer)

    def _missing(self, recording: Recording, answer: Answer) -> RecordingStatus:
        if answer.envelope.code == EXITING:
            return self._without_files(recording, RecordingState.STOPPING, "it is exiting (code 501)", answer)
        state, reason = self._sightings.missed(recording, self._time())
        return self._without_files(recording, state, reason, answer)

    def translate_layout(self, recording: Recording, layout: Layout) -> Plan:
        """updateLayout for a whole layout. Pure."""
        change = change_layout(self.name, recording, layout)
        requests: tuple[PlannedRequest, ...] = ()
        if change.body is not None:
            requests = (planned(self.config, "updateLayout", path_of(recording, "updateLayout"), change.body),)
        return Plan(self.name, requests, change.findings)

    def layout(self, recording: Recording, layout: Layout, plan: Plan) -> Recording:
        """Send an updateLayout."""
        self._calls.of(recording, "updateLayout", plan.request("updateLayout").payload)
        self._sightings.alive(recording, self._time())
        return recording

    def pause(self, recording: Recording) -> None:
        """Put a web page recording on hold: no slices, a gap in the playlist. The vendor goes on billing."""
        self._change(recording, change_hold(recording, onhold=True))

    def resume(self, recording: Recording) -> None:
        """Go on with a web page recording; the first slice follows after about 5 s."""
        self._change(recording, change_hold(recording, onhold=False))

    def update_participants(self, recording: Recording, participants: Participants) -> Recording:
        """Send the lists of all recorded media: an update replaces what was sent before."""
        self._change(recording, change_participants(self.name, recording, participants))
        return recording

    def refresh_storage(self, recording: Recording, storage: Storage) -> Recording:
        """Send the storage with other credentials, to the folder of the start. The vendor takes permanent ones too.

        What is left out of `server_side_encryption` and `object_tag` stays as it was.
        """
        self._change(recording, change_storage(self.name, recording, storage))
        return recording

    def update_push(self, recording: Recording, push_urls: tuple[SecretStr, ...]) -> Recording:
        """Push to another address, where the recording was started with one."""
        self._change(recording, change_push(recording, push_urls))
        return recording

    def _change(self, recording: Recording, change: Change) -> None:
        """Send an update that loses nothing.

        Raises:
            UnsupportedFeature: something would be lost; nothing was sent.
        """
        self._calls.of(recording, "update", self.accepted(recording, change))
        self._sightings.alive(recording, self._time())

    def restore(self, recording: Recording, state: RecordingState | None = None) -> bool:
        """Send the layout and the participants of the handle again, and whether a page is on hold.

        Whether changes survive a move isn't documented.

        Raises:
            UnsupportedOperation: it pushes, and the address that `update_push` may have given isn't kept anywhere.
        """
        changes = restoring(self.name, recording, state)
        for operation, body in changes:
            self._calls.of(recording, operation, body)
        if recording.revision and recording.native.get("push"):
            raise UnsupportedOperation(
                "it may push to the address of its start again, for an address is kept in no handle",
                fault="caller",
                hint="Call update_push again if it was called before.",
            )
        return bool(changes)

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        """stop, synchronous with `wait`: the vendor answers when the files are there, or after about 20 s.

        A 404 is either an end or a move to another server, which lasts up to 90 s. So it is asked again, for 90 s or
        until the deadline. A deadline that comes after 50 s of 404 takes it for an end, and says how long it was; an
        earlier one leaves it `unreachable`.
        """
        limit = Deadline(self.runtime.clock, deadline)
        for pause in itertools.chain((5.0, 10.0), itertools.repeat(15.0)):
            # An answer that comes after the deadline is lost, and the file list with it.
            waits = wait and min(limit.remaining(), self.runtime.timeout[1]) >= SYNCHRONOUS_S
            answer = self._calls.of(recording, "stop", stopping(recording, wait=waits))
            if answer.status != 404:
                self._sightings.ended(recording)
                return stop_status(recording, answer, self.now())
            silence = self._sightings.silence(recording, self._time())
            delay = min(pause, limit.remaining() - LAST_TRY_S)  # the last try comes just before the deadline
            if is_over(silence) or delay <= 0:
                break
            self.runtime.clock.sleep(delay)
        if silence >= SETTLED_S:
            self._sightings.ended(recording)
            unknown = f"it had ended: the vendor hasn't known it for {min(silence, RECOVERY_S):.0f} s or more (404)"
            reason = FORGOTTEN if silence == math.inf else unknown
            return self._without_files(recording, RecordingState.GONE, reason, answer)
        reason = "the vendor doesn't know it (404): it ended, or is moving for up to 90 s; stop it again to be sure"
        return self._without_files(recording, RecordingState.UNREACHABLE, reason, answer)

    def picture(self, plan: Plan, participants: Sequence[str]) -> Picture:
        """The mixed picture, as the body of start describes it."""
        config = composing(plan, "start", "clientRequest", "recordingConfig")
        return picture_of(plan, config, participants)

    def causes(self, recording: Recording, status: RecordingStatus) -> tuple[str, ...]:
        """What the vendor checks only after start has answered 200 ("Best practices", Agora, 2026)."""
        return CAUSES.get(recording.native["mode"], CAUSES["mix"])

    def parse_webhook(self, request: WebhookRequest) -> list[RecordingEvent]:
        """The one event of a callback that a secret of the configuration signed; without one nothing is verified.

        Raises:
            WebhookRejected: it is forged, too old, or no callback of this vendor's.
        """
        return events_of(self.config, request, self._time())

    @classmethod
    def recognises_webhook(cls, request: WebhookRequest) -> bool:
        """Whether it has a header or the keys of this vendor's callbacks."""
        return is_callback(request)

    def located(self, event: RecordingEvent, recording: Recording) -> RecordingEvent:
        """The event with the whole keys and the addresses of its files."""
        return located(event, recording)

    def webhook_sources(self) -> tuple[str, ...]:
        """The addresses that the vendor's callbacks come from. They change: ask once a day at least.

        Raises:
            UnexpectedResponse: the answer names none.
            RecorderError: every other class, by what the vendor answered.
        """
        return source_addresses(addresses(self._calls))

    def check_account(self, base_url: str) -> str:
        """Ask for the addresses of callbacks, which proves the Customer ID; acquire for a room of nobody's, the App ID.

        Nothing is started. An unused resource id lapses after 5 minutes ("acquire", Agora, 2026); what is billed is the
        minutes that are recorded ("Billing for Cloud Recording", Agora).

        Raises:
            AuthenticationError: Customer ID and Customer Secret aren't accepted.
            PermissionDenied: they are, and the App ID is another account's or has no Cloud Recording.
            RecorderError: every other class, by what the vendor answered.
        """
        return try_account(self._calls, base_url)

    def _without_files(
        self, recording: Recording, state: RecordingState, reason: str, answer: Answer
    ) -> RecordingStatus:
        return RecordingStatus(
            state=state,
            started_at=recording.started_at,
            reason=reason,
            request_id=answer.envelope.request_id,
            raw=answer.body,
        )

    def _time(self) -> float:
        return self.runtime.clock.time()

    @property
    def _calls(self) -> Calls:
        return Calls(self.transport, self.config)
