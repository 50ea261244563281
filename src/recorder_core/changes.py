"""What can be changed of a recording while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr

from recorder_core.models import (
    EventKind,
    EventSource,
    Layout,
    Media,
    Participants,
    Recording,
    RecordingState,
    Storage,
)
from recorder_core.models.base import FrozenMapping
from recorder_core.models.layout import LayoutBase
from recorder_core.models.storage import StorageBase
from recorder_core.operations import Operations
from recorder_core.refusals import (
    expect,
    push_addresses,
    refuse_foreign_handle,
    refuse_layout_without_pictures,
    refuse_missing_operation,
    refuse_other_destination,
    whiteboard_id_of,
)
from recorder_core.tracebacks import forgetful

__all__ = ["Changes"]

DONE = {
    "layout": (EventKind.LAYOUT_CHANGED, None),
    "pause": (EventKind.PAUSED, RecordingState.PAUSED),
    "resume": (EventKind.RESUMED, RecordingState.RECORDING),
    "snapshot": (EventKind.SNAPSHOT, None),
    "update_participants": (EventKind.PARTICIPANTS_CHANGED, None),
    "refresh_storage": (EventKind.STORAGE_RENEWED, None),
    "switch_whiteboard": (EventKind.WHITEBOARD_CHANGED, None),
    "update_push": (EventKind.PUSH_CHANGED, None),
}
"""What has happened when an operation is done, and in which state the recording is since then."""


class Changes(Operations):
    """The operations that change a running recording. Each can be had only where the vendor offers it."""

    def layout(self, recording: Recording, layout: Layout, *, deadline: float | None = None) -> Recording:
        """Change the layout of a running recording.

        What the layout leaves out (background, placeholders) stays as it is.

        Returns:
            The handle with the new layout; keep it in place of the old one.

        Raises:
            InvalidSpec: the recording has no pictures; nothing was sent.
            UnsupportedFeature: the vendor can't do what the layout demands; nothing was sent.
            UnsupportedOperation: the vendor can't change the layout of such a recording; nothing was sent.
            RecordingEnded: too late.
            RecorderError: every other class, by what the vendor answered.
        """
        with self._changing("layout", recording, deadline) as newest:
            expect("layout", LayoutBase, layout)
            refuse_layout_without_pictures(newest)
            before = newest.layout
            whole = layout.over(before) if before else layout
            plan = self.provider.translate_layout(newest, whole)
            dropped = plan.lost(warn=self._warn)
            if isinstance(before, LayoutBase):
                whole = _as_it_stands(whole, before, dropped)
            plan.report(newest.id)
            changed = self.provider.layout(newest, whole, plan)
            dropped = tuple(dict.fromkeys((*newest.dropped, *dropped)))
            changed = self._revised(changed, newest, layout=whole, dropped=dropped)
        self._tell_changed(changed, "layout")
        return changed

    def pause(self, recording: Recording, *, deadline: float | None = None) -> None:
        """Record nothing until `resume`. Pausing what is paused is no error. The vendor may go on billing.

        Raises:
            UnsupportedOperation: the vendor can't pause such a recording; nothing was sent.
            RecordingEnded: too late.
            RecorderError: every other class, by what the vendor answered.
        """
        with self._changing("pause", recording, deadline) as newest:
            self.provider.pause(newest)
        self._tell_changed(recording, "pause")

    def resume(self, recording: Recording, *, deadline: float | None = None) -> None:
        """Record again, after `pause` or a paused start. Resuming what records is no error.

        Raises:
            UnsupportedOperation: the vendor can't pause such a recording; nothing was sent.
            RecordingEnded: too late.
            RecorderError: every other class, by what the vendor answered.
        """
        with self._changing("resume", recording, deadline) as newest:
            self.provider.resume(newest)
        self._tell_changed(recording, "resume")

    def snapshot(self, recording: Recording, *, deadline: float | None = None) -> None:
        """Take one still picture of what is recorded now. It arrives at the recording's destination.

        Raises:
            UnsupportedOperation: the vendor takes none on demand of such a recording; nothing was sent.
            RecordingEnded: too late.
            RecorderError: every other class, by what the vendor answered. Another try may take another picture.
        """
        with self._changing("snapshot", recording, deadline) as newest:
            self.provider.snapshot(newest)
        self._tell_changed(recording, "snapshot")

    def update_participants(
        self, recording: Recording, participants: Participants, *, deadline: float | None = None
    ) -> Recording:
        """Change whose sound and pictures are recorded; what was chosen before doesn't count any more.

        Args:
            recording: the handle.
            participants: whom to record; `Participants()` is everybody. A medium that isn't recorded is left aside.
            deadline: seconds.

        Returns:
            The handle with the new participants; keep it in place of the old one.

        Raises:
            UnsupportedFeature: the vendor can't record these; nothing was sent.
            UnsupportedOperation: the vendor can't change it while it records; nothing was sent.
            RecordingEnded: too late.
            RecorderError: every other class, by what the vendor answered.
        """
        with self._changing("update_participants", recording, deadline) as newest:
            expect("update_participants", Participants, participants)
            left = {"video": newest.media == Media.AUDIO, "audio": newest.media == Media.VIDEO}
            wanted = participants.model_copy(update={medium: None for medium, is_left in left.items() if is_left})
            changed = self.provider.update_participants(newest, wanted)
            changed = self._revised(changed, newest, participants=wanted)
        self._tell_changed(changed, "update_participants")
        return changed

    def refresh_storage(self, recording: Recording, storage: Storage, *, deadline: float | None = None) -> Recording:
        """Renew the credentials with which the files are stored. Where they go stays as it is.

        Args:
            recording: the handle.
            storage: the same destination with other credentials.
            deadline: seconds.

        Returns:
            The handle; it holds no credentials.

        Raises:
            InvalidSpec: the storage is another destination; nothing was sent.
            UnsupportedFeature: the vendor can't use these credentials; nothing was sent.
            UnsupportedOperation: the vendor can't renew them while it records; nothing was sent.
            RecordingEnded: too late.
            RecorderError: every other class, by what the vendor answered.
        """
        with self._changing("refresh_storage", recording, deadline) as newest:
            expect("refresh_storage", StorageBase, storage)
            refuse_other_destination(newest, storage)
            changed = self._revised(self.provider.refresh_storage(newest, storage), newest)
        self._tell_changed(changed, "refresh_storage")
        return changed

    def switch_whiteboard(
        self, recording: Recording, whiteboard_id: str, *, deadline: float | None = None
    ) -> Recording:
        """Record another whiteboard from now on.

        Returns:
            The handle; keep it in place of the old one.

        Raises:
            InvalidSpec: the id is empty; nothing was sent.
            UnsupportedFeature: the recording was started without a whiteboard; nothing was sent.
            UnsupportedOperation: the vendor records no whiteboards; nothing was sent.
            RecordingEnded: too late.
            RecorderError: every other class, by what the vendor answered.
        """
        with self._changing("switch_whiteboard", recording, deadline) as newest:
            wanted = whiteboard_id_of(whiteboard_id)
            changed = self._revised(self.provider.switch_whiteboard(newest, wanted), newest)
        self._tell_changed(changed, "switch_whiteboard")
        return changed

    @forgetful
    def update_push(
        self, recording: Recording, push_urls: Sequence[str | SecretStr], *, deadline: float | None = None
    ) -> Recording:
        """Stream to other addresses from now on, in place of `push_urls` of the start.

        Returns:
            The handle; keep it in place of the old one. It holds no address.

        Raises:
            InvalidSpec: an address is no rtmp or rtmps URL, or there is none; nothing was sent.
            UnsupportedFeature: the vendor can't stream to these; nothing was sent.
            UnsupportedOperation: the vendor doesn't stream such a recording; nothing was sent.
            RecordingEnded: too late.
            RecorderError: every other class, by what the vendor answered.
        """
        with self._changing("update_push", recording, deadline) as newest:
            wanted = push_addresses(push_urls)
            changed = self._revised(self.provider.update_push(newest, wanted), newest)
        self._tell_changed(changed, "update_push")
        return changed

    @contextmanager
    def _changing(self, operation: str, recording: Recording, deadline: float | None) -> Iterator[Recording]:
        """One change of a running recording, where there is such an operation.

        Yields the newest handle: a change by another thread, from the same one, must not be lost with this one.
        """
        refuse_foreign_handle(self.provider, recording)
        with self._named(operation, recording.id):
            refuse_missing_operation(self.provider, operation, recording)
            self._refuse_ended(recording)
        with self._operation(operation, recording.id, self._limit(deadline)):
            yield self._known.newest(recording)

    def _revised(self, changed: Recording, before: Recording, **fields: Any) -> Recording:
        """The newest handle, known as that from now on."""
        changed = changed.model_copy(update={**fields, "revision": before.revision + 1})
        self._known.change(changed)
        return changed

    def _tell_changed(self, recording: Recording, operation: str) -> None:
        kind, state = DONE[operation]
        self._listeners.tell_of(recording.id, lambda: self._event(recording, kind, EventSource.OPERATION, state=state))
        if operation == "layout":
            self._hooks.notify("recorder_layout_changed", recording=recording)
        else:
            self._hooks.notify("recorder_changed", recording=recording, operation=operation)


def _as_it_stands(wanted: Layout, before: Layout, dropped: Sequence[str]) -> Layout:
    """The layout after a change: what was dropped stays as it was before."""
    changes: dict[str, Any] = {}
    if any(path.startswith("layout.background") for path in dropped):
        changes["background"] = before.background
    kept = {who: image for who, image in before.placeholders.items() if f"layout.placeholders.{who}" in dropped}
    if kept:
        changes["placeholders"] = FrozenMapping({**wanted.placeholders, **kept})
    return wanted.model_copy(update=changes)
