"""A recording through the library, and by hand on `requests`: start, status and stop, and a status alone.

All sides speak to one process of canned answers on loopback, over HTTP and over HTTPS, each at a port of its own over
kept connections (but for a client that keeps none). The bytes are those of a real recording at the vendor's emulator.

* `bare`: the same calls with a `requests.Session`, as anybody would write them: `json=`, the vendor's signature, a
  time-out, `response.json()`. Its bodies are dictionaries that were made beforehand, its ids those of the recording; it
  checks nothing.
* `ours`: `Recorder` makes and validates the spec, translates it, keeps to the vendor's limits, judges the answers, and
  knows what was seen.
* `kept`: the same with a ledger (SQLite, each write on the disk before the next call is sent) and a budget in a Redis.
* `vendor`: the vendor's own client library, where there is one for Python.
"""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import trustme
from exchanges import Answering, Exchange, Script, take_down
from pydantic import SecretStr
from ratios import Work, compare

from recorder_core import S3, Custom, Output, Recorder, Recording, RecordingSpec, Region
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.plugins import load_provider
from recorder_core.testing import emulate

__all__ = ["certified", "lesson", "lifecycles", "live", "recorded"]

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
        exchanges: of start, status and stop, as they went over the wire.
        status: the one of status.
        recording: the handle.
        env: the environment of the account.
    """

    exchanges: tuple[Exchange, ...]
    status: Exchange
    recording: Recording
    env: dict[str, str]

    def script(self) -> Script:
        """What the answering process says to recordings, of which each has an id of its own."""
        native_key = load_provider(self.recording.provider).native_key
        return Script(tuple(one.answer for one in self.exchanges), str(self.recording.native[native_key]))


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
                running = len(kept)
                service.clock.advance(30.0)
                recorder.stop(recording)
        # Where a vendor uploads after the stop it is looked at until that is done; here the first look finds it done.
        ending = kept[running:] if len(kept) - running < 3 else [kept[running], kept[-1]]
        return TakenDown((*kept[:running], *ending), kept[running - 1], recording, dict(service.env))


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


def vendors_client(taken: TakenDown, base_url: str, *, status: bool) -> Work:
    """The calls through `agora_rest_client`, with what it takes of the same bodies."""
    from agora_rest_client.core import domain
    from agora_rest_client.services.cloud_recording.v1.mix_recording import api_start
    from agora_rest_client.services.cloud_recording.v1.mix_recording.mix_recording_client import MixRecordingClient

    env, native = taken.env, taken.recording.native
    region = domain.EndpointRegion.EU.value
    domain.ENDPOINT_REGION_DOMAIN[region] = {"prefixes": ["127"], "suffixes": ["0.0.1"]}
    MixRecordingClient.get_api_url = lambda self, host, url, service_region=None: base_url + url
    builder = MixRecordingClient.new_builder().with_app_id(env["AGORA_APP_ID"])
    builder = builder.with_credential_basic_auth(env["AGORA_CUSTOMER_ID"], env["AGORA_CUSTOMER_SECRET"])
    client = builder.with_domain(domain.Domain(region)).build()
    if status:
        return lambda: client.query(native["resourceId"], native["sid"])
    body = json.loads(taken.exchanges[1].body)
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
    provider, taken = load_provider(name), recorded(name)
    ledger = f"sqlite:///{setting.folder / f'{name}-{bool(setting.certificate)}.db'}"
    scripts = [*[Script((taken.status.answer,))] * 4, *[taken.script()] * 4]
    with Answering(scripts, setting.certificate) as answering, ExitStack() as stack:

        def ours(base_url: str, *, status: bool, **shared: str) -> Work:
            config = provider.Config.from_env(taken.env, base_urls=(base_url,), calls_per_second=UNPACED)
            recorder = stack.enter_context(Recorder(provider(config), hooks=[], **shared))
            handle = taken.recording
            if handle.base_url:
                handle = handle.model_copy(update={"base_url": base_url})
            return (lambda: recorder.status(handle)) if status else (lambda: live(recorder))

        for status, urls in ((True, answering.urls[:4]), (False, answering.urls[4:])):
            bare_at, ours_at, kept_at, vendor_at = urls
            exchanges = (taken.status,) if status else taken.exchanges
            session = stack.enter_context(requests.Session())
            sides = {
                "bare": BARE[name](session, exchanges, bare_at, taken.env),
                "ours": ours(ours_at, status=status),
            }
            if setting.redis:
                sides["kept"] = ours(kept_at, status=status, ledger=ledger, budget=setting.redis)
            if name == "agora":
                sides["vendor"] = vendors_client(taken, vendor_at, status=status)
            answering.received()
            found = compare(sides, rounds=rounds, batch=batch * 4 if status else batch)
            sent = {counter.requests for counter in answering.received() if counter.requests}
            if len(sent) != 1:
                raise SystemExit(f"the sides sent different numbers of requests: {sent}")
            for side, (cpu, wall) in found.items():
                yield {
                    "provider": name,
                    "scheme": "https" if setting.certificate else "http",
                    "operation": "status" if status else "start, status, stop",
                    "calls": len(exchanges),
                    "side": side,
                    "cpu": asdict(cpu),
                    "wall": asdict(wall),
                }


def lifecycles(names: Sequence[str], redis: str | None, *, rounds: int, batch: int) -> list[dict[str, Any]]:
    """All rows. They come from a process of its own, which the vendor's client would keep from ending."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_compare, args=(theirs, names, redis, rounds, batch))
    process.start()
    theirs.close()
    try:
        rows: list[dict[str, Any]] = ours.recv()
    except EOFError:
        raise SystemExit("the comparison failed") from None
    process.join()
    return rows


def _compare(pipe: Connection, names: Sequence[str], redis: str | None, rounds: int, batch: int) -> None:
    logging.getLogger("recorder_core").setLevel(logging.ERROR)
    logging.lastResort = None  # the vendor's client looks for its own hosts, and says that there are none
    try:
        with tempfile.TemporaryDirectory() as folder, certified() as certificate:
            settings = [Setting(None, redis, Path(folder)), Setting(certificate, redis, Path(folder))]
            rows = []
            for name in names:
                for setting in settings:
                    rows += compared(name, setting, rounds=rounds, batch=batch)
        pipe.send(rows)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(0)
