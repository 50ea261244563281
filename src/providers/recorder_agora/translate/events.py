"""Callbacks, wire to neutral: what each event tells. Nothing here raises, whatever the vendor sent."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

from recorder_agora.rules import ERRORS
from recorder_agora.tables import (
    CONVERSIONS,
    EVENT_KINDS,
    EVENT_STATES,
    FATAL_ERRORS,
    MODULES,
    PAGE_ENDS,
    PAGE_LIMITS,
    PAGE_RELOADS,
    STATES,
    UPLOAD_WARNINGS,
)
from recorder_agora.translate.answers import BACKUP, FILES, located_files, moment, recorded_files, somebody
from recorder_agora.wire import details as wire
from recorder_agora.wire.callbacks import CLOUD_RECORDING, Callback, EventType
from recorder_core.errors import Fault
from recorder_core.models import Ending, EventKind, FileStatus, RecordedFile, Recording, RecordingEvent, RecordingState
from recorder_core.models.base import MASK
from recorder_core.webhooks import plain

__all__ = ["event_of", "located", "masked"]

WORDS: Final = 200
"""Characters of the vendor's own words that are shown."""
SIGNAL, NOBODY, LEFT = 2, 4, 16
"""Bits of `leaveCode`. The last one is set whenever the recorder itself leaves, whatever the reason."""
PUSH_URL: Final = re.compile(r"\brtmps?://[^\s\"'<>]+", re.IGNORECASE)


class Told(NamedTuple):
    """What an event tells. Without a kind or a state of its own it has that of its type."""

    kind: EventKind | None = None
    state: RecordingState | None = None
    ending: Ending | None = None
    reason: str | None = None
    fault: Fault | None = None
    files: tuple[RecordedFile, ...] = ()
    participant: str | None = None
    progress: float | None = None


def masked(tree: dict[str, Any]) -> dict[str, Any]:
    """A callback's JSON without addresses to push to, which have a stream key in them."""
    found: dict[str, Any] = _masked(tree)
    return found


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return PUSH_URL.sub(MASK, value) if "://" in value else value
    if isinstance(value, dict):
        return {_masked(key): MASK if key == "rtmpUrl" else _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def event_of(callback: Callback, raw: Mapping[str, Any]) -> RecordingEvent:
    """The neutral event of a callback.

    Args:
        callback: as the models read it.
        raw: as it came, `masked`.
    """
    payload = callback.payload
    native = {"sid": payload.sid, "cname": payload.cname, "uid": payload.uid}
    return RecordingEvent(
        provider="agora",
        room=payload.cname,
        native={key: value for key, value in native.items() if value is not None},
        sequence=payload.sequence,
        occurred_at=_at(payload.sendts if payload.sendts is not None else callback.eventMs),
        raw=raw,
        dedup_key=_dedup_key(callback, raw),
        **_told(callback)._asdict(),
    )


def located(event: RecordingEvent, recording: Recording) -> RecordingEvent:
    """The event with what only the handle tells: where its files lie, and what is in them."""
    return event.model_copy(update={"files": located_files(event.files, recording)}) if event.files else event


def _told(callback: Callback) -> Told:
    number, unknown = callback.eventType, _unknown(callback)
    if number is None or unknown:
        return Told(EventKind.UNKNOWN, reason=unknown)
    told = TOLD_BY_DETAIL[number](callback.payload.details) if number in TOLD_BY_DETAIL else Told()
    state = told.state or EVENT_STATES.get(number)
    return told._replace(
        kind=told.kind or EventKind(EVENT_KINDS[number]), state=RecordingState(state) if state else None
    )


def _unknown(callback: Callback) -> str | None:
    """Why a callback tells no event of a recording that has a name here; None: it does."""
    payload, number = callback.payload, callback.eventType
    if payload.channelName == "test_webhook":
        return "a test that the vendor's console sends when notifications are set up"
    if callback.productId not in (None, CLOUD_RECORDING):
        return f"a notification of the vendor's product {callback.productId}; cloud recording is {CLOUD_RECORDING}"
    if number not in EVENT_KINDS:
        return "an event without a number" if number is None else f"the vendor's event {number} has no name here"
    if not payload.sid:
        return f"the vendor's event {number} names no recording (sid), as a test of its console does"
    return None


def _dedup_key(callback: Callback, raw: Mapping[str, Any]) -> str:
    """The same for every delivery of an event, a repeat or the double of a highly available service.

    The vendor advises `noticeId` and `notifyMs`; yet the one differs in a double and the other in a repeat.
    """
    payload = callback.payload
    if payload.sid and callback.eventType is not None and payload.sequence is not None:
        return f"{payload.sid}:{callback.eventType}:{payload.sequence}"
    if callback.noticeId:
        return f"notice:{callback.noticeId}"
    event = {key: value for key, value in raw.items() if key != "notifyMs"}
    return f"body:{hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()}"


# --- what each event tells ---


def _error(details: wire.ErrorDetails) -> Told:
    code = details.errorCode
    rule = ERRORS.get(code) if code is not None else None
    if rule is None:
        where = MODULES.get(details.module, "recording")
        reason = f"the vendor's {where} reports error {code}; give the sid to its support"
        return Told(reason=f"{reason}{_said(details.errorMsg)}")
    ending = Ending.FAULT if code in FATAL_ERRORS else None
    return Told(reason=f"{rule.meaning} (code {code}). {rule.hint}", fault=rule.fault, ending=ending)


def _warning(details: wire.WarningDetails) -> Told:
    if details.module == 1 and details.warnCode in UPLOAD_WARNINGS:
        return Told(reason=UPLOAD_WARNINGS[details.warnCode], fault="destination")
    return Told(reason=f"the vendor's {MODULES.get(details.module, 'recording')} warns with {details.warnCode}")


def _status(details: wire.StatusDetails) -> Told:
    name = STATES.get(details.status) if details.status is not None else None
    state = None if name is None else RecordingState(name)
    files = recorded_files(details.fileList, FILES.get(state, FileStatus.UNKNOWN) if state else FileStatus.UNKNOWN)
    if state is RecordingState.FAILED:
        why = "the recorder ended abnormally"
        return Told(state=state, ending=Ending.FAULT, reason=why, fault="vendor", files=files)
    return Told(state=state, files=files)


def _file_started(details: wire.StatusDetails) -> Told:
    return Told(files=recorded_files(details.fileList, FileStatus.RECORDING))


def _exit(details: wire.ExitDetails) -> Told:
    if not details.exitStatus:
        return Told()
    return Told(
        state=RecordingState.FAILED,
        ending=Ending.FAULT,
        reason=f"the recorder exited abnormally (status {details.exitStatus}), as it does when something is wrong that "
        "is checked only after the start: storage, token, encryption, layout",
    )


def _failover(details: wire.FailoverDetails) -> Told:
    uid = f", in the room as {plain(details.newUid, WORDS)}" if details.newUid else ""
    return Told(reason=f"another server goes on{uid}; what was said meanwhile, up to 90 s, isn't recorded")


def _abnormal(part: str) -> Callable[[wire.StatusDetails], Told]:
    def tell(details: wire.StatusDetails) -> Told:
        return Told(reason=f"the {part} began with the abnormal status {details.status}") if details.status else Told()

    return tell


def _uploaded(details: wire.StatusDetails) -> Told:
    return Told(files=recorded_files(details.fileList, FileStatus.UPLOADED))


def _backed_up(details: wire.StatusDetails) -> Told:
    return Told(files=recorded_files(details.fileList, FileStatus.BACKUP), fault="destination", reason=BACKUP)


def _progress(details: wire.ProgressDetails) -> Told:
    told = details.progress
    return Told(progress=told / 10_000) if told is not None and 0 <= told <= 10_000 else Told()


def _leave(details: wire.LeaveDetails) -> Told:
    code = details.leaveCode
    if code is None or code < 0:
        return Told()
    if code == 0:
        return Told(ending=Ending.FAULT, reason="the recorder couldn't be set up (leave code 0)")
    if code & NOBODY:
        return Told(ending=Ending.IDLE, reason=f"nobody was in the room for idle_timeout (leave code {code})")
    if code & SIGNAL:
        return Told(ending=Ending.STOPPED, reason=f"the recorder was told to end (leave code {code})")
    if code & LEFT:
        why = "it was stopped, or put out: check that nobody has its uid and that its token was still good"
        return Told(reason=f"the recorder left the room (leave code {code}); {why}")
    return Told(reason=f"the recorder left the room (leave code {code})")


def _slice(details: wire.SliceDetails) -> Told:
    began, before = _at(details.startUtcMs), _at(details.discontinueUtcMs)
    gap = (began - before).total_seconds() if began and before else 0.0
    again = f"recorded again after a gap of {gap:.1f} s" if gap > 0 else None
    return Told(participant=somebody(details.streamUid), reason=again)


def _stream(medium: str) -> Callable[[wire.StreamDetails], Told]:
    said = {0: f"{medium} has come", 1: f"{medium} has gone"}

    def tell(details: wire.StreamDetails) -> Told:
        known = said.get(details.state) if details.state is not None else None
        return Told(participant=somebody(details.streamUid), reason=known)

    return tell


def _snapshot(details: wire.SnapshotDetails) -> Told:
    # "Captured successfully and uploaded", in the vendor's words.
    files = recorded_files(details.fileName, FileStatus.UPLOADED)
    return Told(files=files, participant=files[0].participant if files else None)


def _vod(details: wire.VodDetails) -> Told:
    video = details.aliVodInfo.get("videoId")
    named = f" as video {plain(video, WORDS)}" if isinstance(video, str) else ""
    return Told(reason=f"the files go to ApsaraVideo for VoD{named}")


def _page_stopped(details: wire.PageStoppedDetails) -> Told:
    files = recorded_files(details.fileList, FileStatus.UPLOADING)
    end = PAGE_ENDS.get(details.code)
    if end is None:
        return Told(files=files, reason=f"the page's recorder stopped with code {details.code}{_said(details.details)}")
    ending = Ending(end.ending)
    state = RecordingState.FAILED if ending is Ending.FAULT and not files else None
    why = f"{end.reason}{_said(details.details)}"
    return Told(state=state, ending=ending, reason=why, fault=end.fault, files=files)


def _capability(details: wire.CapabilityDetails) -> Told:
    limit = PAGE_LIMITS.get(details.limitType, "the page is more than the vendor's browser can show")
    return Told(reason=f"{limit}; the recording ends", fault="caller")


def _reload(details: wire.ReloadDetails) -> Told:
    return Told(reason=f"the page was loaded again: {PAGE_RELOADS.get(details.reason, 'the vendor gives no reason')}")


def _transcoding(_details: wire.Details) -> Told:
    return Told(reason="the conversion of the files has begun")


def _transcoded(details: wire.ResultDetails) -> Told:
    files = recorded_files(details.fileList, FileStatus.UNKNOWN)
    for user in details.uids:
        files += tuple(
            file.model_copy(update={"participant": file.participant or somebody(user.uid)})
            for file in recorded_files(user.fileList, FileStatus.UNKNOWN)
        )
    reason = CONVERSIONS.get(details.result)
    return Told(files=files, reason=reason, fault="vendor" if reason else None)


def _download_failed(details: wire.DownloadDetails) -> Told:
    names = (details.fileName or "").split(";")
    return Told(
        reason=f"{len(list(filter(None, names)))} files couldn't be fetched from the bucket, so they aren't converted; "
        "check that the storage's keys may read",
        fault="destination",
    )


def _push(details: wire.PushDetails) -> Told:
    status = details.status
    advice = "; check the address, or give another one with update_push" if status == "disconnected" else ""
    return Told(reason=f"push: {plain(status, WORDS) or 'unknown'}{advice}")


def _at(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else moment(milliseconds / 1000)


def _said(words: str | None) -> str:
    return f"; in the vendor's words: {words[:WORDS]!r}" if words else ""


Model = TypeVar("Model", bound=wire.Details)
Reader = Callable[[Mapping[str, Any]], Told]


def _reader(model: type[Model], tell: Callable[[Model], Told]) -> Reader:
    return lambda details: tell(model.model_validate(details))


TOLD_BY_DETAIL: Mapping[int, Reader] = MappingProxyType(
    {
        EventType.CLOUD_RECORDING_ERROR: _reader(wire.ErrorDetails, _error),
        EventType.CLOUD_RECORDING_WARNING: _reader(wire.WarningDetails, _warning),
        EventType.CLOUD_RECORDING_STATUS_UPDATE: _reader(wire.StatusDetails, _status),
        EventType.CLOUD_RECORDING_FILE_INFOS: _reader(wire.StatusDetails, _file_started),
        EventType.SESSION_EXIT: _reader(wire.ExitDetails, _exit),
        EventType.SESSION_FAILOVER: _reader(wire.FailoverDetails, _failover),
        EventType.UPLOADER_STARTED: _reader(wire.StatusDetails, _abnormal("upload")),
        EventType.UPLOADED: _reader(wire.StatusDetails, _uploaded),
        EventType.BACKUPED: _reader(wire.StatusDetails, _backed_up),
        EventType.UPLOADING_PROGRESS: _reader(wire.ProgressDetails, _progress),
        EventType.RECORDER_STARTED: _reader(wire.StatusDetails, _abnormal("recorder")),
        EventType.RECORDER_LEAVE: _reader(wire.LeaveDetails, _leave),
        EventType.RECORDER_SLICE_START: _reader(wire.SliceDetails, _slice),
        EventType.RECORDER_AUDIO_STREAM_STATE_CHANGED: _reader(wire.StreamDetails, _stream("sound")),
        EventType.RECORDER_VIDEO_STREAM_STATE_CHANGED: _reader(wire.StreamDetails, _stream("video")),
        EventType.RECORDER_SNAPSHOT_FILE: _reader(wire.SnapshotDetails, _snapshot),
        EventType.VOD_STARTED: _reader(wire.VodDetails, _vod),
        EventType.WEB_RECORDER_STOPPED: _reader(wire.PageStoppedDetails, _page_stopped),
        EventType.WEB_RECORDER_CAPABILITY_LIMIT: _reader(wire.CapabilityDetails, _capability),
        EventType.WEB_RECORDER_RELOAD: _reader(wire.ReloadDetails, _reload),
        EventType.TRANSCODER_STARTED: _reader(wire.Details, _transcoding),
        EventType.TRANSCODER_COMPLETED: _reader(wire.ResultDetails, _transcoded),
        EventType.DOWNLOAD_FAILED: _reader(wire.DownloadDetails, _download_failed),
        EventType.RTMP_PUBLISH_STATUS: _reader(wire.PushDetails, _push),
        EventType.POSTPONE_TRANSCODE_FINAL_RESULT: _reader(wire.ResultDetails, _transcoded),
    }
)
"""The events that tell more than their type."""
