"""`recorder adopt`, and `link` and `delete-files` where the vendor keeps nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    """That of whoever adopts."""
    return f"sqlite:///{tmp_path / 'recordings.db'}"


@pytest.fixture
def theirs(run: Any, spec: Any, services: Any, room: Any) -> Callable[[str], tuple[dict[str, Any], str]]:
    """Starts a recording of which no ledger knows; its handle and its room."""

    def start(provider: str) -> tuple[dict[str, Any], str]:
        name = room(services[provider])
        done = run(
            *("start", spec(room=name), "-p", provider, "--json", "--ledger", "none"), env=services[provider].env
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), name

    return start


def test_what_recover_lists_is_adopted(run: Any, services: Any, theirs: Any, ledger: str) -> None:
    """By the vendor's id that it lists; from then on the ledger has it, and it is one like any other."""
    service, (handle, name) = services["zegocloud"], theirs("zegocloud")
    env = service.env | {"RECORDER_LEDGER": ledger}
    listed = run("recover", "-p", "zegocloud", env=env).stdout
    assert f": TaskId {handle['native']['TaskId']}" in listed
    assert "  Take one over: recorder adopt ID --provider zegocloud\n" in listed
    done = run("adopt", handle["native"]["TaskId"], "-p", "zegocloud", env=env)
    assert done.returncode == 0, done.stderr
    first, following = done.stdout.splitlines()
    beginning = first.rpartition(" ")[2]
    assert first == f"{name} at zegocloud is adopted: {beginning}"
    assert following == (f"Next: recorder status {beginning} | recorder follow {beginning} | recorder stop {beginning}")
    assert name not in run("recover", "-p", "zegocloud", env=env).stdout
    again = json.loads(run("adopt", handle["native"]["TaskId"], "-p", "zegocloud", "--json", env=env).stdout)
    assert again["id"].startswith(beginning)
    assert run("stop", beginning, env=env).returncode == 0
    assert not [one for one in service.get("recordings") if one["room"] == name and one["running"]]


def test_without_a_ledger_the_handle_is_a_file(run: Any, services: Any, theirs: Any, tmp_path: Path) -> None:
    """Named by the recording's id, or as it is asked for; one that is there isn't replaced."""
    handle, name = theirs("zegocloud")
    ask = ("adopt", handle["native"]["TaskId"], "-p", "zegocloud", "--ledger", "none")
    env = services["zegocloud"].env
    done = run(*ask, env=env)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("recording-*.json")
    assert json.loads(path.read_text())["room"] == name
    assert run(*ask, "--handle", "mine.json", env=env).returncode == 0
    assert (tmp_path / "mine.json").read_text() == path.read_text()
    assert run(*ask, "--handle", "mine.json", env=env).returncode == 2


def test_what_cannot_be_adopted_says_why(run: Any, services: Any, ledger: str) -> None:
    """An id that the vendor doesn't know, and a vendor that tells too little."""
    env = services["zegocloud"].env | services["agora"].env | {"RECORDER_LEDGER": ledger}
    unknown = run("adopt", "nobodys", "-p", "zegocloud", env=env)
    assert (unknown.returncode, "the vendor doesn't know the task" in unknown.stderr) == (1, True)
    refused = run("adopt", "nobodys", "-p", "agora", env=env)
    assert (refused.returncode, "agora has no adopt" in refused.stderr) == (1, True), refused.stderr


@pytest.mark.parametrize("verb", ["link", "delete-files"])
def test_files_in_a_bucket_are_its_owner_s(run: Any, services: Any, theirs: Any, verb: str, tmp_path: Path) -> None:
    """Refused, with whose client does it."""
    handle, _ = theirs("agora")
    (tmp_path / "handle.json").write_text(json.dumps(handle))
    done = run(verb, "handle.json", "--ledger", "none", env=services["agora"].env)
    assert done.returncode == 1, done.stderr
    assert "A storage of your own signs and deletes by its own client" in done.stderr
