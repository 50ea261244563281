"""Following many recordings to their end with few threads, or one recording with none."""

from __future__ import annotations

from collections.abc import Iterator

from recorder_core.clock import Deadline
from recorder_core.errors import DeadlineExceeded
from recorder_core.following.follower import Follower
from recorder_core.following.watch import Watch
from recorder_core.models import Recording, RecordingEvent
from recorder_core.refusals import seconds

__all__ = ["Fleet", "follow"]


class Fleet(Follower):
    """Many recordings, followed to their end: a context manager, and their events one by one.

        with recorder.fleet(recordings) as fleet:
            for event in fleet:
                ...

    A recording is followed from `add` until it has ended, or to `discard`. Iterating waits for events and ends when no
    recording is followed and every event was taken; then it can be iterated anew. Events of one recording come in their
    order. The last one has the whole outcome: state, all files, reason, fault and ending.

    Recordings are looked at as often as the vendor advises, as far as the account's limits allow: those first that have
    just been started, are ending, or had something unproven told about them; then those that can't be found or whose
    callbacks have stopped; those whose callbacks come least often. A look that fails in a way that may pass is repeated
    in time. Where it can't pass (`AuthenticationError`, …), an event of kind `error` says so, and the recording isn't
    followed any more: it may well run on.

    Thread-safe. Events may be taken by several threads. If nobody takes them, 32 of each recording are kept: the oldest
    are dropped, which a `warning` tells.
    """

    def add(self, *recordings: Recording) -> None:
        """Follow recordings too. Those that are followed already stay as they are, with the newer handle.

        Raises:
            ConfigurationError: one belongs to another provider or account, or the fleet is closed.
        """
        for recording in recordings:
            self._watch.check(recording)
        for recording in recordings:
            self._follow(recording)
        self._set_out()

    def discard(self, *recordings: Recording) -> None:
        """Follow recordings no more, and drop those of their events that nobody took."""
        self._drop(recording.id for recording in recordings)

    def __iter__(self) -> Iterator[RecordingEvent]:
        """The events, as they come."""
        while (event := self.take()) is not None:
            yield event

    def take(self, *, timeout: float | None = None) -> RecordingEvent | None:
        """Wait for the next event; None: nothing is followed, and nothing is left to be told.

        Args:
            timeout: seconds; None: as long as it takes.

        Raises:
            DeadlineExceeded: none came in that time.
            ConfigurationError: the timeout isn't more than 0 seconds.
        """
        return self._take(Deadline(self._clock, None if timeout is None else seconds("timeout", timeout)))


def follow(watch: Watch, recording: Recording, deadline: Deadline) -> Iterator[RecordingEvent]:
    """The events of one recording to its end, found in the calling thread.

    Raises:
        DeadlineExceeded: it hasn't ended by then.
        RecorderError: it can't be looked at, and no other look would mend that.
    """
    with Fleet(watch, workers=0, only=recording.id, raises=True) as fleet:
        fleet.add(recording)
        while (event := _next_event(fleet, recording, deadline)) is not None:
            yield event


def _next_event(fleet: Fleet, recording: Recording, deadline: Deadline) -> RecordingEvent | None:
    try:
        return fleet._take(deadline)
    except DeadlineExceeded:
        raise DeadlineExceeded(
            f"the recording hasn't ended within {deadline.seconds:g} s",
            recording_id=recording.id,
            retryable=True,
            hint="It goes on. Follow it again, with a longer timeout or none.",
        ) from None
