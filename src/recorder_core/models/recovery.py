"""What became of starts whose outcome nobody had written down."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from recorder_core.models.base import Report
from recorder_core.models.recording import Recording, RecordingState, RecordingStatus, RemoteRecording, StartIntent


class Verdict(StrEnum):
    """What became of a start."""

    NEVER_STARTED = "never_started"
    """Nothing was started, and nothing is billed."""

    RUNNING = "running"
    """It runs, and `recording` is its handle."""

    ENDED = "ended"
    """It ran and has ended; `status` says how, where that is known."""

    UNCONTROLLABLE = "uncontrollable"
    """It runs, and the vendor gives no way to stop it; `ends_by` says by which rule it ends."""

    UNCLEAR = "unclear"
    """It can't be told whether it runs; `reason` says what is known, and `candidates` which recordings it may be."""

    @property
    def final(self) -> bool:
        """Whether nothing more can become known of the start itself."""
        return self in (Verdict.NEVER_STARTED, Verdict.RUNNING, Verdict.ENDED)


class Recovery(Report):
    """What became of one start."""

    intent: StartIntent
    """The start."""

    verdict: Verdict
    """What became of it."""

    recording: Recording | None = None
    """The handle, where the recording was found; it can be followed, changed and stopped like any other."""

    status: RecordingStatus | None = None
    """Its state, where it was looked at."""

    reason: str
    """By what that is known, in plain words."""

    ends_by: str | None = None
    """The rule by which it ends, where nobody can stop it. None: it can be stopped, or doesn't run."""

    candidates: tuple[Recording, ...] = ()
    """Handles of the recordings at the vendor of which one may be it: look at their rooms before one is stopped."""

    @classmethod
    def seen(cls, intent: StartIntent, recording: Recording, status: RecordingStatus, reason: str) -> Self:
        """What became of a start whose recording was looked at.

        Args:
            intent: the start.
            recording: the handle.
            status: what the look has shown.
            reason: by what the recording was found, in plain words.
        """
        if status.state.running:
            verdict = Verdict.RUNNING
        else:
            verdict = Verdict.UNCLEAR if status.state is RecordingState.UNREACHABLE else Verdict.ENDED
        return cls(intent=intent, verdict=verdict, recording=recording, status=status, reason=reason)


class RecoveryReport(Report):
    """What `recover` has found out."""

    recoveries: tuple[Recovery, ...] = ()
    """The starts that were looked into."""

    unknown: tuple[RemoteRecording, ...] = ()
    """Recordings that run at the vendor and that the ledger doesn't know: another application's, or lost ones."""

    problems: tuple[str, ...] = ()
    """What couldn't be found out, each with why. It is looked into again by the next `recover`."""
