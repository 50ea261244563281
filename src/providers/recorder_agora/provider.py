"""The flow of calls: acquire and start as a pair, query, updateLayout, stop."""

from __future__ import annotations

import itertools
import json
import math
from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import SecretStr
from requests.auth import HTTPBasicAuth

from recorder_agora.config import AgoraConfig, AgoraOptions
from recorder_agora.rules import RULES
from recorder_agora.translate import CompositeTranslator, named
from recorder_agora.translate_answers import query_status, stop_status
from recorder_agora.translate_layout import LayoutTranslator
from recorder_agora.wire import StopClientRequest, StopRequest, UpdateLayoutRequest
from recorder_core.clock import Deadline
from recorder_core.errors import RecordingNotFound, ServiceUnavailable, StartOutcomeUnknown
from recorder_core.models import (
    Layout,
    Mode,
    Recording,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    StartIntent,
)
from recorder_core.plan import Finding, Plan, PlannedRequest
from recorder_core.provider import Provider
from recorder_core.transport import Answer, Call, Envelope, RuleTable, Runtime, Transport, quote_path

__all__ = ["AgoraProvider"]

MODES = {Mode.COMPOSITE: "mix"}
RECOVERY_S = 90.0
"""How long a recording may answer 404 while the vendor moves it to another server ("Best practices", Agora, 2026)."""
SETTLED_S = 50.0
"""How long a stop must have answered 404 at least, to be taken for an end when its deadline comes first. The vendor's
own advice gives a recording up after 30 s of it ("Best practices", Agora, 2026)."""
UNWATCHED_S = 300.0
"""A silence with a longer gap between two looks isn't one: it may have been up in between."""
SYNCHRONOUS_S = 25.0
"""What a synchronous stop may take: the vendor answers after about 20 s at the latest."""
LAST_TRY_S = 2.0
"""Seconds that the last try of a stop has for its answer."""
REMEMBERED = 10_000
EXITING = 501
"""Query's code for a session that is exiting, in older documents; newer ones have 404."""
NOTHING_STARTED = (15, 433, 502)
"""Start's codes for "not with this resource id": nothing was started, a fresh resource id may do."""


class _Sightings:
    """When each recording was last known to the vendor, as far as this process saw."""

    def __init__(self) -> None:
        self._silences: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def alive(self, recording: Recording) -> None:
        """The vendor has it up just now."""
        self._silences.pop(recording.native["sid"], None)

    def ended(self, recording: Recording) -> None:
        """The vendor said that it is ending, so that a 404 from now on is its end."""
        self._note(recording, -math.inf, math.inf)

    def silence(self, recording: Recording, now: float) -> float:
        """Seconds for which it hasn't been up at any look, this one included; infinite after a known end."""
        since, looked = self._silences.get(recording.native["sid"], (now, now))
        if now - looked > UNWATCHED_S:
            since = now
        if looked < math.inf:
            self._note(recording, since, now)
        return now - since

    def _note(self, recording: Recording, since: float, looked: float) -> None:
        self._silences[recording.native["sid"]] = (since, looked)
        self._silences.move_to_end(recording.native["sid"])
        while len(self._silences) > REMEMBERED:
            self._silences.popitem(last=False)


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
    poll_delays: ClassVar[tuple[float, ...]] = (5.0, 5.0, 10.0, 15.0)

    config: AgoraConfig

    def __init__(self, config: AgoraConfig) -> None:
        super().__init__(config)
        self._sightings = _Sightings()

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
        )

    def translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        """acquire and start for a spec. Pure.

        Raises:
            InvalidSpec: the options are wrong.
        """
        options = self.options(spec, AgoraOptions)
        resolved = spec.resolved()
        if spec.mode not in MODES:
            missing = Finding(
                "mode", "unsupported", f"this release records {', '.join(MODES)} rooms", "choose one of them"
            )
            return Plan(self.name, (), (missing,), resolved)
        translator = CompositeTranslator(self.name, self.config, resolved, options, intent, named(spec))
        translator.walk_spec(resolved, given=spec, options=options, apart_from=intent.apart_from)
        requests: tuple[PlannedRequest, ...] = ()
        if not translator.refused:
            acquire, start = translator.bodies()
            resource = "/resourceid/{resourceId}/mode/" + MODES[spec.mode]
            requests = (
                self._planned("acquire", "/acquire", acquire),
                self._planned("start", f"{resource}/start", start),
            )
        return Plan(self.name, requests, translator.findings, translator.spec)

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        """Acquire a resource and start at once; once more with a fresh resource where the first had no capacity.

        Raises:
            StartOutcomeUnknown: it runs, or may run, and the vendor didn't tell its id.
        """
        acquire, body = dict(plan.request("acquire").payload), self._with_token(plan)
        if "startParameter" in acquire["clientRequest"]:
            acquire = {
                **acquire,
                "clientRequest": acquire["clientRequest"] | {"startParameter": body["clientRequest"]},
            }
        try:
            return self._start(plan, intent, acquire, body)
        except ServiceUnavailable as error:
            if error.vendor_code not in NOTHING_STARTED:
                raise
        return self._start(plan, intent, acquire, body)

    def _start(self, plan: Plan, intent: StartIntent, acquire: Mapping[str, Any], body: Mapping[str, Any]) -> Recording:
        mode = MODES[Mode.COMPOSITE]
        acquired = self._send("acquire", intent.id, "/acquire", acquire, requires=("resourceId",))
        resource_id = str(acquired.body["resourceId"])
        cname, uid = acquire["cname"], acquire["uid"]
        intent.note(cname=cname, uid=uid, resourceId=resource_id, mode=mode)
        path = f"/resourceid{quote_path(resource_id)}/mode/{mode}/start"
        answer = self._send("start", intent.id, path, body)
        sid = answer.body.get("sid")
        if not sid:
            raise self._without_sid(answer, intent)
        intent.note(sid=sid)
        hours = acquire["clientRequest"]["resourceExpiredHour"]
        expected = plan.spec.expected_participants
        now = self.now()
        return self.begun(
            plan,
            intent,
            started_at=now,
            controllable_until=now + timedelta(hours=hours),
            native={
                "cname": cname,
                "uid": uid,
                "resourceId": resource_id,
                "sid": sid,
                "mode": mode,
                **({"expected_participants": expected} if expected else {}),
            },
            request_id=answer.envelope.request_id,
        )

    def _with_token(self, plan: Plan) -> dict[str, Any]:
        """The body of start with the token that the caller's factory makes, unless the spec brings one."""
        body = plan.request("start").payload
        client = dict(body["clientRequest"])
        factory = self.config.token_factory
        if factory is not None and self.options(plan.spec, AgoraOptions).token is None:
            client["token"] = SecretStr(factory(body["cname"], body["uid"]))
        return {**body, "clientRequest": client}

    def _without_sid(self, answer: Answer, intent: StartIntent) -> StartOutcomeUnknown:
        """201 says that it runs; 200 without a `sid` only that it may."""
        runs = "it runs, but" if answer.status == 201 else "start was accepted, so it may run, but"
        return StartOutcomeUnknown(
            f"{runs} the vendor didn't tell its sid, without which it can't be stopped",
            provider=self.name,
            operation="start",
            recording_id=intent.id,
            http_status=answer.status,
            vendor_code=answer.envelope.code,
            vendor_message=answer.envelope.message,
            request_id=answer.envelope.request_id,
            fault="vendor",
            hint="The vendor's callbacks carry the sid. Else it ends once the room was empty for idle_timeout, or "
            "when its uid (see intent.noted) is put out of the room: POST /dev/v1/kicking-rule, join_channel.",
        )

    def status(self, recording: Recording) -> RecordingStatus:
        """query. A 404 is `starting` in the first 90 s, `gone` after 90 s of it, `unreachable` in between."""
        try:
            answer = self._send("query", recording.id, self._path(recording, "query"), method="GET")
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
            self._see(recording, status.state)
            return status
        return self._missing(recording, answer)

    def _see(self, recording: Recording, state: RecordingState) -> None:
        if state in (RecordingState.STOPPING, RecordingState.UPLOADING, RecordingState.FAILED):
            self._sightings.ended(recording)
        elif state is RecordingState.STARTING and self._age(recording) < RECOVERY_S:
            self._sightings.silence(recording, self.runtime.clock.time())
        else:
            self._sightings.alive(recording)

    def _missing(self, recording: Recording, answer: Answer) -> RecordingStatus:
        if answer.envelope.code == EXITING:
            return self._without_files(recording, RecordingState.STOPPING, "it is exiting (code 501)", answer)
        silence = self._sightings.silence(recording, self.runtime.clock.time())
        if silence < RECOVERY_S and self._age(recording) < RECOVERY_S:
            state = RecordingState.STARTING
            reason = (
                "the vendor doesn't know it (404): it isn't up yet, moves to another server, or was stopped elsewhere"
            )
        elif silence == math.inf:
            state, reason = RecordingState.GONE, "it was stopped, and the vendor has forgotten it (404)"
        elif silence >= RECOVERY_S:
            state, reason = RecordingState.GONE, f"the vendor has not known it for {silence:.0f} s (404)"
        else:
            state = RecordingState.UNREACHABLE
            reason = "the vendor doesn't know it (404): it ended, or is moving to another server for up to 90 s"
        return self._without_files(recording, state, reason, answer)

    def translate_layout(self, recording: Recording, layout: Layout) -> Plan:
        """updateLayout for a whole layout. Pure."""
        translator = LayoutTranslator(self.name, layout, recording.native.get("expected_participants"))
        translator.walk_layout(layout)
        requests: tuple[PlannedRequest, ...] = ()
        if not translator.refused:
            body = UpdateLayoutRequest(**self._identity(recording), clientRequest=translator.mixed_layout()).tree()
            requests = (self._planned("updateLayout", self._path(recording, "updateLayout"), body),)
        return Plan(self.name, requests, translator.findings)

    def layout(self, recording: Recording, layout: Layout, plan: Plan) -> Recording:
        """Send an updateLayout."""
        body = plan.request("updateLayout").payload
        self._send("updateLayout", recording.id, self._path(recording, "updateLayout"), body)
        self._sightings.alive(recording)
        return recording

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        """stop, synchronous with `wait`: the vendor answers when the files are there, or after about 20 s.

        A 404 is either an end or a move to another server, which lasts up to 90 s. So it is asked again, for 90 s or
        until the deadline. A deadline that comes after 50 s of 404 takes it for an end, and says how long it was; an
        earlier one leaves it `unreachable`.
        """
        limit = Deadline(self.runtime.clock, deadline)
        path = self._path(recording, "stop")
        for pause in itertools.chain((5.0, 10.0), itertools.repeat(15.0)):
            # An answer that comes after the deadline is lost, and the file list with it.
            waits = wait and min(limit.remaining(), self.runtime.timeout[1]) >= SYNCHRONOUS_S
            client = StopClientRequest(async_stop=not waits)
            body = StopRequest(**self._identity(recording), clientRequest=client).tree()
            answer = self._send("stop", recording.id, path, body)
            if answer.status != 404:
                self._sightings.ended(recording)
                return stop_status(recording, answer, self.now())
            silence = self._sightings.silence(recording, self.runtime.clock.time())
            delay = min(pause, limit.remaining() - LAST_TRY_S)  # the last try comes just before the deadline
            if silence >= RECOVERY_S or delay <= 0:
                break
            self.runtime.clock.sleep(delay)
        if silence >= SETTLED_S:
            reason = f"it had ended: the vendor hasn't known it for {min(silence, RECOVERY_S):.0f} s or more (404)"
            return self._without_files(recording, RecordingState.GONE, reason, answer)
        reason = "the vendor doesn't know it (404): it ended, or is moving for up to 90 s; stop it again to be sure"
        return self._without_files(recording, RecordingState.UNREACHABLE, reason, answer)

    def causes(self, recording: Recording, status: RecordingStatus) -> tuple[str, ...]:
        """What the vendor checks only after start has answered 200 ("Best practices", Agora, 2026)."""
        return (
            "storage: bucket, region or keys are wrong, or the keys may not write; the vendor checks them after start",
            "token: missing, expired or made for another uid or room, while the project's App Certificate is on",
            "uid: somebody in the room has the recorder's uid and put it out",
            "room: nobody was in it for idle_timeout, or the App ID isn't the room's",
        )

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

    def _age(self, recording: Recording) -> float:
        return self.runtime.clock.time() - recording.started_at.timestamp()

    def _identity(self, recording: Recording) -> dict[str, Any]:
        return {"cname": recording.native["cname"], "uid": recording.native["uid"]}

    def _path(self, recording: Recording, method: str) -> str:
        native = recording.native
        ids = quote_path("resourceid", native["resourceId"], "sid", native["sid"], "mode", native["mode"])
        return f"{ids}/{method}"

    @property
    def _root(self) -> str:
        return f"{quote_path('v1', 'apps', self.config.app_id)}/cloud_recording"

    def _planned(self, operation: str, path: str, body: Mapping[str, Any]) -> PlannedRequest:
        return PlannedRequest(operation, "POST", f"{self.config.hosts()[0].rstrip('/')}{self._root}{path}", body)

    def _send(
        self,
        operation: str,
        recording_id: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        method: str = "POST",
        requires: tuple[str, ...] = (),
    ) -> Answer:
        return self.transport.send(
            Call(
                operation=operation,
                method=method,
                path=self._root + path,
                body=body,
                recording_id=recording_id,
                requires=requires,
            )
        )


def read_envelope(status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> Envelope:
    """Code and reason of the service, or the gateway's message; the request id is a header."""
    code, message = body.get("code"), body.get("reason") or body.get("message")
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code)
    return Envelope(
        code=code if isinstance(code, int | str) else None,
        message=message if message is None or isinstance(message, str) else json.dumps(message),
        request_id=headers.get("X-Request-Id"),
    )
