"""Individual recording, neutral to wire: a file for every stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from recorder_core.models import Video
from recorder_zegocloud.tables import MOST_STREAMS
from recorder_zegocloud.translate.start import StartTranslator
from recorder_zegocloud.wire.requests import RecordedStream
from recorder_zegocloud.wire.values import FileFormat, RecordMode, RecordMuteAudio

__all__ = ["IndividualTranslator"]

_OF_COMPOSITE = "leave it out: it belongs to composite recording"


class IndividualTranslator(StartTranslator):
    """StartRecord of a single-stream task."""

    record_mode = RecordMode.SINGLE

    advice: ClassVar[Mapping[str, str]] = {
        **StartTranslator.advice,
        "layout": "leave it out: every stream has a file of its own; a composite recording lays them out",
        "watermarks": "leave them out: they belong to composite recording",
        "audio.bitrate_kbps": "leave it out: a stream's sound stays as it is published",
        "start_paused": "leave it out",
        "options.zegocloud.mix_output_stream_id": _OF_COMPOSITE,
        "options.zegocloud.camera_off": _OF_COMPOSITE,
        "options.zegocloud.camera_off_color": _OF_COMPOSITE,
        "options.zegocloud.always_mix": _OF_COMPOSITE,
        "options.zegocloud.input_timeout_ms": _OF_COMPOSITE,
        "options.zegocloud.sound_wave": _OF_COMPOSITE,
    }

    def set_participants(
        self,
        *,
        audio_include: tuple[str, ...] | None,
        audio_exclude: tuple[str, ...] | None,
        video_include: tuple[str, ...] | None,
        video_exclude: tuple[str, ...] | None,
    ) -> None:
        media = self.spec.media
        if audio_exclude or video_exclude:
            self.unsupported(
                "", "a task records every stream or those that it lists", "include those who are to be recorded"
            )
            return
        if media.has_audio and media.has_video and set(audio_include or ()) != set(video_include or ()):
            self.unsupported(
                "",
                "a stream is recorded whole, its sound with its pictures",
                "include the same people in both, or start two recordings, of audio and of video",
            )
            return
        streams = self.streams.of(*(audio_include or video_include or ()))
        if len(streams) > MOST_STREAMS:
            self.unsupported(
                "",
                f"{len(streams)} streams; a task records at most {MOST_STREAMS}",
                "start another recording for the others",
            )
        elif all(self._is_stream("", stream) for stream in streams):
            self._input["RecordStreamList"] = [RecordedStream(StreamId=stream) for stream in streams]

    def set_video(self, *, width: int | None, height: int | None, fps: int | None, bitrate_kbps: int | None) -> None:
        given = {"width": width, "height": height, "fps": fps, "bitrate_kbps": bitrate_kbps}
        for part, value in given.items():
            if value is not None:
                self.approximated(
                    part, "a stream's pictures stay as they are published", "a composite recording has its own"
                )
        self.spec = self.spec.model_copy(update={"video": Video()})

    def set_whiteboard(
        self,
        *,
        id: str | None,
        aspect: str,
        width: int | None,
        height: int | None,
        background: str | None,
        animation_fps: int | None,
    ) -> None:
        self._record_board(id, aspect, background, animation_fps, Width=width, Height=height)

    def option_fill_blank(self, fill: bool) -> None:
        if fill and not self.records_sound:
            self.unsupported("", "only sound is filled, with silence", "leave it out")
        else:
            self._input["FillBlank"] = fill

    def option_record_muted_audio(self, record: bool) -> None:
        if self._is_mp3():
            self._input["RecordMuteAudio"] = RecordMuteAudio.KEEP if record else RecordMuteAudio.DROP

    def option_mute_split_threshold(self, seconds: int) -> None:
        if not self._is_mp3():
            return
        if self._input.get("RecordMuteAudio") is RecordMuteAudio.DROP:
            self._input["RecordMuteAudioSplitThreshold"] = seconds
        else:
            self.unsupported("", "it belongs to record_muted_audio: false", "set that too, or leave it out")

    def _is_mp3(self) -> bool:
        is_mp3 = self._output.get("OutputFileFormat") is FileFormat.MP3
        if not is_mp3:
            self.unsupported("", "it belongs to sound alone as mp3", "set media: audio and output.formats: [mp3]")
        return is_mp3

    def option_resume_without_interruption(self, resume: bool) -> None:
        if resume and not self.spec.output.formats:
            self.unsupported("", "a task that takes pictures has no file to go on in", "leave it out")
        elif resume and self._input.get("FillBlank"):
            self.unsupported(
                "", "it takes a gap out that fill_blank fills; what both do isn't documented", "set one of the two"
            )
        else:
            self._input["ResumeWithoutInterruption"] = resume
