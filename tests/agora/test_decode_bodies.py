"""Wire to neutral: the bodies of other people's code, as they stand in it or in the vendor's documents."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from planned import Planner, revealed
from recorder_agora.decode.requests import decoded
from recorder_core import InvalidSpec, PlannedRequest, RecordingSpec

PLAN = Planner("agora")
URL = "https://api.agora.io/v1/apps/app/cloud_recording/resourceid/r/mode/{}/start"
STORAGE = {"vendor": 1, "region": 4, "bucket": "lessons", "accessKey": "AK-1", "secretKey": "SK-1"}


def pasted(mode: str, client: dict[str, Any], acquire: dict[str, Any] | None = None, **changed: Any) -> RecordingSpec:
    """The spec of a body as people write it: plain JSON."""
    body = {"cname": "lesson-42", "uid": "527841", "clientRequest": {"storageConfig": STORAGE, **client}, **changed}
    requests = [PlannedRequest("start", "POST", URL.format(mode), body)]
    if acquire is not None:
        begun = {"cname": "lesson-42", "uid": "527841", "clientRequest": acquire}
        requests.insert(0, PlannedRequest("acquire", "POST", "https://api.agora.io/v1/apps/app/acquire", begun))
    return PLAN.provider.decode(requests)


def page(**param: Any) -> dict[str, Any]:
    """`extensionServiceConfig` of a web page recording."""
    required = {"url": "https://e.com", "audioProfile": 0, "videoWidth": 640, "videoHeight": 480, "maxRecordingHour": 2}
    services = [{"serviceName": "web_recorder_service", "serviceParam": {**required, **param}}]
    return {"extensionServiceConfig": {"extensionServices": services}}


def problems(mode: str, client: dict[str, Any], acquire: dict[str, Any] | None = None, **changed: Any) -> list[str]:
    """What is wrong with a body."""
    with pytest.raises(InvalidSpec) as caught:
        pasted(mode, client, acquire, **changed)
    assert caught.value.__context__ is None
    assert "SK-1" not in str(caught.value)
    return list(caught.value.problems)


def test_a_composite_body_that_says_nothing_has_the_vendors_defaults() -> None:
    """360x640, 15 frames, 500 kbps, floating on black, 48 kbps of sound, 30 s of idle time, HLS."""
    spec = pasted("mix", {})
    assert (spec.room, spec.mode, spec.media, spec.idle_timeout) == ("lesson-42", "composite", "audio_video", 30)
    assert spec.video.model_dump() == {"width": 360, "height": 640, "fps": 15, "bitrate_kbps": 500}
    assert (spec.layout.kind, spec.layout.background.color) == ("floating", "#000000")
    assert (spec.audio.bitrate_kbps, spec.output.formats) == (48, {"hls"})
    assert spec.options_for("agora") == {"uid": "527841"}
    assert spec.storage.secret_key.get_secret_value() == "SK-1"


def test_a_page_that_says_little_has_the_vendors_defaults() -> None:
    """15 frames, 1500 kbps below 1280x720 and 2000 from there on; no cut of its own, not on hold, no push."""
    spec = pasted("web", page())
    assert spec.video.model_dump() == {"width": 640, "height": 480, "fps": 15, "bitrate_kbps": 1500}
    assert (spec.max_duration, spec.start_paused, spec.push_urls, spec.output.max_file_duration) == (
        7200,
        False,
        (),
        None,
    )
    assert pasted("web", page(videoWidth=1280, videoHeight=720)).video.bitrate_kbps == 2000


def test_an_individual_body_that_says_little_has_the_vendors_defaults() -> None:
    """Sound and pictures apart, as streamMode default has them; snapshots every 10 s, and no HLS beside them."""
    spec = pasted("individual", {"recordingConfig": {"subscribeUidGroup": 5}})
    assert (spec.output.tracks, spec.output.formats, spec.expected_participants) == ("separate", {"hls"}, None)
    spec = pasted("individual", {"recordingConfig": {"subscribeUidGroup": 0}, "snapshotConfig": {"fileType": ["jpg"]}})
    assert (spec.output.tracks, spec.output.formats, spec.output.snapshots.interval) == (None, frozenset(), 10)
    assert spec.expected_participants == 2


def test_an_acquire_tells_how_long_it_can_be_controlled() -> None:
    """72 hours where it says nothing; nothing is said where there is no acquire."""
    assert pasted("mix", {}, {}).options_for("agora")["resource_expired_hours"] == 72
    options = pasted("mix", {}, {"region": "EU", "regionAffinity": 3, "resourceExpiredHour": 9}).options_for("agora")
    assert options == {"uid": "527841", "resource_expired_hours": 9, "region": "EU", "region_affinity": 3}
    assert pasted("web", page(), {"scene": 1}).options_for("agora")["resource_expired_hours"] == 72


def test_parameters_that_acquire_foretells_are_those_of_start() -> None:
    """The same: an option; others: the vendor would refuse the start."""
    foretold = {"startParameter": {"storageConfig": STORAGE}}
    assert pasted("mix", {}, foretold).options_for("agora")["send_start_parameter"] is True
    assert problems("mix", {"token": "t"}, foretold) == [
        "acquire.clientRequest.startParameter: differs from start.clientRequest, which the vendor would refuse"
    ]


@pytest.mark.parametrize(
    ("lists", "media", "participants"),
    [
        ({}, "audio_video", {}),
        ({"subscribeAudioUids": ["1"]}, "audio", {"audio": {"include": ["1"]}}),
        ({"unSubscribeVideoUids": ["1"]}, "video", {"video": {"exclude": ["1"]}}),
        ({"unsubscribeVideoUids": ["1"]}, "video", {"video": {"exclude": ["1"]}}),
        ({"subscribeAudioUids": ["#allstream#"], "subscribeVideoUids": ["#allstream#"]}, "audio_video", {}),
        (
            {"subscribeAudioUids": ["#allstream#"], "subscribeVideoUids": ["1"]},
            "audio_video",
            {"video": {"include": ["1"]}},
        ),
        ({"streamTypes": 0}, "audio", {}),
    ],
)
def test_a_list_for_one_medium_alone_turns_the_other_off(
    lists: dict[str, Any], media: str, participants: dict[str, Any]
) -> None:
    """What the vendor does in silence, the spec says."""
    spec = pasted("mix", {"recordingConfig": lists})
    assert spec.media == media
    assert spec.participants.model_dump(exclude_none=True, mode="json") == participants


def test_a_frame_rate_that_the_vendor_ignores_is_the_one_it_records() -> None:
    """20 is taken without an error and records 15."""
    assert pasted("mix", {"recordingConfig": {"transcodingConfig": {"fps": 20}}}).video.fps == 15


@pytest.mark.parametrize(
    ("mode", "client"),
    [
        ("mix", {"recordingConfig": {"streamMode": "original", "subscribeUidGroup": 0}}),
        ("mix", {"recordingConfig": {"decryptionMode": 0, "secret": "unused"}}),
        ("mix", {"recordingConfig": {"transcodingConfig": {"maxResolutionUid": "7"}}}),
        ("mix", {"storageConfig": {**STORAGE, "vendor": 2, "extensionParams": {"sse": "kms", "tag": "t"}}}),
        ("mix", {"storageConfig": {**STORAGE, "vendor": 5, "extensionParams": {"tag": "t"}}}),
        ("web", {**page(maxVideoDuration=60), "token": "unused"}),
    ],
)
def test_what_has_no_effect_there_is_left_out(mode: str, client: dict[str, Any]) -> None:
    """It is printed in samples, and asks for nothing."""
    spec = pasted(mode, client)
    assert spec.options_for("agora") == {"uid": "527841"}
    assert PLAN.recorder.plan(spec).findings == ()


@pytest.mark.parametrize(
    ("mode", "client", "withdrawn"),
    [
        (
            "individual",
            {"recordingConfig": {"streamTypes": 0, "streamMode": "original", "subscribeUidGroup": 5}},
            {"appsCollection": {"combinationPolicy": "postpone_transcoding"}, "transcodeOptions": {"container": {}}},
        ),
        ("mix", {}, {"extensionServiceConfig": {"extensionServices": [{"serviceName": "aliyun_vod_service"}]}}),
    ],
)
def test_what_was_withdrawn_goes_out_as_it_was(mode: str, client: dict[str, Any], withdrawn: dict[str, Any]) -> None:
    """No neutral field says it; options.agora.extra_body says it truly."""
    spec = pasted(mode, {**client, **withdrawn})
    assert spec.options_for("agora")["extra_body"] == {"clientRequest": withdrawn}
    sent = revealed(PLAN.recorder.plan(spec).request("start").payload)["clientRequest"]
    assert {key: sent[key] for key in withdrawn} == withdrawn


def test_a_kept_secret_is_read_as_well() -> None:
    """Bodies as our transport takes them: secrets as `SecretStr`."""
    spec = pasted("mix", {"token": SecretStr("t0ken"), "storageConfig": {**STORAGE, "secretKey": SecretStr("hush")}})
    assert spec.options_for("agora")["token"] == "t0ken"
    assert spec.storage.secret_key.get_secret_value() == "hush"


CONFIG = "start.clientRequest.recordingConfig"
LEFT = {"uid": "7", "x_axis": 0, "y_axis": 0, "width": 0.5, "height": 1}
REFUSED = [
    (
        "mix",
        {"recordingConfig": {"maxIdleTimes": 30}},
        None,
        f"{CONFIG}.maxIdleTimes: is unknown; did you mean maxIdleTime?",
    ),
    ("mix", {"recordingConfig": {"maxIdleTime": 3}}, None, f"{CONFIG}.maxIdleTime: 3 is less than 5"),
    ("mix", {"snapshotConfig": {"fileType": ["jpg"]}}, None, "start.clientRequest.snapshotConfig: is unknown"),
    (
        "mix",
        {"recordingConfig": {"transcodingConfig": {"width": 361}}},
        None,
        f"{CONFIG}.transcodingConfig.width: 361 is odd; the sides of a canvas are even (as video.width of a spec)",
    ),
    (
        "mix",
        {"recordingConfig": {"subscribeAudioUids": []}},
        None,
        f"{CONFIG}.subscribeAudioUids: is empty and would name nobody; everybody is the absence of a list "
        "(as participants.audio.include of a spec)",
    ),
    (
        "mix",
        {"recordingConfig": {"transcodingConfig": {"mixedVideoLayout": 2}}},
        None,
        f"{CONFIG}.transcodingConfig.maxResolutionUid: is missing, so that the large region stays empty; "
        "a spotlight is on somebody",
    ),
    (
        "mix",
        {"storageConfig": {**STORAGE, "region": 26}},
        None,
        "start.clientRequest.storageConfig.region: 26 is no region of vendor 1 that the vendor's pages list",
    ),
    (
        "mix",
        {"storageConfig": {**STORAGE, "stsToken": "t", "stsExpiration": 2**63}},
        None,
        "start.clientRequest.storageConfig.stsExpiration: is beyond all calendars; it counts seconds since 1970",
    ),
    (
        "individual",
        {"recordingConfig": {"subscribeUidGroup": 0}, "snapshotConfig": {"captureInterval": 3, "fileType": ["jpg"]}},
        None,
        "start.clientRequest.snapshotConfig.captureInterval: 3 is less than 5 (as output.snapshots.interval of a spec)",
    ),
    (
        "individual",
        {
            "recordingConfig": {
                "subscribeAudioUids": ["1", "2"],
                "subscribeVideoUids": ["3"],
                "subscribeUidGroup": 0,
            }
        },
        None,
        f"{CONFIG}.subscribeUidGroup: 0 keeps room for 2, and the lists name 3",
    ),
    (
        "mix",
        {},
        {"excludeResourceIds": ["r"]},
        "acquire.clientRequest.excludeResourceIds: no spec names recordings; give them as start(apart_from=[...])",
    ),
    (
        "individual",
        {"recordingConfig": {"subscribeUidGroup": 0}},
        {"scene": 2},
        "acquire.clientRequest.scene: 2 (postponed transcoding) was withdrawn; extra_body is start's alone",
    ),
    ("mix", {}, {"scene": 1}, "acquire.clientRequest.scene: 1 is not one of 0"),
    ("web", {**page(), "recordingConfig": {}}, None, "start.clientRequest.recordingConfig: is unknown"),
    (
        "web",
        page(videoWidth=1281),
        None,
        "start.clientRequest.extensionServiceConfig.extensionServices.0.serviceParam.videoWidth: 1281 is odd; "
        "the sides of a canvas are even (as video.width of a spec)",
    ),
    (
        "mix",
        {"recordingConfig": {"transcodingConfig": {"mixedVideoLayout": 3, "layoutConfig": [LEFT, LEFT]}}},
        None,
        f"{CONFIG}.transcodingConfig.layoutConfig.1.uid: '7' has region 0 already "
        "(as layout.regions.1.participant of a spec)",
    ),
]


@pytest.mark.parametrize(("mode", "client", "acquire", "problem"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_no_spec_can_say_is_named_by_its_place_in_the_body(
    mode: str, client: dict[str, Any], acquire: dict[str, Any] | None, problem: str
) -> None:
    """The path leads into the body that was given, whoever noticed it."""
    assert any(found.startswith(problem) for found in problems(mode, client, acquire)), problems(mode, client, acquire)


def test_an_acquire_of_another_recorder_is_refused() -> None:
    """Room and uid are the same in both."""
    assert problems("mix", {}, {}, cname="another") == [
        "acquire.cname: differs from start.cname, which the vendor would refuse"
    ]
    assert problems("mix", {}, {}, uid="9") == ["acquire.uid: differs from start.uid, which the vendor would refuse"]


def test_a_masked_plan_is_refused() -> None:
    """What was printed holds no secrets, so nothing could be stored with it."""
    masked = [
        PlannedRequest(request.operation, request.method, request.url, request.body) for request in PLAN().requests
    ]
    with pytest.raises(InvalidSpec) as caught:
        decoded(masked)
    assert any(
        problem.startswith("start.clientRequest.storageConfig.secretKey: is a masked secret")
        for problem in caught.value.problems
    )


@pytest.mark.parametrize(
    ("requests", "problem"),
    [
        ([], "requests: nothing;"),
        ([PlannedRequest("acquire", "POST", "u", {})], "requests: acquire;"),
        ([PlannedRequest("start", "POST", URL.format("mix"), {})] * 2, "requests: start, start:"),
        ([PlannedRequest("stop", "POST", "u", {})], "requests: stop;"),
        ([PlannedRequest("start", "POST", URL.format("composite"), {})], "start.url: names no mode"),
        ([PlannedRequest("start", "POST", "https://e.com", {})], "start.url: names no mode"),
        ([PlannedRequest("start", "POST", URL.format("mix"), {})], "start.cname: is missing"),
    ],
)
def test_what_is_no_start_is_refused(requests: list[PlannedRequest], problem: str) -> None:
    """One start, its mode in the path, with or without its acquire."""
    with pytest.raises(InvalidSpec) as caught:
        decoded(requests)
    assert caught.value.problems[0].startswith(problem)
