"""Events that nobody has taken yet, of many recordings."""

from __future__ import annotations

from collections import OrderedDict

from recorder_core.models import EventKind, RecordingEvent

__all__ = ["MOST", "Outbox"]

MOST = 32
"""Events of one recording that are kept."""


class Outbox:
    """Events of many recordings, those of each in their order. Not thread-safe.

    Whoever takes them slowly, or not at all, costs no more memory than `MOST` events for each recording: the oldest are
    dropped then, those without a state first, and a `warning` says how many. No end is ever lost, for it comes last.
    """

    def __init__(self) -> None:
        self._events: OrderedDict[str, list[RecordingEvent]] = OrderedDict()
        self._dropped: dict[str, int] = {}

    def __contains__(self, recording_id: str) -> bool:
        """Whether events of a recording wait."""
        return recording_id in self._events

    def put(self, recording_id: str, event: RecordingEvent) -> None:
        """Keep an event until it is taken."""
        events = self._events.setdefault(recording_id, [])
        events.append(event)
        if len(events) > MOST:
            index = next((index for index, old in enumerate(events) if old.state is None), 0)
            del events[index]
            self._dropped[recording_id] = self._dropped.get(recording_id, 0) + 1

    def take(self) -> RecordingEvent | None:
        """The next event, each recording in its turn; None: there is none."""
        if not self._events:
            return None
        recording_id, events = next(iter(self._events.items()))
        if count := self._dropped.pop(recording_id, 0):
            reason = f"{count} events before this moment were dropped, because nobody took them"
            return events[0].model_copy(
                update={
                    "kind": EventKind.WARNING,
                    "state": None,
                    "files": (),
                    "ending": None,
                    "fault": None,
                    "reason": reason,
                    "dedup_key": f"dropped:{events[0].dedup_key}",
                }
            )
        event = events.pop(0)
        if events:
            self._events.move_to_end(recording_id)
        else:
            del self._events[recording_id]
        return event

    def drop_ended(self) -> list[str]:
        """Give up the events of recordings whose end is among them; which ones these are."""
        ended = [recording_id for recording_id, events in self._events.items() if _is_end(events[-1])]
        for recording_id in ended:
            self.drop(recording_id)
        return ended

    def drop(self, recording_id: str) -> None:
        """Give up the events of a recording."""
        self._events.pop(recording_id, None)
        self._dropped.pop(recording_id, None)


def _is_end(event: RecordingEvent) -> bool:
    return event.state is not None and event.state.terminal
