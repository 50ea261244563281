"""Means to refuse every recording, and misspells the hook."""

from __future__ import annotations

from recorder_core import RecordingSpec, Vetoed, hookimpl


@hookimpl
def recorder_before_started(spec: RecordingSpec) -> None:
    """Refuse."""
    raise Vetoed("nothing is recorded")
