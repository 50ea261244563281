"""Random specs for this vendor: tame ones that it can record, and wild ones in which it can't do this or that."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from recorder_core import RecordingSpec

Draw = st.DrawFn
Strategy = st.SearchStrategy[Any]

NAMES = ("7", "8", "teacher", "a_b")
"""No name ends as a screen's stream does, so that every stream id has one reading."""
KEYS = {"access_key": "AK-1", "secret_key": "SK-1"}
BUCKET = {"bucket": "lessons-1250000000", **KEYS}
STORAGES: list[dict[str, Any]] = [
    {"kind": "s3", "region": "eu-west-1", **BUCKET},
    {"kind": "s3_compatible", "region": "r-1", "endpoint": "minio:9000", **BUCKET},
    {"kind": "s3_compatible", "region": "r-1", "endpoint": "https://e.com", "path_style": True, **BUCKET},
    {"kind": "alibaba_oss", "region": "cn-hangzhou", **BUCKET},
    {"kind": "tencent_cos", "region": "ap-beijing", **BUCKET},
    {"kind": "qiniu_kodo", "region": "z0", **BUCKET},
    {"kind": "huawei_obs", "region": "cn-north-4", **BUCKET},
    {"kind": "google_cloud_storage", **BUCKET},
    {"kind": "china_mobile_eos", "region": "eos-shanghai-1", **BUCKET},
]
VODS: list[dict[str, Any]] = [
    {"kind": "alibaba_vod", "region": "cn-shanghai", **KEYS, "title": "t", "storage_location": "s"},
    {"kind": "tencent_vod", "region": "ap-beijing", **KEYS},
    {"kind": "tencent_vod", "region": "ap-beijing", **KEYS, "sub_app_id": 9},
]
colors = st.sampled_from(["#000000", "#FFFFFF", "#10A0ff"])
urls = st.sampled_from(["https://e.com/a.jpg", "http://127.0.0.1:8000/b.png"])


def maybe(**fields: Strategy) -> Strategy:
    """A mapping that may lack any of these."""
    return st.fixed_dictionaries({}, optional=fields)


class _Specs:
    """The parts of a spec. A wild one draws values now and then that the vendor doesn't take."""

    def __init__(self, draw: Draw, *, is_wild: bool, mode: str, media: str) -> None:
        self.draw = draw
        self.is_wild = is_wild
        self.mode = mode
        self.media = media
        self.has_board = media != "audio" and draw(st.booleans())
        self.options: dict[str, Any] = {}
        names = self.either(st.sampled_from(NAMES), st.just("Anna B"))
        self.people = st.lists(names, min_size=1, max_size=3, unique=True)
        self.names = names

    def either(self, usual: Strategy, *unusual: Strategy) -> Strategy:
        """What the vendor takes, or (wild, one time in so many) what it doesn't."""
        return st.one_of(*[usual] * 5, *unusual) if self.is_wild else usual

    def fields(self) -> dict[str, Any]:
        """A valid spec."""
        self.options = self.draw(self._options())
        storage = self.draw(st.one_of(*[st.sampled_from(STORAGES)] * 4, st.sampled_from(VODS)))
        strange = {"start_paused": st.booleans(), "push_urls": st.just(["rtmp://e.com/live"])}
        output = self._output(storage["kind"])
        return {
            "room": self.draw(self.either(st.just("lesson-42"), st.just("Übung / 7"))),
            "mode": self.mode,
            "media": self.media,
            "output": output,
            "storage": storage,
            **({"whiteboard": self.draw(self._whiteboard())} if self.has_board else {}),
            **self.draw(
                maybe(
                    expected_participants=st.integers(1, 30),
                    idle_timeout=self.either(st.integers(5, 86_400), st.just(3)),
                    max_duration=self.either(st.integers(300, 86_400), st.just(3)),
                    callback_url=urls,
                    **(strange if self.is_wild else {}),
                )
            ),
            **({"participants": self._participants()} if self.draw(st.booleans()) else {}),
            **(self._mixed() if self.mode == "composite" or self.is_wild else {}),
            "options": {"zegocloud": self.options if self.is_wild else self._sensible(output["formats"])},
        }

    def _sensible(self, formats: list[str]) -> dict[str, Any]:
        """The options without those that others, or the format, leave without effect."""
        options = dict(self.options)
        if formats != ["hls"]:
            options.pop("realtime_upload", None)
        if formats != ["hls"] or options.get("realtime_upload") is False:
            options.pop("short_fragment_path", None)
        if formats != ["mp3"]:
            options.pop("record_muted_audio", None)
        if options.get("record_muted_audio") is not False:
            options.pop("mute_split_threshold", None)
        if options.get("camera_off") != "color":
            options.pop("camera_off_color", None)
        if options.get("fill_blank"):
            options.pop("resume_without_interruption", None)
        if self.media == "audio":
            options.pop("camera_off", None)
            options.pop("camera_off_color", None)
        if self.media == "video" or not formats:
            options.pop("sound_wave", None)
        if self.mode == "individual" and not formats:
            options.pop("fill_blank", None)
            options.pop("resume_without_interruption", None)
        return options

    def _mixed(self) -> dict[str, Any]:
        mixed = self.draw(
            maybe(
                video=maybe(
                    width=self.either(st.sampled_from([320, 640, 1280]), st.just(3840)),
                    height=st.sampled_from([180, 360, 720]),
                    fps=self.either(st.integers(5, 30), st.just(60)),
                    bitrate_kbps=st.integers(50, 6000),
                ),
                audio=self.either(maybe(bitrate_kbps=st.integers(16, 192)), st.just({"channels": 2})),
                watermarks=self._watermarks(),
            )
        )
        return {**mixed, **({"layout": self._layout()} if self.draw(st.integers(0, 3)) else {})}

    def _output(self, storage: str) -> dict[str, Any]:
        is_vod, has_pictures = storage.endswith("vod"), self.media != "audio"
        if has_pictures and storage != "alibaba_vod" and self.draw(st.integers(0, 5)) == 0:
            output: dict[str, Any] = {"formats": [], "snapshots": {"interval": self.draw(st.integers(5, 3600))}}
        else:
            usual = ["mp4", "flv"] if is_vod else ["mp4", "flv", "hls", "hls"]
            usual += [] if is_vod or has_pictures else ["aac", "ogg", *["mp3"] * 6]
            made = self.either(st.sampled_from(usual).map(lambda name: [name]), st.just(["hls", "mp4"]))
            output = {"formats": self.draw(made)}
        is_hls = "hls" in output["formats"]
        more: dict[str, Strategy] = {"prefix": st.just("lessons/2026")}
        if is_hls or self.is_wild:
            more["segment_duration"] = self.either(st.integers(2, 60), st.just(61))
        if self.media == "audio_video" and ((output["formats"] and not is_vod) or self.is_wild):
            more["tracks"] = st.sampled_from(["merged", "separate"])
        return {**output, **self.draw(maybe(**more))}

    def _participants(self) -> dict[str, Any]:
        """In a tame composite nobody is left without a medium; in a tame individual both lists are one."""
        both = self.media == "audio_video"
        if self.is_wild and self.draw(st.integers(0, 3)) == 0:
            some = {side: self.draw(self.people) for side in self.draw(st.sampled_from([["include"], ["exclude"]]))}
            return {self.draw(st.sampled_from(["audio", "video"])): some}
        if self.mode == "individual":
            chosen = {"include": self.draw(self.people)}
            return {"audio": chosen, "video": chosen}
        if not both:
            return {"video" if self.media == "audio" else "audio": {"exclude": self.draw(self.people)}}
        people = self.draw(self.people)
        one, other = self.draw(st.permutations(["audio", "video"]))
        if self.draw(st.booleans()):
            return {one: {self.draw(st.sampled_from(["include", "exclude"])): people}}
        middle = self.draw(st.integers(0, len(people)))
        sides = {one: {"exclude": people[:middle]}, other: {"exclude": people[middle:]}}
        return {medium: side for medium, side in sides.items() if side["exclude"]}

    def _layout(self) -> dict[str, Any]:
        kind = self.draw(st.sampled_from(["grid", "floating", "spotlight", "custom", "custom"]))
        fit = self.either(st.just("stretch"), st.just("cover"))
        images = st.fixed_dictionaries({"url": urls}, optional={"fit": fit})
        fits = self.either(st.sampled_from(["cover", "contain"]), st.just("stretch"))
        layout: dict[str, Any] = {"kind": kind, **self.draw(maybe(background=maybe(color=colors, image=images)))}
        pictured = ["*"]
        if kind == "custom":
            layout["regions"] = self._regions(fits)
            cameras = [region for region in layout["regions"] if region.get("content", "participant") == "participant"]
            pictured += [region["participant"] for region in cameras if "participant" in region]
        else:
            layout |= self.draw(maybe(fit=fits, **({"windows": st.sampled_from([1, 4, 26])} if self.is_wild else {})))
        if kind in ("floating", "spotlight"):
            layout |= self.draw(maybe(participant=self.names))
        if kind == "spotlight":
            layout |= self.draw(maybe(side=st.sampled_from(["left", "bottom", "left", "bottom", "right", "top"])))
        people = st.sampled_from(pictured)
        return {
            **layout,
            **self.draw(
                maybe(placeholders=st.dictionaries(self.either(people, st.sampled_from(NAMES)), images, max_size=2))
            ),
        }

    def _regions(self, fits: Strategy) -> list[dict[str, Any]]:
        contents = ["participant"] * 3
        if "screen_stream_id" in self.options or self.is_wild:
            contents.append("screen")
        found: list[dict[str, Any]] = []
        seen: set[tuple[str, str]] = set()
        if self.has_board:
            found.append({**self._place(), "content": "whiteboard"})
        for _ in range(self.draw(self.either(st.integers(1, 5), st.just(26)))):
            region = {**self._place(), **self.draw(maybe(z=st.integers(-9, 9), fit=fits))}
            content = self.draw(st.sampled_from(contents))
            who = self.draw(self.names) if content == "screen" else self.draw(st.one_of(st.none(), self.names))
            if who is not None and (who, content) not in seen:
                seen.add((who, content))
                region |= {"participant": who, "content": content}
            if self.is_wild:
                region |= self.draw(maybe(opacity=st.sampled_from([1, 1, 0.5])))
            found.append(region)
        return found

    def _place(self) -> dict[str, Any]:
        parts = self.draw(st.integers(1, 12))
        cuts = st.lists(st.integers(0, parts), min_size=2, max_size=2, unique=True).map(sorted)
        (left, right), (top, bottom) = self.draw(cuts), self.draw(cuts)
        return {"x": left / parts, "y": top / parts, "width": (right - left) / parts, "height": (bottom - top) / parts}

    def _watermarks(self) -> Strategy:
        clock = st.builds(
            lambda size: {"kind": "clock", "font_size": size}, self.either(st.integers(12, 100), st.just(11))
        )
        image = st.builds(lambda url, place: {"kind": "image", "url": url, **place}, urls, st.just(self._place()))
        marks = st.lists(st.one_of(clock, image), max_size=3)
        return marks if self.is_wild else marks.map(lambda found: list({mark["kind"]: mark for mark in found}.values()))

    def _whiteboard(self) -> Strategy:
        size = {"width": st.just(1024), "height": st.just(768)}
        return st.fixed_dictionaries(
            {"aspect": st.sampled_from(["16:9", "4:3"])},
            optional={
                "id": st.just("wb-1"),
                "background": colors,
                "animation_fps": self.either(st.integers(1, 30), st.just(31)),
                **(size if self.mode == "individual" or self.is_wild else {}),
            },
        )

    def _options(self) -> Strategy:
        """What both modes have, what this one has, and in a wild one what only the other has."""
        flags = st.booleans()
        both = {
            "stream_id": st.sampled_from(["{participant}", "{room}_{participant}", "{participant}-{participant}"]),
            "screen_stream_id": st.just("{participant}_screen"),
            "fill_blank": flags if self.media != "video" or self.is_wild else st.just(False),
            "realtime_upload": flags,
            "short_fragment_path": flags,
        }
        composite: dict[str, Strategy] = {
            "mix_output_stream_id": st.just("mix-1"),
            "camera_off": st.sampled_from(["last_frame", "color", "nothing"]),
            "camera_off_color": colors,
            "always_mix": flags,
            "input_timeout_ms": st.integers(0, 5000),
            "sound_wave": st.sampled_from(["stream", "user"]),
        }
        individual: dict[str, Strategy] = {
            "record_muted_audio": flags,
            "mute_split_threshold": st.integers(-1, 9),
            "resume_without_interruption": flags,
        }
        mine, others = (composite, individual) if self.mode == "composite" else (individual, composite)
        return self.either(maybe(**both, **mine), maybe(**others))


@st.composite
def _fields(draw: Draw) -> dict[str, Any]:
    mode = draw(st.sampled_from(["composite", "composite", "individual"]))
    media = draw(st.sampled_from(["audio_video", "audio_video", "audio", "video"]))
    return _Specs(draw, is_wild=draw(st.booleans()), mode=mode, media=media).fields()


specs = _fields().map(RecordingSpec.load)
