"""`recorder doctor`: what works, what doesn't and what mends it, one line each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripted_host import Asked, Told, free_address, scripted_host

PREFIXES = {"agora": "AGORA_", "zegocloud": "ZEGO_"}
WRONG = {"agora": {"AGORA_CUSTOMER_SECRET": "wrong-secret-here"}, "zegocloud": {"ZEGO_SERVER_SECRET": "f" * 32}}


@pytest.fixture(params=PREFIXES)
def service(services: Any, request: pytest.FixtureRequest) -> Any:
    return services[request.param]


def store(asked: Asked) -> Told:
    """A bucket that takes everything and gives nothing back."""
    if asked.method == "GET":
        return Told(403, b"<Error><Code>AccessDenied</Code></Error>")
    return Told(headers={"ETag": '"1"'})


def lines(done: Any) -> dict[str, str]:
    """The verdict, with its sign, by what was looked at."""
    found = {}
    for line in done.stdout.splitlines():
        verdict, _, rest = line.partition("  ")
        found[rest.strip().split(": ")[0]] = verdict.strip()
    return found


def test_a_setup_that_works(run: Any, service: Any) -> None:
    """One line a check, each with a sign and a word; exit code 0."""
    done = run("doctor", "-p", service.provider, env=service.env)
    assert done.returncode == 0, done.stdout + done.stderr
    found = lines(done)
    host = f"host {service.base_url.removeprefix('http://')}"
    for name in ("configuration", host, "clock", "credentials", "service"):
        assert found[name] == "✓ passed"
    assert found["storage"] == "– not checked"  # noqa: RUF001 - the sign itself
    assert "--spec" in done.stdout
    assert done.stderr == ""


def test_a_wrong_secret_is_exit_code_1(run: Any, service: Any) -> None:
    """With the fix in the same line; the secret isn't shown."""
    env = service.env | WRONG[service.provider]
    done = run("doctor", "-p", service.provider, env=env)
    assert done.returncode == 1
    assert lines(done)["credentials"] == "✗ failed"
    (line,) = [line for line in done.stdout.splitlines() if "credentials: " in line]
    assert "→ " in line
    assert "secret" in line.partition("→ ")[2]


def test_json_has_the_same(run: Any, service: Any) -> None:
    """One object, alone on stdout."""
    done = run("doctor", "-p", service.provider, "--json", env=service.env | WRONG[service.provider])
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    assert (told["provider"], told["verdict"]) == (service.provider, "failed")
    assert told["checks"][0]["name"] == "configuration"
    for check in told["checks"]:
        assert set(check) == {"name", "verdict", "detail", "fix"}
        assert check["verdict"] in ("passed", "warning", "failed", "not_checked")


@pytest.mark.parametrize("provider", list(PREFIXES))
def test_it_works_without_a_configuration(run: Any, provider: str) -> None:
    """It says which variables are missing, and looks at what needs none of them."""
    done = run("doctor", "-p", provider, env={f"{PREFIXES[provider]}BASE_URLS": f"http://{(nobody := free_address())}"})
    assert done.returncode == 1
    found = lines(done)
    assert found["configuration"] == "✗ failed"
    assert f"{PREFIXES[provider]}APP_ID: is missing" in done.stdout
    assert found[f"host {nobody}"] == "✗ failed"
    assert found["credentials"] == "– not checked"  # noqa: RUF001 - the sign itself


def test_a_malformed_variable_is_named(run: Any) -> None:
    """Without its value."""
    done = run("doctor", "-p", "zegocloud", env={"ZEGO_APP_ID": "7", "ZEGO_SERVER_SECRET": "too-short-a-secret"})
    assert done.returncode == 1
    assert "ZEGO_SERVER_SECRET: 18 characters" in done.stdout


def test_the_storage_of_a_spec_is_tried(run: Any, service: Any, spec: Any) -> None:
    """And left as it was; what couldn't be read back is a remark."""
    with scripted_host(store) as host:
        given = {"kind": "s3_compatible", "endpoint": host.address, "bucket": "lessons", "region": "us-east-1"}
        keys = {"access_key": "storage-key-of-the-test", "secret_key": "storage-secret-of-the-test"}
        path = spec(storage={**given, **keys}, output={"formats": ["hls"], "prefix": "lessons"})
        done = run("doctor", "-p", service.provider, "--spec", path, env=service.env)
        assert [asked.method for asked in host.asked] == ["PUT", "GET", "DELETE"]
        assert host.asked[0].path.startswith("/lessons/lessons/recorder-core-check-")
    assert done.returncode == 0, done.stdout
    found = lines(done)
    for step in ("endpoint", "credentials", "bucket", "write"):
        assert found[f"storage {step}"] == "✓ passed"


def test_a_storage_that_refuses_is_exit_code_1(run: Any, service: Any, spec: Any) -> None:
    """The account may be sound all the same."""
    given = {"kind": "s3_compatible", "endpoint": free_address(), "bucket": "lessons", "region": "us-east-1"}
    path = spec(storage={**given, "access_key": "storage-key-of-the-test", "secret_key": "storage-secret-of-the-test"})
    done = run("doctor", "-p", service.provider, "--spec", path, env=service.env)
    assert done.returncode == 1
    assert lines(done)["storage endpoint"] == "✗ failed"
    assert lines(done)["service"] == "✓ passed"


def test_a_wrong_spec_is_exit_code_2(run: Any, service: Any, spec: Any) -> None:
    """As everywhere: nothing is looked at."""
    done = run("doctor", "-p", service.provider, "--spec", spec(storage={"kind": "s3"}), env=service.env)
    assert (done.returncode, done.stdout) == (2, "")
    assert "storage.bucket" in done.stderr


def test_an_unknown_provider_is_exit_code_2(run: Any) -> None:
    """With the name that was probably meant."""
    done = run("doctor", "-p", "agorra")
    assert (done.returncode, done.stdout) == (2, "")
    assert "agora" in done.stderr
