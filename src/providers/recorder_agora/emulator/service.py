"""The vendor's Cloud Recording service on loopback: routes, authentication, limits, validation and answers.

Strictly from the vendor's documents: the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026)
and "Common errors" (withdrawn 17 June 2026). It knows the wire and nothing of the neutral models. Of what
left the documents in April 2025, clouds and regions are taken and postponed transcoding, upload to a video
service and `scene` 2 are refused by name.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection
from dataclasses import replace
from typing import Any, ClassVar, Final

from recorder_agora.emulator.callbacks import EVENTS, RETRIES, Notifier
from recorder_agora.emulator.calls import Calls
from recorder_agora.emulator.channel import ChannelSession
from recorder_agora.emulator.protocol import RefusedError
from recorder_agora.emulator.readings import Readings
from recorder_agora.emulator.routes import ADDRESSES, Route
from recorder_agora.emulator.web import STOP_CODES, WebSession
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService

__all__ = ["AgoraEmulator"]

UNKNOWN_OPERATION: Final = "unknown"
PAGE_PROBLEMS: Final = {message: end for end, (code, message) in STOP_CODES.items() if code > 1}
"""What is wrong with a page, as event 71 says it."""
PAGE_LIMITS: Final = ("resolution", "WebGL", "bandwidth")
"""`limitType` of event 72."""
RELOAD_REASONS: Final = ("audio_silence", "page_load_timeout")
"""`reason` of event 73."""
LONGEST_OUTAGE_S: Final = 90.0
"""Within which another server goes on ("Best practices", Agora, 2026)."""


class AgoraEmulator(EmulatedService):
    """Agora's service with one project and one account, in which every room exists.

    Where the vendor's pages leave two readings, an argument chooses; the default demands more of a client.

    Args:
        app_id: the project's App ID.
        customer_id: user name of the RESTful API.
        customer_secret: its password.
        tokens: the room tokens that were ever valid, for a project whose App Certificate is on; None: it's off.
        expired_tokens: those that aren't any more.
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
        layout_survives: whether what `update` and `updateLayout` changed holds after a move to another server, or
            what start asked for comes back; no page says. Renewed credentials always hold.
        addresses: from where notifications come, as `ncs/ip` tells.
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
    callback_events: ClassVar[frozenset[int]] = frozenset(map(int, EVENTS))
    callback_retries: ClassVar[tuple[float, ...]] = RETRIES
    outage_s: ClassVar[float] = 40.0

    def __init__(
        self,
        *,
        app_id: str = "5f7d2e9b4c1a48d6a03be8f19c62d7a4",
        customer_id: str = "emulated-customer-id",
        customer_secret: str | None = None,
        tokens: Collection[str] | None = None,
        expired_tokens: Collection[str] = (),
        encryption: tuple[int, str, str | None] | None = None,
        buckets: Collection[str] | None = None,
        concurrent: int = 50,
        concurrent_pages: int = 200,
        upload_s: float = 0.0,
        backup: bool = True,
        sid_in_201: bool = False,
        prefix_in_file_names: bool = True,
        frame_stays: bool = True,
        page_ready_s: float = 1.0,
        layout_survives: bool = False,
        addresses: Collection[str] = ("127.0.0.1", "127.0.0.2"),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.app_id = app_id
        self.customer_id = customer_id
        self.customer_secret = customer_secret or secrets.token_hex(16)
        kinds: Collection[int] | None = options.get("callback_kinds")
        self._kinds = None if kinds is None else frozenset(kinds)
        self._notifier = Notifier(self.webhook_secret, self.callbacks)
        readings = Readings(
            app_id=app_id,
            customer_id=customer_id,
            customer_secret=self.customer_secret,
            tokens=tokens,
            encryption=encryption,
            buckets=buckets,
            concurrent=concurrent,
            concurrent_pages=concurrent_pages,
            upload_s=upload_s,
            backup=backup,
            sid_in_201=sid_in_201,
            prefix_in_file_names=prefix_in_file_names,
            frame_stays=frame_stays,
            page_ready_s=page_ready_s,
            layout_survives=layout_survives,
            addresses=tuple(addresses),
        )
        self._calls = Calls(self, readings, self._notifier)
        self._calls.expired.update(expired_tokens)

    @property
    def env(self) -> dict[str, str]:
        """The variables that point `Recorder.from_env("agora")` at this service."""
        return {
            "AGORA_APP_ID": self.app_id,
            "AGORA_CUSTOMER_ID": self.customer_id,
            "AGORA_CUSTOMER_SECRET": self.customer_secret,
            "AGORA_WEBHOOK_SECRET": self.webhook_secret,
            "AGORA_BASE_URLS": self.base_url,
        }

    def operation(self, request: EmulatedRequest) -> str:
        """The method's name on the wire: acquire, start, query, update, updateLayout, stop, ncs/ip."""
        route = Route.of(request.path)
        return route.operation if route else UNKNOWN_OPERATION

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        """Answer a request."""
        try:
            response = self._calls.answer(request)
        except RefusedError as refused:
            response = refused.response
        return replace(response, headers={**response.headers, "X-Request-Id": uuid.uuid4().hex})

    def rate_limited(self) -> EmulatedResponse:
        """The gateway's answer to an eleventh call in one second."""
        return EmulatedResponse(429, {"message": "API rate limit exceeded"}, {"X-Request-Id": uuid.uuid4().hex})

    def callback_accepts(self, status: int) -> bool:
        """200 alone."""
        return status == 200

    def emulated_recordings(self) -> list[EmulatedRecording]:
        """All recordings, with `cname`, `uid`, `resourceId`, `sid` and `mode` as ids."""
        return [
            EmulatedRecording(
                ids={**session.identity.echo(), "mode": session.mode},
                room=session.identity.cname,
                running=session.ended_at is None,
                started_at=session.started_at,
                ended_at=session.ended_at,
                files=session.upload.keys,
            )
            for session in self._calls.register.sessions
        ]

    def lose_server(self, room: str, now: float, outage: float) -> None:
        """Let the recordings of a room or page go on at another server after `outage` seconds; the fourth time, end.

        Raises:
            ValueError: the outage is longer than the 90 s that "Best practices" (Agora, 2026) promises.
        """
        if outage > LONGEST_OUTAGE_S:
            raise ValueError(f"outage is a number of seconds, 0 to {LONGEST_OUTAGE_S:g}; got {outage!r}")
        for session in self._calls.register.in_room(room):
            session.lose_server(now, outage)

    # What a test does beside joining and leaving

    def expire_token(self, room: str) -> None:
        """Let the token of the room's recordings expire now: the recorders leave, and a start with it dies.

        Raises:
            ValueError: no recording with a token runs there.
        """
        tokens = {
            session: token
            for session in self._calls.register.in_room(room)
            if isinstance(session, ChannelSession) and (token := session.token) is not None
        }
        if not tokens:
            raise ValueError(f"no recording that was started with a token runs in room {room!r}")
        self._calls.expired.update(tokens.values())

        def expire(now: float) -> None:
            for session in tokens:
                session.expire_token(now)

        self._change(room, expire)

    def reload_page(self, cname: str, reason: str = "audio_silence") -> None:
        """Let the recorder of a page open it anew, for `audio_silence` or `page_load_timeout`.

        Raises:
            ValueError: no page of that `cname` is recorded, or there is no such reason.
        """
        if reason not in RELOAD_REASONS:
            raise ValueError(f"a page is reloaded for {' or '.join(RELOAD_REASONS)}; got {reason!r}")
        session = self._page(cname)
        self._change(cname, lambda now: session.reload(now, reason=reason))

    def end_page(self, cname: str, problem: str, *, limit: str = "resolution") -> None:
        """Let the recording of a page end by a problem of the page, named as event 71 does.

        Args:
            cname: as in its start.
            problem: `capability_limit`, `start_engine_failed`, `page_load_timeout`, `access_url_failed` or
                `recorder_error`.
            limit: which limit it is that event 72 tells of at `capability_limit`: `resolution`, `WebGL` or
                `bandwidth`.

        Raises:
            ValueError: no page of that `cname` is recorded, or there is no such problem or limit.
        """
        if problem not in PAGE_PROBLEMS:
            raise ValueError(f"a page ends by {', '.join(PAGE_PROBLEMS)}; got {problem!r}")
        if limit not in PAGE_LIMITS:
            raise ValueError(f"the limits of a page are {', '.join(PAGE_LIMITS)}; got {limit!r}")
        session = self._page(cname)
        self._change(cname, lambda now: session.break_off(now, PAGE_PROBLEMS[problem], limit=limit))

    def notify(self, recording: str, event_type: int, **details: Any) -> None:
        """Tell of any event of a recording now, also of one that it can't come to by itself, or that nobody knows.

        Args:
            recording: its `sid`, or the `cname` of the last one that was started there.
            event_type: `eventType`.
            details: what `details` has besides `msgName`, or a `msgName` in place of the documented one.

        Raises:
            ValueError: there is no such recording, or the event isn't ticked.
        """
        session = self._calls.register.find(recording)
        if self._kinds is not None and event_type not in self._kinds:
            raise ValueError(f"event {event_type} isn't ticked, see callback_kinds")
        self._change(session.identity.cname, lambda now: session.tell(now, event_type, **details))

    def check_callbacks(self) -> dict[int, int | None]:
        """Check the address as the console does when it is saved: a test notification for each ticked event, at once.

        Their payload is that of the health check, `channelName` `test_webhook` and `uid` 12121212, and has nothing of
        a recording.

        Returns:
            By event type the HTTP status that was answered, of which only 200 is right; None: none within 10 s.

        Raises:
            ValueError: there is no address.
        """
        url = self.callbacks.url
        if url is None:
            raise ValueError("there is no address to check: give callback_url")
        ticked = self.callback_events if self._kinds is None else self._kinds
        return {event: self._notifier.check(event, self.clock.time(), url) for event in sorted(ticked)}

    def _page(self, cname: str) -> WebSession:
        for session in self._calls.register.in_room(cname):
            if isinstance(session, WebSession):
                return session
        raise ValueError(f"no page is recorded under the cname {cname!r}")
