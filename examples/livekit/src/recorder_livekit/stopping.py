"""A stop: StopEgress of each egress, and how its files are waited for."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from recorder_core.clock import Deadline
from recorder_core.errors import RecorderError, RecordingNotFound
from recorder_core.models import Ending, FileStatus, Recording, RecordingStatus
from recorder_core.models.recording import RecordingState
from recorder_core.transport import Answer

from recorder_livekit.calls import Calls
from recorder_livekit.looking import Look, look, seen
from recorder_livekit.translate.answers import egress_in
from recorder_livekit.translate.parts import missing_from, whole_of
from recorder_livekit.wire.answers import EgressInfo
from recorder_livekit.wire.requests import StopEgressRequest

if TYPE_CHECKING:
    from recorder_livekit.provider import LivekitProvider

__all__ = ["stopped"]

UPLOAD_DELAYS = (1.0, 2.0, 3.0, 5.0)
"""Seconds before each look at the files of a stopped recording; the last one repeats."""


def stopped(
    provider: LivekitProvider, calls: Calls, recording: Recording, *, wait: bool, deadline: float
) -> RecordingStatus:
    """Stop all egresses of a recording; with `wait` the files are looked at until they are settled.

    Args:
        provider: whose clock is waited by.
        calls: how the vendor is asked.
        recording: the handle.
        wait: for the files.
        deadline: seconds.

    Raises:
        RecordingNotFound: one can't be stopped, and is said to run all the same.
        RecorderError: one couldn't be told to stop; all others were.
    """
    limit = Deadline(provider.runtime.clock, deadline)
    told, status = _told_to_stop(provider, calls, recording)
    for delay in itertools.chain(UPLOAD_DELAYS, itertools.repeat(UPLOAD_DELAYS[-1])):
        if not wait or status.state.terminal or limit.remaining() <= delay:
            break
        provider.runtime.clock.sleep(delay)
        try:
            status = _ending(recording, look(provider, calls, recording, stopped=told), told)
        except RecorderError as error:  # a look that fails takes nothing back
            reason = f"stopped; its files aren't known yet: {error.message}"
            status = status.model_copy(update={"reason": reason})
    return status


def _told_to_stop(
    provider: LivekitProvider, calls: Calls, recording: Recording
) -> tuple[Collection[str], RecordingStatus]:
    """Tell every egress to stop; which have taken it, and the state then."""
    found: dict[str, EgressInfo] = {}
    answers: dict[str, Mapping[str, Any]] = {}
    refusals: dict[str, Answer] = {}
    problem: RecorderError | None = None
    for one in recording.ids_under(provider.native_key):
        try:
            answer = calls.send("StopEgress", recording.id, StopEgressRequest(egress_id=one).tree())
            info = None if answer.envelope.code else egress_in("StopEgress", answer, recording.id)
        except RecorderError as error:
            problem = problem or error
            continue
        if info is None:
            refusals[one] = answer
        else:
            found[one], answers[one] = info, answer.body
    if problem is not None:
        raise problem
    if refusals:
        return found, _refused_to_stop(provider, calls, recording, found, refusals)
    raw = next(iter(answers.values())) if len(answers) == 1 else {"items": list(answers.values())}
    return found, _ending(recording, seen(provider, recording, found, raw, stopped=found), found)


def _refused_to_stop(
    provider: LivekitProvider,
    calls: Calls,
    recording: Recording,
    told: Collection[str],
    refusals: Mapping[str, Answer],
) -> RecordingStatus:
    """The state where one has ended, or is about to, and so can't be stopped.

    Raises:
        RecordingNotFound: it is said to run all the same.
    """
    now = look(provider, calls, recording, stopped=told)
    for part in now.parts:
        if part.egress_id in refusals and part.status.state.running:
            answer = refusals[part.egress_id]
            raise RecordingNotFound(
                f"the vendor can't stop it, and says that it is {part.status.state}: it may run on",
                provider=provider.name,
                operation="StopEgress",
                recording_id=recording.id,
                http_status=answer.status,
                vendor_code=answer.envelope.code,
                vendor_message=answer.envelope.message,
                retryable=True,
                hint="Stop it again.",
            )
    return _ending(recording, now, told)


def _ending(recording: Recording, now: Look, told: Collection[str]) -> RecordingStatus:
    """The status where some were told to stop: of these, an egress that still runs is about to end."""
    parts = [
        part._replace(status=_about_to_end(part.status))
        if part.egress_id in told and part.status.state.running
        else part
        for part in now.parts
    ]
    return whole_of(parts, missing_from(recording), now.status.raw)


def _about_to_end(status: RecordingStatus) -> RecordingStatus:
    files = tuple(file.model_copy(update={"status": FileStatus.UPLOADING}) for file in status.files)
    return status.model_copy(
        update={"state": RecordingState.STOPPING, "ending": Ending.STOPPED, "files": files, "reason": None}
    )
