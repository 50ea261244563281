"""Encoding shots to files: H.264 and AAC, MP3 or Opus, through PyAV."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
from av import AudioFrame, VideoFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from recorder_core.emulation.composer import LUMA, Pixels, Shot, compose
from recorder_core.emulation.timeline import Timeline

FileName = Callable[[str, float], str]
"""The name of a file from its extension (`m3u8` and `ts` for HLS) and its second of start."""

AUDIO_FORMATS: Final = {"aac": ("adts", "aac"), "mp3": ("mp3", "libmp3lame"), "ogg": ("ogg", "libopus")}
"""Container and codec of the formats that hold no picture."""
MUXERS: Final = {"mp4": {"movflags": "faststart"}, "flv": {}}
"""Options of the containers that hold a picture and sound, each named as its muxer."""
BT709: Final = 1
"""The number of BT.709 in the tables of colour primaries and transfer curves of ITU-T H.273."""
PURE_TONES: Final = {"aac": {"aac_coder": "fast"}, "libopus": {"application": "lowdelay"}}
"""Codec options with which steady tones stay pure; by default low rates add tones of their own."""
FULL_LEVEL: Final = 0.5
"""Of full scale, when the most tones sound: the codecs overshoot."""
RAMP_S: Final = 0.005
"""A tone comes and goes within this time, so that it doesn't click."""
OPUS_RATE: Final = 48000
NO_KEY_FRAMES_OF_ITS_OWN: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSettings:
    """How sound is encoded."""

    sample_rate: int = 48000
    """Hz."""
    channels: int = 1
    """1 or 2."""
    bit_rate: int = 48000
    """Bits per second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """An encoded file."""

    name: str
    """As the caller named it; nothing on the disk bears this name."""
    path: Path
    format: str
    """`mp4`, `hls` (the playlist), `ts` (a segment of it), `flv`, `aac`, `mp3`, `ogg`."""
    start_s: float
    """Where it begins in the recording, as `end_s`; the media is shorter where it was shortened."""
    end_s: float
    size: int
    """Bytes."""
    width: int
    """0 without a picture, as `height`."""
    height: int

    @property
    def playlist(self) -> bool:
        """Whether this is an HLS playlist."""
        return self.format == "hls"


def encode(
    shots: Sequence[Shot],
    duration_s: float,
    *,
    fps: int,
    video: bool,
    audio: AudioSettings | None,
    into: Path,
    name: FileName,
    formats: Sequence[str],
    segment_s: float = 15.0,
    limit: float | None = None,
) -> list[MediaFile]:
    """Encode `shots` over `duration_s` seconds to one file per format in `into`, for `hls` also segments.

    `into` should be a new folder. The picture's bit rate isn't imitated: flat pictures need little of any,
    and the quality is kept high enough for their colours to survive. Each shot begins with a key frame. An
    odd last line or column of the canvas is cut off, because 4:2:0 can't hold it. The first shot is taken to
    begin at 0. A recording longer than `limit` seconds is shortened to it, stretch by stretch (`Timeline`);
    `name` is always given seconds of the whole.

    Raises:
        ValueError: no shots, nothing to encode, or a format that can't hold it.
    """
    if not shots or duration_s <= 0:
        raise ValueError("there is nothing to encode")
    if not video and audio is None:
        raise ValueError("a file needs a picture or sound")
    if audio is None and (silent := sorted(set(formats) & AUDIO_FORMATS.keys())):
        raise ValueError(f"{silent[0]} holds sound only, and there is none")
    if unknown := sorted(set(formats) - AUDIO_FORMATS.keys() - MUXERS.keys() - {"hls"}):
        raise ValueError(f"unknown format {unknown[0]!r}")
    timeline = Timeline.of([shot.at for shot in shots], duration_s, limit)
    width, height = encoded_size(shots[0].scene.width, shots[0].scene.height) if video else (0, 0)
    into.mkdir(parents=True, exist_ok=True)
    encoded = into / "encoded"
    if set(formats) - AUDIO_FORMATS.keys():
        _encode(
            encoded,
            "mp4",
            shots,
            timeline,
            fps=fps if video else None,
            audio=audio,
            codec="aac",
            key_frame_s=segment_s,
        )
    parts: list[tuple[str, str, Path, float, float]] = []
    for format in formats:
        extension = "m3u8" if format == "hls" else format
        path = into / f"whole.{extension}"
        if format == "hls":
            parts += _segment(encoded, path, name, timeline, segment_s)
        elif format in AUDIO_FORMATS:
            muxer, codec = AUDIO_FORMATS[format]
            _encode(path, muxer, shots, timeline, fps=None, audio=audio, codec=codec)
        else:
            _remux(encoded, path, format, MUXERS[format])
        parts.append((extension, format, path, 0.0, duration_s))
    return [
        MediaFile(
            name=name(extension, start),
            path=path,
            format=format,
            start_s=start,
            end_s=end,
            size=path.stat().st_size,
            width=0 if format in AUDIO_FORMATS else width,
            height=0 if format in AUDIO_FORMATS else height,
        )
        for extension, format, path, start, end in parts
    ]


def encoded_size(width: int, height: int) -> tuple[int, int]:
    """The size in which a canvas is encoded: even, at least 2 x 2."""
    return max(2, width // 2 * 2), max(2, height // 2 * 2)


def _encode(
    path: Path,
    muxer: str,
    shots: Sequence[Shot],
    timeline: Timeline,
    *,
    fps: int | None,
    audio: AudioSettings | None,
    codec: str,
    key_frame_s: float = 0.0,
) -> None:
    with av.open(path, "w", format=muxer) as container:
        picture = None if fps is None else _video_stream(container, shots[0], fps)
        sound = None if audio is None else _audio_stream(container, audio, codec)
        if picture is not None:
            for frame in _frames(shots, timeline, cast("int", fps), key_frame_s):
                container.mux(picture.encode(frame))
            container.mux(picture.encode(None))
        if sound is not None:
            for samples in _sound(shots, timeline, sound.rate, sound.channels):
                container.mux(sound.encode(samples))
            container.mux(sound.encode(None))


def _video_stream(container: OutputContainer, shot: Shot, fps: int) -> VideoStream:
    # One slice of static pictures after the other costs next to nothing at this quality, and flat colours
    # keep to within a few levels of what they were.
    stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "12", "forced-idr": "1"})
    stream.width, stream.height = encoded_size(shot.scene.width, shot.scene.height)
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.gop_size = NO_KEY_FRAMES_OF_ITS_OWN
    context.colorspace = Colorspace.ITU601
    context.color_range = ColorRange.MPEG
    context.color_primaries = context.color_trc = BT709
    return stream


def _audio_stream(container: OutputContainer, audio: AudioSettings, codec: str) -> AudioStream:
    # Opus knows few sampling rates, and is played back at 48 kHz whatever it was.
    rate = OPUS_RATE if codec == "libopus" else audio.sample_rate
    stream = container.add_stream(
        codec,
        rate=rate,
        options=PURE_TONES.get(codec),
        bit_rate=audio.bit_rate,
        layout="stereo" if audio.channels == 2 else "mono",
    )
    return cast("AudioStream", stream)


def _frames(shots: Sequence[Shot], timeline: Timeline, fps: int, key_frame_s: float) -> Iterator[VideoFrame]:
    shown = -1
    frame: VideoFrame | None = None
    next_key_s = key_frame_s
    for index in range(max(1, round(timeline.media_s * fps))):
        at = index / fps
        stretch = timeline.stretch(at)
        key = stretch != shown
        if key:
            frame = VideoFrame.from_ndarray(_yuv(compose(shots[stretch].scene, shots[stretch].people)), "yuv420p")
            frame.colorspace = Colorspace.ITU601
            frame.color_range = ColorRange.MPEG
            shown = stretch
        if key_frame_s and at >= next_key_s:
            key = True
            next_key_s += key_frame_s
        frame = cast("VideoFrame", frame)
        frame.pict_type = PictureType.I if key else PictureType.NONE
        frame.pts = index
        frame.time_base = Fraction(1, fps)
        yield frame


def _yuv(picture: Pixels) -> NDArray[np.uint8]:
    """The three planes in one array, BT.601 in limited range, each chroma sample the mean of its four.

    BT.601 is what readers assume that ignore the file's own mark. Converted here, since the scaler's own
    filters would carry the chroma of a region over more than its edge pixel.
    """
    width, height = encoded_size(picture.shape[1], picture.shape[0])
    if picture.shape[:2] != (height, width):
        picture = np.pad(picture, ((0, 1), (0, 1), (0, 0)), mode="edge")[:height, :width]
    weights = np.array(LUMA, dtype=np.float32)
    rgb = picture.astype(np.float32)
    luma = rgb @ weights
    quarter = (rgb[0::2, 0::2] + rgb[0::2, 1::2] + rgb[1::2, 0::2] + rgb[1::2, 1::2]) / 4
    quarter_luma = quarter @ weights
    blueness = (quarter[..., 2] - quarter_luma) / (2 - 2 * weights[2])
    redness = (quarter[..., 0] - quarter_luma) / (2 - 2 * weights[0])
    planes = (16 + luma * (219 / 255), 128 + blueness * (224 / 255), 128 + redness * (224 / 255))
    samples = np.concatenate([plane.ravel() for plane in planes])
    planar: NDArray[np.uint8] = np.rint(samples).astype(np.uint8).reshape(height * 3 // 2, width)
    return planar


def _sound(shots: Sequence[Shot], timeline: Timeline, rate: int, channels: int) -> Iterator[AudioFrame]:
    """One tone per audible participant; all together stay well below full scale, at one level throughout."""
    tones = [_tones(shot) for shot in shots]
    level = FULL_LEVEL / max(1, *map(len, tones))
    ramp = rate * RAMP_S
    for index, frequencies in enumerate(tones):
        before = tones[index - 1] if index else []
        after = tones[index + 1] if index + 1 < len(tones) else []
        start, end = (round(at * rate) for at in timeline.media[index : index + 2])
        for first in range(start, end, rate):
            samples = np.arange(first, min(first + rate, end))
            wave = np.zeros(len(samples))
            for frequency in frequencies:
                tone = level * np.sin(2 * np.pi * frequency * samples / rate)
                if frequency not in before:
                    tone *= np.minimum((samples - start) / ramp, 1)
                if frequency not in after:
                    tone *= np.minimum((end - samples) / ramp, 1)
                wave += tone
            planes = np.repeat(wave[np.newaxis].astype(np.float32), channels, axis=0)
            frame = AudioFrame.from_ndarray(planes, "fltp", "stereo" if channels == 2 else "mono")
            frame.sample_rate = rate
            frame.pts = first
            frame.time_base = Fraction(1, rate)
            yield frame


def _tones(shot: Shot) -> list[float]:
    audible = set(shot.scene.audible)
    return [person.tone_hz for person in shot.people if person.id in audible and person.microphone]


def _remux(source: Path, target: Path, muxer: str, options: dict[str, str]) -> None:
    with (
        av.open(source) as encoded,
        av.open(target, "w", format=muxer, container_options=options) as container,
    ):
        streams = {stream.index: container.add_stream_from_template(stream) for stream in encoded.streams}
        for packet in encoded.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                container.mux(packet)


def _segment(
    source: Path, playlist: Path, name: FileName, timeline: Timeline, segment_s: float
) -> Iterator[tuple[str, str, Path, float, float]]:
    """Cut into MPEG transport stream segments; in the playlist the caller's names replace the muxer's."""
    options = {
        "hls_time": str(segment_s),
        "hls_list_size": "0",
        "hls_playlist_type": "vod",
        "hls_segment_filename": str(playlist.with_name("%d.ts")),
    }
    _remux(source, playlist, "hls", options)
    lines = playlist.read_text().splitlines()
    media_s = length = 0.0
    for index, line in enumerate(lines):
        if line.startswith("#EXTINF:"):
            length = float(line.removeprefix("#EXTINF:").split(",")[0])
        elif line and not line.startswith("#"):
            start, end = timeline.recorded_at(media_s), timeline.recorded_at(media_s + length)
            lines[index] = name("ts", start)
            yield "ts", "ts", playlist.with_name(line), start, end
            media_s += length
    playlist.write_text("\n".join(lines) + "\n")
