"""Whom to record in a room and how: lists of uids, decryption, file types, snapshots.

Rules from the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026) where nothing else is
named.
"""

from __future__ import annotations

import base64
import binascii
from typing import Literal, Self

from pydantic import AliasChoices, Field, SecretStr, model_validator

from recorder_agora.wire.layout import TranscodingConfig
from recorder_agora.wire.values import Array, Choice, FileTypes, ListedUids, Request, SelectedUids

__all__ = [
    "AudioUidList",
    "ChannelRecordingConfig",
    "IndividualRecordingConfig",
    "IndividualRecordingFileConfig",
    "RecordingConfig",
    "RecordingFileConfig",
    "SnapshotConfig",
    "VideoUidList",
]


class _Selection(Request):
    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, value: object) -> object:
        for medium in ("Audio", "Video"):
            if isinstance(value, dict) and {f"unSubscribe{medium}Uids", f"unsubscribe{medium}Uids"} <= value.keys():
                raise ValueError(f"unSubscribe{medium}Uids is given in two spellings")
        return value

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        for medium in ("Audio", "Video"):
            lists = (getattr(self, f"{verb}{medium}Uids", None) for verb in ("subscribe", "unSubscribe"))
            if all(uids is not None for uids in lists):
                raise ValueError(f"subscribe{medium}Uids and unSubscribe{medium}Uids exclude each other")
        return self


class AudioUidList(_Selection):
    """Who is heard: at most 32 uids, or `["#allstream#"]`, or whom to leave out; never both lists.

    The pages of 2026 spell the second key both ways; "Start recording" (2022) and all samples have the
    capital S.
    """

    subscribeAudioUids: SelectedUids | None = None
    unSubscribeAudioUids: ListedUids | None = Field(
        default=None, validation_alias=AliasChoices("unSubscribeAudioUids", "unsubscribeAudioUids")
    )


class VideoUidList(_Selection):
    """Who is seen; as `AudioUidList`."""

    subscribeVideoUids: SelectedUids | None = None
    unSubscribeVideoUids: ListedUids | None = Field(
        default=None, validation_alias=AliasChoices("unSubscribeVideoUids", "unsubscribeVideoUids")
    )


class ChannelRecordingConfig(AudioUidList, VideoUidList):
    """Subscription and decryption. A list for one medium and none for the other turns the other off.

    Attributes:
        channelType: 0 communication, 1 live; must be what the room's clients use. Called required, default 0.
        streamTypes: 0 audio, 1 video, 2 both (default).
        streamMode: individual mode only, without effect in composite mode: `default`, an audio and a video
            playlist per uid; `standard`, one of both besides; `original`, audio as it was sent.
        videoStreamType: 0 high stream (default), 1 low stream of those who publish two.
        maxIdleTime: 5..2592000 s, default 30.
        decryptionMode: 0..8, see `tables.DECRYPTION_MODES`.
        secret: the room's key; required when `decryptionMode` isn't 0.
        salt: Base64 of 32 bytes; required when `decryptionMode` is 7 or 8.
        subscribeUidGroup: how many uids there are at most: 0: 2, 1: 7, 2: 12, 3: 17, 4: 32, 5: 49. Without
            effect in composite mode.
        privateParams: JSON text for the vendor's support.
    """

    channelType: Choice[Literal[0, 1]] | None = None
    streamTypes: Choice[Literal[0, 1, 2]] | None = None
    streamMode: Literal["default", "standard", "original"] | None = None
    videoStreamType: Choice[Literal[0, 1]] | None = None
    maxIdleTime: int | None = Field(default=None, ge=5, le=2592000)
    decryptionMode: Choice[Literal[0, 1, 2, 3, 4, 5, 6, 7, 8]] | None = None
    secret: SecretStr | None = None
    salt: SecretStr | None = None
    subscribeUidGroup: Choice[Literal[0, 1, 2, 3, 4, 5]] | None = None
    privateParams: SecretStr | None = None

    @model_validator(mode="after")
    def _key_for_cipher(self) -> Self:
        if self.decryptionMode and not (self.secret and self.secret.get_secret_value()):
            raise ValueError("decryptionMode needs secret")
        if self.decryptionMode in (7, 8) and self.salt is None:
            raise ValueError("decryptionMode 7 and 8 need salt")
        if self.salt is not None:
            try:
                size = len(base64.b64decode(self.salt.get_secret_value(), validate=True))
            except (binascii.Error, ValueError):
                size = -1
            if size != 32:
                raise ValueError("salt is Base64 of 32 bytes")
        return self

    @model_validator(mode="after")
    def _lists_fit_stream_types(self) -> Self:
        for absent, medium in ((1, "Audio"), (0, "Video")):
            for verb in ("subscribe", "unSubscribe"):
                if self.streamTypes == absent and getattr(self, f"{verb}{medium}Uids") is not None:
                    raise ValueError(f"{verb}{medium}Uids can't be set when streamTypes is {absent}")
        return self


class RecordingConfig(ChannelRecordingConfig):
    """`recordingConfig` of composite recording.

    Attributes:
        audioProfile: 0, 1 or 2, see `tables.AUDIO_PROFILES`; default 0.
        transcodingConfig: picture; without it 360x640, 15 fps, 500 kbps, floating.
    """

    audioProfile: Choice[Literal[0, 1, 2]] | None = None
    transcodingConfig: TranscodingConfig | None = None


class IndividualRecordingConfig(ChannelRecordingConfig):
    """`recordingConfig` of individual recording.

    `subscribeUidGroup` is required by the reference, though two samples lack it.
    """

    subscribeUidGroup: Choice[Literal[0, 1, 2, 3, 4, 5]]

    @model_validator(mode="after")
    def _original_is_audio(self) -> Self:
        if self.streamMode == "original" and self.streamTypes != 0:
            raise ValueError("streamMode original needs streamTypes 0")
        return self


class RecordingFileConfig(Request):
    """`avFileType` is `["hls"]` (default) or `["hls", "mp4"]`; `["mp4"]` alone is code 2."""

    avFileType: FileTypes | None = None


class IndividualRecordingFileConfig(Request):
    """`avFileType` is `["hls"]`: individual recording makes no MP4."""

    avFileType: Array[Literal["hls"]] | None = Field(default=None, min_length=1, max_length=1)


class SnapshotConfig(Request):
    """JPG pictures of every video that is recorded.

    Attributes:
        captureInterval: 5..3600 s, default 10; 1..3600 by "Start recording" (2022) and by the guide of 2026.
        fileType: `["jpg"]`.
    """

    captureInterval: int | None = Field(default=None, ge=1, le=3600)
    fileType: Array[Literal["jpg"]] = Field(min_length=1, max_length=1)
