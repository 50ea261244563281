"""A start: how it is sent, what is noted, and the handle that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from recorder_core.clock import Deadline, current_deadline, deadline_scope
from recorder_core.errors import LedgerUnavailable, RecorderError, StartOutcomeUnknown, UnexpectedResponse
from recorder_core.models import Participants, Recording, StartIntent
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
KEPT_BACK = 0.25
"""What of the time for a start in several parts is kept for that, `GIVING_UP_S` at most: it may be time that fails."""
TOLD = ("provider", "operation", "http_status", "vendor_code", "vendor_message", "request_id", "fault")
"""What an error of unknown outcome has of the refusal before it."""


def start(provider: LivekitProvider, calls: Calls, intent: StartIntent, plan: Plan) -> Recording:
    """Send the requests of a plan, each once: the vendor has no key by which it would tell a repeat from another start.

    Raises:
        StartOutcomeUnknown: it may run, or some of it, and the vendor didn't tell its id.
        RecorderError: every other class. Nothing was started, or what was is stopped.
    """
    begun: dict[str, str] = {}
    try:
        with deadline_scope(_until(provider, plan)):
            for request in plan.requests:
                answer = calls.send(request.operation, intent.id, request.payload)
                begun[request.payload.get("identity", "")] = _started(request.operation, answer, intent).egress_id
                if len(plan.requests) > 1:
                    intent.note(**{PARTS: dict(begun)})
    except StartOutcomeUnknown:
        _note_moment(provider, intent)
        raise
    except Exception as error:
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


def _until(provider: LivekitProvider, plan: Plan) -> Deadline:
    """Until when the requests of a start are sent."""
    whole = current_deadline()
    if len(plan.requests) == 1:
        return whole
    left = whole.remaining()
    return Deadline(provider.runtime.clock, round(left - min(left * KEPT_BACK, GIVING_UP_S), 2))


def _give_up(
    provider: LivekitProvider,
    calls: Calls,
    intent: StartIntent,
    plan: Plan,
    begun: Mapping[str, str],
    cause: Exception,
) -> None:
    """Stop what had begun of a start whose rest didn't.

    Raises:
        StartOutcomeUnknown: it couldn't be stopped.
    """
    draft = intent.draft or provider.draft(plan, intent)
    native = {**draft.native, provider.native_key: list(begun.values()), "identity": list(begun)}
    handle = draft.model_copy(
        update={"native": freeze(native), "started_at": provider.now(), "participants": Participants()}
    )
    try:
        with deadline_scope(Deadline(provider.runtime.clock, GIVING_UP_S)):
            status = stopped(provider, calls, handle, wait=False, deadline=GIVING_UP_S)
        problem = "" if status.state.terminal or status.state.ending else status.reason or f"it is {status.state}"
    except RecorderError as error:
        problem = error.message
    is_refusal = isinstance(cause, RecorderError)
    if problem or not is_refusal:
        _note_moment(provider, intent)
    if problem:
        why = cause.message if isinstance(cause, RecorderError) else type(cause).__name__
        raise StartOutcomeUnknown(
            f"not all of it was started ({why}), and what had begun couldn't be stopped ({problem})",
            recording_id=intent.id,
            hint="Keep the error's intent, and recover it.",
            **{name: getattr(cause, name) for name in TOLD if is_refusal},
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
