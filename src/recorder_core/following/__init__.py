"""What becomes of recordings: waiting for one, and following one or thousands of them to their end.

| module | holds |
| --- | --- |
| `waiting` | until a recording has come as far as a state |
| `fleet` | `Fleet`: many recordings, and `follow`: one |
| `worker` | `Worker`: what a ledger holds open, together with other processes |
| `leases` | what of that is this process's |
| `follower` | what these have in common: looking at each recording in its turn |
| `telling` | which recordings these are, and what is told of them |
| `watch` | what they need of a recorder |
| `relay` | what callbacks told other processes |
| `merging` | one recording's life: callbacks, looks and operations as one list of events |
| `ordering` | callbacks in the order in which the vendor made them |
| `schedule` | which recording is looked at next, and when |
| `outbox` | events that nobody has taken yet |
"""

from recorder_core.following.fleet import Fleet
from recorder_core.following.worker import Worker

__all__ = ["Fleet", "Worker"]
