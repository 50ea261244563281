"""Status values, ends and paths of LiveKit Egress: data, no logic.

From `livekit_egress.proto` and livekit_egress.go (livekit/protocol, 2026-08-22), pkg/errors (livekit/egress,
2026-08-21), pkg/service/redisstore.go (livekit/livekit, 2026-08-21), and "Quotas and limits" (LiveKit Cloud docs).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "CALLS_PER_MINUTE",
    "END_REASON",
    "END_REASONS",
    "FILE_TEMPLATES",
    "GRANT",
    "KEPT_S",
    "LEEWAY_S",
    "MESSAGES",
    "PART",
    "PATH",
    "STATES",
    "STATUS_NUMBERS",
    "TOKEN_S",
]

PATH = "/twirp/livekit.Egress"
"""Under which the service's calls are."""
GRANT: Mapping[str, bool] = MappingProxyType({"roomRecord": True})
"""The grant that every call of the service asks for."""
TOKEN_S = 600
"""Seconds for which a token of ours is good."""
LEEWAY_S = 60
"""Seconds by which the vendor lets clocks differ when it looks at a token's times."""
KEPT_S = 86_400
"""Seconds for which an ended egress is listed after its end."""
CALLS_PER_MINUTE = 1000
"""Calls of one project, of all kinds together."""

STATUS_NUMBERS: Mapping[str, str] = MappingProxyType(
    {
        "0": "EGRESS_STARTING",
        "1": "EGRESS_ACTIVE",
        "2": "EGRESS_ENDING",
        "3": "EGRESS_COMPLETE",
        "4": "EGRESS_FAILED",
        "5": "EGRESS_ABORTED",
        "6": "EGRESS_LIMIT_REACHED",
        "": "EGRESS_STARTING",
    }
)
"""The names of the states, which protobuf's JSON may write as numbers and leaves out where they are 0."""

STATES: Mapping[str, str] = MappingProxyType(
    {
        "EGRESS_STARTING": "starting",
        "EGRESS_ACTIVE": "recording",
        "EGRESS_ENDING": "stopping",
        "EGRESS_COMPLETE": "completed",
        "EGRESS_FAILED": "failed",
        "EGRESS_ABORTED": "completed",
        "EGRESS_LIMIT_REACHED": "completed",
    }
)
"""Neutral states. Aborted is what never began: nothing was recorded, and nothing went wrong with what was."""

END_REASON = "End reason: "
"""How `details` begins where it tells what ended the egress."""

END_REASONS: Mapping[str, str | None] = MappingProxyType(
    {
        "StopEgress API": "stopped",
        "Session limit reached": "limit",
        "Source closed": None,
        "All streams stopped": None,
        "Process killed": "fault",
        "CPU exhausted": "fault",
        "Failure": "fault",
    }
)
"""What ended an egress, in neutral words; None: the reason leaves that open."""

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "Start signal not received": "nobody published in the room, so that the recording page never began",
        "Stop called before pipeline could start": "it ended before anybody published in the room",
        "Session limit reached before start signal": "nobody published for as long as the vendor lets a recording run",
        "Session limit reached": "it reached the longest duration that the server allows",
    }
)
"""What `error` says of an end that is no failure, in plain words."""

FILE_TEMPLATES = (
    "{room_name}",
    "{room_id}",
    "{time}",
    "{utc}",
    "{retry}",
    "{publisher_identity}",
    "{track_id}",
    "{track_type}",
    "{track_source}",
)
"""What the vendor fills in wherever it stands in a file's path."""

PART = "-"
"""What stands between the recording's id and a part's number in the names of files."""
