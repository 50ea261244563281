"""A third provider's starts that were cut short are found again, by the public API alone."""

from __future__ import annotations

from distributions.press import Press
from distributions.shelf import Run

ASKED = """
from recorder_core import Recorder, RecordingSpec, S3, StartOutcomeUnknown

storage = S3(bucket="b", region="r", access_key="AK-paper", secret_key="SK-paper")
spec = RecordingSpec(room="lesson-42", output={"formats": ["mp4"]}, storage=storage)
recorder = Recorder.from_env("paper")
try:
    recorder.start(spec)
except StartOutcomeUnknown as error:
    intent = error.intent
provider = recorder.provider
"""


def test_a_start_whose_answer_was_lost_is_found_by_its_reference(run: Run, press: Press) -> None:
    """The press had put in the tape: it runs, its handle stops it, and a second look says how it ended."""
    press.hangs_up = 1
    shown = run(
        ASKED
        + """
(found,) = recorder.recover(intent).recoveries
outcome = recorder.stop(found.recording)
(again,) = recorder.recover(intent).recoveries
show(found=found.model_dump(mode="json"), state=outcome.state, again=again.verdict, status=again.status.state)
""",
        "paper",
    )
    found = shown["found"]
    assert (found["verdict"], found["recording"]["native"]) == ("running", {"tape": "tape 1/A"})
    assert found["recording"]["id"] == found["intent"]["id"] == press.tapes["tape 1/A"]["reference"]
    assert (shown["state"], shown["again"], shown["status"]) == ("completed", "ended", "completed")


def test_a_start_that_never_arrived_and_one_that_a_callback_names(run: Run, press: Press) -> None:
    """No tape has the reference: nothing was started. A callback that has it is one of the start's recording."""
    press.hangs_up = 1
    shown = run(
        ASKED
        + """
absent = intent.model_copy(update={"id": "0" * 32})
(never,) = recorder.recover(absent).recoveries
named = callback(provider.revived(intent, tape="tape 1/A"), "done", 1, reference=intent.id)
other = callback(provider.revived(intent, tape="tape 2/A"), "done", 1, reference="another")
handles = [provider.identify(intent, provider.parse_webhook(one)[0]) for one in (named, other)]
show(never=never.verdict, named=[handle and handle.native["tape"] for handle in handles])
""",
        "paper",
    )
    assert shown == {"never": "never_started", "named": ["tape 1/A", None]}
