"""LiveKit's Egress service on localhost, and the page that its recorder opens: to files that can be played.

Spoken as `livekit_egress.proto` (livekit/protocol, 2026-08-22), pkg/service (livekit/livekit, 2026-08-21) and
pkg/config (livekit/egress, 2026-08-21) have it: Twirp, JSON over POST. Starts of single tracks, which name tracks by
ids that no room of the emulator has, are answered with `bad_route`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.limits import RateLimit
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService

from recorder_livekit.emulator.callbacks import EgressEvent, Notifier
from recorder_livekit.emulator.egress import Egress
from recorder_livekit.emulator.protocol import RefusedError, answer, authorise, operation_of, read, refusal
from recorder_livekit.emulator.readings import Readings
from recorder_livekit.tables import CALLS_PER_MINUTE, KEPT_S
from recorder_livekit.wire.requests import (
    LONGEST_METADATA,
    EncodedRequest,
    ListEgressRequest,
    ParticipantEgressRequest,
    RoomCompositeEgressRequest,
    StopEgressRequest,
    UpdateLayoutRequest,
    UpdateStreamRequest,
    WebEgressRequest,
)

__all__ = ["LivekitEmulator"]

PAGE_PATH = "/template/index.html"
"""Where the recording page of this package is served, for whoever has none hosted yet."""
STARTS: Mapping[str, type[EncodedRequest]] = {
    "StartRoomCompositeEgress": RoomCompositeEgressRequest,
    "StartParticipantEgress": ParticipantEgressRequest,
    "StartWebEgress": WebEgressRequest,
}


class LivekitEmulator(EmulatedService):
    """The service, with one project.

    Args:
        api_key: the project's key.
        api_secret: its secret.
        rooms_exist: whether any room is there, as one that the application has created; False: a room is there once
            somebody has joined it.
        max_egresses: how many may run at once.
        page_size: how many egresses a list has on one page; None: all.
        listed_after: seconds after its start from which on an egress is listed.
        buckets: the buckets that the customer's clouds have; None for any.
        backup: whether the server has a storage of its own that takes what the customer's refused.
        missing_pages: addresses of pages that can't be loaded.
        templates_follow: whether the vendor's own templates take UpdateLayout up.
        cloud_limits: whether an egress may last as long as in LiveKit Cloud.
        departure_timeout: seconds from the last one's leaving until a room ends.
        empty_timeout: seconds until a room ends that nobody has joined.
        service: what every emulated service takes. `strict=False` leaves keys aside that this emulator doesn't know.
    """

    name: ClassVar[str] = "livekit"
    operations: ClassVar[frozenset[str]] = frozenset(
        {*STARTS, "UpdateLayout", "UpdateStream", "ListEgress", "StopEgress"}
    )
    secret_names: ClassVar[frozenset[str]] = frozenset(
        {
            *("access_key", "secret", "session_token", "assume_role_external_id", "credentials", "account_key"),
            *("urls", "add_output_urls", "remove_output_urls"),
        }
    )
    callback_events: ClassVar[frozenset[int]] = frozenset(EgressEvent)
    callback_retries: ClassVar[tuple[float, ...]] = (1.0, 2.0, 4.0, 8.0)

    def __init__(
        self,
        *,
        api_key: str = "APIemulated",
        api_secret: str = "emulatedSecretOfFortyThreeSignsAAAAAAAAAAAA",  # noqa: S107 - opens only this
        rooms_exist: bool = True,
        max_egresses: int = 1000,
        page_size: int | None = None,
        listed_after: float = 0.0,
        buckets: Collection[str] | None = None,
        backup: bool = False,
        missing_pages: Collection[str] = (),
        templates_follow: bool = False,
        cloud_limits: bool = False,
        departure_timeout: float = 20.0,
        empty_timeout: float = 300.0,
        webhook_secret: str | None = None,
        **service: Any,
    ) -> None:
        super().__init__(webhook_secret=webhook_secret or api_secret, **service)
        self.api_key = api_key
        self.api_secret = api_secret
        self.rooms_exist = rooms_exist
        self.max_egresses = max_egresses
        self.page_size = page_size
        self.listed_after = listed_after
        self._readings = Readings(
            buckets=buckets,
            backup=backup,
            missing_pages=missing_pages,
            templates_follow=templates_follow,
            cloud_limits=cloud_limits,
            departure_timeout=departure_timeout,
            empty_timeout=empty_timeout,
        )
        self._notifier = Notifier(api_key, self.webhook_secret, self.callbacks)
        self._egresses: dict[str, Egress] = {}
        self._may_run: set[Egress] = set()
        self._limit = RateLimit(CALLS_PER_MINUTE, seconds=60.0)
        self._calls: Mapping[str, Callable[[EmulatedRequest], Mapping[str, Any]]] = {
            **{name: self._start(model) for name, model in STARTS.items()},
            "UpdateLayout": self._update_layout,
            "UpdateStream": self._update_stream,
            "ListEgress": self._list_egress,
            "StopEgress": self._stop_egress,
        }

    @property
    def env(self) -> dict[str, str]:
        """What `Recorder.from_env` reads."""
        return {
            "LIVEKIT_URL": self.base_url,
            "LIVEKIT_API_KEY": self.api_key,
            "LIVEKIT_API_SECRET": self.api_secret,
            "LIVEKIT_WEBHOOK_SECRET": self.webhook_secret,
            "LIVEKIT_TEMPLATE_URL": f"{self.base_url}{PAGE_PATH}",
        }

    def operation(self, request: EmulatedRequest) -> str:
        """The method's name."""
        return operation_of(request)

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        """Carry one call out, or show the recording page."""
        if request.path == PAGE_PATH and request.method == "GET":
            return EmulatedResponse(200, _page(), {"Content-Type": "text/html; charset=utf-8"})
        operation = self.operation(request)
        try:
            if request.fault_code is not None:
                raise RefusedError(str(request.fault_code), f"code {request.fault_code} was ordered")
            if request.method != "POST" or operation not in self._calls:
                raise RefusedError("bad_route", f"no handler for path {request.path!r}")
            authorise(request, api_key=self.api_key, api_secret=self.api_secret, wall=self.clock.wall())
            if not self.allows(self._limit, "calls"):
                return self.rate_limited()
            return answer(request, self._calls[operation](request))
        except RefusedError as refused:
            return refusal(refused.code, refused.message)

    def rate_limited(self) -> EmulatedResponse:
        """The code `resource_exhausted`."""
        return refusal("resource_exhausted", "request rate limit exceeded")

    def emulated_recordings(self) -> list[EmulatedRecording]:
        """Every egress."""
        return [egress.recording() for egress in self._egresses.values()]

    # The calls

    def _start(self, model: type[EncodedRequest]) -> Callable[[EmulatedRequest], Mapping[str, Any]]:
        def start(request: EmulatedRequest) -> Mapping[str, Any]:
            body = read(model, request, strict=self.strict)
            now = self.clock.time()
            if body.room and not (self.rooms_exist or self._is_there(body.room, now)):
                raise RefusedError("not_found", "requested room does not exist")
            if len(self._may_run) >= self.max_egresses:
                self._may_run = {egress for egress in self._may_run if egress.running}
            if len(self._may_run) >= self.max_egresses:
                raise RefusedError("unavailable", "no response from servers")
            egress = Egress(
                f"EG_{secrets.token_hex(6)}",
                body,
                begun_at=now,
                service=self,
                readings=self._readings,
                notifier=self._notifier,
                doomed=request.fault == "die",
            )
            self._egresses[egress.id] = egress
            self._may_run.add(egress)
            if body.webhooks:
                self.callbacks.begin()
            self.watch(egress, body.room or None)
            return egress.info()

        return start

    def _is_there(self, room: str, now: float) -> bool:
        empty = self.room(room).empty_since(now)
        return empty is None or now < empty + self._readings.departure_timeout

    def _update_layout(self, request: EmulatedRequest) -> Mapping[str, Any]:
        body = read(UpdateLayoutRequest, request, strict=self.strict)
        egress = self._known(body.egress_id)
        if len(body.layout.encode()) > LONGEST_METADATA:
            raise RefusedError("invalid_argument", "metadata size exceeds limits")
        egress.change_layout(self.clock.time(), body.layout)
        self.replan(egress)
        return egress.info()

    def _update_stream(self, request: EmulatedRequest) -> Mapping[str, Any]:
        body = read(UpdateStreamRequest, request, strict=self.strict)
        egress = self._known(body.egress_id)
        add, remove = (
            [url.get_secret_value() for url in urls] for urls in (body.add_output_urls, body.remove_output_urls)
        )
        egress.change_streams(self.clock.time(), add, remove)
        self.replan(egress)
        return egress.info()

    def _stop_egress(self, request: EmulatedRequest) -> Mapping[str, Any]:
        egress = self._known(read(StopEgressRequest, request, strict=self.strict).egress_id)
        egress.stop(self.clock.time())
        self.replan(egress)
        return egress.info()

    def _list_egress(self, request: EmulatedRequest) -> Mapping[str, Any]:
        body = read(ListEgressRequest, request, strict=self.strict)
        if body.egress_id:
            return {"items": [self._known(body.egress_id).info()]}
        found = [
            egress.info()
            for egress in self._egresses.values()
            if self._is_kept(egress)
            and egress.begun_at + self.listed_after <= self.clock.time()
            and body.room_name in (None, "", egress.request.room)
            and (not body.active or not egress.over)
        ]
        first = int(body.page_token.token) if body.page_token else 0
        last = len(found) if self.page_size is None else first + self.page_size
        page: dict[str, Any] = {"items": found[first:last]}
        return {**page, "next_page_token": {"token": str(last)}} if last < len(found) else page

    # Egresses

    def _is_kept(self, egress: Egress) -> bool:
        return egress.settled_at is None or self.clock.time() <= egress.settled_at + KEPT_S

    def _known(self, egress_id: str) -> Egress:
        egress = self._egresses.get(egress_id)
        if egress is None or not self._is_kept(egress):
            raise RefusedError("not_found", "egress does not exist")
        return egress


@cache
def _page() -> bytes:
    return (files("recorder_livekit") / "template" / "index.html").read_bytes()
