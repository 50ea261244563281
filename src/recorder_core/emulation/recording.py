"""A recording as it looks from outside."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatedRecording:
    """A recording as the control API and the tests see it."""

    ids: dict[str, str]
    """The vendor's own ids."""
    room: str
    running: bool
    started_at: float
    """Unix s of the emulated clock, as `ended_at`."""
    ended_at: float | None = None
    files: tuple[str, ...] = ()
    """Keys in the bucket."""
