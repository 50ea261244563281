"""What users ask, each as the smallest spec that asks for it. The answers are in `capability`."""

from __future__ import annotations

from recorder_core.probes.layout import LAYOUTS, OVERLAYS
from recorder_core.probes.probe import CONTAINERS, TWO, Ground, Probe
from recorder_core.probes.recording import CHANGES, FILES, LIFE, QUALITY, SOURCES
from recorder_core.probes.storage import KINDS, REGIONS, STORAGES

__all__ = ["CONTAINERS", "KINDS", "PROBES", "TWO", "Ground", "Probe"]

PROBES: tuple[Probe, ...] = (
    *SOURCES,
    *FILES,
    *QUALITY,
    *LAYOUTS,
    *OVERLAYS,
    *LIFE,
    *CHANGES,
    *STORAGES,
    *REGIONS,
)
"""Everything that is asked, in the order in which it is shown."""
