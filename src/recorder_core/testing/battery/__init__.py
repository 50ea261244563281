"""The fault battery: every fault, met by every of a vendor's calls within every operation, and what came of it."""

from __future__ import annotations

from recorder_core.testing.battery.cell import Cell
from recorder_core.testing.battery.stage import Stage
from recorder_core.testing.battery.trials import Build, battery, hanging

__all__ = ["Build", "Cell", "Stage", "battery", "hanging"]
