"""What a vendor tells by callback, as it arrives, and verified and in neutral words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from recorder_core.errors import Fault
from recorder_core.models.addresses import UnsignedObject, UnsignedText
from recorder_core.models.base import FrozenMapping, JsonObject, Moment, Report
from recorder_core.models.files import RecordedFile
from recorder_core.models.recording import Ending, RecordingState


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A callback as it arrived, of whichever web framework. Its repr shows neither headers nor body."""

    method: str
    """The HTTP method."""

    url: str
    """The whole URL, with scheme and host, as the vendor was told it; path and query do where no vendor signs it."""

    headers: Mapping[str, str] = field(repr=False)
    """The headers, their names in any case."""

    body: bytes = field(repr=False)
    """The body, byte for byte as it arrived: signatures are made over these bytes."""

    def header(self, name: str) -> str | None:
        """The value of a header, its name in any case; None: there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), None)


class EventSource(StrEnum):
    """From where an event is known."""

    CALLBACK = "callback"
    """The vendor told it."""

    LOOK = "look"
    """It was found when the vendor was asked for the status."""

    OPERATION = "operation"
    """This process did it."""


class EventKind(StrEnum):
    """What happened."""

    STARTED = "started"
    """The recording service has begun to work."""

    RECORDING = "recording"
    """Media are being recorded."""

    FILE_STARTED = "file_started"
    """A file, or its playlist, has begun to exist."""

    SEGMENT_STARTED = "segment_started"
    """A segment of a file has begun."""

    AUDIO_CHANGED = "audio_changed"
    """A participant's sound has come or gone."""

    VIDEO_CHANGED = "video_changed"
    """A participant's pictures have come or gone."""

    PARTICIPANT_MISSING = "participant_missing"
    """A participant who was to be recorded isn't there."""

    LAYOUT_CHANGED = "layout_changed"
    """Another layout is in force."""

    PARTICIPANTS_CHANGED = "participants_changed"
    """Others are recorded than before."""

    WHITEBOARD_CHANGED = "whiteboard_changed"
    """Another whiteboard is recorded."""

    STORAGE_RENEWED = "storage_renewed"
    """The files are stored with other credentials."""

    PAUSED = "paused"
    """Nothing is recorded until it is resumed."""

    RESUMED = "resumed"
    """It records again."""

    SNAPSHOT = "snapshot"
    """A still picture was taken."""

    UPLOAD_STARTED = "upload_started"
    """The upload has begun."""

    UPLOAD_PROGRESS = "upload_progress"
    """So much has been uploaded."""

    UPLOADED = "uploaded"
    """All files are at their destination."""

    BACKED_UP = "backed_up"
    """The destination refused files; the vendor keeps them for a while."""

    UPLOAD_FAILED = "upload_failed"
    """Files could not be uploaded."""

    IMAGE_UNAVAILABLE = "image_unavailable"
    """A background, placeholder or watermark could not be fetched."""

    IDLE = "idle"
    """Nobody is there to record."""

    MIGRATED = "migrated"
    """Another server of the vendor goes on with the recording."""

    PUSH_CHANGED = "push_changed"
    """The streaming to a push address changed its state."""

    PAGE_RELOADED = "page_reloaded"
    """The recorded page was loaded again."""

    TRANSCODED = "transcoded"
    """Files were converted after the end."""

    STATUS = "status"
    """The state, told without a change of its own."""

    WARNING = "warning"
    """Something went wrong and was dealt with."""

    ERROR = "error"
    """Something went wrong."""

    STOPPED = "stopped"
    """Nothing is recorded any more; files may still be uploaded."""

    ENDED = "ended"
    """All is over."""

    UNKNOWN = "unknown"
    """The vendor told something that has no name here; `raw` has it."""

    @classmethod
    def _missing_(cls, _value: object) -> EventKind:
        return cls.UNKNOWN


class RecordingEvent(Report):
    """One event of one recording."""

    kind: EventKind
    """What happened."""

    provider: str
    """Name of the provider."""

    recording_id: str | None = None
    """Our id of the recording. None: the event doesn't say, and nothing else tells."""

    room: str | None = None
    """The room."""

    native: JsonObject = FrozenMapping()
    """The vendor's own ids of the recording."""

    source: EventSource = EventSource.CALLBACK
    """From where it is known."""

    is_partial: bool = False
    """Whether it is of one part of a recording that the vendor keeps in several, by an id each. It tells no state then:
    what it says of one of them is found out of all by a look."""

    state: RecordingState | None = None
    """The state that the recording is in since then. None: the event tells none."""

    sequence: int | None = None
    """The event's number within the recording, in the order in which the vendor made them."""

    occurred_at: Moment | None = None
    """When it happened."""

    participant: str | None = None
    """Whom it concerns."""

    progress: float | None = None
    """Uploaded part of what was recorded, 0..1."""

    files: tuple[RecordedFile, ...] = ()
    """The files that the event names."""

    reason: UnsignedText | None = None
    """Why, in plain words."""

    fault: Fault | None = None
    """Whose fault it is."""

    ending: Ending | None = None
    """What ended the recording. None: it hasn't ended by this, or nothing tells."""

    verified: bool = True
    """Whether it may be believed. False: there is no secret to verify it with, its signature came before with another
    body, or it was to be confirmed and wasn't; it is only a reason to ask the vendor."""

    causes: tuple[str, ...] = ()
    """What may have killed a recording that died young, where nobody told: the likeliest first, each with what to
    check."""

    confirmed: bool | None = None
    """Whether the vendor's status agreed with it. False: it didn't, or couldn't be asked for. None: nobody asked."""

    nonce: str | None = None
    """What tells the delivery's signature from others, where it doesn't cover the body: one of two bodies with the same
    may be a forgery. None: the signature covers the body."""

    raw: UnsignedObject = FrozenMapping()
    """What the vendor sent, secrets masked, those of signed addresses too."""

    dedup_key: str
    """Equal for two deliveries of one event. One that isn't verified never has that of a true one."""
