"""The attempts at one call: signing, judging, pausing, and the error at the end."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ValidationError
from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from recorder_core.budget import Admitted
from recorder_core.clock import current_deadline
from recorder_core.errors import DeadlineExceeded, RateLimited, RecorderError, StartOutcomeUnknown
from recorder_core.hooks import HttpExchange
from recorder_core.models.addresses import is_signed, unsigned
from recorder_core.plan import masked
from recorder_core.rules import NO_ANSWER, NOT_SENT, Rule, RuleTable, Then
from recorder_core.transport.backoff import asked_pause, pause
from recorder_core.transport.calls import Answer, Call, Envelope, Runtime
from recorder_core.transport.hosts import Hosts
from recorder_core.transport.masking import MaskedQuery, Payload, Secrets, credentials_in, mask_keys
from recorder_core.transport.pool import LARGEST_ANSWER, Lost, Pool, Reply

__all__ = ["Attempts", "Outcome", "Vendor"]

logger = logging.getLogger("recorder_core.transport")

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
EXCERPT = 300
"""Characters of an answer that an error quotes where the vendor gave no message."""

REDIRECT = Rule(
    then=Then.RAISE,
    meaning="the host answered with a redirect, which is never followed: credentials stay here",
    hint="Put the host that the vendor documents into base_urls; check for a proxy that asks for a login.",
)
INCOMPLETE = Rule(
    then=Then.RAISE,
    meaning="the answer was accepted but lacks what it must hold",
    hint="Give the request id to the vendor's support.",
    fault="vendor",
)
STARTED_SOMEHOW = Rule(
    then=Then.RAISE,
    error=StartOutcomeUnknown,
    meaning="the start was accepted, and its answer lacks what it must hold",
    hint="It may run: keep the error's intent, and recover it.",
    fault="vendor",
)
PERHAPS_DONE = (303, 304)
"""Redirects by which a server may say that it has carried a request out."""
CONTENT_HEADERS = frozenset({"Content-Type", "Content-Length"})
LATE = Rule(then=Then.RAISE, error=DeadlineExceeded, meaning="no time was left to send anything")
NO_PLACE = Rule(
    then=Then.RAISE,
    error=RateLimited,
    meaning="the account's calls are paced below the vendor's limit, and none was free before the deadline; "
    "nothing was sent",
    hint="Give a longer deadline, or ask less often. If the vendor has raised your limit, set calls_per_second.",
    retryable=True,
)
NO_ENVELOPE = Envelope()


@dataclass(frozen=True, slots=True, repr=False)
class Vendor:
    """What all calls to one vendor have in common."""

    provider: str
    rules: RuleTable
    read_envelope: Callable[[int, Mapping[str, str], Mapping[str, Any]], Envelope]
    auth: Callable[[PreparedRequest], PreparedRequest]
    runtime: Runtime
    headers: Mapping[str, str]
    masked_query: MaskedQuery
    masked_answers: frozenset[str]
    hosts: Hosts
    pool: Pool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt; nothing in it is secret."""

    rule: Rule
    status: int | None = None
    envelope: Envelope = NO_ENVELOPE
    detail: str = ""
    answer: Answer | None = None
    retry_after: float | None = None


class Attempts:
    """The attempts at one call. They hold what is secret; their repr doesn't show it."""

    def __init__(self, vendor: Vendor, call: Call, hosts: Sequence[str]) -> None:
        self._vendor = vendor
        self._call = call
        self._hosts = hosts
        self._host = 0
        self._payload = Payload(call.body)
        self._deadline = current_deadline()
        self._made = 0
        self._last = Outcome(LATE)
        self._repeats: dict[Rule, int] = {}
        self._in_doubt = False
        self._cut_off = False
        self.pause: float | None = None
        """Seconds before the next attempt; None if there is none."""

    @property
    def out_of_time(self) -> bool:
        """Whether the deadline passes before the pause does."""
        return (self.pause or 0.0) >= self._deadline.remaining()

    def make(self) -> Outcome:
        """Make an attempt, and know whether and when to make another."""
        admit = self._vendor.runtime.admit
        admitted = Admitted() if admit is None else admit(self._call.operation, self._deadline)
        remaining = self._deadline.remaining()
        if remaining <= 0 or admitted.late:
            self._cut_off, self.pause = True, None
            if remaining > 0 and not self._made:
                self._last = Outcome(NO_PLACE, retry_after=admitted.late)
            return self._last
        self._made += 1
        connect, read = self._vendor.runtime.timeout
        request = self._request()
        secrets = self._secrets_of(request)
        began = time.monotonic()
        host = self._hosts[self._host]
        reply = self._vendor.pool.send(
            host, request, connect=min(connect, remaining), read=read, within=remaining, leaving=admitted.leaves
        )
        duration = time.monotonic() - began
        shown: Mapping[str, Any] | str | None = None
        if isinstance(reply, Lost):
            admitted.lost()
            self._cut_off = reply.timed_out and duration >= remaining
            outcome = self._lost(reply, secrets)
        else:
            admitted.answered()
            outcome, shown = self._judged(reply, secrets)
        self._learn(host, reply, outcome)
        self._in_doubt = self._in_doubt or issubclass(outcome.rule.error, StartOutcomeUnknown)
        self._report(request, outcome, shown, duration)
        self.pause = None if self._cut_off else self._pause_after(outcome)
        self._last = outcome
        return outcome

    def error_after(self, outcome: Outcome) -> RecorderError:
        """The error that ends the attempts."""
        rule = outcome.rule
        meaning = rule.meaning or "the vendor refused"
        message = f"{meaning}: {outcome.detail}" if outcome.detail else meaning
        error = self._error(rule.error, message, outcome)
        if isinstance(error, StartOutcomeUnknown) or not self._made:
            return error
        if self._in_doubt:
            told = self._error(
                StartOutcomeUnknown,
                f"an earlier attempt may have been carried out; the last one: {error.message}",
                outcome,
            )
        elif self._cut_off or self.pause is not None:
            told = self._error(
                DeadlineExceeded,
                f"the deadline of {self._deadline.seconds:g} s passed; the last attempt: {error.message}",
                outcome,
            )
        else:
            return error
        told.__cause__ = error
        return told

    def _request(self) -> PreparedRequest:
        """A signed request, made without what `Session.prepare_request` does over and over."""
        call, data = self._call, self._payload.data
        request = PreparedRequest()
        request.method = call.method
        request.url = self._hosts[self._host] + call.path
        if call.query:
            request.url += f"?{urlencode(call.query)}"
        headers = {**self._vendor.headers, **call.headers}
        if data is not None:
            request.body = data
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
        request.headers = CaseInsensitiveDict(headers)
        return self._vendor.auth(request)

    def _secrets_of(self, request: PreparedRequest) -> Secrets:
        known = self._vendor.headers.keys() | self._call.headers.keys() | CONTENT_HEADERS
        values = [*self._payload.secrets, *self._vendor.masked_query.values(str(request.url))]
        for name, value in request.headers.items():
            # Digits alone are a timestamp, which may well stand in the answer for reasons of its own.
            if name not in known and not value.isdigit():
                values.extend(credentials_in(str(value)))
        return Secrets(values)

    def _learn(self, host: str, reply: Reply | Lost, outcome: Outcome) -> None:
        """Tell the other calls whether a host is worth a try; a time-out that the deadline cut short doesn't say."""
        if isinstance(reply, Lost) and (self._cut_off or reply.ours):
            return
        failed = isinstance(reply, Lost) or outcome.rule.then is Then.NEXT_HOST
        (self._vendor.hosts.failed if failed else self._vendor.hosts.answered)(host)

    def _lost(self, lost: Lost, secrets: Secrets) -> Outcome:
        what = NO_ANSWER if lost.sent else NOT_SENT
        rule = lost.rule or self._decide(what)
        return Outcome(rule, detail=secrets.scrub_text(lost.reason))

    def _decide(self, status: int | str, envelope: Envelope = NO_ENVELOPE, *, is_json: bool = True) -> Rule:
        call = self._call
        return self._vendor.rules.decide(
            call.operation, status, envelope.code, envelope.message, is_json=is_json, starts=call.starts
        )

    def _judged(self, reply: Reply, secrets: Secrets) -> tuple[Outcome, Mapping[str, Any] | str]:
        """What an answer means, and what an observer may see of it."""
        call, vendor, status = self._call, self._vendor, reply.status
        body, text = _read(reply.data, secrets, vendor.masked_answers)
        shown = text if body is None else body
        envelope = vendor.read_envelope(status, reply.headers, {} if body is None else body)
        if envelope.message and is_signed(envelope.message):
            envelope = replace(envelope, message=unsigned(envelope.message))
        if 300 <= status < 400 and not (call.starts and status in PERHAPS_DONE):
            detail = f"it points to {_host_of(reply.headers.get('Location'))}"
            return Outcome(REDIRECT, status, envelope, detail), shown
        is_json = body is not None
        rule = self._decide(status, envelope, is_json=is_json)
        if rule.then is Then.ACCEPT and body is not None:
            lacking = ", ".join(keys for keys in call.requires if all(_lacks(body, key) for key in keys.split("|")))
            read = None
            if call.answers is not None:
                read, wrong = _formed(call.answers, body)
                lacking = ", ".join(filter(None, (lacking, wrong)))
            if lacking:
                return Outcome(STARTED_SOMEHOW if call.starts else INCOMPLETE, status, envelope, lacking), shown
            answer = Answer(status, body, envelope, self._hosts[self._host], read)
            return Outcome(rule, status, envelope, answer=answer), shown
        if reply.data is None:
            detail = f"it is longer than {LARGEST_ANSWER} bytes or badly compressed"
        else:
            detail = "" if envelope.message else f"the answer is {_excerpt(unsigned(shown))}"
        return Outcome(rule, status, envelope, detail, retry_after=asked_pause(reply.headers)), shown

    def _pause_after(self, outcome: Outcome) -> float | None:
        rule = outcome.rule
        if rule.then not in (Then.REPEAT, Then.NEXT_HOST):
            return None
        repeats = self._repeats.get(rule, 0)
        if repeats < len(rule.delays):
            self._repeats[rule] = repeats + 1
            return pause(rule.delays[repeats], outcome.retry_after or 0.0)
        if rule.then is Then.NEXT_HOST and self._host + 1 < len(self._hosts) and not self._in_doubt:
            self._host += 1
            self._repeats.clear()
            return 0.0
        return None

    def _error(self, kind: type[RecorderError], message: str, outcome: Outcome) -> RecorderError:
        rule, envelope = outcome.rule, outcome.envelope
        fields: dict[str, Any] = {
            "provider": self._vendor.provider,
            "operation": self._call.operation,
            "recording_id": self._call.recording_id,
            "http_status": outcome.status,
            "vendor_code": envelope.code,
            "vendor_message": envelope.message,
            "request_id": envelope.request_id,
            "retryable": rule.retryable,
            "fault": rule.fault,
            "hint": rule.hint or None,
        }
        if issubclass(kind, RateLimited):
            fields["retry_after"] = outcome.retry_after
        return kind(message, **fields)

    def _report(
        self,
        request: PreparedRequest,
        outcome: Outcome,
        shown: Mapping[str, Any] | str | None,
        duration: float,
    ) -> None:
        observe = self._vendor.runtime.observe
        is_logged = logger.isEnabledFor(logging.DEBUG)
        if observe is None and not is_logged:
            return
        exchange = HttpExchange(
            provider=self._vendor.provider,
            operation=self._call.operation,
            recording_id=self._call.recording_id,
            method=self._call.method,
            url=self._vendor.masked_query.mask(str(request.url)),
            attempt=self._made,
            status=outcome.status,
            vendor_code=outcome.envelope.code,
            request_id=outcome.envelope.request_id,
            duration_s=duration,
            request_body=masked(self._call.body),
            response_body=unsigned(shown),
            error=outcome.detail if outcome.status is None else None,
        )
        if is_logged:
            logger.debug(
                "%s %s %s %s, attempt %d: HTTP %s code %s request id %s, %.3f s%s",
                exchange.provider,
                exchange.operation,
                exchange.method,
                exchange.url,
                exchange.attempt,
                exchange.status,
                exchange.vendor_code,
                exchange.request_id,
                duration,
                f", {exchange.error}" if exchange.error else "",
            )
        if observe is not None:
            observe(exchange)


def _read(data: bytes | None, secrets: Secrets, masked_keys: frozenset[str]) -> tuple[dict[str, Any] | None, str]:
    """The JSON object, or None and the beginning of what stands in its place; without secrets."""
    text = (data or b"").decode("utf-8-sig", errors="replace")
    try:
        tree = json.loads(text)
        if SURROGATE.search(text):  # one without the other is no text: no file, database or log takes it
            tree = json.loads(json.dumps(tree, ensure_ascii=False).encode(errors="replace"))
        if isinstance(tree, dict):
            if masked_keys and ("\\" in text or any(key in text for key in masked_keys)):
                tree = mask_keys(tree, masked_keys)
            return (secrets.scrub(tree) if secrets.may_be_in(text) else tree), ""
    except (ValueError, RecursionError):
        # Any text may come, and nested ever so deep; the caller is told that it isn't an object.
        tree = None
    return None, secrets.scrub_text(text)[:EXCERPT]


def _formed(form: type[BaseModel], body: Mapping[str, Any]) -> tuple[BaseModel | None, str]:
    """The body as a model, or which of its keys have another form. The error itself holds the answer."""
    try:
        return form.model_validate(body), ""
    except ValidationError as error:
        return None, ", ".join(dict.fromkeys(".".join(map(str, found["loc"])) for found in error.errors()))


def _lacks(body: Mapping[str, Any], key: str) -> bool:
    value: Any = body
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value in (None, "", [], {})


def _excerpt(shown: Mapping[str, Any] | str) -> str:
    text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
    return repr(text[:EXCERPT]) if text else "empty"


def _host_of(location: str | None) -> str:
    try:
        return urlsplit(location or "").hostname or "the same host"
    except ValueError:
        return "an address that isn't one"
