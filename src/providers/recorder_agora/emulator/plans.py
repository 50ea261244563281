"""What will happen to a recording by itself, and when."""

from __future__ import annotations

from collections.abc import Callable, Hashable

__all__ = ["Plans"]

Happen = Callable[[float], None]
"""Takes place at its instant (Unix s), which it is given."""


class Plans:
    """At most one plan per name, such as the end of an idle room, which is dropped when somebody comes."""

    def __init__(self) -> None:
        self._plans: dict[Hashable, tuple[float, Happen]] = {}

    def add(self, name: Hashable, at: float, happen: Happen) -> None:
        """Let it happen at that instant, in place of what was planned under that name."""
        self._plans.pop(name, None)
        self._plans[name] = (at, happen)

    def drop(self, name: Hashable) -> None:
        """It won't happen, if it was to."""
        self._plans.pop(name, None)

    def clear(self) -> None:
        """Nothing will happen."""
        self._plans.clear()

    def __contains__(self, name: Hashable) -> bool:
        return name in self._plans

    def at(self, name: Hashable) -> float:
        """When it is to happen; infinity when it isn't."""
        return self._plans[name][0] if name in self._plans else float("inf")

    @property
    def next_at(self) -> float | None:
        """When the next thing is to happen; None: nothing is."""
        return min((at for at, _ in self._plans.values()), default=None)

    def run(self, now: float) -> None:
        """Let happen what is due by `now`, in order; of what is due at once, what was planned first."""
        while (due := self.next_at) is not None and due <= now:
            name = next(name for name, (at, _) in self._plans.items() if at == due)
            _, happen = self._plans.pop(name)
            happen(due)
