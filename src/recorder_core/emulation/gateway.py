"""What every request passes through before the vendor's emulator sees it: control API, latency, faults, journal."""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, Final, Protocol

from recorder_core.emulation.control import CONTROL_PREFIX, Controlled, control
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse, Exchange
from recorder_core.emulation.faults import CALLBACK, Faults
from recorder_core.emulation.journal import Entry, mask, readable, secrets_in

log = logging.getLogger("recorder_core.emulation")

NO_ANSWER: Final = frozenset({"refuse", "reset", "stall"})
BARE_STATUS: Final = frozenset({"500", "502", "503", "504"})


class Answering(Controlled, Protocol):
    """What of a service answers requests."""

    faults: Faults
    latency: Callable[[], float] | None

    @property
    def name(self) -> str:
        """The vendor's."""
        ...

    @property
    def secret_names(self) -> Collection[str]:
        """Keys of bodies whose values are masked."""
        ...

    @property
    def secret_query(self) -> Collection[str]:
        """Query parameters whose values are masked."""
        ...

    def operation(self, request: EmulatedRequest) -> str:
        """The request's name."""
        ...

    def rate_limited(self) -> EmulatedResponse:
        """The answer to too many calls."""
        ...


def exchange(
    service: Answering, request: EmulatedRequest, handle: Callable[[EmulatedRequest], EmulatedResponse]
) -> Exchange:
    """What becomes of a request: the control API's answer, an ordered fault, or what `handle` answers.

    All but the control API's are in the journal.
    """
    if request.path.startswith(CONTROL_PREFIX):
        return Exchange(control(service, request))
    if service.latency is not None:
        time.sleep(service.latency())
    operation = service.operation(request)
    fault = None if operation == CALLBACK else service.faults.take(operation)
    at = service.clock.time()
    response = _response(service, request, fault, handle)
    if fault == "drop":
        response = None
    body = readable(request.body)
    secrets = secrets_in(body, service.secret_names) | secrets_in(request.query, service.secret_query)
    service.journal.append(
        Entry(
            at=at,
            operation=operation,
            method=request.method,
            path=request.path,
            query=mask(request.query, service.secret_query),
            body=mask(body, service.secret_names, secrets),
            status=response.status if response else None,
            answer=mask(_text(response.body), service.secret_names, secrets) if response else None,
            fault=fault,
        )
    )
    return Exchange(response, fault)


def _response(
    service: Answering,
    request: EmulatedRequest,
    fault: str | None,
    handle: Callable[[EmulatedRequest], EmulatedResponse],
) -> EmulatedResponse | None:
    if fault in NO_ANSWER:
        return None
    if fault in BARE_STATUS:
        return EmulatedResponse(int(fault or 500))
    if fault == "429":
        return service.rate_limited()
    try:
        response = handle(replace(request, fault=fault))
    except Exception:
        log.exception("the emulator of %s failed at %s %s", service.name, request.method, request.path)
        return EmulatedResponse(500, {"message": "the emulator itself failed; its log says how"})
    if fault == "not-json":
        return EmulatedResponse(
            200, "<html><body>Please sign in to the network.</body></html>", {"Content-Type": "text/html"}
        )
    return response


def _text(body: Any) -> Any:
    return body.decode(errors="replace") if isinstance(body, bytes) else body
