"""What goes wrong: the faults of the proxy, addresses that lead nowhere, delays, clocks, and the vendor's own codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from recorder_core.testing.battery.stage import Stage
from recorder_core.testing.faults import FAULTS, redirected
from recorder_core.testing.proxy import PASS, Fault, Relay

SILENT_S = 0.4
"""Seconds for a connection and for an answer, where some don't come."""
SILENT = ("stall", "drop by stall", "slow head", "slow body", "100 for ever")
NO_NAME = "http://fault.invalid"
"""A name that nobody can give to a host."""
UNKNOWN_NUMBER, UNKNOWN_WORD = 987_654_321, "NobodyKnowsThisCode"
"""Codes that no vendor documents."""

Arrange = Callable[[Stage, int, str, bool], tuple[str, ...]]
"""Lets it happen to one of the vendor's calls, told by its number and name, or to it and all later ones; gives the
addresses that the recorder is told of."""


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong.

    Attributes:
        name: by which it is told.
        meaning: what happens, in a few words.
        arrange: lets it happen.
        lasts: whether it can't happen to one call alone.
        lies: whether what the vendor answers isn't what has happened.
        code: the vendor's code that its service is made to answer.
        timeout: seconds for a connection and for an answer; None: as many as a healthy service may need.
    """

    name: str
    meaning: str
    arrange: Arrange
    lasts: bool = False
    lies: bool = False
    code: int | str | None = None
    timeout: float | None = None


def _met(fault: Fault) -> Trouble:
    def arrange(stage: Stage, call: int, _: str, always: bool) -> tuple[str, ...]:
        (stage.proxy.fail_always if always else stage.proxy.fail_next)(fault, after=call)
        return (stage.proxy.base_url,)

    return Trouble(fault.name, fault.meaning, arrange, timeout=SILENT_S if fault.name in SILENT else None)


def _led_away(status: int) -> Trouble:
    met = _met(redirected(status, "elsewhere"))

    def arrange(stage: Stage, call: int, name: str, always: bool) -> tuple[str, ...]:
        fault = redirected(status, f"{stage.elsewhere.base_url}/there?key=value")
        return _met(fault).arrange(stage, call, name, always)

    return replace(met, arrange=arrange)


def _addressed(name: str, meaning: str, dead: Callable[[Stage], str], *, alive: bool) -> Trouble:
    def arrange(stage: Stage, _call: int, _name: str, _always: bool) -> tuple[str, ...]:
        return (dead(stage), *((stage.proxy.base_url,) if alive else ()))

    return Trouble(name, meaning, arrange, lasts=True, timeout=SILENT_S if "unreachable" in name else None)


def _at_first_host(name: str) -> Trouble:
    met = _met(FAULTS[name])

    def arrange(stage: Stage, call: int, of: str, always: bool) -> tuple[str, ...]:
        return (*met.arrange(stage, call, of, always), stage.second.base_url)

    return replace(
        met, name=f"{name} at the first host", meaning=f"{met.meaning}; there is another host", arrange=arrange
    )


def _held_up(name: str, seconds: float) -> Trouble:
    def arrange(stage: Stage, call: int, _: str, always: bool) -> tuple[str, ...]:
        def arrive_late(relay: Relay) -> None:
            stage.service.clock.sleep(seconds)
            relay.send(relay.forward())

        return _met(Fault(name, "", arrive_late)).arrange(stage, call, _, always)

    return Trouble(name, f"the request arrives {name.removeprefix('held up for ')} later", arrange)


def _skewed(name: str, seconds: float) -> Trouble:
    def arrange(stage: Stage, _call: int, _name: str, _always: bool) -> tuple[str, ...]:
        stage.skew(seconds)
        return (stage.proxy.base_url,)

    return Trouble(name, f"this machine's {name.replace('clock', 'clock is')}", arrange, lasts=True)


def coded(code: int | str, *, lies: bool = True) -> Trouble:
    """The vendor's answer with a code of its own; nothing is done.

    Args:
        code: the code.
        lies: whether it stands for something that isn't so, such as that there is no such recording.
    """

    def arrange(stage: Stage, call: int, name: str, always: bool) -> tuple[str, ...]:
        stage.order(name, code, 100 if always else 1)
        return (stage.proxy.base_url,)

    return Trouble(f"code {code}", f"the vendor refuses with {code}", arrange, lies=lies, code=code)


def undocumented(codes: Sequence[int | str]) -> Trouble:
    """A refusal with a code that nobody knows, of the kind of these."""
    return coded(UNKNOWN_NUMBER if isinstance(codes[0], int) else UNKNOWN_WORD, lies=False)


NOTHING = _met(PASS)
HANGING = tuple(
    replace(trouble, timeout=None)
    for trouble in (
        *(_met(FAULTS[name]) for name in SILENT),
        _addressed("unreachable", "", lambda stage: stage.unreachable.base_url, alive=False),
    )
)
"""What doesn't end for as long as somebody waits."""
TROUBLES = (
    *(
        _addressed(
            f"{what}{' first host' * alive}", f"{meaning}{', and there is another host' * alive}", dead, alive=alive
        )
        for alive in (False, True)
        for what, meaning, dead in (
            ("unresolvable", "the host's name can't be resolved", lambda _: NO_NAME),
            ("refused", "nobody listens at the host", lambda stage: stage.closed),
            ("unreachable", "the host takes no connection", lambda stage: stage.unreachable.base_url),
        )
    ),
    *map(_met, FAULTS.values()),
    *map(_at_first_host, ("refuse", "drop")),
    *map(_led_away, (301, 302, 303, 307, 308)),
    _held_up("held up for 6 minutes", 360.0),
    _skewed("clock an hour ahead", -3600.0),
    _skewed("clock an hour behind", 3600.0),
)
