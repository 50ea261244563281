"""What carries a provider's calls: pooled connections, a rule table, repeats, other hosts, one deadline.

A provider says what to send (`Call`), how to sign it (`auth`), how to read the vendor's envelope
(`read_envelope`) and what each outcome means (`recorder_core.rules`); `Transport.send` does the rest. Nothing
that it raises, logs or shows to an observer holds a secret that the call carried.

| module | holds |
| --- | --- |
| `calls` | what goes in and comes out: `Call`, `Answer`, `Envelope`, `Runtime`, `quote_path` |
| `client` | `Transport` |
| `attempts` | the attempts at one call |
| `backoff` | how long a repeat waits, and the switch by which it doesn't |
| `hosts` | which host is tried first |
| `reaching` | `Reach`: whether a host answers at all |
| `failures` | how far the way to a host led, and what ended it |
| `usual` | what many vendors do alike: `HTTP_RULES`, `no_such_recording`, `repeatable`, `json_envelope`, `bearer` |
| `masking` | keeping secrets out of what is shown |
| `pool` | requests and urllib3 |
| `connection` | one connection of theirs, within its time |
"""

from recorder_core.rules import NO_ANSWER, NOT_JSON, NOT_SENT, Rule, RuleTable, Then
from recorder_core.transport.calls import Answer, Call, Envelope, Runtime, quote_path
from recorder_core.transport.client import Transport
from recorder_core.transport.failures import Stage
from recorder_core.transport.reaching import Reach
from recorder_core.transport.usual import HTTP_RULES, bearer, json_envelope, no_such_recording, repeatable

__all__ = [
    "HTTP_RULES",
    "NOT_JSON",
    "NOT_SENT",
    "NO_ANSWER",
    "Answer",
    "Call",
    "Envelope",
    "Reach",
    "Rule",
    "RuleTable",
    "Runtime",
    "Stage",
    "Then",
    "Transport",
    "bearer",
    "json_envelope",
    "no_such_recording",
    "quote_path",
    "repeatable",
]
