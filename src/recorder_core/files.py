"""What can be done with files that the vendor itself keeps."""

from __future__ import annotations

from recorder_core import refusals
from recorder_core.adopting import Adopting
from recorder_core.errors import InvalidSpec, RecordingConflict
from recorder_core.models import FileStatus, Link, RecordedFile, Recording, RecordingState, RecordingStatus
from recorder_core.refusals import expect, refuse_foreign_handle

__all__ = ["LINK_S", "Files"]

LINK_S = 900.0
"""Seconds for which a link is asked for by default."""
NOWHERE = (FileStatus.LOST, FileStatus.EXPIRED)
"""What nobody has, or has any more."""


class Files(Adopting):
    """The operations on files, each to be had only where the vendor keeps them."""

    def link(
        self, recording: Recording, file: RecordedFile, *, seconds: float = LINK_S, deadline: float | None = None
    ) -> Link:
        """A signed address of a file that the vendor keeps, for whoever may have it. It is in no log and no hook.

        Args:
            recording: the handle.
            file: one of its files, as a status tells it.
            seconds: for how long it is to open the file, more than 0 and finite; `expires_at` says how long the vendor
                lets it.
            deadline: seconds for the operation.

        Raises:
            ConfigurationError: `seconds` is no such number; nothing was sent.
            InvalidSpec: the file is lost or expired; nothing was sent.
            RecordingNotFound: the vendor hasn't the file, or not any more.
            UnsupportedOperation: the vendor keeps no files, or not these: a storage of your own signs by its own
                client. Nothing was sent.
            RecorderError: every other class, by what the vendor answered.
        """
        refuse_foreign_handle(self.provider, recording)
        with self._named("link", recording.id):
            self._refuse_missing("link", recording)
            expect("link", RecordedFile, file)
            length = refusals.seconds("seconds", seconds, finite=True)
            if file.status in NOWHERE:
                problem = f"file: {file.name} is {file.status}; nobody has it"
                raise InvalidSpec(problem, problems=[problem], fault="caller", hint="Nothing was sent.")
        with self._operation("link", recording.id, self._limit(deadline)):
            return self.provider.link(self._known.newest(recording), file, seconds=length)

    def delete_files(self, recording: Recording, *, deadline: float | None = None) -> None:
        """Delete, for good, the files that the vendor keeps of a recording that has ended; they are `expired` then.

        What is deleted already is no error.

        Raises:
            RecordingConflict: it hasn't ended, or the vendor doesn't know it and nobody here has seen it end; nothing
                was deleted.
            UnsupportedOperation: the vendor keeps no files, or not these: a storage of your own deletes by its own
                client. Nothing was sent.
            RecorderError: every other class, by what the vendor answered.
        """
        refuse_foreign_handle(self.provider, recording)
        with self._named("delete_files", recording.id):
            self._refuse_missing("delete_files", recording)
        with self._operation("delete_files", recording.id, self._limit(deadline)):
            recording = self._known.newest(recording)
            status = self._known.outcome(recording)
            if status is None:
                look = self._look(recording)
                status = self._learn(recording, look)
                _refuse_unended(recording, look, status)
            self.provider.delete_files(recording)
            self._known.learn(recording, _without_files(status))
        self._hooks.notify("recorder_changed", recording=recording, operation="delete_files")

    def _refuse_missing(self, operation: str, recording: Recording) -> None:
        if not self.provider.offers(operation, recording.mode):
            raise self.provider.kept_elsewhere(operation, recording)


def _refuse_unended(recording: Recording, look: RecordingStatus, status: RecordingStatus) -> None:
    """Refuse what isn't over: a file that is deleted while it is uploaded may come back.

    That the vendor doesn't know it is no end, for it may know it again; nor is an end that a forged callback may tell.

    Args:
        recording: the handle.
        look: what the vendor says now.
        status: that, with all that was seen before.

    Raises:
        RecordingConflict: with its state.
    """
    if look.state.terminal and look.state is not RecordingState.GONE:
        return
    problem = f"the recording is {look.state}"
    hint = "Stop it first." if look.state.running else "Wait for its files."
    if look.state is RecordingState.GONE:
        if status.state is RecordingState.GONE and status.ending is not None:
            return
        problem = "the vendor doesn't know the recording just now, and nobody here has seen it end"
        hint = (
            "Ask again in a moment, at a recorder whose ledger has its end, if there is one. What the vendor has "
            "forgotten for good is deleted in its console."
        )
    elif look.state is RecordingState.UNREACHABLE:
        hint = "Ask again in a moment."
    raise RecordingConflict(
        f"{problem}; nothing was deleted",
        retryable=True,
        fault="caller",
        request_id=look.request_id,
        recording=recording,
        hint=hint,
    )


def _without_files(status: RecordingStatus) -> RecordingStatus:
    """The outcome when the vendor has nothing of it any more."""
    files = tuple(
        file if file.status is FileStatus.LOST else file.model_copy(update={"status": FileStatus.EXPIRED})
        for file in status.files
    )
    return status.model_copy(update={"files": files})
