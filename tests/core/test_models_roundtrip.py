"""Properties: whatever spec can be made, its revealed dump is the spec again, in every format."""

import json
import math

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder_core.models import (
    Cipher,
    Fit,
    Format,
    RecordingSpec,
    ServerSideEncryption,
    Side,
    default_bitrate_kbps,
)

same_each_run = settings(max_examples=50, deadline=None, derandomize=True)

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
secrets = words.map(str.strip).filter(lambda text: text.strip("*"))
names = st.one_of(st.integers(0, 2**32), words)
counts = st.integers(1, 100_000)
even = st.integers(1, 1000).map(lambda half: half * 2)
colors = st.integers(0, 0xFFFFFF).map("#{:06X}".format)
urls = st.sampled_from(["https://example.com/a.jpg?sig=x", "http://127.0.0.1:8000/b", "https://例え.jp/"])


def maybe(**fields):
    """A mapping that may lack any of these."""
    return st.fixed_dictionaries({}, optional=fields)


def kind(name, optional=None, **required):
    """A member of a union."""
    return st.fixed_dictionaries({"kind": st.just(name), **required}, optional=optional or {})


@st.composite
def rectangles(draw, **others):
    """A part of the canvas: two edges each way, in millionths."""
    left, top = draw(st.integers(0, 999_999)), draw(st.integers(0, 999_999))
    right, bottom = draw(st.integers(left + 1, 1_000_000)), draw(st.integers(top + 1, 1_000_000))
    place = {"x": left / 1e6, "y": top / 1e6, "width": (right - left) / 1e6, "height": (bottom - top) / 1e6}
    return {**place, **draw(maybe(**others))}


images = st.fixed_dictionaries({"url": urls}, optional={"fit": st.sampled_from([*Fit]).map(str)})
common = {
    "background": maybe(color=colors, image=images),
    "placeholders": st.dictionaries(words, images, max_size=2),
    "fit": st.sampled_from([*Fit]).map(str),
    "windows": counts,
}
regions = st.lists(
    rectangles(
        participant=names,
        content=st.sampled_from(["participant", "screen"]),
        opacity=st.floats(0, 1),
        z=st.integers(-9, 9),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda region: (
        str(region.get("participant", id(region))),
        region.get("content", "participant"),
    ),
)
layouts = st.one_of(
    kind("grid", common),
    kind("floating", {**common, "participant": names}),
    kind("spotlight", {**common, "participant": names, "side": st.sampled_from([*Side]).map(str)}),
    kind("custom", {name: common[name] for name in ("background", "placeholders")}, regions=regions),
)
buckets = st.sampled_from(["lessons", "my-bucket.2026", "name-1250000000"])
keyed = {"bucket": buckets, "region": words, "access_key": secrets, "secret_key": secrets}
storages = st.one_of(
    kind("vendor_managed"),
    kind("account", {"store": st.sampled_from(["s3", "azure_blob"]), "bucket": buckets, "region": words}),
    kind(
        "s3",
        {"server_side_encryption": st.sampled_from([*ServerSideEncryption]).map(str), "object_tag": words},
        **keyed,
    ),
    kind(
        "tencent_cos",
        session_token=secrets,
        session_expires_at=st.just("2026-08-01T10:00:00Z"),
        **{**keyed, "bucket": st.just("name-1250000000")},
    ),
    kind("s3_compatible", {"path_style": st.booleans()}, endpoint=st.just("minio:9000"), **keyed),
    kind("azure_blob", container=buckets, account_name=buckets, account_key=secrets),
    kind("tencent_vod"),
    kind("tencent_vod", region=words, access_key=secrets, secret_key=secrets),
    kind("google_cloud_storage", bucket=buckets, credentials_json=st.just('{"type": "service_account"}')),
)
selections = st.one_of(
    *(st.fixed_dictionaries({side: st.lists(names, min_size=1, max_size=3)}) for side in ("include", "exclude"))
)
leaves = st.one_of(
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    words.filter(lambda text: text.strip("*") and "${env:" not in text),
)
options = st.recursive(
    st.dictionaries(words, leaves, max_size=3),
    lambda inner: st.dictionaries(words, st.one_of(inner, st.lists(inner, max_size=2)), max_size=2),
    max_leaves=6,
)
specs = st.fixed_dictionaries(
    {"room": words, "storage": storages},
    optional={
        "media": st.sampled_from(["audio_video", "video"]),
        "participants": maybe(audio=selections, video=selections),
        "expected_participants": counts,
        "layout": layouts,
        "video": maybe(width=even, height=even, fps=counts, bitrate_kbps=counts),
        "audio": maybe(sample_rate=counts, channels=st.integers(1, 2), bitrate_kbps=counts),
        "output": maybe(
            formats=st.sets(st.sampled_from([*Format]).map(str), min_size=1).map(sorted),
            prefix=st.just("lessons/2026"),
            snapshots=st.fixed_dictionaries({"interval": st.integers(5, 3600)}),
            segment_duration=counts,
        ),
        "idle_timeout": counts,
        "encryption": st.fixed_dictionaries({"cipher": st.just(str(Cipher.AES_128_GCM)), "secret": secrets}),
        "push_urls": st.lists(st.just("rtmp://example.com/live"), max_size=2),
        "watermarks": st.lists(kind("clock", font_size=counts), max_size=2),
        "callback_url": urls,
        "options": st.dictionaries(words, options, max_size=2),
    },
)


@same_each_run
@given(specs)
def test_every_format_brings_the_spec_back(fields):
    """load(dump(reveal=True)) is the spec, and what was given stays told from what wasn't."""
    spec = RecordingSpec.model_validate(fields)
    dump = spec.dump(reveal=True)
    assert RecordingSpec.model_validate(dump) == spec
    for text, format in (
        (json.dumps(dump), "json"),
        (json.dumps(dump, ensure_ascii=False), "json"),
        (yaml.safe_dump(dump, allow_unicode=True), "yaml"),
        (yaml.safe_dump(dump, default_flow_style=True), "yaml"),
    ):
        again = RecordingSpec.loads(text, format=format)
        assert again == spec
        assert hash(again) == hash(spec)
        assert again.model_fields_set == spec.model_fields_set
        assert again.dump(reveal=True) == dump


@same_each_run
@given(specs)
def test_a_masked_dump_has_no_secret(fields):
    """The masked dump has the revealed one's shape, and the mask in the place of every secret."""
    spec = RecordingSpec.model_validate(fields)
    masked, clear = spec.dump(), spec.dump(reveal=True)
    json.dumps(masked)

    def compare(one, other, hidden):
        if isinstance(other, dict):
            assert one.keys() == other.keys()
            for key in other:
                secret = key in (
                    "access_key",
                    "secret_key",
                    "session_token",
                    "account_key",
                    "credentials_json",
                    "secret",
                )
                compare(one[key], other[key], hidden or secret or key in ("push_urls",))
        elif isinstance(other, list):
            assert len(one) == len(other)
            for left, right in zip(one, other, strict=True):
                compare(left, right, hidden)
        else:
            assert one == ("**********" if hidden else other)

    compare({**masked, "options": None}, {**clear, "options": None}, hidden=False)
    compare(masked.get("options", {}), clear.get("options", {}), hidden=True)


@same_each_run
@given(specs)
def test_resolving_is_final(fields):
    """A resolved spec resolves to itself, keeps what was given and can be dumped and loaded."""
    spec = RecordingSpec.model_validate(fields)
    resolved = spec.resolved()
    assert resolved.resolved() == resolved
    assert RecordingSpec.load(resolved.dump(reveal=True)) == resolved
    for name in ("width", "height", "fps", "bitrate_kbps"):
        assert getattr(spec.video, name) in (None, getattr(resolved.video, name))


@same_each_run
@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(1, 120), st.integers(0, 500), st.integers(0, 30))
def test_more_pixels_or_frames_never_get_less(width, height, fps, wider, faster):
    """The table's rate is monotone, bounded, and indifferent to how the canvas is turned."""
    rate = default_bitrate_kbps(width, height, fps)
    assert 50 <= rate <= 6500
    assert rate <= default_bitrate_kbps(width + wider, height, fps + faster)
    assert rate == default_bitrate_kbps(height, width, fps)


@same_each_run
@given(rectangles())
def test_whole_millionths_always_fit(place):
    """A region whose edges are millionths of the canvas is never refused for rounding."""
    fields = {
        "room": "r",
        "storage": {"kind": "vendor_managed"},
        "layout": {"kind": "custom", "regions": [place]},
    }
    region = RecordingSpec.model_validate(fields).layout.regions[0]
    assert math.isclose(region.x, place["x"])
