"""The emulators' time: real until it is driven."""

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

LONGEST_MOVE_S: Final = 10 * 365 * 86_400
"""Seconds that one move may take: ten years of 365 days."""


@dataclass(frozen=True, eq=False)
class _Follower:
    """Somebody to whom something happens as time passes."""

    moved: Callable[[], None] | None
    next_due: Callable[[], float | None] | None
    rest: Callable[[], bool] | None


class EmulatorClock:
    """Wall time plus an offset that only the test moves; it satisfies `recorder_core.clock.Clock`.

    A plain recorder works against it in real time; a recorder that is given this clock never really waits,
    because its `sleep` and `wait` move the offset. With `frozen=True` time stands still between two moves, so that
    every instant of a test is exact.

    A move goes in steps: it stops at every instant at which a follower has something to do, and goes on when that
    has been done. So a callback that is due 3 s into a wait of 120 s is received at that instant, and the wait ends
    there when it waited for that.

    Thread-safe. All moves are everybody's for `time`, but not for `monotonic`, which deadlines are measured by:

    - `advance` is the test driving time: it moves `monotonic` in every thread.
    - `sleep` and `wait` are one thread waiting: they move `monotonic` in that thread only, because threads that really
      wait do so side by side. Otherwise one thread's waits would use up another's deadline. Whatever carries the
      thread's context variables on, as asyncio does from one step of an operation to the next, carries that too.
    """

    def __init__(self, *, frozen: bool = False, start: float | None = None) -> None:
        """`start` is the first instant in Unix seconds; by default it is now."""
        wall = time.time()
        self.frozen = frozen
        # The emulated instant where it is frozen, else how far it is ahead of the true one.
        self._position = (wall if start is None else start) if frozen else (0.0 if start is None else start - wall)
        self._moved = 0.0
        self._advanced = 0.0
        # Not of the thread: an operation of asyncio takes its steps in several, and its context with it.
        self._slept = ContextVar("recorder_core_slept", default=0.0)
        self._lock = threading.Lock()
        # Two moves at once take their steps in turns, or together they would miss what is due between them.
        self._stepping = threading.RLock()
        self._followers: list[_Follower] = []

    def time(self) -> float:
        """The emulated instant, in Unix seconds."""
        with self._lock:
            return self._position if self.frozen else time.time() + self._position

    def monotonic(self) -> float:
        """Seconds that never run backwards in one thread; those of two threads can't be compared.

        They move along with every `advance`, and with what the calling thread slept or waited itself.
        """
        with self._lock:
            return (0.0 if self.frozen else time.monotonic()) + self._advanced + self._slept.get()

    def wall(self) -> float:
        """The true wall time in Unix seconds, by which signatures and credentials are judged."""
        return time.time()

    def paced(self) -> float:
        """True wall time plus every move, in Unix seconds, by which rate limits count.

        A driven wait spaces calls as a real one would; between two moves real time counts, on a frozen clock too.
        """
        with self._lock:
            return time.time() + self._moved

    def sleep(self, seconds: float) -> None:
        """Move time forward by `seconds` and return at once; other threads' `monotonic` stays as it is.

        Raises:
            ValueError: as `advance`.
        """
        self._pass(seconds)

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Move time forward as `sleep` does, but no further than to the instant at which the signal is set.

        It is looked for at every instant at which a follower has something to do, after that was done.

        Returns:
            Whether the signal is set.

        Raises:
            ValueError: as `advance`.
        """
        self._pass(seconds, signal)
        return signal.is_set()

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds` (0 to ten years) for everybody.

        Raises:
            ValueError: `seconds` is no number, or one out of that range.
        """
        _check(seconds)
        self._rest()
        left = seconds
        while True:
            left = self._step(left, everybodys=True)
            self._rest()
            if left <= 0:
                return

    def subscribe(
        self,
        moved: Callable[[], None] | None = None,
        *,
        next_due: Callable[[], float | None] | None = None,
        rest: Callable[[], bool] | None = None,
    ) -> Callable[[], None]:
        """Follow the time.

        Args:
            moved: called after every step of a move.
            next_due: the first instant after this one (Unix s) at which something is to be done, if any; a move stops
                there.
            rest: waits until what is due has been done, so that time may go on; whether it had to wait. Called
                before a move and after every step of it, by the thread that moves; again until nobody had to.

        Returns:
            What ends that; it may be called twice.
        """
        follower = _Follower(moved, next_due, rest)
        with self._lock:
            self._followers.append(follower)

        def unsubscribe() -> None:
            with self._lock:
                if follower in self._followers:
                    self._followers.remove(follower)

        return unsubscribe

    def _pass(self, seconds: float, signal: threading.Event | None = None) -> None:
        _check(seconds)
        self._rest()
        left = seconds
        while not (signal is not None and signal.is_set()):
            left = self._step(left)
            self._rest()
            if left <= 0:
                break
        self._slept.set(self._slept.get() + seconds - left)

    def _step(self, left: float, *, everybodys: bool = False) -> float:
        """Move to the next instant at which there is something to do, `left` seconds at most; what is left then."""
        with self._stepping:
            now = self.time()
            dues = (follower.next_due() for follower in self._following() if follower.next_due is not None)
            due = min((due for due in dues if due is not None), default=None)
            step = left if due is None else min(left, max(0.0, due - now))
            with self._lock:
                # Adding a difference may miss the instant by a bit, and exact instants are the point of a frozen clock.
                exact = self.frozen and due is not None and step < left
                self._position = due if exact and due is not None else self._position + step
                self._moved += step
                self._advanced += step if everybodys else 0.0
            for follower in self._following():
                if follower.moved is not None:
                    follower.moved()
        return left - step

    def _rest(self) -> None:
        # What one follower does may give another one something to do.
        while any(follower.rest() for follower in self._following() if follower.rest is not None):
            continue

    def _following(self) -> tuple[_Follower, ...]:
        with self._lock:
            return tuple(self._followers)


def _check(seconds: object) -> None:
    if not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_MOVE_S:
        raise ValueError(
            f"the clock moves forward by a number of seconds, 0 to {LONGEST_MOVE_S} (ten years); got {seconds!r}"
        )
