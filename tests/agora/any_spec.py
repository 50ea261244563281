"""Random specs for Agora, of every mode, as the fields that a caller would write; most of them are sound."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from recorder_agora.tables import STORAGE_REGIONS, StorageVendor

__all__ = ["asked", "pictured"]


def some(always: dict[str, Any], optional: dict[str, Any] | None = None) -> Any:
    """A mapping with these keys and some of the others."""

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, Any]:
        names = sorted(optional or {})
        size = draw(st.integers(0, min(len(names), MOST)))
        chosen = draw(st.lists(st.sampled_from(names), unique=True, min_size=size, max_size=size)) if size else []
        return {name: draw(value) for name, value in {**always, **{n: (optional or {})[n] for n in chosen}}.items()}

    return drawn()


MOST = 6
"""Most optional keys of one mapping: with more, hardly a spec would be free of findings."""
SALT = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
text = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
rooms = st.one_of(st.from_regex(r"[a-zA-Z0-9 !#$%&()+:;<=.>?@\[\]^_{}|~,-]{1,63}", fullmatch=True), text)
uids = st.one_of(st.integers(1, 40), st.just(4_294_967_295)).map(str)
few = st.lists(uids, min_size=1, max_size=40, unique=True)
selections = st.one_of(few.map(lambda names: {"include": names}), few.map(lambda names: {"exclude": names}))
people = some({}, optional={"audio": selections, "video": selections})
urls = st.sampled_from(["https://e.com/p.jpg", "http://e.com/q.bmp?sig=1", "HTTPS://e.com/R.JPG"])
fits = st.sampled_from(["cover", "contain", "stretch"])
images = some({"url": urls}, optional={"fit": fits})
keys = {"access_key": st.just("AK-1"), "secret_key": text.map(lambda value: f"s{value}")}
expiry = st.datetimes(datetime(1965, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
temporary = {"session_token": st.just("ST"), "session_expires_at": expiry}


def storage(kind: str, vendor: StorageVendor, /, optional: dict[str, Any] | None = None, **fields: Any) -> Any:
    regions = {"region": st.sampled_from(sorted(STORAGE_REGIONS[vendor]))} if STORAGE_REGIONS[vendor] else {}
    return some(
        {"kind": st.just(kind), "bucket": st.just("lessons-1250000000"), **regions, **keys, **fields},
        optional=optional,
    ).filter(lambda given: "session_expires_at" not in given or "session_token" in given)


tag = {"object_tag": text}
sse = {"server_side_encryption": st.sampled_from(["aes256", "kms"])}
storages = st.one_of(
    storage("s3", StorageVendor.AMAZON_S3, {**temporary, **tag, **sse}),
    storage("alibaba_oss", StorageVendor.ALIBABA_CLOUD, {**temporary, **tag}),
    storage("tencent_cos", StorageVendor.TENCENT_CLOUD, temporary),
    storage("qiniu_kodo", StorageVendor.QINIU),
    storage("kingsoft_ks3", StorageVendor.KINGSOFT_CLOUD),
    storage("huawei_obs", StorageVendor.HUAWEI_CLOUD),
    storage("baidu_bos", StorageVendor.BAIDU_AI_CLOUD),
    storage("google_cloud_storage", StorageVendor.GOOGLE_CLOUD),
    storage(
        "s3_compatible",
        StorageVendor.S3_COMPATIBLE,
        {"path_style": st.booleans()},
        region=st.just("eu-1"),
        endpoint=st.sampled_from(["s3.e.com", "s3.e.com:9000", "https://s3.e.com", "http://s3.e.com"]),
    ),
    st.just({"kind": "azure_blob", "container": "lessons", "account_name": "school", "account_key": "k"}),
)
sides = st.one_of(st.sampled_from([360, 640, 720, 1280, 1920]), st.integers(1, 1200).map(lambda half: 2 * half))
videos = some(
    {},
    optional={"width": sides, "height": sides, "fps": st.integers(1, 70), "bitrate_kbps": st.integers(1, 9000)},
)
audios = some(
    {},
    optional={
        "sample_rate": st.sampled_from([44100, 48000]),
        "channels": st.integers(1, 2),
        "bitrate_kbps": st.one_of(st.sampled_from([48, 128, 192]), st.integers(1, 400)),
    },
)
encryptions = st.one_of(
    some({"cipher": st.sampled_from(["aes_128_gcm2", "aes_256_gcm2"]), "secret": text, "salt": st.just(SALT)}),
    some(
        {
            "cipher": st.sampled_from(
                ["aes_128_xts", "aes_128_ecb", "aes_256_xts", "sm4_128_ecb", "aes_128_gcm", "aes_256_gcm"]
            ),
            "secret": text.map(lambda value: f"s{value}"),
        }
    ),
)
parts = st.integers(0, 20)
regions = st.builds(
    lambda x, y, width, height, base, more: {
        "x": x / base,
        "y": y / base,
        "width": min(width + 1, base - x) / base,
        "height": min(height + 1, base - y) / base,
        **more,
    },
    st.integers(0, 6),
    st.integers(0, 6),
    parts,
    parts,
    st.sampled_from([7, 11, 12, 16]),
    some({}, optional={"fit": fits, "opacity": st.floats(0, 1, allow_nan=False), "z": st.integers(0, 2)}),
)


def distinct(found: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    return [
        region if name is None else {**region, "participant": name} for region, name in zip(found, names, strict=False)
    ]


shared = {
    "background": some({}, optional={"color": st.sampled_from(["#000000", "#fFaA00"]), "image": images}),
    "placeholders": st.dictionaries(st.one_of(st.just("*"), uids), images, max_size=2),
}
layouts = st.one_of(
    some({"kind": st.just("grid")}, optional={**shared, "fit": fits, "windows": st.sampled_from([1, 4, 17, 18])}),
    some({"kind": st.just("floating")}, optional={**shared, "participant": uids, "fit": fits}),
    some(
        {"kind": st.just("spotlight")},
        optional={**shared, "participant": uids, "side": st.sampled_from(["left", "right", "top", "bottom"])},
    ),
    some(
        {
            "kind": st.just("custom"),
            "regions": st.builds(
                distinct,
                st.lists(regions, min_size=1, max_size=5),
                st.one_of(st.just([None] * 5), st.permutations(["1", "2", "3", "4", "5"])),
            ),
        },
        optional=shared,
    ),
)
outputs = some(
    {},
    optional={
        "formats": st.sampled_from([["hls"], ["mp4"], ["hls", "mp4"], ["flv"], []]),
        "prefix": st.sampled_from(["lessons", "lessons/2026", "a-b", "/".join(["a" * 31] * 4)]),
        "tracks": st.sampled_from(["merged", "separate"]),
        "segment_duration": st.sampled_from([10, 15]),
        "max_file_duration": st.integers(1, 20_000),
        "snapshots": some({"interval": st.integers(5, 3600)}),
    },
)
shared_options = {
    "uid": st.sampled_from(["900001", 77]),
    "region": st.sampled_from(["CN", "AP", "EU", "NA"]),
    "region_affinity": st.integers(0, 4),
    "resource_expired_hours": st.integers(1, 720),
    "send_start_parameter": st.booleans(),
}
room_options = {
    "channel_profile": st.sampled_from(["communication", "live"]),
    "video_stream_type": st.sampled_from(["high", "low"]),
    "private_params": st.just('{"correctEXTINF":true}'),
    "stream_mode": st.just("original"),
}
durations = st.one_of(st.integers(1, 10_000), st.integers(1, 4_000_000))
everywhere = {
    "expected_participants": st.integers(1, 60),
    "layout": layouts,
    "video": videos,
    "audio": audios,
    "output": outputs,
    "idle_timeout": durations,
    "max_duration": durations,
    "encryption": encryptions,
    "start_paused": st.booleans(),
    "push_urls": st.lists(st.sampled_from(["rtmp://e.com/live/k", "rtmps://e.com/k", "RTMP://e.com/k"]), max_size=2),
    "callback_url": urls,
}
in_rooms = {
    **everywhere,
    "participants": people,
    "whiteboard": st.just({"aspect": "16:9"}),
    "options": some({}, optional={**shared_options, **room_options}),
}
pages = some(
    {"url": st.just("https://class.example/room?k=1")},
    optional={"mobile": st.booleans(), "ready_timeout": st.integers(0, 60)},
)
media = st.sampled_from(["audio_video", "audio", "video"])
asked = st.one_of(
    *(
        some({"room": rooms, "mode": st.just(mode), "storage": storages, "media": media}, optional=in_rooms)
        for mode in ("composite", "individual")
    ),
    some(
        {"room": text, "mode": st.just("web"), "storage": storages, "web_page": pages},
        optional={**everywhere, "options": some({}, optional={**shared_options, **room_options})},
    ),
)
"""The fields of a spec."""
calm = some({}, optional={"audio": few.map(lambda names: {"include": names[:5]}), "video": selections})
pictured = some(
    {
        "room": st.just("lesson-42"),
        "storage": storage("s3", StorageVendor.AMAZON_S3),
        "layout": layouts,
        "output": some({}, optional={"formats": st.sampled_from([["hls"], ["mp4"], ["hls", "mp4"]])}),
    },
    optional={"participants": calm, "expected_participants": st.integers(1, 17)},
)
"""The fields of a composite spec that has a layout, and little else that could be refused."""
