"""What a recording saw over emulated time."""

import math
from collections.abc import Callable

from recorder_core.emulation.composer import Scene, Shot
from recorder_core.emulation.room import Participant, Room

Render = Callable[[tuple[Participant, ...]], Scene]
"""Turns who is present (in join order) into the picture that is recorded."""


class Tape:
    """The picture of one recording, as a function of time.

    `started_at` is the Unix second of the emulated clock at which the file begins. A vendor's emulator says
    by `cut` how its wire layout makes a scene of whoever is present; the room's own changes are followed by
    themselves.
    """

    def __init__(self, room: Room, started_at: float) -> None:
        self.room = room
        self.started_at = started_at
        self._cuts: list[tuple[float, Render]] = []
        self._holds: list[tuple[float, float | None]] = []

    def cut(self, at: float, render: Render) -> None:
        """From `at` (Unix s) on, `render` makes the picture; the first cut holds from the start on."""
        self._cuts.append((at, render))
        self._cuts.sort(key=lambda cut: cut[0])

    def hold(self, at: float) -> None:
        """From `at` (Unix s) on, nothing is recorded."""
        if self._holds and self._holds[-1][1] is None:
            return
        self._holds.append((at, None))

    def release(self, at: float) -> None:
        """From `at` (Unix s) on, it is recorded again."""
        if self._holds and self._holds[-1][1] is None:
            self._holds[-1] = (self._holds[-1][0], at)

    def elapsed(self, at: float) -> float:
        """Seconds that were recorded from the start to `at` (Unix s): those on hold don't count."""
        held = sum(
            max(0.0, min(at, math.inf if end is None else end) - max(since, self.started_at))
            for since, end in self._holds
        )
        return max(0.0, at - self.started_at - held)

    def instant(self, elapsed: float) -> float:
        """The Unix second at which so much had been recorded; where it was on hold then, the release."""
        at = self.started_at + elapsed
        for since, end in self._holds:
            begin = max(since, self.started_at)
            if end is not None and end > begin and begin <= at:
                at += end - begin
        return at

    def scene(self, at: float) -> tuple[Scene, tuple[Participant, ...]]:
        """The picture at `at` (Unix s), and everybody whom it may show."""
        render = next((render for since, render in reversed(self._cuts) if since <= at), self._cuts[0][1])
        return render(self.room.present(at)), self.room.everyone(at)

    def shots(self, until: float) -> list[Shot]:
        """The different pictures from the start to `until` (Unix s), each with its recorded second.

        Changes that alter nothing that is seen or heard make no shot, and what lies within a hold makes none.

        Raises:
            ValueError: no `cut` was made.
        """
        if not self._cuts:
            raise ValueError("a tape needs a cut before it has shots")
        instants = {
            self.started_at,
            *self.room.changes(self.started_at, until),
            *(at for at, _ in self._cuts),
            *(end for _, end in self._holds if end is not None),
        }
        shots: list[Shot] = []
        for instant in sorted(instants):
            if not self.started_at <= instant < until or self._is_held(instant):
                continue
            scene, people = self.scene(instant)
            if not shots or (shots[-1].scene, shots[-1].people) != (scene, people):
                shots.append(Shot(at=self.elapsed(instant), scene=scene, people=people))
        return shots

    def _is_held(self, at: float) -> bool:
        return any(since <= at and (end is None or at < end) for since, end in self._holds)
