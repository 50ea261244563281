"""The bodies that the vendor's documents print are those that neutral specs and operations make, and are read back."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from planned import revealed
from recorder_agora.translate.answers import query_status, stop_status
from recorder_core import (
    Layout,
    Participants,
    Plan,
    PlannedRequest,
    Provider,
    Recorder,
    Recording,
    RecordingSpec,
    RecordingState,
    StartIntent,
)
from recorder_core.models import loading
from recorder_core.plugins import load_provider
from recorder_core.testing import connect, emulate
from recorder_core.transport import Answer, Envelope

PUBLISHED: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("published_bodies.yaml").read_text(encoding="utf-8")
)
STARTS = [published for published in PUBLISHED if "spec" in published]
CHANGES = [published for published in PUBLISHED if "change" in published]
WITHDRAWN = {published["name"] for published in PUBLISHED if "withdrawn" in published}
LAYOUT: Any = Layout
STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}

CHANNEL = {"channelType": 0, "streamTypes": 2, "videoStreamType": 0, "maxIdleTime": 30, "decryptionMode": 0}
REGION = {"alpha": 1, "render_mode": 0}
PICTURE = {"mixedVideoLayout": 0, "backgroundColor": "#000000"}
CANVAS = {"width": 360, "height": 640, "fps": 15, "bitrate": 500}
PAGE = {"videoFps": 15, "videoBitrate": 2000, "maxVideoDuration": 120, "onhold": False, "readyTimeout": 0}
DEFAULTS: dict[str, dict[str, Any]] = {
    "mix": {**CHANNEL, "audioProfile": 0},
    "individual": {**CHANNEL, "streamMode": "default"},
}
"""`recordingConfig` by mode where the body says nothing, as the vendor documents it."""
WITHOUT_EFFECT = {"mix": ("streamMode", "subscribeUidGroup"), "individual": ()}
"""`recordingConfig` keys that the mode accepts and ignores."""


def name_of(published: dict[str, Any]) -> str:
    return str(published["name"])


def effective(operation: str, mode: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body with the vendor's defaults filled in and without what has no effect in its mode."""
    body = deepcopy(body)
    client = body["clientRequest"]
    if operation == "acquire":
        body["clientRequest"] = {"scene": 0, "resourceExpiredHour": 72, **client}
        if "startParameter" in client:
            started = effective("start", "mix", {"clientRequest": client["startParameter"]})
            body["clientRequest"]["startParameter"] = started["clientRequest"]
    elif operation == "updateLayout":
        body["clientRequest"] = _layout(client)
    elif operation == "stop":
        body["clientRequest"] = {"async_stop": False, **client}
    elif operation == "start":
        _start(client, mode)
    return body


def _start(client: dict[str, Any], mode: str) -> None:
    storage = client["storageConfig"]
    if storage["vendor"] != 1 and "extensionParams" in storage:
        storage["extensionParams"].pop("sse", None)  # Amazon S3 only
    if mode == "web":
        client.pop("token", None)
        services = client["extensionServiceConfig"]
        services.setdefault("errorHandlePolicy", "error_abort")
        page = services["extensionServices"][0]["serviceParam"]
        services["extensionServices"][0]["serviceParam"] = {"mobile": False, **PAGE, **page}
    else:
        config = {**DEFAULTS[mode], **client["recordingConfig"]}
        client["recordingConfig"] = {key: value for key, value in config.items() if key not in WITHOUT_EFFECT[mode]}
    if mode == "mix":
        picture = client["recordingConfig"].get("transcodingConfig", {})
        client["recordingConfig"]["transcodingConfig"] = {**CANVAS, **_layout(picture)}
    if "snapshotConfig" not in client:
        client.setdefault("recordingFileConfig", {"avFileType": ["hls"]})


def _layout(picture: dict[str, Any]) -> dict[str, Any]:
    picture = {**PICTURE, **picture}
    picture["backgroundColor"] = picture["backgroundColor"].lower()
    if "layoutConfig" in picture:
        picture["layoutConfig"] = [{**REGION, **region} for region in picture["layoutConfig"]]
    return picture


def provider() -> Provider:
    """Without credentials."""
    found = load_provider("agora")
    return found(found.Config.placeholder())


def spec_of(published: dict[str, Any]) -> RecordingSpec:
    """The neutral spec, with the uid of the body."""
    fields = {"storage": STORAGE, **published["spec"]}
    options = {"uid": published["body"]["uid"], **fields.get("options", {}).get("agora", {})}
    return RecordingSpec.load({**fields, "options": {"agora": options}})


def planned(spec: RecordingSpec, apart_from: str | None = None) -> Plan:
    """The plan of a start."""
    others = [] if apart_from is None else [_other(apart_from)]
    intent = StartIntent(
        id="r-1", provider="agora", room=spec.room, created_at="2026-08-01T10:00:00Z", apart_from=others
    )
    return provider().translate(spec, intent)


def _other(resource_id: str) -> Recording:
    return Recording(
        id="r-0", provider="agora", room="any", started_at="2026-08-01T10:00:00Z", native={"resourceId": resource_id}
    )


def body_of(plan: Plan, operation: str) -> dict[str, Any]:
    """A planned body in clear."""
    body: dict[str, Any] = revealed(plan.request(operation).payload)
    return body


def mode_of(published: dict[str, Any]) -> str:
    return str(published.get("mode", "mix"))


@pytest.mark.parametrize("published", STARTS, ids=name_of)
def test_a_published_acquire_or_start_is_what_a_spec_makes(published: dict[str, Any]) -> None:
    """The planned body is the printed one, once defaults stand on both sides."""
    operation, mode = published["operation"], mode_of(published)
    plan = planned(spec_of(published), published.get("apart_from"))
    assert not [finding for finding in plan.findings if finding.verdict == "unsupported"]
    made = effective(operation, mode, body_of(plan, operation))
    assert made == effective(operation, mode, published["body"])


@pytest.mark.parametrize(
    "published", [published for published in STARTS if published["operation"] == "start"], ids=name_of
)
def test_a_published_start_is_read_back(published: dict[str, Any]) -> None:
    """The printed body is a spec again, and that spec makes the printed body again."""
    mode = mode_of(published)
    url = f"https://api.agora.io/v1/apps/app/cloud_recording/resourceid/r/mode/{mode}/start"
    spec = provider().decode([PlannedRequest("start", "POST", url, published["body"])])
    assert spec.room == published["body"]["cname"]
    again = body_of(planned(spec), "start")
    assert effective("start", mode, again) == effective("start", mode, published["body"])


def started(mode: str, body: dict[str, Any]) -> RecordingSpec:
    """A recording of that mode in the body's room, under its uid."""
    neutral = {"mix": "composite"}.get(mode, mode)
    page = {"web_page": {"url": "https://class.example/room"}, "start_paused": True} if mode == "web" else {}
    options = {"agora": {"uid": body["uid"]}}
    people = {"expected_participants": 3} if mode == "individual" else {}
    return RecordingSpec.load(
        {"room": body["cname"], "mode": neutral, "storage": STORAGE, "options": options, **page, **people}
    )


def carry_out(recorder: Recorder, recording: Recording, published: dict[str, Any]) -> None:
    """Call the neutral operation."""
    change, value = published["change"], published.get("value")
    if change == "layout":
        recorder.layout(recording, loading.validate(LAYOUT, value))
    elif change == "update_participants":
        recorder.update_participants(recording, Participants.model_validate(value))
    elif change == "stop":
        recorder.stop(recording, wait=value)
    else:
        getattr(recorder, change)(recording)


@pytest.mark.parametrize("published", CHANGES, ids=name_of)
def test_a_published_call_is_what_an_operation_makes(published: dict[str, Any]) -> None:
    """What reaches the service is the printed body, and the service takes it."""
    operation, mode = published["operation"], mode_of(published)
    with emulate("agora", media=False) as service:
        with connect(service) as recorder:
            service.join(published["body"]["cname"], "11")
            recording = recorder.start(started(mode, published["body"]))
            service.clock.advance(30)
            carry_out(recorder, recording, published)
        entry = next(entry for entry in service.journal if entry.operation == operation)
    assert entry.status < 300, entry.answer
    assert effective(operation, mode, entry.body) == effective(operation, mode, published["body"])


@pytest.mark.parametrize("published", [p for p in PUBLISHED if p["name"] in WITHDRAWN], ids=name_of)
def test_what_was_withdrawn_is_refused_with_its_path(published: dict[str, Any]) -> None:
    """A body that no spec can say isn't half read."""
    url = f"https://api.agora.io/v1/apps/app/cloud_recording/resourceid/r/mode/{mode_of(published)}/start"
    with pytest.raises(loading.InvalidSpec) as caught:
        provider().decode([PlannedRequest("start", "POST", url, published["body"])])
    assert any("clientRequest" in problem for problem in caught.value.problems)


def test_every_published_body_is_dealt_with() -> None:
    """Each is a start, a change, or listed as withdrawn."""
    dealt_with = {published["name"] for published in (*STARTS, *CHANGES)} | WITHDRAWN
    assert dealt_with == {published["name"] for published in PUBLISHED}
    assert len(PUBLISHED) == len(dealt_with)


ANSWERS: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("published_answers.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("published", ANSWERS, ids=name_of)
def test_published_answers_are_read(published: dict[str, Any]) -> None:
    """State and files of the printed answers, in neutral words."""
    mode = published["mode"]
    recording = Recording(
        id="r-1",
        provider="agora",
        room="lesson-204",
        mode={"mix": "composite"}.get(mode, mode),
        started_at="2026-08-01T10:00:00Z",
        location={"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "prefix": published.get("prefix")},
        native={"mode": mode},
    )
    answer = Answer(
        status=200, body=published["body"], envelope=Envelope(request_id="q-1"), base_url="https://api.agora.io"
    )
    if published["operation"] == "query":
        found = query_status(recording, answer)
    else:
        found = stop_status(recording, answer, recording.started_at)
    assert found.state is RecordingState(published["state"])
    assert [(file.name, file.format, file.participant) for file in found.files] == [
        tuple(file) for file in published["files"]
    ]
