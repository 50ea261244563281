"""acquire and start, the pair: their bodies, how they are sent, what is noted, and the handle that comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from recorder_agora.calls import Calls
from recorder_agora.config import AgoraOptions
from recorder_agora.translate.answers import sid_of, started_without_sid
from recorder_agora.translate.modes import TRANSLATORS
from recorder_agora.translate.room import made_token
from recorder_core.errors import (
    LedgerUnavailable,
    RecorderError,
    RecordingConflict,
    ServiceUnavailable,
    StartOutcomeUnknown,
)
from recorder_core.models import Mode, Recording, StartIntent
from recorder_core.plan import Plan
from recorder_core.transport import Answer, quote_path

if TYPE_CHECKING:
    from recorder_agora.provider import AgoraProvider

__all__ = ["Pair", "acquired", "begun", "pair_of", "start", "started"]

SEEN_ONCE = 15
"""Start's code that no document has: it was seen in 2022, when nothing had been started."""
AFRESH = (SEEN_ONCE, 433, 502)
"""Start's codes for "not with this resource id": a fresh one may do."""


class Pair(NamedTuple):
    """What is sent to start one recording.

    Attributes:
        plan: from which it was made.
        mode: the vendor's name of the mode, which stands in paths.
        acquire: the body of acquire.
        start: the body of start.
    """

    plan: Plan
    mode: str
    acquire: Mapping[str, Any]
    start: Mapping[str, Any]

    @property
    def identity(self) -> dict[str, str]:
        """By what the vendor tells the recorder from others, before there is a `sid`."""
        return {"cname": self.acquire["cname"], "uid": self.acquire["uid"], "mode": self.mode}


def pair_of(provider: AgoraProvider, plan: Plan, uid: str | None = None) -> Pair:
    """The bodies of a plan, with the token that the caller's factory makes, unless the spec brings one.

    Args:
        provider: whose configuration has the factory.
        plan: of a start.
        uid: the recorder's, where it was chosen before. None: that of the plan.

    Raises:
        ConfigurationError: the factory made no token; nothing was sent.
    """
    chosen = {} if uid is None else {"uid": uid}
    acquire = {**plan.request("acquire").payload, **chosen}
    start = {**plan.request("start").payload, **chosen}
    factory, joins_room = provider.config.token_factory, plan.spec.mode is not Mode.WEB
    if factory is not None and joins_room and provider.options(plan.spec, AgoraOptions).token is None:
        start["clientRequest"] = {**start["clientRequest"], "token": made_token(factory(start["cname"], start["uid"]))}
    if "startParameter" in acquire["clientRequest"]:
        acquire["clientRequest"] = {**acquire["clientRequest"], "startParameter": start["clientRequest"]}
    return Pair(plan, TRANSLATORS[plan.spec.mode].mode, acquire, start)


def acquired(calls: Calls, intent: StartIntent, pair: Pair) -> str:
    """A fresh resource id.

    Raises:
        RecorderError: by what the vendor answered. Nothing was started.
    """
    answer = calls.send("acquire", intent.id, "/acquire", pair.acquire, requires=("resourceId",))
    return str(answer.body["resourceId"])


def started(calls: Calls, intent: StartIntent, pair: Pair, resource_id: str) -> Answer:
    """The answer to start. It says 201 where this resource id records already, and may lack a `sid` then.

    Raises:
        StartOutcomeUnknown: it may run.
        RecorderError: by what the vendor answered. Nothing was started.
    """
    path = f"/resourceid{quote_path(resource_id)}/mode/{pair.mode}/start"
    return calls.send("start", intent.id, path, pair.start)


def begun(
    provider: AgoraProvider, intent: StartIntent, pair: Pair, resource_id: str, answer: Answer, at: datetime
) -> Recording:
    """The handle of a recording whose `sid` the answer to its start tells. What makes it up is noted.

    Args:
        provider: that started it.
        intent: of the start.
        pair: what was sent.
        resource_id: with which.
        answer: the vendor's.
        at: when it accepted the start, or, where it says 201, when that was at the earliest.
    """
    hours = pair.acquire["clientRequest"]["resourceExpiredHour"]
    return provider.begun(
        pair.plan,
        intent,
        started_at=at,
        controllable_until=at + timedelta(hours=hours),
        native={**pair.identity, "resourceId": resource_id, "sid": sid_of(answer)},
        request_id=answer.envelope.request_id,
    )


def start(provider: AgoraProvider, calls: Calls, intent: StartIntent, plan: Plan) -> Recording:
    """Acquire a resource and start at once; once more with a fresh resource where the first had no capacity.

    Raises:
        StartOutcomeUnknown: it runs, or may run, and the vendor didn't tell its `sid`.
        RecorderError: every other class. Nothing was started.
    """
    pair = pair_of(provider, plan)
    try:
        return _start(provider, calls, intent, pair)
    except ServiceUnavailable as error:
        if error.vendor_code not in AFRESH:
            raise
        # Of a resource id that wasn't given nothing was started.
        first = error
        resource = {key: intent.noted[key] for key in ("resourceId", "acquired_at") if key in intent.noted}
    try:
        return _start(provider, calls, intent, pair)
    except (StartOutcomeUnknown, LedgerUnavailable):
        raise
    except RecorderError as error:
        # A conflict says that room and uid are recorded: by the first start, then. What 15 means isn't documented.
        if not resource or (not isinstance(error, RecordingConflict) and first.vendor_code != SEEN_ONCE):
            raise
        intent.note(**resource)
        last = error
    raise StartOutcomeUnknown(
        f"{first.message}; a fresh start failed too, so the first one may have been carried out: {last.message}",
        provider=provider.name,
        operation="start",
        recording_id=intent.id,
        http_status=last.http_status,
        vendor_code=last.vendor_code,
        vendor_message=last.vendor_message,
        request_id=last.request_id,
        fault="vendor",
        hint=last.hint,
    ) from last


def _start(provider: AgoraProvider, calls: Calls, intent: StartIntent, pair: Pair) -> Recording:
    resource_id = acquired(calls, intent, pair)
    # Before start is sent: only with this id will the vendor say later that this very start was carried out.
    intent.note(**pair.identity, resourceId=resource_id, acquired_at=provider.now().isoformat())
    answer = started(calls, intent, pair, resource_id)
    if sid_of(answer) is None:
        raise started_without_sid(answer, intent, pair.plan.spec.mode)
    return begun(provider, intent, pair, resource_id, answer, provider.now())
