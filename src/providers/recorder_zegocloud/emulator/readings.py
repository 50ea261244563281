"""How an emulated service behaves where the vendor's documents leave two readings, and what of it fails."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from recorder_zegocloud.wire.callbacks import EventType

__all__ = ["QUIT_EVENTS", "STOP_EVENTS", "Readings"]

STOP_EVENTS = (EventType.STOPPED, EventType.EXITED, EventType.UPLOAD_FINISHED)
QUIT_EVENTS = (EventType.ENDED_ABNORMALLY, EventType.UPLOAD_FINISHED)
END_EVENTS = (EventType.UPLOAD_FINISHED, EventType.ENDED_ABNORMALLY, EventType.EXITED, EventType.STOPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What every task is told of the service that it belongs to.

    Attributes:
        buckets: the buckets that the customer's cloud has; None for any.
        backup: whether the vendor's own storage takes what the customer's refused.
        missing_images: the addresses of images that can't be downloaded.
        time_outs_are_abnormal: whether MaxIdleTime and MaxRecordTime end with Status 4 instead of 3.
        stop_events: what is told after StopRecord, in this order.
        quit_events: what is told after every other end, in this order.
        stream_ids: the id of the stream that somebody publishes, made from `{room}` and `{participant}`.

    Raises:
        ValueError: an event isn't one of the end.
    """

    buckets: Collection[str] | None = None
    backup: bool = True
    missing_images: Collection[str] = ()
    time_outs_are_abnormal: bool = False
    stop_events: Sequence[int] = STOP_EVENTS
    quit_events: Sequence[int] = QUIT_EVENTS
    stream_ids: str = "{participant}"

    def __post_init__(self) -> None:
        for name in ("stop_events", "quit_events"):
            other = next((event for event in getattr(self, name) if event not in END_EVENTS), None)
            if other is not None:
                known = ", ".join(str(int(event)) for event in END_EVENTS)
                raise ValueError(f"{name}: {other!r} is no event of an end; there are {known}")
