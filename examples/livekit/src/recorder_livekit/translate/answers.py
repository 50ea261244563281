"""Wire to neutral: what an `EgressInfo` and a list of them mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import ValidationError
from recorder_core.errors import Fault, UnexpectedResponse
from recorder_core.models import (
    Ending,
    FileStatus,
    Media,
    Mode,
    RecordedFile,
    Recording,
    RecordingState,
    RecordingStatus,
    RemoteRecording,
)
from recorder_core.models.base import FrozenMapping
from recorder_core.models.recording import ids_of
from recorder_core.transport import Answer, Envelope
from recorder_core.webhooks import plain

from recorder_livekit.tables import END_REASON, END_REASONS, MESSAGES, PART, STATES, STATUS_NUMBERS
from recorder_livekit.wire.answers import EgressInfo, FileInfo, ListEgressResponse, SegmentsInfo
from recorder_livekit.wire.values import EgressStatus

__all__ = [
    "Told",
    "bears_id",
    "egress_in",
    "files_of",
    "listed",
    "moment",
    "read_envelope",
    "status_name",
    "status_of",
    "told_by",
]

WORDS = 256
"""Characters of the vendor's own words that are shown."""
NANOSECONDS = 1_000_000_000
EARLY_S = 2.0
"""How much earlier than asked for the page may end a recording by the vendor's clock, in seconds."""
REFUSED_UPLOAD = "upload failed"
OF_THE_CALLER = ("page load error", "template error", "participant", "track", "invalid url", "missing or invalid field")
"""What stands in the error of an egress that failed because of what it was asked for."""
BACKUP = "the storage refused a file, which is in the server's backup storage; check the storage and its keys"
NOTHING = "nothing was recorded"
SOURCE_CLOSED = "its source closed: the room ended, or the page had nobody to record"
STREAMS_STOPPED = "its last stream was taken away"
WAITS_FOR: Mapping[str, str] = MappingProxyType(
    {
        Mode.COMPOSITE: "it begins once somebody publishes in the room",
        Mode.INDIVIDUAL: "it begins once the participant publishes",
        Mode.WEB: "it begins once the page is there",
    }
)
UNSETTLED = frozenset({EgressStatus.STARTING, EgressStatus.ACTIVE, EgressStatus.ENDING})


class Told(NamedTuple):
    """What an `EgressInfo` tells of an end.

    Attributes:
        state: where the recording is.
        ending: what ended it.
        reason: why, in plain words.
        fault: whose fault it is.
    """

    state: RecordingState
    ending: Ending | None = None
    reason: str | None = None
    fault: Fault | None = None


def status_name(info: EgressInfo) -> str:
    """The name of its state, however it is written."""
    return STATUS_NUMBERS.get(info.status, info.status)


def moment(nanoseconds: int) -> datetime | None:
    """Unix nanoseconds as a moment; 0 and what lies beyond all calendars mean that there is none."""
    try:
        return datetime.fromtimestamp(nanoseconds / NANOSECONDS, UTC) if nanoseconds else None
    except (OverflowError, OSError, ValueError):
        return None


def bears_id(info: EgressInfo, recording_id: str) -> bool:
    """Whether its files are named after a recording, as every start of ours names them and no other one."""
    stems = (PurePosixPath(name).name.partition(".")[0] for name in info.names)
    return any(stem.partition(PART)[0] == recording_id for stem in stems)


def status_of(
    recording: Recording, info: EgressInfo, raw: Mapping[str, Any], ending: Ending | None = None
) -> RecordingStatus:
    """The status that an `EgressInfo` tells.

    Args:
        recording: the handle.
        info: of its egress.
        raw: the answer that it stood in.
        ending: what ended it, where that is known already.
    """
    told = told_by(info, recording)
    ended = told.state.terminal or told.state.ending
    waits = WAITS_FOR.get(recording.mode) if told.state is RecordingState.STARTING else None
    return RecordingStatus(
        state=told.state,
        files=files_of(info, recording),
        started_at=moment(info.started_at) or recording.started_at,
        ended_at=moment(info.ended_at) if told.state.terminal else None,
        reason=told.reason or waits,
        ending=(told.ending or ending) if ended else None,
        fault=told.fault,
        raw=raw or FrozenMapping(),
    )


def told_by(info: EgressInfo, recording: Recording | None) -> Told:
    """The state, and what ended it. Without the handle it isn't known when the page was to end it."""
    name = status_name(info)
    state = RecordingState(STATES.get(name, "unreachable"))
    if name in UNSETTLED or state is RecordingState.UNREACHABLE:
        unknown = f"the vendor's state {plain(name, WORDS)} has no name here"
        return Told(state, reason=None if name in UNSETTLED else unknown)
    reason = info.details.removeprefix(END_REASON) if info.details.startswith(END_REASON) else ""
    words = plain(info.error, WORDS)
    if name == EgressStatus.FAILED:
        return Told(state, Ending.FAULT, words or "the vendor's recorder failed", _whose_fault(info.error))
    found = END_REASONS.get(reason)
    ending = Ending(found) if found else None
    if name == EgressStatus.LIMIT_REACHED:
        return Told(state, Ending.LIMIT, MESSAGES.get(info.error, words) or None)
    if name == EgressStatus.ABORTED:
        why = MESSAGES.get(info.error, words)
        ending = Ending.LIMIT if "limit" in info.error.casefold() else ending
        if ending is Ending.FAULT:
            return Told(RecordingState.FAILED, ending, f"{NOTHING}: {why}", "vendor")
        return Told(state, ending, f"{NOTHING}: {why}" if why else NOTHING)
    if ending is Ending.FAULT:
        return Told(state, ending, f"it ended by itself: {plain(reason, WORDS)}", "vendor")
    if info.backup_storage_used:
        return Told(state, ending, BACKUP, "destination")
    if ending is None and recording is not None and _reached_its_length(info, recording):
        return Told(state, Ending.LIMIT, "it reached max_duration")
    if reason == "Source closed":
        return Told(state, ending, SOURCE_CLOSED)
    return Told(state, ending, STREAMS_STOPPED if reason == "All streams stopped" else None)


def _reached_its_length(info: EgressInfo, recording: Recording) -> bool:
    longest = (recording.native.get("page") or {}).get("longest")
    lasts = [*(file.duration for file in info.file_results), *(segments.duration for segments in info.segment_results)]
    lasted = max(lasts, default=0) / NANOSECONDS
    return isinstance(longest, int) and lasted + EARLY_S >= longest


def _whose_fault(error: str) -> Fault:
    said = error.casefold()
    if REFUSED_UPLOAD in said:
        return "destination"
    return "caller" if any(words in said for words in OF_THE_CALLER) else "vendor"


def files_of(info: EgressInfo, recording: Recording | None) -> tuple[RecordedFile, ...]:
    """Its files. Pictures are counted by the vendor and not listed.

    Args:
        info: of the egress.
        recording: the handle; None: nobody knows where they lie and whose they are.
    """
    return (
        *(_recorded(info, file, file.filename, file.location, recording) for file in info.file_results),
        *(
            _recorded(info, segments, segments.playlist_name, segments.playlist_location, recording)
            for segments in info.segment_results
        ),
    )


def _recorded(
    info: EgressInfo, result: FileInfo | SegmentsInfo, key: str, location: str, recording: Recording | None
) -> RecordedFile:
    where = recording.location if recording else None
    canvas = recording.canvas if recording else None
    path = PurePosixPath(key)
    status = _file_status(info, location)
    suffix = path.suffix.removeprefix(".")
    tracks = recording.media if recording and isinstance(recording.media, Media) else None
    is_there = status not in (FileStatus.LOST, FileStatus.BACKUP)
    people = ids_of(recording.native.get("identity")) if recording else ()
    return RecordedFile(
        name=path.name,
        key=key or None,
        uri=where.uri(key) if where and is_there else None,
        url=location or None,
        format="hls" if suffix == "m3u8" else suffix or None,
        tracks=tracks,
        participant=info.identity or (people[0] if len(people) == 1 else None),
        status=status,
        size_bytes=result.size or None,
        duration_s=result.duration / NANOSECONDS if result.duration else None,
        width=canvas.width if canvas else None,
        height=canvas.height if canvas else None,
        started_at=moment(result.started_at),
    )


def _file_status(info: EgressInfo, location: str) -> FileStatus:
    name = status_name(info)
    if name in (EgressStatus.STARTING, EgressStatus.ACTIVE):
        return FileStatus.RECORDING
    if name == EgressStatus.ENDING:
        return FileStatus.UPLOADING
    if location:
        return FileStatus.BACKUP if info.backup_storage_used else FileStatus.UPLOADED
    return FileStatus.LOST


def egress_in(operation: str, answer: Answer, recording_id: str | None) -> EgressInfo | None:
    """The one egress of an answer; None: it has none.

    Args:
        operation: the vendor's call.
        answer: its answer: a list, or the egress itself.
        recording_id: whose it is, for errors.

    Raises:
        UnexpectedResponse: it isn't of the documented form.
    """
    with _of_documented_form(operation, answer, recording_id):
        if operation == "ListEgress":
            items = _page_of(answer).items
            return items[0] if items else None
        info = EgressInfo.model_validate(answer.body)
        if not info.egress_id:
            raise ValueError("it has no id")
        return info


def listed(account: str, answer: Answer) -> tuple[tuple[tuple[EgressInfo, RemoteRecording], ...], str | None]:
    """One page of a list, and the token of the next one, if there is one.

    Raises:
        UnexpectedResponse: it isn't of the documented form: what isn't in a list is taken for what doesn't run.
    """
    with _of_documented_form("ListEgress", answer, None):
        page = _page_of(answer)
    token = page.next_page_token.token if page.next_page_token else ""
    return tuple((info, _remote(account, info)) for info in page.items), token or None


def _page_of(answer: Answer) -> ListEgressResponse:
    page = ListEgressResponse.model_validate(answer.body)
    # A service that leaves an empty list out can't be told from an answer that lost its fields: LiveKit's writes it.
    if "items" not in answer.body or not all(info.egress_id for info in page.items):
        raise ValueError("egresses are left out")
    return page


def _remote(account: str, info: EgressInfo) -> RemoteRecording:
    state = STATES.get(status_name(info))
    return RemoteRecording(
        provider="livekit",
        account=account,
        room=info.room_name or None,
        state=None if state is None else RecordingState(state),
        started_at=moment(info.started_at) or moment(info.updated_at),
        native={"egress_id": info.egress_id},
    )


@contextmanager
def _of_documented_form(operation: str, answer: Answer, recording_id: str | None) -> Iterator[None]:
    """An answer of another form is UnexpectedResponse, without what was validated."""
    problem = None
    try:
        yield
    except (ValidationError, ValueError):
        problem = "the answer isn't of the documented form"
    if problem is not None:
        raise UnexpectedResponse(
            problem,
            provider="livekit",
            operation=operation,
            recording_id=recording_id,
            http_status=answer.status,
            vendor_code=answer.envelope.code,
            request_id=answer.envelope.request_id,
            hint="Check that url leads to a LiveKit server, and what stands between.",
            fault="vendor",
        )


def read_envelope(status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> Envelope:
    """The code and the message of a Twirp error, whatever its status; other answers have neither. None has an id."""
    code, message = body.get("code"), body.get("msg")
    return Envelope(
        code=code if isinstance(code, str) else None,
        message=message if isinstance(message, str) else None,
    )
