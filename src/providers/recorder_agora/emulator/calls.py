"""The calls of the emulated service: what each checks, does and answers."""

from __future__ import annotations

import base64
import hmac
import secrets
import uuid
from typing import Any, Final, TypeVar

from recorder_agora.emulator.callbacks import Notifier
from recorder_agora.emulator.ends import Doom
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
from recorder_agora.emulator.readings import Readings
from recorder_agora.emulator.register import Register
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
from recorder_core.emulation.service import EmulatedService

__all__ = ["Calls"]

CALLS_PER_SECOND: Final = 10
CONTROL_HOURS: Final = 72
WEB_SCENE: Final = 1
"""`scene` of acquire for mode web."""

Start = StartRequest | IndividualStartRequest | WebStartRequest
Body = TypeVar("Body", bound=UpdateRequest | WebUpdateRequest | UpdateLayoutRequest | StopRequest | WebStopRequest)


class Calls:
    """Every method of the API, under the service's lock.

    Args:
        service: whose clock, rooms and switches count.
        readings: of the vendor's pages, and the account.
        notifier: tells what happens to recordings.

    Attributes:
        register: the recordings that were started.
        expired: the room tokens that have expired.
    """

    def __init__(self, service: EmulatedService, readings: Readings, notifier: Notifier) -> None:
        self.register = Register()
        self.expired: set[str] = set()
        self._service = service
        self._readings = readings
        self._notifier = notifier
        self._limit = RateLimit(CALLS_PER_SECOND)
        self._resources: dict[str, Resource] = {}

    # What holds for every method

    def answer(self, request: EmulatedRequest) -> EmulatedResponse:
        """What a request is answered.

        Raises:
            RefusedError: it is refused.
        """
        route = Route.of(request.path)
        if route is None or request.method != route.method:
            raise gateway(404, "no Route matched with those values")
        self._authenticate(request)
        if not self._service.allows(self._limit, self._readings.customer_id):
            return self._service.rate_limited()
        if request.fault_code is not None:
            raise refusal(request.fault_code, route.operation)
        if route.operation == ADDRESSES:
            hosts = [{"primaryIP": address} for address in self._readings.addresses]
            return EmulatedResponse(200, {"data": {"service": {"hosts": hosts}}})
        if route.app != self._readings.app_id:
            raise gateway(400, "appid is invalid")
        if route.operation == "acquire":
            return self._acquire(json_object(request, "acquire"))
        if route.mode not in MODES:
            raise _invalid_mode(route.operation)
        if route.operation == "start":
            return self._start(route, json_object(request, "start"), dies=request.fault == "die")
        return self._later(route, request)

    def _authenticate(self, request: EmulatedRequest) -> None:
        given = request.headers.get("Authorization")
        if given is None:
            raise gateway(401, "Unauthorized")
        pair = base64.b64encode(f"{self._readings.customer_id}:{self._readings.customer_secret}".encode())
        if not hmac.compare_digest(given.encode(), b"Basic " + pair):
            raise gateway(401, "Invalid authentication credentials")

    # The methods

    def _acquire(self, body: dict[str, Any]) -> EmulatedResponse:
        body = documented(body, "", "acquire", strict=self._strict)
        # The later start's parameters are taken as they are: a bad value passes here and fails start.
        client = body.get("clientRequest")
        parameter = client.pop("startParameter", None) if isinstance(client, dict) else None
        is_web = isinstance(client, dict) and client.get("scene") == WEB_SCENE
        model: type[AcquireRequest | WebAcquireRequest] = WebAcquireRequest if is_web else AcquireRequest
        asked = read(model, body, "acquire", strict=self._strict)
        limit = self._readings.concurrent_pages if is_web else self._readings.concurrent
        if self.register.is_full(limit, of_pages=is_web):
            raise refusal(406, "acquire")
        resource = Resource(
            id=secrets.token_urlsafe(96),
            cname=asked.cname,
            uid=asked.uid,
            is_web=is_web,
            region=asked.clientRequest.region,
            acquired_at=self._now,
            hours=asked.clientRequest.resourceExpiredHour or CONTROL_HOURS,
            start_parameter=parameter,
        )
        self._resources[resource.id] = resource
        return EmulatedResponse(200, {"cname": asked.cname, "uid": asked.uid, "resourceId": resource.id})

    def _start(self, route: Route, body: dict[str, Any], *, dies: bool) -> EmulatedResponse:
        resource = self._resource(route)
        resource.check_mode(route.mode)
        known = documented(body, route.mode, "start", strict=self._strict)
        asked = read(MODES[route.mode].start, known, "start", strict=self._strict)
        resource.check_identity(asked.cname, asked.uid, "start")
        check_storage(asked.clientRequest.storageConfig, "start", strict=self._strict)
        if self._strict:
            check_stricter(asked.clientRequest, "start")
        running = self.register.running(asked.cname, asked.uid)
        sid_in_201 = self._readings.sid_in_201
        resource.check_startable(body["clientRequest"], self._now, running, sid_in_201=sid_in_201)
        session = self._session(resource, asked, Doom.SERVER if dies else self._doom(asked, resource))
        resource.session = session
        self.register.add(session)
        self._service.watch(session, asked.cname)
        return EmulatedResponse(200, session.identity.echo())

    def _session(self, resource: Resource, asked: Start, doom: Doom | None) -> Session[Any]:
        now = self._now
        common: dict[str, Any] = {
            "identity": Identity(asked.cname, asked.uid, resource.id, uuid.uuid4().hex),
            "service": self._service,
            "notifier": self._notifier,
            "storage": asked.clientRequest.storageConfig,
            "started_at": now,
            "controllable_until": now + resource.hours * 3600,
            "upload_s": self._readings.upload_s,
            "with_prefix": self._readings.prefix_in_file_names,
            "backup": self._readings.backup,
            "updates_survive": self._readings.layout_survives,
            "doom": doom,
        }
        request = asked.clientRequest
        if isinstance(request, WebStartClientRequest):
            return WebSession(request=request, page_ready_s=self._readings.page_ready_s, **common)
        room = self._service.room(asked.cname)
        if isinstance(request, IndividualStartClientRequest):
            return IndividualSession(request=request, room=room, **common)
        return MixSession(request=request, room=room, frame_stays=self._readings.frame_stays, **common)

    def _doom(self, asked: Start, resource: Resource) -> Doom | None:
        """What is checked only after start was answered: bucket, area, token, cipher, and that nobody has the uid."""
        request, readings = asked.clientRequest, self._readings
        is_elsewhere = is_fenced_out(request.storageConfig, resource.region)
        if is_elsewhere or (readings.buckets is not None and request.storageConfig.bucket not in readings.buckets):
            return Doom.STORAGE
        if isinstance(request, WebStartClientRequest):
            return None
        token = request.token.get_secret_value() if request.token else None
        if token in self.expired:
            return Doom.TOKEN_EXPIRED
        if readings.tokens is not None and token not in readings.tokens:
            return Doom.TOKEN_INVALID
        if readings.encryption not in (None, _cipher(request.recordingConfig or RecordingConfig())):
            return Doom.UNREADABLE
        present = self._service.room(asked.cname).present(self._now)
        return Doom.UID_TAKEN if any(user.id == asked.uid for user in present) else None

    def _later(self, route: Route, request: EmulatedRequest) -> EmulatedResponse:
        operation = route.operation
        resource = self._resource(route)
        session = resource.session
        if session is None or session.identity.sid != route.sid:
            raise refusal(1003, operation, resourceId=resource.id, sid=route.sid)
        if session.mode != route.mode:
            raise _invalid_mode(operation)
        if self._now >= session.controllable_until:
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
        now, echo = self._now, session.identity.echo()
        if not session.answers_query:
            raise refusal(404, "query", **echo)
        server = {"status": session.status(now), **session.content(now)}
        return EmulatedResponse(200, {**echo, "serverResponse": server})

    def _layout(self, session: Session[Any], asked: UpdateLayoutRequest) -> EmulatedResponse:
        if not isinstance(session, MixSession):
            raise _invalid_mode("updateLayout")
        self._check_running(session, "updateLayout")
        session.change_layout(self._now, asked.clientRequest)
        return EmulatedResponse(200, session.identity.echo())

    def _update(self, session: Session[Any], asked: UpdateRequest | WebUpdateRequest) -> EmulatedResponse:
        change = asked.clientRequest
        if change.storageConfig is not None:
            check_storage(change.storageConfig, "update", strict=self._strict)
        session.check_update(change, strict=self._strict)
        self._check_running(session, "update")
        session.update(self._now, change)
        if change.storageConfig is not None:
            session.renew_storage(change.storageConfig)
        self._service.replan(session)
        return EmulatedResponse(200, session.identity.echo())

    def _stop(self, session: Session[Any], asked: StopRequest | WebStopRequest) -> EmulatedResponse:
        now, echo = self._now, session.identity.echo()
        if session.is_leaving:
            session.complain(now)
            raise refusal(49, "stop", **echo)
        self._check_running(session, "stop")
        wait = not asked.clientRequest.async_stop
        session.stop(now, wait=wait)
        self._service.replan(session)
        if not wait:
            return EmulatedResponse(200, {**echo, "serverResponse": session.undecided()})
        if not session.has_recorded:
            raise refusal(435, "stop", **echo)
        if session.upload_s > SYNCHRONOUS_S:
            return EmulatedResponse(206, {**echo, "serverResponse": session.undecided()})
        return EmulatedResponse(200, {**echo, "serverResponse": session.outcome(now)})

    # What methods check alike

    @property
    def _now(self) -> float:
        return self._service.clock.time()

    @property
    def _strict(self) -> bool:
        return self._service.strict

    def _resource(self, route: Route) -> Resource:
        resource = self._resources.get(route.resource)
        if resource is None:
            raise refusal(1001, route.operation, resourceId=route.resource)
        return resource

    def _checked(self, model: type[Body], body: dict[str, Any], session: Session[Any], operation: str) -> Body:
        asked = read(model, body, operation, strict=self._strict)
        identity = session.identity
        if (asked.cname, asked.uid) != (identity.cname, identity.uid):
            raise refusal(432, operation, resourceId=identity.resource_id, sid=identity.sid)
        return asked

    @staticmethod
    def _check_running(session: Session[Any], operation: str) -> None:
        if session.ended_at is not None or session.is_away:
            raise refusal(404, operation, **session.identity.echo())


def _invalid_mode(operation: str) -> RefusedError:
    return refusal(2, operation, f"{operation[0].upper()}{operation[1:]}: invalid mode value!")


def _cipher(config: ChannelRecordingConfig) -> tuple[int, str | None, str | None]:
    """With what a recorder decrypts."""
    secret, salt = (value.get_secret_value() if value else None for value in (config.secret, config.salt))
    return config.decryptionMode or 0, secret, salt
