"""A vendor of no name, and ways to look into what it recorded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from emulation.telling import Receiver, TellingService
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.composer import Scene, Window
from recorder_core.emulation.delivery import Output
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.room import Participant
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape


class PlainService(EmulatedService):
    """Records a room side by side, from `POST /start` until the room was empty for 30 s."""

    name = "plain"
    operations = frozenset({"start", "status"})
    secret_names = frozenset({"secretKey"})
    secret_query = frozenset({"Signature"})
    handled = 0

    @property
    def env(self) -> dict[str, str]:
        return {"PLAIN_BASE_URLS": self.base_url}

    def operation(self, request: EmulatedRequest) -> str:
        return request.segments[0]

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        self.handled += 1
        if request.segments[0] == "crash":
            raise ZeroDivisionError
        if request.segments[0] == "start":
            self.tape = Tape(self.room(request.json()["room"]), self.clock.time())
            self.tape.cut(self.tape.started_at, side_by_side)
            self.ended_at: float | None = None
            self.files: tuple[str, ...] = ()
        return EmulatedResponse(
            200,
            {
                "path": request.path,
                "segments": request.segments,
                "query": request.query,
                "header": request.headers.get("x-CASE"),
                "body": request.body.decode(),
                "fault": request.fault,
                "fault_code": request.fault_code,
                "secretKey": "s3cr3t",
            },
        )

    def settle(self, now: float) -> None:
        if hasattr(self, "tape") and self.ended_at is None:
            self.ended_at = self.tape.room.empty_for(30, since=self.tape.started_at, until=now)
            if self.ended_at is not None:
                delivery = self.deliver(
                    self.tape,
                    self.ended_at,
                    Output(formats=("mp4",)),
                    name=lambda extension, at: f"x.{extension}",
                )
                self.files = tuple(file.key for file in delivery.files)

    def rate_limited(self) -> EmulatedResponse:
        return EmulatedResponse(429, {"message": "too many"})

    def emulated_recordings(self) -> list[EmulatedRecording]:
        if not hasattr(self, "tape"):
            return []
        return [
            EmulatedRecording(
                ids={"id": "1"},
                room=self.tape.room.name,
                running=self.ended_at is None,
                started_at=self.tape.started_at,
                ended_at=self.ended_at,
                files=self.files,
            )
        ]


def side_by_side(people: tuple[Participant, ...], width: int = 320, height: int = 180) -> Scene:
    """Everybody in a column of their own, all of them heard."""
    count = max(1, len(people))
    return Scene(
        width=width,
        height=height,
        color=(20, 20, 30),
        windows=tuple(
            Window(
                left=width * index // count,
                top=0,
                right=width * (index + 1) // count,
                bottom=height,
                participant=person.id,
            )
            for index, person in enumerate(people)
        ),
        audible=tuple(person.id for person in people),
    )


@dataclass
class Decoded:
    """What a player gets out of a file."""

    frames: NDArray[np.uint8]
    """Frames x height x width x 3."""
    key_frames: list[int]
    sound: NDArray[np.float32]
    """Channels x samples."""
    rate: int

    def heard(self, start_s: float, end_s: float) -> set[int]:
        """The tones, in Hz to the nearest 20, that stand out between two seconds."""
        part = self.sound[0, int(start_s * self.rate) : int(end_s * self.rate)]
        strength = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        # A tone's own main lobe spreads over a few Hz.
        loud = np.fft.rfftfreq(len(part), 1 / self.rate)[strength > 0.02 * strength.max()]
        return {round(frequency / 20) * 20 for frequency in loud} if strength.max() > 1 else set()


def decode_file(path: Path) -> Decoded:
    """Decode the first picture and the first sound of a file."""
    frames, keys, sound, rate = [], [], [], 0
    with av.open(path) as container:
        for stream in (*container.streams.video[:1], *container.streams.audio[:1]):
            container.seek(0)
            for frame in container.decode(stream):
                if isinstance(frame, av.VideoFrame):
                    if frame.key_frame:
                        keys.append(len(frames))
                    frames.append(frame.to_ndarray(format="rgb24"))
                elif isinstance(frame, av.AudioFrame):
                    rate = frame.sample_rate
                    planar = av.AudioResampler(format="fltp").resample(frame)
                    sound.extend(part.to_ndarray() for part in planar)
    return Decoded(
        frames=np.array(frames, dtype=np.uint8),
        key_frames=keys,
        sound=np.concatenate(sound, axis=1) if sound else np.zeros((1, 0), dtype=np.float32),
        rate=rate,
    )


def inner_points(window: Window) -> list[tuple[int, int]]:
    """The centre of a window and points 2 px inside each edge and corner, as (x, y)."""
    xs = (window.left + 2, (window.left + window.right) // 2, window.right - 3)
    ys = (window.top + 2, (window.top + window.bottom) // 2, window.bottom - 3)
    return [(x, y) for x in xs for y in ys]


@pytest.fixture
def decode() -> Callable[[Path], Decoded]:
    """Decodes a file."""
    return decode_file


@pytest.fixture
def assert_shows() -> Callable[[NDArray[np.uint8], Scene, tuple[Participant, ...]], None]:
    """Asserts that each window of a scene shows its participant up to 2 px from its edges."""

    def check(picture: NDArray[np.uint8], scene: Scene, people: tuple[Participant, ...]) -> None:
        colors = {person.id: person.color for person in people}
        for index, window in enumerate(scene.windows):
            for x, y in inner_points(window):
                covers = scene.windows[index + 1 :]
                if any(c.left - 2 <= x < c.right + 2 and c.top - 2 <= y < c.bottom + 2 for c in covers):
                    continue
                shown = picture[y, x].astype(int)
                expected = colors.get(window.participant or "", scene.color)
                assert np.abs(shown - expected).max() <= 12, (window, x, y, shown, expected)

    return check


@pytest.fixture
def clock() -> EmulatorClock:
    """Time that only the test moves."""
    return EmulatorClock(frozen=True)


@pytest.fixture
def service(tmp_path: Path, clock: EmulatorClock) -> Iterator[PlainService]:
    """A running service."""
    with PlainService(clock=clock, bucket=tmp_path / "bucket") as service:
        yield service


@pytest.fixture
def plain_service() -> type[PlainService]:
    """The class, for services of one's own."""
    return PlainService


@pytest.fixture
def render() -> Callable[[tuple[Participant, ...]], Scene]:
    """A layout."""
    return side_by_side


@pytest.fixture
def receiver(clock: EmulatorClock) -> Iterator[Receiver]:
    """Somebody who listens to callbacks, and looks at the clock."""
    receiver = Receiver()
    receiver.clock = clock
    yield receiver
    receiver.close()


@pytest.fixture
def telling(clock: EmulatorClock, receiver: Receiver) -> Iterator[TellingService]:
    """A running service that tells the receiver."""
    with TellingService(clock=clock, callback_url=receiver.url) as service:
        yield service
