"""What becomes of a spec: the request, and the truth about what is lost."""

from __future__ import annotations

from typing import Any

import pytest
from recorder_core import InvalidSpec, Mode, Recorder, UnsupportedOperation, capabilities
from recorder_core.models import ScreenShare

from asking import PAGE, STORAGE, page_layout, plan_of, told
from recorder_livekit.config import LivekitConfig
from recorder_livekit.provider import LivekitProvider

REGION = {"participant": "1001", "x": 0.25, "y": 0.0, "width": 0.75, "height": 0.5}
PICTURE = {"url": "https://example.com/picture.jpg"}
ONE = {"audio": {"include": ["1001"]}, "video": {"include": ["1001"]}}
KEYS = {"access_key": "AK", "secret_key": "SK"}


def upload(plan: Any) -> Any:
    """Where the file of a plan goes."""
    (output,) = plan.requests[0].body["file_outputs"]
    return {name: value for name, value in output.items() if name in ("s3", "gcp", "azure", "aliOSS")}


def test_with_a_page_every_layout_is_exact() -> None:
    """Presets, regions, backgrounds, placeholders, watermarks and a choice of people: told to the page, no finding."""
    plan = plan_of(
        layout={
            "kind": "custom",
            "regions": [REGION, {"x": 0.0, "y": 0.5, "width": 0.25, "height": 0.5, "opacity": 0.5, "z": 2}],
            "background": {"color": "#101820", "image": {**PICTURE, "fit": "contain"}},
            "placeholders": {"*": PICTURE},
        },
        participants={"audio": {"exclude": ["9"]}},
        watermarks=[{"kind": "image", **PICTURE, "x": 0.5, "y": 0.5, "width": 0.25, "height": 0.25}],
        max_duration=7200,
    )
    assert plan.fidelity == "exact"
    layout = page_layout(plan)
    assert layout["kind"] == "custom"
    assert layout["regions"][0] == REGION
    assert (layout["regions"][1]["opacity"], layout["regions"][1]["z"]) == (0.5, 2)
    assert (layout["color"], layout["image"]["fit"]) == ("#101820", "contain")
    assert layout["placeholders"] == {"*": PICTURE}
    assert layout["audio"] == {"exclude": ["9"]}
    assert (layout["longest"], layout["idle"]) == (7200, 300)


@pytest.mark.parametrize(
    ("fields", "verdicts"),
    [
        ({}, {}),
        ({"layout": {"kind": "grid"}}, {"layout": "approximated"}),
        ({"layout": {"kind": "spotlight"}}, {"layout": "approximated"}),
        (
            {"layout": {"kind": "spotlight", "participant": "1"}},
            {"layout": "approximated", "layout.participant": "unsupported"},
        ),
        ({"layout": {"kind": "floating"}}, {"layout": "unsupported"}),
        ({"layout": {"kind": "custom", "regions": [REGION]}}, {"layout": "unsupported"}),
        (
            {"layout": {"kind": "grid", "fit": "contain"}},
            {"layout": "approximated", "layout.fit": "unsupported"},
        ),
        (
            {"layout": {"kind": "grid", "background": {"color": "#102030"}}},
            {"layout": "approximated", "layout.background.color": "unsupported"},
        ),
        (
            {"layout": {"kind": "grid", "placeholders": {"*": PICTURE}}},
            {"layout": "approximated", "layout.placeholders.*": "unsupported"},
        ),
        ({"participants": {"audio": {"include": ["1"]}}}, {"participants": "unsupported"}),
        ({"max_duration": 7200}, {"max_duration": "unsupported"}),
        ({"idle_timeout": 60}, {"idle_timeout": "unsupported"}),
    ],
)
def test_without_a_page_the_vendor_s_templates_say_what_they_cannot(
    fields: dict[str, Any], verdicts: dict[str, str]
) -> None:
    """Nothing is lost in silence, and each finding says how to have it."""
    plan = plan_of(page=None, **fields)
    assert told(plan) == verdicts
    assert all(finding.instead for finding in plan.findings)


def test_the_vendor_s_templates_are_named() -> None:
    """Grid and speaker, black and white; and no layout at all for sound alone, which then needs no browser."""
    assert plan_of(page=None).requests[0].body["layout"] == "grid"
    light = {"kind": "spotlight", "background": {"color": "#FFFFFF"}}
    assert plan_of(page=None, layout=light).requests[0].body["layout"] == "speaker-light"
    sound = plan_of(page=None, media="audio").requests[0].body
    assert not {"layout", "custom_base_url", "video_only"} & sound.keys()
    assert sound["audio_only"] is True


@pytest.mark.parametrize(
    ("media", "formats", "is_made"),
    [
        ("audio_video", ["mp4"], True),
        ("audio_video", ["hls"], True),
        ("audio_video", ["mp4", "hls"], True),
        ("audio_video", ["ogg"], False),
        ("audio_video", ["mp4", "webm"], False),
        ("video", ["mp4", "hls"], True),
        ("audio", ["mp4"], True),
        ("audio", ["mp3"], True),
        ("audio", ["ogg"], True),
        ("audio", ["hls"], True),
        ("audio", ["hls", "ogg"], False),
        ("audio", ["mp4", "ogg"], False),
        ("audio", ["aac"], False),
        *(("audio_video", [name], False) for name in ("flv", "mkv", "mka", "zip")),
    ],
)
def test_formats_are_those_that_one_egress_can_make(media: str, formats: list[str], is_made: bool) -> None:
    """One file beside HLS, of codecs that go together (pkg/types, livekit/egress, 2026-08-21)."""
    plan = plan_of(media=media, output={"formats": formats})
    assert told(plan) == ({} if is_made else {"output.formats": "unsupported"})
    assert bool(plan.requests) == is_made
    if is_made:
        body = plan.requests[0].body
        assert ("segment_outputs" in body) == ("hls" in formats)
        kinds = [output["file_type"].lower() for output in body.get("file_outputs", ())]
        assert kinds == [name for name in formats if name != "hls"]


def test_pictures_can_be_had_alone_and_beside_files() -> None:
    """An image output at the interval, with the recording or instead of it."""
    alone = plan_of(output={"formats": [], "snapshots": {"interval": 15}}).requests[0].body
    assert [image["capture_interval"] for image in alone["image_outputs"]] == [15]
    assert "file_outputs" not in alone
    assert "image_outputs" in plan_of(output={"formats": ["mp4"], "snapshots": {"interval": 15}}).requests[0].body


def test_what_the_vendor_fills_in_is_no_folder() -> None:
    """A folder that holds one of the vendor's templates would be another one."""
    assert told(plan_of(output={"formats": ["mp4"], "prefix": "lessons/{time}"})) == {"output.prefix": "unsupported"}
    assert told(plan_of(output={"formats": ["mp4"], "prefix": "lessons/{mine}"})) == {}


def test_sound_is_described_as_it_will_be() -> None:
    """Two channels whatever was asked, and an Ogg file at its own rate."""
    assert told(plan_of(audio={"channels": 1})) == {"audio.channels": "approximated"}
    assert told(plan_of(audio={"channels": 2, "sample_rate": 44100})) == {}
    ogg = plan_of(media="audio", output={"formats": ["ogg"]}, audio={"sample_rate": 44100})
    assert told(ogg) == {"audio.sample_rate": "approximated"}


def test_streams_have_the_form_that_the_vendor_takes() -> None:
    """An address without an app and a key is refused here, and is shown nowhere."""
    plan = plan_of(push_urls=["rtmp://live.example/app/key", "rtmp://live.example/secret-key"])
    assert told(plan) == {"push_urls.1": "unsupported"}
    assert "secret-key" not in str(plan.findings)
    assert told(plan_of(media="audio", output={"formats": ["ogg"]}, push_urls=["rtmp://a.example/b/c"])) == {
        "push_urls": "unsupported"
    }


@pytest.mark.parametrize(
    "participants",
    [
        {},
        {"audio": {"include": ["1001"]}},
        {"audio": {"include": ["1001"]}, "video": {"include": ["1001", "2"]}},
        {"audio": {"include": ["1001"]}, "video": {"include": ["2"]}},
        {"audio": {"exclude": ["2"]}, "video": {"exclude": ["2"]}},
    ],
)
def test_an_individual_recording_is_of_those_who_are_named(participants: dict[str, Any]) -> None:
    """An egress is of one participant, whom it names, sound and pictures: anything else would be other people."""
    plan = plan_of(mode="individual", participants=participants)
    assert told(plan) == {"participants": "unsupported"}
    assert plan.requests == ()


def test_one_participant_is_one_egress() -> None:
    """The request names them; what the spec leaves open of the picture is the vendor's."""
    (request,) = plan_of(mode="individual", participants=ONE).requests
    assert request.operation == "StartParticipantEgress"
    assert request.body["identity"] == "1001"
    assert "advanced" not in request.body
    (output,) = request.body["file_outputs"]
    assert "-" not in output["filepath"]


def test_several_participants_are_an_egress_each() -> None:
    """Alike but for whom they name and what their files are called: no part writes over another's."""
    people = {"include": ["b", "a", "b", "c"]}
    output = {"formats": ["mp4", "hls"], "prefix": "lessons", "snapshots": {"interval": 5}}
    plan = plan_of(
        mode="individual", participants={"audio": people, "video": {"include": ["a", "b", "c"]}}, output=output
    )
    assert told(plan) == {}
    assert [request.body["identity"] for request in plan.requests] == ["b", "a", "c"]
    names = [
        (request.body["file_outputs"][0]["filepath"], request.body["segment_outputs"][0]["filename_prefix"])
        for request in plan.requests
    ]
    (id,) = {file.removeprefix("lessons/").partition("-")[0] for file, _ in names}
    assert names == [(f"lessons/{id}-{number}.mp4", f"lessons/{id}-{number}") for number in (1, 2, 3)]
    assert len({request.body["image_outputs"][0]["filename_prefix"] for request in plan.requests}) == 3


def test_several_participants_share_no_stream() -> None:
    """An address takes one stream."""
    people = {"include": ["1001", "1002"]}
    plan = plan_of(
        mode="individual", participants={"audio": people, "video": people}, push_urls=["rtmp://live.example/app/key"]
    )
    assert told(plan) == {"push_urls": "unsupported"}
    assert plan_of(mode="individual", participants=ONE, push_urls=["rtmp://live.example/app/key"]).findings == ()


def test_an_individual_recording_may_be_of_a_screen() -> None:
    """By the vendor's own option, which no other mode has."""
    options = {"livekit": {"screen_share": True}}
    assert plan_of(mode="individual", participants=ONE, options=options).requests[0].body["screen_share"] is True
    assert told(plan_of(options=options)) == {"options.livekit.screen_share": "unsupported"}
    assert told(plan_of(mode="individual", participants=ONE, media="audio")) == {
        "media": "unsupported",
        "participants": "unsupported",
    }


def test_a_page_of_the_application_s_own_is_recorded() -> None:
    """StartWebEgress; that the page says when it is ready is waited for without an end."""
    page = {"url": "https://class.example/room"}
    plan = plan_of(mode="web", web_page=page, media="video")
    (request,) = plan.requests
    assert request.operation == "StartWebEgress"
    assert (request.body["url"], request.body["video_only"]) == (page["url"], True)
    assert told(plan) == {}
    waits = plan_of(mode="web", web_page={**page, "ready_timeout": 10})
    assert told(waits) == {"web_page.ready_timeout": "approximated"}
    assert waits.requests[0].body["await_start_signal"] is True
    lost = plan_of(mode="web", web_page={**page, "mobile": True}, idle_timeout=60, max_duration=60)
    assert set(told(lost)) == {"web_page.mobile", "idle_timeout", "max_duration"}


@pytest.mark.parametrize(
    ("storage", "sent"),
    [
        (
            {**STORAGE, "session_token": "T", "object_tag": "lesson=42"},
            {"s3": {"session_token": "**********", "tagging": "lesson=42", "bucket": "lessons", "region": "eu-west-1"}},
        ),
        (
            {"kind": "s3", "bucket": "b", "region": "r", "role_arn": "arn:aws:iam::1:role/r"},
            {"s3": {"assume_role_arn": "arn:aws:iam::1:role/r", "bucket": "b", "region": "r"}},
        ),
        (
            {"kind": "s3", "bucket": "b", "region": "r", "role_arn": "arn:r", "external_id": "lessons-42"},
            {"s3": {"assume_role_arn": "arn:r", "assume_role_external_id": "lessons-42", "bucket": "b", "region": "r"}},
        ),
        (
            {
                "kind": "s3_compatible",
                "bucket": "b",
                "region": "r",
                "endpoint": "s3.example",
                "path_style": True,
                **KEYS,
            },
            {"s3": {"endpoint": "https://s3.example", "force_path_style": True, "bucket": "b", "region": "r"}},
        ),
        (
            {"kind": "google_cloud_storage", "bucket": "b", "credentials_json": '{"a": 1}'},
            {"gcp": {"credentials": "**********", "bucket": "b"}},
        ),
        (
            {"kind": "azure_blob", "container": "c", "account_name": "a", "account_key": "k"},
            {"azure": {"account_name": "a", "account_key": "**********", "container_name": "c"}},
        ),
        (
            {"kind": "alibaba_oss", "bucket": "b", "region": "cn-hangzhou", **KEYS},
            {"aliOSS": {"bucket": "b", "region": "cn-hangzhou", "endpoint": "https://oss-cn-hangzhou.aliyuncs.com"}},
        ),
    ],
)
def test_files_go_where_they_should(storage: dict[str, Any], sent: dict[str, Any]) -> None:
    """Each storage that the vendor has, by the names of its own fields, its credentials masked."""
    plan = plan_of(storage=storage)
    assert told(plan) == {}
    ((kind, found),) = upload(plan).items()
    assert found.items() >= sent[kind].items()
    assert not [value for value in ("AK", "SK", "AK-of-the-tests", "SK-of-the-tests") if value in found.values()]


@pytest.mark.parametrize(
    ("storage", "path"),
    [
        ({**STORAGE, "server_side_encryption": "aes256"}, "storage.server_side_encryption"),
        ({**STORAGE, "server_side_encryption": "kms", "kms_key_id": "k"}, "storage.kms_key_id"),
        ({"kind": "s3", "bucket": "b", "region": "r", "bucket_policy": True}, "storage.bucket_policy"),
        ({"kind": "google_cloud_storage", "bucket": "b", **KEYS}, "storage.access_key"),
        ({"kind": "alibaba_oss", "bucket": "b", "region": "r", "session_token": "T", **KEYS}, "storage.session_token"),
        ({"kind": "huawei_obs", "bucket": "b", "region": "r", **KEYS}, "storage"),
        ({"kind": "vendor_managed"}, "storage"),
    ],
)
def test_what_the_vendor_cannot_store_to_is_refused(storage: dict[str, Any], path: str) -> None:
    """Never dropped: a recording must not go elsewhere, or be stored in the clear."""
    assert told(plan_of(storage=storage))[path] == "unsupported"


def test_temporary_keys_whose_end_is_told_have_to_outlive_the_recording() -> None:
    """The vendor takes no others later."""
    storage = {**STORAGE, "session_token": "T", "session_expires_at": "2030-01-01T00:00:00Z"}
    assert told(plan_of(storage=storage)) == {"storage.session_expires_at": "approximated"}


def test_the_large_window_follows_whoever_speaks() -> None:
    """By the page exactly. By the vendor's template nearly so, and without being asked for it too, which the finding
    says; a named participant it can't show."""
    asked = {"kind": "spotlight", "side": "right", "follows": "speaker"}
    exact = plan_of(layout=asked)
    assert told(exact) == {}
    assert '"follows":"speaker"' in exact.requests[0].body["layout"]
    for layout, hint in ((asked, "host the recording page"), ({"kind": "spotlight"}, "set layout.follows to speaker")):
        nearly = plan_of(page=None, layout=layout)
        assert nearly.requests[0].body["layout"] == "speaker"
        (finding,) = nearly.findings
        assert (finding.path, finding.verdict) == ("layout", "approximated")
        assert "a shared screen" in finding.detail
        assert finding.instead.startswith(hint)
    lost = {"layout": "unsupported"}
    assert told(plan_of(page=None, layout={"kind": "floating", "follows": "speaker"})) == lost
    assert told(plan_of(layout={"kind": "floating", "follows": "speaker"})) == {}


def test_a_shared_screen_does_what_is_asked() -> None:
    """By the page, each of the three. The vendor's templates give it the large window, and no other."""
    for kind in ("grid", "floating", "spotlight"):
        for share in ScreenShare:
            layout = {"kind": kind, "screen_share": share.value}
            plan = plan_of(layout=layout)
            assert told(plan) == {}
            assert f'"screen_share":"{share}"' in plan.requests[0].body["layout"]
            refused = told(plan_of(page=None, layout=layout)).get("layout.screen_share")
            assert refused == (None if share is ScreenShare.LARGE else "unsupported")
    (asked,) = plan_of(page=None, layout={"kind": "grid", "screen_share": "large"}).findings
    (unasked,) = plan_of(page=None, layout={"kind": "grid"}).findings
    assert (asked.verdict, unasked.verdict) == ("approximated", "approximated")
    assert ("screen" in asked.detail, "screen" in unasked.detail) == (False, True)


def test_unknown_options_are_refused() -> None:
    """By name, without the value."""
    with pytest.raises(InvalidSpec) as caught:
        plan_of(options={"livekit": {"preset": "SK-shown-to-nobody"}})
    assert "SK-shown-to-nobody" not in str(caught.value)


def test_the_matrix_has_an_answer_for_everything() -> None:
    """No cell is unknown, and each that isn't exact says why and what to do."""
    matrix = capabilities(["livekit"])
    assert matrix.columns[0].problem is None
    assert Mode.COMPOSITE in matrix.columns[0].modes
    for row in matrix.rows:
        cell = row.cells["livekit"]
        assert cell.answer != "unknown", row.label
        assert (cell.answer == "exact") == (cell.findings == ()), row.label


def test_pages_are_shown_as_they_will_be() -> None:
    """A preview with a page; none without, for the vendor's templates follow whoever speaks."""
    plan = plan_of(layout={"kind": "custom", "regions": [REGION]})
    with Recorder(LivekitProvider(LivekitConfig.placeholder(template_url=PAGE)), hooks=()) as recorder:
        picture = recorder.provider.picture(plan, ["1001", "1002"])
        (window,) = picture.windows
        assert (window.left, window.top, window.right, window.bottom) == (320, 0, 1280, 360)
        assert (window.participant, picture.missing) == ("1001", ("1002",))
        with pytest.raises(UnsupportedOperation, match="who speaks"):
            recorder.provider.picture(plan_of(page=None), ["1001"])


@pytest.mark.parametrize("mode", ["composite", "individual"])
def test_numbers_that_the_wire_cannot_hold_are_refused(mode: str) -> None:
    """Sides below 16 px, and what doesn't go into 32 bits; never an error of another kind."""
    huge = 10**12
    plan = plan_of(
        mode=mode,
        participants=ONE,
        video={"width": 8, "height": huge, "fps": huge, "bitrate_kbps": huge},
        audio={"bitrate_kbps": huge, "sample_rate": huge},
        output={"formats": ["hls"], "segment_duration": huge},
    )
    paths = {
        *("video.width", "video.height", "video.fps", "video.bitrate_kbps"),
        *("audio.bitrate_kbps", "audio.sample_rate", "output.segment_duration"),
    }
    assert told(plan) == dict.fromkeys(paths, "unsupported")
    assert plan.requests[0].body["advanced"]["width"] == 16
