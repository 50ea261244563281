"""Neutral to wire: the press has a grid, windows anywhere, a canvas colour, MP4 and buckets on Amazon S3."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from recorder_core import Fit, Format, Media, Mode, Translator
from recorder_core.geometry import edges, pixels

CANVAS = 1280, 720
"""What the press prints on, in pixels."""


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
        """Windows of one size; the press always crops."""
        if fit not in (None, Fit.COVER):
            self.approximated("fit", "the press always crops", "it is cropped")
        self.body["layout"] = "grid"

    def layout_custom(self) -> None:
        """Windows where the regions are; `region` is called for each."""
        self.body |= {"layout": "windows", "windows": []}

    def region(self, index: int, *, participant: str | None, x: float, y: float, width: float, height: float) -> None:
        """A window in whole pixels. Neighbours share their edges, at this vendor as at any."""
        left, top, right, bottom = edges(x, y, width, height)
        across, down = CANVAS
        box = [pixels(left, across), pixels(top, down), pixels(right, across), pixels(bottom, down)]
        self.body["windows"].append({"who": participant, "box": box})

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

    def storage_vendor_managed(self) -> None:
        """The press keeps what has no bucket."""

    def set_callback_url(self, url: str) -> None:
        """Where the press tells what happens to the tape."""
        self.body["tell"] = url

    def option_ink(self, ink: str) -> None:
        """Colour of the ink."""
        self.body["ink"] = ink
