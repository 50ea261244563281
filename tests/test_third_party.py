"""Plugins in distributions of their own: built into wheels, installed apart from the source tree, found by name."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from distributions.press import Press
from distributions.shelf import NAMES, RECORD, Run


def test_the_plugins_are_not_in_the_source_tree() -> None:
    """No plugin of the tests can be imported here: what is tested is what was built and installed."""
    for name in NAMES:
        assert importlib.util.find_spec(f"recorder_{name}") is None


def test_a_third_provider_records(run: Run, press: Press) -> None:
    """Found by its name, configured from its variables, through the same Recorder: start, layout, stop, files."""
    shown = run(RECORD, "paper")
    recording = shown["recording"]
    assert recording["provider"] == "paper"
    assert recording["account"] == "press-1"
    assert recording["native"] == {"tape": "tape 1/A"}
    assert (shown["revision"], shown["state"]) == (1, "completed")
    assert shown["files"] == [f"s3://b/{recording['id']}.mp4"]
    assert shown["request_id"] == "request-4"
    (started, looked, changed, stopped) = press.requests
    assert started[:2] == ("POST", "/v1/tapes")
    assert started[2] == {
        "reference": recording["id"],
        "name": "lesson-42",
        "sound": True,
        "pictures": True,
        "layout": "grid",
        "paper": "#000000",
        "bucket": {"name": "b", "region": "r", "key": "AK-paper", "secret": "SK-paper"},
        "ink": "blue",
    }
    assert looked[:2] == ("GET", "/v1/tapes/tape%201%2FA")
    assert changed == ("PUT", "/v1/tapes/tape%201%2FA/layout", {"layout": "grid", "paper": "#ffffff"})
    assert stopped[:2] == ("DELETE", "/v1/tapes/tape%201%2FA")


def test_a_third_provider_is_refused_what_it_lacks(run: Run, press: Press) -> None:
    """The walk finds what its translator doesn't claim, before anything is sent."""
    shown = run(
        "from recorder_core import Recorder, RecordingSpec, S3\n"
        "storage = S3(bucket='b', region='r', access_key='AK', secret_key='SK', session_token='T')\n"
        "spec = RecordingSpec(room='r', storage=storage, video={'fps': 20}, idle_timeout=60)\n"
        "plan = Recorder.from_env('paper').plan(spec)\n"
        "show(findings=[finding.path for finding in plan.findings], fidelity=plan.fidelity)",
        "paper",
    )
    assert shown == {
        "findings": ["video.fps", "output.formats", "idle_timeout", "storage.session_token"],
        "fidelity": "unsupported",
    }
    assert press.requests == []


def test_a_third_provider_has_the_transport_and_its_errors(run: Run, press: Press) -> None:
    """Repeats, classes, hints and masked secrets are the core's, whoever writes the rules."""
    press.out_of_ink = 2
    assert run(RECORD, "paper")["state"] == "completed"
    shown = run(
        f"from recorder_core import Recorder\n{RECORD.partition('with ')[0]}"
        "failure(Recorder.from_env('paper').start, spec)",
        "paper",
        PAPER_API_KEY="wrong-key-of-the-test",
    )
    assert shown["kind"] == "AuthenticationError"
    assert shown["text"].startswith("paper new: the press doesn't know the key")
    assert "code who, message 'who are you?', request id request-7" in shown["text"]
    assert shown["text"].endswith("Hint: Check api_key.")
    assert "wrong-key-of-the-test" not in shown["text"]


def test_an_installed_hook_plugin_is_used(run: Run, press: Press, tmp_path: Path) -> None:
    """A policy changes the spec, an observer sees every request masked and the end."""
    diary = tmp_path / "diary.txt"
    assert run(RECORD, "paper", "curfew", CURFEW_DIARY=str(diary))["recording"]["room"] == "school-lesson-42"
    assert press.requests[0][2]["name"] == "school-lesson-42"
    written = diary.read_text()
    assert [line.partition(" ")[0] for line in written.splitlines()] == [
        *("new", "look", "layout", "take", "school-lesson-42")
    ]
    assert "SK-paper" not in written
    assert "school-lesson-42 completed" in written


def test_an_installed_policy_vetoes(run: Run, press: Press, tmp_path: Path) -> None:
    """Vetoed says what the policy said, and nothing is sent."""
    shown = run(
        f"{RECORD.partition('with ')[0]}"
        "failure(Recorder.from_env('paper').start, spec.model_copy(update={'room': 'closed-1'}))",
        "paper",
        "curfew",
    )
    assert shown["kind"] == "Vetoed"
    assert shown["text"] == "paper start: closed-1 is closed\nHint: Come back tomorrow."
    assert press.requests == []


def test_installed_hooks_are_turned_off_by_an_empty_list(run: Run, press: Press) -> None:
    """`hooks=[]` means none."""
    shown = run(RECORD.replace('from_env("paper")', 'from_env("paper", hooks=[])'), "paper", "curfew")
    assert shown["recording"]["room"] == "lesson-42"
