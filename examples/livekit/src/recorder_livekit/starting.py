"""A start: how it is sent, what is noted, and the handle that comes of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from recorder_core.errors import LedgerUnavailable, RecorderError, StartOutcomeUnknown, UnexpectedResponse
from recorder_core.models import Recording, StartIntent
from recorder_core.plan import Plan
from recorder_core.transport import Answer

from recorder_livekit.calls import Calls
from recorder_livekit.translate.answers import egress_in
from recorder_livekit.wire.answers import EgressInfo

if TYPE_CHECKING:
    from recorder_livekit.provider import LivekitProvider

__all__ = ["start"]


def start(provider: LivekitProvider, calls: Calls, intent: StartIntent, plan: Plan) -> Recording:
    """Send the one request of a plan.

    The vendor has no key by which it would tell a repeat from a second start: it is sent once.

    Raises:
        StartOutcomeUnknown: it may run, and the vendor didn't tell its id.
        RecorderError: every other class. Nothing was started.
    """
    request = plan.requests[0]
    try:
        answer = calls.send(request.operation, intent.id, request.payload)
        info = _started(request.operation, answer, intent)
    except StartOutcomeUnknown:
        # It may have waited for its turn: that it isn't listed proves nothing for a while from now on.
        with suppress(LedgerUnavailable):
            intent.note(sent_at=provider.now().isoformat())
        raise
    return provider.begun(plan, intent, started_at=provider.now(), native={"egress_id": info.egress_id})


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
