"""What a recording saw over emulated time."""

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

    def cut(self, at: float, render: Render) -> None:
        """From `at` (Unix s) on, `render` makes the picture; the first cut holds from the start on."""
        self._cuts.append((at, render))
        self._cuts.sort(key=lambda cut: cut[0])

    def shots(self, until: float) -> list[Shot]:
        """The different pictures from the start to `until` (Unix s), each with its second from the start.

        Changes that alter nothing that is seen or heard make no shot.

        Raises:
            ValueError: no `cut` was made.
        """
        if not self._cuts:
            raise ValueError("a tape needs a cut before it has shots")
        instants = {
            self.started_at,
            *self.room.changes(self.started_at, until),
            *(at for at, _ in self._cuts),
        }
        shots: list[Shot] = []
        for instant in sorted(instants):
            if not self.started_at <= instant < until:
                continue
            render = next((render for at, render in reversed(self._cuts) if at <= instant), self._cuts[0][1])
            scene = render(self.room.present(instant))
            people = self.room.everyone(instant)
            if not shots or (shots[-1].scene, shots[-1].people) != (scene, people):
                shots.append(Shot(at=instant - self.started_at, scene=scene, people=people))
        return shots
