"""What every test may use."""

from __future__ import annotations

import sys
from pathlib import Path

pytest_plugins = ["recorder_core.testing.fixtures"]

sys.path.insert(0, str(Path(__file__).parent))
