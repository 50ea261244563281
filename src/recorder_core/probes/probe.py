"""One thing that users ask, as the smallest spec that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recorder_core.models import Mode, RecordingSpec

__all__ = [
    "ALL_MODES",
    "COMPOSITE",
    "CONTAINERS",
    "INDIVIDUAL",
    "KEYS",
    "ONE",
    "PAGE",
    "PICTURE",
    "ROOM_MODES",
    "S3",
    "TWO",
    "WEB",
    "Ground",
    "Probe",
]

ALL_MODES = tuple(Mode)
ROOM_MODES = (Mode.COMPOSITE, Mode.INDIVIDUAL)
COMPOSITE = (Mode.COMPOSITE,)
INDIVIDUAL = (Mode.INDIVIDUAL,)
WEB = (Mode.WEB,)

ONE = "1001"
"""A participant whom every vendor takes: digits."""
TWO: Mapping[str, Any] = {"include": [ONE, "1002"]}
PAGE = "https://example.com/lesson"
PICTURE = {"url": "https://example.com/picture.jpg"}
KEYS = {"access_key": "access-key", "secret_key": "secret-key"}
S3 = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", **KEYS}
CONTAINERS = ((), ("mp4",), ("webm",), ("mkv",), ("flv",), ("zip",))
"""Containers for sound and pictures, each alone; the spec's own first."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a spec has beside the asked thing, where that says nothing of it.

    Attributes:
        storage: where the files go.
        formats: their containers. Empty: the spec's own.
        participants: who is recorded, as in a spec. Empty: everybody.
    """

    storage: Mapping[str, Any] = field(default_factory=lambda: S3)
    formats: tuple[str, ...] = ()
    participants: Mapping[str, Any] = field(default_factory=dict)


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

    @property
    def is_about_mode(self) -> bool:
        """Whether the mode itself is asked for."""
        return "mode" in self.asks

    def spec(self, mode: Mode, ground: Ground | None = None) -> RecordingSpec:
        """The spec that asks for it.

        Args:
            mode: one of its modes.
            ground: what is there beside it. None: Amazon S3, and nothing else.
        """
        return _made(mode, ground or Ground(), {**self.given, **self.asks})

    def baseline(self, mode: Mode, ground: Ground | None = None) -> RecordingSpec:
        """The same spec without what is asked; takes what `spec` takes."""
        return _made(Mode.COMPOSITE if self.is_about_mode else mode, ground or Ground(), self.given)


def _made(mode: Mode, ground: Ground, fields: Mapping[str, Any]) -> RecordingSpec:
    """A complete spec that asks for nothing but its mode and these fields."""
    made: dict[str, Any] = {"room": "lesson-42", "storage": ground.storage}
    if mode is not Mode.COMPOSITE:
        made["mode"] = mode
    if mode is Mode.WEB:
        made["web_page"] = {"url": PAGE}
    if ground.participants:
        made["participants"] = ground.participants
    made |= fields
    if ground.formats:
        made["output"] = {"formats": ground.formats, **made.get("output", {})}
    return RecordingSpec(**made)
