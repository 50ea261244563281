"""Neutral to wire: which translator a start takes, by its mode."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from recorder_core.models import Mode
from recorder_trtc.translate.composite import CompositeTranslator
from recorder_trtc.translate.individual import IndividualTranslator
from recorder_trtc.translate.start import StartTranslator

__all__ = ["TRANSLATORS"]

TRANSLATORS: Mapping[Mode, type[StartTranslator]] = MappingProxyType(
    {Mode.COMPOSITE: CompositeTranslator, Mode.INDIVIDUAL: IndividualTranslator}
)
"""The translator of a start. Web pages are another product of the vendor's."""
