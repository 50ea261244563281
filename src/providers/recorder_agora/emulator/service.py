"""The vendor's Cloud Recording service on loopback: routes, authentication, limits, validation and answers.

Strictly from the vendor's documents: the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026)
and "Common errors" (withdrawn 17 June 2026). It knows the wire and nothing of the neutral models. Of what
left the documents in April 2025, clouds and regions are taken and postponed transcoding, upload to a video
service and `scene` 2 are refused by name.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import uuid
from collections.abc import Collection
from dataclasses import replace
from typing import Any, ClassVar, Final, TypeVar

from recorder_agora.emulator.individual import IndividualSession
from recorder_agora.emulator.mix import MixSession
from recorder_agora.emulator.protocol import (
    RefusedError,
    check_storage,
    check_stricter,
    documented,
    gateway,
    json_object,
    read,
    refusal,
)
from recorder_agora.emulator.resource import Resource
from recorder_agora.emulator.routes import ADDRESSES, MODES, Route
from recorder_agora.emulator.session import SYNCHRONOUS_S, Identity, Session
from recorder_agora.emulator.storage import is_fenced_out
from recorder_agora.emulator.web import WebSession
from recorder_agora.wire.recording import ChannelRecordingConfig, RecordingConfig
from recorder_agora.wire.requests import (
    AcquireRequest,
    IndividualStartClientRequest,
    IndividualStartRequest,
    StartRequest,
    StopRequest,
    UpdateLayoutRequest,
    UpdateRequest,
    WebAcquireRequest,
    WebStartClientRequest,
    WebStartRequest,
    WebStopRequest,
    WebUpdateRequest,
)
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.limits import RateLimit
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService

__all__ = ["AgoraEmulator"]

CALLS_PER_SECOND: Final = 10
CONTROL_HOURS: Final = 72
UNKNOWN_OPERATION: Final = "unknown"
WEB_SCENE: Final = 1
"""`scene` of acquire for mode web."""

Start = StartRequest | IndividualStartRequest | WebStartRequest
Body = TypeVar("Body", bound=UpdateRequest | WebUpdateRequest | UpdateLayoutRequest | StopRequest | WebStopRequest)


class AgoraEmulator(EmulatedService):
    """Agora's service with one project and one account, in which every room exists.

    Where the vendor's pages leave two readings, an argument chooses; the default demands more of a client.

    Args:
        app_id: the project's App ID.
        customer_id: user name of the RESTful API.
        customer_secret: its password.
        tokens: the room tokens that are valid, for a project whose App Certificate is on; None: it's off.
        encryption: `decryptionMode`, `secret` and `salt` (None where the mode has none) of the rooms' media. A recorder
            that is started with others can't read them, and dies within 30 s; None: it isn't judged.
        buckets: the buckets that exist; None: any does. A start with another one dies after 30 s.
        concurrent: most recordings of rooms at once; more make acquire answer code 406.
        concurrent_pages: most recordings of web pages at once.
        upload_s: emulated seconds from the end to the last file's upload. A synchronous stop waits up to 20,
            beyond that it answers 206 without files.
        sid_in_201: whether the answer to a repeated start carries the `sid`; no page says.
        prefix_in_file_names: whether file lists name files with their prefix, as was observed, or bare, as in
            the samples.
        frame_stays: a camera that went off leaves its last frame where no image is configured, as the page on
            composite recording says, or the background, as the page on layouts says.
        page_ready_s: emulated seconds from the opening of a web page to its call of
            `navigator.notifyReady()`, which a recording with `readyTimeout` waits for. Longer than that timeout:
            the page is opened once more, and the second time the recording ends without a file.
        addresses: from where notifications would come, as `ncs/ip` tells.
        options: those of `EmulatedService`. `strict` refuses keys that it doesn't know, an incomplete set of
            width, height, fps and bitrate, empty lists in update, an individual recording without
            `subscribeUidGroup`, and snapshots less than 5 s apart.
    """

    name: ClassVar[str] = "agora"
    operations: ClassVar[frozenset[str]] = frozenset(
        {"acquire", "start", "query", "update", "updateLayout", "stop", ADDRESSES}
    )
    secret_names: ClassVar[frozenset[str]] = frozenset(
        {"token", "accessKey", "secretKey", "stsToken", "secret", "salt", "privateParams", "rtmpUrl"}
    )

    def __init__(
        self,
        *,
        app_id: str = "e0a1b2c3d4e5f60718293a4b5c6d7e8f",
        customer_id: str = "emulated-customer-id",
        customer_secret: str | None = None,
        tokens: Collection[str] | None = None,
        encryption: tuple[int, str, str | None] | None = None,
        buckets: Collection[str] | None = None,
        concurrent: int = 50,
        concurrent_pages: int = 200,
        upload_s: float = 0.0,
        sid_in_201: bool = False,
        prefix_in_file_names: bool = True,
        frame_stays: bool = True,
        page_ready_s: float = 1.0,
        addresses: Collection[str] = ("127.0.0.1", "127.0.0.2"),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.app_id = app_id
        self.customer_id = customer_id
        self.customer_secret = customer_secret or secrets.token_hex(16)
        self.tokens = tokens
        self.encryption = encryption
        self.buckets = buckets
        self.concurrent = concurrent
        self.concurrent_pages = concurrent_pages
        self.upload_s = upload_s
        self.sid_in_201 = sid_in_201
        self.prefix_in_file_names = prefix_in_file_names
        self.frame_stays = frame_stays
        self.page_ready_s = page_ready_s
        self.addresses = tuple(addresses)
        self._limit = RateLimit(CALLS_PER_SECOND)
        self._resources: dict[str, Resource] = {}
        self._sessions: list[Session[Any]] = []

    @property
    def env(self) -> dict[str, str]:
        """The variables that point `Recorder.from_env("agora")` at this service."""
        return {
            "AGORA_APP_ID": self.app_id,
            "AGORA_CUSTOMER_ID": self.customer_id,
            "AGORA_CUSTOMER_SECRET": self.customer_secret,
            "AGORA_BASE_URLS": self.base_url,
        }

    def operation(self, request: EmulatedRequest) -> str:
        """The method's name on the wire: acquire, start, query, update, updateLayout, stop, ncs/ip."""
        route = Route.of(request.path)
        return route.operation if route else UNKNOWN_OPERATION

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        """Answer a request."""
        try:
            response = self._answer(request)
        except RefusedError as refused:
            response = refused.response
        return replace(response, headers={**response.headers, "X-Request-Id": uuid.uuid4().hex})

    def rate_limited(self) -> EmulatedResponse:
        """The gateway's answer to an eleventh call in one second."""
        return EmulatedResponse(429, {"message": "API rate limit exceeded"}, {"X-Request-Id": uuid.uuid4().hex})

    def settle(self, now: float) -> None:
        """Let every recording's ends and uploads happen."""
        for session in self._sessions:
            session.settle(now)

    def emulated_recordings(self) -> list[EmulatedRecording]:
        """All recordings, with `cname`, `uid`, `resourceId`, `sid` and `mode` as ids."""
        return [
            EmulatedRecording(
                ids={**session.identity.echo(), "mode": session.mode},
                room=session.identity.cname,
                running=session.ended_at is None,
                started_at=session.started_at,
                ended_at=session.ended_at,
                files=session.keys,
            )
            for session in self._sessions
        ]

    # What holds for every method

    def _answer(self, request: EmulatedRequest) -> EmulatedResponse:
        route = Route.of(request.path)
        if route is None or request.method != route.method:
            raise gateway(404, "no Route matched with those values")
        self._authenticate(request)
        if not self.allows(self._limit, self.customer_id):
            return self.rate_limited()
        if request.fault_code is not None:
            raise refusal(request.fault_code, route.operation)
        if route.operation == ADDRESSES:
            hosts = [{"primaryIP": address} for address in self.addresses]
            return EmulatedResponse(200, {"data": {"service": {"hosts": hosts}}})
        if route.app != self.app_id:
            raise gateway(400, "appid is invalid")
        if route.operation == "acquire":
            return self._acquire(json_object(request, "acquire"))
        if route.mode not in MODES:
            raise _invalid_mode(route.operation)
        if route.operation == "start":
            return self._start(route, json_object(request, "start"), doomed=request.fault == "die")
        return self._later(route, request)

    def _authenticate(self, request: EmulatedRequest) -> None:
        given = request.headers.get("Authorization")
        if given is None:
            raise gateway(401, "Unauthorized")
        pair = base64.b64encode(f"{self.customer_id}:{self.customer_secret}".encode())
        if not hmac.compare_digest(given.encode(), b"Basic " + pair):
            raise gateway(401, "Invalid authentication credentials")

    # The methods

    def _acquire(self, body: dict[str, Any]) -> EmulatedResponse:
        body = documented(body, "", "acquire", strict=self.strict)
        # The later start's parameters are taken as they are: a bad value passes here and fails start.
        client = body.get("clientRequest")
        parameter = client.pop("startParameter", None) if isinstance(client, dict) else None
        is_web = isinstance(client, dict) and client.get("scene") == WEB_SCENE
        model: type[AcquireRequest | WebAcquireRequest] = WebAcquireRequest if is_web else AcquireRequest
        asked = read(model, body, "acquire", strict=self.strict)
        running = [session for session in self._sessions if session.ended_at is None]
        pages = sum(isinstance(session, WebSession) for session in running)
        if (pages >= self.concurrent_pages) if is_web else (len(running) - pages >= self.concurrent):
            raise refusal(406, "acquire")
        resource = Resource(
            id=secrets.token_urlsafe(96),
            cname=asked.cname,
            uid=asked.uid,
            is_web=is_web,
            region=asked.clientRequest.region,
            acquired_at=self.clock.time(),
            hours=asked.clientRequest.resourceExpiredHour or CONTROL_HOURS,
            start_parameter=parameter,
        )
        self._resources[resource.id] = resource
        return EmulatedResponse(200, {"cname": asked.cname, "uid": asked.uid, "resourceId": resource.id})

    def _start(self, route: Route, body: dict[str, Any], *, doomed: bool) -> EmulatedResponse:
        resource = self._resource(route)
        resource.check_mode(route.mode)
        known = documented(body, route.mode, "start", strict=self.strict)
        asked = read(MODES[route.mode].start, known, "start", strict=self.strict)
        resource.check_identity(asked.cname, asked.uid, "start")
        check_storage(asked.clientRequest.storageConfig, "start", strict=self.strict)
        if self.strict:
            check_stricter(asked.clientRequest, "start")
        resource.check_startable(body["clientRequest"], self.clock.time(), self._sessions, sid_in_201=self.sid_in_201)
        session = self._session(resource, asked, doomed=doomed)
        resource.session = session
        self._sessions.append(session)
        return EmulatedResponse(200, session.identity.echo())

    def _session(self, resource: Resource, asked: Start, *, doomed: bool) -> Session[Any]:
        now = self.clock.time()
        common: dict[str, Any] = {
            "identity": Identity(asked.cname, asked.uid, resource.id, uuid.uuid4().hex),
            "service": self,
            "storage": asked.clientRequest.storageConfig,
            "started_at": now,
            "controllable_until": now + resource.hours * 3600,
            "upload_s": self.upload_s,
            "with_prefix": self.prefix_in_file_names,
            "doomed": doomed or self._is_doomed(asked, resource),
        }
        request = asked.clientRequest
        if isinstance(request, WebStartClientRequest):
            return WebSession(request=request, page_ready_s=self.page_ready_s, **common)
        room = self.room(asked.cname)
        if isinstance(request, IndividualStartClientRequest):
            return IndividualSession(request=request, room=room, **common)
        return MixSession(request=request, room=room, frame_stays=self.frame_stays, **common)

    def _is_doomed(self, asked: Start, resource: Resource) -> bool:
        """What is checked only after start was answered: bucket, area, token, cipher, and that nobody has the uid."""
        request = asked.clientRequest
        if is_fenced_out(request.storageConfig, resource.region):
            return True
        if self.buckets is not None and request.storageConfig.bucket not in self.buckets:
            return True
        if isinstance(request, WebStartClientRequest):
            return False
        if self.encryption not in (None, _cipher(request.recordingConfig or RecordingConfig())):
            return True
        token = request.token.get_secret_value() if request.token else None
        present = self.room(asked.cname).present(self.clock.time())
        return (self.tokens is not None and token not in self.tokens) or any(user.id == asked.uid for user in present)

    def _later(self, route: Route, request: EmulatedRequest) -> EmulatedResponse:
        operation = route.operation
        resource = self._resource(route)
        session = resource.session
        if session is None or session.identity.sid != route.sid:
            raise refusal(1003, operation, resourceId=resource.id, sid=route.sid)
        if session.mode != route.mode:
            raise _invalid_mode(operation)
        if self.clock.time() >= session.controllable_until:
            raise refusal(433, operation, **session.identity.echo())
        if operation == "query":
            return self._query(session)
        body, bodies = json_object(request, operation), MODES[route.mode]
        if operation == "stop":
            return self._stop(session, self._checked(bodies.stop, body, session, operation))
        if operation == "updateLayout":
            return self._layout(session, self._checked(UpdateLayoutRequest, body, session, operation))
        return self._update(session, self._checked(bodies.update, body, session, operation))

    def _query(self, session: Session[Any]) -> EmulatedResponse:
        now, echo = self.clock.time(), session.identity.echo()
        if not session.answers_query(now):
            raise refusal(404, "query", **echo)
        server = {"status": session.status(now), **session.content(now)}
        return EmulatedResponse(200, {**echo, "serverResponse": server})

    def _layout(self, session: Session[Any], asked: UpdateLayoutRequest) -> EmulatedResponse:
        if not isinstance(session, MixSession):
            raise _invalid_mode("updateLayout")
        self._check_running(session, "updateLayout")
        session.change_layout(self.clock.time(), asked.clientRequest)
        return EmulatedResponse(200, session.identity.echo())

    def _update(self, session: Session[Any], asked: UpdateRequest | WebUpdateRequest) -> EmulatedResponse:
        change = asked.clientRequest
        if change.storageConfig is not None:
            check_storage(change.storageConfig, "update", strict=self.strict)
        session.check_update(change, strict=self.strict)
        self._check_running(session, "update")
        session.update(self.clock.time(), change)
        if change.storageConfig is not None:
            session.renew_storage(change.storageConfig)
        return EmulatedResponse(200, session.identity.echo())

    def _stop(self, session: Session[Any], asked: StopRequest | WebStopRequest) -> EmulatedResponse:
        now, echo = self.clock.time(), session.identity.echo()
        if session.is_leaving(now):
            raise refusal(49, "stop", **echo)
        if session.ended_at is not None:
            raise refusal(404, "stop", **echo)
        wait = not asked.clientRequest.async_stop
        session.stop(now, wait=wait)
        if not wait:
            return EmulatedResponse(200, {**echo, "serverResponse": session.undecided()})
        if session.is_empty or session.began(now) is None:
            raise refusal(435, "stop", **echo)
        if session.upload_s > SYNCHRONOUS_S:
            return EmulatedResponse(206, {**echo, "serverResponse": session.undecided()})
        return EmulatedResponse(200, {**echo, "serverResponse": session.outcome(now)})

    # What methods check alike

    def _resource(self, route: Route) -> Resource:
        resource = self._resources.get(route.resource)
        if resource is None:
            raise refusal(1001, route.operation, resourceId=route.resource)
        return resource

    def _checked(self, model: type[Body], body: dict[str, Any], session: Session[Any], operation: str) -> Body:
        asked = read(model, body, operation, strict=self.strict)
        identity = session.identity
        if (asked.cname, asked.uid) != (identity.cname, identity.uid):
            raise refusal(432, operation, resourceId=identity.resource_id, sid=identity.sid)
        return asked

    @staticmethod
    def _check_running(session: Session[Any], operation: str) -> None:
        if session.ended_at is not None:
            raise refusal(404, operation, **session.identity.echo())


def _invalid_mode(operation: str) -> RefusedError:
    return refusal(2, operation, f"{operation[0].upper()}{operation[1:]}: invalid mode value!")


def _cipher(config: ChannelRecordingConfig) -> tuple[int, str | None, str | None]:
    """With what a recorder decrypts."""
    secret, salt = (value.get_secret_value() if value else None for value in (config.secret, config.salt))
    return config.decryptionMode or 0, secret, salt
