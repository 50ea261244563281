"""What happens by itself, so that nobody has to ask everything at every look."""

from typing import Protocol


class Timed(Protocol):
    """A recording to whom things happen as time goes by. Equality must be identity.

    Instants are Unix seconds of the emulated clock. `settle` is called with the very number that `next_due` gave,
    or a later one: compare instants with instants (`at <= now`), for a difference of two may be a bit off.
    """

    @property
    def over(self) -> bool:
        """Whether nothing will ever happen to it again, by itself or because of its room."""
        ...

    def settle(self, now: float) -> None:
        """Let everything happen that is due by `now` and hasn't happened yet, each thing at its own instant."""
        ...

    def next_due(self, now: float) -> float | None:
        """The first instant after `now` at which something happens if nobody does anything; None: nothing will."""
        ...
