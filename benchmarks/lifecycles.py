"""A whole recording, start, status and stop, in several ways, against one that is written by hand on `requests`.

All sides speak to one process of canned answers on loopback, over HTTP and over HTTPS, each at a port of its own over
kept connections (but for a client that keeps none). The bytes are those of a real recording at the vendor's emulator.

| side | what it does |
| --- | --- |
| `bare` | the same calls with a `requests.Session`, as anybody would write them: `json=`, the vendor's signature, a time-out, `response.json()`. Its bodies are dictionaries that were made beforehand, its ids those of the recording; it checks nothing |
| `ours` | `Recorder`: makes and validates the spec, translates it, keeps to the vendor's limits, judges the answers, knows what was seen |
| `kept` | the same with a ledger (SQLite, each write on disk before the next call is sent) and a budget in a Redis |
| `vendor` | the vendor's own client library, where there is one for Python |
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import trustme
from exchanges import Answering, Exchange, Script, take_down
from pydantic import SecretStr
from ratios import Work, compare

from recorder_core import S3, Custom, Output, Recorder, RecordingSpec, Region
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.plugins import load_provider
from recorder_core.testing import emulate

__all__ = ["lifecycles"]

ROOM = "lesson-42"
REGIONS = (
    Region(participant="1001", x=0.0, y=0.0, width=0.75, height=1.0),
    Region(participant="1002", x=0.75, y=0.0, width=0.25, height=0.5),
    Region(participant="1003", x=0.75, y=0.5, width=0.25, height=0.5),
)
TIMEOUT_S = (5, 30)
UNPACED = {"*": 20_000.0}
"""The budget is asked for every call, and never makes it wait."""


def lesson() -> RecordingSpec:
    """The spec of the recording, made anew for every start as an application would."""
    return RecordingSpec(
        room=ROOM,
        layout=Custom(regions=REGIONS),
        output=Output(prefix="lessons/2026"),
        storage=S3(
            bucket="lessons",
            region="eu-west-1",
            access_key=SecretStr("AKIAIOSFODNN7EXAMPLE"),
            secret_key=SecretStr("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ),
    )


# --- the exchanges -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TakenDown:
    """A recording at a provider's emulator.

    Attributes:
        exchanges: what goes over the wire.
        native_id: the vendor's id of the recording.
        env: the environment of the account.
    """

    exchanges: tuple[Exchange, ...]
    native_id: str
    env: dict[str, str]

    @property
    def script(self) -> Script:
        """What the answering process says."""
        return Script(tuple(exchange.answer for exchange in self.exchanges), self.native_id)


def recorded(name: str) -> TakenDown:
    """Record at the emulator of a provider."""
    provider = load_provider(name)
    with emulate(name, clock=EmulatorClock(frozen=True), media=False) as service:
        for participant in ("1001", "1002", "1003"):
            service.join(ROOM, participant)
        with take_down(service.base_url) as (proxy, kept):
            config = provider.Config.from_env(service.env, base_urls=(proxy,))
            with Recorder(provider(config), clock=service.clock) as recorder:
                recording = recorder.start(lesson())
                service.clock.advance(30.0)
                recorder.status(recording)
                service.clock.advance(30.0)
                running = len(kept)
                recorder.stop(recording)
        # Where a vendor uploads after the stop it is looked at until that is done; here the first look finds it done.
        ending = kept[running:] if len(kept) - running < 3 else [kept[running], kept[-1]]
        native_id = str(recording.native[provider.native_key])
        return TakenDown((*kept[:running], *ending), native_id, dict(service.env))


# --- the sides ---------------------------------------------------------------------------------------------


def live(recorder: Recorder) -> None:
    """A whole recording through the library."""
    recording = recorder.start(lesson())
    recorder.status(recording)
    recorder.stop(recording)


def bare_agora(session: requests.Session, exchanges: Sequence[Exchange], base_url: str, env: Mapping[str, str]) -> Work:
    """By hand, at a vendor that wants Basic authentication."""
    session.auth = (env["AGORA_CUSTOMER_ID"], env["AGORA_CUSTOMER_SECRET"])
    calls = [(one.method, base_url + one.target, json.loads(one.body or b"null")) for one in exchanges]

    def work() -> None:
        for method, url, body in calls:
            session.request(method, url, json=body, timeout=TIMEOUT_S).json()

    return work


def bare_zegocloud(
    session: requests.Session, exchanges: Sequence[Exchange], base_url: str, env: Mapping[str, str]
) -> Work:
    """By hand, at a vendor that wants a signature in the query."""
    app_id, secret = env["ZEGO_APP_ID"], env["ZEGO_SERVER_SECRET"]
    actions = [dict(parse_qsl(urlsplit(one.target).query))["Action"] for one in exchanges]
    calls = [(action, json.loads(one.body)) for action, one in zip(actions, exchanges, strict=True)]

    def work() -> None:
        for action, body in calls:
            nonce, now = secrets.token_hex(8), int(time.time())
            params: dict[str, Any] = {
                "Action": action,
                "AppId": app_id,
                "SignatureNonce": nonce,
                "Timestamp": now,
                "SignatureVersion": "2.0",
                "Signature": hashlib.md5(f"{app_id}{nonce}{secret}{now}".encode()).hexdigest(),
            }
            session.post(f"{base_url}/", params=params, json=body, timeout=TIMEOUT_S).json()

    return work


BARE: Mapping[str, Callable[[requests.Session, Sequence[Exchange], str, Mapping[str, str]], Work]] = {
    "agora": bare_agora,
    "zegocloud": bare_zegocloud,
}


def vendors_client(exchanges: Sequence[Exchange], base_url: str, env: Mapping[str, str]) -> Work:
    """The calls through `agora_rest_client`, with what it takes of the same bodies."""
    from agora_rest_client.core import domain
    from agora_rest_client.services.cloud_recording.v1.mix_recording import api_start
    from agora_rest_client.services.cloud_recording.v1.mix_recording.mix_recording_client import MixRecordingClient

    region = domain.EndpointRegion.EU.value
    domain.ENDPOINT_REGION_DOMAIN[region] = {"prefixes": ["127"], "suffixes": ["0.0.1"]}
    MixRecordingClient.get_api_url = lambda self, host, url, service_region=None: base_url + url
    builder = MixRecordingClient.new_builder().with_app_id(env["AGORA_APP_ID"])
    builder = builder.with_credential_basic_auth(env["AGORA_CUSTOMER_ID"], env["AGORA_CUSTOMER_SECRET"])
    client = builder.with_domain(domain.Domain(region)).build()
    body = json.loads(exchanges[1].body)
    name, uid, asked = body["cname"], body["uid"], body["clientRequest"]

    def work() -> None:
        resource = client.acquire(name, uid, resource_expired_hour=24).resourceId
        started = client.start(
            resource,
            name,
            uid,
            asked.get("token", ""),
            api_start.StorageConfig(**asked["storageConfig"]),
            api_start.RecordingConfig(**asked["recordingConfig"]),
        )
        client.query(resource, started.sid)
        client.stop(resource, started.sid, name, uid)

    return work


# --- the comparison ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the sides speak to, and what ours share.

    Attributes:
        certificate: PEM of the answering process; None: HTTP.
        redis: URL of the budget.
        folder: for the ledger.
    """

    certificate: str | None
    redis: str | None
    folder: Path


@contextmanager
def certified() -> Iterator[str]:
    """The path of a certificate, whose CA this process trusts for the length of the block."""
    with tempfile.TemporaryDirectory() as folder:
        authority, path, trusted = trustme.CA(), Path(folder, "server.pem"), Path(folder, "ca.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(path))
        authority.cert_pem.write_to_path(str(trusted))
        before = os.environ.get("REQUESTS_CA_BUNDLE")
        os.environ["REQUESTS_CA_BUNDLE"] = str(trusted)
        try:
            yield str(path)
        finally:
            if before is None:
                del os.environ["REQUESTS_CA_BUNDLE"]
            else:
                os.environ["REQUESTS_CA_BUNDLE"] = before


def compared(name: str, setting: Setting, *, rounds: int, batch: int) -> Iterator[dict[str, Any]]:
    """The rows of one provider over one scheme."""
    provider = load_provider(name)
    taken = recorded(name)
    exchanges, env = taken.exchanges, taken.env
    with Answering([taken.script] * 4, setting.certificate) as answering, ExitStack() as stack:
        bare_at, ours_at, kept_at, vendor_at = answering.urls

        def recorder(base_url: str, **shared: str) -> Recorder:
            config = provider.Config.from_env(env, base_urls=(base_url,), calls_per_second=UNPACED)
            return stack.enter_context(Recorder(provider(config), hooks=[], **shared))

        session = stack.enter_context(requests.Session())
        ours = recorder(ours_at)
        sides: dict[str, Work] = {
            "bare": BARE[name](session, exchanges, bare_at, env),
            "ours": lambda: live(ours),
        }
        if setting.redis:
            ledger = f"sqlite:///{setting.folder / f'{name}-{bool(setting.certificate)}.db'}"
            kept = recorder(kept_at, ledger=ledger, budget=setting.redis)
            sides["kept"] = lambda: live(kept)
        if name == "agora":
            sides["vendor"] = vendors_client(exchanges, vendor_at, env)
        answering.received()
        found = compare(sides, rounds=rounds, batch=batch)
        sent = {counter.requests for counter in answering.received() if counter.requests}
        if len(sent) != 1:
            raise SystemExit(f"the sides sent different numbers of requests: {sent}")
        for side, (cpu, wall) in found.items():
            yield {
                "provider": name,
                "scheme": "https" if setting.certificate else "http",
                "side": side,
                "calls": len(exchanges),
                "cpu": asdict(cpu),
                "wall": asdict(wall),
            }


def lifecycles(names: Sequence[str], redis: str | None, *, rounds: int, batch: int) -> list[dict[str, Any]]:
    """All rows. They come from a process of its own, which the vendor's client keeps from ending."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with tempfile.TemporaryDirectory() as folder, certified() as certificate, os.fdopen(writing, "w") as pipe:
                settings = [Setting(None, redis, Path(folder)), Setting(certificate, redis, Path(folder))]
                rows = [row for name in names for one in settings for row in compared(name, one, rounds=rounds, batch=batch)]
                json.dump(rows, pipe)
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise SystemExit("the comparison failed")
    rows: list[dict[str, Any]] = json.loads(text)
    return rows
