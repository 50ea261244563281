"""The vendor's Cloud Recording service on loopback: routes, authentication, limits, validation and answers.

Strictly from the vendor's documents: the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026)
and "Common errors" (withdrawn 17 June 2026). It knows the wire and nothing of the neutral models. Composite
mode only.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, TypeVar

from recorder_agora.emulator_protocol import (
    RefusedError,
    check_storage,
    check_stricter,
    check_stricter_lists,
    gateway,
    json_object,
    read,
    refusal,
)
from recorder_agora.emulator_session import SYNCHRONOUS_S, Identity, Session
from recorder_agora.wire import (
    AcquireRequest,
    AudioUidList,
    StartClientRequest,
    StartRequest,
    StopRequest,
    UpdateLayoutRequest,
    UpdateRequest,
    VideoUidList,
)
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.limits import RateLimit
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService

__all__ = ["AgoraEmulator"]

CALLS_PER_SECOND: Final = 10
RESOURCE_LIFE_S: Final = 300.0
CONTROL_HOURS: Final = 72
UNKNOWN_OPERATION: Final = "unknown"

_ROUTE = re.compile(
    r"/v1/apps/(?P<app>[^/]+)/cloud_recording/"
    r"(?:(?P<acquire>acquire)"
    r"|resourceid/(?P<resource>[^/]+)/(?:mode/(?P<start_mode>[^/]+)/(?P<start>start)"
    r"|sid/(?P<sid>[^/]+)/mode/(?P<mode>[^/]+)/(?P<later>query|update|updateLayout|stop)))"
)

Body = TypeVar("Body", AcquireRequest, StartRequest, UpdateRequest, UpdateLayoutRequest, StopRequest)


@dataclass(slots=True)
class _Resource:
    """What acquire gave out. It serves one start."""

    id: str
    cname: str
    uid: str
    acquired_at: float
    hours: int
    start_parameter: Any
    session: Session | None = None


class AgoraEmulator(EmulatedService):
    """Agora's service with one project and one account, in which every room exists.

    Where the vendor's pages leave two readings, an argument chooses; the default demands more of a client.

    Args:
        app_id: the project's App ID.
        customer_id: user name of the RESTful API.
        customer_secret: its password.
        tokens: the room tokens that are valid, for a project whose App Certificate is on; None: it's off.
        buckets: the buckets that exist; None: any does. A start with another one dies after 30 s.
        concurrent: most recordings at once; more make acquire answer code 406.
        upload_s: emulated seconds from the end to the last file's upload. A synchronous stop waits up to 20,
            beyond that it answers 206 without files.
        sid_in_201: whether the answer to a repeated start carries the `sid`; no page says.
        prefix_in_file_names: whether file lists name files with their prefix, as was observed, or bare, as in
            the samples.
        frame_stays: a camera that went off leaves its last frame where no image is configured, as the page on
            composite recording says, or the background, as the page on layouts says.
        options: those of `EmulatedService`. `strict` refuses keys that it doesn't know, an incomplete set of
            width, height, fps and bitrate, and empty lists in update.
    """

    name: ClassVar[str] = "agora"
    operations: ClassVar[frozenset[str]] = frozenset({"acquire", "start", "query", "update", "updateLayout", "stop"})
    secret_names: ClassVar[frozenset[str]] = frozenset(
        {"token", "accessKey", "secretKey", "stsToken", "secret", "salt", "privateParams"}
    )

    def __init__(
        self,
        *,
        app_id: str = "e0a1b2c3d4e5f60718293a4b5c6d7e8f",
        customer_id: str = "emulated-customer-id",
        customer_secret: str | None = None,
        tokens: Collection[str] | None = None,
        buckets: Collection[str] | None = None,
        concurrent: int = 50,
        upload_s: float = 0.0,
        sid_in_201: bool = False,
        prefix_in_file_names: bool = True,
        frame_stays: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.app_id = app_id
        self.customer_id = customer_id
        self.customer_secret = customer_secret or secrets.token_hex(16)
        self.tokens = tokens
        self.buckets = buckets
        self.concurrent = concurrent
        self.upload_s = upload_s
        self.sid_in_201 = sid_in_201
        self.prefix_in_file_names = prefix_in_file_names
        self.frame_stays = frame_stays
        self._limit = RateLimit(CALLS_PER_SECOND)
        self._resources: dict[str, _Resource] = {}
        self._sessions: list[Session] = []

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
        """The method's name on the wire: acquire, start, query, update, updateLayout, stop."""
        route = _ROUTE.fullmatch(request.path)
        return _operation(route) if route else UNKNOWN_OPERATION

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
                ids={**session.identity.echo(), "mode": "mix"},
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
        route = _ROUTE.fullmatch(request.path)
        if route is None or request.method != ("GET" if route["later"] == "query" else "POST"):
            raise gateway(404, "no Route matched with those values")
        self._authenticate(request)
        if not self.allows(self._limit, self.customer_id):
            return self.rate_limited()
        if route["app"] != self.app_id:
            raise gateway(400, "appid is invalid")
        operation = _operation(route)
        if request.fault_code is not None:
            raise refusal(request.fault_code, operation)
        if route["acquire"]:
            return self._acquire(json_object(request, operation))
        if (route["start_mode"] or route["mode"]) != "mix":
            raise refusal(2, operation, f"{operation}: invalid mode value! This emulator records in mode mix.")
        if route["start"]:
            return self._start(route["resource"], json_object(request, operation), doomed=request.fault == "die")
        return self._later(route, operation, request)

    def _authenticate(self, request: EmulatedRequest) -> None:
        given = request.headers.get("Authorization")
        if given is None:
            raise gateway(401, "Unauthorized")
        pair = base64.b64encode(f"{self.customer_id}:{self.customer_secret}".encode())
        if not hmac.compare_digest(given.encode(), b"Basic " + pair):
            raise gateway(401, "Invalid authentication credentials")

    def _read(self, model: type[Body], body: dict[str, Any], operation: str) -> Body:
        return read(model, body, operation, strict=self.strict)

    # The methods

    def _acquire(self, body: dict[str, Any]) -> EmulatedResponse:
        # The later start's parameters are taken as they are: a bad value passes here and fails start.
        client = body.get("clientRequest")
        parameter = client.get("startParameter") if isinstance(client, dict) else None
        if isinstance(client, dict):
            rest = {name: value for name, value in client.items() if name != "startParameter"}
            body = {**body, "clientRequest": rest}
        asked = self._read(AcquireRequest, body, "acquire")
        if sum(session.ended_at is None for session in self._sessions) >= self.concurrent:
            raise refusal(406, "acquire")
        resource = _Resource(
            id=secrets.token_urlsafe(96),
            cname=asked.cname,
            uid=asked.uid,
            acquired_at=self.clock.time(),
            hours=asked.clientRequest.resourceExpiredHour or CONTROL_HOURS,
            start_parameter=parameter,
        )
        self._resources[resource.id] = resource
        return EmulatedResponse(200, {"cname": asked.cname, "uid": asked.uid, "resourceId": resource.id})

    def _start(self, resource_id: str, body: dict[str, Any], *, doomed: bool) -> EmulatedResponse:
        resource = self._resource(resource_id, "start")
        asked = self._read(StartRequest, body, "start")
        request = asked.clientRequest
        self._check_identity(resource, asked.cname, asked.uid, "start")
        check_storage(request.storageConfig, "start", strict=self.strict)
        if self.strict:
            check_stricter(request.recordingConfig, "start")
        self._check_startable(resource, body["clientRequest"])
        now = self.clock.time()
        session = Session(
            identity=Identity(asked.cname, asked.uid, resource.id, uuid.uuid4().hex),
            room=self.room(asked.cname),
            started_at=now,
            controllable_until=now + resource.hours * 3600,
            request=request,
            deliver=self.deliver,
            upload_s=self.upload_s,
            frame_stays=self.frame_stays,
            doomed=doomed or self._is_doomed(request, asked.cname, asked.uid),
        )
        resource.session = session
        self._sessions.append(session)
        return EmulatedResponse(200, session.identity.echo())

    def _check_startable(self, resource: _Resource, client_request: Any) -> None:
        echo = {"cname": resource.cname, "uid": resource.uid, "resourceId": resource.id}
        session = resource.session
        if session is not None and session.ended_at is None:
            raise refusal(7, "start", **echo, sid=session.identity.sid if self.sid_in_201 else None)
        if session is not None:
            raise refusal(1005, "start", **echo)
        if self.clock.time() - resource.acquired_at > RESOURCE_LIFE_S:
            raise refusal(433, "start", **echo)
        if resource.start_parameter is not None and resource.start_parameter != client_request:
            raise refusal(432, "start", "startParameter of acquire differs", **echo)
        if any(self._is_same(session, resource) for session in self._sessions):
            raise refusal(53, "start", **echo)

    @staticmethod
    def _is_same(session: Session, resource: _Resource) -> bool:
        running = session.ended_at is None
        return running and (session.identity.cname, session.identity.uid) == (resource.cname, resource.uid)

    def _is_doomed(self, request: StartClientRequest, cname: str, uid: str) -> bool:
        """What is checked only after start was answered: bucket, token, and that nobody has the uid."""
        token = request.token.get_secret_value() if request.token else None
        present = self.room(cname).present(self.clock.time())
        return (
            (self.buckets is not None and request.storageConfig.bucket not in self.buckets)
            or (self.tokens is not None and token not in self.tokens)
            or any(participant.id == uid for participant in present)
        )

    def _later(self, route: re.Match[str], operation: str, request: EmulatedRequest) -> EmulatedResponse:
        resource = self._resource(route["resource"], operation)
        session = resource.session
        if session is None or session.identity.sid != route["sid"]:
            raise refusal(1003, operation, resourceId=resource.id, sid=route["sid"])
        if self.clock.time() >= session.controllable_until:
            raise refusal(433, operation, **session.identity.echo())
        if operation == "query":
            return self._query(session)
        body = json_object(request, operation)
        if operation == "stop":
            return self._stop(session, self._checked(StopRequest, body, session, operation))
        if operation == "updateLayout":
            layout = self._checked(UpdateLayoutRequest, body, session, operation).clientRequest
            self._check_running(session, operation)
            session.change_layout(self.clock.time(), layout)
            return EmulatedResponse(200, session.identity.echo())
        return self._update(session, self._checked(UpdateRequest, body, session, operation))

    def _query(self, session: Session) -> EmulatedResponse:
        now = self.clock.time()
        if not session.answers_query(now):
            raise refusal(404, "query", **session.identity.echo())
        began = session.began(now)
        server: dict[str, Any] = {
            "status": session.status(now),
            "fileListMode": "json" if session.with_mp4 else "string",
            "fileList": session.file_list(now, with_prefix=self.prefix_in_file_names),
        }
        if began is not None:
            server["sliceStartTime"] = int(began * 1000)
        return EmulatedResponse(200, {**session.identity.echo(), "serverResponse": server})

    def _update(self, session: Session, asked: UpdateRequest) -> EmulatedResponse:
        lists, storage = asked.clientRequest.streamSubscribe, asked.clientRequest.storageConfig
        if storage is not None:
            check_storage(storage, "update", strict=self.strict)
        if lists is not None:
            for absent, part in ((1, lists.audioUidList), (0, lists.videoUidList)):
                if session.streams == absent and part is not None:
                    raise refusal(2, "update", f"Update: the recording has streamTypes {absent}")
            if self.strict:
                check_stricter_lists(lists, "update")
        self._check_running(session, "update")
        if lists is not None:
            session.subscribe(
                self.clock.time(), lists.audioUidList or AudioUidList(), lists.videoUidList or VideoUidList()
            )
        if storage is not None:
            session.renew_storage(storage)
        return EmulatedResponse(200, session.identity.echo())

    def _stop(self, session: Session, asked: StopRequest) -> EmulatedResponse:
        now, echo = self.clock.time(), session.identity.echo()
        if session.is_leaving(now):
            raise refusal(49, "stop", **echo)
        if session.ended_at is not None:
            raise refusal(404, "stop", **echo)
        wait = not asked.clientRequest.async_stop
        session.stop(now, wait=wait)
        if not wait:
            return EmulatedResponse(200, {**echo, "serverResponse": {"uploadingStatus": "unknown"}})
        if session.is_empty or session.began(now) is None:
            raise refusal(435, "stop", **echo)
        if session.upload_s > SYNCHRONOUS_S:
            return EmulatedResponse(206, {**echo, "serverResponse": {"uploadingStatus": "unknown"}})
        server = {
            "fileListMode": "json" if session.with_mp4 else "string",
            "fileList": session.file_list(now, with_prefix=self.prefix_in_file_names),
            "uploadingStatus": session.uploading_status,
        }
        return EmulatedResponse(200, {**echo, "serverResponse": server})

    # What methods check alike

    def _resource(self, resource_id: str, operation: str) -> _Resource:
        resource = self._resources.get(resource_id)
        if resource is None:
            raise refusal(1001, operation, resourceId=resource_id)
        return resource

    def _checked(self, model: type[Body], body: dict[str, Any], session: Session, operation: str) -> Body:
        asked = self._read(model, body, operation)
        identity = session.identity
        if (asked.cname, asked.uid) != (identity.cname, identity.uid):
            raise refusal(432, operation, resourceId=identity.resource_id, sid=identity.sid)
        return asked

    @staticmethod
    def _check_identity(resource: _Resource, cname: str, uid: str, operation: str) -> None:
        if (cname, uid) != (resource.cname, resource.uid):
            raise refusal(432, operation, cname=cname, uid=uid, resourceId=resource.id)

    @staticmethod
    def _check_running(session: Session, operation: str) -> None:
        if session.ended_at is not None:
            raise refusal(404, operation, **session.identity.echo())


def _operation(route: re.Match[str]) -> str:
    return route["acquire"] or route["start"] or route["later"]
