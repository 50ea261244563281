"""What became of a start whose `sid` is lost, and whether a callback brings it.

The vendor lists no recordings, and no call asks for one by room and uid. But start refuses what would be a second one:
201 for a resource id that records already, code 53 for a room and uid that do ("Best practices" and "Common errors",
Agora, 2026). So a start is asked after by starting again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from recorder_agora.calls import Calls
from recorder_agora.starting import Pair, acquired, begun, pair_of, started
from recorder_agora.translate.answers import sid_of
from recorder_agora.translate.start import derived_uid
from recorder_agora.translate.web import WebTranslator
from recorder_core.clock import current_deadline
from recorder_core.errors import RecorderError, StartOutcomeUnknown
from recorder_core.models import (
    EventKind,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    Recovery,
    StartIntent,
    Verdict,
)
from recorder_core.transport import Answer

if TYPE_CHECKING:
    from recorder_agora.provider import AgoraProvider

__all__ = ["Inquiry", "identified"]

RESOURCE_LIFE = timedelta(minutes=5)
"""For how long a resource id serves its start ("acquire", Agora, 2026)."""
RUNS_ALREADY = (53, 1004)
"""Start's codes for a room and uid that are recorded; the second one is that of older documents."""
SPENT = (432, 433, 1001, 1005)
"""Start's codes for a resource id that serves no other start: it has expired, was used, or was acquired for other
parameters, as where the room's token was announced and another one was made since."""
STOPPING_S = 100.0
"""Seconds for the stop of a recording that is hardly up yet: until it is, the vendor answers 404."""
EMPTY = (
    "if it runs, it ends when the room has been empty for idle_timeout{seconds}, or when the room token of its uid "
    "expires. The vendor's channel management API may put uid {uid} out of room {cname!r}, which ends it too (POST "
    "/dev/v1/kicking-rule with appid, cname, uid and the privilege join_channel); that isn't documented for recorders, "
    "and is never done by this library"
)
BIRTHS = (EventKind.STARTED, EventKind.RECORDING)
"""What only a recording that begins is told of by. One that had its room and uid before may still tell of its files."""


class Inquiry:
    """Finds out what became of one start.

    What it starts itself to find that out is the intent's `probe`. It is noted before it is sent, and with its `sid`
    until it was stopped, so that the next inquiry takes up one that was cut short.

    Args:
        provider: that began it.
        calls: what sends its methods.
        intent: the start.
        spec: what was asked for.
    """

    def __init__(self, provider: AgoraProvider, calls: Calls, intent: StartIntent, spec: RecordingSpec | None) -> None:
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
        noted = self._intent.noted
        if "resourceId" not in noted:
            return self._found(Verdict.NEVER_STARTED, "no resource id was noted, and without one no start is sent")
        if "sid" in self._probe:
            return self._stop(self._probe)
        if (latest := self._latest_end()) is not None and latest < self._provider.now():
            return self._found(Verdict.ENDED, f"if it ran at all, max_duration ended it by {latest.isoformat()}")
        if self._spec is None:
            return self._unclear("nobody but the same start is told of it, and what was asked for isn't known any more")
        plan = self._provider.translate(self._spec, self._intent)
        plan.lost(warn=True)
        pair = pair_of(self._provider, plan, noted["uid"])
        is_good = not self._probe and self._serves(noted)
        return (self._same_start(pair) if is_good else None) or self._other_start(pair)

    # What is sent

    def _same_start(self, pair: Pair) -> Recovery | None:
        """What the same start is answered, sent again; None: its resource id serves no start any more."""
        noted = self._intent.noted
        try:
            answer = started(self._calls, self._intent, pair, noted["resourceId"])
        except RecorderError as error:
            if error.vendor_code in RUNS_ALREADY:
                return self._conflict()
            if error.vendor_code in SPENT:
                return None
            raise
        if sid_of(answer) is None:
            return self._without_sid(answer)
        ran_before = answer.status != 200
        at = datetime.fromisoformat(noted["acquired_at"]) if ran_before else self._provider.now()
        recording = begun(self._provider, self._intent, pair, noted["resourceId"], answer, at)
        how = "runs: sent again, the vendor knew it" if ran_before else "was sent again, and was carried out"
        return self._found(Verdict.RUNNING, f"the start {how}, and told its sid", recording=recording)

    def _other_start(self, pair: Pair) -> Recovery:
        """What another start for the same room and uid is answered; one that is carried out is stopped at once."""
        if not (self._probe and self._serves(self._probe)):
            resource_id = acquired(self._calls, self._intent, pair)
            self._note_probe(resourceId=resource_id, acquired_at=self._provider.now().isoformat())
        resource = self._probe
        try:
            answer = started(self._calls, self._intent, pair, resource["resourceId"])
        except RecorderError as error:
            runs = error.vendor_code in RUNS_ALREADY
            if runs or not isinstance(error, StartOutcomeUnknown):
                self._intent.note(probe=None)  # it wasn't carried out
            if not runs:
                raise
            return self._conflict()
        sid = sid_of(answer)
        if sid is None:
            self._intent.note(**resource, probe=None)  # what runs is this one
            return self._without_sid(answer)
        self._note_probe(**resource, sid=sid, started_at=self._provider.now().isoformat())
        return self._stop(self._probe)

    def _stop(self, probe: Mapping[str, Any]) -> Recovery:
        """Stop what was started to find out."""
        ids = {key: probe[key] for key in ("resourceId", "sid", "started_at")}
        recording = self._provider.revived(self._intent, **ids)
        if recording is None:
            return self._unclear("a start that was sent to find out runs, and the intent has no draft of its handle")
        try:
            left = min(current_deadline().remaining(), STOPPING_S)
            status = self._provider.stop(recording, wait=False, deadline=left)
            problem = status.reason if status.state is RecordingState.UNREACHABLE else None
        except RecorderError as error:
            problem = error.message
        if problem is None:
            why = f"the vendor took another start for its room and uid, which was stopped at once (sid {probe['sid']})"
            return self._found(Verdict.ENDED, f"it doesn't run, if it ever did: {why}")
        self._intent.note(**ids, probe=None)
        why = "what runs was started to find out whether it runs, and couldn't be stopped"
        return self._found(Verdict.RUNNING, f"{why}: {problem}", recording=recording)

    # What it means

    def _without_sid(self, answer: Answer) -> Recovery:
        """An accepted start whose answer has no `sid`."""
        if answer.status == 200:
            return self._unclear("the same start, sent again, was accepted, and the vendor didn't tell its sid")
        reason = "it runs: the vendor knows the same start, and doesn't tell its sid, without which nothing can stop it"
        return self._uncontrollable(reason)

    def _conflict(self) -> Recovery:
        """A refusal because room and uid are recorded already."""
        noted, named = self._intent.noted, self._spec.named_participants if self._spec else ()
        reason = f"the vendor refuses another recording of its room with uid {noted['uid']}, for one runs already"
        if noted["uid"] == derived_uid(self._intent.id, self._provider.config.recorder_uid_range, frozenset(named)):
            return self._uncontrollable(f"it runs: {reason}; without its sid nothing can stop it")
        return self._unclear(f"{reason}: this one, or another one with the same options.agora.uid")

    def _uncontrollable(self, reason: str) -> Recovery:
        return self._found(Verdict.UNCONTROLLABLE, f"{reason}. A callback may bring the sid", ends_by=self._ends_by())

    def _unclear(self, reason: str) -> Recovery:
        return self._found(Verdict.UNCLEAR, reason, ends_by=self._ends_by())

    def _found(self, verdict: Verdict, reason: str, **found: Any) -> Recovery:
        return Recovery(intent=self._intent, verdict=verdict, reason=reason, **found)

    def _ends_by(self) -> str:
        """By which rule a recording ends that nobody stops ("start" and "Best practices", Agora, 2026)."""
        noted, idle = self._intent.noted, self._native.get("maxIdleTime")
        if noted["mode"] == WebTranslator.mode:
            latest = self._latest_end()
            return "if it runs, max_duration ends it" + (f" by {latest.isoformat()}" if latest else "")
        seconds = "" if idle is None else f" ({idle} s)"
        return EMPTY.format(seconds=seconds, uid=noted["uid"], cname=noted["cname"])

    def _latest_end(self) -> datetime | None:
        """When it has ended whatever happened; None: no document says."""
        hours = self._native.get("maxRecordingHour")
        if hours is None:
            return None
        acquired_at = (self._probe or self._intent.noted)["acquired_at"]
        return datetime.fromisoformat(acquired_at) + RESOURCE_LIFE + timedelta(hours=hours)

    # What was noted

    @property
    def _native(self) -> Mapping[str, Any]:
        return self._intent.draft.native if self._intent.draft else {}

    @property
    def _probe(self) -> Mapping[str, Any]:
        return self._intent.noted.get("probe") or {}

    def _note_probe(self, **known: str) -> None:
        self._intent.note(probe=known)

    def _serves(self, resource: Mapping[str, Any]) -> bool:
        """Whether a resource id may still serve a start."""
        return self._provider.now() < datetime.fromisoformat(resource["acquired_at"]) + RESOURCE_LIFE


def identified(provider: AgoraProvider, intent: StartIntent, event: RecordingEvent) -> Recording | None:
    """The handle of what an intent began, if an event is one of it: of its room and its recorder's uid, and no older.

    While it is open whether a start that was sent to find out runs, the event may be one of that. A uid that others
    may have had before, chosen by the application or derived from a key, is only enough where the event tells of a
    beginning.
    """
    noted, told, at = intent.noted, event.native, event.occurred_at
    if "resourceId" not in noted or noted.get("probe") or not told.get("sid"):
        return None
    if any(told.get(key) != noted[key] for key in ("cname", "uid")):
        return None
    if at is None or at < datetime.fromisoformat(noted["acquired_at"]):
        return None
    is_unique = intent.key is None and noted["uid"] == derived_uid(
        intent.id, provider.config.recorder_uid_range, frozenset()
    )
    return provider.revived(intent, sid=told["sid"]) if is_unique or event.kind in BIRTHS else None
