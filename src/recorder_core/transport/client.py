"""The transport itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest

from recorder_core.errors import ConfigurationError
from recorder_core.rules import RuleTable
from recorder_core.transport.attempts import Attempts, Outcome, Vendor
from recorder_core.transport.calls import Answer, Call, Envelope, Runtime
from recorder_core.transport.hosts import Hosts
from recorder_core.transport.masking import MaskedQuery
from recorder_core.transport.pool import Pool
from recorder_core.transport.reaching import Reach, reached

__all__ = ["Transport"]


class Transport:
    """Sends a provider's calls. Thread-safe, and safe to use in a forked process.

    Args:
        provider: the provider's name.
        base_urls: hosts in failover order, each with its scheme; `http://` is for emulators.
        rules: what each outcome means.
        read_envelope: reads status, headers (names in any case) and body, which is empty where the answer
            isn't JSON. Must take any subset of the documented keys, of any type, without raising.
        auth: signs the `requests.PreparedRequest` that it is given and returns it; called anew for every
            attempt. The headers that it adds are taken for secret, and so are the parameters of
            `masked_query` that it writes into the URL.
        runtime: clock, time-outs, observer.
        masked_query: query parameters whose values are secret.
        masked_answers: keys of answers, at any depth, whose values are secret.
        headers: further headers of every request; none of them secret.
        pins: further hosts that a call may be pinned to. Credentials go to `base_urls` and `pins` only.

    Raises:
        ConfigurationError: a base URL isn't one.
    """

    def __init__(
        self,
        provider: str,
        *,
        base_urls: Sequence[str],
        rules: RuleTable,
        read_envelope: Callable[[int, Mapping[str, str], Mapping[str, Any]], Envelope],
        auth: Callable[[PreparedRequest], PreparedRequest],
        runtime: Runtime,
        masked_query: frozenset[str] = frozenset(),
        masked_answers: frozenset[str] = frozenset(),
        headers: Mapping[str, str] | None = None,
        pins: Sequence[str] = (),
    ) -> None:
        self.provider = provider
        self.rules = rules
        self.base_urls = tuple(self._checked(url) for url in base_urls)
        if not self.base_urls:
            raise ConfigurationError("base_urls is empty; it must name at least one host", provider=provider)
        self._pins = {*self.base_urls, *map(self._checked, pins)}
        query = MaskedQuery(masked_query)
        self._vendor = Vendor(
            provider=provider,
            rules=rules,
            read_envelope=read_envelope,
            auth=auth,
            runtime=runtime,
            headers={
                "User-Agent": runtime.user_agent,
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
                **(headers or {}),
            },
            masked_query=query,
            masked_answers=masked_answers,
            hosts=Hosts(self.base_urls, runtime.clock),
            pool=Pool(query),
        )

    def send(self, call: Call, *, base_url: str | None = None) -> Answer:
        """Send a call, and again or elsewhere as the rules say, until the current deadline.

        The deadline is that of `clock.current_deadline()`. No wait outlasts it; none follows the last try.

        Args:
            call: what to send.
            base_url: the one host to use; without it `base_urls` in their order, but one that failed within the last
                minute comes last.

        Raises:
            StartOutcomeUnknown: an attempt ended in a rule that says so, and no later one was accepted. It
                outranks the errors below, and no other host is tried after it: the first one may have done
                what was asked.
            DeadlineExceeded: the deadline passed first. Its cause is the error of the last attempt.
            UnexpectedResponse: a redirect, an accepted answer without what it must hold, or an answer that no
                rule knows.
            TransportError: no answer, and no rule says otherwise.
            ConfigurationError: `base_url` isn't among the hosts that credentials may go to, or the proxy or
                CA bundle of the environment can't be used.
            RecorderError: the class that the rule names.
        """
        hosts = self._vendor.hosts.in_order() if base_url is None else (self._pinned(base_url, call),)
        attempts = Attempts(self._vendor, call, hosts)
        outcome = attempts.make()
        if attempts.pause is not None:
            outcome = self._repeat(attempts, outcome)
        if outcome.answer is None:
            raise attempts.error_after(outcome)
        return outcome.answer

    def reach(self, base_url: str) -> Reach:
        """Ask a host for its root, without credentials: whether it answers at all, and what time it is there.

        Args:
            base_url: one of the hosts. It gets `timeout` seconds, and no more than the current deadline leaves.
        """
        vendor = self._vendor
        return reached(vendor.pool, base_url.rstrip("/"), vendor.headers, vendor.runtime.timeout)

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        self._vendor.pool.close()

    def _repeat(self, attempts: Attempts, first: Outcome) -> Outcome:
        """Wait and try until there is no more reason to, or no more time.

        The first attempt was made before, so that a call that succeeds at once doesn't pay for this.
        """
        from tenacity import Retrying, retry_if_result

        outcomes = chain((first,), iter(attempts.make, None))
        retrying = Retrying(
            retry=retry_if_result(lambda _: attempts.pause is not None),
            wait=lambda _: attempts.pause or 0.0,
            stop=lambda _: attempts.out_of_time,
            sleep=self._vendor.runtime.clock.sleep,
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        return retrying(lambda: next(outcomes))

    def _checked(self, url: str) -> str:
        parts = urlsplit(url)
        if (
            parts.scheme not in ("https", "http")
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username is not None
        ):
            raise ConfigurationError(
                "a base URL must be https://host[:port] (http:// for emulators) without credentials, query "
                f"and fragment; the one for host {parts.hostname!r} isn't",
                provider=self.provider,
                fault="caller",
            )
        return url.rstrip("/")

    def _pinned(self, base_url: str, call: Call) -> str:
        if base_url.rstrip("/") in self._pins:
            return base_url.rstrip("/")
        raise ConfigurationError(
            f"the recording lives at {urlsplit(base_url).hostname!r}, which isn't among the configured hosts",
            provider=self.provider,
            operation=call.operation,
            recording_id=call.recording_id,
            fault="caller",
            hint="If you trust that host with your credentials, add it to base_urls.",
        )
