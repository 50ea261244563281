"""The control API under `/_emulator/`, for programs in any language."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recorder_core.emulation.callbacks import CallbackSender
from recorder_core.emulation.clock import LONGEST_MOVE_S, EmulatorClock
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.journal import Journal
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.room import Participant

CONTROL_PREFIX: Final = "/_emulator/"


class Controlled(Protocol):
    """What of a service can be driven from outside."""

    clock: EmulatorClock
    journal: Journal
    callbacks: CallbackSender

    @property
    def recordings(self) -> list[EmulatedRecording]:
        """All recordings, oldest first."""
        ...

    def present(self, room: str) -> tuple[Participant, ...]:
        """Who is in the room."""
        ...

    def join(self, room: str, participant: str | Participant, **attributes: Any) -> Participant:
        """Let somebody join."""
        ...

    def leave(self, room: str, participant: str | Participant) -> None:
        """Let somebody leave."""
        ...

    def fail_next(self, operation: str, fault: str, times: int = 1) -> None:
        """Order a fault."""
        ...

    def migrate(self, room: str, outage: float | None = None) -> None:
        """Let a server be lost."""
        ...


Text = Annotated[str, Field(min_length=1)]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Presence(_Order):
    """The body of `participants`."""

    room: Text
    participant: Text
    action: Literal["join", "leave"]
    camera: bool = True
    """How they join, as `microphone`."""
    microphone: bool = True


class Advance(_Order):
    """The body of `clock`."""

    advance: float = Field(ge=0, le=LONGEST_MOVE_S, allow_inf_nan=False)
    """Seconds, at most ten years."""


class OrderedFault(_Order):
    """The body of `faults`."""

    operation: Text
    fault: Text
    times: int = Field(default=1, ge=1)


class Address(_Order):
    """The body of `callbacks`."""

    url: Text | None
    """Where notifications go from now on; null: nowhere."""


class Migration(_Order):
    """The body of `migrations`."""

    room: Text
    outage: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Seconds until another server goes on; by default as long as the vendor takes."""


def control(service: Controlled, request: EmulatedRequest) -> EmulatedResponse:
    """Answer a request of the control API.

    One that can't be followed gets status 400 and a sentence in `error`.
    """
    name = request.path.removeprefix(CONTROL_PREFIX)
    methods = [method for method, known in (("GET", VIEWS), ("POST", ORDERS)) if name in known]
    if not methods:
        known = ", ".join(CONTROL_PREFIX + known for known in dict.fromkeys((*VIEWS, *ORDERS)))
        return EmulatedResponse(404, {"error": f"there is no {request.path}; there are {known}"})
    if request.method not in methods:
        return EmulatedResponse(405, {"error": f"{request.path} takes {' or '.join(methods)}, not {request.method}"})
    if request.method == "GET":
        return EmulatedResponse(200, VIEWS[name](service))
    order, carry_out = ORDERS[name]
    try:
        return EmulatedResponse(200, carry_out(service, order.model_validate_json(request.body)))
    except ValidationError as error:
        return EmulatedResponse(400, {"error": _sentence(error)})
    except ValueError as error:
        return EmulatedResponse(400, {"error": str(error)})


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(map(str, first["loc"])) or "the body"
    return f"{where}: {first['msg']}"


def _recordings(service: Controlled) -> list[Any]:
    return [asdict(recording) for recording in service.recordings]


def _journal(service: Controlled) -> list[Any]:
    return [asdict(entry) for entry in service.journal]


def _move(service: Controlled, order: Presence) -> dict[str, Any]:
    if order.action == "join":
        service.join(order.room, order.participant, camera=order.camera, microphone=order.microphone)
    else:
        service.leave(order.room, order.participant)
    return {"room": order.room, "present": [participant.id for participant in service.present(order.room)]}


def _advance(service: Controlled, order: Advance) -> dict[str, Any]:
    service.clock.advance(order.advance)
    return {"time": service.clock.time()}


def _fail(service: Controlled, order: OrderedFault) -> dict[str, Any]:
    service.fail_next(order.operation, order.fault, order.times)
    return order.model_dump()


def _deliveries(service: Controlled) -> list[Any]:
    return [asdict(delivery) for delivery in service.callbacks.deliveries]


def _address(service: Controlled, order: Address) -> dict[str, Any]:
    service.callbacks.url = order.url
    return order.model_dump()


def _migrate(service: Controlled, order: Migration) -> dict[str, Any]:
    service.migrate(order.room, order.outage)
    return order.model_dump()


VIEWS: Final[Mapping[str, Callable[[Controlled], list[Any]]]] = {
    "recordings": _recordings,
    "journal": _journal,
    "callbacks": _deliveries,
}
ORDERS: Final[Mapping[str, tuple[type[BaseModel], Callable[[Controlled, Any], dict[str, Any]]]]] = {
    "participants": (Presence, _move),
    "clock": (Advance, _advance),
    "faults": (OrderedFault, _fail),
    "callbacks": (Address, _address),
    "migrations": (Migration, _migrate),
}
