"""Neutral to wire. A method's parameters are its claims: what has no method is unsupported, and `start` refuses it."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from recorder_core import Fit, Format, Media, Mode, Translator


class StartTranslator(Translator):
    """The body of a start."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.body: dict[str, Any] = {}

    def set_room(self, room: str) -> None:
        """Any name."""
        self.body["room"] = room

    def set_mode(self, mode: Mode) -> None:
        """Everybody on one canvas."""
        if mode is not Mode.COMPOSITE:
            self.unsupported("", f"the vendor makes no {mode} recordings", "choose composite")

    def set_media(self, media: Media) -> None:
        """Sound, pictures, or both."""
        self.body |= {"audio": media.has_audio, "video": media.has_video}

    def layout_grid(self, *, fit: Fit | None) -> None:
        """The vendor's only layout."""
        if fit not in (None, Fit.COVER):
            self.approximated("fit", "the vendor crops", "it is cropped")

    def set_output(self, *, formats: frozenset[Format]) -> None:
        """One format at a time."""
        if len(formats) != 1 or not formats <= {Format.HLS, Format.MP4}:
            self.unsupported("formats", "the vendor makes HLS or MP4", "choose one of them")
        self.body["format"] = min(formats, default=Format.HLS)

    def set_expected_participants(self, expected_participants: int) -> None:
        """A size that only helps; the vendor needs none."""

    def storage_s3(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        """A bucket with permanent keys."""
        self.body["storage"] = {"bucket": bucket, "region": region, "key": access_key, "secret": secret_key}

    def option_label(self, label: str) -> None:
        """Shown in the vendor's console."""
        self.body["label"] = label
