"""A start: how it is sent, what is noted, and the handle that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from recorder_core.errors import LedgerUnavailable, RecorderError, StartOutcomeUnknown, UnexpectedResponse
from recorder_core.models import Recording, StartIntent
from recorder_core.models.base import freeze
from recorder_core.plan import Plan
from recorder_core.transport import Answer

from recorder_livekit.calls import Calls
from recorder_livekit.recovery import PARTS
from recorder_livekit.stopping import stopped
from recorder_livekit.translate.answers import egress_in
from recorder_livekit.wire.answers import EgressInfo

if TYPE_CHECKING:
    from recorder_livekit.provider import LivekitProvider

__all__ = ["start"]

GIVING_UP_S = 30.0
"""Seconds for stopping what had begun of a start that is given up."""


def start(provider: LivekitProvider, calls: Calls, intent: StartIntent, plan: Plan) -> Recording:
    """Send the requests of a plan, each once: the vendor has no key by which it would tell a repeat from another start.

    Raises:
        StartOutcomeUnknown: it may run, or some of it, and the vendor didn't tell its id.
        RecorderError: every other class. Nothing was started, or what was is stopped.
    """
    begun: dict[str, str] = {}
    try:
        for request in plan.requests:
            answer = calls.send(request.operation, intent.id, request.payload)
            begun[request.payload.get("identity", "")] = _started(request.operation, answer, intent).egress_id
            if len(plan.requests) > 1:
                intent.note(**{PARTS: dict(begun)})
    except StartOutcomeUnknown:
        _note_moment(provider, intent)
        raise
    except RecorderError as error:
        if begun:
            _give_up(provider, calls, intent, plan, begun, error)
        raise
    ids = list(begun.values())
    native = {provider.native_key: ids[0] if len(ids) == 1 else ids}
    return provider.begun(plan, intent, started_at=provider.now(), native=native)


def _note_moment(provider: LivekitProvider, intent: StartIntent) -> None:
    # It may have waited for its turn: that it isn't listed proves nothing for a while from now on.
    with suppress(LedgerUnavailable):
        intent.note(sent_at=provider.now().isoformat())


def _give_up(
    provider: LivekitProvider,
    calls: Calls,
    intent: StartIntent,
    plan: Plan,
    begun: Mapping[str, str],
    refusal: RecorderError,
) -> None:
    """Stop what had begun of a start whose rest was refused.

    Raises:
        StartOutcomeUnknown: it couldn't be stopped.
    """
    draft = intent.draft or provider.draft(plan, intent)
    native = {**draft.native, provider.native_key: list(begun.values()), "identity": list(begun)}
    handle = draft.model_copy(update={"native": freeze(native), "started_at": provider.now()})
    try:
        status = stopped(provider, calls, handle, wait=False, deadline=GIVING_UP_S)
        problem = f"it is {status.state}" if status.state.running else ""
    except RecorderError as error:
        problem = error.message
    if problem:
        _note_moment(provider, intent)
        message = f"a part of it was refused ({refusal.message}), and what had begun couldn't be stopped ({problem})"
        raise StartOutcomeUnknown(
            message,
            provider=provider.name,
            operation=refusal.operation,
            recording_id=intent.id,
            http_status=refusal.http_status,
            vendor_code=refusal.vendor_code,
            vendor_message=refusal.vendor_message,
            request_id=refusal.request_id,
            fault=refusal.fault,
            hint="Keep the error's intent, and recover it.",
        )


def _started(operation: str, answer: Answer, intent: StartIntent) -> EgressInfo:
    """The egress that was started.

    Raises:
        StartOutcomeUnknown: the answer doesn't name it.
    """
    problem: RecorderError | None = None
    try:
        info = egress_in(operation, answer, intent.id)
    except UnexpectedResponse as error:
        info, problem = None, error
    if info is not None:
        return info
    told = {} if problem is None else problem.fields()
    message = "the start was accepted, and its answer doesn't name the egress"
    raise StartOutcomeUnknown(**{**told, "message": message, "hint": "Keep the error's intent, and recover it."})
