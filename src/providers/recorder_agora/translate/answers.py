"""Answers, wire to neutral: what those of query and stop mean, and where else the vendor's answers are read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from recorder_agora.tables import STATES
from recorder_agora.wire.answers import (
    FileEntry,
    QueryResponse,
    QueryServerResponse,
    Response,
    ServicePayload,
    StopResponse,
    StopServerResponse,
)
from recorder_core.errors import StartOutcomeUnknown, UnexpectedResponse
from recorder_core.models import (
    Ending,
    FileStatus,
    Media,
    Mode,
    RecordedFile,
    Recording,
    RecordingState,
    RecordingStatus,
    StartIntent,
)
from recorder_core.transport import Answer, Envelope

__all__ = [
    "BACKUP",
    "FILES",
    "located_files",
    "moment",
    "query_status",
    "read_envelope",
    "recorded_files",
    "sid_of",
    "somebody",
    "source_addresses",
    "started_without_sid",
    "stop_status",
]

TRACKS = {"audio": Media.AUDIO, "video": Media.VIDEO, "av": Media.AUDIO_VIDEO, "audio_and_video": Media.AUDIO_VIDEO}
"""By `trackType`, and by what stands in the name of a file of one user."""
FORMATS = {"m3u8": "hls"}
OF_ONE_USER = re.compile(r"__uid_s_(?P<uid>\d+)__uid_e_(?P<tracks>audio|video|av)(?=[._])")
"""In the name of a file of an individual recording."""
UPLOADS = {"uploaded": FileStatus.UPLOADED, "backuped": FileStatus.BACKUP}
"""Status of the files by `uploadingStatus`; anything else isn't decided yet."""
FILES: Mapping[RecordingState, FileStatus] = {
    **dict.fromkeys((RecordingState.STARTING, RecordingState.RECORDING, RecordingState.PAUSED), FileStatus.RECORDING),
    **dict.fromkeys((RecordingState.STOPPING, RecordingState.UPLOADING), FileStatus.UPLOADING),
}
"""Status of the files that query lists by the state of the recording; of one that failed nothing is known."""
BACKUP = (
    "at least one file is in the vendor's backup only, which sends it on to the bucket by itself; "
    "check the bucket and its keys"
)
NOTHING = "nothing was recorded: nobody who was to be recorded published (code 435)"
NO_PAGE = "nothing was recorded: the page was never ready, or on hold all the time (code 435)"
NOTHING_YET = (
    "ready; nothing was uploaded yet: so it is in the first 15 s to 2 min of a recording, and for as long as nobody "
    "publishes; which of the two, this status doesn't tell"
)
"""The first file comes after 15 s, of an individual recording after a minute, or a minute later ("Best practices",
Agora, 2026)."""
SNAPSHOTS = "the vendor lists no snapshots; they are stored as <sid>_<room>__uid_s_<uid>__uid_e_video_<UTC>.jpg"
ON_HOLD = "on hold: nothing is recorded until it is resumed"
PAGE, PUSH, UPLOAD = "web_recorder_service", "rtmp_publish_service", "upload_service"


Body = TypeVar("Body", bound=Response)


def _read(model: type[Body], operation: str, answer: Answer) -> Body:
    try:
        return model.model_validate(answer.body)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False))
    raise UnexpectedResponse(
        f"the answer was accepted but can't be read at {where}",
        operation=operation,
        http_status=answer.status,
        vendor_code=answer.envelope.code,
        request_id=answer.envelope.request_id,
        hint="The call itself was carried out. Give the request id to the vendor's support.",
        fault="vendor",
    )


def _service(server: QueryServerResponse | StopServerResponse, name: str) -> ServicePayload:
    """What a service of a web page recording tells; nothing, where there is none."""
    told = (service.payload for service in server.extensionServiceState if service.serviceName == name)
    return next(told, ServicePayload())


def sid_of(answer: Answer) -> str | None:
    """The `sid` that the answer to a start tells; None: it tells none, or what can't be one."""
    sid = answer.body.get("sid")
    return sid if isinstance(sid, str) and sid else None


def started_without_sid(answer: Answer, intent: StartIntent, mode: Mode) -> StartOutcomeUnknown:
    """The error of an accepted start without a `sid`: 200 says that it may run, all else that it does."""
    runs = "it runs, but" if answer.status != 200 else "start was accepted, so it may run, but"
    return StartOutcomeUnknown(
        f"{runs} the vendor didn't tell its sid, without which it can't be stopped",
        provider=intent.provider,
        operation="start",
        recording_id=intent.id,
        http_status=answer.status,
        vendor_code=answer.envelope.code,
        vendor_message=answer.envelope.message,
        request_id=answer.envelope.request_id,
        fault="vendor",
        hint="The vendor's callbacks carry the sid, and recover may bring it. Else it ends "
        + (
            "after max_duration."
            if mode is Mode.WEB
            else "once the room was empty for idle_timeout, or when its uid (see intent.noted) is put out of the "
            "room: POST /dev/v1/kicking-rule, join_channel."
        ),
    )


def query_status(recording: Recording, answer: Answer) -> RecordingStatus:
    """The state that query tells."""
    server = _read(QueryResponse, "query", answer).serverResponse
    page = _service(server, PAGE)
    state = RecordingState(STATES.get(server.status if server.status is not None else -1, "unreachable"))
    reasons = [_reason(server.status, is_page=bool(server.extensionServiceState))]
    if state is RecordingState.RECORDING and page.state == "exit":
        state, reasons = RecordingState.STOPPING, ["the page isn't recorded any more"]
    elif state is RecordingState.RECORDING and page.onhold:
        state, reasons = RecordingState.PAUSED, [ON_HOLD]
    reasons += [f"push: {target.status}" for target in _service(server, PUSH).outputs if target.status]
    files = (*server.fileList, *page.fileList)
    return RecordingStatus(
        state=state,
        files=recorded_files(files, FILES.get(state, FileStatus.UNKNOWN), recording),
        started_at=recording.started_at,
        reason="; ".join(filter(None, reasons)) or None,
        ending=Ending.FAULT if state is RecordingState.FAILED else None,
        fault="vendor" if state is RecordingState.FAILED else None,
        request_id=answer.envelope.request_id,
        raw=answer.body,
    )


def _reason(status: int | None, *, is_page: bool) -> str | None:
    """What a status says beyond its state."""
    if status == 4 and is_page:
        return "ready; nothing was uploaded yet"
    if status == 4:
        return NOTHING_YET
    if status == 20:
        return "the recorder ended abnormally"
    if status not in STATES:
        return f"the vendor answered the unknown status {status}"
    return None


def stop_status(recording: Recording, answer: Answer, now: datetime) -> RecordingStatus:
    """The state that an accepted answer to stop tells, 404 excepted.

    200 brings the files; 206 is unfinished, or code 435: nothing recorded. All of them say that it ran until then. 400
    code 49 says that it was leaving already, and not why.
    """
    code = answer.envelope.code
    known: dict[str, Any] = {
        "started_at": recording.started_at,
        "request_id": answer.envelope.request_id,
        "raw": answer.body,
    }
    if code == 435:
        reason = NO_PAGE if recording.mode == Mode.WEB else NOTHING
        return RecordingStatus(
            state=RecordingState.COMPLETED, ended_at=now, ending=Ending.STOPPED, reason=reason, **known
        )
    if code == 49:
        return RecordingStatus(
            state=RecordingState.STOPPING,
            reason="it was leaving already (code 49): stopped, idle or put out",
            **known,
        )
    server = _read(StopResponse, "stop", answer).serverResponse
    status = UPLOADS.get(server.uploadingStatus or _service(server, UPLOAD).uploadingStatus or "")
    files = (*server.fileList, *_service(server, PAGE).fileList)
    return RecordingStatus(
        state=RecordingState.UPLOADING if status is None else RecordingState.COMPLETED,
        files=recorded_files(files, status or FileStatus.UPLOADING, recording),
        ended_at=now,
        ending=Ending.STOPPED,
        reason=BACKUP if status is FileStatus.BACKUP else SNAPSHOTS if recording.native.get("snapshots") else None,
        fault="destination" if status is FileStatus.BACKUP else None,
        **known,
    )


def recorded_files(
    entries: Sequence[FileEntry], status: FileStatus, recording: Recording | None = None
) -> tuple[RecordedFile, ...]:
    """The files of a list.

    Args:
        entries: the list.
        status: where its files are.
        recording: whose it is. None: its destination isn't known, nor its media where the list doesn't tell them.
    """
    files = []
    for entry in entries:
        name = entry.fileName
        suffix = name.rpartition(".")[2].lower()
        named = OF_ONE_USER.search(name)
        uid, tracks = entry.uid, entry.trackType
        if named is not None:
            uid, tracks = uid or named["uid"], tracks or named["tracks"]
        files.append(
            RecordedFile(
                name=name.rpartition("/")[2],
                key=name,
                format=FORMATS.get(suffix, suffix),
                tracks=TRACKS.get(tracks or ""),
                participant=somebody(uid),
                status=status,
                started_at=moment(entry.started_at),
            )
        )
    return located_files(files, recording) if recording else tuple(files)


def located_files(files: Sequence[RecordedFile], recording: Recording) -> tuple[RecordedFile, ...]:
    """The files with their keys and addresses. The vendor names them with or without the prefix, by page."""
    location = recording.location
    prefix = f"{location.prefix.strip('/')}/" if location and location.prefix else ""
    found = []
    for file in files:
        name = file.key or file.name
        key = name if name.startswith(prefix) else prefix + name
        where = {"key": key, "uri": location.uri(key) if location else None}
        found.append(file.model_copy(update={**where, "tracks": file.tracks or recording.media}))
    return tuple(found)


def somebody(uid: str | None) -> str | None:
    """Whom a uid in a list or an event names; None: everybody, or nobody."""
    return None if uid in (None, "", "0") else uid


def moment(seconds: float | None) -> datetime | None:
    """Unix seconds as a moment; what lies beyond all calendars is no moment."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def read_envelope(status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> Envelope:
    """Code and reason of the service, or the gateway's message; the request id is a header."""
    code, message = body.get("code"), body.get("reason") or body.get("message")
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code)
    return Envelope(
        code=code if isinstance(code, int | str) else None,
        message=message if message is None or isinstance(message, str) else json.dumps(message),
        request_id=headers.get("X-Request-Id"),
    )


def source_addresses(answer: Answer) -> tuple[str, ...]:
    """The addresses that callbacks come from: `data.service.hosts[].primaryIP`.

    Raises:
        UnexpectedResponse: there is none.
    """
    found: Any = answer.body
    for key in ("data", "service", "hosts"):
        found = found.get(key) if isinstance(found, Mapping) else None
    hosts = found if isinstance(found, list) else []
    addresses = tuple(str(host["primaryIP"]) for host in hosts if isinstance(host, Mapping) and host.get("primaryIP"))
    if not addresses:
        raise UnexpectedResponse(
            "the answer names no address",
            provider="agora",
            operation="ncs/ip",
            http_status=answer.status,
            request_id=answer.envelope.request_id,
            hint="Ask again later, and keep the addresses that you have until then.",
            fault="vendor",
        )
    return addresses
