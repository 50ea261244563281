"""What a start has in every mode, neutral to wire: which translator, the recorder's uid, the vendor's own options."""

from __future__ import annotations

from typing import Any

import pytest

from planned import KEYS, Planner, neutral_methods, revealed, translator_methods, verdicts
from recorder_agora.config import AgoraOptions
from recorder_agora.translate.modes import TRANSLATORS
from recorder_agora.translate.start import derived_uid
from recorder_core import InvalidSpec, Mode, Recording, UnsupportedFeature

APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"
PAGE = {"mode": "web", "web_page": {"url": "https://class.example/room"}}
MODES: list[dict[str, Any]] = [{}, {"mode": "individual"}, PAGE]


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("agora")


# --- which translator ---

NOWHERE = {
    *("set_callback_url", "set_whiteboard", "watermark_clock", "watermark_image"),
    *("storage_alibaba_vod", "storage_china_mobile_eos", "storage_tencent_vod", "storage_vendor_managed"),
    "storage_account",
}
"""What the vendor has in no mode."""
LAYOUTS = {
    *("layout_custom", "layout_floating", "layout_grid", "layout_spotlight"),
    *("placeholder", "region", "set_background"),
}
PAGES = {"set_web_page", "set_start_paused", "set_push_urls", "set_max_duration"}
ROOMS = {
    *("set_participants", "set_expected_participants", "set_idle_timeout", "set_encryption"),
    *("option_token", "option_channel_profile", "option_video_stream_type", "option_private_params"),
}
STORED = {
    "storage_s3": {"role_arn", "external_id", "bucket_policy", "kms_key_id"},
    "storage_google_cloud_storage": {"credentials_json"},
}
FOLLOWED = {"layout_floating": {"follows"}, "layout_spotlight": {"follows"}}
UNCLAIMED: dict[Mode, tuple[set[str], dict[str, set[str]]]] = {
    Mode.COMPOSITE: (
        PAGES | {"option_stream_mode"},
        {"set_output": {"snapshots_interval", "max_file_duration"}, **FOLLOWED},
    ),
    Mode.INDIVIDUAL: (PAGES | LAYOUTS | {"set_audio"}, {"set_output": {"max_file_duration"}}),
    Mode.WEB: (ROOMS | LAYOUTS | {"option_stream_mode"}, {"set_output": {"snapshots_interval"}}),
}
"""By mode: the fields without a method, and the leaves that a method doesn't take."""


@pytest.mark.parametrize("mode", list(Mode))
def test_every_neutral_field_has_one_method_or_none(mode: Mode) -> None:
    """A method for each field that the wire can carry in that mode, none for the others, and none without a field."""
    neutral, mine = neutral_methods(AgoraOptions), translator_methods(TRANSLATORS[mode])
    fields, unclaimed = UNCLAIMED[mode]
    assert mine.keys() <= neutral.keys()
    assert neutral.keys() - mine.keys() == NOWHERE | fields
    left = {name: (neutral[name] or set()) - claims for name, claims in mine.items()}
    assert {name: leaves for name, leaves in left.items() if leaves} == STORED | unclaimed
    invented = {name: claims - (neutral[name] or set()) for name, claims in mine.items()}
    assert not any(invented.values())


@pytest.mark.parametrize(("fields", "mode"), list(zip(MODES, ("mix", "individual", "web"), strict=True)))
def test_the_mode_stands_in_the_path_and_its_scene_in_acquire(plan: Planner, fields: dict[str, Any], mode: str) -> None:
    """A spec of any mode is planned as acquire and start, exactly."""
    found = plan(**fields)
    assert found.findings == ()
    assert found.request("start").url.endswith(f"/resourceid/{{resourceId}}/mode/{mode}/start")
    assert found.request("acquire").body["clientRequest"]["scene"] == (1 if mode == "web" else 0)


def test_advice_names_real_fields() -> None:
    """What to do instead is said of fields and options that there are."""
    neutral = neutral_methods(AgoraOptions)
    known = {name.split("_", 1)[1] for name in neutral if name.startswith("set_")}
    for translator in TRANSLATORS.values():
        for path in translator.advice:
            steps = path.split(".")
            if steps[0] == "options":
                assert f"option_{steps[2]}" in neutral, path
            else:
                assert steps[0] in {*known, "layout", "storage", "watermarks"}, path


# --- the recorder's uid ---


def test_the_uid_follows_from_the_recordings_id() -> None:
    """Always the same for an id, inside the range, digits only."""
    uids = {derived_uid(f"r-{number}", (4_000_000_000, 4_294_967_295), frozenset()) for number in range(50)}
    assert len(uids) > 45
    assert all(4_000_000_000 <= int(uid) <= 4_294_967_295 for uid in uids)
    assert derived_uid("r-1", (5, 9), frozenset()) == derived_uid("r-1", (5, 9), frozenset())


def test_the_uid_is_never_one_that_the_spec_names(plan: Planner) -> None:
    """A recorder with a participant's uid would put that participant out."""
    taken = frozenset({"5", "6", "8"})
    assert {derived_uid(f"r-{number}", (5, 8), taken) for number in range(30)} == {"7"}
    spec = plan.spec(
        participants={"audio": {"include": ["1"]}, "video": {"exclude": ["2"]}},
        layout={
            "kind": "custom",
            "placeholders": {"3": {"url": "https://e.com/p.jpg"}},
            "regions": [{"participant": "4", "x": 0, "y": 0, "width": 1, "height": 1}],
        },
    )
    assert {"1", "2", "3", "4"} <= set(spec.named_participants)
    assert "5" in plan.spec(layout={"kind": "spotlight", "participant": "5"}).named_participants


def test_the_range_of_the_uid_is_configured() -> None:
    """`recorder_uid_range` keeps it where the room has no users."""
    narrow = Planner("agora", recorder_uid_range=(77, 77))
    assert narrow().request("acquire").body["uid"] == "77"


@pytest.mark.parametrize("uid", ["0", "abc", "4294967296", "-1", ""])
def test_a_uid_is_an_integer(plan: Planner, uid: str) -> None:
    """Anything else is InvalidSpec with the option's path, and without a value."""
    with pytest.raises(InvalidSpec, match=r"options\.agora\.uid"):
        plan(options={"uid": uid})


def test_a_token_needs_its_uid(plan: Planner) -> None:
    """A token is made for one uid."""
    with pytest.raises(InvalidSpec, match="token needs uid") as caught:
        plan(options={"token": "a-secret-token"})
    assert "a-secret-token" not in str(caught.value)


def test_a_token_factory_is_asked_at_the_start_only() -> None:
    """A plan is pure: no token is made for it, and it shows that one will be."""
    asked = []
    made = Planner("agora", token_factory=lambda room, uid: asked.append((room, uid)) or "t")
    assert "token" in made().request("start").body["clientRequest"]
    assert asked == []


# --- options ---

SHARED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"uid": "4294967295"}, {}),
    ({"region": "EU"}, {}),
    ({"region": "CN"}, {"storage.region": UNSUPPORTED}),
    ({"resource_expired_hours": 1}, {}),
    ({"send_start_parameter": True}, {}),
    ({"region_affinity": 2}, {"options.agora.region_affinity": APPROXIMATED}),
    ({"extra_body": {"clientRequest": {}}}, {"options.agora.extra_body": APPROXIMATED}),
]


@pytest.mark.parametrize("fields", MODES, ids=["composite", "individual", "web"])
@pytest.mark.parametrize(("options", "found"), SHARED, ids=str)
def test_options_of_every_mode(
    plan: Planner, fields: dict[str, Any], options: dict[str, Any], found: dict[str, str]
) -> None:
    """What only this vendor has, in whichever mode: taken, or found by its path."""
    assert plan.found(**fields, options=options) == found


@pytest.mark.parametrize("fields", MODES, ids=["composite", "individual", "web"])
def test_acquire_carries_its_options(plan: Planner, fields: dict[str, Any]) -> None:
    """Fence, preference, time of control, and start's parameters if wanted."""
    options = {"region": "EU", "region_affinity": 3, "resource_expired_hours": 24, "send_start_parameter": True}
    acquire, start = (revealed(request.payload) for request in plan(**fields, options=options).requests)
    client = acquire["clientRequest"]
    assert (client["region"], client["regionAffinity"], client["resourceExpiredHour"]) == ("EU", 3, 24)
    assert client["startParameter"] == start["clientRequest"]
    assert (acquire["cname"], acquire["uid"]) == (start["cname"], start["uid"])


def test_a_fence_that_keeps_the_storage_out_is_never_dropped(plan: Planner) -> None:
    """Without it the room would be recorded elsewhere, and with it nothing would be stored: nothing is sent."""
    found = plan(options={"region": "CN"})
    assert found.requests == ()
    with pytest.raises(UnsupportedFeature, match=r"options\.agora\.region CN"):
        found.lost(warn=True)


# --- what goes out beside the spec ---


def test_apart_from_names_the_resources_of_other_recordings(plan: Planner) -> None:
    """Their resource ids go to acquire; recordings of other vendors have none."""
    mine = plan.recording({"resourceId": "res-1"})
    other = Recording.model_validate({**mine.model_dump(), "provider": "elsewhere", "native": {}})
    intent = plan.recorder._intent(plan.spec(), None, "r-2", (mine, other))
    found = plan.provider.translate(plan.spec(), intent)
    assert found.findings == ()
    assert found.request("acquire").body["clientRequest"]["excludeResourceIds"] == ["res-1"]


def test_extra_body_is_laid_over_the_body_last(plan: Planner) -> None:
    """Objects merge, everything else is replaced; a plan never shows the values."""
    found = plan(
        options={"extra_body": {"clientRequest": {"recordingConfig": {"maxIdleTime": 7, "hush": "quiet-please"}}}}
    )
    sent = revealed(found.request("start").payload)["clientRequest"]["recordingConfig"]
    assert (sent["maxIdleTime"], sent["hush"], sent["streamTypes"]) == (7, "quiet-please", 2)
    assert "quiet-please" not in repr(found)
    assert "quiet-please" not in str(found.dump())


def test_options_of_another_provider_are_not_ours(plan: Planner) -> None:
    """One spec can hold the options of both vendors."""
    spec = plan.spec(options={"uid": "7"}).dump(reveal=True)
    spec["options"]["zegocloud"] = {"stream_id": "{participant}_main"}
    assert plan.recorder.plan(type(plan.spec()).load(spec)).findings == ()


@pytest.mark.parametrize(
    "storage",
    [
        {"kind": "alibaba_vod", "region": "r", **KEYS, "title": "t", "storage_location": "s"},
        {"kind": "vendor_managed"},
        {"kind": "account", "store": "s3", "bucket": "lessons"},
    ],
)
def test_a_storage_that_the_vendor_lacks_is_never_dropped(plan: Planner, storage: dict[str, Any]) -> None:
    """A recording without its storage would lie elsewhere."""
    assert plan.found(storage=storage) == {"storage": UNSUPPORTED}
    with pytest.raises(UnsupportedFeature):
        plan(storage=storage).lost(warn=True)


# --- what no request can be made of is said before one is tried ---


@pytest.mark.parametrize("client", [None, [], "text", 5])
def test_extra_body_fits_the_body_of_start(plan: Planner, client: Any) -> None:
    """`clientRequest` is an object: anything else would leave no body to start with."""
    with pytest.raises(InvalidSpec, match=r"options\.agora\.extra_body.*clientRequest is no mapping"):
        plan(options={"extra_body": {"clientRequest": client}})


def test_a_broken_handle_to_stay_apart_from_is_found(plan: Planner) -> None:
    """Without its resource id the vendor can't be told from whom to stay away."""
    broken = plan.recording({"cname": "lesson-42"})
    intent = plan.recorder._intent(plan.spec(), None, "r-2", (broken,))
    assert verdicts(plan.provider.translate(plan.spec(), intent)) == {"apart_from": UNSUPPORTED}


@pytest.mark.parametrize(
    "fields",
    [
        {"layout": {"kind": "grid", "background": {"image": {"url": "HTTPS://e.com/p.jpg"}}}},
        {"layout": {"kind": "grid", "placeholders": {"7": {"url": "Http://e.com/p.jpg"}}}},
        {**MODES[2], "web_page": {"url": "HTTPS://class.example/room"}},
        {**MODES[2], "push_urls": ["RTMP://e.com/live/key"]},
    ],
)
def test_the_scheme_of_an_address_has_no_case(plan: Planner, fields: dict[str, Any]) -> None:
    """Every address that a spec takes goes out as it is."""
    assert UNSUPPORTED not in plan.found(**fields).values()


@pytest.mark.parametrize("fields", [MODES[0], MODES[2]], ids=["composite", "web"])
def test_a_size_of_ours_has_a_bit_rate_of_its_own(plan: Planner, fields: dict[str, Any]) -> None:
    """What is sent instead of a canvas that is too large isn't encoded at that one's rate, unless one is asked for."""
    client = plan(**fields, video={"width": 3840, "height": 2160}).request("start").body["clientRequest"]
    assert "1130" in str(client)
    given = plan(**fields, video={"width": 3840, "height": 2160, "bitrate_kbps": 777}).request("start").body
    assert "777" in str(given["clientRequest"])


@pytest.mark.parametrize("fields", MODES[:2], ids=["composite", "individual"])
def test_a_recorder_never_puts_a_participant_out(plan: Planner, fields: dict[str, Any]) -> None:
    """A uid that somebody has is never dropped with a warning: the recorder would go in with it all the same."""
    found = plan(**fields, options={"uid": "7", "token": "t"}, participants={"audio": {"include": ["7"]}})
    assert found.requests == ()
    with pytest.raises(UnsupportedFeature, match=r"7 is options\.agora\.uid too"):
        found.lost(warn=True)
