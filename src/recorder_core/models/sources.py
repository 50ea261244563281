"""What there is to record: whose media, which page, which whiteboard, and how to decrypt them."""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from recorder_core.models.base import (
    NOT_BOOL,
    Count,
    HexColor,
    Model,
    ParticipantId,
    SecretText,
    Text,
    WebUrl,
    invalid,
)


def _named_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise invalid("is empty and would name nobody; everybody is the absence of a list")
    return tuple(dict.fromkeys(names))


Names = Annotated[tuple[ParticipantId, ...], AfterValidator(_named_once)]
"""Participants, 1 or more; a repeated name counts once."""


class Selection(Model):
    """Some of the participants: those who are included, or all but those who are excluded. One of the two is given."""

    include: Names | None = None
    """These and nobody else, 1 or more. Whole numbers are taken as their digits."""

    exclude: Names | None = Field(default=None, validate_default=True)
    """All but these, 1 or more. Whole numbers are taken as their digits."""

    @field_validator("exclude")
    @classmethod
    def _one_of_the_two(cls, exclude: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        if "include" not in info.data:
            return exclude
        include = info.data["include"]
        if include is not None and exclude is not None:
            raise invalid("is given beside include; give one of the two")
        if include is None and exclude is None:
            raise invalid("is missing, and so is include; everybody is the absence of a selection")
        return exclude


class Participants(Model):
    """Whose sound and whose pictures are recorded."""

    audio: Selection | None = None
    """Whose sound is recorded. None: everybody's."""

    video: Selection | None = None
    """Whose pictures are recorded. None: everybody's."""


class Cipher(StrEnum):
    """How the room's media are encrypted between the participants."""

    AES_128_XTS = "aes_128_xts"
    """AES with 128 bits, XTS mode."""

    AES_128_ECB = "aes_128_ecb"
    """AES with 128 bits, ECB mode."""

    AES_256_XTS = "aes_256_xts"
    """AES with 256 bits, XTS mode."""

    SM4_128_ECB = "sm4_128_ecb"
    """SM4 with 128 bits, ECB mode."""

    AES_128_GCM = "aes_128_gcm"
    """AES with 128 bits, GCM mode, without a salt."""

    AES_256_GCM = "aes_256_gcm"
    """AES with 256 bits, GCM mode, without a salt."""

    AES_128_GCM2 = "aes_128_gcm2"
    """AES with 128 bits, GCM mode, with a salt."""

    AES_256_GCM2 = "aes_256_gcm2"
    """AES with 256 bits, GCM mode, with a salt."""

    @property
    def salted(self) -> bool:
        """Whether the cipher needs a salt."""
        return self in (Cipher.AES_128_GCM2, Cipher.AES_256_GCM2)


_SALT_BYTES = 32


def _salt(value: SecretStr) -> SecretStr:
    try:
        length = len(base64.b64decode(value.get_secret_value(), validate=True))
    except (binascii.Error, ValueError):
        length = None
    if length is None:
        raise invalid("is not Base64")
    if length != _SALT_BYTES:
        raise invalid(f"is Base64 of {length} bytes; it has to be of {_SALT_BYTES}")
    return value


class Encryption(Model):
    """How the room's media are encrypted, so that the recorder can read them."""

    cipher: Cipher
    """The cipher that the participants use."""

    secret: SecretText
    """The secret that the participants share."""

    salt: Annotated[SecretText, AfterValidator(_salt)] | None = Field(default=None, validate_default=True)
    """Base64 of 32 bytes; for the ciphers aes_128_gcm2 and aes_256_gcm2, which need it, and no others."""

    @field_validator("salt")
    @classmethod
    def _salt_where_needed(cls, salt: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        cipher = info.data.get("cipher")
        if cipher is None:
            return salt
        if cipher.salted and salt is None:
            raise invalid(f"is missing; {cipher} needs it")
        if not cipher.salted and salt is not None:
            raise invalid(f"is given, but {cipher} takes none")
        return salt


class WebPage(Model):
    """The page that web mode records."""

    url: WebUrl
    """http or https address of the page. Shown as it is, a token in its query too."""

    mobile: bool = False
    """Whether the page is rendered as on a phone."""

    ready_timeout: Annotated[int, NOT_BOOL, Field(ge=0, le=60)] | None = None
    """Seconds to wait until the page says that it is ready, 0..60. None or 0: it isn't waited for."""


def _aspect(value: str) -> str:
    parts = value.split(":")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise invalid("is not of the form width:height, such as 16:9")
    return value


class Whiteboard(Model):
    """A whiteboard that is recorded with the room."""

    id: Text | None = None
    """The board's id. None: it is named later, by switching to it."""

    aspect: Annotated[Text, AfterValidator(_aspect)]
    """Shape of the board as `width:height`, such as `16:9`; it has to be the shape that participants see."""

    width: Count | None = None
    """Width in pixels of a recording of the board alone (individual mode). None: the vendor's."""

    height: Count | None = None
    """Height in pixels of a recording of the board alone (individual mode). None: the vendor's."""

    background: HexColor | None = None
    """Colour of the board, `#RRGGBB`. None: white."""

    animation_fps: Count | None = None
    """Frames per second of animated slides, 1 or more. None: slides are recorded without their animation."""
