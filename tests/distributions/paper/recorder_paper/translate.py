"""Neutral to wire: the press has a grid, a canvas colour, MP4 and buckets on Amazon S3."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from recorder_core import Fit, Format, Media, Mode, Translator


class TapeTranslator(Translator):
    """The body of a new tape, or of a layout change."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.body: dict[str, Any] = {}

    def set_room(self, room: str) -> None:
        """Any name."""
        self.body["name"] = room

    def set_mode(self, mode: Mode) -> None:
        """Everybody on one tape."""
        if mode is not Mode.COMPOSITE:
            self.unsupported("", f"the press records no {mode} tapes", "choose composite")

    def set_media(self, media: Media) -> None:
        """Sound, pictures or both."""
        self.body |= {"sound": media.has_audio, "pictures": media.has_video}

    def layout_grid(self, *, fit: Fit | None) -> None:
        """The only layout; it always crops."""
        if fit not in (None, Fit.COVER):
            self.approximated("fit", "the press always crops", "it is cropped")
        self.body["layout"] = "grid"

    def set_background(self, *, color: str | None) -> None:
        """Colour of the paper."""
        self.body["paper"] = color

    def set_output(self, *, formats: frozenset[Format]) -> None:
        """MP4 whatever is asked."""
        if formats != {Format.MP4}:
            self.unsupported("formats", "the press makes MP4", "choose mp4")

    def storage_s3(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        """A bucket with permanent keys."""
        self.body["bucket"] = {"name": bucket, "region": region, "key": access_key, "secret": secret_key}

    def set_callback_url(self, url: str) -> None:
        """Where the press tells what happens to the tape."""
        self.body["tell"] = url

    def option_ink(self, ink: str) -> None:
        """Colour of the ink."""
        self.body["ink"] = ink
