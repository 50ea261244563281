"""One thing that users ask, as the smallest spec that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recorder_core.models import Mode, RecordingSpec

__all__ = ["ALL_MODES", "COMPOSITE", "INDIVIDUAL", "KEYS", "ONE", "PAGE", "PICTURE", "ROOM_MODES", "S3", "WEB", "Probe"]

ALL_MODES = tuple(Mode)
ROOM_MODES = (Mode.COMPOSITE, Mode.INDIVIDUAL)
COMPOSITE = (Mode.COMPOSITE,)
INDIVIDUAL = (Mode.INDIVIDUAL,)
WEB = (Mode.WEB,)

ONE = "1001"
"""A participant whom every vendor takes: digits."""
PAGE = "https://example.com/lesson"
PICTURE = {"url": "https://example.com/picture.jpg"}
KEYS = {"access_key": "access-key", "secret_key": "secret-key"}
S3 = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", **KEYS}


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that users ask.

    Attributes:
        group: what it belongs to.
        label: how users call it.
        asks: the fields of a spec that ask for it; of a layout change, the layout.
        given: the fields that have to be there for it to be asked, such as the layout whose window it is about.
        modes: the modes in which it can be asked.
        operation: the operation of a running recording; None: it is asked at the start.
        is_apart: whether the start has to stay away from the servers of another recording (`apart_from`).
    """

    group: str
    label: str
    asks: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    modes: tuple[Mode, ...] = ALL_MODES
    operation: str | None = None
    is_apart: bool = False

    def spec(self, mode: Mode, storage: Mapping[str, Any] = S3) -> RecordingSpec:
        """The spec that asks for it.

        Args:
            mode: one of its modes.
            storage: where a probe is stored that isn't about storage.
        """
        return RecordingSpec(**{**_plain(mode, storage), **self.given, **self.asks})

    def baseline(self, mode: Mode, storage: Mapping[str, Any] = S3) -> RecordingSpec:
        """The same spec without what is asked; takes what `spec` takes."""
        is_about_mode = "mode" in self.asks
        return RecordingSpec(**{**_plain(Mode.COMPOSITE if is_about_mode else mode, storage), **self.given})


def _plain(mode: Mode, storage: Mapping[str, Any]) -> dict[str, Any]:
    """A complete spec that asks for nothing but its mode."""
    plain = {"room": "lesson-42", "storage": storage}
    if mode is Mode.COMPOSITE:
        return plain
    return plain | {"mode": mode, **({"web_page": {"url": PAGE}} if mode is Mode.WEB else {})}
