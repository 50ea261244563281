"""One recorder for many threads: every operation at both vendors at once, none lost, one at a time on a recording."""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from recorder_core import (
    S3,
    Custom,
    Participants,
    Recorder,
    Recording,
    RecordingConflict,
    RecordingSpec,
    Region,
    Selection,
    Spotlight,
)

THREADS = 32
SHARED = 8
"""Recordings that all threads work on."""
CHANGES = 5
"""What each thread does to one of them, one thing after the other."""
CALLS = ("status", "stop", "layout", "update_participants", "pause", "resume", "snapshot", "refresh_storage")
STORAGE = S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK")

Operation = Callable[[Recorder, Recording, int], object]


def spec(room: str) -> RecordingSpec:
    """A lesson in a room."""
    regions = (Region(participant="1001", x=0.0, y=0.0, width=1.0, height=1.0),)
    return RecordingSpec(room=room, layout=Custom(regions=regions), storage=STORAGE)


def any_layout(recorder: Recorder, recording: Recording, number: int) -> object:
    return recorder.layout(recording, Spotlight(str(1000 + number)))


def anybody(recorder: Recorder, recording: Recording, number: int) -> object:
    return recorder.update_participants(recording, Participants(video=Selection(include=[str(1000 + number)])))


def a_picture(recorder: Recorder, recording: Recording, _: int) -> object:
    with suppress(RecordingConflict):  # another thread has paused it
        return recorder.snapshot(recording)


OPERATIONS: dict[str, tuple[Operation, ...]] = {
    "agora": (
        any_layout,
        anybody,
        lambda recorder, recording, _: recorder.status(recording),
        lambda recorder, recording, _: recorder.wait(recording),
    ),
    "zegocloud": (
        any_layout,
        lambda recorder, recording, _: recorder.pause(recording),
        lambda recorder, recording, _: recorder.resume(recording),
        a_picture,
        lambda recorder, recording, _: recorder.status(recording),
    ),
}
"""What a composite recording can be asked for at each vendor."""


class Watched:
    """Counts the threads that are in the provider's calls for each recording, and keeps what was changed, in order."""

    def __init__(self, recorder: Recorder) -> None:
        self.most: Counter[str] = Counter()
        self.sent: defaultdict[str, list[tuple[str, Any]]] = defaultdict(list)
        self._inside: defaultdict[str, list[int]] = defaultdict(list)
        self._guard = threading.Lock()
        for name in CALLS:
            setattr(recorder.provider, name, self._counting(name, getattr(recorder.provider, name)))

    def _counting(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(recording: Recording, *args: Any, **options: Any) -> Any:
            inside = self._inside[recording.id]
            with self._guard:
                inside.append(threading.get_ident())
                self.most[recording.id] = max(self.most[recording.id], len(set(inside)))
            try:
                done = call(recording, *args, **options)
                if isinstance(done, Recording):
                    self.sent[recording.id].append((name, args[0]))
                return done
            finally:
                with self._guard:
                    inside.remove(threading.get_ident())

        return counted


@pytest.mark.parametrize("vendor", ["agora", "zegocloud"])
def test_every_operation_at_once(emulated: Any, connected: Any, vendor: str) -> None:
    """32 threads change, watch, start and stop: nothing fails, no change is lost, no two calls overlap on a recording.

    All changes are made with the handle of the start, which is as old as can be: the next one counts with them all.
    """
    service = emulated(vendor, media=False)
    recorder = connected(service)
    for number in range(SHARED):
        service.join(f"shared-{number}", 1001)
    shared = [recorder.start(spec(f"shared-{number}"), confirm=True) for number in range(SHARED)]
    watched = Watched(recorder)

    def work(thread: int) -> str:
        chance = random.Random(thread)
        recording = shared[thread % SHARED]
        for number in range(CHANGES):
            chance.choice(OPERATIONS[vendor])(recorder, recording, thread * CHANGES + number)
        service.join(f"own-{thread}", 1001)
        with recorder.run(spec(f"own-{thread}")) as own:
            recorder.wait(own)
        return str(recorder.status(own).state)

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(work, range(THREADS))) == ["completed"] * THREADS
    assert set(watched.most.values()) == {1}
    for recording in shared:
        changes = list(watched.sent[recording.id])
        last = recorder.layout(recording, Spotlight("1001"))
        assert last.revision == len(changes) + 1
        named = dict(changes)
        assert last.participants == named.get("update_participants", recording.participants)
        recorder.stop(last)
    assert len(service.recordings) == SHARED + THREADS
    assert not [recording for recording in service.recordings if recording.running]


@pytest.mark.parametrize("vendor", ["agora", "zegocloud"])
def test_one_key_is_one_recording(emulated: Any, connected: Any, vendor: str) -> None:
    """However many threads start with one key at once, one recording runs, and every other thread hears of it."""
    service = emulated(vendor, media=False)
    service.join("lesson-42", 1001)
    recorder = connected(service)

    def start(_: int) -> str:
        try:
            return str(recorder.start(spec("lesson-42"), key="lesson-42").native[recorder.provider.native_key])
        except RecordingConflict:
            return "conflict"

    with ThreadPoolExecutor(THREADS) as pool:
        heard = set(pool.map(start, range(THREADS)))
    assert len(heard - {"conflict"}) == 1
    assert len(service.recordings) == 1


def test_the_last_layout_sent_is_the_one_that_is_known(emulated: Any, connected: Any) -> None:
    """What a handle says of the layout is what the vendor was told last, whichever thread came back first."""
    service = emulated("agora", media=False)
    service.join("lesson-42", 1001)
    recorder = connected(service)
    recording = recorder.start(spec("lesson-42"))
    watched = Watched(recorder)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: any_layout(recorder, recording, number), range(16)))
    layouts = [layout.participant for name, layout in watched.sent[recording.id] if name == "layout"]
    assert len(set(layouts)) == 16
    changed = recorder.update_participants(recording, Participants())
    assert changed.layout.participant == layouts[-1]
    assert changed.revision == 17
