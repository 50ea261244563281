"""What users ask of a recording: its sources, files and quality, its start and end, and changes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder_core.models import Cipher
from recorder_core.probes.probe import COMPOSITE, INDIVIDUAL, ONE, PAGE, PICTURE, ROOM_MODES, TWO, WEB, Probe

__all__ = ["CHANGES", "FILES", "LIFE", "QUALITY", "SOURCES"]

BOARD = {"aspect": "16:9"}
SALT = "c2FsdC1vZi0zMi1ieXRlcy1mb3ItdGhlLXByb2JlcyE="
SOUND = {"media": "audio"}
HLS = {"output": {"formats": ["hls"]}}


def _source(label: str, **asks: Any) -> Probe:
    return Probe("What is recorded", label, asks)


def _of_participants(label: str, **participants: Any) -> Probe:
    return Probe("What is recorded", label, {"participants": participants}, modes=ROOM_MODES)


def _of_whiteboard(label: str, **whiteboard: Any) -> Probe:
    given = {"whiteboard": BOARD} if whiteboard else {}
    return Probe("What is recorded", label, {"whiteboard": BOARD | whiteboard}, given, ROOM_MODES)


def _of_page(label: str, **web_page: Any) -> Probe:
    return Probe("What is recorded", label, {"web_page": {"url": PAGE, **web_page}}, modes=WEB)


def _of_cipher(cipher: Cipher) -> Probe:
    encryption = {"cipher": cipher.value, "secret": "secret-of-the-room", **({"salt": SALT} if cipher.salted else {})}
    return _source(f"encryption {cipher.upper().replace('_', '-')}", encryption=encryption)


INCLUDED, EXCLUDED = {"include": [ONE]}, {"exclude": [ONE]}

SOURCES = (
    Probe("What is recorded", "everybody on one canvas (composite)", {"mode": "composite"}, modes=COMPOSITE),
    Probe("What is recorded", "a file per participant (individual)", {"mode": "individual"}, modes=INDIVIDUAL),
    Probe(
        "What is recorded",
        "a file for each of two who are named (individual)",
        {"mode": "individual", "participants": {"audio": TWO, "video": TWO}},
        modes=INDIVIDUAL,
    ),
    Probe("What is recorded", "web page", {"mode": "web", "web_page": {"url": PAGE}}, modes=WEB),
    _of_page("web page as on a phone", mobile=True),
    _of_page("web page that says when it is ready", ready_timeout=30),
    _source("sound and pictures", media="audio_video"),
    _source("audio only", media="audio"),
    _source("pictures only", media="video"),
    _of_participants("some participants", audio=INCLUDED, video=INCLUDED),
    _of_participants("everybody but some", audio=EXCLUDED, video=EXCLUDED),
    _of_participants("the sound of some, everybody's pictures", audio=INCLUDED),
    _of_participants("the sound of all but some, everybody's pictures", audio=EXCLUDED),
    _of_participants("everybody's sound, the pictures of some", video=INCLUDED),
    _of_participants("everybody's sound, the pictures of all but some", video=EXCLUDED),
    _source("25 participants expected", expected_participants=25),
    _source("a room named in letters beyond ASCII", room="урок-42"),
    _of_whiteboard("whiteboard"),
    _of_whiteboard("whiteboard by its id", id="board"),
    _of_whiteboard("whiteboard in a size of its own", width=1280, height=720),
    _of_whiteboard("whiteboard on a colour", background="#101820"),
    _of_whiteboard("whiteboard with animated slides", animation_fps=15),
    *(_of_cipher(cipher) for cipher in Cipher),
)


def _file(label: str, /, given: Mapping[str, Any] | None = None, **output: Any) -> Probe:
    return Probe("Files", label, {"output": output}, given or {})


FILES = (
    _file("HLS", formats=["hls"]),
    _file("MP4", formats=["mp4"]),
    _file("MP4 beside HLS", formats=["hls", "mp4"]),
    _file("FLV", formats=["flv"]),
    _file("WebM", formats=["webm"]),
    _file("AAC, of audio only", SOUND, formats=["aac"]),
    _file("MP3, of audio only", SOUND, formats=["mp3"]),
    _file("Ogg, of audio only", SOUND, formats=["ogg"]),
    _file("MKV", formats=["mkv"]),
    _file("MKA, of audio only", SOUND, formats=["mka"]),
    _file("an archive (ZIP) of everybody's files", formats=["zip"]),
    _file("sound and pictures in one file", tracks="merged"),
    _file("separate tracks", tracks="separate"),
    _file("snapshots beside the recording", snapshots={"interval": 10}),
    _file("snapshots instead of a recording", formats=[], snapshots={"interval": 10}),
    _file("a folder in the bucket (lessons/2026)", prefix="lessons/2026"),
    _file("a folder with other signs in its name (lesson-42)", prefix="lesson-42"),
    _file("HLS segments of 6 s", HLS, formats=["hls"], segment_duration=6),
    _file("a new file every hour", max_file_duration=3600),
    Probe("Files", "a signed link to a file that the vendor keeps", operation="link"),
    Probe("Files", "deleting the files that the vendor keeps", operation="delete_files"),
)


def _picture(label: str, **video: Any) -> Probe:
    return Probe("Picture and sound", label, {"video": video})


def _sound(label: str, **audio: Any) -> Probe:
    return Probe("Picture and sound", label, {"audio": audio})


QUALITY = (
    _picture("720p (1280x720)", width=1280, height=720),
    _picture("1080p (1920x1080)", width=1920, height=1080),
    _picture("portrait (720x1280)", width=720, height=1280),
    _picture("more than 1080p (2560x1440)", width=2560, height=1440),
    *(_picture(f"{fps} frames per second", fps=fps) for fps in (15, 24, 25, 30, 60)),
    _picture("video bit rate (2000 kbps)", bitrate_kbps=2000),
    _sound("audio bit rate (64 kbps)", bitrate_kbps=64),
    _sound("audio bit rate (128 kbps)", bitrate_kbps=128),
    _sound("mono", channels=1),
    _sound("stereo", channels=2),
    _sound("48 kHz", sample_rate=48000),
    _sound("44.1 kHz", sample_rate=44100),
)


def _life(label: str, **asks: Any) -> Probe:
    return Probe("Start and end", label, asks)


LIFE = (
    _life("idle time-out of ten minutes", idle_timeout=600),
    _life("idle time-out of two days", idle_timeout=172_800),
    _life("maximum duration", max_duration=7200),
    _life("callback per recording", callback_url="https://example.com/callbacks"),
    _life("a start that waits to be resumed", start_paused=True),
    _life("push to RTMP", push_urls=["rtmp://example.com/live/key"]),
    _life("push to two addresses", push_urls=["rtmp://example.com/live/key", "rtmps://example.org/live/key"]),
    Probe("Start and end", "away from another recording's servers (redundant recording)", is_apart=True),
)


def _change(label: str, operation: str) -> Probe:
    return Probe("While it records", label, operation=operation)


def _change_of_layout(label: str, **layout: Any) -> Probe:
    return Probe("While it records", label, {"layout": layout}, modes=COMPOSITE, operation="layout")


CHANGES = (
    _change("change of layout", "layout"),
    _change_of_layout("change of the background colour", kind="grid", background={"color": "#804020"}),
    _change_of_layout("change of the background image", kind="grid", background={"image": PICTURE}),
    _change_of_layout("change of the picture for cameras that are off", kind="grid", placeholders={"*": PICTURE}),
    _change("pause", "pause"),
    _change("resume", "resume"),
    _change("snapshot on demand", "snapshot"),
    _change("change who is recorded", "update_participants"),
    _change("renewal of temporary credentials", "refresh_storage"),
    _change("change to another whiteboard", "switch_whiteboard"),
    _change("push to another address", "update_push"),
    _change("list of the account's recordings", "list_remote"),
    _change("taking over what was started elsewhere", "adopt"),
)
