"""A secret that goes in is found nowhere: no repr, error, pickle, plan, log, journal or observer shows it."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from recorder_core import (
    ConfigurationError,
    InvalidSpec,
    Recorder,
    RecorderError,
    Recording,
    RecordingSpec,
    Spotlight,
    UnexpectedResponse,
    hookimpl,
)
from recorder_core.plugins import load_provider

PROVIDERS = ("agora", "zegocloud")
SALT = "c2VudGluZWwtc2FsdC1zZW50aW5lbC1zYWx0LTEyMzQ="

SENTINELS = {
    "access_key": "sentinel-access-key-1",
    "secret_key": "two-sentinel/secret+key=2",
    "session_token": "sentinel-session-token-3",
    "encryption": "sentinel-room-key-4",
    "salt": SALT,
    "token": "sentinel-room-token-5",
    "private_params": '{"sentinel-private": "6"}',
    "extra_body": "sentinel-extra-7",
    "push_url": "rtmp://e.com/live/sentinel-stream-key-8",
    "config": "sentinel-config-secret-9-32-long",
}
ACCOUNTS = {
    "agora": {"app_id": "app", "customer_id": "customer", "customer_secret": SENTINELS["config"]},
    "zegocloud": {"app_id": 1234567890, "server_secret": SENTINELS["config"]},
}
NATIVE = {
    "agora": {"cname": "r", "uid": "7", "resourceId": "res", "sid": "s", "mode": "mix"},
    "zegocloud": {"TaskId": "t", "stream_id": "{participant}", "FillMode": 1},
}


def leaks(shown: object) -> list[str]:
    """The secrets that a text or bytes show, in the forms in which they could."""
    text = shown.decode("utf-8", "replace") if isinstance(shown, bytes) else str(shown)
    found = []
    for name, secret in SENTINELS.items():
        forms = {secret, json.dumps(secret)[1:-1], secret.replace("/", "%2F").replace("+", "%2B"), *parts(secret)}
        if any(form in text for form in forms):
            found.append(name)
    return found


def parts(secret: str) -> list[str]:
    """What is telling in a longer secret, shown in parts."""
    return [part for part in secret.replace("/", " ").replace('"', " ").split() if "sentinel" in part or len(part) > 30]


def rich(**changes: Any) -> RecordingSpec:
    """A spec with a secret wherever one can be."""
    return RecordingSpec.load(
        {
            "room": "lesson-42",
            "storage": {
                "kind": "s3",
                "bucket": "b",
                "region": "eu-west-1",
                **{name: SENTINELS[name] for name in ("access_key", "secret_key", "session_token")},
            },
            "encryption": {"cipher": "aes_256_gcm2", "secret": SENTINELS["encryption"], "salt": SALT},
            "push_urls": [SENTINELS["push_url"]],
            "options": {
                "agora": {
                    "uid": "527841",
                    "token": SENTINELS["token"],
                    "private_params": SENTINELS["private_params"],
                    "extra_body": {"clientRequest": {"token2": SENTINELS["extra_body"]}},
                },
                "zegocloud": {"extra_body": {"StorageParams": {"AccessKeyId2": SENTINELS["extra_body"]}}},
            },
            **changes,
        }
    )


def startable(provider: str) -> RecordingSpec:
    """As much of it as the vendor takes."""
    spec = rich()
    changes: dict[str, Any] = {"push_urls": ()}
    options = dict(spec.options)
    if provider == "zegocloud":
        changes |= {"encryption": None, "storage": spec.storage.model_copy(update={"session_token": None})}
        options["zegocloud"] = {}
    else:
        kept = {name: value for name, value in options["agora"].items() if name != "extra_body"}
        options["agora"] = kept
    return spec.model_copy(update={**changes, "options": options})


def every_view(thing: Any) -> Iterator[object]:
    """The ways in which something is shown, dumped or handed on, short of asking for its secrets."""
    yield repr(thing)
    yield str(thing)
    yield f"{thing!r:>10}"
    yield repr(copy.deepcopy(thing))
    if hasattr(thing, "model_dump"):
        yield thing.model_dump()
        yield thing.model_dump_json()
        yield thing.model_dump(mode="json")
    if hasattr(thing, "dump"):
        yield json.dumps(thing.dump())


def test_the_sentinels_would_be_seen() -> None:
    """The search itself works: revealed, every one of them is found."""
    shown = json.dumps(rich().dump(reveal=True)) + SENTINELS["config"]
    assert leaks(shown) == list(SENTINELS)
    assert leaks(b"\x80" + SENTINELS["secret_key"].encode()) == ["secret_key"]


def test_a_spec_shows_none() -> None:
    """Every repr and dump of the spec and of all that is in it, resolved or not."""
    spec = rich()
    for thing in (spec, spec.resolved(), spec.storage, spec.encryption, spec.push_urls, spec.options):
        for view in every_view(thing):
            assert leaks(view) == []
    assert leaks(spec.dump()) == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_configuration_shows_none(name: str) -> None:
    """The config, the provider that holds it, and the recorder that holds that."""
    with Recorder(name, hooks=[], **ACCOUNTS[name]) as recorder:
        for thing in (recorder.provider.config, recorder.provider, recorder):
            for view in (repr(thing), str(thing)):
                assert leaks(view) == []
        for view in every_view(recorder.provider.config):
            assert leaks(view) == []
        assert leaks(repr(vars(recorder)) + repr(vars(recorder.provider))) == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_plan_and_what_refuses_it_show_none(name: str) -> None:
    """The plan, its dump, its findings, and UnsupportedFeature with its pickle."""
    with Recorder(name, hooks=[], **ACCOUNTS[name]) as recorder:
        for spec in (rich(), startable(name)):
            plan = recorder.plan(spec)
            for view in (
                *every_view(plan),
                plan.findings,
                [every for request in plan.requests for every in every_view(request)],
            ):
                assert leaks(view) == []
        with pytest.raises(RecorderError) as caught:
            recorder.start(rich())
        assert_safe(caught.value)


def assert_safe(error: BaseException) -> None:
    """Neither the error nor its pickle, attributes, notes, cause, context or traceback shows a secret."""
    seen: BaseException | None = error
    while seen is not None:
        for view in (str(seen), repr(seen), repr(vars(seen)), repr(seen.args), pickle.dumps(seen)):
            assert leaks(view) == []
        for module, variables in frames_of(seen):
            if module.startswith("recorder_"):
                assert leaks(repr(variables)) == []
        seen = seen.__cause__ or seen.__context__


def frames_of(error: BaseException) -> Iterator[tuple[str, dict[str, Any]]]:
    """The module and the local variables of each frame that an error has left."""
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_globals["__name__"], trace.tb_frame.f_locals
        trace = trace.tb_next


def broken_specs() -> dict[str, Callable[[], object]]:
    """Inputs that are wrong beside a secret, or in it."""
    base = rich().dump(reveal=True)

    def with_storage(**changes: Any) -> dict[str, Any]:
        return {**base, "storage": {**base["storage"], **changes}}

    def options(provider: str, **values: Any) -> RecordingSpec:
        return rich(push_urls=[], encryption=None, options={provider: values})

    token = SENTINELS["token"]
    plans = {name: Recorder(name, hooks=[], **ACCOUNTS[name]) for name in PROVIDERS}
    return {
        "an unknown key": lambda: RecordingSpec.load({**base, "stroage": base["storage"]}),
        "a key with white space": lambda: RecordingSpec.load(with_storage(secret_key=SENTINELS["secret_key"] + "\n")),
        "a secret in a list": lambda: RecordingSpec.load(with_storage(secret_key=[SENTINELS["secret_key"]])),
        "a kind that isn't one": lambda: RecordingSpec.load(with_storage(kind="s4")),
        "both keys and a role": lambda: RecordingSpec.load(with_storage(role_arn="arn:r")),
        "a bad salt": lambda: RecordingSpec.load({**base, "encryption": {**base["encryption"], "salt": token}}),
        "a push URL of another scheme": lambda: RecordingSpec.load({**base, "push_urls": [f"ftp://e.com/{token}"]}),
        "JSON that breaks off": lambda: RecordingSpec.loads(json.dumps(base)[:-5]),
        "an unknown option": lambda: plans["agora"].plan(options("agora", tokn=token)),
        "an option of another type": lambda: plans["agora"].plan(options("agora", uid="7", token=[token])),
        "a token without its uid": lambda: plans["agora"].plan(options("agora", token=token)),
        "a token in another option": lambda: plans["agora"].plan(options("agora", uid=token)),
        "an extra body that is a text": lambda: plans["zegocloud"].plan(options("zegocloud", extra_body=token)),
        "an unknown provider": lambda: plans["agora"].plan(options("agoro", token=token)),
    }


@pytest.mark.parametrize("case", broken_specs())
def test_a_refused_input_shows_none(case: str) -> None:
    """InvalidSpec names the path and the rule, never the value; nothing of pydantic's is chained."""
    with pytest.raises(InvalidSpec) as caught:
        broken_specs()[case]()
    assert_safe(caught.value)
    assert caught.value.problems


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("agora", {"app_id": "a", "customer_id": "b", "customer_secret": [SENTINELS["config"]]}),
        ("agora", {"app_id": "a", "customer_id": "b", "customer_secrt": SENTINELS["config"]}),
        ("agora", {"app_id": SENTINELS["config"], "customer_id": "b", "customer_secret": SENTINELS["config"]}),
        ("zegocloud", {"app_id": 7, "server_secret": SENTINELS["config"] + "too-long"}),
        ("zegocloud", {"app_id": "x", "server_secret": SENTINELS["config"]}),
        ("zegocloud", {"app_id": 7, "server_secret": SENTINELS["config"], "area": "mars"}),
    ],
)
def test_a_refused_configuration_shows_none(name: str, config: dict[str, Any], monkeypatch) -> None:
    """By keywords and from the environment."""
    with pytest.raises(ConfigurationError) as caught:
        Recorder(name, hooks=[], **config)
    assert_safe(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        load_provider(name).Config.from_env({}, **config)
    assert_safe(caught.value)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_whole_life_shows_none(name: str, emulated, connected, caplog: pytest.LogCaptureFixture) -> None:
    """Start, status, layout, stop at an emulated vendor: logs at DEBUG, exchanges, handle, status, intent, journal."""
    caplog.set_level(logging.DEBUG)
    exchanges: list[Any] = []
    handles: list[Any] = []
    watcher = SimpleNamespace(
        recorder_http=hookimpl(lambda exchange: exchanges.append(exchange)),
        recorder_started=hookimpl(lambda recording: handles.append(recording)),
        recorder_before_start=hookimpl(lambda spec: logging.getLogger("app").info("starting %r", spec)),
    )
    service = emulated(name, media=False)
    recorder = connected(service, hooks=[watcher])
    service.join("lesson-42", "1001")
    recording = recorder.start(startable(name))
    status = recorder.wait(recording)
    changed = recorder.layout(recording, Spotlight("1001"))
    outcome = recorder.stop(changed)
    assert len(service.journal) >= 4
    assert exchanges
    secrets = [*SENTINELS.values(), *(value for key, value in service.env.items() if "SECRET" in key)]
    for thing in (recording, changed, status, outcome, *exchanges, *service.journal, *handles):
        for view in every_view(thing):
            assert leaks(view) == []
            assert not [secret for secret in secrets if secret in str(view)]
    assert leaks(caplog.text) == []
    assert not [secret for secret in secrets if secret in caplog.text]
    assert "starting RecordingSpec" in caplog.text


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("fault", ["refuse", "reset", "500", "503"])
def test_a_failure_on_the_way_shows_none(
    name: str, fault: str, emulated, connected, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the vendor or the network does, the error, its causes and its intent are safe to pass on."""
    caplog.set_level(logging.DEBUG)
    service = emulated(name, media=False)
    recorder = connected(service)
    operation = "start" if name == "agora" else "StartRecord"
    for _ in range(20):
        service.fail_next(operation, fault)
    with pytest.raises(RecorderError) as caught:
        recorder.start(startable(name), deadline=30)
    assert_safe(caught.value)
    assert caught.value.intent is not None
    assert leaks(caught.value.intent.model_dump_json()) == []
    assert leaks(caplog.text) == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_error_has_no_local_variables(name: str, emulated, connected) -> None:
    """Those of the provider, of the transport, and of what they call stay behind; the lines don't."""
    service = emulated(name, media=False)
    service.fail_next("start" if name == "agora" else "StartRecord", "500", 20)
    with pytest.raises(RecorderError) as caught:
        connected(service).start(startable(name), deadline=30)
    left = {module: variables for module, variables in frames_of(caught.value) if module != __name__}
    provider = f"recorder_{name}.provider"
    assert {provider, "recorder_core.transport.client"} <= left.keys()
    below = list(left)[list(left).index(provider) :]
    assert {module: left[module] for module in below if left[module]} == {}


class Careless(load_provider("agora")):  # type: ignore[misc]  # a class that is known at run time
    """A plugin whose author thought of nothing."""

    def status(self, recording: Any) -> Any:
        secret = self.config.customer_secret.get_secret_value()
        if recording.room == "typed":
            return Typed.model_validate({"number": secret})
        raise RuntimeError(f"{len(secret)} characters")


class Typed(BaseModel):
    """It shows what it was given."""

    number: int


@pytest.mark.parametrize(("room", "kind"), [("any", RuntimeError), ("typed", UnexpectedResponse)])
def test_a_plugin_s_error_has_none_either(room: str, kind: type[Exception], emulated) -> None:
    """Whatever the plugin raises: what pydantic says, which quotes the input, is told by its places alone."""
    service = emulated("agora", media=False)
    config = Careless.Config.from_env(service.env, customer_secret=SENTINELS["config"])
    ids = {"id": "r-1", "provider": "agora", "account": config.app_id, "native": NATIVE["agora"]}
    handle = Recording(**ids, room=room, started_at=datetime.now(UTC))
    with Recorder(Careless(config), hooks=[]) as recorder, pytest.raises(kind) as caught:
        recorder.status(handle)
    assert_safe(caught.value)
    left = [variables for _, variables in list(frames_of(caught.value))[1:] if "secret" in variables]
    assert left == []
    assert "number (int_parsing)" in str(caught.value) or kind is RuntimeError


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_listens_on_this_machine(name: str, emulated) -> None:
    """An emulator can't be reached by another of the machine's addresses, and so by no other machine."""
    port = int(emulated(name, media=False).base_url.rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), 5),
        pytest.raises(OSError, match=r"refused|unreachable|requested"),
    ):
        socket.create_connection(("127.0.0.2", port), 5)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_wrong_credential_shows_none(name: str, emulated, connected) -> None:
    """The error of a refused key has neither the wrong key nor the right one."""
    service = emulated(name, media=False)
    field = "customer_secret" if name == "agora" else "server_secret"
    recorder = connected(service, **{field: SENTINELS["config"]})
    with pytest.raises(RecorderError) as caught:
        recorder.start(startable(name))
    assert_safe(caught.value)
    right = [value for key, value in service.env.items() if "SECRET" in key]
    assert not [secret for secret in right if secret in str(caught.value)]


def test_a_token_factory_is_not_shown() -> None:
    """What makes tokens may hold the certificate: neither it nor its token is in a repr."""

    class Factory:
        def __repr__(self) -> str:
            return SENTINELS["token"]

        def __call__(self, room: str, uid: str) -> str:
            return SENTINELS["token"]

    with Recorder("agora", hooks=[], token_factory=Factory(), **ACCOUNTS["agora"]) as recorder:
        assert leaks(repr(recorder.provider.config)) == []
        plan = recorder.plan(
            RecordingSpec.load({"room": "r", "storage": rich().storage.model_dump(context={"reveal": True})})
        )
        assert leaks(repr(plan)) == []


def test_a_masked_secret_is_refused_on_its_way_back() -> None:
    """A dump without `reveal` can't be mistaken for the spec."""
    with pytest.raises(InvalidSpec, match="masked secret"):
        RecordingSpec.load(rich().dump())
    assert isinstance(rich().storage.secret_key, SecretStr)
