"""What becomes of a third provider's recordings: callbacks, following, limits, diagnoses, by the public API alone."""

from __future__ import annotations

import pytest

from distributions.press import Press
from distributions.shelf import Run

STARTED = """
from dataclasses import replace
from recorder_core import Grid, Recorder, RecordingSpec, S3

storage = S3(bucket="b", region="r", access_key="AK-paper", secret_key="SK-paper")
spec = RecordingSpec(room="lesson-42", output={"formats": ["mp4"]}, storage=storage)
recorder = Recorder.from_env("paper")
"""


def test_a_third_provider_s_callbacks_are_received(run: Run) -> None:
    """Verified, with our id and the files' addresses, told to hooks, once; what the press adds later is unknown."""
    shown = run(
        STARTED
        + """
from recorder_core import hookimpl
class Diary:
    kinds = []
    @hookimpl
    def recorder_event(self, event):
        self.kinds.append(event.kind)
recorder = Recorder.from_env("paper", hooks=[Diary()])
recording = recorder.start(spec)
end = callback(recording, "done", 2, files=["a.mp4"])
(event,) = recorder.events.receive(end)
again = recorder.events.receive(callback(recording, "done", 2, files=["a.mp4"]))
(later,) = recorder.events.receive(callback(recording, "folded", 3))
outcome = recorder.status(recording)
show(event=event.model_dump(mode="json"), mine=recording.id, again=again, later=later.kind, hooks=Diary.kinds,
     state=outcome.state, ending=outcome.ending, files=[file.uri for file in outcome.files])
""",
        "paper",
    )
    event, mine = shown["event"], shown["mine"]
    assert (event["kind"], event["recording_id"], event["native"]) == ("ended", mine, {"tape": "tape 1/A"})
    assert (event["verified"], event["source"], event["ending"]) == (True, "callback", "stopped")
    assert [file["uri"] for file in event["files"]] == ["s3://b/a.mp4"]
    assert (shown["again"], shown["later"], shown["hooks"]) == ([], "unknown", ["ended", "unknown"])
    assert (shown["state"], shown["ending"], shown["files"]) == ("completed", "stopped", ["s3://b/a.mp4"])


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("replace(true, body=true.body.replace(b'done', b'gone'))", "the callback is forged, or signed with another"),
        ("replace(true, headers={})", "the callback has no signature: the header Press-Signature is missing"),
        ("callback(recording, 'done', 2, at=time.time() - 400)", "the callback was sent 400 s ago; up to 300 s are"),
        ("callback(recording, 'done', 2, tape=None)", "the callback names no tape"),
        ("replace(true, method='GET')", "the callback came by 'GET'; callbacks are POST requests"),
    ],
)
def test_a_third_provider_s_false_callbacks_are_refused(run: Run, change: str, refusal: str) -> None:
    """With the core's kit and nothing else: forged, unsigned, stale, foreign."""
    code = f"{STARTED}recording = recorder.start(spec)\ntrue = callback(recording, 'done', 1)\n"
    shown = run(f"{code}failure(recorder.events.receive, {change})", "paper")
    assert shown["kind"] == "WebhookRejected"
    assert shown["text"].startswith(f"paper events.receive: {refusal}")


def test_callbacks_at_the_wrong_address_are_told_apart(run: Run) -> None:
    """Whose callback it is, is said of the third provider's at ours, and of ours at the third provider's."""
    code = f"{STARTED}recording = recorder.start(spec)\n"
    agora = "Recorder.from_env('agora', app_id='0' * 32, customer_id='c', customer_secret='s')"
    at_ours = run(f"{code}failure({agora}.events.receive, callback(recording, 'done', 1))", "paper")
    assert at_ours["text"].partition("\n")[0] == (
        "agora events.receive: this is a callback of paper, and the address is that of agora"
    )
    ours = 'WebhookRequest(\'POST\', \'/\', {}, b\'{"eventType":31,"productId":3,"notifyMs":1,"payload":{}}\')'
    at_theirs = run(f"{code}failure(recorder.events.receive, {ours})", "paper")
    assert at_theirs["text"].partition("\n")[0] == (
        "paper events.receive: this is a callback of agora, and the address is that of paper"
    )


def test_a_third_provider_is_followed(run: Run) -> None:
    """What looks, callbacks and operations tell is one list, to the end, each thing once."""
    shown = run(
        STARTED
        + """
recording = recorder.start(spec)
found, received = [], []
for event in recorder.follow(recording, timeout=30):
    found.append([event.source, event.kind, event.state, [file.uri for file in event.files]])
    if len(found) == 1:
        for number, happened in ((1, "running"), (2, "jam"), (2, "jam")):
            received += recorder.events.receive(callback(recording, happened, number))
    elif event.kind == "warning":
        recorder.stop(recording)
        received += recorder.events.receive(callback(recording, "done", 3, files=[f"{recording.id}.mp4"]))
show(found=found, received=[event.kind for event in received], uri=f"s3://b/{recording.id}.mp4")
""",
        "paper",
    )
    assert shown["received"] == ["recording", "warning", "ended"]
    assert shown["found"] == [
        ["look", "recording", "recording", []],
        ["callback", "warning", None, []],
        ["operation", "stopped", "stopping", []],
        ["callback", "ended", "completed", [shown["uri"]]],
    ]


def test_what_a_move_of_a_third_provider_s_has_lost_is_sent_again(run: Run, press: Press) -> None:
    """After a callback that tells of a move, `restore` is called for what was changed since the start."""
    press.moves = 1
    run(
        STARTED
        + """
from recorder_core import DeadlineExceeded, hookimpl
class Observer:
    calls = []
    @hookimpl
    def recorder_http(self, exchange):
        self.calls.append(exchange.operation)
recorder = Recorder.from_env("paper", hooks=[Observer()])
recording = recorder.layout(recorder.start(spec), Grid(background={"color": "#ffffff"}))
with recorder.fleet([recording], workers=0) as fleet:
    fleet.take(timeout=30)
    recorder.events.receive(callback(recording, "moved", 1))
    while Observer.calls.count("layout") < 2:
        try:
            fleet.take(timeout=0.05)
        except DeadlineExceeded:
            pass
show()
""",
        "paper",
    )
    assert press.tapes["tape 1/A"]["paper"] == "#ffffff"


def test_a_third_provider_s_callbacks_arrive_over_http(run: Run, press: Press) -> None:
    """The press calls the address of the spec, where a WebhookApp answers first and tells what came then."""
    shown = run(
        STARTED
        + """
import threading
from wsgiref.simple_server import make_server
from recorder_core import WebhookApp
found = []
webhooks = WebhookApp({"paper": recorder}, on_event=found.append)
with make_server("127.0.0.1", 0, webhooks) as server:
    threading.Thread(target=server.serve_forever).start()
    address = f"http://127.0.0.1:{server.server_port}/paper"
    recording = recorder.start(spec.model_copy(update={"callback_url": address}))
    recorder.stop(recording)
    webhooks.close()
    server.shutdown()
show(found=[[event.kind, event.recording_id, event.state] for event in found], mine=recording.id)
""",
        "paper",
    )
    assert shown["found"] == [["ended", shown["mine"], "completed"]]
    assert press.told == [200]


DOCTOR = "checks = recorder.doctor()\nshow(checks=[[c.name, c.verdict, c.detail, c.fix] for c in checks])"


def test_the_doctor_asks_a_third_provider(run: Run, press: Press) -> None:
    """Its `check_account` tells credentials and service apart by the errors of its own rules."""

    def found(**env: str) -> dict[str, list[str]]:
        shown = run(STARTED + DOCTOR, "paper", **env)["checks"]
        return {name: [verdict, *told] for name, verdict, *told in shown}

    checks = found()
    assert checks["credentials"][:2] == ["passed", "api_key is accepted; there is paper for 7 tapes"]
    assert checks["service"][:2] == ["passed", "enabled"]
    assert checks["callback secret"][:2] == ["passed", "one secret"]
    wrong = found(PAPER_API_KEY="wrong-key-of-the-test")
    assert wrong["credentials"] == [
        "failed",
        "the press doesn't know the key (code who, request id request-4)",
        "Check api_key.",
    ]
    press.is_closed = True
    closed = found()
    assert (closed["credentials"][0], closed["service"][0]) == ("passed", "failed")
    assert closed["service"][2] == "Pay for the paper."


def test_a_third_provider_is_paced(run: Run, press: Press) -> None:
    """Its `limits` are kept: a call that would come too early isn't sent; a rate for no operation of its is refused."""
    shown = run(
        STARTED.replace('"paper")', '"paper", calls_per_second={"*": 0.01})')
        + "recording = recorder.start(spec)\nfailure(recorder.status, recording, deadline=1)",
        "paper",
    )
    assert shown["kind"] == "RateLimited"
    assert [method for method, *_ in press.requests] == ["POST"]
    shown = run(
        "from recorder_core import Recorder\nfailure(Recorder.from_env, 'paper', calls_per_second={'lok': 1})", "paper"
    )
    assert "there is no limit for lok" in shown["text"]
    assert "There are limits for account, burn, find, layout, link, look, new, take, turn" in shown["text"]


def test_a_third_provider_tells_where_callbacks_come_from(run: Run) -> None:
    """`webhook_sources` is its own."""
    assert run(f"{STARTED}show(found=recorder.provider.webhook_sources())", "paper")["found"] == ["192.0.2.7"]
