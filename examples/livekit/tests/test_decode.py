"""The way back: what a start is read as is what was translated, and what no spec can say is refused by its path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from recorder_core import InvalidSpec, Mode, Plan, PlannedRequest, RecordingSpec, Selection, StartIntent
from recorder_core.models.base import reveal
from recorder_core.probes import PROBES

from asking import PAGE, ROOM, plan_of
from recorder_livekit.config import LivekitConfig
from recorder_livekit.decode.requests import NOT_CARRIED
from recorder_livekit.provider import LivekitProvider

ONE = {"audio": {"include": ["1001"]}, "video": {"include": ["1001"]}}
TWO = {"audio": {"include": ["1001", "1002"]}, "video": {"include": ["1001", "1002"]}}
BACKDROP = "https://app.example/backdrop.png"
RICH: tuple[dict[str, Any], ...] = (
    {
        "layout": {
            "kind": "custom",
            "background": {"color": "#204060", "image": {"url": BACKDROP, "fit": "contain"}},
            "placeholders": {"*": {"url": BACKDROP}, "1001": {"url": BACKDROP, "fit": "stretch"}},
            "regions": [
                {"participant": "1001", "x": 0.1, "y": 0.2, "width": 0.333, "height": 0.4, "opacity": 0.5, "z": 7},
                {"participant": "1002", "content": "screen", "x": 0.0, "y": 0.5, "width": 1.0, "height": 0.5},
                {"x": 0.5, "y": 0.0, "width": 0.5, "height": 0.5, "fit": "contain", "z": 3},
            ],
        },
        "watermarks": [
            {"kind": "clock", "font_size": 20},
            {"kind": "image", "url": BACKDROP, "x": 0.8, "y": 0.8, "width": 0.1, "height": 0.1},
        ],
        "participants": {"audio": {"include": ["1001", "1002"]}, "video": {"exclude": ["1003"]}},
        "idle_timeout": 60,
        "max_duration": 600,
    },
    {"layout": {"kind": "spotlight", "participant": "1002", "side": "top", "fit": "contain", "windows": 5}},
    {"layout": {"kind": "floating", "participant": "1002", "fit": "stretch"}, "media": "video"},
    {"layout": {"kind": "floating", "follows": "speaker", "screen_share": "large"}},
    {"layout": {"kind": "grid", "background": {"color": "#FFFFFF"}}},
    {"mode": "individual", "participants": ONE, "video": {"width": 640, "bitrate_kbps": 700}},
    {"mode": "individual", "participants": ONE, "options": {"livekit": {"screen_share": True}}},
    {"mode": "individual", "participants": TWO, "output": {"formats": ["mp4", "hls"], "prefix": "lessons"}},
    {"media": "audio", "output": {"formats": ["ogg"]}, "participants": {"audio": {"exclude": ["1003"]}}},
    {
        "storage": {
            "kind": "s3",
            "bucket": "lessons",
            "region": "eu-west-1",
            "role_arn": "arn:aws:iam::123456789012:role/recorder",
            "external_id": "lessons-42",
        },
    },
)


def planned() -> Iterator[tuple[str | None, Plan]]:
    """Whatever users ask, in each mode, with the recording page (its address) and without it (None)."""
    asked = list(RICH)
    for probe in PROBES:
        for mode in probe.modes if not (probe.operation or probe.is_apart) else ():
            people = {"participants": ONE} if mode is Mode.INDIVIDUAL else {}
            asked.append(people | probe.spec(mode).dump(reveal=True))
    for page in (PAGE, None):
        for fields in asked:
            plan = plan_of(page=page, **fields)
            if plan.requests:
                yield page, plan


def provider_of(page: str | None = PAGE) -> LivekitProvider:
    """A provider without an account."""
    return LivekitProvider(LivekitConfig.placeholder(template_url=page))


def read_back(plan: Plan) -> RecordingSpec:
    """The spec of a plan's requests, which of a page don't tell everything."""
    options: dict[str, Any] = {}
    if plan.spec.web_page is not None:
        waited = plan.spec.web_page.ready_timeout
        options = {"room": plan.spec.room, **({"ready_timeout": waited} if waited else {})}
    return provider_of().decode(plan.requests, **options)


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that isn't None, by its path."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        where = f"{path}.{key}" if path else str(key)
        if isinstance(value, dict | list):
            yield from leaves(value, where)
        elif value is not None:
            yield where, value


def values(spec: RecordingSpec) -> dict[str, Any]:
    """Those of a spec, in clear."""
    return dict(leaves(spec.model_dump(mode="json", context={"reveal": True})))


def start(operation: str = "StartRoomCompositeEgress", **body: Any) -> PlannedRequest:
    """A start of somebody's own code."""
    return PlannedRequest(operation, "POST", f"https://l.example/twirp/livekit.Egress/{operation}", body)


def test_what_is_planned_is_read_back() -> None:
    """What a spec says comes back, but for what the findings name and the documented differences; each of these is
    one."""
    differing: set[str] = set()
    count = 0
    for _, plan in planned():
        was, back = values(plan.spec), values(read_back(plan))
        found = tuple(finding.path for finding in plan.findings)
        lost = {path for path in was.keys() | back.keys() if was.get(path) != back.get(path)}
        differing |= {path for path in lost if not any(f"{path}.".startswith(f"{place}.") for place in found)}
        count += 1
    assert count > 500
    assert {"watermarks" if path.startswith("watermarks.") else path for path in differing} == NOT_CARRIED.keys()


def test_what_was_read_makes_the_same_request() -> None:
    """A decoded spec is translated to the body that it came from, where everything could be said."""
    count = 0
    for page, plan in planned():
        if plan.findings:
            continue
        provider = provider_of(page)
        moment = "2026-08-01T10:00:00Z"
        intent = StartIntent(id="0" * 32, provider="livekit", account=provider.account, room=ROOM, created_at=moment)
        again = provider.translate(read_back(plan), intent)
        assert [reveal(request.payload) for request in again.requests] == [
            reveal(request.payload) for request in plan.requests
        ]
        count += 1
    assert count > 300


S3 = {"bucket": "b", "region": "eu-west-1", "accessKey": "AK", "secret": "SK"}
FILE = {"filepath": "lessons/", "s3": S3}


@pytest.mark.parametrize(
    ("operation", "body", "options", "said"),
    [
        pytest.param(
            "StartRoomCompositeEgress",
            {"roomName": "r", "layout": "speaker-light", "preset": "H264_1080P_60", "fileOutputs": [FILE]},
            {},
            {
                "room": "r",
                "layout.kind": "spotlight",
                "layout.follows": "speaker",
                "layout.side": "right",
                "layout.background.color": "#ffffff",
                "video.width": 1920,
                "video.height": 1080,
                "video.fps": 60,
                "video.bitrate_kbps": 6000,
                "audio.bitrate_kbps": 128,
                "output.prefix": "lessons",
                "output.formats.0": "mp4",
                "storage.kind": "s3",
                "storage.secret_key": "SK",
            },
            id="the names of JSON, a template and a preset",
        ),
        pytest.param(
            "StartRoomCompositeEgress",
            {"room_name": "r", "file_outputs": [{}]},
            {},
            {"layout.kind": "grid", "video.width": 1280, "video.fps": 30, "storage.kind": "account"},
            id="the vendor's defaults",
        ),
        pytest.param(
            "StartRoomCompositeEgress",
            {"room_name": "r", "audio_only": True, "file_outputs": [FILE]},
            {},
            {"media": "audio", "output.formats.0": "ogg", "audio.bitrate_kbps": 128},
            id="sound alone is Ogg",
        ),
        pytest.param(
            "StartRoomCompositeEgress",
            {
                "room_name": "r",
                "audio_only": True,
                "file_outputs": [FILE],
                "segment_outputs": [{"filename_prefix": "lessons/", "s3": S3}],
            },
            {},
            {"output.formats.0": "hls", "output.formats.1": "mp4", "output.segment_duration": 4},
            id="but MP4 beside HLS",
        ),
        pytest.param(
            "StartParticipantEgress",
            {"room_name": "r", "identity": "1001", "preset": "PORTRAIT_H264_720P_30", "file_outputs": [FILE]},
            {},
            {
                "mode": "individual",
                "participants.audio.include.0": "1001",
                "participants.video.include.0": "1001",
                "video.width": 720,
                "video.height": 1280,
            },
            id="a participant",
        ),
        pytest.param(
            "StartWebEgress",
            {"url": "https://a.example", "await_start_signal": True, "image_outputs": [{"filename_prefix": "p/"}]},
            {"room": "r", "ready_timeout": 20},
            {
                "mode": "web",
                "room": "r",
                "web_page.url": "https://a.example",
                "web_page.ready_timeout": 20,
                "output.snapshots.interval": 10,
                "output.prefix": "p",
            },
            id="a page",
        ),
    ],
)
def test_anybody_s_start_is_read(
    operation: str, body: dict[str, Any], options: Mapping[str, Any], said: dict[str, Any]
) -> None:
    """Either spelling of the names, presets, and what the vendor does where nothing is given."""
    found = values(provider_of().decode([start(operation, **body)], **options))
    assert {path: found.get(path) for path in said} == said


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"layout": "single-speaker"}, "layout: single-speaker"),
        ({"layout": "a", "custom_base_url": "https://a.example"}, "custom_base_url: a page of another's"),
        ({"file_outputs": [{"filepath": "l/{room_name}-1.mp4"}]}, "file_outputs.0.filepath: calls a file"),
        ({"file_outputs": [{"filepath": "{room_name}/"}]}, "file_outputs.0.filepath: the vendor fills in {room_name}"),
        ({"segment_outputs": [{"filename_prefix": "b/"}]}, "file_outputs.0.filepath and segment_outputs.0"),
        ({"image_outputs": [{}, {}]}, "image_outputs.1: is a second"),
        ({"segment_outputs": [{"filename_prefix": "a/", "s3": S3}]}, "segment_outputs.0: goes elsewhere"),
        ({"file_outputs": [{"s3": {**S3, "force_path_style": True}}]}, "file_outputs.0.s3.force_path_style: storage"),
        ({"file_outputs": [{"s3": {**S3, "bucket": "b/c"}}]}, "file_outputs.0.s3.bucket: holds a slash"),
        (
            {"file_outputs": [{"s3": {**S3, "endpoint": "m:9000", "tagging": "t"}}]},
            "file_outputs.0.s3.tagging: storage",
        ),
        (
            {
                "file_outputs": [
                    {"aliOSS": {"access_key": "A", "secret": "S", "region": "r", "endpoint": "e", "bucket": "b"}}
                ]
            },
            "file_outputs.0.aliOSS.endpoint: isn't https://oss-r",
        ),
        ({"webhooks": [{"url": "https://a.example", "signing_key": "other"}]}, "webhooks.0.signing_key: isn't api_key"),
        ({"preset": "H264_720P_30", "advanced": {}}, "options is a oneof"),
        ({"preset": "PASSTHROUGH"}, "preset: "),
        ({"advanced": {"key_frame_interval": 2}}, "advanced.key_frame_interval"),
        ({"audio_mixing": "DUAL_CHANNEL_AGENT"}, "audio_mixing"),
        ({"room_name": None}, "room_name"),
    ],
)
def test_what_no_spec_can_say_is_refused(body: dict[str, Any], problem: str) -> None:
    """With its path in the body; nothing is dropped."""
    whole = {"room_name": "r", "file_outputs": [{"filepath": "a/"}], **body}
    with pytest.raises(InvalidSpec, match=re.escape(problem)):
        provider_of().decode([start(**whole)])


def test_what_a_body_doesn_t_tell_is_asked_for_and_nothing_else() -> None:
    """A page's room and how long it is waited for, where it is; no other option, and no call that is no start."""
    page = start("StartWebEgress", url="https://a.example", file_outputs=[{"filepath": "a/"}])
    waiting = start("StartWebEgress", url="https://a.example", await_start_signal=True, file_outputs=[{}])
    stop = PlannedRequest("StopEgress", "POST", "https://l.example", {"egress_id": "EG_1"})
    composite = start(room_name="r", file_outputs=[{}])
    provider = provider_of()
    for requests, options, problem in (
        ([page], {}, "options.room: is missing"),
        ([page], {"room": "r", "ready_timeout": 5}, "options.ready_timeout: is given, but"),
        ([waiting], {"room": "r"}, "await_start_signal: the page is waited for; give ready_timeout"),
        ([composite], {"room": "r"}, "options.room: is not needed"),
        ([stop], {}, "there is no one start among ['StopEgress']"),
        ([page, composite], {"room": "r"}, "there is no one start among"),
    ):
        with pytest.raises(InvalidSpec, match=re.escape(problem)):
            provider.decode(requests, **options)


def test_a_masked_body_is_no_spec() -> None:
    """A payload keeps its secrets, and a dump of it, which masks them, isn't mistaken for one."""
    plan = plan_of()
    assert provider_of().decode(plan.requests).storage == plan.spec.storage
    (request,) = plan.requests
    masked = PlannedRequest(request.operation, request.method, request.url, request.body)
    with pytest.raises(InvalidSpec, match="masked secret"):
        provider_of().decode([masked])


def test_several_starts_are_one_recording_if_they_are_alike() -> None:
    """Of participants, each another one; whatever else differs is no spec's."""
    sent = [start("StartParticipantEgress", roomName="r", identity=one, fileOutputs=[FILE]) for one in ("a", "b")]
    spec = provider_of().decode(sent)
    assert spec.participants.audio == spec.participants.video == Selection(include=("a", "b"))
    other = start("StartParticipantEgress", roomName="q", identity="c", fileOutputs=[FILE])
    for wrong, said in (
        ([*sent, other], "requests.2: differs from the first one in room of a spec"),
        ([sent[0], sent[0]], "two egresses are of the same participant"),
        ([start(roomName="r", fileOutputs=[FILE]), sent[0]], "there is no one start"),
        ([start(roomName="r", fileOutputs=[FILE])] * 2, "a start has one of each"),
        ([], "there is no one start"),
        (sent[0], "is no list"),
    ):
        with pytest.raises(InvalidSpec) as caught:
            provider_of().decode(wrong)  # type: ignore[arg-type]
        assert said in str(caught.value)
