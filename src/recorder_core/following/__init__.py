"""What becomes of recordings: waiting for one, and following one or thousands of them to their end.

| module | holds |
| --- | --- |
| `waiting` | until a recording has come as far as a state |
| `fleet` | `Fleet`: many recordings, and `follow`: one |
| `merging` | one recording's life: callbacks, looks and operations as one list of events |
| `ordering` | callbacks in the order in which the vendor made them |
| `schedule` | which recording is looked at next, and when |
| `outbox` | events that nobody has taken yet |
"""

from recorder_core.following.fleet import Fleet

__all__ = ["Fleet"]
