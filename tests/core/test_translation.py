"""The walk over a spec: what a translator is called with, and what is found that it doesn't claim."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, Secret, SecretStr, create_model

from recorder_core import (
    S3,
    Audio,
    AzureBlob,
    ClockWatermark,
    Custom,
    Finding,
    Format,
    Grid,
    ImageWatermark,
    Media,
    Mode,
    Output,
    Plan,
    PlannedRequest,
    ProviderOptions,
    Recorder,
    RecordingSpec,
    Region,
    Selection,
    Spotlight,
    Translator,
    UnsupportedFeature,
    Video,
)
from recorder_core.models.base import Model
from recorder_core.plan import NEVER_DROPPED, masked, merged

Make = Callable[..., RecordingSpec]
STORAGE = {"storage_s3": {"bucket", "region", "access_key", "secret_key"}}


class Options(ProviderOptions):
    uid: str | None = None
    hours: int = 720
    tags: tuple[str, ...] = ()


class Deaf(Translator):
    """Claims nothing at all."""


class Noting(Translator):
    """Notes how it was called."""

    def __init__(self) -> None:
        super().__init__("tiny")
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def _note(self, method: str, *key: Any, **values: Any) -> None:
        self.calls.append((method, key, values))

    def called(self, method: str) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        return [(key, values) for name, key, values in self.calls if name == method]


ALWAYS = {"mode", "media", "output.formats"}
DEFAULTS = (Mode.COMPOSITE, Media.AUDIO_VIDEO, frozenset({Format.HLS}))


def walked(translator: Translator, spec: RecordingSpec, options: BaseModel | None = None, **more: Any) -> set[str]:
    """The paths that a walk over the resolved spec finds unsupported, but for defaults that are demands as well."""
    translator.walk_spec(spec.resolved(), given=spec, options=options or Options(), **more)
    assert {finding.verdict for finding in translator.findings} <= {"unsupported"}
    given = {"mode": spec.mode, "media": spec.media, "output.formats": spec.output.formats}
    return {finding.path for finding in translator.findings if given.get(finding.path) not in DEFAULTS}


def test_what_is_recorded_and_as_what_is_always_a_demand(spec: Make) -> None:
    """Whoever says nothing of mode, media or formats would record something else than the default in silence."""
    deaf = Deaf("tiny")
    deaf.walk_spec(spec().resolved(), given=spec(), options=Options())
    assert {finding.path for finding in deaf.findings} == {"room", "storage", *ALWAYS}


def test_what_nobody_demands_is_never_found(spec: Make) -> None:
    """A translator without a method loses our own values in silence, and only what was given is a demand."""
    assert walked(Deaf("tiny"), spec()) == {"room", "storage"}


def test_every_leaf_without_a_method_is_found_by_its_path(spec: Make) -> None:
    """Scalars, leaves of models at any depth, and items of lists and dicts, each under the path of the input."""
    asked = spec(
        media="video",
        participants={"video": {"include": ["1", "2"]}},
        expected_participants=4,
        layout={
            "kind": "grid",
            "background": {"color": "#102030", "image": {"url": "https://example.com/a.jpg"}},
            "placeholders": {"*": {"url": "https://example.com/b.jpg", "fit": "cover"}},
        },
        video={"width": 640, "fps": 10},
        output={"formats": ["mp4"], "prefix": "a/b", "snapshots": {"interval": 10}},
        idle_timeout=60,
        watermarks=[{"kind": "clock", "font_size": 20}],
        push_urls=["rtmp://example.com/live"],
        callback_url="https://example.com/back",
        options={"tiny": {"uid": "7"}},
    )
    assert walked(Deaf("tiny"), asked, Options(uid="7")) == {
        *("room", "media", "participants.video.include", "expected_participants", "layout"),
        *("video.width", "video.fps", "output.formats", "output.prefix", "output.snapshots.interval"),
        *("idle_timeout", "storage", "watermarks.0", "push_urls", "callback_url", "options.tiny.uid"),
    }


def test_a_layout_that_is_claimed_is_walked_below(spec: Make) -> None:
    """With a method for its kind, a union's other leaves and the models inside it are found one by one."""

    class Gridded(Deaf):
        def layout_grid(self, *, windows: int | None) -> None:
            """Claims the windows alone."""

    grid = Grid(
        fit="contain",
        windows=4,
        background={"color": "#102030", "image": {"url": "https://example.com/a.jpg"}},
        placeholders={"*": {"url": "https://example.com/b.jpg"}},
    )
    assert walked(Gridded("tiny"), spec(layout=grid)) == {
        *("room", "storage", "layout.fit", "layout.background.color", "layout.background.image.url"),
        "layout.placeholders.*.url",
    }


def test_methods_are_called_with_what_they_claim(spec: Make) -> None:
    """A model's leaves come by name, deeper ones joined by an underscore, with our own values filled in."""

    class Claims(Noting):
        def set_room(self, room: str) -> None:
            self._note("room", room)

        def set_video(self, *, width: int, bitrate_kbps: int) -> None:
            self._note("video", width=width, bitrate_kbps=bitrate_kbps)

        def set_output(self, *, formats: Any, snapshots_interval: int | None) -> None:
            self._note("output", formats=formats, snapshots_interval=snapshots_interval)

        def set_participants(self, *, audio_include: Any, video_exclude: Any) -> None:
            self._note("participants", audio_include=audio_include, video_exclude=video_exclude)

        def storage_s3(self, *, bucket: str, secret_key: SecretStr) -> None:
            self._note("s3", bucket=bucket, secret_key=secret_key)

    claims = Claims()
    participants = {"audio": {"include": ["1"]}, "video": {"exclude": ["9"]}}
    assert walked(claims, spec(participants=participants, video={"fps": 10})) == {
        *("video.fps", "storage.region", "storage.access_key")
    }
    assert claims.calls == [
        ("room", ("lesson-42",), {}),
        ("participants", (), {"audio_include": ("1",), "video_exclude": ("9",)}),
        ("video", (), {"width": 1280, "bitrate_kbps": 904}),
        ("output", (), {"formats": frozenset({"hls"}), "snapshots_interval": None}),
        ("s3", (), {"bucket": "lessons", "secret_key": SecretStr("storage-secret")}),
    ]


def test_a_union_calls_the_method_of_its_kind(spec: Make) -> None:
    """Each kind has a method of its own, and one that isn't there is named with its union."""

    class Claims(Noting):
        def set_room(self, room: str) -> None:
            """Any."""

        def storage_azure_blob(self, *, container: str, account_name: str, account_key: SecretStr) -> None:
            self._note("azure", container=container)

    azure = AzureBlob(container="c", account_name="a", account_key="k-1")
    claims = Claims()
    assert walked(claims, spec(storage=azure)) == set()
    assert claims.called("azure") == [((), {"container": "c"})]
    claims = Claims()
    assert walked(claims, spec()) == {"storage"}
    assert "tiny has no s3 storage" in {finding.detail for finding in claims.findings}


def test_what_no_vendor_here_has_a_plugin_may_have(spec: Make) -> None:
    """A bucket that its own policy opens, a KMS key, archives, a large window that follows: to claim them is enough."""

    class Able(Noting):
        def set_output(self, *, formats: frozenset[Format]) -> None:
            self._note("output", formats=formats)

        def storage_s3(
            self, *, bucket: str, region: str, bucket_policy: bool, server_side_encryption: str, kms_key_id: str
        ) -> None:
            self._note("s3", policy=bucket_policy, key=kms_key_id)

        def layout_floating(self, *, follows: str | None, screen_share: str | None) -> None:
            self._note("floating", follows=follows, screen_share=screen_share)

    sealed = {"server_side_encryption": "kms", "kms_key_id": "alias/lessons"}
    asked = spec(
        storage={"kind": "s3", "bucket": "b", "region": "eu-west-1", "bucket_policy": True, **sealed},
        output={"formats": ["zip"]},
        layout={"kind": "floating", "follows": "speaker", "screen_share": "large"},
    )
    able = Able()
    assert walked(able, asked) == {"room"}
    assert able.called("output") == [((), {"formats": {Format.ZIP}})]
    assert able.called("s3") == [((), {"policy": True, "key": "alias/lessons"})]
    assert able.called("floating") == [((), {"follows": "speaker", "screen_share": "large"})]


def test_items_of_lists_and_dicts_are_called_one_by_one(spec: Make) -> None:
    """Regions come with their index, placeholders with their participant, watermarks by their kind."""

    class Claims(Noting):
        def layout_custom(self) -> None:
            self._note("custom")

        def region(self, index: int, *, participant: str | None, x: float) -> None:
            self._note("region", index, participant=participant, x=x)

        def placeholder(self, participant: str, *, url: str, fit: Any) -> None:
            self._note("placeholder", participant, url=url)

        def watermark_image(self, index: int, *, url: str, x: float, y: float, width: float, height: float) -> None:
            self._note("image", index, width=width)

    layout = Custom(
        regions=[
            Region(participant="7", x=0, y=0, width=0.5, height=1, z=2),
            Region(x=0.5, y=0, width=0.5, height=1),
        ],
        placeholders={"7": {"url": "https://example.com/7.jpg"}},
    )
    marks = [
        ImageWatermark(url="https://example.com/logo.png", x=0, y=0, width=0.1, height=0.1),
        ClockWatermark(font_size=20),
    ]
    claims = Claims()
    found = walked(claims, spec(layout=layout, watermarks=marks))
    required = {f"layout.regions.{index}.{side}" for index in (0, 1) for side in ("y", "width", "height")}
    assert found - {"room", "storage"} == {*required, "layout.regions.0.z", "watermarks.1"}
    assert claims.called("region") == [((0,), {"participant": "7", "x": 0}), ((1,), {"participant": None, "x": 0.5})]
    assert claims.called("placeholder") == [(("7",), {"url": "https://example.com/7.jpg"})]
    assert claims.called("image") == [((0,), {"width": 0.1})]


def test_a_value_that_says_nothing_is_no_demand(spec: Make) -> None:
    """None, the default, and an empty list given by hand ask for nothing."""
    asked = spec(
        mode="composite",
        media="audio_video",
        video=Video(),
        audio=Audio(),
        output=Output(formats=["hls"]),
        watermarks=(),
        push_urls=(),
        start_paused=False,
        layout=Grid(background={}, placeholders={}),
    )

    class Gridded(Deaf):
        def layout_grid(self) -> None:
            """Claims nothing."""

    assert walked(Gridded("tiny"), asked) == {"room", "storage"}


def test_our_own_value_is_no_demand_even_if_another_kind_was_asked(spec: Make) -> None:
    """A layout that we fill in is lost without a finding where the vendor lays out nothing."""
    assert "layout" not in walked(Deaf("tiny"), spec())
    assert "layout" in walked(Deaf("tiny"), spec(layout=Grid()))


def test_what_describes_a_medium_that_is_not_recorded_is_no_demand(spec: Make) -> None:
    """A layout and pictures' quality are without effect where only sound is recorded."""
    asked = spec(
        media=Media.AUDIO, layout=Spotlight("7"), video={"fps": 30}, participants={"video": Selection(include=["1"])}
    )
    assert walked(Deaf("tiny"), asked) == {"room", "media", "storage"}


def test_options_are_called_where_they_differ_from_their_default(spec: Make) -> None:
    """An option at its default asks for nothing; one that has no method is found under options."""

    class Claims(Noting):
        def option_uid(self, uid: str) -> None:
            self._note("uid", uid)

    claims = Claims()
    found = walked(claims, spec(), Options(uid="7", hours=720, tags=("a",)))
    assert found == {"room", "storage", "options.tiny.tags"}
    assert claims.called("uid") == [(("7",), {})]


def test_apart_from_is_a_demand_like_any_other(spec: Make) -> None:
    """Keeping away from a recording is carried by a method or found as unsupported."""

    class Claims(Noting):
        def set_apart_from(self, recordings: Any) -> None:
            self._note("apart", recordings)

    assert "apart_from" in walked(Deaf("tiny"), spec(), apart_from=("recording",))
    claims = Claims()
    assert "apart_from" not in walked(claims, spec(), apart_from=("recording",))
    assert claims.called("apart") == [((("recording",),), {})]
    assert walked(claims, spec(), apart_from=()) == {"room", "storage"}


def test_demanded_tells_what_the_caller_asked_for(spec: Make) -> None:
    """Inside a method, a given value is told apart from one that we filled in."""
    seen = {}

    class Claims(Noting):
        def set_video(self, *, width: int, height: int, fps: int, bitrate_kbps: int) -> None:
            seen.update({part: self.demanded(part) for part in ("width", "height", "fps", "bitrate_kbps")})

    walked(Claims(), spec(video={"fps": 15}))
    assert seen == {"width": False, "height": False, "fps": True, "bitrate_kbps": False}


def test_findings_take_the_path_of_the_field_at_hand(spec: Make) -> None:
    """A method names a part, or the field itself; the same finding is kept once; advice goes by path."""

    class Claims(Deaf):
        advice = {"callback_url": "set it in the console"}  # noqa: RUF012 - as the base declares it

        def set_video(self, *, fps: int) -> None:
            for _ in range(3):
                self.approximated("fps", "it rounds", "15 is sent")
            self.unsupported("", "no pictures")

    translator = Claims("tiny")
    translator.walk_spec((asked := spec(callback_url="https://example.com")).resolved(), given=asked, options=Options())
    by_path = {finding.path: finding for finding in translator.findings}
    assert len(translator.findings) == len(by_path)
    assert by_path["video.fps"] == Finding("video.fps", "approximated", "it rounds", "15 is sent")
    assert by_path["video"].verdict == "unsupported"
    assert by_path["callback_url"].instead == "set it in the console"
    assert str(by_path["video.fps"]) == "video.fps: approximated: it rounds (15 is sent)"
    assert str(by_path["video"]) == "video: unsupported: no pictures"


def grown(model: type[Any], **fields: Any) -> type[Any]:
    """The model as a later release may have it."""
    return create_model(model.__name__, __base__=model, **fields)


class Border(Model):
    color: str
    width: int = 1


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("zoom", 2, "zoom"),
        ("border", Border(color="red", width=3), "border.color"),
        ("borders", (Border(color="red"),), "borders"),
    ],
)
class TestAFieldOfTheFuture:
    """A field that the models get one day is unsupported at every older translator by itself."""

    def test_in_a_model(self, spec: Make, monkeypatch: pytest.MonkeyPatch, field: str, value: Any, path: str) -> None:
        """Below a section of the spec."""
        later = grown(Video, **{field: (type(value) if field != "borders" else tuple[Border, ...], None)})
        spec_class = grown(RecordingSpec, video=(later, later()))
        asked = spec_class(**spec().model_dump(include={"room"}), storage=spec().storage, video=later(**{field: value}))
        assert f"video.{path}" in walked(full_translator(), asked)

    def test_in_a_union(self, spec: Make, monkeypatch: pytest.MonkeyPatch, field: str, value: Any, path: str) -> None:
        """In one kind of storage."""
        later = grown(S3, **{field: (type(value) if field != "borders" else tuple[Border, ...], None)})
        storage = later(bucket="b", region="r", access_key="k-1", secret_key="s-1", **{field: value})
        expected = f"storage.{path}" if field != "borders" else "storage.borders.0.color"
        assert expected in walked(full_translator(), spec().model_copy(update={"storage": storage}))

    def test_in_an_item(self, spec: Make, monkeypatch: pytest.MonkeyPatch, field: str, value: Any, path: str) -> None:
        """In a region, and in a watermark, which is of a kind."""
        annotation = type(value) if field != "borders" else tuple[Border, ...]
        region = grown(Region, **{field: (annotation, None)})(x=0, y=0, width=1, height=1, **{field: value})
        mark = grown(ClockWatermark, **{field: (annotation, None)})(font_size=20, **{field: value})
        layout = Custom(regions=[{"x": 0, "y": 0, "width": 1, "height": 1}]).model_copy(update={"regions": (region,)})
        asked = spec(layout=layout).model_copy(update={"layout": layout, "watermarks": (mark,)})
        assert {f"layout.regions.0.{path}", f"watermarks.0.{path}"} <= walked(full_translator(), asked)


def full_translator() -> Translator:
    """Claims everything that there is today."""

    def method(self: Translator, *key: Any) -> None:
        """Nothing to carry."""

    names = {f"set_{name}" for name in RecordingSpec.model_fields if name not in ("layout", "storage", "watermarks")}
    names |= {"storage_s3", "layout_custom", "region", "watermark_clock"}
    return type("Full", (Translator,), dict.fromkeys(names, method))("tiny")


def test_a_top_level_field_of_the_future_is_unsupported(spec: Make) -> None:
    """A plain field and a section that no translator has heard of."""
    later = grown(RecordingSpec, mood=(str | None, None), border=(Border | None, None))
    asked = later(room="r", storage=spec().storage, mood="gay", border=Border(color="red"))
    assert walked(full_translator(), asked) >= {"mood", "border.color"}


# --- what a plan says ---


def plan(*findings: Finding) -> Plan:
    return Plan("tiny", (), findings)


def unsupported(path: str) -> Finding:
    return Finding(path, "unsupported", "can't")


def test_fidelity_is_the_worst_finding() -> None:
    """exact without findings, else the worst of them."""
    approximated = Finding("video.fps", "approximated", "rounds")
    assert plan().fidelity == "exact"
    assert plan(approximated).fidelity == "approximated"
    assert plan(approximated, unsupported("audio")).fidelity == "unsupported"


def test_a_loss_is_refused_with_every_finding_at_once() -> None:
    """UnsupportedFeature names every unsupported field, and no approximated one, before anything is sent."""
    findings = (
        unsupported("audio.channels"),
        Finding("video.fps", "approximated", "rounds"),
        unsupported("whiteboard.id"),
    )
    with pytest.raises(UnsupportedFeature) as caught:
        plan(*findings).lost(warn=False)
    assert [finding.path for finding in caught.value.findings] == ["audio.channels", "whiteboard.id"]
    assert caught.value.fault == "caller"
    assert "audio.channels" in str(caught.value)
    assert "video.fps" not in str(caught.value)


@pytest.mark.parametrize(
    ("paths", "is_a_way_out"), [(("audio.channels", "whiteboard.id"), True), (("audio.channels", "mode"), False)]
)
def test_warn_is_advised_only_where_it_would_do(paths: tuple[str, ...], is_a_way_out: bool) -> None:
    """The hint of a refusal names `on_unsupported="warn"` where that would drop all that is refused."""
    with pytest.raises(UnsupportedFeature) as caught:
        plan(*map(unsupported, paths)).lost(warn=False)
    assert ("on_unsupported" in (caught.value.hint or "")) is is_a_way_out


def test_a_caller_may_accept_losses() -> None:
    """With warn they are told, in the order of the spec; approximations are no loss."""
    found = plan(unsupported("audio.channels"), Finding("video", "approximated", ""), unsupported("whiteboard.id"))
    assert found.lost(warn=True) == ("audio.channels", "whiteboard.id")


@pytest.mark.parametrize(
    "path",
    [
        *NEVER_DROPPED,
        *("participants.audio.include", "storage.session_token", "encryption.cipher"),
        *("layout.regions.3.participant", "layout.regions.0.content", "layout.participant", "layout.regions"),
        "layout.screen_share",
    ],
)
def test_some_things_are_never_dropped(path: str) -> None:
    """A warning must not record other people, elsewhere, or in the clear."""
    with pytest.raises(UnsupportedFeature) as caught:
        plan(unsupported(path), unsupported("audio.channels")).lost(warn=True)
    assert [finding.path for finding in caught.value.findings] == [path]


@pytest.mark.parametrize("path", ["rooms", "modest", "output.prefixes", "layout.regions.0.fit", "layout", "apart_from"])
def test_likeness_of_a_name_protects_nothing(path: str) -> None:
    """Only the path itself and what lies below it is protected."""
    assert plan(unsupported(path)).lost(warn=True) == (path,)


def test_a_dump_is_plain_json_with_secrets_masked(spec: Make) -> None:
    """`dump` is what `recorder plan --json` prints."""
    body = {"a": SecretStr("hush"), "b": [Secret(7), {"c": Secret(None)}], "d": (1, 2)}
    found = Plan("tiny", (PlannedRequest("start", "POST", "https://x/start", body),), (unsupported("audio"),))
    dumped = json.loads(json.dumps(found.dump()))
    assert dumped == {
        "provider": "tiny",
        "fidelity": "unsupported",
        "findings": [{"path": "audio", "verdict": "unsupported", "detail": "can't", "instead": ""}],
        "requests": [
            {
                "method": "POST",
                "url": "https://x/start",
                "body": {"a": "**********", "b": ["**********", {"c": "**********"}], "d": [1, 2]},
            }
        ],
    }
    assert "hush" not in repr(found)


def test_a_request_is_found_by_its_operation() -> None:
    """`request` gives the planned request; a layout's plan has no spec."""
    first, second = (PlannedRequest(name, "POST", "https://x") for name in ("acquire", "start"))
    assert Plan("tiny", (first, second), ()).request("start") is second
    with pytest.raises(ValueError, match="no spec"):
        _ = Plan("tiny", (), ()).spec


def test_masked_keeps_the_tree() -> None:
    """Only secret leaves are replaced, at any depth; the tree that was given stays as it is."""
    tree = {"a": {"b": [SecretStr("x"), "y"]}, "n": None}
    assert masked(tree) == {"a": {"b": ["**********", "y"]}, "n": None}
    assert tree["a"]["b"][0] == SecretStr("x")


def test_merged_lays_one_tree_over_another() -> None:
    """Objects merge at any depth, everything else is replaced, and neither tree is changed."""
    tree = {"a": {"b": 1, "c": [1, 2]}, "d": 4}
    extra = {"a": {"c": [3], "e": {"f": 5}}, "d": {"g": 6}, "h": None}
    assert merged(tree, extra) == {"a": {"b": 1, "c": [3], "e": {"f": 5}}, "d": {"g": 6}, "h": None}
    assert tree == {"a": {"b": 1, "c": [1, 2]}, "d": 4}


def test_the_recorder_obeys_the_plan(provider, clock, spec: Make, caplog) -> None:
    """raise sends nothing; warn sends, logs every finding once, and lists what it dropped in the handle."""
    asked = spec(idle_timeout=7200, callback_url="https://example.com/back")
    with pytest.raises(UnsupportedFeature) as caught:
        Recorder(provider, hooks=[], clock=clock).start(asked)
    assert (caught.value.provider, caught.value.operation) == ("memory", "start")
    assert provider.calls == []
    recording = Recorder(provider, hooks=[], clock=clock, on_unsupported="warn").start(asked)
    assert recording.dropped == ("callback_url",)
    logged = [record.getMessage() for record in caplog.records if record.name == "recorder_core"]
    assert len(logged) == 2
    assert any("idle_timeout: approximated" in line and recording.id in line for line in logged)
    assert any("callback_url: unsupported" in line for line in logged)


def test_what_a_layout_change_leaves_is_no_demand(spec: Make) -> None:
    """Black was filled in at the start, and is in the handle: who changes the layout hasn't asked for it."""

    class Claims(Noting):
        def layout_grid(self) -> None:
            """Plain."""

    before = Grid(background={"color": "#000000"}, placeholders={"*": {"url": "https://example.com/off.jpg"}})
    for after, found in ((Grid(), set()), (Grid(background={"color": "#FFFFFF"}), {"layout.background.color"})):
        claims = Claims()
        claims.walk_layout(after.over(before), before=before)
        assert {finding.path for finding in claims.findings} == found
    claims = Claims()
    claims.walk_layout(before)
    assert {finding.path for finding in claims.findings} == {
        "layout.background.color",
        "layout.placeholders.*.url",
    }


def test_a_claim_that_does_not_exist_is_an_error(spec: Make) -> None:
    """A misspelt parameter would be None for ever."""

    class Claims(Noting):
        def set_video(self, *, widht: int) -> None:
            """Misspelt."""

    with pytest.raises(TypeError, match="claims widht, which Video hasn't; it has width, height"):
        walked(Claims(), spec())


class WholeSection(Noting):
    def set_participants(self, participants: Any) -> None:
        """As if it were a plain field."""


class Unnamed(Noting):
    def storage_s3(self, bucket: str, region: str, /, *, access_key: SecretStr) -> None:
        """Without the `*` before its first two."""


class OnceTooMany(Noting):
    def layout_custom(self) -> None:
        """Claims nothing."""

    def region(self, index: int, x: float = 0.0, *, y: float) -> None:
        """With one more than the index before the `*`."""


@pytest.mark.parametrize(
    ("translator", "told"),
    [
        (
            WholeSection,
            "set_participants of a translator takes participants by position, where nothing is given: what "
            "Participants has comes by keywords, after a `*`: audio_include, audio_exclude, video_include",
        ),
        (Unnamed, "storage_s3 .* takes bucket, region by position"),
        (OnceTooMany, "region .* takes x by position"),
    ],
)
def test_a_claim_by_position_is_an_error(spec: Make, translator: type[Noting], told: str) -> None:
    """A section's method would never be called, or not with that; whether anybody asks for the section or not."""
    layout = Custom(regions=[Region(x=0, y=0, width=1, height=1)])
    with pytest.raises(TypeError, match=told.replace("`*`", r"`\*`")):
        walked(translator(), spec(layout=layout))
