"""Neutral to wire: which translator a start takes, by its mode."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from recorder_core.models import Mode

from recorder_livekit.translate.composite import CompositeTranslator
from recorder_livekit.translate.individual import IndividualTranslator
from recorder_livekit.translate.start import StartTranslator
from recorder_livekit.translate.web import WebTranslator

__all__ = ["TRANSLATORS"]

TRANSLATORS: Mapping[Mode, type[StartTranslator]] = MappingProxyType(
    {Mode.COMPOSITE: CompositeTranslator, Mode.INDIVIDUAL: IndividualTranslator, Mode.WEB: WebTranslator}
)
"""The translator of a start."""
