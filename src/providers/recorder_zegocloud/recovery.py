"""What became of a start whose TaskId is lost, and whether a callback brings it.

DescribeTasks lists tasks by room and time, without the ClientTaskId by which one could be told to be ours. Its files
tell that, where a mixed stream is named after the recording; so does StartRecord, which answers a ClientTaskId with the
task that it stands for. But where there is none, that begins one ("Cloud Recording Server API", ZEGOCLOUD, 2026).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from recorder_core.clock import current_deadline
from recorder_core.errors import RecorderError, StartOutcomeUnknown
from recorder_core.models import (
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    Recovery,
    StartIntent,
    Verdict,
)
from recorder_core.models.base import thaw
from recorder_zegocloud.account import listed
from recorder_zegocloud.calls import Calls
from recorder_zegocloud.starting import started
from recorder_zegocloud.tables import CLOCK_TOLERANCE_S, KEPT_S
from recorder_zegocloud.translate.modes import TRANSLATORS
from recorder_zegocloud.wire.answers import DescribeRecordStatusResponse, RecordFile, TaskState
from recorder_zegocloud.wire.callbacks import Callback, Detail

if TYPE_CHECKING:
    from recorder_zegocloud.provider import ZegocloudProvider

__all__ = ["Inquiry", "identified"]

KEPT = timedelta(seconds=KEPT_S)
LISTED = KEPT - timedelta(minutes=1)
"""How old a start may be to be looked for: DescribeTasks refuses a span that begins earlier, by the vendor's clock."""
APART = timedelta(seconds=CLOCK_TOLERANCE_S)
"""By how much the vendor's clock may differ from this machine's: one that differs more gets no call accepted."""
SENT_WITHIN = timedelta(hours=1)
"""How long after it was begun a start may still have been sent, whatever its deadline was."""
SHOWS_WITHIN = timedelta(minutes=2)
"""When a start that was sent has been carried out, if it ever is, and is listed: its deadline, a minute by default, and
another one. No document says how soon a task is listed."""
STOPPING_S = 60.0
"""Seconds for the stop of a task that was started to find out."""


class Candidate(NamedTuple):
    """A listed task that may be the one."""

    recording: Recording
    status: RecordingStatus

    @property
    def task_id(self) -> str:
        """The vendor's id of it."""
        return str(self.recording.native["TaskId"])


class Inquiry:
    """Finds out what became of one start.

    What it starts itself to find that out is in the intent's `probe`: which tasks there were before (`candidates`),
    since when hosts are asked (`since`), which one is asked now (`asking`, `asked_at`), what that began (`tasks`, each
    with its host), and which ones know nothing of the start (`asked`), where what was begun has been stopped. It is
    noted before it matters, so that the next inquiry takes up one that was cut short.

    Args:
        provider: that began it.
        calls: what sends its actions.
        intent: the start.
        spec: what was asked for.
    """

    def __init__(
        self, provider: ZegocloudProvider, calls: Calls, intent: StartIntent, spec: RecordingSpec | None
    ) -> None:
        self._provider = provider
        self._calls = calls
        self._intent = intent
        self._spec = spec

    def answer(self) -> Recovery:
        """What became of it.

        Raises:
            UnsupportedFeature: the spec can't have been that of the start.
            RecorderError: the vendor couldn't be asked. What was sent is noted.
        """
        if self._intent.draft is None:
            return self._found(Verdict.UNCLEAR, "the intent has no draft of its handle")
        for task_id, base_url in self._begun.items():
            left = None if base_url in self._asked else self._stop(self._handle(task_id, base_url))
            if left is not None:
                return left
        age = self._provider.now() - self._last_sent
        if age > LISTED:
            return self._found(Verdict.ENDED, "if it ran at all, it ended: it is more than three days old")
        candidates = self._candidates()
        for candidate in filter(self._is_proven, candidates):
            if (found := self._told(candidate)) is not None:
                return found
        if age < SHOWS_WITHIN:
            when = (self._last_sent + SHOWS_WITHIN).isoformat()
            return self._one_of(candidates, f"what was just sent may not be listed yet: ask again from {when} on")
        if candidates and self._spec is not None:
            return self._ask(candidates, self._spec)
        if any(candidate.status.state.running for candidate in candidates):
            return self._one_of(candidates, "one of these tasks of its room may be it; the vendor doesn't tell which")
        return self._ended_or_never(candidates)

    # What the vendor lists

    def _candidates(self) -> list[Candidate]:
        """The tasks that may be it: of its room and time, known to nobody, and not of another kind."""
        now, begun_at = self._provider.now(), self._intent.created_at
        since = max(begun_at - APART, now - LISTED)
        until = (now if self._probe else min(now, begun_at + SENT_WITHIN)) + APART
        found = []
        for task in listed(self._calls, since, until, self._intent.room, now):
            task_id = str(task.native["TaskId"])
            is_later = self._probe and not self._probe["asking"] and task_id not in self._probe["candidates"]
            if is_later or task_id in self._begun or self._provider.runtime.is_known(task_id):
                continue
            candidate = self._look(self._handle(task_id, task.base_url, task.started_at))
            if candidate.status.state is not RecordingState.GONE and self._may_be(candidate):
                found.append(candidate)
        return found

    def _look(self, recording: Recording) -> Candidate:
        return Candidate(recording, self._provider.status(recording))

    def _may_be(self, candidate: Candidate) -> bool:
        """Whether mode and mixed stream of a task are those that were asked for, as far as the vendor tells them."""
        recording, task = candidate.recording, _described(candidate.status)
        streams, mixed = _streams(task.RecordFiles or ()), recording.native.get("MixOutputStreamId")
        mode = next((mode for mode, one in TRANSLATORS.items() if one.record_mode == task.RecordMode), None)
        return mode in (None, recording.mode) and (not streams or mixed is None or mixed in streams)

    def _is_proven(self, candidate: Candidate) -> bool:
        return _bears_id(self._intent, _described(candidate.status).RecordFiles or ())

    # What is sent

    def _ask(self, candidates: Sequence[Candidate], spec: RecordingSpec) -> Recovery:
        """Ask each host that keeps a candidate which task the ClientTaskId stands for; what this begins is stopped."""
        plan = self._provider.translate(spec, self._intent)
        plan.lost(warn=True)
        body = plan.request("StartRecord").payload
        before = self._probe.get("candidates") or [candidate.task_id for candidate in candidates]
        for base_url in dict.fromkeys(candidate.recording.base_url for candidate in candidates):
            if base_url in self._asked:
                continue
            now = self._provider.now().isoformat()
            self._note(candidates=before, asking=base_url, asked_at=now, since=self._probe.get("since", now))
            try:
                task_id = started(self._calls, self._intent, body, base_url).task_id
            except RecorderError as error:
                if not isinstance(error, StartOutcomeUnknown):
                    self._note(asking=None)
                raise
            if task_id in self._begun or self._provider.runtime.is_known(task_id):
                self._note_asked(base_url)
            elif (found := self._told(self._look(self._handle(task_id, base_url)))) is not None:
                return found
        return self._ended_or_never([candidate for candidate in candidates if not candidate.status.state.running])

    def _told(self, candidate: Candidate) -> Recovery | None:
        """What it means that a task has the recording's id; None: asking began it, and it was stopped."""
        if not self._probe or candidate.task_id in self._probe["candidates"] or self._was_there(candidate.status):
            return self._is_it(candidate)
        self._note(tasks={**self._begun, candidate.task_id: candidate.recording.base_url})
        return self._stop(candidate.recording)

    def _was_there(self, status: RecordingStatus) -> bool:
        """Whether a task that no list had was there before the host was asked: it has ended, or it is too old."""
        begun_at, since = self._intent.created_at, datetime.fromisoformat(self._probe["since"])
        middle = begun_at + (since - begun_at) / 2
        return not status.state.running or (status.started_at is not None and status.started_at < middle)

    def _stop(self, recording: Recording) -> Recovery | None:
        """Stop what was started to find out; None: that is done."""
        try:
            left = min(current_deadline().remaining(), STOPPING_S)
            status = self._provider.stop(recording, wait=False, deadline=left)
            problem = status.reason if status.state is RecordingState.UNREACHABLE else None
        except RecorderError as error:
            problem = error.message
        if problem is None:
            self._note_asked(recording.base_url)
            return None
        reason = f"what runs was started to find out whether it runs, and couldn't be stopped: {problem}"
        return self._kept(Verdict.RUNNING, reason, recording)

    # What it means

    def _is_it(self, candidate: Candidate) -> Recovery:
        runs = not (candidate.status.state.terminal or candidate.status.state.ending)
        verdict = Verdict.RUNNING if runs else Verdict.ENDED
        reason = "the vendor has a task with the recording's id: in its files, or as the answer to its ClientTaskId"
        found, status = candidate.recording, candidate.status
        recording = self._handle(candidate.task_id, found.base_url, status.started_at)
        return self._kept(verdict, reason, recording, status=status)

    def _kept(self, verdict: Verdict, reason: str, recording: Recording, **found: Any) -> Recovery:
        """A verdict on a task whose ids are known from now on."""
        moments = {"started_at": recording.started_at, "controllable_until": recording.controllable_until}
        told = {name: moment.isoformat() for name, moment in moments.items() if moment is not None}
        self._intent.note(TaskId=recording.native["TaskId"], base_url=recording.base_url, **told, probe=None)
        return self._found(verdict, reason, recording=recording, **found)

    def _one_of(self, candidates: Sequence[Candidate], reason: str) -> Recovery:
        return self._found(Verdict.UNCLEAR, reason, candidates=tuple(candidate.recording for candidate in candidates))

    def _ended_or_never(self, ended: Sequence[Candidate]) -> Recovery:
        """It doesn't run."""
        if not ended:
            return self._found(Verdict.NEVER_STARTED, "no task of its room and time is it, at any host")
        handles = tuple(candidate.recording for candidate in ended)
        reason = "it doesn't run; one of these tasks, which have ended, may be it"
        return self._found(Verdict.ENDED, reason, candidates=handles)

    def _found(self, verdict: Verdict, reason: str, **found: Any) -> Recovery:
        return Recovery(intent=self._intent, verdict=verdict, reason=reason, **found)

    def _handle(self, task_id: str, base_url: str | None, began_at: datetime | None = None) -> Recording:
        at = began_at or self._provider.now()
        ids = {"TaskId": task_id, "base_url": base_url, "started_at": at, "controllable_until": at + KEPT}
        return cast("Recording", self._provider.revived(self._intent, **ids))

    # What was noted

    @property
    def _probe(self) -> Mapping[str, Any]:
        return self._intent.noted.get("probe") or {}

    @property
    def _begun(self) -> Mapping[str, str]:
        """The tasks that asking began, and their hosts."""
        begun: Mapping[str, str] = self._probe.get("tasks", {})
        return begun

    @property
    def _asked(self) -> Sequence[str]:
        """The hosts that know nothing of the start."""
        asked: Sequence[str] = self._probe.get("asked", ())
        return asked

    @property
    def _last_sent(self) -> datetime:
        """When a start was last begun that may not be listed yet."""
        asked_at = (self._probe.get("asking") and self._probe["asked_at"]) or self._intent.noted.get("sent_at")
        return datetime.fromisoformat(asked_at) if asked_at else self._intent.created_at

    def _note_asked(self, base_url: str | None) -> None:
        self._note(asked=[*self._asked, base_url], asking=None)

    def _note(self, **changes: Any) -> None:
        self._intent.note(probe={**self._probe, **changes})


def identified(provider: ZegocloudProvider, intent: StartIntent, event: RecordingEvent) -> Recording | None:
    """The handle of what an intent began, if an event is one of it.

    That is proved by the address that the callback came to, which every start of ours gives with the recording's id, or
    by the name of the mixed stream.
    """
    task_id, at = event.native.get("TaskId"), event.occurred_at
    if not task_id or at is None or at < intent.created_at - APART:
        return None
    if task_id in (intent.noted.get("probe") or {}).get("tasks", ()):
        return None  # it was begun to find out
    detail = Callback.model_validate(thaw(event.raw)).detail or Detail()
    files: list[RecordFile] = [RecordFile(StreamId=detail.stream_id), *(detail.file_info or ())]
    if event.native.get("ClientTaskId") != intent.id and not _bears_id(intent, files):
        return None
    hosts = provider.config.hosts()
    return provider.revived(intent, TaskId=task_id, base_url=hosts[0] if len(hosts) == 1 else None)


def _described(status: RecordingStatus) -> TaskState:
    """What DescribeRecordStatus told."""
    return DescribeRecordStatusResponse.model_validate(thaw(status.raw)).Data or TaskState()


def _streams(files: Iterable[RecordFile]) -> set[str]:
    return {file.StreamId for file in files if file.StreamId}


def _bears_id(intent: StartIntent, files: Iterable[RecordFile]) -> bool:
    """Whether files are of a mixed stream that is named after the recording, as no other one is.

    A name of the application's own choice may be another recording's too.
    """
    mixed = intent.draft.native.get("MixOutputStreamId") if intent.draft else None
    return mixed == intent.id and mixed in _streams(files)
