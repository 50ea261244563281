"""A setup looked at line by line: at both emulated vendors, and at hosts that are wrong in each their own way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest

from recorder_core import InvalidSpec, Provider, Recorder, RecordingSpec, doctor, errors
from recorder_core.checks import Check, StorageCheck
from recorder_core.doctor import diagnose, in_environment
from recorder_core.plugins import load_provider
from recorder_core.testing import connect, emulate
from scripted_host import Asked, Told, free_address, scripted_host

PROVIDERS = ("agora", "zegocloud")
SECRETS = {"agora": {"customer_secret": "wrong-secret-of-the-test"}, "zegocloud": {"server_secret": "wrong" * 6 + "01"}}
CREDENTIALS = {
    "agora": {"app_id": "a" * 32, "customer_id": "customer", "customer_secret": "secret-of-the-test"},
    "zegocloud": {"app_id": 1234567890, "server_secret": "00112233445566778899aabbccddeeff"},
}
STORAGE = {
    "kind": "s3_compatible",
    "bucket": "lessons",
    "region": "r",
    "access_key": "key-of-the-test",
    "secret_key": "secret-of-the-test",
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(params=PROVIDERS)
def service(request: pytest.FixtureRequest) -> Iterator[Any]:
    with emulate(request.param, media=False) as running:
        yield running


def spec(endpoint: str, **fields: Any) -> RecordingSpec:
    """A spec whose files go to an endpoint."""
    return RecordingSpec.load({"room": "lesson-42", "storage": {**STORAGE, "endpoint": endpoint}, **fields})


def checked(service: Any, given: RecordingSpec | None = None, **config: Any) -> dict[str, Check]:
    """What a recorder's doctor finds, by name."""
    with connect(service, **config) as recorder:
        return by_name(recorder.doctor(given))


def by_name(checks: tuple[Check, ...]) -> dict[str, Check]:
    found = {check.name: check for check in checks}
    assert len(found) == len(checks)
    assert all(check.fix for check in checks if check.verdict in ("failed", "warning"))
    shown = str(checks)
    assert not [word for word in ("secret-of-the-test", "key-of-the-test", "wrongwrong", "00112233") if word in shown]
    return found


def verdicts(found: dict[str, Check]) -> dict[str, str]:
    return {name: check.verdict for name, check in found.items()}


def at(base_url: str) -> str:
    return f"host {base_url.removeprefix('http://')}"


# --- the whole ---------------------------------------------------------------------------------------------------


def test_a_setup_that_works_passes_in_order(service: Any) -> None:
    """From the configuration to the callbacks; what wasn't asked for isn't looked at, and nothing is started."""
    found = checked(service, webhook_secret="secret-of-the-test")
    callbacks = "passed" if load_provider(service.name).offers("parse_webhook") else "not_checked"
    assert list(verdicts(found).items()) == [
        ("configuration", "passed"),
        (at(service.base_url), "passed"),
        ("clock", "passed"),
        ("credentials", "passed"),
        ("service", "passed"),
        ("storage", "not_checked"),
        ("callback secret", callbacks),
    ]
    assert "--spec" in found["storage"].fix
    assert service.recordings == []


def test_a_wrong_secret(service: Any) -> None:
    """It fails, with the rule's hint, and the service can't be judged."""
    found = checked(service, **SECRETS[service.name])
    assert found["credentials"].verdict == "failed"
    assert "secret" in found["credentials"].fix
    assert found["service"].verdict == "not_checked"
    assert found[at(service.base_url)].verdict == "passed"


@pytest.mark.parametrize(
    ("name", "operation", "code"),
    [("agora", "acquire", 62), ("agora", "acquire", 405), ("zegocloud", "DescribeTasks", 300000002)],
)
def test_a_service_that_is_not_enabled(name: str, operation: str, code: int) -> None:
    """The credentials are right, and what is missing is another line, with the vendor's code."""
    with emulate(name, media=False) as service:
        service.fail_next(operation, f"code:{code}")
        found = checked(service)
    assert (found["credentials"].verdict, found["service"].verdict) == ("passed", "failed")
    assert f"code {code}" in found["service"].detail


def test_an_account_that_records_as_much_as_it_may() -> None:
    """That is worth a warning, and no failure of the setup."""
    with emulate("agora", media=False) as service:
        service.fail_next("acquire", "code:406")
        found = checked(service)
    assert (found["credentials"].verdict, found["service"].verdict) == ("passed", "warning")


def test_a_vendor_that_fails_proves_nothing(service: Any) -> None:
    """Its own failure is told as what it is; the setup isn't shown to work."""
    service.fail_next("ncs/ip" if service.name == "agora" else "DescribeTasks", "503", times=9)
    found = checked(service)
    assert found["credentials"].verdict == "failed"
    assert "serve" in found["credentials"].detail or "service failed" in found["credentials"].detail
    assert found["service"].verdict == "not_checked"


def test_one_host_that_fails_does_not_stop_the_rest(service: Any) -> None:
    """Each failure is told apart; the account is checked where it can be, and each host has a line."""
    nobody = free_address()
    found = checked(service, base_urls=(f"http://{nobody}", "https://name.invalid", service.base_url))
    assert found[f"host {nobody}"].detail == "TCP: Connection refused"
    assert found["host name.invalid"].detail.startswith("DNS: ")
    assert found["host name.invalid"].verdict == "failed"
    assert (found["clock"].verdict, found["credentials"].verdict, found["service"].verdict) == ("passed",) * 3


def test_every_host_that_answers_is_asked_about_the_account(service: Any) -> None:
    """A host may know other accounts than its neighbour."""
    with emulate(service.name, media=False, **CREDENTIALS[service.name]) as other:
        found = checked(service, base_urls=(service.base_url, other.base_url))
    names = [
        f"{what} at {host.base_url.removeprefix('http://')}" for what in ("credentials",) for host in (service, other)
    ]
    assert [name for name in found if name.startswith("credentials")] == names
    right = CREDENTIALS[service.name].get("server_secret") == getattr(service, "server_secret", None)
    assert found[names[0]].verdict == "passed"
    assert found[names[1]].verdict == ("passed" if right and service.name == "zegocloud" else "failed")


def test_without_any_host_nothing_is_said_of_the_account() -> None:
    """Who can't be reached can't be asked."""
    config = load_provider("agora").Config.checked({**CREDENTIALS["agora"], "base_urls": (f"http://{free_address()}",)})
    with Recorder(load_provider("agora")(config), hooks=[]) as recorder:
        found = by_name(recorder.doctor())
    assert (found["clock"].verdict, found["credentials"].verdict) == ("not_checked", "not_checked")
    assert found["credentials"].detail == "no host can be reached"


def test_a_closed_recorder_refuses(service: Any) -> None:
    """As for every operation; and what is no spec isn't taken for one."""
    with connect(service) as recorder:
        with pytest.raises(InvalidSpec):
            recorder.doctor("spec.yaml")  # type: ignore[arg-type]
        with pytest.raises(InvalidSpec):
            recorder.check_storage("bucket")  # type: ignore[arg-type]
    with pytest.raises(errors.ConfigurationError, match="closed"):
        recorder.doctor()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        recorder.check_storage(spec("127.0.0.1:1").storage)


# --- hosts and clocks --------------------------------------------------------------------------------------------


def host_check(name: str, told: Told, **given: Any) -> dict[str, Check]:
    """What is found at a host that answers everything in the same way."""
    with scripted_host(lambda _: told) as host:
        config = load_provider(name).Config.checked({**CREDENTIALS[name], "base_urls": (host.url,)})
        with Recorder(load_provider(name)(config), hooks=[], **given) as recorder:
            found = by_name(recorder.doctor())
    return {**found, "host": found[at(host.url)]}


@pytest.mark.parametrize(
    ("name", "ahead", "verdict"),
    [
        ("zegocloud", 0, "passed"),
        ("zegocloud", 20, "passed"),
        ("zegocloud", 60, "warning"),
        ("zegocloud", -590, "warning"),
        ("zegocloud", 605, "failed"),
        ("zegocloud", -3600, "failed"),
        ("agora", 3600, "warning"),
        ("agora", -10, "passed"),
    ],
)
def test_a_clock_that_is_off_fails_where_signatures_would(name: str, ahead: int, verdict: str) -> None:
    """ZEGOCLOUD refuses what is signed ten minutes off; Agora signs nothing with the time."""
    found = host_check(name, Told(404, date=formatdate(time.time() - ahead, usegmt=True)))
    assert found["clock"].verdict == verdict
    if verdict != "passed":
        assert ("ahead of" if ahead > 0 else "behind") in found["clock"].detail
    assert ("signatures from 600 s" in found["clock"].detail) == (verdict != "passed" and name == "zegocloud")


def test_a_host_that_tells_no_time(service: Any) -> None:
    """Nothing is made up."""
    found = host_check(service.name, Told(404, date=None))
    assert (found["host"].verdict, found["clock"].verdict) == ("passed", "not_checked")


@pytest.mark.parametrize(
    ("status", "headers", "word"), [(302, {"Location": "https://login.example/"}, "points elsewhere"), (503, {}, "503")]
)
def test_a_host_that_answers_strangely_is_worth_a_warning(
    clock: Any, status: int, headers: dict[str, str], word: str
) -> None:
    """A network that asks for a login answers for everybody."""
    found = host_check("agora", Told(status, headers=headers), clock=clock)
    assert found["host"].verdict == "warning"
    assert word in found["host"].detail


# --- storage and callbacks ---------------------------------------------------------------------------------------


def store(asked: Asked) -> Told:
    """A bucket that takes everything."""
    content = b"Written by recorder-core to check that recordings can be stored here. It may be deleted.\n"
    return Told(body=content if asked.method == "GET" else b"", headers={"ETag": '"1"'})


def test_the_storage_of_a_spec_is_tried_under_its_prefix(service: Any) -> None:
    """Its four steps are lines of their own."""
    with scripted_host(store) as host:
        found = checked(service, spec(host.address, output={"prefix": "lessons/2026"}))
        assert host.asked[0].path.startswith("/lessons/lessons/2026/")
    steps = {name: verdict for name, verdict in verdicts(found).items() if name.startswith("storage")}
    assert steps == dict.fromkeys(
        ("storage endpoint", "storage credentials", "storage bucket", "storage write"), "passed"
    )


def test_a_recorder_checks_a_storage_alone(service: Any) -> None:
    """Before a spec uses it."""
    denied = Told(403, b"<Error><Code>AccessDenied</Code></Error>")
    with scripted_host(lambda _: denied) as host, connect(service) as recorder:
        found = recorder.check_storage(spec(host.address).storage, prefix="a")
    assert isinstance(found, StorageCheck)
    assert (found.kind, found.verdict) == ("s3_compatible", "failed")


def test_temporary_keys_must_be_good_for_as_long_as_the_vendor_wants() -> None:
    """Four hours at Agora; the other vendor takes none, which its plan says."""
    assert load_provider("agora").shortest_session == 4 * 3600
    assert load_provider("zegocloud").shortest_session == 0


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("https://example.com/callbacks", "passed"),
        ("https://93.184.215.14/callbacks", "passed"),
        ("http://example.com/callbacks", "warning"),
        ("https://user:word@example.com/callbacks", "warning"),
        ("https://example.com/callbacks#here", "warning"),
        ("https://localhost/callbacks", "failed"),
        ("https://app.internal/callbacks", "failed"),
        ("https://10.1.2.3/callbacks", "failed"),
        ("https://[::1]/callbacks", "failed"),
        ("https://169.254.1.1/callbacks", "failed"),
    ],
)
def test_an_address_for_callbacks_must_be_public(url: str, verdict: str, provider: Any) -> None:
    """By its shape alone: nothing is sent there."""
    with Recorder(provider, hooks=[]) as recorder:
        found = by_name(recorder.doctor(spec("http://store.example", callback_url=url)))
    assert found["callback url"].verdict == verdict
    assert "word@" not in found["callback url"].detail


@pytest.mark.parametrize(
    ("given", "verdict", "word"),
    [((), "warning", "a forged one"), (("one",), "passed", "one secret"), (("one", "two"), "passed", "2 secrets")],
)
def test_callback_secrets_are_counted_and_not_shown(
    memory: Any, given: tuple[str, ...], verdict: str, word: str
) -> None:
    """None, one, or several while one is replaced."""
    with Recorder(memory(memory.Config(webhook_secret=given)), hooks=[]) as recorder:
        check = by_name(recorder.doctor())["callback secret"]
    assert check.verdict == verdict
    assert word in check.detail


# --- providers of anybody's --------------------------------------------------------------------------------------


def test_a_provider_that_cannot_tell_is_not_asked(provider: Any) -> None:
    """No transport of ours, no check of the account: that is said, and no failure."""
    with Recorder(provider, hooks=[]) as recorder:
        found = by_name(recorder.doctor())
    assert "own connections" in found["host"].detail
    assert found["credentials"].detail == found["service"].detail == "the provider can't tell"
    assert {check.verdict for check in found.values()} <= {"passed", "not_checked", "warning"}


@pytest.mark.parametrize(
    ("failure", "word"),
    [(KeyError("secret-of-the-test"), "KeyError"), (errors.UnsupportedOperation("no"), "can't tell")],
)
def test_a_provider_that_breaks_does_not_end_the_diagnosis(
    service: Any, monkeypatch: pytest.MonkeyPatch, failure: Exception, word: str
) -> None:
    """Its own bug is told by its class alone."""

    def broken(self: Provider, base_url: str) -> str:
        raise failure

    monkeypatch.setattr(load_provider(service.name), "check_account", broken)
    found = checked(service)
    assert word in found["credentials"].detail
    assert "callback secret" in found


def test_what_takes_too_long_is_left_alone(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole has an end, whatever a provider does."""
    over = threading.Event()
    monkeypatch.setattr(doctor, "ACCOUNT_S", 0.05)
    monkeypatch.setattr(doctor, "STORAGE_S", 0.05)
    monkeypatch.setattr(doctor, "GRACE_S", 0.0)
    waiting = lambda *_: over.wait(20)  # noqa: E731 - stands for two methods
    monkeypatch.setattr(load_provider(service.name), "check_account", waiting)
    monkeypatch.setattr(load_provider(service.name), "check_storage", waiting)
    found = checked(service, spec("127.0.0.1:1"))
    over.set()
    assert (found["credentials"].verdict, found["storage"].verdict) == ("failed", "failed")
    assert "within" in found["credentials"].detail


# --- the environment ---------------------------------------------------------------------------------------------


def test_a_complete_environment(service: Any) -> None:
    """The variables are named, without their values."""
    config, check = in_environment(load_provider(service.name), service.env)
    assert config is not None
    assert check.verdict == "passed"
    assert all(name in check.detail for name in service.env)
    assert not [value for value in service.env.values() if value in check.detail]


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("agora", ["AGORA_APP_ID", "AGORA_CUSTOMER_ID", "AGORA_CUSTOMER_SECRET"]),
        ("zegocloud", ["ZEGO_APP_ID", "ZEGO_SERVER_SECRET"]),
    ],
)
def test_an_empty_environment_names_what_is_missing(name: str, needed: list[str]) -> None:
    """Each variable; what needs no credentials can be looked at all the same."""
    config, check = in_environment(load_provider(name), {})
    assert check.verdict == "failed"
    assert all(f"{variable}: is missing" in check.detail for variable in needed)
    assert check.fix == f"Set {', '.join(needed)}."
    assert config is not None


def test_a_malformed_variable_shows_its_shape_and_no_value() -> None:
    """What is wrong with it, in the words of the configuration."""
    given = {
        "ZEGO_APP_ID": "seventeen",
        "ZEGO_SERVER_SECRET": "secret-of-the-test",
        "ZEGO_BASE_URLS": "http://h.example",
    }
    config, check = in_environment(load_provider("zegocloud"), given)
    assert "ZEGO_SERVER_SECRET: 18 characters; a ServerSecret has 32" in check.detail
    assert "ZEGO_APP_ID" in check.detail
    assert "secret-of-the-test" not in str(check)
    assert config is not None
    assert config.base_urls == ("http://h.example",)


def test_a_misspelt_variable_is_found() -> None:
    """It is set in vain, and the one that was meant is missing."""
    _, check = in_environment(load_provider("agora"), {"AGORA_APPID": "secret-of-the-test", "AGORA_HOME": "/"})
    assert "AGORA_APPID is set, which is no variable of this provider; did you mean AGORA_APP_ID?" in check.detail
    assert "AGORA_HOME" not in check.detail
    assert "secret-of-the-test" not in str(check)


def test_a_misspelt_variable_beside_complete_ones_is_a_warning() -> None:
    """A setting that is lost in silence, such as that of the callback secret."""
    given = {f"AGORA_{name.upper()}": str(value) for name, value in CREDENTIALS["agora"].items()}
    config, check = in_environment(load_provider("agora"), {**given, "AGORA_WEBHOOK_SECRETS": "secret-of-the-test"})
    assert (check.verdict, config is None) == ("warning", False)
    assert "did you mean AGORA_WEBHOOK_SECRET?" in check.detail


def test_a_wrong_setting_that_is_no_credential(service: Any) -> None:
    """What stands in for the configuration has then nothing of the environment."""
    prefix = load_provider(service.name).Config.env_prefix
    config, check = in_environment(load_provider(service.name), {**service.env, f"{prefix}AREA": "moon"})
    assert check.verdict == "failed"
    assert f"{prefix}AREA" in check.detail
    assert config is not None
    assert config.base_urls == ()


def test_a_wrong_configuration_keeps_the_account_from_being_asked(service: Any) -> None:
    """Examples in place of credentials are never sent; the hosts are looked at."""
    found = load_provider(service.name)
    key = next(name for name in service.env if name.endswith("BASE_URLS"))
    config, check = in_environment(found, {key: service.env[key]})
    assert config is not None
    with Recorder(found(config), hooks=[]) as recorder:
        lines = by_name(tuple(diagnose(recorder.provider, configuration=check)))
    assert lines["configuration"] == check
    assert lines[at(service.base_url)].verdict == "passed"
    assert lines["credentials"].detail == "the configuration comes first"
    assert [entry.operation for entry in service.journal] == [service.journal[0].operation]
