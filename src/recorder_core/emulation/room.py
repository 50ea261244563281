"""Who is in a room, from when to when, and whether camera and microphone are on."""

import bisect
import colorsys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

Color = tuple[int, int, int]
"""Red, green and blue, each 0 to 255."""


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in a room: a picture of one flat colour with a name on it, a sound of one tone.

    Raises:
        TypeError: the id is no text.
        ValueError: it is empty.
    """

    id: str
    name: str
    color: Color
    tone_hz: float
    width: int = 640
    """Published picture, in pixels."""
    height: int = 360
    camera: bool = True
    microphone: bool = True

    def __post_init__(self) -> None:
        _named("a participant's id", self.id)

    @classmethod
    def of(cls, id: str | int, **attributes: Any) -> "Participant":
        """The participant `id`, with a colour and a tone (300 to 1220 Hz) that follow from the id alone.

        `attributes` replaces any of the fields.

        Raises:
            TypeError, ValueError: as `id_of`.
        """
        id = id_of(id)
        number = int(id) if id.isascii() and id.isdigit() else zlib.crc32(id.encode())
        # The golden angle keeps the hues of neighbouring ids far apart.
        red, green, blue = colorsys.hsv_to_rgb(number * 137.508 % 360 / 360, 0.8, 0.9)
        derived: dict[str, Any] = {
            "name": id,
            "color": (round(red * 255), round(green * 255), round(blue * 255)),
            "tone_hz": 300.0 + 40 * (number % 24),
        }
        return cls(id=id, **(derived | attributes))


def id_of(participant: str | int | Participant) -> str:
    """The id of somebody who is named by it, or given whole; a whole number means its digits.

    Raises:
        TypeError: it is neither a text nor a whole number nor a participant.
        ValueError: the text is empty.
    """
    if isinstance(participant, Participant):
        return participant.id
    if isinstance(participant, int) and not isinstance(participant, bool):
        return str(participant)
    return _named("a participant's id", participant)


def _named(what: str, name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{what} is a text, such as '1001'; got {name!r}")
    if not name:
        raise ValueError(f"{what} has at least one character; got ''")
    return name


def anybody(_participant: Participant) -> bool:
    """Every participant counts."""
    return True


Change = Callable[[dict[str, Participant], dict[str, Participant]], None]
"""Alters who is present and who has gone."""


class Room:
    """The presence in one room as a timeline that can be asked about any instant.

    Instants are Unix seconds of the emulated clock. Not thread-safe: the service serialises access.

    Raises:
        TypeError: the name is no text.
        ValueError: it is empty.
    """

    def __init__(self, name: str) -> None:
        self.name = _named("a room's name", name)
        self._timeline: list[tuple[float, Change]] = []

    def join(self, participant: Participant, at: float) -> None:
        """Enter at the end of the join order; whoever is present already keeps their place and is updated."""

        def change(present: dict[str, Participant], gone: dict[str, Participant]) -> None:
            gone.pop(participant.id, None)
            present[participant.id] = participant

        self._insert(at, change)

    def leave(self, id: str, at: float) -> None:
        """Leave the room.

        Raises:
            ValueError: `id` isn't present at that instant.
        """
        self._require(id, at)

        def change(present: dict[str, Participant], gone: dict[str, Participant]) -> None:
            if id in present:
                gone[id] = replace(present.pop(id), camera=False, microphone=False)

        self._insert(at, change)

    def set_media(self, id: str, at: float, *, camera: bool | None = None, microphone: bool | None = None) -> None:
        """Turn camera or microphone on or off; None leaves it as it is.

        Raises:
            ValueError: `id` isn't present at that instant.
        """
        self._require(id, at)

        def change(present: dict[str, Participant], _gone: dict[str, Participant]) -> None:
            if (participant := present.get(id)) is not None:
                present[id] = replace(
                    participant,
                    camera=participant.camera if camera is None else camera,
                    microphone=participant.microphone if microphone is None else microphone,
                )

        self._insert(at, change)

    def present(self, at: float) -> tuple[Participant, ...]:
        """Who is there at `at`, in join order, with camera and microphone as they stand."""
        present, _ = self._state(at)
        return tuple(present.values())

    def everyone(self, at: float) -> tuple[Participant, ...]:
        """Who is there or has been there by `at`; whoever has gone has camera and microphone off."""
        present, gone = self._state(at)
        return (*present.values(), *gone.values())

    def changes(self, since: float, until: float) -> list[float]:
        """The instants after `since`, up to and with `until`, at which anything changed, sorted."""
        return sorted({at for at, _ in self._timeline if since < at <= until})

    def presence(self, since: float, until: float) -> Iterator[tuple[float, tuple[Participant, ...]]]:
        """Who is present from `since` on, then from each later change up to `until` on."""
        present: dict[str, Participant] = {}
        gone: dict[str, Participant] = {}
        instant = since
        for at, change in self._timeline:
            if at > until:
                break
            if at > instant:
                yield instant, tuple(present.values())
                instant = at
            change(present, gone)
        yield instant, tuple(present.values())

    def empty_since(self, at: float, counts: Callable[[Participant], bool] = anybody) -> float | None:
        """Since when nobody that `counts` has been there at `at`.

        None when somebody is; minus infinity when nobody has been there yet.
        """
        empty: float | None = None
        for instant, present in self.presence(float("-inf"), at):
            if any(map(counts, present)):
                empty = None
            elif empty is None:
                empty = instant
        return empty

    def empty_for(
        self,
        seconds: float,
        *,
        since: float,
        until: float,
        counts: Callable[[Participant], bool] = anybody,
    ) -> float | None:
        """The first instant at which nobody that `counts` has been there for `seconds` in a row.

        The room is looked at from `since` on, so the earliest answer is `since + seconds`; None when there is
        no such instant by `until`.
        """
        empty: float | None = None
        for instant, present in self.presence(since, until):
            # Instants are compared, not differences, which may be a bit off: who waits until the end must meet it.
            if empty is not None and empty + seconds <= instant:
                return empty + seconds
            if any(map(counts, present)):
                empty = None
            elif empty is None:
                empty = instant
        return empty + seconds if empty is not None and empty + seconds <= until else None

    def first_presence(
        self, *, since: float, until: float, counts: Callable[[Participant], bool] = anybody
    ) -> float | None:
        """The first instant from `since` to `until` at which somebody that `counts` is there, else None."""
        return next((instant for instant, present in self.presence(since, until) if any(map(counts, present))), None)

    def _insert(self, at: float, change: Change) -> None:
        bisect.insort(self._timeline, (at, change), key=lambda event: event[0])

    def _state(self, at: float) -> tuple[dict[str, Participant], dict[str, Participant]]:
        present: dict[str, Participant] = {}
        gone: dict[str, Participant] = {}
        for instant, change in self._timeline:
            if instant > at:
                break
            change(present, gone)
        return present, gone

    def _require(self, id: str, at: float) -> None:
        if id not in self._state(at)[0]:
            raise ValueError(f"participant {id!r} is not in room {self.name!r}")
