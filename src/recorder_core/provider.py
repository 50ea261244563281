"""The contract between the library and whoever speaks to a vendor.

A provider is a class with a `name`, a `Config` model, an `Options` model and an integer `plugin_api`, installed as an
entry point in the group `recorder_core.providers`. `account`, `translate`, `start`, `status` and `stop` are abstract;
what else a vendor offers is advertised by overriding it. What a provider is given stands in `recorder_core.toolbox`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import SecretStr

from recorder_core.budget import Limit
from recorder_core.checks import StorageCheck
from recorder_core.configuration import ProviderConfig, ProviderOptions
from recorder_core.models import (
    Layout,
    Link,
    Mode,
    Participants,
    RecordedFile,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    Recovery,
    RemoteRecording,
    StartIntent,
    Storage,
    Verdict,
    WebhookRequest,
)
from recorder_core.plan import Plan, PlannedRequest
from recorder_core.preview import Picture, no_picture
from recorder_core.toolbox import Toolbox

__all__ = ["PLUGIN_API", "Provider"]

PLUGIN_API = 1
"""The version of this contract that this release speaks."""


class Provider(Toolbox):
    """One vendor.

    Args:
        config: credentials and addresses.
    """

    name: ClassVar[str]
    """The name by which applications ask for it: that of its entry point."""
    plugin_api: ClassVar[int]
    """The version of this contract that the provider was written for."""
    Config: ClassVar[type[ProviderConfig]]
    Options: ClassVar[type[ProviderOptions]] = ProviderOptions
    native_examples: ClassVar[Mapping[str, Any]] = {}
    """Values of `Recording.native` with which a change can be planned where there is no recording, such as for the
    capability matrix; an id that isn't here may be any text."""
    operation_modes: ClassVar[Mapping[str, frozenset[Mode]]] = {}
    """The modes whose recordings know an operation, by its name (`pause`, …), where it isn't every mode."""
    start_is_unique: ClassVar[bool] = True
    """Whether the vendor records once, however often the start of one intent is sent: a repeated one is the same
    recording or is refused, and what runs goes on unharmed. Where it isn't so, a start with a `key` takes a ledger."""
    poll_delays: ClassVar[tuple[float, ...]] = (5.0, 5.0, 10.0, 15.0)
    """Seconds before each look at a young recording, as the vendor advises; the last one repeats."""
    watch_interval: ClassVar[float] = 60.0
    """Seconds between two looks at a recording of which nothing else is heard, as the vendor advises."""
    limits: ClassVar[tuple[Limit, ...]] = ()
    """How often the vendor may be called by one account. Operations that no limit names aren't paced."""
    clock_tolerance: ClassVar[float | None] = None
    """Seconds by which this machine's clock may be off before the vendor refuses its signatures. None: they have none
    that time is a part of."""
    shortest_session: ClassVar[float] = 0.0
    """Seconds for which temporary keys of a storage must still be good when a recording starts."""

    @abstractmethod
    def translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        """The requests and findings of a spec. Pure: no network, no clock, no state.

        Raises:
            InvalidSpec: the provider's options are wrong.
        """

    @abstractmethod
    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        """Send a plan without unsupported findings. Each vendor id goes to `intent.note` as soon as it is known."""

    @abstractmethod
    def status(self, recording: Recording) -> RecordingStatus:
        """The state now. A vendor's "not found" is a state, never an error.

        The `reason` of a room's recording that records says why nothing may be recorded, such as an empty room: a wait
        leaves it out where callbacks have told of somebody.
        """

    @abstractmethod
    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        """Stop, and with `wait` return when the files are settled or `deadline` seconds have passed.

        A recording that has ended already is no error: what is known of it is returned.
        """

    def translate_layout(self, recording: Recording, layout: Layout) -> Plan:
        """The request and findings of a layout change. Pure. `layout` is whole: what didn't change is in it.

        Raises:
            UnsupportedOperation: the vendor can't change a layout.
        """
        raise self._unsupported("layout", recording)

    def layout(self, recording: Recording, layout: Layout, plan: Plan) -> Recording:
        """Send a layout change; returns the handle with whatever the next change needs.

        Raises:
            UnsupportedOperation: the vendor can't change a layout.
        """
        raise self._unsupported("layout", recording)

    def pause(self, recording: Recording) -> None:
        """Record nothing until it is resumed. Pausing what is paused is no error.

        Raises:
            UnsupportedOperation: the vendor can't pause.
        """
        raise self._unsupported("pause", recording)

    def resume(self, recording: Recording) -> None:
        """Record again. Resuming what records is no error.

        Raises:
            UnsupportedOperation: the vendor can't pause.
        """
        raise self._unsupported("resume", recording)

    def snapshot(self, recording: Recording) -> None:
        """Take one still picture now; it arrives at the recording's destination.

        Raises:
            UnsupportedOperation: the vendor takes none on demand.
        """
        raise self._unsupported("snapshot", recording)

    def update_participants(self, recording: Recording, participants: Participants) -> Recording:
        """Change whose sound and pictures are recorded; returns the handle with whatever the next change needs.

        Raises:
            UnsupportedFeature: the vendor can't record these; nothing was sent.
            UnsupportedOperation: the vendor can't change it while it records.
        """
        raise self._unsupported("update_participants", recording)

    def refresh_storage(self, recording: Recording, storage: Storage) -> Recording:
        """Renew the credentials of the destination, which stays where it is.

        Raises:
            UnsupportedFeature: the vendor can't use these; nothing was sent.
            UnsupportedOperation: the vendor can't renew them while it records.
        """
        raise self._unsupported("refresh_storage", recording)

    def switch_whiteboard(self, recording: Recording, whiteboard_id: str) -> Recording:
        """Record another whiteboard from now on.

        Raises:
            UnsupportedFeature: the recording was started without one; nothing was sent.
            UnsupportedOperation: the vendor records no whiteboards.
        """
        raise self._unsupported("switch_whiteboard", recording)

    def update_push(self, recording: Recording, push_urls: tuple[SecretStr, ...]) -> Recording:
        """Stream to other addresses from now on.

        Raises:
            UnsupportedFeature: the vendor can't stream to these; nothing was sent.
            UnsupportedOperation: the vendor doesn't stream, or can't change where to.
        """
        raise self._unsupported("update_push", recording)

    def list_remote(self, since: datetime, until: datetime, room: str | None = None) -> Iterator[RemoteRecording]:
        """The recordings at the vendor that were started in a span of time, whoever started them.

        Args:
            since: start of the span, with time zone.
            until: its end.
            room: only those of this room.

        Raises:
            UnsupportedOperation: the vendor can't list them.
        """
        raise self._unsupported("list_remote")

    def adopt(self, remote: RemoteRecording) -> Recording:
        """The handle of a recording that nobody's start here began, so that it can be followed, changed and stopped.

        At most one look; nothing of the recording is changed. `adopted` makes the handle, and the vendor tells what is
        in it: what it doesn't tell, such as the layout, stays open.

        Args:
            remote: as `list_remote` lists it, or as a callback names it: with `native_key`, and the rest where known.

        Raises:
            RecordingNotFound: the vendor knows no such recording.
            UnsupportedOperation: the vendor tells too little of a recording for a handle.
        """
        raise self._unsupported("adopt")

    def link(self, recording: Recording, file: RecordedFile, *, seconds: float) -> Link:
        """A signed address of a file that the vendor keeps. It is a secret: in no log, event, status or handle.

        Args:
            recording: the handle.
            file: one of its files, as a status told it.
            seconds: for how long the address is to open it. The vendor's longest, or its only one, may be shorter.

        Raises:
            RecordingNotFound: the vendor hasn't the file, or not any more.
            UnsupportedOperation: the vendor keeps no files, or not those of such a recording (`kept_elsewhere`).
        """
        raise self.kept_elsewhere("link", recording)

    def delete_files(self, recording: Recording) -> None:
        """Delete, for good, the files that the vendor keeps of a recording that has ended; `expired` is their status.

        What is deleted already is no error.

        Raises:
            UnsupportedOperation: the vendor keeps no files, or not those of such a recording (`kept_elsewhere`).
        """
        raise self.kept_elsewhere("delete_files", recording)

    def recover(self, intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
        """Find out what became of a start whose id is not known. Nothing may run afterwards that isn't reported.

        Where the id was noted, the core makes the handle with `revived` and looks at the status; this isn't asked then.
        `runtime.is_known` tells which recordings of a vendor's list are somebody else's. By default it can't be told.

        Args:
            intent: the start, with what was noted before it was cut short.
            spec: what was asked for. None: nobody knows any more; then nothing can be sent that the vendor could take
                for the same start.

        Raises:
            RecorderError: the vendor couldn't be asked; nothing is known then.
        """
        return Recovery(
            intent=intent,
            verdict=Verdict.UNCLEAR,
            reason=f"{self.name} has no way to find out what became of a start"
            + ("; a callback may still tell" if self.offers("identify") else ""),
        )

    def identify(self, intent: StartIntent, event: RecordingEvent) -> Recording | None:
        """The handle of the recording that an intent began, if this event of a callback is one of it. Pure.

        Asked for events of recordings that nobody knows and starts whose id was lost. None: it isn't, or the event
        doesn't tell. A wrong guess would stop somebody else's recording.
        """
        return None

    def parse_webhook(self, request: WebhookRequest) -> list[RecordingEvent]:
        """The events that a callback tells, in order. An event that has no name here is of kind `unknown`.

        The signature is verified over the bytes as they arrived, before they are parsed, as far as the vendor's allows
        that; `recorder_core.webhooks` has what that takes. Without `config.webhook_secret` it isn't.

        Raises:
            WebhookRejected: it is forged, stale, or no callback of this vendor's; whatever the body, nothing else is
                raised.
            UnsupportedOperation: the vendor sends none, or the provider can't read them.
        """
        raise self._unsupported("parse_webhook")

    @classmethod
    def recognises_webhook(cls, request: WebhookRequest) -> bool:
        """Whether it looks like a callback of this vendor's, by its shape alone. Nothing is verified or raised."""
        return False

    def located(self, event: RecordingEvent, recording: Recording) -> RecordingEvent:
        """The event with what only the handle of its recording tells: where its files lie, and whose they are. Pure."""
        return event

    def webhook_sources(self) -> tuple[str, ...]:
        """The addresses that the vendor's callbacks come from.

        Raises:
            UnsupportedOperation: the vendor doesn't tell them.
        """
        raise self._unsupported("webhook_sources")

    def check_account(self, base_url: str) -> str:
        """Try the credentials at one host, by calls that start and change nothing; returns what that proved.

        Raises:
            UnsupportedOperation: the vendor has no such call.
            RecorderError: every other class, by what the vendor answered.
        """
        raise self._unsupported("check_account")

    def check_storage(self, storage: Storage, prefix: str | None) -> StorageCheck:
        """Whether a recording's files could be stored: by default a small object is written there and deleted.

        What is wrong is told by the result, each with its fix; it isn't raised.

        Args:
            storage: the storage of a spec.
            prefix: `output.prefix` of the spec.
        """
        from recorder_core.storage_check import check_storage  # seldom needed, and not for free

        return check_storage(storage, prefix, shortest_session=self.shortest_session)

    def restore(self, recording: Recording, state: RecordingState | None = None) -> bool:
        """Send again what a move to another server of the vendor's may have lost, as the handle has it.

        Called after a move of a recording that was changed or paused since its start. By default nothing is lost.

        Args:
            recording: the newest handle.
            state: `paused` or `recording`, as it was before the move; None: it was never paused.

        Returns:
            Whether anything was sent.
        """
        return False

    def picture(self, plan: Plan, participants: Sequence[str]) -> Picture:
        """How the composed picture of a plan will look, computed from the planned request. Pure.

        Args:
            plan: as `translate` made it.
            participants: who is in the room, cameras on, in the order of joining.

        Raises:
            UnsupportedOperation: nothing is composed, or the provider can't tell how it will look.
        """
        raise no_picture(plan, f"{self.name} can't tell where it will show whom")

    def decode(self, requests: Sequence[PlannedRequest], **options: Any) -> RecordingSpec:
        """The neutral spec for which these requests of a start stand: the way back from `translate`. Pure.

        Args:
            requests: as in `Plan.requests`. A payload with secrets in clear gives a spec with them.
            options: the provider's own options that no body tells, such as how an application names its streams.

        Raises:
            InvalidSpec: they are no requests of this vendor's, or hold what no spec can say.
            UnsupportedOperation: the provider can't read its own requests back.
        """
        raise self._unsupported("decode")

    def causes(self, recording: Recording, status: RecordingStatus) -> tuple[str, ...]:
        """What may have killed a recording that died young, the likeliest first, each with what to check."""
        return (status.reason,) if status.reason else ()

    @classmethod
    def offers(cls, operation: str, mode: Mode | str | None = None) -> bool:
        """Whether there is such an operation, at all or for recordings of a mode."""
        is_overridden = getattr(cls, operation) is not getattr(Provider, operation)
        return is_overridden and (mode is None or mode in cls.operation_modes.get(operation, tuple(Mode)))
