"""What can be known of a recording: its state now, waiting, following, and what the vendor tells by callback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from recorder_core.callbacks import Callbacks
from recorder_core.changes import Changes
from recorder_core.clock import Deadline, SystemClock, deadline_scope
from recorder_core.errors import ConfigurationError, DeadlineExceeded, ServiceUnavailable
from recorder_core.following.fleet import Fleet, follow
from recorder_core.following.relay import Relay
from recorder_core.following.waiting import wait_until
from recorder_core.following.watch import Watch
from recorder_core.models import (
    EventKind,
    EventSource,
    Recording,
    RecordingEvent,
    RecordingState,
    RecordingStatus,
)
from recorder_core.refusals import recordings_of, refuse_foreign_handle, seconds, whole_number

__all__ = ["MOST_WORKERS", "WAIT_S", "Observations"]

WAIT_S = 120.0
CONFIRM_S = 6.0
"""Seconds in which a callback is confirmed; vendors wait about ten for the answer to it."""
AWAITED = (RecordingState.RECORDING, RecordingState.COMPLETED)
"""What can be waited for."""
MOST_WORKERS = 64
"""As many connections are kept."""


class Observations(Changes):
    """The operations that look at recordings and change nothing."""

    _callbacks: Callbacks | None = None
    _relaying: Relay | None = None

    def status(self, recording: Recording, *, deadline: float | None = None) -> RecordingStatus:
        """The state now, and the files known so far.

        Raises:
            ConfigurationError: the recording belongs to another provider or account.
            RecorderError: the vendor couldn't be asked. "Not found" is a state, never an error.
        """
        refuse_foreign_handle(self.provider, recording)
        with self._operation("status", recording.id, self._limit(deadline)):
            recording = self._whole(recording)
            status = self._known.outcome(recording) or self._learn(recording, self._look(recording))
            self._tell(recording, status)
        self._hooks.notify("recorder_status", recording=recording, status=status)
        return status

    def _look(self, recording: Recording) -> RecordingStatus:
        """The provider's status; a vendor that can't be asked says nothing about the recording."""
        try:
            return self.provider.status(recording)
        except (ServiceUnavailable, DeadlineExceeded) as error:
            if not error.retryable or (isinstance(error, DeadlineExceeded) and (error.http_status or 0) < 500):
                raise
            return RecordingStatus(
                state=RecordingState.UNREACHABLE,
                started_at=recording.started_at,
                reason=f"{error.message}; the recording itself is not affected",
                request_id=error.request_id,
            )

    def wait(
        self,
        recording: Recording,
        *,
        until: RecordingState = RecordingState.RECORDING,
        timeout: float | None = None,
    ) -> RecordingStatus:
        """Wait until the recording has come as far as `until`, looking at the pace that the vendor advises.

        Args:
            recording: the handle.
            until: `recording`: it truly records; `completed`: it has ended and its files are settled.
            timeout: seconds; 120 by default.

        Raises:
            RecordingFailed: it died; `causes` lists what may have killed it, the likeliest first.
            RecordingEnded: it ended before it recorded anything.
            DeadlineExceeded: it didn't come that far in time.
            ConfigurationError: `until` is another state, or the recording another account's.
        """
        self._refuse_closed("wait")
        refuse_foreign_handle(self.provider, recording)
        if until not in AWAITED:
            raise ConfigurationError(
                f"until is {until!r}; a wait is for {' or '.join(repr(str(state)) for state in AWAITED)}",
                operation="wait",
                fault="caller",
                hint="Nothing else is sure to come. `follow` tells every state as it is reached.",
            )
        limit = Deadline(self._clock, WAIT_S if timeout is None else seconds("timeout", timeout))
        return self._wait(recording, RecordingState(until), limit)

    def wait_for_files(self, recording: Recording, *, timeout: float | None = None) -> RecordingStatus:
        """Wait until the recording has ended and its files are settled; what became of it.

        "Nothing was recorded" is an outcome without files, not an error. A file is `uploaded`, in the vendor's `backup`
        (fetch it before `available_until`), `lost`, `expired`, or `unknown` where the vendor doesn't tell.

        Args:
            recording: the handle; stop the recording first, or wait for its own end.
            timeout: seconds; 120 by default.

        Raises:
            RecordingFailed: it died; `causes` lists what may have killed it.
            DeadlineExceeded: it hasn't ended, or its files aren't settled yet.
        """
        return self.wait(recording, until=RecordingState.COMPLETED, timeout=timeout)

    def _wait(self, recording: Recording, until: RecordingState, limit: Deadline) -> RecordingStatus:
        self._known.remember(recording)
        leave = self._relay.attend()
        try:
            with deadline_scope(limit), self._listeners.hearing(recording.id) as heard:
                return wait_until(self.provider, recording, until, limit, self.status, heard, self._relay.wait)
        finally:
            leave()

    def _tell(self, recording: Recording, status: RecordingStatus) -> None:
        """Tell whoever follows the recording what a look has shown."""
        told = {name: getattr(status, name) for name in ("state", "files", "reason", "fault", "ending", "raw")}
        self._listeners.tell_of(
            recording.id, lambda: self._event(recording, EventKind.STATUS, EventSource.LOOK, **told), looks=True
        )

    def follow(self, recording: Recording, *, timeout: float | None = None) -> Iterator[RecordingEvent]:
        """What happens to the recording, event by event, to its end.

        Callbacks that `recorder.events` receives, what this recorder does to the recording, and what looks at the
        status find are one list: in order, each told once. Looks come at the pace that the vendor advises, and less
        often while callbacks come. They are made by the calling thread, whenever it asks for the next event. The last
        event carries the whole outcome: state, all files, reason, fault and ending; that it failed is no error.

        After a move to another server of the vendor, what was changed since the start is sent again, a pause or its end
        too; a failure of that is an event of kind `warning`.

        Args:
            recording: the handle. It is followed from the first step of the iteration on.
            timeout: seconds; None: to the end, however long it takes.

        Raises:
            ConfigurationError: the recording belongs to another provider or account.
            DeadlineExceeded: it hasn't ended within the timeout.
            RecorderError: the vendor can't be asked, and no repeat would mend that, such as `AuthenticationError`.
        """
        self._refuse_closed("follow")
        refuse_foreign_handle(self.provider, recording)
        limit = Deadline(self._clock, None if timeout is None else seconds("timeout", timeout))
        return follow(self._watch, recording, limit)

    def fleet(self, recordings: Iterable[Recording] = (), *, workers: int = 8) -> Fleet:
        """Follow many recordings at once, with few threads: a context manager whose events are iterated.

        Args:
            recordings: the handles; `fleet.add` takes more.
            workers: threads that look, 0 to 64. With 0 the thread that iterates looks itself: the order of things is
                then the same every time, which a test with a clock of its own wants.

        Raises:
            ConfigurationError: one belongs to another provider or account, or there are too many workers.
            InvalidSpec: one is no handle.
        """
        self._refuse_closed("fleet")
        fleet = Fleet(self._watch, workers=whole_number("workers", workers, 0, MOST_WORKERS))
        try:
            fleet.add(*recordings_of("recordings", recordings))
        except BaseException:
            fleet.close()
            raise
        return fleet

    @property
    def _watch(self) -> Watch:
        return Watch(
            provider=self.provider,
            clock=self._clock,
            known=self._known,
            listeners=self._listeners,
            relay=self._relay,
            check=lambda recording: refuse_foreign_handle(self.provider, recording),
            look=self.status,
            restore=self._restore,
            event=self._event,
            notify=lambda event: self._hooks.notify("recorder_event", event=event),
        )

    @property
    def _relay(self) -> Relay:
        with self._guard:
            if self._relaying is None:
                self._relaying = Relay(self._ledger, self._clock, self._known, self._listeners)
            return self._relaying

    def _restore(self, recording: Recording, state: RecordingState | None) -> bool:
        with self._operation("restore", recording.id, self._limit(None)):
            return self.provider.restore(recording, state)

    @property
    def events(self) -> Callbacks:
        """The vendor's callbacks: `recorder.events.receive(request)` verifies one and tells everybody who waits."""
        with self._guard:
            if self._callbacks is None:
                self._callbacks = Callbacks(
                    self.provider,
                    self._clock,
                    self._hooks,
                    self._known,
                    self._listeners,
                    self._look_between,
                    self._refuse_closed,
                    self._ledger,
                )
            return self._callbacks

    def _look_between(self, recording: Recording, patience: float) -> RecordingStatus:
        """The status, unless another operation on the recording goes on for more than so many real seconds."""
        with self._locks.of(recording.id, Deadline(SystemClock(), patience)):
            return self.status(recording, deadline=CONFIRM_S)
