"""Taking over a recording that no start here began: of a room that records itself, of another program."""

from __future__ import annotations

from collections.abc import Iterable

from recorder_core.errors import ConfigurationError, RecordingConflict, UnsupportedOperation
from recorder_core.models import Recording, RecordingEvent, RemoteRecording
from recorder_core.models.recording import ids_of, is_id
from recorder_core.recovering import may_be
from recorder_core.refusals import expect, refuse_foreign_handle
from recorder_core.working import Working

__all__ = ["Adopting"]


class Adopting(Working):
    """The operation that makes a stranger's recording one like any other."""

    def adopt(self, remote: RemoteRecording | RecordingEvent, *, deadline: float | None = None) -> Recording:
        """The handle of a recording that nobody's start here began, so that it can be followed, changed and stopped.

        Adopting twice gives the same handle, in every process; with a ledger it is one entry there from now on. What is
        known already keeps the handle that it has. The recording itself isn't touched.

        Without a ledger a recording gets two handles when it is adopted while its `start` is still under way.

        Args:
            remote: as `list_remote` or `RecoveryReport.unknown` lists it, or an event of its callbacks.
            deadline: seconds.

        Returns:
            The handle. What the vendor doesn't tell isn't in it, such as the layout, or where the files go.

        Raises:
            RecordingNotFound: the vendor knows no such recording.
            RecordingConflict: it may be that of a start in the ledger which isn't explained yet: one in its room, or
                any where the vendor doesn't tell the room. Recover that first.
            UnsupportedOperation: the provider can't adopt, such as where its vendor tells too little of a recording for
                a handle; nothing was sent.
            ConfigurationError: it is another provider's or account's, or lacks the vendor's id; nothing was sent.
            InvalidSpec: it is no recording at all.
            LedgerUnavailable: the ledger can't be used, so that it isn't adopted.
            RecorderError: every other class, by what the vendor answered.
        """
        with self._named("adopt"):
            if isinstance(remote, RecordingEvent):
                remote = self._remote_of(remote)
            expect("adopt", RemoteRecording, remote)
            ids = self._ids_of(remote)
            if not self.provider.offers("adopt"):
                raise UnsupportedOperation(
                    f"{self.provider.name} has no adopt: its provider makes no handle of a recording that was started "
                    "elsewhere",
                    fault="caller",
                    hint="Nothing was sent. Stop it where it was started, or in the vendor's console.",
                )
            recording_id = self.provider.adopted(remote, remote.native).id
        with self._operation("adopt", recording_id, self._limit(deadline)):
            if (known := self._handle_under(ids)) is not None:
                return known
            recording = self.provider.adopt(remote)
            refuse_foreign_handle(self.provider, recording)
            if self._ledger is not None:
                self._refuse_beginning(recording)
            # A start that isn't unexplained any more has its handle by now.
            if (known := self._handle_under((*ids, *recording.ids_under(self.provider.native_key)))) is not None:
                return known
            if self._ledger is not None:
                self._ledger.started(recording)
            self._known.remember(recording)
        self._hooks.notify("recorder_changed", recording=recording, operation="adopt")
        return recording

    def _remote_of(self, event: RecordingEvent) -> RemoteRecording:
        """The recording that a callback to this account tells of."""
        return RemoteRecording(
            provider=event.provider,
            account=self.provider.account,
            room=event.room,
            state=event.state,
            native=event.native,
        )

    def _ids_of(self, remote: RemoteRecording) -> tuple[str, ...]:
        """The vendor's ids of it: one, or several where it may have them.

        Raises:
            ConfigurationError: it belongs elsewhere, has none, or has something else.
        """
        mine, problem = (self.provider.name, self.provider.account), ""
        told = remote.native.get(self.provider.native_key)
        ids = told if isinstance(told, tuple) and self.provider.several_ids else (told,)
        if (remote.provider, remote.account) != mine:
            problem = (
                f"is one at {remote.provider} account {remote.account!r}, "
                f"this recorder is of {mine[0]} account {mine[1]!r}"
            )
        elif not ids or not all(map(is_id, ids)):
            problem = f"can't be told from others: native.{self.provider.native_key} is no id"
        if problem:
            raise ConfigurationError(
                f"the recording {problem}",
                fault="caller",
                hint="Take it as list_remote, recover or the callback tells it, at the recorder of its account.",
            )
        return ids_of(ids)

    def _handle_under(self, ids: Iterable[str]) -> Recording | None:
        """The newest handle of a recording, by the first of the vendor's ids that anybody knows; None: nobody does.

        Raises:
            LedgerUnavailable: the ledger can't say.
        """
        handles = map(self._known.handle_under, dict.fromkeys(ids))
        return next((handle for handle in handles if handle is not None), None)

    def _refuse_beginning(self, recording: Recording) -> None:
        """Refuse what may be the recording of a start: it would have two entries, and two handles.

        Raises:
            RecordingConflict: with that start's intent.
        """
        for entry in self.ledger.unexplained(recording.room or None):
            if may_be(recording, entry):
                raise RecordingConflict(
                    f"it may be the recording of the start {entry.id} in room {entry.room!r}, which isn't explained "
                    "yet; it isn't adopted",
                    retryable=True,
                    fault="caller",
                    hint="recover() explains that start, dismiss() closes it. Adopt it then, if it is still unknown.",
                    intent=entry.intent,
                )
