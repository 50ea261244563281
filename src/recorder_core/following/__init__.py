"""What becomes of recordings: waiting for one, and following one or thousands of them to their end.

| module | holds |
| --- | --- |
| `waiting` | until a recording has come as far as a state |
"""

from recorder_core.following.waiting import PROGRESS, wait_until

__all__ = ["PROGRESS", "wait_until"]
