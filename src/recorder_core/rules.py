"""What an answer means and what to do next: one table per vendor, read from the top."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from recorder_core.errors import Fault, RecorderError, StartOutcomeUnknown, TransportError, UnexpectedResponse

__all__ = ["NOT_JSON", "NOT_SENT", "NO_ANSWER", "Rule", "RuleTable", "Then"]

NOT_SENT = "not sent"
"""The outcome of an attempt of which no byte reached the host: name lookup, connection or TLS failed."""
NO_ANSWER = "no answer"
"""The outcome of an attempt that was sent, in part at least, and got no whole answer."""
NOT_JSON = "not JSON"
"""The outcome of an attempt whose answer isn't a JSON object."""

_OUTCOMES = frozenset({NOT_SENT, NO_ANSWER, NOT_JSON})
_STATUS_CLASS = re.compile(r"[1-5]xx")
_REMEMBERED_DECISIONS = 1024


class Then(StrEnum):
    """What follows an outcome."""

    ACCEPT = "accept"
    """The answer is the call's result."""
    REPEAT = "repeat"
    """The same request goes to the same host again, after each of the delays; then the error is raised."""
    NEXT_HOST = "next host"
    """As `REPEAT`; but once the delays are used up (at once, where there are none) the next host is tried.

    The rule's error is raised where there is no further host.
    """
    RAISE = "raise"
    """The rule's error is raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of a table. An empty tuple matches everything that its column can hold.

    Attributes:
        operations: the operations it holds for.
        statuses: HTTP statuses: numbers, classes such as `"5xx"`, or `NOT_SENT`, `NO_ANSWER`, `NOT_JSON`.
            The first two have no HTTP status, so only a rule that names them matches them. An answer that
            isn't JSON matches its number as well as `NOT_JSON`.
        codes: the vendor's codes; None stands for an answer without one. One that ends in `.*`, such as `Denied.*`,
            stands for all codes that begin so.
        message: text that the vendor's message contains, in any case, where only that tells outcomes apart.
        then: what follows.
        delays: seconds before each repeat.
        error: the class that is raised.
        meaning: what it means, in one sentence without a full stop.
        hint: what to check next.
        fault: whose fault it is.
        retryable: whether the same call may succeed later without a change.
    """

    operations: tuple[str, ...] = ()
    statuses: tuple[int | str, ...] = ()
    codes: tuple[int | str | None, ...] = ()
    message: str | None = None
    then: Then
    delays: tuple[float, ...] = ()
    error: type[RecorderError] = UnexpectedResponse
    meaning: str = ""
    hint: str = ""
    fault: Fault | None = None
    retryable: bool = False

    def __post_init__(self) -> None:
        for status in self.statuses:
            if isinstance(status, str) and status not in _OUTCOMES and not _STATUS_CLASS.fullmatch(status):
                raise ValueError(f"status {status!r} is neither a number, a class such as '5xx' nor an outcome")
        if self.delays and self.then in (Then.ACCEPT, Then.RAISE):
            raise ValueError(f"a rule that says '{self.then}' has no use for delays")
        if self.then is Then.REPEAT and not self.delays:
            raise ValueError("a rule that says 'repeat' needs a delay for each repeat")

    def _holds_for(self, operation: str, status: int | str, code: int | str | None, is_json: bool) -> bool:
        if self.operations and operation not in self.operations:
            return False
        if self.codes and code not in self.codes and not self._has_family_of(code):
            return False
        if isinstance(status, str):
            return status in self.statuses
        if not is_json and self.then is Then.ACCEPT:
            return False
        names = {status, f"{status // 100}xx"} if is_json else {status, f"{status // 100}xx", NOT_JSON}
        return not self.statuses or not names.isdisjoint(self.statuses)

    def _has_family_of(self, code: int | str | None) -> bool:
        families = (known for known in self.codes if isinstance(known, str) and known.endswith(".*"))
        return isinstance(code, str) and any(code.startswith(family[:-1]) for family in families)


_UNLISTED = (
    Rule(
        statuses=(NOT_SENT,),
        then=Then.RAISE,
        error=TransportError,
        meaning="the host can't be reached; nothing was sent",
        hint="Check the network, the proxy settings (HTTPS_PROXY, NO_PROXY) and base_urls.",
        retryable=True,
    ),
    Rule(
        statuses=(NO_ANSWER,),
        then=Then.RAISE,
        error=TransportError,
        meaning="no whole answer came",
        hint="The request may have been carried out all the same: ask for the status before repeating it.",
        retryable=True,
    ),
    Rule(
        statuses=(NOT_JSON,),
        then=Then.RAISE,
        meaning="the answer isn't a JSON object",
        hint="Something between here and the vendor may have answered for it: check proxies and base_urls.",
    ),
    Rule(
        then=Then.RAISE,
        meaning="the vendor's documents don't list this answer",
        hint="Give the request id to the vendor's support.",
        fault="vendor",
    ),
)


_UNLISTED_STARTS = (
    Rule(
        statuses=(NO_ANSWER, "2xx", 303, 304, 408, 499, "5xx"),
        then=Then.RAISE,
        error=StartOutcomeUnknown,
        meaning="the start was sent, and what came back leaves open whether it was carried out",
        hint="It may run: keep the error's intent, and recover it. Another start could be a second recording.",
    ),
)
"""Of calls that begin a recording. 408 and 499 are a gateway's words for a request that it has waited for in vain."""


class RuleTable:
    """A vendor's rules; the first that matches wins. Iterating gives them in their order.

    What no rule matches is raised: a network failure as `TransportError`, an answer as `UnexpectedResponse`, and as
    `StartOutcomeUnknown` what leaves open whether a recording was started.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._candidates = lru_cache(maxsize=_REMEMBERED_DECISIONS)(self._matching)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def decide(
        self,
        operation: str,
        status: int | str,
        code: int | str | None = None,
        message: str | None = None,
        *,
        is_json: bool = True,
        starts: bool = False,
    ) -> Rule:
        """The rule for an outcome.

        Args:
            operation: the operation.
            status: the HTTP status, or `NOT_SENT` or `NO_ANSWER`.
            code: the vendor's code.
            message: the vendor's message.
            is_json: whether the answer is a JSON object. One that isn't is never accepted.
            starts: whether the call begins a recording.
        """
        candidates = self._candidates(operation, status, code, is_json, starts)
        said = str(message or "").casefold()
        return next(rule for rule in candidates if rule.message is None or rule.message.casefold() in said)

    def _matching(
        self, operation: str, status: int | str, code: int | str | None, is_json: bool, starts: bool
    ) -> tuple[Rule, ...]:
        """The rules that match but for the message, up to the first that doesn't ask for one."""
        matching: list[Rule] = []
        for rule in (*self._rules, *(_UNLISTED_STARTS if starts else ()), *_UNLISTED):
            if rule._holds_for(operation, status, code, is_json):
                matching.append(rule)
                if rule.message is None:
                    break
        return tuple(matching)
