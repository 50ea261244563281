"""`link`, `recover`, `adopt` and `start --key` at a vendor of the tests that keeps files and knows several ids."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recorder_core import InvalidSpec, RemoteRecording
from recorder_core.cli.documents import load_layout

ATTIC = '''
from datetime import UTC, datetime

from recorder_core import (
    FileStatus, Link, Plan, Provider, ProviderConfig, RecordedFile, RecordingNotFound, RecordingStatus,
    RemoteRecording,
)

NOW = datetime.now(UTC)


def files(case):
    gone = FileStatus.EXPIRED if case == "expired" else FileStatus.UPLOADED
    named = {"empty": (), "running": ()}.get(case, ("one.mp4", "two.mp4"))
    return tuple(RecordedFile(name=name, status=gone, participant=name[:3]) for name in named)


class Attic(Provider):
    """Two ids make one recording; the first says what the attic tells of it."""

    name = "attic"
    plugin_api = 1
    Config = ProviderConfig
    native_key = "box"
    several_ids = True
    start_is_unique = False

    @property
    def account(self):
        return None

    def translate(self, spec, intent):
        return Plan(self.name, (), (), spec.resolved())

    def start(self, plan, intent): ...

    def status(self, recording):
        case = recording.ids_under("box")[0]
        state = "recording" if case == "running" else "completed"
        return RecordingStatus(state=state, files=files(case))

    def stop(self, recording, *, wait, deadline): ...

    def list_remote(self, since, until, room=None):
        for case in ("running", "kept"):
            state = "recording" if case == "running" else "completed"
            native = {"box": [case, case + "-2"]}
            yield RemoteRecording(provider="attic", room="loft", state=state, started_at=NOW, native=native)

    def adopt(self, remote):
        if remote.ids_under("box")[0] == "nosuch":
            raise RecordingNotFound("the attic has no such box")
        return self.adopted(remote, remote.native)

    def link(self, recording, file, *, seconds):
        return Link(url="https://attic.example/" + file.name)
'''
METADATA = "Metadata-Version: 2.1\nName: attic\nVersion: 1.0\n"


@pytest.fixture(scope="module")
def attic(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which the vendor's provider is installed."""
    folder = tmp_path_factory.mktemp("plugins")
    told = folder / "attic-1.0.dist-info"
    told.mkdir()
    (folder / "attic_provider.py").write_text(ATTIC)
    (told / "METADATA").write_text(METADATA)
    (told / "entry_points.txt").write_text("[recorder_core.providers]\nattic = attic_provider:Attic\n")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))}


@pytest.fixture
def ask(run: Any, attic: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """Runs `recorder` there, with a ledger unless it is told otherwise; `case` makes a handle on stdin."""

    def asked(*arguments: str, case: str | None = None, ledger: str = f"sqlite:///{tmp_path / 'attic.db'}") -> Any:
        handle = {"id": "1" * 32, "provider": "attic", "room": "loft", "started_at": "2026-05-01T08:00:00Z"}
        stdin = json.dumps(handle | {"native": {"box": [case, f"{case}-2"]}}) if case else ""
        return run(*arguments, env=attic | {"RECORDER_LEDGER": ledger}, stdin=stdin)

    return asked


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("running", "It is recording, and has no files yet."),
        ("empty", "It is completed, and has no files."),
        ("expired", "Nobody has its files: one.mp4 is expired, two.mp4 is expired."),
    ],
)
def test_nothing_to_link_is_said(ask: Any, case: str, reason: str) -> None:
    """On stderr and by the exit code, so that no script takes nothing for an address."""
    done = ask("link", "-", case=case)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{reason}\n")


def test_nothing_to_link_is_an_empty_list(ask: Any) -> None:
    """With --json it is no failure."""
    as_json = ask("link", "-", "--json", case="empty")
    assert (as_json.returncode, json.loads(as_json.stdout), as_json.stderr) == (0, [], "")


def test_links_are_lines_and_say_whose_they_are(ask: Any) -> None:
    """An address on each line; with --json the file's name and participant beside it."""
    addresses = [f"https://attic.example/{name}.mp4" for name in ("one", "two")]
    done = ask("link", "-", case="kept")
    assert (done.returncode, done.stdout.splitlines()) == (0, addresses)
    shown = json.loads(ask("link", "-", "--json", case="kept").stdout)
    assert [(one["name"], one["participant"], one["url"], one["expires_at"]) for one in shown] == [
        ("one.mp4", "one", addresses[0], None),
        ("two.mp4", "two", addresses[1], None),
    ]


def test_several_ids_are_listed_plainly_and_each_adopts_all(ask: Any) -> None:
    """As they are typed after `recorder adopt`, which takes the recording whole by any of them."""
    listed = ask("recover", "-p", "attic")
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.splitlines()[0].endswith(" UTC: box running, running-2")
    done = ask("adopt", "running-2", "-p", "attic")
    assert done.returncode == 0, done.stderr
    first, following = done.stdout.splitlines()
    beginning = first.rpartition(" ")[2]
    assert following == f"Next: recorder status {beginning} | recorder follow {beginning} | recorder stop {beginning}"
    (entry,) = json.loads(ask("list", "--json").stdout)
    assert entry["recording"]["native"] == {"box": ["running", "running-2"]}


def test_what_has_ended_is_adopted_as_ended(ask: Any) -> None:
    """Nobody is sent to stop it; the ledger knows its end."""
    done = ask("adopt", "kept", "-p", "attic")
    assert done.returncode == 0, done.stderr
    first, state, following = done.stdout.splitlines()
    beginning = first.rpartition(" ")[2]
    assert (state, following) == ("It has ended: it is completed.", f"Next: recorder status {beginning}")
    assert ask("list").stdout == "Nothing is open.\n"


def test_an_id_of_nothing_names_no_recording(ask: Any) -> None:
    """The vendor's refusal alone: no id of a recording that nobody has."""
    done = ask("adopt", "nosuch", "-p", "attic")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: attic adopt: the attic has no such box\n"
    assert "recording_id" not in json.loads(ask("adopt", "nosuch", "-p", "attic", "--json").stderr)


def test_a_key_without_a_ledger_is_refused_by_the_names_of_options(ask: Any, spec: Any) -> None:
    """The hint is about the command line, not about Python."""
    done = ask("start", spec(), "-p", "attic", "--key", "k", ledger="none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "a start with a key takes a ledger here: attic doesn't tell" in done.stderr
    hint = "Leave out --ledger none, and RECORDER_LEDGER=none. Or leave out --key. Nothing was sent."
    assert f"Hint: {hint}\n" in done.stderr


@pytest.mark.parametrize("kind", ["floating", "spotlight"])
def test_the_short_form_of_a_layout_may_follow_the_speaker(kind: str) -> None:
    """By another sign than a participant's, so that somebody may be called speaker."""
    followed = load_layout(f"{kind}@speaker", None)
    assert followed.model_dump(include={"kind", "participant", "follows"}) == {
        "kind": kind,
        "participant": None,
        "follows": "speaker",
    }
    named = load_layout(f"{kind}:@speaker", None)
    assert named.model_dump(include={"participant", "follows"}) == {"participant": "@speaker", "follows": None}
    with pytest.raises(InvalidSpec, match="follows"):
        load_layout(f"{kind}@teacher", None)
    with pytest.raises(InvalidSpec, match="follows: is unknown"):
        load_layout("grid@speaker", None)


def test_a_remote_recording_gives_its_ids() -> None:
    """One, several or none, as a handle does."""
    natives: tuple[dict[str, Any], ...] = ({"box": "a"}, {"box": ["a", "b", "a"]}, {"box": ""}, {})
    found = [RemoteRecording(provider="attic", native=native).ids_under("box") for native in natives]
    assert found == [("a",), ("a", "b"), (), ()]
