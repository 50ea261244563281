"""The slots of limits that processes and machines share through a Redis."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import resources
from typing import Any

from pydantic import SecretStr

from recorder_core.budget.limit import USUAL_WAY_S, Admitted, Limit
from recorder_core.budget.link import ANSWER_S, CONNECT_S, SILENCE_S, Client, Link, Script, UnreachableError, sealed
from recorder_core.budget.memory import Budget
from recorder_core.budget.parts import NOWHERE, Part, Seat, slots_of
from recorder_core.budget.queue import Source
from recorder_core.budget.ways import Call, Ways
from recorder_core.clock import Clock, SystemClock
from recorder_core.forking import Guarded

JOIN_S = 1.0
"""How often a process tells that it shares a limit."""
LATELY_S = 60.0
"""For how long it is counted among those that share it, and knows its part, after it told that last."""
MEMORY_S = 10.0
"""For how long it is sure enough of its clock to notice that the Redis's was set."""
APART_S = SILENCE_S + ANSWER_S
"""For how long each process keeps to its own part when the Redis is back: until all others must have noticed."""
KEPT_S = 30 * 86_400.0
"""For how long a limit that nobody uses is remembered. Where none is, the first call waits for a span."""
DRIFT = 1e-4
"""By how much two clocks may differ in speed."""
WHOLE = 1_000_000
"""Microseconds in a second."""
PARTS = ("state", "arrivals", "waiting", "sharing")


def _script(name: str) -> Script:
    times = {"USUAL_WAY": USUAL_WAY_S, "LATELY": LATELY_S, "APART": APART_S, "KEPT": KEPT_S / 1000}
    constants = "".join(f"local {constant} = {seconds * WHOLE:.0f}\n" for constant, seconds in times.items())
    return Script(constants + resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


TAKE = _script("take.lua")


class SharedBudget(Budget):
    """The calls of one account in all processes that have the same Redis. Thread-safe.

    They wait in real time, whatever clock a recorder has: that of the Redis is the same for all.

    Args:
        url: the Redis. Nothing is sent before the first call.
        limits, calls_per_second: as for `Budget`. Where processes disagree, the strictest counts.
        provider, account: whose limits they are.
        clock: by its `monotonic` and `sleep`.

    Raises:
        ConfigurationError: as `Budget`, or the URL is none of a Redis.
    """

    def __init__(
        self,
        url: str | SecretStr,
        limits: Sequence[Limit],
        calls_per_second: Mapping[str, float],
        *,
        provider: str,
        account: str,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self._link = Link(sealed(url), clock)
        # Some vendors' accounts are named by what isn't meant for everybody's eyes.
        self._name = f"{provider}:{hashlib.sha256(account.encode()).hexdigest()[:16]}"
        self._shared: list[SharedSlots] = []
        super().__init__(limits, clock, calls_per_second)

    def close(self) -> None:
        """Leave the limits to the other processes, and close the connections."""
        self._link.leave(filter(None, [slots.withdraw() for slots in self._shared]))

    def _source(self, limit: Limit) -> Source:
        slots = SharedSlots(limit, self._link, f"{self._name}:{limit.operations[0]}", self._clock)
        self._shared.append(slots)
        return slots


class _Call(Call):
    """A place in a limit that is shared. Its instants are by the process's clock.

    Args:
        slots: whose it is.
        operation: its urgency in the limit.
        number: under which the Redis knows it.
    """

    __slots__ = ("_slots", "number")

    def __init__(self, slots: SharedSlots, operation: int, number: int) -> None:
        super().__init__(operation)
        self.number = str(number)
        self._slots = slots

    def leaves(self) -> None:
        self._slots.leaves(self)

    def answered(self) -> None:
        self._slots.ends(self, is_answered=True)

    def lost(self) -> None:
        self._slots.ends(self, is_answered=False)


class SharedSlots(Guarded):
    """As `Source`: the slots of a limit that a Redis gives to all processes which share it; without it, a part of them.

    Args:
        limit: as this process knows it.
        link: to the Redis.
        name: the limit's, the same in all processes.
        clock: by its `monotonic` and `sleep`; the Redis counts in real time.
    """

    def __init__(self, limit: Limit, link: Link, name: str, clock: Clock) -> None:
        super().__init__()
        self.between = limit.between
        self._limit = limit
        self._link = link
        self._clock = clock
        # In a cluster, what stands in braces decides where a key lies: all of a limit lie together.
        self._keys = [f"recorder-core:{{{name}}}:{part}" for part in PARTS]
        self._begin()

    def _begin(self) -> None:
        self._ways: Ways[_Call] = Ways()
        self._met: tuple[int, float] | None = None
        self._ahead = math.inf
        self._joined_at = -math.inf
        self._seat = NOWHERE
        self._turn_at = -math.inf
        self._apart_until = -math.inf
        self._part: Part | None = None

    def _forked(self) -> None:
        """The parent's share is the parent's."""
        super()._forked()
        self._begin()

    def ask(self, urgency: int, left: float) -> Admitted | float:
        """As `Source.ask`."""
        if self._should_try():
            with suppress(UnreachableError):
                answer = self._ask_redis(urgency, left)
                if answer is not None:
                    return answer
        return self._ask_part(left)

    def least(self) -> float:
        """As `Source.least`."""
        part, now = self._part, self.now()
        return max(0.0, self._turn_at - now) if part is None else max(part.begins_at - now, part.slots.least())

    def sleep(self, seconds: float) -> None:
        """As `Source.sleep`."""
        self._clock.sleep(seconds)

    # What calls tell

    def now(self) -> float:
        """The instant, by this process's clock."""
        return self._clock.monotonic()

    def leaves(self, call: _Call) -> None:
        """A call is being written. The Redis is told if that makes it arrive later."""
        with self._guard:
            is_late = self._ways.leaves(call, self.now())
        if is_late:
            self._report([call])

    def ends(self, call: _Call, *, is_answered: bool) -> None:
        """A call was answered, or has failed. The Redis is told what is known now."""
        with self._guard:
            known = self._ways.ends(call, self.now(), is_answered=is_answered)
        self._report(known)

    def _report(self, calls: Iterable[_Call]) -> None:
        """Tell the Redis, if that is possible, by when calls have arrived; where it forgot them, they don't count."""
        if self._link.gone_at is None:
            told = {call.number: _micro(call.arrived_by + self._ahead) for call in calls}
            with suppress(UnreachableError):
                self._link.run(lambda client: client.zadd(self._keys[1], told, xx=True))

    def withdraw(self) -> str | None:
        """Share it no more. Where the process's name stands among those that do; None: it never did."""
        with self._guard:
            was_met, self._seat, self._joined_at = self._met is not None, NOWHERE, -math.inf
        return self._keys[3] if was_met else None

    # With the Redis

    def _should_try(self) -> bool:
        """Whether the Redis is to be asked. Where it couldn't be lately, only while the next call waits anyway."""
        link, now = self._link, self.now()
        if now < self._apart_until:
            return False
        if link.gone_at is None or now >= link.failed_at + SILENCE_S:
            return True
        return now >= link.next_try and (self._part is None or self.least() >= 2 * CONNECT_S)

    def _ask_redis(self, urgency: int, left: float) -> Admitted | float | None:
        """As `ask`. None: all keep to their parts.

        Raises:
            UnreachableError: it can't be used.
        """
        asked_at = -math.inf

        def take(client: Client) -> Any:
            nonlocal asked_at
            asked_at = self.now()
            return TAKE.run(client, self._keys, json.dumps(self._question(urgency, left, asked_at)))

        what, value, taken, *seat = self._link.run(take)
        met_at, wait = self.now(), value / WHOLE
        with self._guard:
            self._learn(taken / WHOLE, asked_at, met_at)
            self._met = (taken, met_at)
            if min(seat) >= 0:
                self._seat, self._joined_at = Seat(*seat), asked_at
            if what == "apart":
                self._apart_until = asked_at + wait
                self._part = self._part or self._a_part(None)
                self._part.since = None
                return None
            self._part = None
            self._turn_at = met_at + wait if what == "wait" else -math.inf
        if what == "taken":
            call = _Call(self, urgency, value)
            with self._guard:
                self._ways.begins(call, asked_at)
            return call
        return wait if what == "wait" else Admitted(late=max(wait, left))

    def _question(self, urgency: int, left: float, now: float) -> dict[str, Any]:
        with self._guard:
            there, longest = self._ways.there, self._ways.longest(urgency)
        question: dict[str, Any] = {
            "who": self._link.who,
            "rank": urgency,
            "left": _micro(min(left, KEPT_S)),
            "calls": self._limit.calls,
            "span": _micro(self._limit.span),
            "between": _micro(self._limit.between),
            "there": _micro(there),
            "longest": _micro(longest),
            "joins": not self._seat.cycle or now >= self._joined_at + JOIN_S,
        }
        if self._met is not None and now <= self._met[1] + MEMORY_S:
            at, met_at = self._met
            since = _micro(now - met_at)
            question["before"] = {"since": since, "expected": at + since, "cut": self._link.cut_at > met_at}
        if self._part is not None and self._part.since is not None:
            question["away"] = _micro(now - self._part.since)
        return question

    def _learn(self, taken: float, asked_at: float, met_at: float) -> None:
        """By how much the Redis's clock is ahead of this one, at the most: the question that was quickest there tells.

        Args:
            taken: when the Redis read its clock, by that.
            asked_at: before that, by this clock.
            met_at: after that.
        """
        if self._met is not None and self._ahead >= taken - met_at:  # else its clock was set
            self._ahead += (met_at - self._met[1]) * DRIFT
            self._ahead = min(self._ahead, taken - asked_at)
        else:
            self._ahead = taken - asked_at

    # Without it

    def _ask_part(self, left: float) -> Admitted | float:
        """As `ask`, of the part that is this process's own."""
        with self._guard:
            part = self._part = self._part or self._a_part(self._link.gone_at)
            part.since = part.since or self._link.gone_at
        now = self.now()
        wait = part.begins_at - now
        answer = wait if wait > 0 else part.slots.ask(0, left)
        if isinstance(answer, Admitted):
            return answer
        if answer >= left:
            return Admitted(late=answer)
        news = self._apart_until if self._link.gone_at is None else self._link.next_try
        return min(answer, news - now) if news > now else answer

    def _a_part(self, since: float | None) -> Part:
        """What the Redis told lately is this process's own; the least that is of any use where it didn't."""
        found_at = self.now() if since is None else since
        seat = self._seat if found_at <= self._joined_at + LATELY_S else NOWHERE
        slots = slots_of(seat, self._limit, self._clock, self._ahead)
        return Part(since, found_at + self._limit.span + USUAL_WAY_S, slots)


def _micro(seconds: float) -> int:
    return round(seconds * WHOLE)
