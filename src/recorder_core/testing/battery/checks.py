"""What must hold whatever goes wrong."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args
from urllib.parse import urlsplit

from recorder_core.errors import Fault, RecorderError, StartOutcomeUnknown
from recorder_core.models import Recording, RecordingState, RecordingStatus, RecoveryReport, Verdict
from recorder_core.testing.battery.operations import Operation
from recorder_core.testing.battery.stage import Stage
from recorder_core.testing.proxy import FaultProxy
from recorder_core.testing.watching import Watch

LATE_S = 3.0
"""By how much an operation may be late on a busy machine."""


@dataclass(frozen=True)
class Happening:
    """One operation that met a fault.

    Attributes:
        stage: where.
        operation: which.
        lies: whether what the vendor answers isn't what has happened.
        code: the vendor's code that was ordered of its service.
        subject: the spec or handle.
        watch: the exchanges.
        result: None where there was an error.
        error: None where there was a result.
        late: seconds after the deadline at which it was over, on the recorder's clock.
    """

    stage: Stage
    operation: Operation
    lies: bool
    code: int | str | None
    subject: Any
    watch: Watch
    result: Any
    error: Exception | None
    late: float

    @cached_property
    def running(self) -> int:
        """How many recordings run in the room."""
        return self.stage.running(self.subject.room)


def problems_of(it: Happening) -> Iterator[str]:
    """Whatever doesn't hold."""
    if it.late > LATE_S:
        yield f"it was over {it.late:.1f} s after its deadline"
    if it.stage.elsewhere.requests:
        yield "a redirect was followed"
    if it.code is not None and all(exchange.vendor_code != it.code for exchange in it.watch.exchanges):
        yield "the service didn't answer the code that was ordered: its emulator has to look at `request.fault_code`"
    if it.error is None and not it.lies:
        yield from _result(it)
    elif isinstance(it.error, RecorderError):
        yield from _error(it, it.error)
    elif it.error is not None:
        yield f"raised {it.error!r}"
    if it.running > 1:
        yield f"{it.running} recordings run"
    if it.operation.name == "start":
        yield from _start(it)
    yield from _leaks(it)


def _start(it: Happening) -> Iterator[str]:
    """Nothing runs that nobody is told of, and what isn't plainly refused is sent as it was or not at all."""
    if it.error is not None and it.running and not isinstance(it.error, StartOutcomeUnknown):
        yield "it runs, and the error doesn't say so"
    if it.error is None and not it.running:
        yield "nothing runs, and there is a handle"
    if _begun_at(it.stage.proxy, it) and _begun_at(it.stage.second, it):
        yield "it was sent to two hosts"
    sent: dict[str, str] = {}
    for exchange in it.watch.exchanges:
        this = f"{urlsplit(exchange.url).path} {json.dumps(exchange.request_body)}"
        if sent.setdefault(exchange.operation, this) != this:
            yield f"{exchange.operation} was sent again, and not as before"
        if exchange.vendor_code is not None:
            sent.pop(exchange.operation)


def _begun_at(proxy: FaultProxy, it: Happening) -> bool:
    """Whether a byte of what begins a recording came to a host: of the last call of a start that nothing disturbs."""
    if not it.watch.exchanges:  # the deadline came before the first was over
        return False
    path = urlsplit(it.watch.exchanges[-1].url).path
    begins = len(it.watch.names) > it.stage.before_start
    return begins and any(urlsplit(request.target).path == path for request in proxy.requests)


def _result(it: Happening) -> Iterator[str]:
    """A result is true."""
    result = it.result
    came = (*it.stage.proxy.requests, *it.stage.second.requests)
    if it.operation.changes and not any(200 <= (request.status or 0) < 300 for request in came):
        yield "it is said to be done, and the service did nothing"
    if (
        it.operation.changes
        and it.code is not None
        and {exchange.vendor_code for exchange in it.watch.exchanges} == {it.code}
    ):
        yield f"it is said to be done, and the vendor has refused it with a code that nobody knows, {it.code}"
    if isinstance(result, RecordingStatus) and it.running and result.state.terminal:
        yield f"it is said to be {result.state}, and it runs"
    if it.operation.name == "stop" and it.running and result.state is not RecordingState.UNREACHABLE:
        yield f"it was stopped ({result.state}), and it runs"
    if it.operation.name == "list_remote" and it.running and not result:
        yield "nothing is listed, and it runs"
    if isinstance(result, Recording):
        yield from _handle(it, result)
    if isinstance(result, RecoveryReport):
        yield from _recovery(it, result)


def _recovery(it: Happening, report: RecoveryReport) -> Iterator[str]:
    """What a recovery says is so."""
    for recovery in report.recoveries:
        over = recovery.verdict in (Verdict.NEVER_STARTED, Verdict.ENDED)
        if (over and it.running) or (recovery.verdict is Verdict.RUNNING and not it.running):
            yield f"it is said to be {recovery.verdict}, and {it.running} run"
        if recovery.recording is not None:
            yield from _handle(it, recovery.recording)
    if not report.recoveries and not report.problems:
        yield "nothing is told"


def _handle(it: Happening, recording: Recording) -> Iterator[str]:
    """A handle can be kept, and used."""
    try:
        kept = Recording.model_validate_json(recording.model_dump_json())
        if kept != recording:
            yield "the handle isn't the same when it was kept"
        elsewhere = {"base_url": it.stage.service.base_url} if kept.base_url else {}
        it.stage.direct.status(kept.model_copy(update=elsewhere))
    except Exception as error:
        yield f"the handle is of no use: {error!r}"


def _error(it: Happening, error: RecorderError) -> Iterator[str]:
    """An error says where it comes from and what to do, can be printed, logged and handed on."""
    expected = {
        "provider": error.provider == it.stage.direct.provider.name,
        "operation": bool(error.operation),
        "message": bool(error.message),
        "hint": bool(error.hint),
        "recording_id": error.recording_id is not None or it.operation.name == "list_remote",
        "http_status": error.http_status is None or type(error.http_status) is int,
        "vendor_code": error.vendor_code is None or type(error.vendor_code) in (int, str),
        "vendor_message": error.vendor_message is None or type(error.vendor_message) is str,
        "request_id": error.request_id is None or type(error.request_id) is str,
        "fault": error.fault in (None, *get_args(Fault)),
        "intent": (error.intent is None) == (it.operation.name != "start"),
    }
    yield from (f"{name} is {getattr(error, name)!r}" for name, holds in expected.items() if not holds)
    try:
        copy = pickle.loads(pickle.dumps(error))
        if type(copy) is not type(error) or copy.fields() != error.fields():
            yield "it isn't the same after pickling"
        f"{error}\n{error!r}\n{error.fields()}".encode()
        json.dumps(error.fields(), default=str)
    except Exception as other:
        yield f"it can't be handed on: {other!r}"


def _leaks(it: Happening) -> Iterator[str]:
    """No secret is shown."""
    shown = "\n".join((*map(repr, it.watch.exchanges), *views(it.error)))
    yield from (f"a secret is shown: {secret[:2]}…" for secret in it.stage.secrets if secret in shown)


def views(error: BaseException | None) -> Iterator[str]:
    """An error, what caused it, and the local variables of the library's functions that raised them."""
    while error is not None:
        yield f"{error}\n{error!r}"
        step = error.__traceback__
        while step is not None:
            if _is_watched(step.tb_frame.f_globals.get("__name__", "")):
                yield repr(step.tb_frame.f_locals)
            step = step.tb_next
        error = error.__cause__ or error.__context__


def _is_watched(module: str) -> bool:
    """Whether a module's local variables are looked at: not those of the tests, which hold the secrets themselves."""
    return "recorder_" in module and not module.startswith("recorder_core.testing")
