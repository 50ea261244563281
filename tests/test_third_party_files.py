"""Files that a third vendor keeps, and recordings that nobody here began, by the public API alone."""

from __future__ import annotations

from distributions.press import Press
from distributions.shelf import Run

KEPT = """
import urllib.error
import urllib.request
from recorder_core import (
    FileStatus, InvalidSpec, Recorder, RecorderError, Recording, RecordingConflict, RecordingNotFound, RecordingSpec,
    RemoteRecording, UnsupportedOperation, hookimpl,
)

told = []

class Watch:
    @hookimpl
    def recorder_http(self, exchange):
        told.append(repr(exchange))

    @hookimpl
    def recorder_changed(self, recording, operation):
        told.append(operation)

def spec(storage):
    return RecordingSpec.load({"room": "lesson-42", "output": {"formats": ["mp4"]}, "storage": storage})

def refusal(call, *given, **named):
    try:
        return call(*given, **named)
    except RecorderError as error:
        return [type(error).__name__, error.message, error.hint]

recorder = Recorder.from_env("paper", hooks=[Watch()])
keeping = recorder.start(spec({"kind": "vendor_managed"}))
"""


def test_a_file_that_the_vendor_keeps_is_fetched_by_a_link(run: Run, press: Press) -> None:
    """The address opens it without credentials, ends when the vendor says, and is shown nowhere."""
    shown = run(
        KEPT
        + """
(file,) = recorder.stop(keeping).files
link = recorder.link(keeping, file, seconds=3600)
address = link.url.get_secret_value()
with urllib.request.urlopen(address, timeout=20) as answer:
    content = answer.read().decode()
signature = address.partition("signature=")[2]
views = [repr(link), str(link), link.model_dump_json(), *told, *logged]
show(content=content, lasts=link.expires_at.timestamp() - time.time(), name=file.name,
     leaks=[view for view in views if signature in view], exchanges=len(told))
""",
        "paper",
    )
    assert shown["content"] == f"what was said in {shown['name']}"
    assert 590 < shown["lasts"] <= 600
    assert (shown["leaks"], shown["exchanges"]) == ([], 3)


def test_deleted_files_are_expired(run: Run, press: Press) -> None:
    """For whoever asks: the recorder that deleted them, and another process. Their links open nothing any more.

    Nothing is sent for a link without an end, nor to delete what the press doesn't know.
    """
    shown = run(
        KEPT
        + """
running = refusal(recorder.delete_files, keeping)
(file,) = recorder.stop(keeping).files
address = recorder.link(keeping, file).url.get_secret_value()
recorder.delete_files(keeping)
recorder.delete_files(keeping)
here = [one.status for one in recorder.status(keeping).files]
elsewhere = [one.status for one in Recorder.from_env("paper", hooks=[]).status(keeping).files]
try:
    urllib.request.urlopen(address, timeout=20)
except urllib.error.HTTPError as error:
    opened = error.code
gone = file.model_copy(update={"status": FileStatus.EXPIRED})
strange = keeping.model_copy(update={"native": {"tape": "tape 9/Z"}})
show(strange=refusal(Recorder.from_env("paper", hooks=[]).delete_files, strange),
     endless=refusal(recorder.link, keeping, file, seconds=float("inf")),
     running=running, here=here, elsewhere=elsewhere, opened=opened, changes=told.count("delete_files"),
     gone=refusal(recorder.link, keeping, gone), missing=refusal(recorder.link, keeping, file))
""",
        "paper",
    )
    assert shown["running"][:2] == ["RecordingConflict", "the recording is recording; nothing was deleted"]
    assert (shown["here"], shown["elsewhere"], shown["opened"]) == (["expired"], ["expired"], 403)
    assert shown["changes"] == 2
    assert shown["gone"][0] == "InvalidSpec"
    assert shown["gone"][1].endswith("is expired; nobody has it")
    assert shown["missing"][:2] == ["RecordingNotFound", "the press hasn't the file, or not any more"]
    assert shown["strange"][0] == "RecordingConflict"
    assert "doesn't know the recording" in shown["strange"][1]
    assert shown["endless"][0] == "ConfigurationError"
    deleted = [path for method, path, _ in press.requests if method == "DELETE" and path.endswith("/files")]
    assert len(deleted) == 2
    assert [body["seconds"] for _, path, body in press.requests if path.endswith("/link")] == [900, 900]


def test_files_in_a_bucket_are_left_to_its_owner(run: Run, press: Press) -> None:
    """Refused with who can do it instead; nothing is sent."""
    shown = run(
        KEPT
        + """
stored = {"kind": "s3", "bucket": "b", "region": "r", "access_key": "AK", "secret_key": "SK"}
mine = recorder.start(spec(stored))
(file,) = recorder.stop(mine).files
asked = len(told)
refused = [refusal(recorder.link, mine, file), refusal(recorder.delete_files, mine)]
show(refused=refused, sent=len(told) - asked, files=[one.status for one in recorder.status(mine).files])
""",
        "paper",
    )
    assert [kind for kind, *_ in shown["refused"]] == ["UnsupportedOperation"] * 2
    assert {hint for *_, hint in shown["refused"]} == {
        "Nothing was sent. A storage of your own signs and deletes by its own client: a file's `key` is its name there."
    }
    assert (shown["sent"], shown["files"]) == (0, ["uploaded"])


def test_a_tape_that_nobody_here_put_in_is_adopted(run: Run, press: Press) -> None:
    """By its callback or its number: the same handle, in every process; it can be stopped."""
    press.tapes["tape 7/B"] = {"state": "running", "files": [], "name": "lesson-7", "reference": "theirs"}
    shown = run(
        KEPT
        + """
(event,) = recorder.provider.parse_webhook(callback(keeping, "running", 1))
event = event.model_copy(update={"native": {"tape": "tape 7/B"}})
found = recorder.adopt(event)
again = Recorder.from_env("paper", hooks=[]).adopt(
    RemoteRecording(provider="paper", account="press-1", native={"tape": "tape 7/B"})
)
nobodys = RemoteRecording(provider="paper", account="press-1", native={"tape": "tape 8/B"})
show(room=found.room, same=found.id == again.id, mine=recorder.adopt(RemoteRecording(
        provider="paper", account="press-1", native=keeping.native)).id == keeping.id,
     adopted=told.count("adopt"), nobodys=refusal(recorder.adopt, nobodys),
     theirs=refusal(recorder.adopt, nobodys.model_copy(update={"account": "press-2"})),
     state=recorder.stop(found).state)
""",
        "paper",
    )
    assert (shown["room"], shown["same"], shown["mine"], shown["adopted"]) == ("lesson-7", True, True, 1)
    assert shown["nobodys"][:2] == ["RecordingNotFound", "there is no such tape"]
    assert shown["theirs"][0] == "ConfigurationError"
    assert (shown["state"], press.tapes["tape 7/B"]["state"]) == ("completed", "done")


def test_the_command_line_has_both(run: Run, press: Press) -> None:
    """`link` prints the addresses that were asked for, and logs none; `delete-files` tells what is left."""
    prepared = (
        "command = recorder\n" + KEPT + "recorder.stop(keeping)\n"
        "with open('h.json', 'w') as handle:\n    handle.write(keeping.model_dump_json())\n"
    )
    options = "'h.json', '--ledger', 'none', '--json'"
    shown = run(prepared + f"command('link', {options}, '--seconds', '60')", "paper")
    (link,) = shown["printed"]
    assert (shown["code"], shown["logged"]) == (0, [])
    assert "signature=" in link["url"]
    assert link["name"].endswith(".mp4")
    assert link["expires_at"]
    chosen = run(prepared + f"command('link', {options}, '--file', keeping.id + '.mp4')", "paper")
    assert [file["name"] for file in chosen["printed"]] != [link["name"]]
    deleted = run(prepared + f"command('delete-files', {options})", "paper")
    assert (deleted["code"], [file["status"] for file in deleted["printed"]]) == (0, ["expired"])
