"""`recorder pause`, `resume`, `snapshot` and `update`, each a process of its own, as are the emulators.

`recorder layout` is tested with the life of a recording.
"""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROVIDERS = pytest.mark.parametrize("provider", ["agora", "zegocloud"])
RENEWED = "renewed-storage-secret"
STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "renewed-key"}
PAGE = {"mode": "web", "web_page": {"url": "https://example.com/lesson"}}
BOARD = {"whiteboard": {"aspect": "16:9", "id": "board-1"}}


@dataclass
class Running:
    """A recording that runs, its handle in `h.json`."""

    service: Any
    folder: Path
    run: Callable[..., Any]

    @property
    def handle(self) -> dict[str, Any]:
        """The handle in its file."""
        found: dict[str, Any] = json.loads((self.folder / "h.json").read_text())
        return found

    def do(self, *arguments: str, **keywords: Any) -> Any:
        """Run `recorder` with the service's credentials, and more variables where they are given."""
        env = {**self.service.env, **keywords.pop("env", {})}
        return self.run(*arguments, env=env, **keywords)

    def sent(self) -> list[str]:
        """What the vendor was asked of this recording since its start, in order."""
        key = "sid" if "sid" in self.handle["native"] else "TaskId"
        ids = (self.handle["native"][key], self.handle["room"])
        asked = [
            entry["operation"]
            for entry in self.service.get("journal")
            if any(one in json.dumps([entry["path"], entry["body"]]) for one in ids)
        ]
        return asked[asked.index("start" if "start" in asked else "StartRecord") + 1 :]

    def state(self) -> str:
        """What `status` says, once the vendor had time."""
        self.service.post("clock", advance=30)
        done = self.do("status", "h.json", "--json")
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["state"])

    def write(self, **changes: Any) -> str:
        """A file of changes."""
        (self.folder / "changes.yaml").write_text(json.dumps(changes))
        return "changes.yaml"


@pytest.fixture
def begun(run: Any, spec: Any, services: Any, room: Callable[[Any], str], tmp_path: Path) -> Callable[..., Running]:
    """Starts a recording at a provider, with fields of the spec; `at` is another service than the shared one."""

    def start(provider: str, *, at: Any = None, **fields: Any) -> Running:
        service = at or services[provider]
        path = spec(room=room(service), **fields)
        started = run("start", path, "-p", provider, "--handle", "h.json", "--json", env=service.env)
        assert started.returncode == 0, started.stderr
        service.post("clock", advance=30)
        return Running(service, tmp_path, run)

    return start


# --- pause, resume, snapshot ---


@pytest.mark.parametrize(("provider", "fields"), [("agora", PAGE), ("zegocloud", {})])
def test_a_recording_is_paused_and_resumed(begun: Any, provider: str, fields: dict[str, Any]) -> None:
    """Where the vendor can: `status` says paused, then recording again; the handle stays as it is; twice does too."""
    recording = begun(provider, **fields)
    before = recording.handle
    for verb, state in (("pause", "paused"), ("pause", "paused"), ("resume", "recording"), ("resume", "recording")):
        done = recording.do(verb, "h.json", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == recording.handle == before
        assert recording.state() == state


def test_people_are_told_what_a_pause_means(begun: Any) -> None:
    """One sentence each, on stdout; a handle on stdin does as well."""
    recording = begun("zegocloud")
    handle = json.dumps(recording.handle)
    assert recording.do("pause", "h.json").stdout == "Nothing is recorded until it is resumed.\n"
    assert recording.do("resume", "-", stdin=handle).stdout == "It is recorded again.\n"
    assert recording.do("snapshot", "h.json").stdout == "A picture was taken; it arrives where the files go.\n"
    assert [call for call in recording.sent() if not call.startswith("Describe")] == [
        "PauseRecord",
        "ResumeRecord",
        "TakeSnapshot",
    ]


def test_a_start_on_hold_is_resumed(begun: Any) -> None:
    """`start_paused` waits for `recorder resume`."""
    recording = begun("agora", **PAGE, start_paused=True)
    assert recording.state() == "paused"
    assert recording.do("resume", "h.json").returncode == 0
    assert recording.state() == "recording"


@pytest.mark.parametrize(
    ("provider", "verb", "where"),
    [
        ("agora", "pause", "There is one for web recordings."),
        ("agora", "resume", "There is one for web recordings."),
        ("agora", "snapshot", "`recorder capabilities` tells which vendor has it."),
    ],
)
def test_what_the_vendor_does_not_offer_is_refused(begun: Any, provider: str, verb: str, where: str) -> None:
    """UnsupportedOperation is exit code 1, says which recordings have it or where to look, and sends nothing."""
    recording = begun(provider)
    refused = recording.do(verb, "h.json", "--json")
    assert (refused.returncode, refused.stdout) == (1, "")
    error = json.loads(refused.stderr.splitlines()[-1])
    assert (error["error"], error["operation"]) == ("UnsupportedOperation", verb)
    assert error["hint"] == f"Nothing was sent. {where}"
    assert recording.sent() == []


def test_a_change_of_what_has_ended_is_the_vendors_refusal(begun: Any) -> None:
    """Too late is exit code 1 with the class that says so."""
    recording = begun("zegocloud")
    recording.do("stop", "h.json", "--json")
    refused = recording.do("pause", "h.json", "--json")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert json.loads(refused.stderr.splitlines()[-1])["error"] == "RecordingEnded"


# --- update ---


@PROVIDERS
def test_a_layout_is_changed_by_a_file(begun: Any, provider: str) -> None:
    """`update` does what `layout` does: the handle has the new layout, and one revision more."""
    recording = begun(provider)
    changes = recording.write(layout={"kind": "spotlight", "participant": "1002"})
    done = recording.do("update", "h.json", changes)
    assert (done.returncode, done.stdout) == (0, "Changed: layout; h.json has the new handle.\n"), done.stderr
    assert recording.handle["layout"]["participant"] == "1002"
    assert recording.handle["revision"] == 1


def test_a_handle_keeps_its_permissions(begun: Any) -> None:
    """Whoever closed the file to others finds it closed after a change."""
    recording = begun("agora")
    (recording.folder / "h.json").chmod(0o600)
    assert recording.do("update", "h.json", recording.write(layout={"kind": "spotlight"})).returncode == 0
    assert (recording.handle["revision"], (recording.folder / "h.json").stat().st_mode & 0o777) == (1, 0o600)


def test_changes_are_made_one_after_the_other(begun: Any) -> None:
    """Whatever the order in the file: participants, storage, layout; each is one revision; no secret is printed."""
    recording = begun("agora")
    changes = recording.write(
        layout={"kind": "spotlight", "participant": "1002"},
        storage={**STORAGE, "secret_key": "${env:RENEWED_SECRET}"},
        participants={"audio": {"include": ["1001"]}, "video": {"include": ["1001", 1002]}},
    )
    done = recording.do("update", "h.json", changes, "--json", env={"RENEWED_SECRET": RENEWED})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == recording.handle
    assert recording.handle["revision"] == 3
    assert recording.handle["participants"]["video"]["include"] == ["1001", "1002"]
    assert recording.handle["location"]["bucket"] == "lessons"
    assert recording.sent() == ["update", "update", "updateLayout"]
    told = [json.loads(line)["info"] for line in done.stderr.splitlines()]
    assert told == [f"Changing {name}, up to 60 s" for name in ("participants", "storage", "layout")]


def test_a_whiteboard_is_switched_by_its_id(begun: Any) -> None:
    """The key holds the id alone."""
    recording = begun("zegocloud", **BOARD)
    done = recording.do("update", "h.json", recording.write(whiteboard="board-2"), "--json")
    assert done.returncode == 0, done.stderr
    assert recording.handle["revision"] == 1
    assert recording.sent() == ["UpdateWhiteboard"]


def test_a_push_is_led_elsewhere(begun: Any) -> None:
    """The new address comes from the environment, and is in no output and no handle."""
    recording = begun("agora", **PAGE, push_urls=["rtmp://example.com/live/first"])
    changes = recording.write(push_urls=["${env:PUSH_SECRET_URL}"])
    env = {"PUSH_SECRET_URL": "rtmp://example.org/live/second-secret"}
    done = recording.do("update", "h.json", changes, "--json", env=env)
    assert done.returncode == 0, done.stderr
    assert recording.sent() == ["update"]


@pytest.mark.parametrize("on_stdin", ["changes", "handle"])
def test_either_may_stand_on_stdin(begun: Any, on_stdin: str) -> None:
    """Changes on stdin leave the handle in its file; for a handle on stdin the new one is printed."""
    recording = begun("zegocloud")
    before = recording.handle
    changes = {"layout": {"kind": "spotlight", "participant": "1002"}}
    if on_stdin == "changes":
        done = recording.do("update", "h.json", "-", stdin=json.dumps(changes))
        assert done.returncode == 0, done.stderr
        new = recording.handle
    else:
        done = recording.do("update", "-", recording.write(**changes), stdin=json.dumps(before))
        assert done.returncode == 0, done.stderr
        assert recording.handle == before
        new = json.loads(done.stdout)
    assert (new["id"], new["revision"], new["layout"]["kind"]) == (before["id"], 1, "spotlight")


def test_both_cannot_stand_on_stdin(run: Any) -> None:
    """There is one stdin."""
    done = run("update", "-", "-", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "can't both be on stdin" in json.loads(done.stderr)["message"]


# --- what is refused before anything is sent ---

SPOTLIGHT = {"kind": "spotlight", "participant": "1002"}


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({}, 2, "changes.yaml has nothing to change"),
    ({"layout": SPOTLIGHT, "participant": {}}, 2, "participant: is unknown; did you mean participants?"),
    ({"layout": {"kind": "custom", "regions": []}}, 2, "layout.regions"),
    ({"layout": SPOTLIGHT, "whiteboard": ""}, 2, "whiteboard: is empty"),
    ({"layout": SPOTLIGHT, "push_urls": []}, 2, "push_urls: is empty"),
    ({"layout": SPOTLIGHT, "storage": {**STORAGE, "secret_key": "${env:NO_SUCH_KEY}"}}, 2, "NO_SUCH_KEY"),
    (
        {"participants": {}, "storage": {**STORAGE, "secret_key": "s", "bucket": "exams"}},
        2,
        "storage.bucket: is 'exams', but the recording goes to 'lessons'",
    ),
    ({"participants": {}, "layout": {"kind": "grid", "fit": "stretch"}}, 1, "layout.fit"),
    ({"participants": {}, "whiteboard": "board-2"}, 1, "has no switch_whiteboard"),
    ({"whiteboard": "board-2"}, 1, "whiteboard asks for it"),
    ({"participants": {}, "push_urls": ["rtmp://example.com/a"]}, 1, "has no update_push for composite"),
]


def test_everything_is_checked_before_anything_is_sent(begun: Any) -> None:
    """One thing that is wrong keeps the others from being changed; the handle stays as it was."""
    recording = begun("agora")
    before = recording.handle
    for changes, code, problem in WRONG:
        refused = recording.do("update", "h.json", recording.write(**changes), "--json")
        assert (refused.returncode, refused.stdout) == (code, ""), refused.stderr
        assert problem in json.dumps(json.loads(refused.stderr), ensure_ascii=False)
        assert recording.handle == before
    assert recording.sent() == []


def test_an_address_is_checked_before_anything_is_sent(begun: Any) -> None:
    """It is named by its place and not shown: it is a secret."""
    recording = begun("agora", **PAGE, push_urls=["rtmp://example.com/live/first"])
    changes = recording.write(storage={**STORAGE, "secret_key": "s"}, push_urls=["https://example.com/a-stream-key"])
    refused = recording.do("update", "h.json", changes)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "push_urls.0: is no rtmp or rtmps URL" in refused.stderr
    assert "a-stream-key" not in refused.stderr
    assert recording.sent() == []


def test_a_recording_of_sound_has_no_layout(begun: Any) -> None:
    """That is known before anything is sent, too."""
    recording = begun("agora", media="audio")
    refused = recording.do("update", "h.json", recording.write(participants={}, layout=SPOTLIGHT))
    assert refused.returncode == 2
    assert "the recording has no pictures" in refused.stderr
    assert recording.sent() == []


def test_what_a_layout_loses_may_be_dropped_when_asked(begun: Any) -> None:
    """`update` takes --on-unsupported as `layout` does."""
    recording = begun("agora")
    changes = recording.write(layout={"kind": "grid", "fit": "stretch"})
    done = recording.do("update", "h.json", changes, "--on-unsupported", "warn", "--json")
    assert done.returncode == 0, done.stderr
    assert recording.handle["dropped"] == ["layout.fit"]


# --- a failure in the middle ---


@pytest.fixture
def halfway(begun: Any) -> Callable[..., Running]:
    """A recording, a file of two changes, and a fault of the second one."""

    def start(fault: str, at: Any = None) -> Running:
        recording: Running = begun("agora", at=at)
        recording.write(participants={"audio": {"include": ["1001"]}, "video": {"include": ["1001"]}}, layout=SPOTLIGHT)
        recording.service.post("faults", operation="updateLayout", fault=fault)
        return recording

    return start


@pytest.mark.parametrize("as_json", [True, False])
def test_a_failure_in_the_middle_says_what_was_changed(halfway: Any, as_json: bool) -> None:
    """The error names the changes before it, and the handle file is that of the last one that succeeded."""
    recording = halfway("code:2")
    failed = recording.do("update", "h.json", "changes.yaml", *["--json"] * as_json)
    assert (failed.returncode, failed.stdout) == (1, "")
    note = "changed before that: participants"
    if as_json:
        error = json.loads(failed.stderr.splitlines()[-1])
        assert (error["operation"], error["vendor_code"], error["notes"]) == ("updateLayout", 2, [note])
    else:
        assert note in failed.stderr.splitlines()
    assert recording.handle["revision"] == 1
    assert recording.handle["participants"]["audio"]["include"] == ["1001"]
    assert recording.handle["layout"]["kind"] == "grid"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_in_the_middle_says_what_was_changed(
    begin: Any, halfway: Any, emulating: Any, number: signal.Signals, code: int
) -> None:
    """While the vendor's answer to the second change is out, Ctrl-C tells of the first one."""
    # A service of its own: the fault stays where the signal comes before the request.
    recording = halfway("stall", at=emulating("agora", "--no-media", services=1).services["agora"])
    process = begin("update", "h.json", "changes.yaml", "--json", env=recording.service.env)
    told = [json.loads(process.stderr.readline())["info"] for _ in range(2)]
    assert told[1].startswith("Changing layout")
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (code, "")
    error = json.loads(errors.splitlines()[-1])  # what was being written when it was interrupted may come again
    assert error["message"] == "interrupted; changed before that: participants"
    assert recording.handle["revision"] == 1


def test_a_failure_in_the_middle_hands_out_a_handle_that_is_in_no_file(halfway: Any) -> None:
    """A handle on stdin is changed already when the second change fails: it is printed."""
    recording = halfway("code:2")
    failed = recording.do("update", "-", "changes.yaml", "--json", stdin=json.dumps(recording.handle))
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["revision"] == 1
    assert recording.handle["revision"] == 0


def test_a_first_change_that_fails_changed_nothing(begun: Any) -> None:
    """No note, no handle: there is nothing to tell."""
    recording = begun("agora")
    recording.service.post("faults", operation="updateLayout", fault="code:2")
    failed = recording.do(
        "update", "-", recording.write(layout=SPOTLIGHT), "--json", stdin=json.dumps(recording.handle)
    )
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "notes" not in json.loads(failed.stderr.splitlines()[-1])


def test_a_handle_that_cannot_be_written_is_printed(begun: Any) -> None:
    """What was changed is changed: the new handle goes to stdout, and the exit code says that something is wrong."""
    recording = begun("zegocloud")
    name = "h" * 255  # a file may be called so, the draft beside it may not
    (recording.folder / name).write_text(json.dumps(recording.handle))
    done = recording.do("update", name, recording.write(layout=SPOTLIGHT))
    assert done.returncode == 1
    assert json.loads(done.stdout)["revision"] == 1
    assert "Keep the handle that is on stdout." in done.stderr
