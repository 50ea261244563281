"""Receiving callbacks, against the same checks written by hand.

The callbacks are those that the vendor's emulator sends for a recording. Each is used many times under a number of
its own, signed anew beforehand, so that none is a repeat. The bare side verifies the signature and parses the JSON, and
that is all: no age, no typed event, no names in neutral words, no memory of what came before.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ratios import compare

from recorder_core import S3, Output, Recorder, RecordingSpec, WebhookRequest
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.plugins import load_provider
from recorder_core.testing import connect, emulate

__all__ = ["VENDORS", "received"]

SECRET = "callback-secret-of-the-benchmark"
KEY = SECRET.encode()
WITH_FILES = ("fileList", "file_info")
NUMBERS = itertools.count(1_000_000)
"""No callback has another one's number."""


def number_agora(tree: dict[str, Any], number: int) -> WebhookRequest:
    """The notification as the one of that number, signed: an HMAC over the body, in a header."""
    tree = {**tree, "notifyMs": round(time.time() * 1000), "payload": {**tree["payload"], "sequence": number}}
    body = json.dumps(tree, separators=(",", ":")).encode()
    signature = hmac.digest(KEY, body, "sha256").hex()
    return WebhookRequest("POST", "/", {"Content-Type": "application/json", "Agora-Signature-V2": signature}, body)


def bare_agora(request: WebhookRequest) -> Any:
    """What a careful hand writes."""
    if not hmac.compare_digest(hmac.digest(KEY, request.body, "sha256").hex(), request.headers["Agora-Signature-V2"]):
        raise ValueError
    return json.loads(request.body)


def signed_zegocloud(timestamp: str, nonce: str) -> str:
    """A SHA-1 over secret, time and nonce, in the order of texts."""
    return hashlib.sha1("".join(sorted((SECRET, timestamp, nonce))).encode()).hexdigest()


def number_zegocloud(tree: dict[str, Any], number: int) -> WebhookRequest:
    """The notification as the one of that number, signed: in the body, which the signature doesn't cover."""
    stamp, nonce = str(round(time.time())), str(number)
    signed = {"timestamp": stamp, "nonce": nonce, "signature": signed_zegocloud(stamp, nonce)}
    body = json.dumps({**tree, **signed, "sequence": number}, separators=(",", ":")).encode()
    return WebhookRequest("POST", "/", {"Content-Type": "application/json"}, body)


def bare_zegocloud(request: WebhookRequest) -> Any:
    """What a careful hand writes."""
    tree = json.loads(request.body)
    if not hmac.compare_digest(signed_zegocloud(tree["timestamp"], tree["nonce"]), tree["signature"]):
        raise ValueError
    return tree


@dataclass(frozen=True, slots=True)
class Vendor:
    """How a vendor signs, and how its callbacks are checked by hand."""

    number: Callable[[dict[str, Any], int], WebhookRequest]
    bare: Callable[[WebhookRequest], Any]


VENDORS: Mapping[str, Vendor] = {
    "agora": Vendor(number_agora, bare_agora),
    "zegocloud": Vendor(number_zegocloud, bare_zegocloud),
}


def notifications(name: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The JSON of every callback of a recording at the vendor's emulator, and the environment of its account."""
    storage = S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK")
    with emulate(name, clock=EmulatorClock(frozen=True), media=False, webhook_secret=SECRET) as service:
        # Nobody listens there: what couldn't be delivered is on record all the same.
        service.callbacks.url = "http://127.0.0.1:9/"
        service.join("lesson-42", "1001")
        with connect(service) as recorder:
            recording = recorder.start(RecordingSpec(room="lesson-42", storage=storage, output=Output(prefix="2026")))
            service.clock.advance(60)
            recorder.stop(recording)
            service.clock.advance(60)
        told = [delivery.body for delivery in service.callbacks.deliveries if delivery.attempt == 0]
        return [dict(tree) for tree in told if isinstance(tree, Mapping)], dict(service.env)


def received(name: str, *, rounds: int, batch: int) -> Iterator[dict[str, Any]]:
    """The rows of one provider: all callbacks of a recording in turn, and those with files alone."""
    trees, env = notifications(name)
    config = load_provider(name).Config.from_env(env, webhook_max_age=86_400.0)
    with Recorder(load_provider(name)(config), hooks=[]) as recorder:
        with_files = [tree for tree in trees if any(key in json.dumps(tree) for key in WITH_FILES)]
        for what, wanted in (("all of a recording", trees), ("with files", with_files)):
            yield {"provider": name, "callbacks": what, **measured(recorder, VENDORS[name], wanted, rounds, batch)}


def measured(
    recorder: Recorder, vendor: Vendor, trees: list[dict[str, Any]], rounds: int, batch: int
) -> dict[str, Any]:
    """The cost of receiving these, each under numbers of its own, and how many one core receives in a second."""
    size = batch * rounds + batch // 4
    requests = [vendor.number(tree, next(NUMBERS)) for tree in itertools.islice(itertools.cycle(trees), size)]
    ours, bare = iter(requests), iter(requests)
    told = 0

    def receive() -> None:
        nonlocal told
        told += len(recorder.events.receive(next(ours)))

    sides = {"bare": lambda: vendor.bare(next(bare)), "ours": receive}
    cpu, _ = compare(sides, rounds=rounds, batch=batch)["ours"]
    if told != size:
        raise SystemExit(f"of {size} callbacks {told} told something new")
    return {
        "bytes": round(sum(len(request.body) for request in requests) / size),
        "cpu": asdict(cpu),
        "per_second": {"ours": 1e6 / cpu.ours_us, "bare": 1e6 / cpu.bare_us},
    }
