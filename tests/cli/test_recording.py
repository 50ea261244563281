"""`recorder start`, `status`, `layout` and `stop`, each a process of its own, as are the emulators."""

import json
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = {"mode": "web", "web_page": {"url": "https://example.com/lesson"}}
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

    again = run("stop", "handle.json", "--deadline", "4", "--json", env=service.env)
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
    assert (layout.returncode, layout.stderr) == (0, "Changing the layout, up to 60 s\n")
    assert path.name in layout.stdout

    stopped = run("stop", path.name, "--no-wait", env=service.env)
    assert stopped.returncode == 0, stopped.stderr
    assert name in stopped.stdout
    assert stopped.stderr == "Stopping, up to 60 s\n"


@pytest.mark.parametrize(
    ("provider", "fields", "steps"),
    [
        ("agora", {}, ["status h", "layout h grid", "stop h"]),
        ("agora", {"mode": "individual"}, ["status h", "stop h"]),
        ("zegocloud", {"media": "audio"}, ["status h", "pause h", "stop h"]),
        ("agora", {**PAGE, "start_paused": True}, ["status h", "resume h", "stop h"]),
        ("agora", PAGE, ["status h", "pause h", "stop h"]),
    ],
)
def test_only_what_the_vendor_offers_is_told_as_next(
    run: Any, spec: Any, services: Any, room: Any, provider: str, fields: dict[str, Any], steps: list[str]
) -> None:
    """Of a recording that has no layout to change, none is advised; one that is on hold can be resumed."""
    service = services[provider]
    started = run("start", spec(room=room(service), **fields), "-p", provider, "--handle", "h", env=service.env)
    (line,) = [line for line in started.stdout.splitlines() if line.startswith("Next: ")]
    assert line == "Next: " + " | ".join(f"recorder {step}" for step in steps)


def test_files_of_participants_say_whose_they_are(run: Any, spec: Any, services: Any, room: Any) -> None:
    """The table of an individual recording has the participant and the tracks of each file."""
    service = services["agora"]
    path = spec(room=room(service), mode="individual", output={"tracks": "separate"})
    run("start", path, "-p", "agora", "--handle", "h", env=service.env)
    service.post("clock", advance=30)
    stopped = run("stop", "h", env=service.env)
    rows = [line.split()[:3] for line in stopped.stdout.splitlines()]
    for participant in ("1001", "1002"):
        for tracks in ("audio", "video"):
            assert [participant, tracks, "hls"] in rows


def test_each_file_is_one_line(run: Any, spec: Any, services: Any, room: Callable[[Any], str]) -> None:
    """Under the table each file's URI stands alone on a line, however narrow the screen is said to be."""
    service = services["zegocloud"]
    path = spec(room=room(service), output={"formats": ["hls"], "prefix": "a" * 100})
    handle = run("start", path, "-p", "zegocloud", "--json", env=service.env).stdout
    service.post("clock", advance=30)
    stopped = json.loads(run("stop", "-", "--json", env=service.env, stdin=handle).stdout)
    shown = run("status", "-", env=service.env | {"COLUMNS": "40"}, stdin=handle).stdout.splitlines()
    assert stopped["files"]
    assert {file["uri"] for file in stopped["files"]} <= set(shown)


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
    """`start --confirm` prints the handle and returns when the vendor says that it records."""
    service = services["zegocloud"]
    started = run("start", spec(room=room(service)), "-p", "zegocloud", "--confirm", "--json", env=service.env)
    assert started.returncode == 0, started.stderr
    (line,) = started.stderr.splitlines()
    assert json.loads(line)["info"].endswith("is recorded, up to 120 s")
    stopped = run("stop", "-", "--no-wait", env=service.env, stdin=started.stdout)
    assert stopped.returncode == 0


def test_what_a_wait_reached_is_told_with_its_reason(
    run: Any, spec: Any, services: Any, room: Callable[[Any], str]
) -> None:
    """A vendor that records without yet a file says so: the reason stands below the state."""
    service = services["agora"]
    started = run("start", spec(room=room(service)), "-p", "agora", "--confirm", "--handle", "h.json", env=service.env)
    assert started.returncode == 0, started.stderr
    asked = json.loads(run("status", "h.json", "--json", env=service.env).stdout)
    *_, state, reason = started.stdout.splitlines()
    assert (state, reason) == ("It is recording now.", asked["reason"])


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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("as_json", [True, False])
def test_an_interrupted_start_says_what_may_be_running(
    begin: Any, spec: Any, services: Any, number: signal.Signals, code: int, as_json: bool
) -> None:
    """While the vendor's answer is out, an interruption prints the intent: the recording may run, and can be found."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = services["zegocloud"].env | {"ZEGO_BASE_URLS": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        arguments = ("start", spec(room="cut-off"), "-p", "zegocloud", "--key", "k", *["--json"] * as_json)
        process = begin(*arguments, env=env)
        silent.settimeout(30)
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1)
            process.send_signal(number)
            output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (code, "")
    found = "in two minutes `recorder recover --provider zegocloud` finds out what became of it"
    if as_json:
        error = json.loads(errors)
        assert error["message"] == f"interrupted; {found}; the recording may run"
        intent = error["intent"]
    else:
        first, kept = errors.splitlines()
        assert first == f"error: interrupted; {found}; the recording may run"
        intent = json.loads(kept.removeprefix("Keep this, it identifies what may be running: "))
    assert (intent["room"], intent["key"]) == ("cut-off", "k")


def test_an_interrupted_wait_has_handed_out_the_handle(
    begin: Any, spec: Any, services: Any, room: Callable[[Any], str], tmp_path: Path
) -> None:
    """Ctrl-C while it waits says that the recording runs, and prints the handle that is in the file too."""
    service = services["agora"]
    arguments = ("start", spec(room=room(service)), "-p", "agora", "--handle", "h.json", "--confirm", "--json")
    process = begin(*arguments, env=service.env)
    assert process.stderr is not None
    assert "info" in json.loads(process.stderr.readline())
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    error = json.loads(errors.splitlines()[-1])  # stderr is JSON Lines: a warning may come before it
    assert error["message"] == "interrupted; the recording runs"
    assert error["recording"] == json.loads(output) == json.loads((tmp_path / "h.json").read_text())


def test_what_a_layout_loses_may_be_dropped_when_asked(
    run: Any, spec: Any, services: Any, room: Callable[[Any], str], tmp_path: Path
) -> None:
    """`layout` takes --on-unsupported as `start` does."""
    service = services["agora"]
    (tmp_path / "layout.yaml").write_text("{kind: grid, fit: stretch}")
    run("start", spec(room=room(service)), "-p", "agora", "--handle", "h.json", "--json", env=service.env)
    service.post("clock", advance=30)
    refused = run("layout", "h.json", "layout.yaml", env=service.env)
    assert (refused.returncode, refused.stdout) == (1, "")
    changed = run("layout", "h.json", "layout.yaml", "--on-unsupported", "warn", "--json", env=service.env)
    assert changed.returncode == 0, changed.stderr
    assert json.loads(changed.stdout)["dropped"] == ["layout.fit"]


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
    keyed = run("start", path, "-p", "agora", "--key", "k", "--handle", "kept.json", env=services["agora"].env)
    assert (keyed.returncode, (tmp_path / "kept.json").read_text()) == (2, "{}")
    nowhere = run("start", path, "-p", "agora", "--handle", "no/such/kept.json", env=services["agora"].env)
    assert nowhere.returncode == 2
    assert "not-over-another" not in json.dumps(services["agora"].get("journal"))


def test_a_key_writes_only_its_own_handle_again(
    run: Any, spec: Any, services: Any, room: Callable[[Any], str], tmp_path: Path
) -> None:
    """With --key an existing handle is written again where it is this key's recording at this account, else refused."""
    service, other = services["zegocloud"], services["agora"]
    start = ("start", spec(room=room(service)), "--handle", "h.json", "--json", "--key")
    first = run(*start, "lesson", "-p", "zegocloud", env=service.env)
    assert first.returncode == 0, first.stderr
    again = run(*start, "lesson", "-p", "zegocloud", env=service.env)
    assert again.returncode == 0, again.stderr
    kept = (tmp_path / "h.json").read_text()
    assert json.loads(kept)["id"] == json.loads(first.stdout)["id"]
    for key, provider, env in (("another", "zegocloud", service.env), ("lesson", "agora", other.env)):
        refused = run(*start, key, "-p", provider, env=env)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "isn't the handle of this key's recording" in json.loads(refused.stderr)["message"]
        assert (tmp_path / "h.json").read_text() == kept


@pytest.mark.parametrize(
    ("layout", "meant"),
    [
        ("grd", "grid"),
        ("spotligth:1001", "spotlight:1001"),
        ("spotlight:", "spotlight"),
        ("spot@speaker", "spotlight@speaker"),
        ("mosaic", None),
    ],
)
def test_a_misspelt_short_layout_is_answered_with_the_nearest(
    run: Any, spec: Any, services: Any, room: Callable[[Any], str], layout: str, meant: str | None
) -> None:
    """What is no file and reads like a short form is refused with the short forms and the one probably meant."""
    service = services["zegocloud"]
    handle = run("start", spec(room=room(service)), "-p", "zegocloud", "--json", env=service.env).stdout
    done = run("layout", "-", layout, env=service.env, stdin=handle)
    assert (done.returncode, done.stdout) == (2, "")
    first = done.stderr.splitlines()[0]
    forms = "grid, floating[:PARTICIPANT], spotlight[:PARTICIPANT], floating@speaker, spotlight@speaker"
    asked = f"; did you mean {meant}?" if meant else ""
    assert first == f"error: {layout!r} is neither a file nor one of {forms}{asked}"


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
