"""What an emulated web page looks and sounds like: its address on a colour, and a tone, both of its own."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from recorder_core.emulation.composer import LUMA, Scene
from recorder_core.emulation.room import Participant, Room

__all__ = ["Page"]

MARGIN: Final = 24
"""Pixels between the page's edge and the address on it."""
LETTERS: Final = 18
"""Height of the address in pixels."""


class Page:
    """A page that is rendered from `opened_at` (Unix s) on; nothing is fetched, whatever the address.

    Colour and tone follow from the address alone, as a participant's do from the id.
    """

    def __init__(self, url: str, *, width: int, height: int, mobile: bool, opened_at: float) -> None:
        sound = Participant.of(url)
        self.room = Room("the page")
        self.room.join(sound, opened_at)
        lines = [*_wrapped(url, width), *(["mobile"] if mobile else [])]
        image = Image.new("RGB", (width, height), sound.color)
        ink = (20, 20, 20) if np.dot(sound.color, LUMA) > 128 else (235, 235, 235)
        font = ImageFont.load_default(LETTERS)
        ImageDraw.Draw(image).multiline_text((MARGIN, MARGIN), "\n".join(lines), fill=ink, font=font)
        written = io.BytesIO()
        image.save(written, "PNG")
        self.scene = Scene(width=width, height=height, image=written.getvalue(), audible=(sound.id,))


def _wrapped(url: str, width: int) -> list[str]:
    """The address in lines that fit between the margins."""
    font = ImageFont.load_default(LETTERS)
    lines = [""]
    for letter in url:
        if font.getlength(lines[-1] + letter) > width - 2 * MARGIN:
            lines.append("")
        lines[-1] += letter
    return lines
