"""The ledger of the command line: which one it is, and ids from it where a handle is taken."""

import json
import sqlite3
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROVIDERS = pytest.mark.parametrize("provider", ["agora", "zegocloud"])


@pytest.fixture
def started(
    run: Any, spec: Any, services: Any, room: Callable[[Any], str], tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    """Starts a recording and forgets its handle; the handle as it was."""

    def start(provider: str = "zegocloud", *options: str, **fields: Any) -> dict[str, Any]:
        service = services[provider]
        done = run("start", spec(room=room(service), **fields), "-p", provider, "--json", *options, env=service.env)
        assert done.returncode == 0, done.stderr
        assert not list(tmp_path.glob("recording-*.json"))
        handle: dict[str, Any] = json.loads(done.stdout)
        return handle

    return start


@PROVIDERS
def test_an_id_lives_from_process_to_process(run: Any, services: Any, provider: str, started: Any) -> None:
    """The beginning of an id carries a recording through status, layout and stop, with its provider's credentials."""
    recording = started(provider)
    service, beginning = services[provider], recording["id"][:8]
    service.post("clock", advance=30)
    status = run("status", beginning, "--json", env=service.env)
    assert json.loads(status.stdout)["state"] == "recording"
    changed = run("layout", beginning, "spotlight:1002", env=service.env)
    assert changed.stdout == "The layout is spotlight now; the ledger has the new handle.\n"
    (entry,) = json.loads(run("list", "--json").stdout)
    assert (entry["recording"]["layout"]["kind"], entry["recording"]["revision"]) == ("spotlight", 1)
    stopped = run("stop", beginning, "--json", env=service.env)
    assert stopped.returncode == 0, stopped.stderr
    assert json.loads(stopped.stdout)["files"]
    assert json.loads(run("list", "--json").stdout) == []
    # The vendor may have forgotten it; the ledger hasn't.
    assert json.loads(run("status", beginning, "--json", env=service.env).stdout) == json.loads(stopped.stdout)


def test_verbs_that_leave_the_handle_take_an_id(run: Any, services: Any, started: Any) -> None:
    """As they take a file."""
    service, recording = services["zegocloud"], started()
    service.post("clock", advance=30)
    for verb in ("snapshot", "pause", "resume"):
        done = run(verb, recording["id"], "--json", env=service.env)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == recording


def test_an_update_by_id_is_in_the_ledger(run: Any, services: Any, started: Any, tmp_path: Path) -> None:
    """The newest handle is where the old one came from."""
    service, recording = services["agora"], started("agora")
    (tmp_path / "changes.json").write_text('{"participants": {"audio": {"include": ["1001"]}}}')
    done = run("update", recording["id"][:6], "changes.json", env=service.env)
    assert done.stdout == "Changed: participants; the ledger has the new handle.\n", done.stderr
    (entry,) = json.loads(run("list", "--json").stdout)
    assert entry["recording"]["participants"]["audio"]["include"] == ["1001"]


def test_a_follower_takes_an_id(run: Any, services: Any, started: Any) -> None:
    """Of a recording that has ended there is one event, its outcome, which the ledger tells."""
    service, recording = services["zegocloud"], started()
    run("stop", recording["id"], env=service.env)
    done = run("follow", recording["id"][:8], "--json", env=service.env)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert (events[-1]["recording_id"], events[-1]["state"]) == (recording["id"], "completed")


def test_a_file_goes_before_an_id(run: Any, services: Any, started: Any, tmp_path: Path) -> None:
    """A file whose name could be the beginning of an id is meant by its name."""
    recording = started()
    (tmp_path / recording["id"][:4]).write_text("no handle")
    done = run("status", recording["id"][:4], env=services["zegocloud"].env)
    assert done.returncode == 2
    assert "is no recording's handle" in done.stderr


def test_an_id_that_nobody_knows(run: Any) -> None:
    """The error says where ids are."""
    done = run("status", "abc")
    assert done.returncode == 2
    assert "abc is neither a file nor a recording in the ledger" in done.stderr
    assert "recorder list --all" in done.stderr


def test_a_beginning_that_several_ids_have(run: Any, services: Any, started: Any) -> None:
    """Nothing is guessed."""
    letters: list[str] = []
    while len(set(letters)) == len(letters):
        letters.append(started()["id"][0])
    done = run("stop", letters[-1], env=services["zegocloud"].env)
    assert done.returncode == 2
    assert "begins the ids of several recordings" in done.stderr
    assert len(json.loads(run("list", "--json").stdout)) == len(letters)


def test_the_ledger_is_this_users_alone(run: Any, started: Any, data_directory: dict[str, str]) -> None:
    """It lies in the data directory, in a folder that nobody else reads."""
    started()
    (path,) = Path(data_directory["XDG_DATA_HOME"]).rglob("*.db")
    assert (path.name, path.parent.name) == ("recordings.db", "recorder-core")
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("how", ["option", "variable"])
def test_another_ledger(
    run: Any, services: Any, spec: Any, room: Any, tmp_path: Path, data_directory: dict[str, str], how: str
) -> None:
    """--ledger or RECORDER_LEDGER names it; the user's own isn't made then."""
    url, service = f"sqlite:///{tmp_path / 'other.db'}", services["zegocloud"]
    options, env = (["--ledger", url], {}) if how == "option" else ([], {"RECORDER_LEDGER": url})
    done = run("start", spec(room=room(service)), "-p", "zegocloud", "--json", *options, env=service.env | env)
    (entry,) = json.loads(run("list", "--json", *options, env=env).stdout)
    assert entry["id"] == json.loads(done.stdout)["id"]
    assert not list(Path(data_directory["XDG_DATA_HOME"]).rglob("*.db"))


def test_no_ledger(run: Any, services: Any, spec: Any, room: Any, data_directory: dict[str, str]) -> None:
    """`none` goes without: start and stop work by the handle; nothing is listed or recovered, an id is no handle."""
    service, env = services["zegocloud"], {"RECORDER_LEDGER": "none"}
    done = run("start", spec(room=room(service)), "-p", "zegocloud", "--handle", "h.json", env=service.env | env)
    assert done.returncode == 0, done.stderr
    assert run("stop", "h.json", env=service.env | env).returncode == 0
    for verb in (["list"], ["recover", "-p", "zegocloud"]):
        done = run(*verb, env=service.env | env)
        assert (done.returncode, "there is no ledger" in done.stderr) == (2, True)
    named = run("status", "abcdef", env=env)
    assert (named.returncode, "can't be read" in named.stderr) == (2, True)
    assert not list(Path(data_directory["XDG_DATA_HOME"]).rglob("*.db"))


def test_a_ledger_that_can_not_be_made_refuses_a_start(
    run: Any, services: Any, spec: Any, room: Any, tmp_path: Path
) -> None:
    """What is started couldn't be found again after a crash; the error says what to do. Nothing was started."""
    service, name = services["zegocloud"], room(services["zegocloud"])
    (tmp_path / "data").write_text("a file where a folder should be")
    env = service.env | {"XDG_DATA_HOME": str(tmp_path / "data")}
    done = run("start", spec(room=name), "-p", "zegocloud", env=env)
    assert done.returncode == 2
    assert "RECORDER_LEDGER" in done.stderr
    assert name not in {entry["room"] for entry in service.get("recordings")}


def test_a_ledger_that_is_broken_keeps_nobody_from_stopping(
    run: Any, services: Any, started: Any, tmp_path: Path, data_directory: dict[str, str]
) -> None:
    """With the handle at hand, a recording can be stopped whatever became of the ledger."""
    recording, service = started(), services["zegocloud"]
    (tmp_path / "h.json").write_text(json.dumps(recording))
    (path,) = Path(data_directory["XDG_DATA_HOME"]).rglob("*.db")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE recorder_recordings")
    connection.close()
    done = run("stop", "h.json", "--json", env=service.env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "completed"


def test_a_password_of_the_ledger_is_shown_nowhere(run: Any) -> None:
    """A URL holds one; the error says which host and database it was."""
    password = uuid.uuid4().hex
    url = f"postgresql+psycopg://recorder:{password}@127.0.0.1:1/ledger"
    done: subprocess.CompletedProcess[str] = run("list", env={"RECORDER_LEDGER": url})
    assert done.returncode == 1
    assert "127.0.0.1/ledger" in done.stderr
    assert password not in done.stderr + done.stdout
