"""What the library hands out: the handle of a recording, its state, and the intent of its start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr

from recorder_core.errors import Fault
from recorder_core.models.addresses import UnsignedObject, UnsignedText
from recorder_core.models.base import FrozenMapping, JsonObject, Moment, Report, freeze
from recorder_core.models.files import Location, RecordedFile
from recorder_core.models.layout import Layout
from recorder_core.models.media import Media, Mode
from recorder_core.models.sources import Participants


class RecordingState(StrEnum):
    """Where in its life a recording is."""

    STARTING = "starting"
    RECORDING = "recording"
    PAUSED = "paused"
    STOPPING = "stopping"
    UPLOADING = "uploading"
    COMPLETED = "completed"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    GONE = "gone"

    @property
    def terminal(self) -> bool:
        """Whether only terminal states follow."""
        return self in (RecordingState.COMPLETED, RecordingState.FAILED, RecordingState.GONE)

    @property
    def running(self) -> bool:
        """Whether the vendor holds it to be going on, on hold or not."""
        return self in (RecordingState.STARTING, RecordingState.RECORDING, RecordingState.PAUSED)

    @property
    def ending(self) -> bool:
        """Whether nothing is recorded any more, and its files aren't settled yet."""
        return self in (RecordingState.STOPPING, RecordingState.UPLOADING)


class Ending(StrEnum):
    """What ended a recording."""

    STOPPED = "stopped"
    """It was stopped."""

    IDLE = "idle"
    """Nobody was there to record for as long as the idle time-out."""

    LIMIT = "limit"
    """It reached its longest duration."""

    FAULT = "fault"
    """Something went wrong; `fault` says whose fault it is, where that is known."""


class Kept(Report):
    """What a newer release wrote in a form that this one doesn't know, kept as it is."""


class Canvas(Report):
    """The size of the composed picture."""

    width: int
    """Pixels."""

    height: int
    """Pixels."""


class RecordingStatus(Report):
    """What is known of a recording at one moment."""

    state: RecordingState
    """Where in its life the recording is."""

    files: tuple[RecordedFile, ...] = ()
    """Its files, as far as they are known."""

    started_at: Moment | None = None
    """When it began."""

    ended_at: Moment | None = None
    """When it ended."""

    reason: UnsignedText | None = None
    """Why it is in this state, in plain words."""

    ending: Ending | None = None
    """What ended it. None: it hasn't ended, or nothing tells."""

    fault: Fault | None = None
    """Whose fault a failure is: caller, destination or vendor."""

    request_id: str | None = None
    """The vendor's id of the request that told it."""

    native: JsonObject = FrozenMapping()
    """Ids of the vendor's that came after the start. The handle takes in those that it lacks, and loses none."""

    raw: UnsignedObject = FrozenMapping()
    """What the vendor answered, secrets masked, those of signed addresses too."""


class Recording(Report):
    """The handle of a recording: all that another process needs to watch, change or stop it. No secret.

    It round-trips through JSON, with keys that a newer release added.
    """

    id: str
    """Our id of the recording."""

    provider: str
    """Name of the provider."""

    account: str | None = None
    """The vendor account that it belongs to; a recorder of another account refuses the handle."""

    room: str
    """The room. Empty: it was adopted, and the vendor doesn't tell it."""

    mode: Annotated[Mode | str, Field(union_mode="left_to_right")] = Mode.COMPOSITE
    """How the room becomes files."""

    media: Annotated[Media | str, Field(union_mode="left_to_right")] = Media.AUDIO_VIDEO
    """What is recorded."""

    canvas: Canvas | None = None
    """Size of the composed picture. None: there is none."""

    layout: Annotated[Layout | Kept | None, Field(union_mode="left_to_right")] = None
    """The layout as it stands. None: there is none, or it was adopted and nobody knows it."""

    participants: Annotated[Participants | Kept, Field(union_mode="left_to_right")] = Field(
        default_factory=Participants
    )
    """Whose sound and pictures are recorded."""

    location: Location | None = None
    """Where the files go."""

    started_at: Moment
    """When the vendor accepted the start."""

    controllable_until: Moment | None = None
    """Until when the vendor answers for it. None: no such end is known."""

    base_url: str | None = None
    """The vendor's host that keeps it. None: any."""

    native: JsonObject = FrozenMapping()
    """The vendor's own ids, and what a later layout change needs. Where the vendor keeps one recording as several, by
    an id each, a list has all of them."""

    dropped: tuple[str, ...] = ()
    """Paths of what was asked for, that the vendor can't do and that was given up."""

    notes: tuple[str, ...] = ()
    """What is worth knowing of its beginning and is no error, such as that nobody is in the room yet."""

    request_id: str | None = None
    """The vendor's id of the request that started it."""

    revision: int = 0
    """How often the handle has changed since the start."""

    version: int = 1
    """Version of the handle's form."""

    def ids_under(self, key: str) -> tuple[str, ...]:
        """The vendor's ids that `native` has by a name: one, one for each part, or none."""
        return ids_of(self.native.get(key))

    def taught(self, native: Mapping[str, Any], key: str) -> Self:
        """The handle with what it lacked; the same one if it lacks nothing. Nothing that it has is changed.

        Args:
            native: ids by their names. What is no id is left out.
            key: the name under which there may be several; the first is the start's for good, and one has to be there.
        """
        known = self.ids_under(key)
        further = tuple(one for one in ids_of(native.get(key)) if one not in known and is_id(one))
        lacking = {name: value for name, value in native.items() if name not in self.native and name != key}
        if further and known:
            lacking[key] = (*known, *further)
        if not lacking:
            return self
        return self.model_copy(update={"native": freeze({**self.native, **lacking}), "revision": self.revision + 1})


def is_id(value: object) -> bool:
    """Whether a value can stand for a recording in a path or a body. Two dots would lead to another path."""
    return isinstance(value, str) and value not in ("", ".", "..") and value.isprintable()


def ids_of(value: Any) -> tuple[str, ...]:
    """The ids that a value of `native` has: itself, or those of a list."""
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(one for one in value if isinstance(one, str) and one))
    return (str(value),) if value else ()


class RemoteRecording(Report):
    """A recording as the vendor lists it, whoever started it."""

    provider: str
    """Name of the provider."""

    account: str | None = None
    """The vendor account."""

    room: str | None = None
    """The room."""

    state: RecordingState | None = None
    """Where in its life it is. None: the list doesn't tell."""

    started_at: Moment | None = None
    """When it began."""

    base_url: str | None = None
    """The vendor's host that keeps it. None: any."""

    native: JsonObject = FrozenMapping()
    """The vendor's own ids of it."""

    def ids_under(self, key: str) -> tuple[str, ...]:
        """The vendor's ids that `native` has by a name: one, one for each part, or none."""
        return ids_of(self.native.get(key))


class StartIntent(Report):
    """That a recording is about to be started; made before the first byte leaves.

    It is enough to find out later what came of the start. JSON without secrets.
    """

    id: str
    """Our id of the recording."""

    key: str | None = None
    """The caller's key, which fixes the id. None: the id is random."""

    provider: str
    """Name of the provider."""

    room: str
    """The room."""

    account: str | None = None
    """The vendor account."""

    created_at: Moment
    """When it was made."""

    apart_from: tuple[Recording, ...] = ()
    """Recordings whose servers this one shall not share."""

    draft: Recording | None = None
    """The handle as it will be, but for what the vendor tells: its own ids and the moment of the start."""

    noted: dict[str, Any] = Field(default_factory=dict)
    """What became known on the way: the vendor's ids by their names, and `native`, what a later call needs besides."""

    _keep: Callable[[StartIntent], None] | None = PrivateAttr(default=None)

    def note(self, **ids: Any) -> None:
        """Remember vendor ids; they are durable when this returns, if the intent is kept anywhere."""
        self.noted.update(ids)
        if self._keep is not None:
            self._keep(self)

    def kept_by(self, keep: Callable[[StartIntent], None] | None) -> Self:
        """This intent, with `keep` called after every note; it makes the intent durable."""
        self._keep = keep
        return self

    def __getstate__(self) -> dict[Any, Any]:
        # Errors carry the intent to other processes; what makes it durable belongs to this one.
        state = dict(super().__getstate__())
        state["__pydantic_private__"] = {"_keep": None}
        return state
