"""Neutral to wire: which translator a start takes, by its mode."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from recorder_agora.translate.composite import CompositeTranslator
from recorder_agora.translate.individual import IndividualTranslator
from recorder_agora.translate.start import StartTranslator
from recorder_agora.translate.web import WebTranslator
from recorder_core.models import Mode

__all__ = ["TRANSLATORS"]

TRANSLATORS: Mapping[Mode, type[StartTranslator]] = MappingProxyType(
    {Mode.COMPOSITE: CompositeTranslator, Mode.INDIVIDUAL: IndividualTranslator, Mode.WEB: WebTranslator}
)
"""The translator of a start."""
