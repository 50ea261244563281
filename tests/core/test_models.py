"""The neutral models: what they take, what they refuse, and that they can't be changed."""

import ast
import copy
import inspect
import math
import pickle
from enum import Enum

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

import recorder_core.models as models
from recorder_core.models import (
    S3,
    AlibabaOss,
    Audio,
    AzureBlob,
    Background,
    Cipher,
    ClockWatermark,
    Content,
    Custom,
    Encryption,
    Floating,
    Format,
    GoogleCloudStorage,
    Grid,
    Image,
    ImageWatermark,
    Media,
    Mode,
    Output,
    Participants,
    RecordingSpec,
    Region,
    S3Compatible,
    ScreenShare,
    Selection,
    Side,
    Snapshots,
    Spotlight,
    TencentVod,
    Tracks,
    VendorManaged,
    Video,
    WebPage,
    Whiteboard,
    default_bitrate_kbps,
)
from recorder_core.models.base import Kind, Model, Report
from recorder_core.models.storage import StorageBase

KEYS = {"bucket": "lessons", "region": "eu-west-1", "access_key": "AK", "secret_key": "SK"}
SALT = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def spec(**fields):
    """A complete spec with these fields."""
    return RecordingSpec(**{"room": "lesson-42", "storage": VendorManaged(), **fields})


def refused(make, *said):
    """That `make` is refused with all of these words."""
    with pytest.raises(ValidationError) as caught:
        make()
    for words in said:
        assert words in str(caught.value)


def all_models():
    """Every public model."""
    found = {member for member in vars(models).values() if inspect.isclass(member)}
    return sorted((m for m in found if issubclass(m, BaseModel)), key=lambda m: m.__name__)


class TestEveryModel:
    @pytest.mark.parametrize("model", all_models())
    def test_every_field_says_what_it_means(self, model):
        """Every field of every model has a docstring."""
        for part in model.__mro__:
            if not issubclass(part, BaseModel) or part in (BaseModel, Model, Report, Kind):
                continue
            tree = ast.parse(inspect.getsource(part).strip()).body[0]
            for here, after in zip(tree.body, [*tree.body[1:], None], strict=True):
                if isinstance(here, ast.AnnAssign) and here.target.id not in ("kind", "_keep"):
                    said = isinstance(after, ast.Expr) and isinstance(after.value.value, str)
                    assert said, f"{part.__name__}.{here.target.id}"

    @pytest.mark.parametrize("model", all_models())
    def test_nothing_changes_and_inputs_stay_hidden(self, model):
        """Models are frozen and hide their inputs; specs refuse unknown keys, reports keep them."""
        config = model.model_config
        assert config["frozen"]
        assert config["hide_input_in_errors"]
        assert config["extra"] == ("allow" if issubclass(model, Report) else "forbid")

    def test_a_field_cannot_be_assigned(self):
        """A spec is fixed once it is made, in its mappings too."""
        made = spec(layout=Grid(placeholders={"*": Image(url="https://example.com/a.jpg")}))
        with pytest.raises(ValidationError):
            made.room = "other"
        with pytest.raises(TypeError):
            made.layout.placeholders["*"] = None
        with pytest.raises(TypeError):
            made.options["example"] = {}

    def test_specs_are_values(self):
        """Equal specs have one hash, and copies and pickles are equal."""
        first, second = (
            spec(options={"example": {"list": [1, {"deep": True}]}}, layout=Spotlight("1", placeholders={}))
            for _ in range(2)
        )
        assert first == second
        assert hash(first) == hash(second)
        assert copy.deepcopy(first) == first
        assert pickle.loads(pickle.dumps(first)) == first

    def test_every_public_name_is_there(self):
        """`__all__` is what can be imported."""
        for name in models.__all__:
            assert getattr(models, name) is not None


class TestRoom:
    @pytest.mark.parametrize("room", ["x", "a room", "課" * 341, "r" * 1024])
    def test_taken(self, room):
        """1..1024 bytes of UTF-8 are a room."""
        assert spec(room=room).room == room

    @pytest.mark.parametrize("room", ["", "r" * 1025, "課" * 342, "a\nb", "a\x00", "a\x7f", "\ud800", 42, True, None])
    def test_refused(self, room):
        """Empty, too long, control characters, lone surrogates and what isn't text are refused."""
        refused(lambda: spec(room=room), "room")


class TestParticipants:
    def test_whole_numbers_are_taken_as_digits(self):
        """YAML writes 1001 for "1001", wherever a participant can stand."""
        image = Image(url="https://example.com/a.jpg")
        assert Selection(include=[1001, "1002"]).include == ("1001", "1002")
        assert Selection(exclude=[9]).exclude == ("9",)
        assert Region(participant=7, x=0, y=0, width=1, height=1).participant == "7"
        assert Spotlight(1001).participant == "1001"
        assert Floating(participant=1001).participant == "1001"
        assert dict(Grid(placeholders={5: image}).placeholders) == {"5": image}

    @pytest.mark.parametrize("name", [True, 1.5, "", "a\tb", None, ["1"]])
    def test_other_types_are_not(self, name):
        """true, fractions, nothing and control characters name nobody."""
        refused(lambda: Selection(include=[name]))

    def test_a_selection_is_never_empty(self):
        """`include: []` is not everybody."""
        refused(lambda: Selection(include=[]), "everybody is the absence of a list")
        refused(lambda: Selection(exclude=[]), "everybody is the absence of a list")
        refused(Selection, "everybody is the absence of a selection")

    def test_one_list_only(self):
        """include and exclude together contradict one another."""
        refused(lambda: Selection(include=["1"], exclude=["2"]), "give one of the two")

    def test_one_name_is_no_list(self):
        """A text isn't read letter by letter."""
        refused(lambda: Selection(include="1001"))

    def test_a_repeated_name_counts_once(self):
        """Order stays, repeats go."""
        assert Selection(include=["2", "1", 2]).include == ("2", "1")


class TestLayouts:
    def test_the_spotlight_takes_its_participant_by_position(self):
        """Spotlight("1001") names who is large."""
        assert Spotlight("1001") == Spotlight(participant="1001")
        assert Spotlight("1001", side="bottom").side is Side.BOTTOM
        assert Floating("1001").participant == "1001"
        assert Spotlight().participant is None

    @pytest.mark.parametrize("layout", [Spotlight, Floating])
    def test_the_large_window_follows_a_participant_or_whoever_speaks(self, layout):
        """One of the two, in a mapping as in Python."""
        assert layout(follows="speaker") == spec(layout={"kind": layout().kind, "follows": "speaker"}).layout
        assert layout("1001", follows=None).follows is None
        refused(lambda: layout("1001", follows="speaker"), "follows", "give one of the two")
        refused(lambda: layout(follows="screen"), "follows")

    @pytest.mark.parametrize("share", list(ScreenShare))
    def test_presets_say_what_a_shared_screen_does(self, share):
        """In each of them. A custom layout has regions for screens instead."""
        for layout in (Grid, Floating, Spotlight):
            assert layout(screen_share=share.value).screen_share is share
            assert layout().screen_share is None
        whole = {"x": 0, "y": 0, "width": 1, "height": 1}
        refused(lambda: Custom(regions=[whole], screen_share=share), "screen_share")

    def test_the_kind_tells_layouts_apart(self):
        """A mapping becomes the layout that its kind names."""
        for made in (
            Grid(),
            Floating(),
            Spotlight("1"),
            Custom(regions=[{"x": 0, "y": 0, "width": 1, "height": 1}]),
        ):
            assert spec(layout=made.model_dump()).layout == made

    @pytest.mark.parametrize(
        ("region", "said"),
        [
            ({"x": 0.6, "y": 0, "width": 0.5, "height": 1}, "x + width is 1.1"),
            ({"x": 0, "y": 0.000002, "width": 1, "height": 1}, "y + height is 1"),
            ({"x": 0, "y": 0, "width": 1.2, "height": 1}, "width"),
            ({"x": -0.1, "y": 0, "width": 1, "height": 1}, "x"),
            ({"x": 0, "y": 0, "width": 0, "height": 1}, "nothing would be seen"),
            ({"x": 0, "y": 0, "width": math.nan, "height": 1}, "width"),
            ({"x": 0, "y": math.inf, "width": 1, "height": 1}, "y"),
            ({"x": False, "y": 0, "width": 1, "height": 1}, "x"),
            ({"x": 0, "y": 0, "width": 1, "height": 1, "opacity": 1.1}, "opacity"),
            ({"x": 0, "y": 0, "width": 1, "height": 1, "z": 0.5}, "z"),
            ({"x": 0, "y": 0, "width": 1}, "height"),
        ],
    )
    def test_regions_stay_on_the_canvas(self, region, said):
        """What leaves the canvas, can't be seen or is no number is refused."""
        refused(lambda: Region(**region), said)

    def test_rounding_is_no_offence(self):
        """Up to 1e-6 beyond the canvas is how fractions are rounded."""
        assert Region(x=0.333334, y=0, width=0.666667, height=1).width == 0.666667
        assert Region(x=0, y=-1e-9, width=1 + 1e-9, height=1).width == 1.0
        assert Region(x=0.1 + 0.2, y=0, width=0.7, height=1).x == 0.1 + 0.2

    def test_a_custom_layout_has_a_region(self):
        """Regions are never empty."""
        refused(lambda: Custom(regions=[]), "regions")

    def test_nobody_is_shown_twice(self):
        """A participant has one region for the camera and one for the screen."""
        place = {"x": 0, "y": 0, "width": 1, "height": 1}
        refused(
            lambda: Custom(regions=[place, {"participant": 1, **place}, {"participant": "1", **place}]),
            "regions.2.participant",
            "'1' has region 1 already",
        )
        both = Custom(regions=[{"participant": "1", **place}, {"participant": "1", "content": "screen", **place}])
        assert both.regions[1].content is Content.SCREEN
        assert len(Custom(regions=[place, place]).regions) == 2

    def test_a_whiteboard_is_nobodys(self):
        """A region of the whiteboard names no participant."""
        refused(
            lambda: Region(participant="1", content="whiteboard", x=0, y=0, width=1, height=1),
            "no participant",
        )

    @pytest.mark.parametrize("color", ["#12345", "123456", "#12345g", "red", "#1234567", "#123456\n", 0x123456])
    def test_a_colour_is_six_digits(self, color):
        """Colours are #RRGGBB."""
        refused(lambda: Background(color=color), "color")

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "example.com/a.jpg",
            "ftp://example.com/a",
            "https://",
            "http:///a",
            "https://exa mple.com",
            "file:///a",
        ],
    )
    def test_an_image_is_fetched_over_http(self, url):
        """An image's address is an absolute http or https URL."""
        refused(lambda: Image(url=url), "url")

    def test_what_is_not_given_is_taken_from_the_layout_before(self):
        """A change keeps background and placeholders unless it gives others."""
        image, other = Image(url="https://example.com/a.jpg"), Image(url="https://example.com/b.jpg")
        before = Grid(background=Background(color="#101820", image=image), placeholders={"*": image})
        kept = Spotlight("1").over(before)
        assert kept.background == before.background
        assert kept.placeholders == before.placeholders
        assert kept.participant == "1"
        changed = Grid(background=Background(image=other), placeholders={}).over(before)
        assert changed.background == Background(color="#101820", image=other)
        assert not changed.placeholders
        assert Grid().over(None) == Grid()

    def test_windows_are_one_or_more(self):
        """No layout has no window."""
        refused(lambda: Grid(windows=0), "windows")
        refused(lambda: Grid(windows=True), "windows")


class TestStorage:
    def test_keys_or_role(self):
        """S3 needs both keys, or a role, and not both."""
        place = {"bucket": "b", "region": "eu-west-1"}
        refused(lambda: S3(**place), "access_key", "secret_key")
        refused(lambda: S3(**place, access_key="a"), "secret_key")
        assert S3(**place, role_arn="arn:aws:iam::1:role/r").access_key is None
        refused(lambda: S3(**KEYS, role_arn="arn:aws:iam::1:role/r"), "give one of the two")
        refused(lambda: S3(**place, role_arn="arn", session_token="t"), "belongs to keys")

    def test_a_policy_of_the_bucket_needs_neither(self):
        """It stands alone, and where it is said not to be there it is as good as absent."""
        place = {"bucket": "b", "region": "eu-west-1"}
        assert S3(**place, bucket_policy=True).access_key is None
        refused(lambda: S3(**place, bucket_policy=False), "access_key", "secret_key")
        refused(lambda: S3(**KEYS, bucket_policy=True), "is given beside bucket_policy")
        refused(lambda: S3(**place, bucket_policy=True, role_arn="arn"), "is given beside role_arn")
        refused(lambda: S3(**place, bucket_policy=True, session_token="t"), "belongs to keys")
        refused(lambda: S3(**place, bucket_policy="maybe"), "bucket_policy")

    def test_an_external_id_belongs_to_a_role(self):
        """Without one nobody asks for it. It is shown, as the role is."""
        place = {"bucket": "b", "region": "eu-west-1"}
        assert "lessons-42" in repr(S3(**place, role_arn="arn:aws:iam::1:role/r", external_id="lessons-42"))
        refused(lambda: S3(**KEYS, external_id="lessons-42"), "without role_arn")
        refused(lambda: S3(**place, bucket_policy=True, external_id="lessons-42"), "without role_arn")

    @pytest.mark.parametrize("asked", [None, "aes256"])
    def test_a_key_of_kms_needs_kms(self, asked):
        """Another encryption has no key of one's own."""
        assert S3(**KEYS, server_side_encryption="kms", kms_key_id="alias/lessons").kms_key_id == "alias/lessons"
        refused(lambda: S3(**KEYS, server_side_encryption=asked, kms_key_id="alias/lessons"), "kms_key_id")
        refused(lambda: S3(**KEYS, server_side_encryption="rot13", kms_key_id="k"), "server_side_encryption")

    def test_keys_or_service_account(self):
        """Google Cloud Storage needs HMAC keys, or a key file that is JSON, and not both."""
        refused(lambda: GoogleCloudStorage(bucket="b"), "access_key", "secret_key")
        assert GoogleCloudStorage(bucket="b", credentials_json='{"type": "service_account"}').secret_key is None
        refused(lambda: GoogleCloudStorage(bucket="b", credentials_json="/path/key.json"), "no JSON object")
        refused(lambda: GoogleCloudStorage(bucket="b", credentials_json="{}", access_key="a", secret_key="b"))

    def test_an_expiry_needs_its_token(self):
        """session_expires_at without session_token says nothing; with it, it has a time zone."""
        for kind in (S3, AlibabaOss):
            refused(lambda kind=kind: kind(**KEYS, session_expires_at="2026-08-01T10:00:00Z"), "session_token")
            made = kind(**KEYS, session_token="t", session_expires_at="2026-08-01T10:00:00+02:00")
            assert made.session_expires_at.utcoffset() is not None
            refused(lambda kind=kind: kind(**KEYS, session_token="t", session_expires_at="2026-08-01T10:00:00"))

    @pytest.mark.parametrize("bucket", ["", "s3://lessons", "lessons/2026", "my bucket", "a\n"])
    def test_a_bucket_is_a_bare_name(self, bucket):
        """Folder and scheme don't belong into the bucket's name."""
        refused(lambda: S3(**{**KEYS, "bucket": bucket}), "bucket")
        refused(lambda: AzureBlob(container=bucket, account_name="a", account_key="k"), "container")

    @pytest.mark.parametrize(
        "endpoint", ["minio", "minio:9000", "https://s3.example.com", "http://127.0.0.1:9/", "[::1]:9"]
    )
    def test_endpoints(self, endpoint):
        """An endpoint is a host, host:port or URL."""
        assert S3Compatible(**KEYS, endpoint=endpoint).endpoint == endpoint

    @pytest.mark.parametrize("endpoint", ["", "minio:x", "ftp://minio", "https://", "a/b", "https://u:p@minio", "a b"])
    def test_no_endpoints(self, endpoint):
        """Other schemes, paths without a scheme and credentials are refused."""
        refused(lambda: S3Compatible(**KEYS, endpoint=endpoint), "endpoint")

    @pytest.mark.parametrize("key", ["", "**********", "*", "SK\n", " SK"])
    def test_a_key_is_whole_and_not_masked(self, key):
        """Empty keys, masks that came back and white space around a key are refused."""
        refused(lambda: S3(**{**KEYS, "secret_key": key}), "secret_key")

    def test_every_credential_is_a_secret(self):
        """No credential of any kind of storage is a plain text. The name of a key that stays in its cloud is none."""
        words = ("key", "secret", "token", "credentials", "password")
        kinds = [model for model in all_models() if issubclass(model, StorageBase)]
        assert len(kinds) == 15
        for model in kinds:
            for name, field in model.model_fields.items():
                if any(word in name for word in words) and name != "kms_key_id":
                    assert "SecretStr" in str(field.annotation), f"{model.__name__}.{name}"

    def test_a_sub_application_is_a_number(self):
        """The number of a Tencent sub-application is whole and positive."""
        refused(lambda: TencentVod(region="r", access_key="a", secret_key="s", sub_app_id=0), "sub_app_id")


class TestMedia:
    def test_canvas_sides_are_even(self):
        """Encoders take even sides only."""
        assert Video(width=1280, height=720).width == 1280
        refused(lambda: Video(width=1279), "odd")
        refused(lambda: Video(height=0), "height")

    @pytest.mark.parametrize("value", [0, -1, True, 1.5, "many", math.nan])
    def test_counts_are_whole_and_positive(self, value):
        """Rates and durations are whole numbers from 1 on; true is no number."""
        refused(lambda: Video(fps=value), "fps")
        refused(lambda: spec(idle_timeout=value), "idle_timeout")

    def test_numbers_may_come_as_text(self):
        """An environment variable holds digits."""
        assert Video(fps="30").fps == 30

    @pytest.mark.parametrize("channels", [0, 3, True])
    def test_sound_is_mono_or_stereo(self, channels):
        """1 or 2 channels."""
        refused(lambda: Audio(channels=channels), "channels")

    @pytest.mark.parametrize("interval", [4, 3601, True])
    def test_snapshots_every_5_to_3600_seconds(self, interval):
        """The interval of snapshots has bounds."""
        refused(lambda: Snapshots(interval=interval), "interval")

    def test_formats(self):
        """Formats are a set; none at all is legal only beside snapshots."""
        assert Output().formats == {Format.HLS}
        assert Output(formats=["hls", "mp4", "hls"]).formats == {Format.HLS, Format.MP4}
        assert Output(formats=["mp4", "hls"]).model_dump(mode="json")["formats"] == ["hls", "mp4"]
        refused(lambda: Output(formats=[]), "snapshots", "nothing would be recorded")
        assert Output(formats=[], snapshots=Snapshots(interval=10)).formats == frozenset()
        refused(lambda: Output(formats="mp4"), "formats")
        assert Output(formats=["mkv", "mka", "zip"]).formats == {Format.MKV, Format.MKA, Format.ZIP}

    @pytest.mark.parametrize("prefix", ["", "/", "/a", "a//b", "a/../b", "./a", "a\n"])
    def test_a_prefix_is_a_folder(self, prefix):
        """A prefix has no empty and no dotted segments."""
        refused(lambda: Output(prefix=prefix), "prefix")

    def test_a_slash_at_the_end_means_nothing(self):
        """lessons/2026/ is lessons/2026."""
        assert Output(prefix="lessons/2026/").prefix == "lessons/2026"


class TestBitrates:
    ROWS = (
        (160, 120, 15, 65), (120, 120, 15, 50), (320, 180, 15, 140), (180, 180, 15, 100),
        (240, 180, 15, 120), (320, 240, 15, 200), (240, 240, 15, 140), (424, 240, 15, 220),
        (640, 360, 15, 400), (360, 360, 15, 260), (640, 360, 30, 600), (360, 360, 30, 400),
        (480, 360, 15, 320), (480, 360, 30, 490), (640, 480, 15, 500), (480, 480, 15, 400),
        (640, 480, 30, 750), (480, 480, 30, 600), (848, 480, 15, 610), (848, 480, 30, 930),
        (640, 480, 10, 400), (1280, 720, 15, 1130), (1280, 720, 30, 1710), (960, 720, 15, 910),
        (960, 720, 30, 1380), (1920, 1080, 15, 2080), (1920, 1080, 30, 3150), (1920, 1080, 60, 4780),
    )  # fmt: skip

    @pytest.mark.parametrize(("width", "height", "fps", "kbps"), ROWS)
    def test_every_row_of_the_printed_table(self, width, height, fps, kbps):
        """The vendors' table is met exactly, upright too."""
        assert default_bitrate_kbps(width, height, fps) == kbps
        assert default_bitrate_kbps(height, width, fps) == kbps

    def test_half_at_five_frames(self):
        """The guides' rule of thumb for 5 frames per second."""
        assert default_bitrate_kbps(1280, 720, 5) == 565

    def test_never_falls_and_stays_in_bounds(self):
        """More pixels or more frames never get less; 50..6500 kbps."""
        sides = range(2, 4000, 66)
        rates = (1, 3, 5, 7, 10, 12, 15, 20, 24, 30, 45, 60, 120)
        table = [[default_bitrate_kbps(side, side, fps) for fps in rates] for side in sides]
        assert all(row == sorted(row) for row in table)
        assert all(list(column) == sorted(column) for column in zip(*table, strict=True))
        assert {table[0][0], table[-1][-1]} == {50, 6500}


class TestContradictions:
    def test_web_mode_and_its_page(self):
        """Web mode needs a page, and only web mode has one."""
        refused(lambda: spec(mode="web"), "web_page", "is missing; web mode records a page")
        refused(lambda: spec(web_page=WebPage(url="https://example.com")), "only web mode records a page")
        assert spec(mode="web", web_page={"url": "https://example.com"}).mode is Mode.WEB

    def test_a_page_has_no_participants(self):
        """Participants in web mode are a mistake."""
        chosen = Participants(audio=Selection(include=["1"]))
        refused(
            lambda: spec(mode="web", web_page=WebPage(url="https://e.com"), participants=chosen),
            "records a page",
        )

    def test_media_and_files(self):
        """What can't be without sound or pictures is refused without them."""
        refused(lambda: spec(media="audio", output=Output(tracks="separate")), "output.tracks", "media is audio")
        refused(lambda: spec(media="video", output=Output(tracks="separate")), "output.tracks", "media is video")
        refused(lambda: spec(media="audio", output=Output(snapshots={"interval": 9})), "output.snapshots")
        refused(lambda: spec(media="audio", whiteboard=Whiteboard(aspect="16:9")), "whiteboard")
        assert spec(output=Output(tracks="separate")).output.tracks is Tracks.SEPARATE

    def test_a_region_of_the_whiteboard_needs_one(self):
        """A layout can't show a board that isn't recorded."""
        layout = Custom(regions=[Region(content="whiteboard", x=0, y=0, width=1, height=1)])
        refused(lambda: spec(layout=layout), "whiteboard", "layout.regions.0 shows it")
        assert spec(layout=layout, whiteboard=Whiteboard(aspect="4:3")).whiteboard.id is None

    @pytest.mark.parametrize("aspect", ["16x9", "16", "16:0", "a:b", "1:2:3", "-1:2"])
    def test_the_shape_of_a_board(self, aspect):
        """A whiteboard's shape is width:height."""
        refused(lambda: Whiteboard(aspect=aspect), "16:9")

    def test_salt_goes_with_its_ciphers(self):
        """The GCM2 ciphers need a salt of 32 bytes, the others take none."""
        assert Encryption(cipher="aes_256_gcm2", secret="s", salt=SALT).salt == SecretStr(SALT)
        refused(lambda: Encryption(cipher="aes_256_gcm2", secret="s"), "needs it")
        refused(lambda: Encryption(cipher="aes_128_xts", secret="s", salt=SALT), "takes none")
        refused(lambda: Encryption(cipher="aes_128_gcm2", secret="s", salt="c2hvcnQ="), "of 5 bytes")
        refused(lambda: Encryption(cipher="aes_128_gcm2", secret="s", salt="no base64!"), "not Base64")
        assert len(Cipher) == 8

    @pytest.mark.parametrize("url", ["http://example.com/live", "rtmp://", "live", "rtmp://host /a"])
    def test_pushes_go_to_rtmp(self, url):
        """A push address is rtmp or rtmps, and is never shown."""
        refused(lambda: spec(push_urls=[url]), "rtmp")
        assert spec(push_urls=["rtmps://example.com/live/KEY"]).push_urls[0].get_secret_value().endswith("KEY")

    def test_callbacks_come_over_http(self):
        """A callback address is an absolute http or https URL."""
        refused(lambda: spec(callback_url="example.com/callbacks"), "callback_url")

    def test_a_wait_for_the_page_has_bounds(self):
        """ready_timeout is 0..60 s."""
        assert WebPage(url="https://example.com", ready_timeout=0).ready_timeout == 0
        refused(lambda: WebPage(url="https://example.com", ready_timeout=61), "ready_timeout")

    def test_watermarks(self):
        """An image has a place on the canvas, a clock a size in pixels."""
        made = spec(
            watermarks=[
                {
                    "kind": "image",
                    "url": "https://example.com/a.png",
                    "x": 0,
                    "y": 0,
                    "width": 0.1,
                    "height": 0.1,
                },
                {"kind": "clock", "font_size": 24},
            ]
        )
        assert [type(mark) for mark in made.watermarks] == [ImageWatermark, ClockWatermark]
        refused(lambda: ClockWatermark(font_size=0), "font_size")
        refused(
            lambda: ImageWatermark(url="https://e.com/a", x=0.5, y=0, width=0.6, height=1),
            "leaves the canvas",
        )


class TestResolved:
    def test_room_and_storage_alone(self):
        """Our own values are filled in, the same for every vendor."""
        made = spec().resolved()
        assert made.video == Video(width=1280, height=720, fps=15, bitrate_kbps=1130)
        assert made.audio == Audio(bitrate_kbps=48)
        assert made.layout == Grid(background=Background(color="#000000"))
        assert made.output == Output(tracks="merged", segment_duration=15)
        assert (made.idle_timeout, made.max_duration, made.expected_participants) == (300, None, None)

    def test_what_is_given_stays(self):
        """A given value is never replaced, and the bit rate follows the given size."""
        layout = Spotlight("1", background=Background(color="#FF0000"))
        made = spec(layout=layout, video=Video(width=640, height=360, fps=30), idle_timeout=60).resolved()
        assert made.layout == layout
        assert made.video.bitrate_kbps == 600
        assert made.idle_timeout == 60
        assert spec(video=Video(bitrate_kbps=999)).resolved().video.bitrate_kbps == 999

    def test_resolving_twice_changes_nothing(self):
        """A resolved spec is its own resolution."""
        once = spec(output=Output(formats=["mp4"])).resolved()
        assert once.resolved() == once
        assert once.output.segment_duration is None

    def test_what_is_not_recorded_is_left_out(self):
        """Sound alone has no picture to lay out; pictures alone have no sound."""
        both = Participants(audio=Selection(include=["1"]), video=Selection(exclude=["2"]))
        sound = spec(media="audio", layout=Grid(), participants=both, watermarks=[ClockWatermark(font_size=9)])
        sound = sound.resolved()
        assert (sound.layout, sound.video, sound.watermarks) == (None, Video(), ())
        assert sound.participants == Participants(audio=both.audio)
        pictures = spec(media="video", participants=both, audio=Audio(bitrate_kbps=128)).resolved()
        assert pictures.audio == Audio()
        assert pictures.participants == Participants(video=both.video)
        assert pictures.media is Media.VIDEO

    def test_published_pictures_keep_what_they_have(self):
        """Individual mode composes nothing, so there is nothing to fill in."""
        made = spec(mode="individual").resolved()
        assert (made.layout, made.video, made.audio) == (None, Video(), Audio())


def test_enums_are_written_in_lower_case():
    """Every value of the vocabulary is a word in lower case."""
    for member in vars(models).values():
        if inspect.isclass(member) and issubclass(member, Enum):
            assert all(item.value == item.value.lower() for item in member)
