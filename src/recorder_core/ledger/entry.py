"""What a ledger holds of one start."""

from __future__ import annotations

from recorder_core.models import Recording, RecordingState, RecordingStatus, StartIntent, Verdict
from recorder_core.models.base import Moment, Report

__all__ = ["LedgerEntry"]


class LedgerEntry(Report):
    """What a ledger holds of one start. No secret."""

    id: str
    """The recording's id; starts with one key share it."""

    provider: str
    """Name of the provider."""

    account: str | None = None
    """The vendor account."""

    key: str | None = None
    """The caller's key. None: the id is random."""

    attempt: int
    """1 for the first start with this id."""

    room: str
    """The room."""

    created_at: Moment
    """When the start was begun."""

    intent: StartIntent
    """The start, with all that was noted of it."""

    recording: Recording | None = None
    """The newest handle. None: the vendor's ids never became known."""

    status: RecordingStatus | None = None
    """What was seen last. None: nothing was."""

    outcome: RecordingState | None = None
    """How it ended: completed, failed, or gone where nobody can tell any more. None: it hasn't, or nobody knows yet."""

    verdict: Verdict | None = None
    """What a recovery found out, or `never_started` where the vendor refused the start. None: nobody had to ask."""

    reason: str | None = None
    """By what the verdict is known, in plain words."""

    ends_by: str | None = None
    """By which rule it ends, where nobody can stop it."""

    stop_wished_at: Moment | None = None
    """When it was first to be stopped."""

    ended_at: Moment | None = None
    """When it ended, or was found to be over."""

    leased_until: Moment | None = None
    """Until when it is `owner`'s alone; without an owner, until when no worker looks into it. None: nobody ever had."""

    owner: str | None = None
    """The process that starts, follows or recovers it: host, process id and a random part."""

    followed_at: Moment | None = None
    """When a worker followed it last, and had told what was seen of it. None: none has, or not for long."""

    told_at: Moment | None = None
    """When a worker had told its end. None: none has."""

    is_open: bool
    """Whether anything is left to find out."""

    @property
    def open(self) -> bool:
        """Whether anything is left to find out: it runs, or whether it does isn't known."""
        return self.is_open
