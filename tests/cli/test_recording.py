"""`recorder start`, `status`, `layout` and `stop`, each a process of its own, as are the emulators."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROVIDERS = pytest.mark.parametrize("provider", ["agora", "zegocloud"])


@PROVIDERS
def test_a_recording_lives_from_process_to_process(
    run: Any, spec: Any, services: Any, provider: str, tmp_path: Path, room: Callable[[Any], str]
) -> None:
    """The handle file alone carries a recording from start through status and layout to stop."""
    service, handle = services[provider], tmp_path / "handle.json"
    name = room(service)
    started = run("start", spec(room=name), "-p", provider, "--handle", "handle.json", "--json", env=service.env)
    assert started.returncode == 0, started.stderr
    recording = json.loads(started.stdout)
    assert json.loads(handle.read_text()) == recording
    assert (recording["provider"], recording["room"], recording["revision"]) == (provider, name, 0)

    service.post("clock", advance=30)
    status = run("status", "handle.json", "--json", env=service.env)
    assert status.returncode == 0, status.stderr
    assert json.loads(status.stdout)["state"] == "recording"

    changed = run("layout", "handle.json", "spotlight:1002", "--json", env=service.env)
    assert changed.returncode == 0, changed.stderr
    assert json.loads(changed.stdout)["layout"]["participant"] == "1002"
    assert json.loads(handle.read_text()) == json.loads(changed.stdout)
    assert json.loads(handle.read_text())["revision"] == 1

    stopped = run("stop", "handle.json", "--json", env=service.env)
    assert stopped.returncode == 0, stopped.stderr
    outcome = json.loads(stopped.stdout)
    assert outcome["state"] == "completed", outcome
    assert outcome["files"]
    (found,) = [entry for entry in service.get("recordings") if entry["room"] == name]
    assert not found["running"]

    again = run("stop", "handle.json", "--json", env=service.env)
    assert again.returncode == 0, again.stderr


@PROVIDERS
def test_a_person_is_told_what_to_do_next(
    run: Any, spec: Any, services: Any, provider: str, tmp_path: Path, room: Callable[[Any], str]
) -> None:
    """Without --json the handle is kept in a file all the same; the panel names it and what to type next."""
    service = services[provider]
    name = room(service)
    started = run("start", spec(room=name), "-p", provider, env=service.env)
    assert started.returncode == 0, started.stderr
    (path,) = tmp_path.glob("recording-*.json")
    recording = json.loads(path.read_text())
    assert path.name == f"recording-{recording['id']}.json"
    for part in (recording["id"], name, "s3://lessons", f"recorder stop {path.name}"):
        assert part in started.stdout

    layout = run("layout", path.name, "grid", env=service.env)
    assert (layout.returncode, layout.stderr) == (0, "")
    assert path.name in layout.stdout

    stopped = run("stop", path.name, "--no-wait", env=service.env)
    assert stopped.returncode == 0, stopped.stderr
    assert name in stopped.stdout


def test_a_handle_may_come_from_stdin(run: Any, spec: Any, services: Any, room: Callable[[Any], str]) -> None:
    """`-` reads the handle from stdin; a changed one is printed."""
    service = services["zegocloud"]
    handle = run("start", spec(room=room(service)), "-p", "zegocloud", "--json", env=service.env).stdout
    layout = 'kind = "custom"\n[[regions]]\nparticipant = "1001"\nx = 0\ny = 0\nwidth = 0.5\nheight = 0.5\n'
    (Path(spec()).parent / "layout.toml").write_text(layout)
    changed = run("layout", "-", "layout.toml", env=service.env, stdin=handle)
    assert changed.returncode == 0, changed.stderr
    assert json.loads(changed.stdout)["layout"]["regions"][0]["participant"] == "1001"
    stopped = run("stop", "-", "--no-wait", "--json", env=service.env, stdin=changed.stdout)
    assert stopped.returncode == 0, stopped.stderr


def test_wait_returns_when_it_truly_records(run: Any, spec: Any, services: Any, room: Callable[[Any], str]) -> None:
    """`start --wait` prints the handle and returns when the vendor says that it records."""
    service = services["zegocloud"]
    started = run("start", spec(room=room(service)), "-p", "zegocloud", "--wait", "--json", env=service.env)
    assert started.returncode == 0, started.stderr
    stopped = run("stop", "-", "--no-wait", env=service.env, stdin=started.stdout)
    assert stopped.returncode == 0


@pytest.mark.parametrize(
    ("provider", "variable", "code"),
    [("agora", "AGORA_CUSTOMER_SECRET", None), ("zegocloud", "ZEGO_SERVER_SECRET", 100000005)],
)
def test_a_refusal_prints_code_meaning_and_hint(
    run: Any, spec: Any, services: Any, provider: str, variable: str, code: int | None
) -> None:
    """What the vendor refuses is exit code 1 with its code, what that means and what to check next."""
    env = services[provider].env | {variable: "0123456789abcdef0123456789abcdef"}
    refused = run("start", spec(), "-p", provider, env=env)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"error: {provider} ")
    assert "Hint: " in refused.stderr
    assert str(code or "HTTP 401") in refused.stderr

    error = json.loads(run("start", spec(), "-p", provider, "--json", env=env).stderr)
    assert error["error"] == "AuthenticationError"
    assert error["hint"]
    assert error["message"]
    assert error.get("vendor_code") == code or error["http_status"] == 401


@PROVIDERS
def test_a_demand_that_the_vendor_cannot_meet_is_refused_before_anything_is_sent(
    run: Any, spec: Any, services: Any, provider: str
) -> None:
    """UnsupportedFeature is exit code 1 and names every finding; the vendor sees no request of that room."""
    path = spec(room="never-asked", start_paused=True)
    refused = run("start", path, "-p", provider, "--json", env=services[provider].env)
    assert (refused.returncode, refused.stdout) == (1, "")
    error = json.loads(refused.stderr)
    assert error["error"] == "UnsupportedFeature"
    assert [finding["path"] for finding in error["findings"]] == ["start_paused"]
    assert "never-asked" not in json.dumps(services[provider].get("journal"))


def test_what_may_be_dropped_is_dropped_when_asked(
    run: Any, spec: Any, services: Any, room: Callable[[Any], str]
) -> None:
    """With --on-unsupported warn it starts; what was dropped is in the handle, and on stderr as JSON."""
    service = services["zegocloud"]
    path = spec(room=room(service), start_paused=True)
    started = run("start", path, "-p", "zegocloud", "--on-unsupported", "warn", "--json", env=service.env)
    assert started.returncode == 0, started.stderr
    assert json.loads(started.stdout)["dropped"] == ["start_paused"]
    assert ["start_paused" in json.loads(line)["warning"] for line in started.stderr.splitlines()] == [True]


def test_missing_credentials_are_named(run: Any, spec: Any) -> None:
    """Without credentials the variables to set are named; the exit code is 2."""
    done = run("start", spec(), "-p", "agora")
    assert done.returncode == 2
    assert "AGORA_APP_ID" in done.stderr


def test_a_handle_is_never_overwritten(run: Any, spec: Any, services: Any, tmp_path: Path) -> None:
    """A handle file that exists refuses the start before anything is sent; a lost handle can't be stopped."""
    (tmp_path / "kept.json").write_text("{}")
    path = spec(room="not-over-another")
    done = run("start", path, "-p", "agora", "--handle", "kept.json", env=services["agora"].env)
    assert (done.returncode, done.stdout) == (2, "")
    assert "kept.json exists" in done.stderr
    assert (tmp_path / "kept.json").read_text() == "{}"
    nowhere = run("start", path, "-p", "agora", "--handle", "no/such/kept.json", env=services["agora"].env)
    assert nowhere.returncode == 2
    assert "not-over-another" not in json.dumps(services["agora"].get("journal"))


@pytest.mark.parametrize("text", ["", "[]", '{"id": "x"}', "not JSON"])
def test_what_is_no_handle_is_refused(run: Any, text: str) -> None:
    """A file that is no handle is wrong input, whatever is in it."""
    done = run("status", "-", stdin=text)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no recording's handle" in done.stderr


def test_a_bad_layout_prints_the_path_and_the_rule(
    run: Any, spec: Any, services: Any, room: Callable[[Any], str], tmp_path: Path
) -> None:
    """A layout that breaks a rule is exit code 2; the handle stays as it was."""
    service = services["zegocloud"]
    run("start", spec(room=room(service)), "-p", "zegocloud", "--handle", "h.json", "--json", env=service.env)
    before = (tmp_path / "h.json").read_text()
    (tmp_path / "layout.yaml").write_text("kind: custom\nregions: [{x: 0, y: 0, width: 1.5, height: 1}]\n")
    done = run("layout", "h.json", "layout.yaml", env=service.env)
    assert (done.returncode, done.stdout) == (2, "")
    assert "regions.0.width" in done.stderr
    assert (tmp_path / "h.json").read_text() == before
